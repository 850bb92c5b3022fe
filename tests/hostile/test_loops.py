"""The loop lab: desks, absence notes and robots that answer everything, left alone together for days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

from rules.facts.mail import Envelope
from tests.desk.customers import account, enter_person
from tests.desk.office import Desk, desk, plain

A, B = "support@desk.example", "help@other.example"
HOLIDAY, ECHO, SHOP, POLITE = "kim@away.example", "echo@robot.example", "orders@shop.example", "max@polite.example"
DAYS = 3
MOST = 3
"""Automatic mails of a desk to one correspondent in a day."""

Answer = Callable[[EmailMessage, int], str | None]


def holiday(mail: EmailMessage, n: int) -> str:
    """An absence note that answers each mail and says by its words alone what it is."""
    return f"From: Kim <{HOLIDAY}>\r\nTo: {_back(mail)}\r\nSubject: I am away until Monday\r\nMessage-ID: <{n}@away.example>\r\n\r\nI am away until Monday. Your mail will be read then.\r\n"


def echo(mail: EmailMessage, n: int) -> str:
    """A robot without any automatic header, without a thread, with another subject each time, that sends everything back."""
    return f"From: Robot <{ECHO}>\r\nTo: {_back(mail)}\r\nSubject: Case {n} was opened\r\nMessage-ID: <{n}@robot.example>\r\n\r\nYou wrote:\n{plain(mail)[:2000]}\r\n".replace(
        "\n", "\r\n"
    ).replace("\r\r", "\r")


def shop(mail: EmailMessage, n: int) -> str:
    """A desk of another make: keeps the thread, adds its number to the subject, answers to Reply-To."""
    return (
        f"From: Shop <{SHOP}>\r\nTo: {_back(mail)}\r\nSubject: [SHOP #{n}] {mail['Subject']}\r\nMessage-ID: <{n}@shop.example>\r\n"
        f"In-Reply-To: {mail['Message-ID']}\r\nReferences: {mail['Message-ID']}\r\n\r\nThank you, your request {n} was received.\r\n"
    )


def polite(mail: EmailMessage, n: int) -> str:
    """Thanks for every mail, in the thread, as a person would."""
    return f"From: Max <{POLITE}>\r\nTo: {_back(mail)}\r\nSubject: Re: {mail['Subject']}\r\nMessage-ID: <{n}@polite.example>\r\nIn-Reply-To: {mail['Message-ID']}\r\n\r\nThank you very much, got it ({n}). Could you tell me more?\r\n"


ROBOTS: dict[str, Answer] = {HOLIDAY: holiday, ECHO: echo, SHOP: shop, POLITE: polite}


def _back(mail: EmailMessage) -> str:
    return str((mail["Reply-To"] or mail["From"]).addresses[0].addr_spec)


class Lab:
    """Two desks and those who answer them. `sent` counts automatic mails by desk, recipient and day."""

    def __init__(self, desks: dict[str, Desk]) -> None:
        self.desks = desks
        self.sent: Counter[tuple[str, str, int]] = Counter()
        self.number = 0

    def hour(self, day: int) -> None:
        """Carry all mail to and fro until nobody has any, or the hour is over."""
        for _ in range(30):
            carried = 0
            for name, d in self.desks.items():
                for mail in d.post():
                    recipient = str(mail["To"].addresses[0].addr_spec)
                    if recipient.endswith("@staff.example") or recipient.startswith("root@"):
                        continue
                    carried += 1
                    if "Auto-Submitted" in mail:
                        self.sent[name, recipient, day] += 1
                    self._deliver(name, recipient, mail)
            if not carried:
                return
        raise AssertionError("mail goes round without end within one hour")

    def _deliver(self, name: str, recipient: str, mail: EmailMessage) -> None:
        self.number += 1
        if recipient in ROBOTS:
            raw = ROBOTS[recipient](mail, self.number)
            if raw is not None:
                self._take(self.desks[name], raw.encode("utf-8", "replace"), recipient, _back(mail))
            return
        other = self.desks[B if name == A else A]
        raw = f"Received: from {name} by other; Mon, 23 Nov 2026 08:00:00 +0000\r\n".encode() + mail.as_bytes()
        self._take(other, raw, name, recipient)

    @staticmethod
    def _take(d: Desk, raw: bytes, sender: str, recipient: str) -> None:
        d.take(raw, Envelope(door="smtp", sender=sender, recipients=(recipient,), peer="192.0.2.66"))


def test_desks_and_robots_left_alone_come_to_rest(tmp_path: Path) -> None:
    """Two programs that are polite to each other fill a disk in a night, and each mail of it has our name on it."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with desk(tmp_path / "a") as a, desk(tmp_path / "b") as b:
        policy = b.office.policy
        b.office.policy = replace(policy, desk=replace(policy.desk, address=B, domains=("other.example",)))
        lab = Lab({A: a, B: b})
        for d, other in ((a, B), (b, A)):
            d.agent("anna")
            for known in (other, HOLIDAY, SHOP, POLITE):
                enter_person(d, known)
        for day in range(DAYS):
            for d, own in ((a, A), (b, B)):
                for sender in (*ROBOTS, B if own == A else A):
                    lab.number += 1
                    raw = f"From: {sender}\r\nTo: {own}\r\nSubject: Question {lab.number}\r\nMessage-ID: <start{lab.number}@{sender.partition('@')[2]}>\r\n\r\nHow do I do this?\r\n"
                    lab._take(d, raw.encode(), sender, own)
            for _ in range(6):
                lab.hour(day)
                for d in (a, b):
                    d.passes(hours=4)
        assert lab.sent, "nobody was ever answered, so that nothing was tried"
        assert {pair: n for pair, n in lab.sent.items() if n > MOST} == {}
        for d in (a, b):
            assert account(d).adds_up
            assert len(d.tickets()) < 10 * len(ROBOTS) * DAYS
