"""A ticket by its reference, an old one included, or by the id of its row."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from rules.facts.ticket import Ticket
from store import facts, tables
from store.prepared import Prepared, PreparedFor

TICKET, OLD = tables.Ticket, tables.OldRef

# Statements of the hot path are made once: building one costs more than running it.
_BY_REF = Prepared(select(TICKET).where(TICKET.c.ref == bindparam("ref")))
_BY_OLD_REF = Prepared(select(TICKET).join(OLD, OLD.c.ticket_id == TICKET.c.id).where(OLD.c.ref == bindparam("ref")))
_BY_ID = Prepared(select(TICKET).where(TICKET.c.id == bindparam("id")))
_HEADLINES = PreparedFor(
    lambda ids: select(TICKET.c.id, TICKET.c.ref, TICKET.c.opened_at, TICKET.c.merged_into).where(TICKET.c.id.in_(ids))
)


def find(tx: Connection, ref: str) -> Ticket | None:
    """The ticket of a reference, in any case; an old reference leads to where its ticket went. None if there is none."""
    wanted = ref.strip().upper()
    row = _BY_REF.first(tx, {"ref": wanted})
    if row is None:
        row = _BY_OLD_REF.first(tx, {"ref": wanted})
    if row is None:
        return None
    found = facts.ticket(row)
    return find(tx, found.merged_into) if found.merged_into and found.merged_into != found.ref else found


def get(tx: Connection, ticket_id: int) -> Ticket | None:
    """The ticket of a row id, or the one it was merged into; None if there is none."""
    row = _BY_ID.first(tx, {"id": ticket_id})
    if row is None:
        return None
    found = facts.ticket(row)
    return find(tx, found.merged_into) if found.merged_into else found


def headlines(tx: Connection, ticket_ids: Collection[int]) -> dict[int, tuple[str, datetime | None]]:
    """Reference and time of opening of each ticket by its row id, or of the one it was merged into; those that there aren't are left out."""
    found: dict[int, tuple[str, datetime | None]] = {}
    for row in _HEADLINES.all(tx, ticket_ids):
        merged = find(tx, row["merged_into"]) if row["merged_into"] else None
        found[row["id"]] = (merged.ref, merged.opened_at) if merged is not None else (row["ref"], row["opened_at"])
    return found
