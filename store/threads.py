"""Candidates for a mail's clues: which tickets its message-ids, tokens and references lead to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from rules.facts.sent import Sent
from rules.facts.ticket import Ticket
from store import facts, ledger
from store.columns import table
from store.models import mail as m
from store.models import service as s
from store.models import tickets as t
from store.prepared import Prepared, PreparedFor

KNOWN, OUTBOX, TICKET, PRESSED = table(m.KnownId), table(s.Outbox), table(t.Ticket), table(s.Pressed)

_OF_IDS = PreparedFor(
    lambda ids: (
        select(KNOWN.c.message_id, TICKET)
        .join(TICKET, TICKET.c.id == KNOWN.c.ticket_id)
        .where(KNOWN.c.message_id.in_(ids))
        .order_by(KNOWN.c.ticket_id)
    )
)
_SENT = PreparedFor(lambda ids: select(OUTBOX).where(OUTBOX.c.id.in_(ids)))
_PRESSED = Prepared(select(PRESSED.c.key).where(PRESSED.c.outbox_id == bindparam("outbox_id")))
_TEXTS = Prepared(
    select(OUTBOX.c.text)
    .where(OUTBOX.c.ticket_id == bindparam("ticket_id"), OUTBOX.c.text != "")
    .order_by(OUTBOX.c.id.desc())
    .limit(bindparam("most"))
)


def tickets_of_ids(tx: Connection, message_ids: Sequence[str]) -> dict[str, Ticket]:
    """Message-ID -> ticket for those of stored mails; merged tickets are followed."""
    found: dict[str, Ticket] = {}
    for row in _OF_IDS.all(tx, message_ids):
        if row["message_id"] in found:
            continue
        ticket = facts.ticket(row)
        merged = ledger.find(tx, ticket.merged_into) if ticket.merged_into else ticket
        if merged is not None:
            found[row["message_id"]] = merged
    return found


def sent_of(tx: Connection, outbox_ids: Sequence[int]) -> dict[int, Sent]:
    """Outbox id -> what that mail of ours means."""
    return {row["id"]: facts.sent(row, "") for row in _SENT.all(tx, outbox_ids)}


def pressed(tx: Connection, outbox_id: int) -> frozenset[str]:
    """Keys of the buttons of a mail that were used already."""
    return frozenset(row["key"] for row in _PRESSED.all(tx, {"outbox_id": outbox_id}))


def texts_sent(tx: Connection, ticket_id: int, limit: int = 20) -> tuple[str, ...]:
    """Plain texts of the latest mails of ours about a ticket, newest first."""
    return tuple(row["text"] for row in _TEXTS.all(tx, {"ticket_id": ticket_id, "most": limit}))


def texts_answered(tx: Connection, recipient_key: str, since: datetime, limit: int = 5) -> tuple[str, ...]:
    """Plain texts of the automatic answers that one recipient got since then, newest first."""
    mine = (OUTBOX.c.recipient_key == recipient_key, OUTBOX.c.created_at > since, OUTBOX.c.automatic == "replied", OUTBOX.c.text != "")
    return tuple(tx.execute(select(OUTBOX.c.text).where(*mine).order_by(OUTBOX.c.id.desc()).limit(limit)).scalars())
