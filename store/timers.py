"""What is due by time alone: wake-ups, checks of clocks, firings. Each firing is a row that can exist once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from rules.deadlines import Moment
from store import tables
from store.lists.clocks import moments_of
from store.prepared import Prepared

WAKE, TICKET, HISTORY, FIRING, POST = tables.Wake, tables.Ticket, tables.History, tables.Firing, tables.Post
_MOMENTS = Prepared(
    select(HISTORY.c.at, HISTORY.c.actor, HISTORY.c.action, HISTORY.c.cause, HISTORY.c.changed)
    .where(HISTORY.c.ticket_id == bindparam("id"))
    .order_by(HISTORY.c.seq)
)


def due_wakes(tx: Connection, at: datetime, limit: int) -> list[Mapping[Any, Any]]:
    """Wake-ups that are due, locked, oldest first."""
    query = select(WAKE).where(WAKE.c.fired_at.is_(None), WAKE.c.due_at <= at).order_by(WAKE.c.due_at, WAKE.c.id).limit(limit)
    return list(tx.execute(query.with_for_update(skip_locked=True)).mappings())


def wake_fired(tx: Connection, wake_id: int, at: datetime) -> None:
    """Note that a wake-up has happened."""
    tx.execute(update(WAKE).where(WAKE.c.id == wake_id).values(fired_at=at))


def due_checks(tx: Connection, at: datetime, limit: int) -> list[int]:
    """Row ids of open tickets whose clocks have something to say, the longest due first."""
    query = select(TICKET.c.id).where(TICKET.c.check_at <= at).order_by(TICKET.c.check_at, TICKET.c.id).limit(limit)
    return list(tx.execute(query.with_for_update(skip_locked=True)).scalars())


def moments(tx: Connection, ticket_id: int, without: str = "") -> list[Moment]:
    """What the history says of a ticket's status and activity, in order; timers' own entries and mere questions are no activity.

    `without` is a cause that is about to be taken back.
    """
    return moments_of(_MOMENTS.all(tx, {"id": ticket_id}), without)


def asked(tx: Connection, ticket_id: int, cause: str) -> list[int]:
    """Row ids of the questions that a cause asked for opinions."""
    wanted = (POST.c.ticket_id == ticket_id, POST.c.cause == cause, POST.c.kind == "opinion", POST.c.direction == "out")
    return list(tx.execute(select(POST.c.id).where(*wanted, POST.c.undone_at.is_(None)).order_by(POST.c.id)).scalars())


def fire(tx: Connection, ticket_id: int, *, clock: str, step: int, started_at: datetime, at: datetime) -> bool:
    """Note a step of a clock; False if it was noted before."""
    key = (FIRING.c.ticket_id == ticket_id, FIRING.c.clock == clock, FIRING.c.step == step, FIRING.c.started_at == started_at)
    if tx.execute(select(FIRING.c.ticket_id).where(*key)).first() is not None:
        return False
    tx.execute(insert(FIRING), {"ticket_id": ticket_id, "clock": clock, "step": step, "started_at": started_at, "fired_at": at})
    return True
