"""A desk that only remembers, and the mailbox that watches for it."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest

from mailgate.boxes import mailboxes, mailheads
from mailgate.boxes.collector import Mailbox
from mailgate.boxes.mailboxes import ImapSettings, Mark, Security, Skipped
from mailgate.doors.receiving import Received
from tests.servers.dovecot import PASSWORD, Dovecot, dovecot

__all__ = ["dovecot"]

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def a_mail(number: int | str, *, sender: str = "anna@client.example", size: int = 0, **fields: str) -> bytes:
    """A small mail with CRLF, recognisable by its number."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = "help@desk.example"
    mail["Subject"] = f"Printer {number} is on fire"
    mail["Message-ID"] = f"<m{number}@client.example>"
    for name, value in fields.items():
        del mail[name.replace("_", "-")]
        if value:
            mail[name.replace("_", "-")] = value
    mail.set_content(f"It burns, number {number}.\n" + "x" * 70 * (size // 70))
    return mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@dataclass
class Desk:
    """Stands for the store: keeps once what is the same, and says what happened when."""

    kept: list[Received] = field(default_factory=list)
    handed: int = 0
    marks: dict[tuple[str, str], str] = field(default_factory=dict)
    puts: list[Mark] = field(default_factory=list)
    skips: dict[tuple[str, str, int, int], Skipped] = field(default_factory=dict)
    kept_at: datetime = NOW
    trouble: list[Exception] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def keep(self, received: Received) -> None:
        with self.news:
            if self.trouble:
                raise self.trouble.pop(0)
            self.handed += 1
            if received not in self.kept:
                self.kept.append(received)
            self.news.notify_all()

    def get(self, account: str, folder: str) -> Mark | None:
        text = self.marks.get((account, folder))
        return None if text is None else Mark.load(text)

    def put(self, account: str, folder: str, mark: Mark) -> None:
        with self.news:
            self.marks[account, folder] = mark.dump()
            self.puts.append(mark)
            self.news.notify_all()

    def known(self, *, message_id: str, size: int, sha256: str) -> datetime | None:
        for received in self.kept:
            if sha256:
                if hashlib.sha256(received.raw).hexdigest() == sha256:
                    return self.kept_at
            elif mailheads.read(received.raw).message_id == message_id and len(received.raw) == size:
                return self.kept_at
        return None

    def skipped(self, skip: Skipped) -> None:
        self.skips[skip.account, skip.folder, skip.uidvalidity, skip.uid] = skip

    @property
    def ids(self) -> list[str]:
        """Message-IDs in the order in which they were kept."""
        return [mailheads.read(received.raw).message_id for received in self.kept]

    def wait(self, done: Callable[[], bool], seconds: float = 40.0) -> float:
        """Wait until it is so; gives how long it took."""
        began = time.monotonic()
        with self.news:
            assert self.news.wait_for(done, seconds), f"not within {seconds} s; kept {self.ids}"
        return time.monotonic() - began

    def mailbox(self, settings: ImapSettings, *, now: datetime | None = None) -> Mailbox:
        """A mailbox that hands over to this desk."""
        desk = mailboxes.Desk(
            keep=self.keep,
            watermarks=self,
            known=self.known,
            skipped=self.skipped,
            ours=lambda address: address.endswith("@desk.example"),
            clock=lambda: now or datetime.now(UTC),
        )
        return Mailbox(settings, desk, randomness=random.Random(1))


@pytest.fixture
def desk() -> Desk:
    """A desk that has kept nothing yet."""
    return Desk()


@pytest.fixture
def user(dovecot: Dovecot) -> str:
    """A user of this test alone."""
    return dovecot.fresh_user()


@pytest.fixture
def settings(dovecot: Dovecot, user: str) -> Callable[..., ImapSettings]:
    """Makes settings for the test's user; TLS with the certificate checked unless told otherwise."""

    def make(**changes: Any) -> ImapSettings:
        chosen: dict[str, Any] = {
            "host": dovecot.host,
            "port": dovecot.imaps_port,
            "security": Security.tls,
            "user": user,
            "password": lambda: PASSWORD,
            "ca_file": dovecot.ca_file,
            "timeout_seconds": 10.0,
        }
        return ImapSettings(**(chosen | changes))

    return make


@pytest.fixture
def watching() -> Iterator[Callable[[Mailbox], Mailbox]]:
    """Starts mailboxes and stops them when the test is over."""
    started: list[Mailbox] = []

    def start(mailbox: Mailbox) -> Mailbox:
        mailbox.start()
        started.append(mailbox)
        return mailbox

    yield start
    for mailbox in started:
        assert mailbox.stop(10), "the mailbox did not stop"
