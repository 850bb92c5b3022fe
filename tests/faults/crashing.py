"""Ends a desk's process at named points of its work, each of them at its first, second and third time: `python -m tests.faults.crashing FOLDER`.

Each try is a process of its own that lives the same day: mail comes in, an agent answers, clocks run out, mail leaves. It is killed at the
point. Another process goes on from there as a daemon and the senders would. In the end nothing may be missing and nothing may be there twice.
The points are put around functions from outside: the program itself knows of none.
"""

from __future__ import annotations

import argparse
import email
import email.policy
import functools
import importlib
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from mailgate.clock import clerk
from rules.facts.mail import Envelope
from store import checking, engine, outbox, people, sealing
from store.queries import tickets
from tests.desk.office import START, Desk, desk, token_row

POINTS: dict[str, tuple[str, str, str]] = {
    "a mail is written and not committed": ("store.inbox", "keep", "after"),
    "a mail is kept and not answered": ("mailgate.intake", "keep", "after"),
    "an attempt is counted": ("mailgate.intake", "_read", "before"),
    "a mail is read": ("mailgate.intake", "_read", "after"),
    "a ticket is opened": ("store.ledger", "open_ticket", "after"),
    "a ticket is changed": ("store.ledger", "apply", "after"),
    "letters are written": ("store.outbox", "put", "after"),
    "effects are done and the fate isn't": ("store.inbox", "settle", "before"),
    "a fate is written and not committed": ("store.inbox", "settle", "after"),
    "a fate is settled": ("mailgate.intake", "_settle_all", "after"),
    "letters are claimed": ("mailgate.sending.postman:Postman", "_claim", "after"),
    "letters are rendered and not kept": ("store.outbox", "fix", "before"),
    "letters are kept and not committed": ("store.outbox", "fix", "after"),
    "a letter was taken and nobody noted it": ("mailgate.sending.postman:Postman", "_record", "before"),
    "letters are noted and not committed": ("store.outbox", "sent", "after"),
    "a step of a clock is noted": ("store.timers", "fire", "after"),
    "reminders are written": ("mailgate.clock.clerk", "_remind", "after"),
    "a wake-up is noted": ("store.timers", "wake_fired", "after"),
    "the clocks were looked at": ("mailgate.clock.clerk", "watch", "after"),
}
"""Name -> module (and class), function, and whether the process ends before or after it."""

CLOCK = """
[clock]
answer = "4h"
take = "2h"
"""
KIM, MAX, ANNA = "kim@client.example", "max@client.example", "anna@staff.example"


def arm(point: str, time: int) -> None:
    """Let this process be killed at a point, the time-th time it gets there."""
    place, name, when = POINTS[point]
    module, _, of_class = place.partition(":")
    owner = importlib.import_module(module)
    owner = getattr(owner, of_class) if of_class else owner
    real: Callable[..., Any] = getattr(owner, name)
    left = time

    def reached() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    @functools.wraps(real)
    def armed(*values: Any, **named: Any) -> Any:
        if when == "before":
            reached()
        result = real(*values, **named)
        if when == "after":
            reached()
        return result

    setattr(owner, name, armed)


def mail(n: int, sender: str, text: str, to: str = "support@desk.example", subject: str = "") -> tuple[bytes, Envelope]:
    """A mail that has the same bytes whenever it is sent."""
    raw = f"From: {sender}\r\nTo: {to}\r\nSubject: {subject or f'Matter {n}'}\r\nMessage-ID: <{n}@mail.example>\r\n\r\n{text}\r\n"
    return raw.encode(), Envelope(door="smtp", sender=sender, recipients=(to,), peer="192.0.2.1")


