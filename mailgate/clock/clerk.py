"""Performs what time alone asks for: waiting tickets that come back, reminders on clocks, held mail that is announced."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from mailgate.clock import archiving, rounds
from mailgate.figures import digests, reporting
from mailgate.letters import events, letters, particulars, questions
from mailgate.office import Office
from rules import away, hearers, notices, timers
from rules.actions.base import Refused, Scene
from rules.actions.state import SetStatus
from rules.case import ANNOUNCE_AFTER
from rules.deadlines import Running
from rules.facts.people import Actor, Agent, Directory, Role
from rules.facts.policy import Policy
from rules.facts.sent import RecipientKind
from rules.facts.terms import Address, PostKind, Status
from rules.facts.ticket import Post, Ticket
from rules.frozen import dataclass, replace
from rules.notice import Happened, Notice
from store import engine, inbox, ledger, lookup, outbox, people
from store import timers as stored
from store.journal import Cause
from store.queries import burdens, tickets

TIMER = Actor(role=Role.system, name="timer")
_Told = dict[str, tuple[Address, str, str]]
"""Compared address -> address, reason, language."""
REMIND_EVERY = timedelta(days=1)
"""How often held mail is announced again until somebody decides."""


def all_due(office: Office, at: datetime) -> int:
    """Everything that is due by time at `at`; gives how much happened."""
    done = ripen(office, at) + watch(office, at) + announce(office, at) + reporting.due(office, at) + digests.due(office, at)
    return done + len(archiving.run(office, at).refs)


def ripen(office: Office, at: datetime, limit: int = 100) -> int:
    """Fire the wake-ups that are due, each exactly once; gives how many fired."""
    with engine.transaction(office.store) as tx:
        rows = stored.due_wakes(tx, at, limit)
        directory = people.directory(tx) if rows else Directory()
        for row in rows:
            stored.wake_fired(tx, row["id"], at)
            ticket = lookup.get(tx, row["ticket_id"])
            if ticket is not None and row["kind"] == "waited" and ticket.status is Status.waiting and ticket.waiting_until == row["due_at"]:
                _waited(tx, office, ticket, at, Cause(name=f"timer:{row['id']}"), directory)
            elif ticket is not None:
                rounds.woke(tx, office, row, ticket, directory, at)
    return len(rows)


def _waited(tx: Connection, office: Office, ticket: Ticket, at: datetime, cause: Cause, directory: Directory) -> None:
    scene = Scene(who=TIMER, at=at, policy=office.policy, directory=directory)
    try:
        written = ledger.apply(tx, ticket.id, (SetStatus(to="working"),), scene, cause)
    except Refused:
        return
    happened = Happened(before=written.before, after=written.ticket, posts=(), actor=TIMER, quiet=True)
    event = events.Event(at=at, policy=office.policy, directory=directory, actor=TIMER, before=written.before)
    _put(tx, office, [letters.letter(n, event) for n in notices.tell(happened, office.policy, directory)], cause.name, at)


def watch(office: Office, at: datetime, limit: int = 200) -> int:
    """Bring the clocks of tickets that have something to say up to now, and remind; gives how many reminders were made."""
    told = 0
    with engine.transaction(office.store) as tx:
        due = stored.due_checks(tx, at, limit)
        directory = people.directory(tx) if due else Directory()
        for ticket_id in due:
            ticket, running = ledger.refresh(tx, ticket_id, office.policy, at)
            told += _remind(tx, office, ticket, running, directory, at)
            told += rounds.stayed(tx, office, ticket, directory, at)
    return told


def _remind(tx: Connection, office: Office, ticket: Ticket, running: tuple[Running, ...], directory: Directory, at: datetime) -> int:
    """Note every step that was reached and mail the worst of each text, so that a desk that slept doesn't shout: begun late and answered late are two."""
    fresh = [
        step
        for step in timers.reached(ticket, running, office.policy, at)
        if stored.fire(tx, ticket.id, clock=step.clock, step=step.percent, started_at=step.started_at, at=at)
    ]
    made = 0
    for step in timers.worst(fresh):
        clock = next(r for r in running if r.name == step.clock)
        event = events.Event(at=at, policy=office.policy, directory=directory, actor=TIMER, before=ticket)
        owners = timers.owners(ticket, directory)
        told = {a.address.key: (a.address, "assigned" if a.name == ticket.assignee else "group", a.language) for a in owners}
        for address in timers.escalated(ticket, step, office.policy, directory):
            told.setdefault(address.key, (address, "manager", ""))
        told = _redirected(told, timers.text(step), ticket, office.policy, directory)
        told = _stood_in(told, directory, at, office.policy.desk.timezone)
        what = _Reminded(
            ticket=ticket,
            step=step,
            clock=clock,
            waiting=_waiting_words(tx, ticket),
            candidates=_candidates(tx, ticket, directory),
            names=tuple(to.name or to.address for to, _, _ in told.values()),
        )
        batch = [_reminder(what, to, _without_group(reason, ticket), language, event) for to, reason, language in told.values()]
        _put(tx, office, batch, f"clock:{ticket.id}:{step.clock}:{step.percent}:{step.started_at:%Y%m%dT%H%M%S}", at)
        made += len(batch)
    return made


def _without_group(reason: str, ticket: Ticket) -> str:
    """The reason as it can be said of a ticket that no group has: nobody is in it then, or leads it."""
    return {"group": "new", "manager": "overdue"}.get(reason, reason) if not ticket.group else reason


