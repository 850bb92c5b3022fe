"""The day's work list for each agent, by mail: what is overdue, due, new, waiting, his tasks; numbered, to be answered line by line.

Sent as often as `[notify] digest_every` says, once for each due time; to nobody who is away or has nothing to do. What an answer means
is `rules.several`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from mailgate.figures import reporting
from mailgate.letters import events, letters
from mailgate.letters.particulars import button
from mailgate.office import Office
from rules import away, hearers, rights
from rules.actions.base import Scene
from rules.facts.people import Actor, Agent, Directory, Role
from rules.facts.sent import RecipientKind
from rules.facts.terms import COLOURS, Light, Status
from rules.facts.ticket import Task, Ticket
from rules.notice import Notice
from store import inbox, people, records, timers
from store.outbox import Letter
from store.queries import tickets
from templates import languages

MOST_ROWS = 12
"""Rows of one section; the rest is counted."""
SOON = timedelta(days=1)


def due(office: Office, at: datetime) -> int:
    """Send the digests that are due at `at`; gives how many letters were made."""
    every = office.policy.notify.digest_every
    told = office.policy.notify.told("digest")
    if not every or (told is not None and not told.on):
        return 0
    return reporting.on_time(office, "digest", every, at, lambda tx, due_at: _send(tx, office, due_at, at))


def _send(tx: Connection, office: Office, due_at: datetime, at: datetime) -> int:
    directory = people.directory(tx)
    policy = office.policy
    told = policy.notify.told("digest")
    wanted = {a.key for word in told.to for a in hearers.named(word, directory, policy)} if told is not None and told.to else None
    event = events.Event(at=at, policy=policy, directory=directory, actor=reporting.TIMER)
    made: list[Letter] = []
    for agent in directory.agents.values():
        if away.is_away(agent, at, policy.desk.timezone) or (wanted is not None and agent.address.key not in wanted):
            continue
        letter = digest(tx, agent, event)
        if letter is not None:
            made.append(letter)
    return reporting.put(tx, office, made, f"digest:{due_at.isoformat()}", at)


def digest(tx: Connection, agent: Agent, event: events.Event) -> Letter | None:
    """The letter to one agent; None if nothing waits for him."""
    policy, directory = event.policy, event.directory
    language = languages.choose(agent.language, policy.languages)
    sections = _sections(tx, agent, event, language)
    held = inbox.undecided(tx, _groups(agent, directory), agent.name)
    if not sections and not held:
        return None
    notice = Notice(template="digest", to=agent.address, kind=RecipientKind.agent, reason="digest", language=language)
    return letters.letter(notice, event, {"sections": sections, "held": held})


def _sections(tx: Connection, agent: Agent, event: events.Event, language: str) -> list[dict[str, Any]]:
    at = event.at
    mine = tickets.listed(tx, tickets.Filter(mine=agent.name, open_only=True, sort="light", limit=500))
    waiting = [x for x in mine if x.status is Status.waiting]
    active = [x for x in mine if x.status is not Status.waiting]
    overdue = [x for x in active if x.light is Light.red]
    soon = [x for x in active if x not in overdue and (x.light is Light.yellow or _ends(x, at + SOON))]
    parts: list[tuple[str, str, Sequence[Ticket] | Sequence[Task]]] = [
        ("overdue", "close", overdue),
        ("due", "close", soon),
        ("new", "take", _new(tx, agent, event)),
        ("waiting", "close", waiting),
        ("tasks", "done", _tasks(tx, agent, event.directory)),
        ("open", "close", [x for x in active if x not in overdue and x not in soon]),
    ]
    out: list[dict[str, Any]] = []
    number = 0
    for kind, verb, found in parts:
        rows: list[dict[str, Any]] = []
        for each in found[:MOST_ROWS]:
            row = _task_row(tx, each) if isinstance(each, Task) else _row(each)
            if row is not None and kind == "waiting" and isinstance(each, Ticket):
                row["since"] = _since(tx, each)
            if row is None:
                continue
            number += 1
            ref = each.ref
            word = f"{number} {languages.spell(verb, language, staff=False)}"
            rows.append(row | {"number": number, "buttons": [button(f"{verb}:{number}", f"{verb} {ref}", word=word)]})
        if rows:
            out.append({"kind": kind, "rows": rows, "more": len(found) - len(rows)})
    return out


def _new(tx: Connection, agent: Agent, event: events.Event) -> list[Ticket]:
    """What nobody has yet and he may take: of his groups, and of nobody's."""
    scene = Scene(who=Actor(role=Role.agent, name=agent.name), at=event.at, policy=event.policy, directory=event.directory)
    groups = _groups(agent, event.directory)
    found = tickets.listed(tx, tickets.Filter(open_only=True, unheld=True, sort="light", limit=500))
    return [x for x in found if (not x.group or x.group in groups) and rights.may_see(x, scene, agent.name)]


def _tasks(tx: Connection, agent: Agent, directory: Directory) -> list[Task]:
    found = records.tasks(tx, assignee=agent.name, groups=agent.groups)
    return [held.record for held in found if isinstance(held.record, Task)]


def _groups(agent: Agent, directory: Directory) -> frozenset[str]:
    """The groups he works in, with those below them and those that he leads."""
    return frozenset(directory.under((*agent.groups, *agent.manager_of)))


def _ends(ticket: Ticket, by: datetime) -> bool:
    return any(datetime.fromisoformat(at) <= by for at in _clocks(ticket))


def _clocks(ticket: Ticket) -> Iterable[str]:
    return [at for at in ticket.due.values() if at]


def _since(tx: Connection, ticket: Ticket) -> str:
    """Since when a ticket waits for its customer."""
    moments = timers.moments(tx, ticket.id)
    begun = ""
    for moment in moments:
        begun = (begun or moment.at.isoformat()) if moment.status is Status.waiting else ""
    return begun


def _row(ticket: Ticket) -> dict[str, Any]:
    waits = ticket.status is Status.waiting
    return {
        "ref": ticket.ref,
        "subject": ticket.subject,
        "status": ticket.status.value,
        "colour": COLOURS[ticket.status],
        "light": ticket.light.value,
        "progress": ticket.progress,
        "opened_at": ticket.opened_at.isoformat() if ticket.opened_at else "",
        "who": ticket.requester.name or ticket.requester.address,
        "due_at": "" if waits else min(_clocks(ticket), default=""),
        "since": "",
        "task": "",
    }


def _task_row(tx: Connection, task: Task) -> dict[str, Any] | None:
    ticket = tickets.one(tx, task.ref.rpartition(".")[0])
    if ticket is None:
        return None
    return _row(ticket) | {"ref": task.ref, "task": task.text, "due_at": task.due_at.isoformat() if task.due_at else "", "since": ""}
