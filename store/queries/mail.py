"""Mail that came in and mail that goes out: what `store.lists.mail` reads for the terminal, and what the operator decides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from store import tables
from store.lists.mail import Account, Filter, account, by_message_id, letter, letters, one, raws_of_ticket, received, skipped

__all__ = [
    "Account",
    "Filter",
    "Row",
    "account",
    "again",
    "by_message_id",
    "drop",
    "letter",
    "letters",
    "one",
    "raws_of_ticket",
    "received",
    "skipped",
]

OUTBOX = tables.Outbox

Row = Mapping[str, Any]


def again(tx: Connection, outbox_id: int, at: datetime) -> bool:
    """Let a mail that failed, or waits for its next try, leave now; False if it has left or was dropped."""
    values: dict[str, Any] = {"state": "due", "due_at": at, "lease_until": None}
    changed = tx.execute(update(OUTBOX).where(OUTBOX.c.id == outbox_id, OUTBOX.c.state.in_(("due", "failed", "unknown"))).values(**values))
    return bool(changed.rowcount)


def drop(tx: Connection, outbox_id: int, why: str) -> bool:
    """Keep a mail from leaving; False if it has left, or is leaving just now."""
    changed = tx.execute(
        update(OUTBOX)
        .where(OUTBOX.c.id == outbox_id, OUTBOX.c.state.in_(("due", "failed", "unknown")), OUTBOX.c.lease_until.is_(None))
        .values(state="dropped", last_answer=why[:500])
    )
    return bool(changed.rowcount)
