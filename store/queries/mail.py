"""Mail that came in and mail that goes out: what `store.lists.mail` reads for the terminal, raw bytes of a ticket's mails, what the operator decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from store import tables
from store.lists.mail import Account, Filter, account, by_message_id, letter, letters, one, received, skipped

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

RECEIVED, RAW, SKIPPED, OUTBOX, TICKET, POST = (
    tables.Received,
    tables.Raw,
    tables.Skipped,
    tables.Outbox,
    tables.Ticket,
    tables.Post,
)

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


def raws_of_ticket(tx: Connection, ticket_id: int) -> Iterator[tuple[datetime, str, bytes]]:
    """Every mail of a ticket, received and sent, in the order of time: when, from whom, the bytes."""
    came = select(RECEIVED.c.received_at.label("at"), RECEIVED.c.mail_from.label("sender"), RAW.c.data).join(
        RAW, RAW.c.received_id == RECEIVED.c.id
    )
    mails = [(row.at, row.sender, bytes(row.data)) for row in tx.execute(came.where(RECEIVED.c.ticket_id == ticket_id))]
    left = select(OUTBOX.c.sent_at.label("at"), OUTBOX.c.raw).where(
        OUTBOX.c.ticket_id == ticket_id, OUTBOX.c.state == "sent", OUTBOX.c.raw.is_not(None), OUTBOX.c.sent_at.is_not(None)
    )
    mails += [(row.at, "", bytes(row.raw)) for row in tx.execute(left)]
    yield from sorted(mails, key=lambda mail: mail[0])
