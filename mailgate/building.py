"""The parts of a desk, made as its config says: store, office, postman with courier and signer, mailboxes. Starts none of them; that is the
daemon's or a command's. What only some desks have is loaded where it is made. Next: `mailgate.daemon`, `mailgate.desk.opened`.
"""

from __future__ import annotations

import gc
import logging
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from mailgate.config.doors import Imap
from mailgate.doors.front import Clock
from mailgate.doors.receiving import Received
from mailgate.letters.knowledge import Index
from mailgate.office import Office
from mailgate.parsing.reader import Reader
from mailgate.sending.postman import Postman
from mailgate.settings import Settings
from mailgate.trust import keys
from rules.facts.policy import Mode
from store import engine, marks, migrate
from store.engine import Store
from templates import articles

log = logging.getLogger("mailgate.building")


def open_store(settings: Settings) -> Store:
    """The configured database, brought up to the current schema."""
    store = engine.open(settings.store.reveal(), seal=keys.chain(settings.secret_file))
    migrate.upgrade(store)
    return store


@contextmanager
def open_office(
    settings: Settings, *, store: Store | None = None, dns: bool = True, tell: Callable[[str], None] | None = None
) -> Iterator[Office]:
    """Everything that handling and sending need; closed at the end of the block. `tell` gets what the admin has to know, else the log."""
    opened = store or open_store(settings)
    reader = Reader()
    try:
        yield Office(
            store=opened,
            policy=settings.policy,
            keys=keys.of_desk(settings.secret_file, opened, tell or log.warning),
            reader=reader,
            lookup=_lookup() if dns and settings.policy.trust.verify_dkim else None,
            site=settings.texts,
            knowledge=Index(articles.load("faq", settings.texts)[0]),
            random=random.Random(),  # noqa: S311 - jitter, no secret
        )
    finally:
        reader.close()
        if store is None:
            opened.close()


def spare_collector() -> None:
    """Leave to Python's garbage collector what it is for, in a process that has loaded what it needs and goes on for long.

    What is loaded stays: to walk all of it takes a tenth of a second, once in a thousand mails. Circles are rare here, and a batch of mails alone
    is thousands of young objects: looked through at every 700, as is usual, they take a sixtieth of a mail's time.
    """
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 10, 10)


YOUNG_OBJECTS = 10_000
"""Some megabytes."""


def _lookup() -> Callable[[str], bytes | None]:
    """The nameserver, loaded when the first signature asks."""
    found: list[Any] = []

    def ask(name: str) -> bytes | None:
        if not found:
            from mailgate.trust.nameserver import Nameserver  # noqa: PLC0415 - dnspython only where it is needed

            found.append(Nameserver())
        result: bytes | None = found[0].txt(name)
        return result

    return ask


def courier_of(settings: Settings) -> Any:
    """The courier that [relay] asks for."""
    relay = settings.relay
    if relay.kind == "maildir":
        from mailgate.sending.maildir import MaildirCourier  # noqa: PLC0415

        return MaildirCourier(relay.path)
    from mailgate.sending.hop import Hop, Security  # noqa: PLC0415
    from mailgate.sending.relay import SmtpCourier  # noqa: PLC0415
    from mailgate.trust import bearer  # noqa: PLC0415

    hop = Hop(
        host=relay.host,
        port=relay.port,
        security=Security(relay.security),
        hello=settings.policy.desk.domain,
        user=relay.user,
        password=relay.password.reveal if relay.password else None,
        token=bearer.of(relay.oauth2).awaited if relay.oauth2 else None,
        ca_file=relay.ca_file,
    )
    return SmtpCourier(hop, rate=relay.rate)


