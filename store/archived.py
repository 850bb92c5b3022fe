"""Which tickets are due for the archive, and which of those in it are due to lose their contents. Found by indexes that hold nothing else."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from store import tables

TICKET = tables.Ticket


def due(tx: Connection, closed_before: datetime, limit: int) -> list[int]:
    """Row ids of tickets closed before then that are in no archive yet, the longest closed first."""
    listed = (TICKET.c.closed_at.is_not(None), TICKET.c.archived_at.is_(None), TICKET.c.deleted_at.is_(None))
    query = select(TICKET.c.id).where(*listed, TICKET.c.closed_at <= closed_before, TICKET.c.merged_into == "")
    return list(tx.execute(query.order_by(TICKET.c.closed_at, TICKET.c.id).limit(limit)).scalars())


def spent(tx: Connection, closed_before: datetime, limit: int) -> list[int]:
    """Row ids of archived tickets closed before then that still have their contents, the longest closed first."""
    kept = (TICKET.c.archived_at.is_not(None), TICKET.c.deleted_at.is_(None))
    query = select(TICKET.c.id).where(*kept, TICKET.c.closed_at <= closed_before)
    return list(tx.execute(query.order_by(TICKET.c.closed_at, TICKET.c.id).limit(limit)).scalars())