def day(d: Desk) -> None:
    """The day of the desk. May be lived again from the beginning: who got no answer sends again, who got one is recognised."""
    with engine.reading(d.office.store) as tx:
        is_staffed = bool(people.directory(tx).agents)
    if not is_staffed:
        d.agent("anna")
    d.at = START
    d.take(*mail(1, KIM, "The printer is on fire."))
    d.take(*mail(2, MAX, "The lift is stuck."))
    d.left()
    d.at = START + timedelta(minutes=10)
    d.take(*mail(3, ANNA, "#wait 30m\r\n#task call Kim\r\n\r\nWe come.", to=answered_at(d), subject="Re: Matter 1"))
    for minutes in (50, 90, 130, 180, 300):
        d.at = START + timedelta(minutes=minutes)
        clerk.all_due(d.office, d.at)
        d.left()


def answered_at(d: Desk) -> str:
    """Where Anna's answer to Kim's request goes: it stands in the mail that told her of it. What a dead process had claimed leaves later."""
    for _ in range(6):
        for path in (d.folder / "sent" / "new").glob("*"):
            letter = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if ANNA in str(letter["To"]) and letter["X-Mailgate-Template"] == "new-in-group" and "Matter 1" in str(letter["Subject"]):
                return str(letter["Reply-To"].addresses[0].addr_spec)
        d.at += timedelta(minutes=5)
        d.left()
    raise AssertionError("Anna was never told")


def lived(folder: Path, point: str = "", time: int = 0) -> int:
    """The day in a process of its own; gives how it ended: 0, or the signal that killed it."""
    child = os.fork()
    if child == 0:
        try:
            if point:
                arm(point, time)
            with desk(folder, hold="0s", more=CLOCK) as d:
                d._seen = set()
                day(d)
                if not point:
                    judge(d)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def judge(d: Desk) -> None:
    """What must be so in the end, whatever happened on the way."""
    d.at = START + timedelta(days=1)
    d.handle()
    d.left()
    with engine.reading(d.office.store) as tx:
        assert checking.check(tx, at=d.at, ours=("root@desk.example",)) == []
        assert sealing.verify(tx).breaks == ()
        listed = tickets.listed(tx, tickets.Filter())
        assert sorted(t.requester.address for t in listed) == [KIM, MAX]
        rows = tx.execute(outbox.OUTBOX.select()).mappings().all()
        kim = next(t for t in listed if t.requester.address == KIM)
        assert [p.text for p in tickets.posts(tx, kim.id) if p.kind == "public"] == ["The printer is on fire.", "We come."]
    told = [(row["template"], row["recipient_key"], row["ticket_id"]) for row in rows]
    once = {"received", "new-in-group", "message"}
    doubled = {each for each in told if each[0] in once and told.count(each) > 1}
    assert doubled == set(), f"told twice: {doubled}"
    assert ("received", KIM) in {each[:2] for each in told} and ("message", KIM) in {each[:2] for each in told}
    assert {row["state"] for row in rows} == {"sent"}, [(row["id"], row["state"], row["last_answer"]) for row in rows]
    files = [path.read_bytes() for path in (d.folder / "sent" / "new").glob("*")]
    ids = [raw.partition(b"Message-ID: ")[2].partition(b"\r")[0].decode() for raw in files]
    assert len(ids) == len(set(ids)), "one letter is there in two files"
    assert {token_row(each) for each in ids} == {row["id"] for row in rows}


def main() -> int:
    """All points; gives the exit code."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("folder", type=Path)
    words.add_argument("--times", type=int, default=3)
    words.add_argument("--point", action="append", choices=POINTS)
    given = words.parse_args()
    wrong = 0
    folder = given.folder / "desk"
    for point in given.point or POINTS:
        met = 0
        for time in range(1, given.times + 1):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            ended = lived(folder, point, time)
            met += ended == signal.SIGKILL
            if ended not in {0, signal.SIGKILL} or lived(folder) != 0:
                wrong += 1
                print(f"WRONG {point}, time {time}", flush=True)
        print(f"{point}: {met} kills", flush=True)
        if not met:
            wrong += 1
            print(f"WRONG {point} was never reached", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
