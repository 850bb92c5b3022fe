"""What ripens: opinions and tasks that are late, reminders somebody asked for, timers of the site. Called by `mailgate.clock.clerk`.

Everything happens in the transaction that notes it as done, so that it happens once whatever is started again in between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from mailgate import maillog
from mailgate.letters import beside, events, letters
from mailgate.office import Office
from rules import asides, away, lexicon, notices, stays
from rules.actions import later, tasks
from rules.actions.base import Action, Aside, Refused, Scene, read
from rules.actions.words import Misread
from rules.asides import Occasion
from rules.facts.people import Actor, Directory, Role
from rules.facts.ticket import Post, Task, Ticket
from rules.frozen import replace
from rules.notice import Happened, Notice
from store import ledger, outbox, records
from store import timers as stored
from store.journal import Cause
from store.ledger import Written
from store.prepared import savepoint
from store.queries import tickets

TIMER = Actor(role=Role.system, name="timer")


def woke(tx: Connection, office: Office, row: Mapping[Any, Any], ticket: Ticket, directory: Directory, at: datetime) -> int:
    """Do what a wake-up asks for, its row noted as fired already; gives how many mails were made."""
    if ticket.deleted_at is not None:
        return 0
    match row["kind"]:
        case "opinion":
            told = _late_opinions(tx, row, ticket, directory) if ticket.is_open else []
        case "task":
            told = _due_task(tx, row, directory)
        case "remind":
            reminder = _reminder(row, directory)
            # whose request is closed by now has nothing more to answer
            told = [reminder] if ticket.is_open or reminder.to != ("customer",) else []
        case _:
            return 0
    return _tell(tx, office, told, ticket, directory, at, f"timer:{row['id']}")


def _late_opinions(tx: Connection, row: Mapping[Any, Any], ticket: Ticket, directory: Directory) -> list[Aside]:
    """Those of whom an answer was wanted by now, and who gave none."""
    posts = tickets.posts(tx, ticket.id)
    questions = set(stored.asked(tx, ticket.id, row["cause"]))
    out: list[Aside] = []
    for question in posts:
        if question.id not in questions or ", ".join(question.to) != row["line"]:
            continue
        answers = [p for p in posts if p.about == question.id]
        missing = tuple(word for word in question.to if not any(_is_from(answer, word, directory) for answer in answers))
        if missing:
            card = {"asker": question.agent, "question": question.text, "by": row["due_at"].isoformat(), "late": True}
            aside = Aside(
                template="opinion-asked", to=missing, about=f"post:{question.id}", card=card, excerpt="last", by_hand=False, reason="asked"
            )
            out.append(aside)
    return out


def _is_from(answer: Post, word: str, directory: Directory) -> bool:
    if word.startswith("@"):
        return any(agent.name == answer.agent for agent in directory.members(word[1:]))
    return answer.agent == word or (not answer.agent and answer.author.key == word.lower())


def _due_task(tx: Connection, row: Mapping[Any, Any], directory: Directory) -> list[Aside]:
    """A task that is due soon, or late: to whom it was given, and late ones to the head of his department."""
    found = records.find(tx, "task", row["line"])
    task = found.record if found is not None else None
    if not isinstance(task, Task) or not task.is_open or task.due_at is None:
        return []
    if row["due_at"] == task.due_at - tasks.SOON:
        return [tasks.told(task, "due-soon", (task.assignee or "owner",))]
    if row["due_at"] != task.due_at:
        return []
    groups = [task.assignee[1:]] if task.assignee.startswith("@") else list(getattr(directory.agents.get(task.assignee), "groups", ()))
    heads = tuple(dict.fromkeys(agent.name for key in groups for agent in directory.leaders(key)))
    return [tasks.told(task, "overdue", tuple(dict.fromkeys((task.assignee or "owner", *(heads or ("owner",))))))]


def _reminder(row: Mapping[Any, Any], directory: Directory) -> Aside:
    _, who, text = (*row["line"].split(" ", 2), "", "")[:3]
    further = (row["by"],) if row["by"] in directory.agents else ()
    return later.reminder(who, text, row["by"], *further)


def _tell(tx: Connection, office: Office, told: Sequence[Aside], ticket: Ticket, directory: Directory, at: datetime, cause: str) -> int:
    said = tickets.posts(tx, ticket.id, public_only=True) if any(aside.excerpt for aside in told) else ()
    what = Occasion(ticket=ticket, actor=TIMER, at=at, policy=office.policy, directory=directory, said=said)
    return _send(tx, office, asides.tell([(aside, None) for aside in told], what), None, directory, at, cause)


def _send(
    tx: Connection, office: Office, made: Sequence[Notice], before: Ticket | None, directory: Directory, at: datetime, cause: str
) -> int:
    told = away.stood_in(made, directory, at, office.policy.desk.timezone)
    event = events.Event(at=at, policy=office.policy, directory=directory, actor=TIMER, before=before)
    batch = letters.sendable([letters.letter(n, event) for n in told], office.policy)
    outbox.put(tx, batch, cause=cause, at=at, keys=office.keys, domain=office.policy.desk.domain)
    return len(batch)


def stayed(tx: Connection, office: Office, ticket: Ticket, directory: Directory, at: datetime) -> int:
    """Carry out the lines of the timers that are due on a ticket, each once in its stay; gives how many timers fired."""
    fired = 0
    for stay in stays.stays(ticket, stored.moments(tx, ticket.id), office.policy):
        name = f"timer:{stay.timer.name}"
        if stay.due_at > at or not stored.fire(tx, ticket.id, clock=name, step=0, started_at=stay.since, at=at):
            continue
        fired += 1
        cause = Cause(name=f"{name}:{ticket.id}:{stay.since:%Y%m%dT%H%M%S}")
        try:
            with savepoint(tx, "timer"):
                written = _carried_out(tx, office, ticket, stay.timer.then, directory, at, cause)
        except (Refused, Misread) as refusal:
            maillog.left_out(stay.timer.name, ticket.ref, str(refusal))
            continue
        ticket = written.ticket
    return fired


def _carried_out(
    tx: Connection, office: Office, ticket: Ticket, lines: Sequence[str], directory: Directory, at: datetime, cause: Cause
) -> Written:
    policy = office.policy
    words = lexicon.words(policy, directory)
    actions: list[Action] = [read(line, words) for line in lines]
    scene = Scene(who=TIMER, at=at, policy=policy, directory=directory, canned=beside.canned_of(policy, directory, office.site))
    written = ledger.apply(tx, ticket.id, actions, scene, cause)
    happened = Happened(
        before=written.before,
        after=written.ticket,
        posts=written.posts,
        actor=TIMER,
        quiet=written.outcome.quiet,
        hold=beside.waits(written, at, policy.hold),
    )
    made = notices.tell(happened, policy, directory)
    made += beside.notices(tx, written, actor=TIMER, at=at, policy=policy, directory=directory)
    _send(tx, office, made, written.before, directory, at, cause.name)
    return replace(written, outcome=replace(written.outcome, asks=beside.saved(written, policy, office.site)))
