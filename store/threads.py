"""Candidates for a mail's clues: which tickets its message-ids, tokens and references lead to."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from rules.facts.sent import Sent
from rules.facts.ticket import Ticket
from store import facts, ledger
from store.columns import table
from store.models import mail as m
from store.models import service as s
from store.models import tickets as t

KNOWN, OUTBOX, TICKET, PRESSED = table(m.KnownId), table(s.Outbox), table(t.Ticket), table(s.Pressed)


def tickets_of_ids(tx: Connection, message_ids: Sequence[str]) -> dict[str, Ticket]:
    """Message-ID -> ticket for those of stored mails; merged tickets are followed."""
    if not message_ids:
        return {}
    rows = tx.execute(
        select(KNOWN.c.message_id, KNOWN.c.ticket_id).where(KNOWN.c.message_id.in_(list(message_ids))).order_by(KNOWN.c.ticket_id)
    )
    found: dict[str, Ticket] = {}
    for row in rows:
        ticket = ledger.get(tx, row.ticket_id)
        if ticket is not None:
            found.setdefault(row.message_id, ticket)
    return found


def sent_of(tx: Connection, outbox_ids: Sequence[int]) -> dict[int, Sent]:
    """Outbox id -> what that mail of ours means."""
    if not outbox_ids:
        return {}
    rows = tx.execute(select(OUTBOX).where(OUTBOX.c.id.in_(list(outbox_ids)))).mappings()
    return {row["id"]: facts.sent(row, "") for row in rows}


def pressed(tx: Connection, outbox_id: int) -> frozenset[str]:
    """Keys of the buttons of a mail that were used already."""
    return frozenset(tx.execute(select(PRESSED.c.key).where(PRESSED.c.outbox_id == outbox_id)).scalars())


def texts_sent(tx: Connection, ticket_id: int, limit: int = 20) -> tuple[str, ...]:
    """Plain texts of the latest mails of ours about a ticket, newest first."""
    rows = tx.execute(
        select(OUTBOX.c.text).where(OUTBOX.c.ticket_id == ticket_id, OUTBOX.c.text != "").order_by(OUTBOX.c.id.desc()).limit(limit)
    )
    return tuple(rows.scalars())
