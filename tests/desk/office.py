"""A desk in a folder of its own with a clock that stands still: mails go in by the one intake, answers come out of a Maildir."""

from __future__ import annotations

import asyncio
import base64
import email
import email.policy
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import lru_cache
from pathlib import Path
from typing import Any

from mailgate import building, intake
from mailgate.clock import clerk
from mailgate.desk.db import addresses_in
from mailgate.doors.receiving import Received
from mailgate.handling import backlog
from mailgate.office import Office
from mailgate.parsing import parse
from mailgate.settings import Settings, load
from rules.facts.mail import Envelope
from rules.facts.people import Agent, Group
from rules.facts.ticket import Post, Ticket
from store import checking, engine, lookup, people
from store.queries import tickets
from tests.cli.conftest import Desk as Commands
from tests.desk import canary

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
CONFIG = """
[desk]
name = "Harbour Desk"
address = "support@desk.example"
admin = ["root@desk.example"]
timezone = "Europe/Helsinki"
secret_file = "secret"
{desk}
[store]
url = "{url}"
[relay]
url = "maildir:sent"
hold = "{hold}"
[trust]
verify_dkim = false
authserv_ids = ["mx.desk.example"]
networks = ["127.0.0.0/8"]
{more}
"""


class _Remembering(email.policy.EmailPolicy):
    """Reads a header field once: most fields of our mails are alike, and each part's type is asked for again and again."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        return _field(name, value)


@lru_cache(maxsize=20_000)
def _field(name: str, value: str) -> Any:
    return email.policy.default.header_fetch_parse(name, value)


READING = _Remembering()
"""How mails that left are read."""


class Desk:
    """One desk; `at` is its clock."""

    def __init__(self, folder: Path, settings: Settings, office: Office) -> None:
        self.folder, self.settings, self.office = folder, settings, office
        self.at = START
        self._n = 0
        self._seen: set[str] = set()

    @property
    def commands(self) -> Commands:
        """The command line at the desk's own time."""
        return Commands(self.folder, lambda: self.at)

    # -- people -----------------------------------------------------------------------------------------------------------------

    def agent(self, name: str, *groups: str, address: str = "", language: str = "en", signature: str = "") -> Agent:
        """An agent of staff."""
        agent = Agent(
            name=name,
            addresses=(address or f"{name}@staff.example",),
            full_name=name.capitalize(),
            groups=groups,
            language=language,
            signature=signature,
        )
        with engine.transaction(self.office.store) as tx:
            for key in groups:
                people.put_group(tx, Group(key=key, title=key.capitalize()))
            people.put_agent(tx, agent, self.at)
        return agent

    # -- mail in ----------------------------------------------------------------------------------------------------------------

    def write(
        self,
        sender: str,
        text: str = "The printer is on fire.",
        *,
        subject: str = "Printer",
        to: str = "support@desk.example",
        answer: EmailMessage | None = None,
        headers: dict[str, str] | None = None,
        html: str = "",
        files: tuple[tuple[str, bytes], ...] = (),
        envelope: Envelope | None = None,
        by: str = "address references",
        quote: bool = False,
    ) -> int:
        """Take in a mail and handle it; gives its id. `answer` makes it a reply: `by` says by which routes it threads."""
        self._n += 1
        message = EmailMessage(policy=email.policy.SMTP.clone(max_line_length=900))
        message["From"] = sender
        if answer is not None:
            subject = str(answer["Subject"]) if "subject" in by or subject == "Printer" else subject
            if "subject" not in by:
                subject = re.sub(r"\s*\[[^\]]*\]", "", subject)
            if "address" in by:
                to = str(answer["Reply-To"] or answer["From"])
            if "parent" in by or "references" in by:
                message["References"] = f"{answer['References'] or ''} {answer['Message-ID']}".strip()
            if "parent" in by:
                message["In-Reply-To"] = str(answer["Message-ID"])
            if quote:
                body = answer.get_body(("plain",))
                assert body is not None
                text = (
                    text + "\n\nOn Monday, Harbour Desk wrote:\n" + "\n".join("> " + line for line in str(body.get_content()).splitlines())
                )
        message["To"] = to
        message["Subject"] = subject
        # In bits: other digits would by chance be a number that no answer may tell, and answers name the mail they answer.
        message["Message-ID"] = f"<{self._n}.{id(self):b}@mail.example>"
        message["Date"] = self.at
        for name, value in (headers or {}).items():
            del message[name]
            message[name] = value
        message.set_content(text)
        if html:
            if text:
                message.add_alternative(html, subtype="html")
            else:
                message.set_content(html, subtype="html")
        for name, data in files:
            message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
        return self.take(message.as_bytes(), envelope)

    def take(self, raw: bytes, envelope: Envelope | None = None) -> int:
        """Keep raw bytes and handle all that waits."""
        if envelope is None:
            parsed = email.message_from_bytes(raw)
            # the first of several: `parseaddr` gives none at all there, from some version of Python on
            sender = next((a for _, a in email.utils.getaddresses([parsed.get("From", "")])), "")
            recipients = tuple(
                a for _, a in email.utils.getaddresses(parsed.get_all("To", []) + parsed.get_all("Cc", [])) if a.endswith("@desk.example")
            )
            envelope = Envelope(door="smtp", sender=sender, recipients=recipients or ("support@desk.example",), peer="192.0.2.1")
        if envelope.door in {"smtp", "lmtp", "submission"} and not raw.endswith(b"\r\n"):
            raw = raw.removesuffix(b"\n") + b"\r\n"  # as those doors do
        received_id = self.arrives(raw, envelope)
        self.handle()
        return received_id

    def arrives(self, raw: bytes, envelope: Envelope) -> int:
        """Keep a mail as the door of its envelope does; gives its id."""
        (received_id,) = intake.keep(self.office.store, [Received(envelope=envelope, raw=raw)], self.at)
        return received_id

    def handle(self) -> None:
        """Handle what waits."""
        backlog.handle_all(self.office, self.at)

    def press(self, sender: str, mail: EmailMessage, label: str, text: str = "") -> int:
        """Press the button of that label, as a mail client does: a mail to the address in its link."""
        links = buttons(mail)
        link = links.get(label) or next(link for words, link in links.items() if words.split("  ")[0] == label)
        address, _, subject = link.removeprefix("mailto:").partition("?subject=")
        from urllib.parse import unquote

        return self.write(sender, text, to=unquote(address), subject=unquote(subject))

    # -- time and mail out --------------------------------------------------------------------------------------------------------

    def passes(self, **span: float) -> None:
        """Time passes; timers fire."""
        self.at += timedelta(**span)
        clerk.all_due(self.office, self.at)

    def post(self) -> list[EmailMessage]:
        """Deliver what is due now; gives the mails that left since the last call, oldest first."""
        new = [email.message_from_bytes(raw, policy=READING) for raw in self.left()]
        return sorted(new, key=lambda m: int(token_row(str(m["Message-ID"]))))  # type: ignore[arg-type,return-value]

    def left(self) -> list[bytes]:
        """The same as bytes, in any order: to read thousands of mails takes its time."""
        self.deliver()
        folder = self.folder / "sent" / "new"
        new = set(os.listdir(folder)) - self._seen if folder.exists() else set[str]()  # noqa: PTH208 - thousands of names, again and again
        self._seen |= new
        return [(folder / name).read_bytes() for name in sorted(new)]

    def deliver(self) -> None:
        """Send what is due now."""

        async def deliver() -> None:
            postman = building.postman_of(self.settings, self.office)
            await postman.deliver(self.at)
            await postman.courier.close()

        asyncio.run(deliver())

    def post_later(self, seconds: float = 60) -> list[EmailMessage]:
        """What leaves after the hold."""
        self.at += timedelta(seconds=seconds)
        return self.post()

    # -- looking ------------------------------------------------------------------------------------------------------------------

    def mail(self, received_id: int) -> dict[str, object]:
        """The row of a received mail."""
        from sqlalchemy import select

        from store.models.mail import Received as Row

        with engine.reading(self.office.store) as tx:
            return dict(tx.execute(select(Row.__table__).where(Row.__table__.c.id == received_id)).mappings().one())  # type: ignore[attr-defined]

    def fate(self, received_id: int) -> str:
        """The fate of a mail."""
        return str(self.mail(received_id)["fate"])

    def ticket(self, ref: str = "T1") -> Ticket:
        """A ticket as it stands."""
        with engine.reading(self.office.store) as tx:
            found = lookup.find(tx, ref)
        assert found is not None, f"no ticket {ref}"
        return found

    def tickets(self) -> list[Ticket]:
        """All tickets."""
        with engine.reading(self.office.store) as tx:
            return tickets.listed(tx, tickets.Filter())

    def posts(self, ref: str = "T1") -> list[Post]:
        """The conversation of a ticket."""
        with engine.reading(self.office.store) as tx:
            found = lookup.find(tx, ref)
            assert found is not None
            return tickets.posts(tx, found.id)


