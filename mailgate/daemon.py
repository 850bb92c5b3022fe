"""Composition root of what stands behind the doors: builds the office, handles, posts, ticks, stops in order. The only module that reads
the clock beside `cli.py`, and the only importer of apscheduler. The doors, which open first, are `mailgate/doors/front.py`'s.

APScheduler is a ticker alone: what is due is a column, a tick is a plain function of `(office, at)`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from mailgate import intake
from mailgate.clock import archiving, clerk
from mailgate.config.doors import Imap
from mailgate.doors import hangups
from mailgate.doors.front import Clock, Front
from mailgate.doors.receiving import Received
from mailgate.figures import digests, reporting
from mailgate.figures.exposing import Exposer
from mailgate.letters import letters, troubles
from mailgate.letters.knowledge import Index
from mailgate.office import Office
from mailgate.parsing.reader import Reader
from mailgate.sending.postman import Postman
from mailgate.settings import BadConfig, Settings, load
from mailgate.trust import keys
from rules.facts.policy import Mode
from store import engine, marks, migrate, outbox, people, presence
from store.engine import Store
from store.outbox import Letter
from templates import articles

log = logging.getLogger("mailgate.daemon")

FEW = 4
"""Mails that are handled together at most while the doors are busy: a commit of theirs waits for no longer than these take."""
TOGETHER_SECONDS = 0.5
"""So long the mails of one batch may take together, by what the last ones took: meanwhile nobody else writes."""
RESTS = ((15.0, 9.0), (60.0, 3.0), (float("inf"), 1.0))
"""How long the handler rests then, in times of what it worked, by how many seconds the doors have been busy without a lull: a burst is
taken first and handled after it; where it doesn't end, a tenth, a quarter and at last half of the time are the handler's own."""
PATIENCE_SECONDS = 5.0
"""So long answers wait for a lull at the doors."""


def real_clock() -> datetime:
    """Now, aware UTC."""
    return datetime.now(UTC)


def clock_from(start: datetime | None) -> Clock:
    """The real clock, or one that starts at a given time and moves as the real one does."""
    if start is None:
        return real_clock
    began = time.monotonic()
    return lambda: start + timedelta(seconds=time.monotonic() - began)


def open_store(settings: Settings) -> Store:
    """The configured database, brought up to the current schema."""
    store = engine.open(settings.store.reveal(), seal=keys.chain(settings.secret_file))
    migrate.upgrade(store)
    return store


@contextmanager
def open_office(settings: Settings, *, store: Store | None = None, dns: bool = True) -> Iterator[Office]:
    """Everything that handling and sending need; closed at the end of the block."""
    opened = store or open_store(settings)
    reader = Reader()
    try:
        yield Office(
            store=opened,
            policy=settings.policy,
            keys=keys.load(settings.secret_file),
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

    return [
        Mailbox(
            each,
            keep=keep,
            watermarks=_Marks(office.store),
            known=known,
            skipped=skipped,
            ours=lambda address: office.policy.is_own(address),  # noqa: PLW0108 - the policy is swapped when the config is reread
            clock=clock,
            randomness=office.random,
        )
        for each in imap_settings(settings)
    ]


def tick(settings: Settings, at: datetime) -> dict[str, int]:
    """Do once, to the end, all that is due at `at`: fetch, handle, timers, deliver. Counts what was done."""
    done = {"fetched": 0, "handled": 0, "fired": 0, "announced": 0, "reported": 0, "archived": 0, "delivered": 0}
    with open_office(settings) as office:

        def keep(received: Received) -> None:
            intake.keep(office.store, [received], at)

        for mailbox in mailboxes_of(settings, office, keep, lambda: at):
            done["fetched"] += mailbox.poll_once()
        done["handled"] = handle_all(office, at)
        done["fired"] = clerk.ripen(office, at) + clerk.watch(office, at)
        done["announced"] = clerk.announce(office, at)
        done["reported"] = reporting.due(office, at) + digests.due(office, at)
        done["archived"] = len(archiving.run_all(office, at).refs)
        done["delivered"] = asyncio.run(_deliver_once(settings, office, at))
    return done


def handle_all(office: Office, at: datetime) -> int:
    """Handle until nothing waits; a mail that fails is tried as often as it may and then parked."""
    total = 0
    while n := intake.handle(office, at):
        total += n
    return total


async def _deliver_once(settings: Settings, office: Office, at: datetime) -> int:
    postman = postman_of(settings, office)
    try:
        return await postman.deliver(at)
    finally:
        await postman.courier.close()


class Handler(threading.Thread):
    """Handles kept mail as it comes, in one thread; wakes on `poke` and looks every second besides."""

    def __init__(self, office: Office, clock: Clock, after: Callable[[], None], busy: Callable[[], bool]) -> None:
        super().__init__(name="handler", daemon=True)
        self._office, self._clock, self._after, self._busy = office, clock, after, busy
        self._bell = threading.Event()
        self._stopping = False
        self._crowded_since: float | None = None
        self._each_seconds = TOGETHER_SECONDS / FEW

    def poke(self) -> None:
        """Something was kept."""
        self._bell.set()

    def stop(self) -> None:
        """End after the batch at hand."""
        self._stopping = True
        self._bell.set()
        self.join()

    def run(self) -> None:
        """Handle, rest, handle."""
        try:
            self._office.reader.read([b"Subject: warming up\r\n\r\n"])
        except Exception:
            log.exception("the reader can't be started")
        while not self._stopping:
            self._bell.wait(1.0)
            self._bell.clear()
            self._drain()

    def _drain(self) -> None:
        while not self._stopping:
            began, crowded = time.monotonic(), self._busy()
            self._crowded_since = (self._crowded_since or began) if crowded else None
            try:
                n = intake.handle(self._office, self._clock(), limit=self._most(crowded=crowded))
            except engine.Busy as busy:
                log.warning("handling waits: %s", busy)
                time.sleep(0.5)
                return
            except Exception:
                log.exception("handling a batch failed")
                time.sleep(1.0)
                return
            if not n:
                return
            self._each_seconds = (self._each_seconds + (time.monotonic() - began) / n) / 2
            self._after()
            if crowded:
                self._rest(began)

    def _most(self, *, crowded: bool) -> int:
        """How many mails to handle together."""
        return max(1, min(FEW if crowded else intake.BATCH, int(TOGETHER_SECONDS / self._each_seconds)))

    def _rest(self, began: float) -> None:
        """The doors go first: whoever hands us mail waits for an answer, the writer of a mail that is kept doesn't."""
        now = time.monotonic()
        lasting = now - (self._crowded_since or now)
        deadline = now + (now - began) * next(times for until, times in RESTS if lasting < until)
        while not self._stopping and self._busy() and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, 0.02))