def _redirected(told: _Told, template: str, ticket: Ticket, policy: Policy, directory: Directory) -> _Told:
    """Who is reminded after `[notify]` has said so: whoever has the ticket always, and whom it names in the place of all others."""
    switch = policy.notify.told(template)
    if switch is None or (switch.on and not switch.to):
        return told
    kept = {key: one for key, one in told.items() if one[1] == "assigned" or (not ticket.assignee and one[1] == "group" and switch.on)}
    for word in switch.to if switch.on else ():
        if word == "manager":
            kept |= {key: one for key, one in told.items() if one[1] == "manager"}
        for address in hearers.named(word, directory, policy):
            agent = directory.agent_of(address.address)
            kept.setdefault(address.key, (address, "category", agent.language if agent is not None else ""))
    return kept


def _stood_in(told: _Told, directory: Directory, at: datetime, zone: str) -> _Told:
    """The same with those who are away replaced by their deputies."""
    out: _Told = {}
    for address, reason, language in told.values():
        agent = directory.agent_of(address.address)
        deputy = away.deputy_of(agent, directory, at, zone) if agent is not None else None
        one = (deputy.address, reason, deputy.language) if deputy is not None else (address, reason, language)
        out.setdefault(one[0].key, one)
    return out


MOST_CANDIDATES = 8
"""Colleagues who are offered when nobody has begun; those with the least to do."""


def _waiting_words(tx: Connection, ticket: Ticket) -> Post | None:
    last = next((p for p in reversed(tickets.posts(tx, ticket.id)) if p.kind is PostKind.public), None)
    return last if last is not None and last.direction == "in" else None


def _candidates(tx: Connection, ticket: Ticket, directory: Directory) -> tuple[tuple[Agent, int], ...]:
    members = directory.members(ticket.group) if ticket.group else tuple(directory.agents.values())
    on_hand = burdens.of(tx, [a.name for a in members])
    busy = [(a, on_hand[a.name].open) for a in members]
    return tuple(sorted(busy, key=lambda pair: (pair[1], pair[0].name))[:MOST_CANDIDATES])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reminded:
    """What the letters of one step share."""

    ticket: Ticket
    step: timers.Step
    clock: Running
    waiting: Post | None
    """The customer's latest words, if nobody answered them."""
    candidates: tuple[tuple[Agent, int], ...] = ()
    """Members of the group with their numbers of open tickets, the least busy first."""
    names: tuple[str, ...] = ()
    """Everybody who is told."""


def _reminder(what: _Reminded, to: Address, reason: str, language: str, event: events.Event) -> outbox.Letter:
    ticket = what.ticket
    escalated = reason == "manager"
    # an administrator who is no agent may press nothing; he answers by the terminal
    presses = event.directory.agent_of(to.address) is not None
    notice = Notice(
        template=timers.text(what.step),
        to=to,
        kind=RecipientKind.agent,
        reason=reason,
        language=language,
        ticket=ticket,
        buttons=(("take", "take"), ("wait", "wait 3d"), ("close", "close")) if presses else (),
    )
    files: list[dict[str, Any]] = []
    last = particulars.post_card(replace(what.waiting, parts=()), event, staff=True, ticket=ticket, files=files) if what.waiting else None
    extra: dict[str, Any] = {
        "clock": what.step.clock,
        "limit": 0 if what.clock.by_hand else int(what.clock.limit.total_seconds()),
        "worked": 0 if what.clock.by_hand else int(what.clock.worked.total_seconds()),
        "due_at": what.clock.due_at.isoformat() if what.clock.due_at else "",
        "step": what.step.percent,
        "escalated": escalated,
        "told": [name for name in what.names if name != (to.name or to.address)],
        "last": last,
        "activity": None,
        "candidates": [
            {"name": a.full_name or a.name, "open": n, "button": particulars.button(f"assign:{a.name}", f"assign {a.name}")}
            for a, n in what.candidates
            if escalated and presses and a.name != ticket.assignee
        ],
    }
    return letters.letter(notice, event, extra)


def announce(office: Office, at: datetime, limit: int = 50) -> int:
    """Tell of held and parked mail that waits too long, then daily: its group, else who has its ticket, else the admin; gives how many."""
    with engine.transaction(office.store) as tx:
        rows = inbox.unannounced(tx, before=at - ANNOUNCE_AFTER, again_before=at - REMIND_EVERY, limit=limit)
        directory = people.directory(tx) if rows else Directory()
        for row in rows:
            record = dict(row["hold"] or {"reason": "parked"})
            if record.get("reason") == "rate":
                # a bomber's mails are told of in one mail a day, not in one each
                others = inbox.announced_with(tx, row["from_address"], at, again_before=at - REMIND_EVERY)
                if others is None:
                    continue
                record["more"] = others - 1
            inbox.announced(tx, row["id"], at)
            ticket = lookup.find(tx, record["ticket"]) if record.get("ticket") else None
            event = events.Event(at=at, policy=office.policy, directory=directory, actor=TIMER, received_id=row["id"])
            group = record.get("group") or (ticket.group if ticket else "")
            deciding = directory.members(group) if group else ()
            if not deciding and ticket is not None:
                deciding = tuple(a for a, _ in hearers.owners(ticket, directory, everybody=False))
            receivers = [(a.address, RecipientKind.agent, a.language) for a in deciding]
            receivers = receivers or [(Address(address=a), RecipientKind.agent, "") for a in office.policy.desk.admin]
            batch = [
                questions.announcement(row["id"], record, dict(row), to, kind, language, ticket, event) for to, kind, language in receivers
            ]
            _put(tx, office, batch, f"announce:{row['id']}:{at:%Y%m%dT%H%M%S}", at)
    return len(rows)


def _put(tx: Connection, office: Office, batch: list[outbox.Letter], cause: str, at: datetime) -> None:
    outbox.put(tx, letters.sendable(batch, office.policy), cause=cause, at=at, keys=office.keys, domain=office.policy.desk.domain)
