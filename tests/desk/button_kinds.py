"""Every kind of button: how to get a desk that sends a mail with it, and what is otherwise once it was pressed.

What is tried with all of them: `test_every_button.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

from rules.facts.people import Agent
from rules.facts.terms import Status
from store import engine, people
from tests.desk.office import Desk, desk, plain, to
from tests.desk.staff import ANNA, BEN, KIM, asked, one, request

ROOT = "root@desk.example"
EVA = "eva@staff.example"
CONFIG = """
[[category]]
key = "hw"
address = "hw@desk.example"
group = "hw"
[clock]
take = "4h"
answer = "8h"
[notify]
digest_every = "0 8 * * *"
taken = true
"""
Mails = list[EmailMessage]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of button."""

    name: str
    mail: Callable[[Desk], EmailMessage]
    """Sends the mail that carries it."""
    label: str
    """Beginning of what stands on it."""
    who: str
    """Its owner."""
    done: Callable[[Desk, Mails], bool]
    """Whether it was carried out, from the desk's state and the mails since."""
    asks: bool = False
    """It asks for something, which may be done again."""
    harmless: bool = False
    """Works from another address too."""
    word: bool = True
    """Also works as the first line of a reply."""


def opened(folder: Path) -> AbstractContextManager[Desk]:
    """A desk with clocks, a list every morning, and a folder for articles."""
    return desk(folder, more=CONFIG, desk='texts = "texts"')


def _sent(template: str) -> Callable[[Desk, Mails], bool]:
    return lambda d, mails: any(str(m["X-Mailgate-Template"]) == template for m in mails)


def _status(status: Status) -> Callable[[Desk, Mails], bool]:
    return lambda d, mails: d.ticket().status is status


def received(d: Desk) -> EmailMessage:
    """Kim's acknowledgement."""
    d.agent("anna")
    return one(request(d), KIM)


def answered(d: Desk) -> EmailMessage:
    """Anna's answer to Kim."""
    d.write(ANNA, "Try again.", answer=asked(d))
    return one(d.post_later(), KIM, "message")


def closed(d: Desk) -> EmailMessage:
    """The end, told to Kim."""
    d.write(ANNA, "It runs.\n\n#close", answer=asked(d))
    return one(d.post_later(), KIM, "closed")


def waiting(d: Desk) -> EmailMessage:
    """Kim is asked for something."""
    d.write(ANNA, "#wait customer", answer=asked(d))
    return one(d.post_later(), KIM, "status")


def taken(d: Desk) -> EmailMessage:
    """Kim hears who looks after it."""
    d.write(ANNA, "#take", answer=asked(d))
    return one(d.post_later(), KIM, "taken")


def new(d: Desk) -> EmailMessage:
    """A new request, told to Anna; Ben works there too."""
    return asked(d, "anna", "ben")


def appended(d: Desk) -> EmailMessage:
    """Kim wrote again."""
    d.write(KIM, "One more thing.", answer=answered(d))
    return one(d.post(), ANNA, "appended")


def overdue(d: Desk) -> EmailMessage:
    """Nobody answered Kim in time; told to the head of the group, who may hand it to Ben."""
    d.agent("anna", "hw")
    d.agent("ben", "hw")
    with engine.transaction(d.office.store) as tx:
        people.put_agent(tx, Agent(name="eva", addresses=(EVA,), full_name="Eva", manager_of=("hw",)), d.at)
    request(d, headers={"To": "hw@desk.example"})
    found: Mails = []
    for _ in range(8):
        d.passes(hours=4)
        found += [m for m in to(d.post_later(), EVA) if str(m["X-Mailgate-Template"]) in {"not-started", "overdue"}]
    return found[0]


def reported(d: Desk) -> EmailMessage:
    """A report of commands alone."""
    d.write(ANNA, "#prio high", answer=asked(d))
    return one(d.post(), ANNA, "report")


def leaving(d: Desk) -> EmailMessage:
    """A report of an answer that has not left."""
    d.write(ANNA, "We come.\n\n#prio high", answer=asked(d))
    return one(d.post(), ANNA, "report")


def misspelt(d: Desk) -> EmailMessage:
    """A question about a line that isn't understood."""
    d.write(ANNA, "#colse", answer=asked(d))
    return one(d.post(), ANNA, "held")


def crossed(d: Desk) -> EmailMessage:
    """Ben was faster."""
    mail = asked(d, "anna", "ben")
    d.write(BEN, "Ben here.", answer=one_of(d, BEN))
    d.passes(minutes=1)
    d.post()
    d.write(ANNA, "Anna here.", answer=mail)
    return one(d.post(), ANNA, "crossing")


def one_of(d: Desk, address: str) -> EmailMessage:
    """The latest mail to an address among all that left."""
    import email
    import email.policy

    mails = [email.message_from_bytes(p.read_bytes(), policy=email.policy.default) for p in (d.folder / "sent" / "new").iterdir()]
    return to(mails, address)[-1]  # type: ignore[arg-type]


def suspected(d: Desk) -> EmailMessage:
    """Marked mail waits for the administrator."""
    d.agent("anna")
    d.write(KIM, "Really important.", headers={"X-Spam-Flag": "YES"})
    d.passes(minutes=16)
    return one(d.post(), ROOT, "held")


def unproven(d: Desk) -> EmailMessage:
    """Commands in a mail that proves nothing."""
    asked(d)
    d.write(ANNA, "#close", to="support@desk.example", subject="Re: Printer [T1]")
    return one(d.post(), ANNA, "held")


def task(d: Desk) -> EmailMessage:
    """A task for Ben."""
    d.write(ANNA, "#task @ben order the part", answer=asked(d, "anna", "ben"))
    return one(d.post_later(), BEN, "task")