def _take_over(store: Store) -> None:
    """Go on with what a daemon that is gone was sending."""
    with engine.transaction(store) as tx:
        outbox.release_leases(tx)


class Daemon:
    """All that stands behind the doors of a running desk: handler, postman, mailboxes, ticks. One per process."""

    def __init__(self, front: Front, store: Store) -> None:
        self.front = front
        self.settings = front.settings
        self.clock = front.clock
        self.store = store
        self.doors = front.doors
        self.mailboxes: list[Any] = []
        self.exposer: Exposer | None = None
        self._post_bell = asyncio.Event()
        self._telling: asyncio.Future[None] | None = None
        self._token_trouble: frozenset[str] = frozenset()
        self._loop = asyncio.get_running_loop()

    async def run(self, ready: Callable[[Daemon], None]) -> None:
        """Work until the front is told to stop, then drain and end."""
        front = self.front
        with (
            open_office(self.settings, store=self.store) as office,
            presence.serving(self.store, lambda: _take_over(self.store)),
        ):
            self.office = office
            self.handler = Handler(office, self.clock, self._poke_postman, lambda: front.is_busy)
            front.kept = self.handler.poke
            self.postman = postman_of(self.settings, office)
            self._loop.add_signal_handler(signal.SIGHUP, self.reread)
            if hangups.was_noted():
                self.reread()
            self.handler.start()
            self.exposer = await self._expose()
            posting = asyncio.create_task(self._post())
            scheduler = self._scheduler(office)
            try:
                self.mailboxes = mailboxes_of(self.settings, office, front.committer.keep_here, self.clock)
                for mailbox in self.mailboxes:
                    mailbox.start()
                self.handler.poke()
                ready(self)
                await front.stop.wait()
            finally:
                log.info("stopping")
                scheduler.shutdown(wait=False)
                if self.exposer is not None:
                    await self.exposer.stop()
                await asyncio.gather(
                    *(asyncio.to_thread(mailbox.stop, 5.0) for mailbox in self.mailboxes),
                    front.close(),
                    self._end_posting(posting),
                )
                await asyncio.to_thread(self.handler.stop)
                await self.postman.courier.close()

    async def _expose(self) -> Exposer | None:
        """Serve the figures where the config says; a place that is taken costs the monitoring its page, not the customers their desk."""
        if self.settings.metrics is None:
            return None
        from mailgate.figures import metrics  # noqa: PLC0415 - only where figures are served

        def figures() -> bytes:
            with engine.reading(self.store) as tx:
                return metrics.exposition(tx, self.clock())

        exposer = Exposer(str(self.settings.metrics), figures)
        try:
            await exposer.start()
        except OSError as why:
            log.error("metrics are not served at %s: %s", exposer.listen, why)  # noqa: TRY400 - the operator's to mend
            return None
        log.info("metrics at %s", ", ".join(exposer.listens_at))
        return exposer

    def reread(self) -> None:
        """SIGHUP: take the new rules, categories, clocks and texts; a faulty file keeps the old ones."""
        try:
            fresh = load(self.settings.path, os.environ)
        except BadConfig as bad:
            log.error("config not taken, the old one stays: %s", "; ".join(map(str, bad.mistakes)))  # noqa: TRY400 - the operator's mistake, not ours
            self._telling = asyncio.ensure_future(
                asyncio.to_thread(self._tell_admin, troubles.config_refused, [str(each) for each in bad.mistakes], "config")
            )
            return
        from templates import render  # noqa: PLC0415

        self.settings = fresh
        self.office.policy = self.front.policy = fresh.policy
        self.office.site = fresh.texts
        self.office.knowledge = Index(articles.load("faq", fresh.texts)[0])
        render.forget()
        log.info("config reread")

    def _tell_admin(self, alert: Callable[..., list[Letter]], lines: Sequence[str], what: str) -> None:
        """That something is wrong with the desk itself; the log has said so already, in case this can't be written."""
        office, at = self.office, self.clock()
        try:
            with engine.transaction(office.store) as tx:
                event = letters.Event(at=at, policy=office.policy, directory=people.directory(tx), actor=clerk.TIMER)
                batch = alert(office.policy, lines, event)
                outbox.put(tx, batch, cause=f"{what}:{at.isoformat()}", at=at, keys=office.keys, domain=office.policy.desk.domain)
        except Exception:
            log.exception("the admin can't be told")
            return
        self._poke_postman()

    def _poke_postman(self) -> None:
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._post_bell.set)

    async def _post(self) -> None:
        while not self.postman.ending:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._post_bell.wait(), 1.0)
            self._post_bell.clear()
            await self._lull()
            try:
                await self.postman.deliver(self.clock())
            except engine.Busy as busy:
                log.warning("delivering waits: %s", busy)
            except Exception:
                log.exception("delivering failed")

    async def _lull(self) -> None:
        """Wait for a moment in which nobody is at the doors, but not for long."""
        deadline = self._loop.time() + PATIENCE_SECONDS
        while self.front.is_busy and not self.postman.ending and self._loop.time() < deadline:  # noqa: ASYNC110 - nothing tells of time that passes
            await asyncio.sleep(0.05)

    async def _end_posting(self, posting: asyncio.Task[None]) -> None:
        """Let the relay finish what it is taking; what takes longer the next daemon sends again, the same byte for byte."""
        self.postman.ending = True
        self._poke_postman()
        await asyncio.wait({posting}, timeout=5)
        posting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await posting

    def _scheduler(self, office: Office) -> Any:
        from apscheduler.schedulers.asyncio import AsyncIOScheduler  # noqa: PLC0415

        scheduler = AsyncIOScheduler(timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1})

        async def due() -> None:
            try:
                n = await asyncio.to_thread(lambda: clerk.all_due(office, self.clock()))
            except engine.Busy as busy:
                log.warning("timers wait: %s", busy)
                return
            if n:
                self._poke_postman()

        async def tokens() -> None:
            trouble = await asyncio.to_thread(bearer.renewed)
            if set(trouble) - self._token_trouble:
                await asyncio.to_thread(self._tell_admin, troubles.token_refused, trouble, "token")
            self._token_trouble = frozenset(trouble)

        scheduler.add_job(due, "interval", seconds=5)
        if self.settings.relay.oauth2 or any(each.oauth2 for each in self.settings.imap):
            from mailgate.trust import bearer  # noqa: PLC0415 - most desks log in by password

            scheduler.add_job(tokens, "interval", seconds=60)
        scheduler.start()
        return scheduler
