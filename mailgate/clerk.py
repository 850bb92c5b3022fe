"""Performs what time alone asks for: waiting tickets that come back, held mail that is announced."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, or_, select, update

from mailgate import answers, letters
from mailgate.office import Office
from rules import notices
from rules.actions.base import Refused, Scene
from rules.actions.state import SetStatus
from rules.case import ANNOUNCE_AFTER
from rules.facts.people import Actor, Role
from rules.facts.sent import RecipientKind
from rules.facts.terms import Address, Fate, Status
from rules.facts.ticket import Ticket
from rules.notices import Happened
from store import engine, ledger, outbox, people
from store.ledger import Cause
from store.models import mail as m
from store.models import tickets as t

RECEIVED, WAKE = m.Received.__table__, t.Wake.__table__  # type: ignore[attr-defined]
TIMER = Actor(role=Role.system, name="timer")
REMIND_EVERY = timedelta(days=1)


def ripen(office: Office, at: datetime, limit: int = 100) -> int:
    """Fire what is due, each exactly once; gives how many fired."""
    fired = 0
    with engine.transaction(office.store) as tx:
        rows = tx.execute(
            select(WAKE).where(WAKE.c.fired_at.is_(None), WAKE.c.due_at <= at).order_by(WAKE.c.due_at).limit(limit).with_for_update(skip_locked=True)
        ).mappings()
        directory = people.directory(tx)
        for row in rows.all():
            tx.execute(update(WAKE).where(WAKE.c.id == row["id"]).values(fired_at=at))
            ticket = ledger.get(tx, row["ticket_id"])
            if ticket is not None and row["kind"] == "waited" and ticket.status is Status.waiting and ticket.waiting_until == row["due_at"]:
                _waited(tx, office, ticket, at, Cause(name=f"timer:{row['id']}"), directory)
            fired += 1
    return fired


def _waited(tx: Connection, office: Office, ticket: Ticket, at: datetime, cause: Cause, directory: Any) -> None:  # noqa: ANN401
    scene = Scene(who=TIMER, at=at, policy=office.policy, directory=directory)
    try:
        written = ledger.apply(tx, ticket.id, (SetStatus(to="working"),), scene, cause)
    except Refused:
        return
    happened = Happened(before=written.before, after=written.ticket, posts=(), actor=TIMER, quiet=True)
    event = letters.Event(at=at, policy=office.policy, directory=directory, actor=TIMER, before=written.before)
    batch = [letters.letter(n, event) for n in notices.tell(happened, office.policy, directory)]
    outbox.put(tx, batch, cause=cause.name, at=at, keys=office.keys, domain=office.policy.desk.domain)


def announce(office: Office, at: datetime, limit: int = 50) -> int:
    """Tell group or admin of held and parked mail that waits too long, then daily; gives how many were announced."""
    told = 0
    with engine.transaction(office.store) as tx:
        rows = tx.execute(
            select(RECEIVED)
            .where(
                RECEIVED.c.fate.in_((Fate.held.value, Fate.parked.value)),
                RECEIVED.c.put_away.is_(False),
                RECEIVED.c.settled_at <= at - ANNOUNCE_AFTER,
                or_(RECEIVED.c.announced_at.is_(None), RECEIVED.c.announced_at <= at - REMIND_EVERY),
            )
            .order_by(RECEIVED.c.id)
            .limit(limit)
        ).mappings()
        directory = people.directory(tx)
        for row in rows.all():
            tx.execute(update(RECEIVED).where(RECEIVED.c.id == row["id"]).values(announced_at=at))
            record = dict(row["hold"] or {"reason": "parked"})
            ticket = ledger.find(tx, record["ticket"]) if record.get("ticket") else None
            event = letters.Event(at=at, policy=office.policy, directory=directory, actor=TIMER, received_id=row["id"])
            members = directory.members(record.get("group") or (ticket.group if ticket else "")) if (record.get("group") or ticket) else ()
            receivers = [(a.address, RecipientKind.agent, a.language) for a in members]
            receivers = receivers or [(Address(address=a), RecipientKind.agent, "") for a in office.policy.desk.admin]
            batch = [answers.announcement(row["id"], record, dict(row), to, kind, language, ticket, event) for to, kind, language in receivers]
            outbox.put(
                tx, batch, cause=f"announce:{row['id']}:{at:%Y%m%d}:{secrets.token_hex(2)}", at=at, keys=office.keys, domain=office.policy.desk.domain
            )
            told += 1
    return told