def token_row(message_id: str) -> int:
    """The outbox row that a Message-ID of ours names."""
    return int(message_id.partition("@")[0].rsplit("-", 2)[-2], 36)


def to(mails: list[EmailMessage], address: str) -> list[EmailMessage]:
    """Those to one recipient."""
    return [m for m in mails if address in str(m["To"])]


def plain(mail: EmailMessage) -> str:
    """The plain part."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def buttons(mail: EmailMessage) -> dict[str, str]:
    """Label -> mailto link of every button of a mail."""
    import html as markup

    body = mail.get_body(("html",))
    assert body is not None
    found = re.findall(r'<a [^>]*href="(mailto:[^"]+)"[^>]*>(.*?)</a>', str(body.get_content()), re.DOTALL)
    return {markup.unescape(re.sub(r"<[^>]+>|\s+", " ", label)).strip(): markup.unescape(link) for link, label in found}


def where(folder: Path) -> str:
    """The database of the desk in a folder, as `[store] url`; the tests of this folder may set another one in its place."""
    return "sqlite:///desk.db"


@contextmanager
def desk(folder: Path, *, url: str = "", hold: str = "30s", more: str = "", desk: str = "") -> Iterator[Desk]:
    """A desk that ends with the block."""
    path = folder / "config.toml"
    path.write_text(CONFIG.format(url=url or where(folder), hold=hold, more=more, desk=desk))
    _put_secret(folder)
    with opened(folder, path) as one:
        yield one
        _is_sound(folder, one.settings, one.office)


def _put_secret(folder: Path) -> None:
    """The secret that the story of this name has in every run.

    By chance a token holds any short word, also one that must not stand in the mail: one run in some hundred would fail.
    """
    secret = folder / "secret"
    if not secret.exists():
        key = hashlib.sha256(folder.name.rstrip("0123456789").encode()).digest()
        secret.touch(mode=0o600)
        secret.write_text(f"1:{base64.b64encode(key).decode()}\n")


@contextmanager
def opened(folder: Path, config: Path) -> Iterator[Desk]:
    """The desk of that config, in this process; the tests of this folder may set a served one in its place."""
    settings = load(config, {})
    with building.open_office(settings, dns=False) as office:
        yield Desk(folder, settings, office)


def _is_sound(folder: Path, settings: Settings, office: Office) -> None:
    """Nothing that a story did left a row that must not be, or reached somebody whom it was not for."""
    with engine.reading(office.store) as tx:
        flaws = checking.check(tx, ours=addresses_in((folder / "config.toml").read_text()), file_of=parse.part_bytes)
        assert not flaws, f"the story left what must not be: {[(f.check, f.what) for f in flaws[:5]]}"
        strays = list(canary.strays(tx, folder / "sent", settings.policy))
        assert not strays, f"somebody saw what was not for him: {strays[:5]}"
