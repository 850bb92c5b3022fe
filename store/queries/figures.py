"""A desk in figures: how many tickets, mails and letters stand where, and how old the oldest is."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from rules.facts.terms import Fate, Light, Status
from rules.frozen import dataclass
from store import tables

TICKET, RECEIVED, OUTBOX, AGENT = tables.Ticket, tables.Received, tables.Outbox, tables.Agent

STATES = ("due", "sent", "failed", "unknown", "dropped")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is true of a store at one moment; ages in seconds, 0 where there is nothing."""

    tickets: dict[str, int]
    lights: dict[str, int]
    fates: dict[str, int]
    outbox: dict[str, int]
    oldest_waiting: float
    oldest_due: float
    undecided: int
    agents: int
    database_bytes: int

    def as_json(self) -> dict[str, Any]:
        """The same as JSON."""
        return asdict(self)


def read(tx: Connection, at: datetime) -> Figures:
    """The figures as of now."""
    here = (TICKET.c.deleted_at.is_(None), TICKET.c.archived_at.is_(None), TICKET.c.merged_into == "")
    statuses = _counted(tx, select(TICKET.c.status.label("word"), func.count().label("n")).where(*here).group_by(TICKET.c.status))
    lights = _counted(
        tx, select(TICKET.c.light.label("word"), func.count().label("n")).where(*here, TICKET.c.status != "closed").group_by(TICKET.c.light)
    )
    fates = _counted(tx, select(RECEIVED.c.fate.label("word"), func.count().label("n")).group_by(RECEIVED.c.fate))
    states = _counted(tx, select(OUTBOX.c.state.label("word"), func.count().label("n")).group_by(OUTBOX.c.state))
    waiting = tx.execute(select(func.min(RECEIVED.c.received_at)).where(RECEIVED.c.fate.is_(None))).scalar()
    due = tx.execute(select(func.min(OUTBOX.c.due_at)).where(OUTBOX.c.state == "due")).scalar()
    undecided = tx.execute(
        select(func.count())
        .select_from(RECEIVED)
        .where(RECEIVED.c.fate.in_((Fate.held.value, Fate.parked.value)), RECEIVED.c.put_away.is_(False))
    ).scalar_one()
    return Figures(
        tickets={status.value: statuses.get(status.value, 0) for status in Status},
        lights={light.value: lights.get(light.value, 0) for light in Light},
        fates={fate.value: fates.get(fate.value, 0) for fate in Fate} | {"waiting": fates.get("", 0)},
        outbox={state: states.get(state, 0) for state in STATES},
        oldest_waiting=_age(waiting, at),
        oldest_due=_age(due, at),
        undecided=undecided,
        agents=tx.execute(select(func.count()).select_from(AGENT)).scalar_one(),
        database_bytes=_size(tx),
    )


def newest(tx: Connection) -> datetime | None:
    """The latest moment that the store knows of: a clock behind it is wrong. None for an empty store."""
    moments = [
        tx.execute(select(func.max(column))).scalar() for column in (RECEIVED.c.received_at, OUTBOX.c.created_at, TICKET.c.opened_at)
    ]
    return max((moment for moment in moments if moment is not None), default=None)


def _counted(tx: Connection, query: Any) -> dict[str, int]:  # noqa: ANN401 - a Select
    return {row.word or "": row.n for row in tx.execute(query)}


def _age(since: datetime | None, at: datetime) -> float:
    return max(0.0, (at - since).total_seconds()) if since is not None else 0.0


def _size(tx: Connection) -> int:
    if tx.dialect.name == "sqlite":
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
        return int(pages) * int(tx.exec_driver_sql("PRAGMA page_size").scalar_one())
    return int(tx.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())
