"""What was written down about one received mail: its Message-ID, its ticket, and what it is held for. Reads only.

Keeping and settling is `store.inbox`; lists for people are `store.queries.mail`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, select

from rules.facts.terms import Fate
from rules.frozen import dataclass
from store import tables
from store.prepared import Prepared

RECEIVED = tables.Received

_MESSAGE_ID = Prepared(select(RECEIVED.c.message_id).where(RECEIVED.c.id == bindparam("id")))
_TICKET = Prepared(select(RECEIVED.c.ticket_id).where(RECEIVED.c.id == bindparam("id")))
_STANDING = Prepared(select(RECEIVED.c.fate, RECEIVED.c.hold, RECEIVED.c.put_away).where(RECEIVED.c.id == bindparam("id")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a mail stands: still to be decided about or not, and the record of why it was held (empty if it never was)."""

    is_held: bool
    record: Mapping[str, Any]


def message_id(tx: Connection, received_id: int) -> str:
    """Its Message-ID, empty if it has none."""
    return _MESSAGE_ID.scalar(tx, {"id": received_id}) or ""


def ticket_id(tx: Connection, received_id: int) -> int | None:
    """The row id of the ticket it went to, None if to none."""
    found = _TICKET.scalar(tx, {"id": received_id})
    return None if found is None else int(found)


def standing(tx: Connection, received_id: int) -> Standing | None:
    """How it stands, None if there is no such mail."""
    row = _STANDING.first(tx, {"id": received_id})
    if row is None:
        return None
    return Standing(is_held=row["fate"] in {Fate.held.value, Fate.parked.value} and not row["put_away"], record=row["hold"] or {})