def postman_of(settings: Settings, office: Office) -> Postman:
    """The postman with the configured courier, signer and copy."""
    signer = None
    if settings.relay.dkim is not None:
        from mailgate.trust.signing import Signer  # noqa: PLC0415

        signer = Signer(settings.relay.dkim.selector, settings.relay.dkim.domain, settings.relay.dkim.key_file)
    copy = None
    if settings.relay.copy:
        copy = _copier(settings)
    return Postman(
        office=office,
        courier=courier_of(settings),
        envelope=settings.relay.envelope,
        signer=signer,
        copy=copy,
        max_size_bytes=settings.relay.max_size_bytes,
    )


def _copier(settings: Settings) -> Callable[[bytes], None]:
    folder = settings.relay.copy
    first = imap_settings(settings)[0]

    def copy(raw: bytes) -> None:
        from mailgate.boxes import errands  # noqa: PLC0415

        try:
            errands.append(first, folder, raw)
        except Exception as fault:  # noqa: BLE001 - the mail has left; a missing copy must not send it again
            log.warning("copy to %s failed: %s", folder, fault)

    return copy


def imap_settings(settings: Settings) -> list[Any]:
    """The `[[imap]]` blocks as the IMAP door wants them."""
    return [imap_settings_of(each, leaves=settings.policy.desk.mode is Mode.watch) for each in settings.imap]


def imap_settings_of(said: Imap, *, leaves: bool = False) -> Any:
    """One of them; `leaves`: nothing is changed in the mailbox, whatever it says."""
    from mailgate.boxes.mailboxes import ImapSettings, Role, Security  # noqa: PLC0415
    from mailgate.trust import bearer  # noqa: PLC0415

    return ImapSettings(
        host=said.host,
        port=said.port,
        security=Security(said.security),
        user=said.user,
        password=said.password.reveal if said.password else None,
        oauth2=bearer.of(said.oauth2).token if said.oauth2 else None,
        folder=said.folder,
        role=Role(said.role),
        junk=said.junk,
        since=said.since,
        done="leave" if leaves else said.done,
        idle=said.idle,
        poll_seconds=said.every.total_seconds(),
        ca_file=said.ca_file,
    )


class _Marks:
    """The watermark store that the IMAP door asks for."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def get(self, account: str, folder: str) -> Any:
        from mailgate.boxes.mailboxes import Mark  # noqa: PLC0415

        with engine.reading(self.store) as tx:
            state = marks.get(tx, account, folder)
        return Mark.load(state) if state else None

    def put(self, account: str, folder: str, mark: Any) -> None:
        with engine.transaction(self.store) as tx:
            marks.put(tx, account, folder, uidvalidity=mark.uidvalidity, uid=mark.uid, state=mark.dump())


def mailboxes_of(settings: Settings, office: Office, keep: Callable[[Received], None], clock: Clock) -> list[Any]:
    """A mailbox for each `[[imap]]` block; not started."""
    if not settings.imap:
        return []
    from mailgate.boxes.collector import Mailbox  # noqa: PLC0415 - imapclient only where there is a mailbox
    from mailgate.boxes.mailboxes import Desk  # noqa: PLC0415

    def known(*, message_id: str, size: int, sha256: str) -> datetime | None:
        with engine.reading(office.store) as tx:
            return marks.kept_at(tx, message_id=message_id, size=size, sha256=sha256)

    def skipped(what: Any) -> None:
        with engine.transaction(office.store) as tx:
            marks.skip(
                tx,
                {
                    "account": what.account,
                    "folder": what.folder,
                    "uidvalidity": what.uidvalidity,
                    "uid": what.uid,
                    "seen_at": clock(),
                    "why": what.why,
                    "count": what.count,
                    "message_id": what.message_id,
                    "from_address": what.sender,
                    "subject": what.subject,
                },
            )

    desk = Desk(
        keep=keep,
        watermarks=_Marks(office.store),
        known=known,
        skipped=skipped,
        ours=lambda address: office.policy.is_own(address),  # noqa: PLW0108 - the policy is swapped when the config is reread
        clock=clock,
    )
    return [Mailbox(each, desk, randomness=office.random) for each in imap_settings(settings)]