def copied(d: Desk) -> EmailMessage:
    """Kim copied somebody in who is not of his party."""
    d.agent("anna")
    mails = request(d, headers={"Cc": "eva@elsewhere.example"})
    return one(mails, ANNA)


def morning(d: Desk) -> EmailMessage:
    """The day's list."""
    d.passes(minutes=1)
    d.write(ANNA, "#take", answer=asked(d))
    d.at = (d.at + timedelta(days=1)).replace(hour=6, minute=1)
    d.passes(minutes=1)
    return one(d.post_later(), ANNA, "digest")


def forwarded(d: Desk) -> EmailMessage:
    """Anna forwarded what Kim wrote to her."""
    d.agent("anna")
    inner = "\n\n---------- Forwarded message ---------\nFrom: Kim <kim@client.example>\nDate: Mon, 23 Nov 2026\nSubject: Printer\nTo: <anna@staff.example>\n\nIt burns.\n"
    from tests.desk.staff import login

    d.write(ANNA, f"Please look.{inner}", subject="Fwd: Printer", envelope=login("anna"))
    return one(d.post(), ANNA, "report")


def knowing(d: Desk) -> EmailMessage:
    """An article that may help."""
    d.agent("anna")
    d.write(f"Kim <{KIM}>", "The printer has a paper jam again, no paper is visible.", subject="Printer jams")
    return one(d.post(), KIM)


KINDS = (
    Kind(name="status", mail=taken, label="How far", who=KIM, done=_sent("status-answer"), asks=True, harmless=True),
    Kind(name="close", mail=received, label="This is solved", who=KIM, done=_status(Status.closed)),
    Kind(name="close-message", mail=answered, label="This is solved", who=KIM, done=_status(Status.closed)),
    Kind(name="close-waiting", mail=waiting, label="This is solved", who=KIM, done=_status(Status.closed)),
    Kind(name="mute", mail=received, label="Fewer mails", who=KIM, done=lambda d, mails: d.ticket().muted == (KIM,), harmless=True),
    *(
        Kind(
            name=f"rate-{n}",
            mail=closed,
            label=str(n),
            who=KIM,
            done=lambda d, mails, n=n: d.ticket().rating_stars == n,
            asks=True,
            harmless=True,
        )
        for n in (1, 2, 3, 4, 5)
    ),
    Kind(name="reopen", mail=closed, label="It is not solved", who=KIM, done=lambda d, mails: d.ticket().is_open),
    Kind(name="solved-by-article", mail=knowing, label="That solved it", who=KIM, done=_status(Status.closed), word=False),
    Kind(name="take", mail=new, label="Take it", who=ANNA, done=lambda d, mails: d.ticket().assignee == "anna"),
    Kind(name="close-by-agent", mail=new, label="Close", who=ANNA, done=_status(Status.closed)),
    Kind(name="assign", mail=overdue, label="Assign", who=EVA, done=lambda d, mails: d.ticket().assignee in {"anna", "ben"}),
    Kind(name="wait", mail=appended, label="Wait", who=ANNA, done=_status(Status.waiting)),
    Kind(name="undo", mail=reported, label="Undo", who=ANNA, done=lambda d, mails: d.ticket().priority.value == "normal"),
    Kind(name="stop", mail=leaving, label="Stop", who=ANNA, done=lambda d, mails: to(mails, KIM) == []),
    Kind(name="near-match", mail=misspelt, label="#close", who=ANNA, done=_status(Status.closed)),
    Kind(
        name="send-anyway",
        mail=misspelt,
        label="Send anyway",
        who=ANNA,
        done=lambda d, mails: "#colse" in "".join(map(plain, to(mails, KIM))),
    ),
    Kind(name="drop", mail=misspelt, label="Drop", who=ANNA, done=lambda d, mails: _put_away(d)),
    Kind(
        name="send-crossing",
        mail=crossed,
        label="Send anyway",
        who=ANNA,
        done=lambda d, mails: "Anna here" in "".join(map(plain, to(mails, KIM))),
    ),
    Kind(name="drop-crossing", mail=crossed, label="Drop", who=ANNA, done=lambda d, mails: _put_away(d)),
    Kind(
        name="release",
        mail=suspected,
        label="Release",
        who=ROOT,
        done=lambda d, mails: any(t.requester.address == KIM for t in d.tickets()),
    ),
    Kind(name="spam", mail=suspected, label="Spam", who=ROOT, done=lambda d, mails: _put_away(d)),
    Kind(name="drop-suspected", mail=suspected, label="Drop", who=ROOT, done=lambda d, mails: _put_away(d)),
    Kind(name="carry-out", mail=unproven, label="Yes, that was me", who=ANNA, done=_status(Status.closed)),
    Kind(name="task-done", mail=task, label="Done", who=BEN, done=lambda d, mails: _tasks_done(d)),
    Kind(name="include", mail=copied, label="Include", who=ANNA, done=lambda d, mails: d.ticket().watchers == ("eva@elsewhere.example",)),
    Kind(name="row-of-digest", mail=morning, label="Close", who=ANNA, done=_status(Status.closed)),
    Kind(name="wrong-person", mail=forwarded, label="Wrong person", who=ANNA, done=lambda d, mails: d.ticket().requester.address != KIM),
)


def _put_away(d: Desk) -> bool:
    from sqlalchemy import text

    from store import engine

    with engine.reading(d.office.store) as tx:
        return bool(tx.execute(text("select count(*) from received where put_away")).scalar_one())


def _tasks_done(d: Desk) -> bool:
    from store import engine, records

    with engine.reading(d.office.store) as tx:
        return all(one.state == "done" for one in records.of(tx, d.ticket().id).tasks.values())
