"""Removes the contents of a deleted ticket for good: what remains is its number, when it was, and that it was purged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, cast, delete, func, insert, literal, select, update

from store import sealing, search, tables

TICKET, POST, HISTORY, WAKE = tables.Ticket, tables.Post, tables.History, tables.Wake
TASK, ORDER = tables.Task, tables.ServiceOrder
RECEIVED, RAW, OUTBOX = tables.Received, tables.Raw, tables.Outbox

PURGED = "purged"
"""What `why` of a received mail says whose bytes are gone."""


NO_MAIL: Mapping[str, Any] = {
    "mail_from": "", "rcpt_to": [], "from_address": "", "from_name": "", "subject": "", "to_list": [], "cc_list": [], "trace": [],
    "hold": None, "peer": "", "helo": "", "login": "",
}  # fmt: skip
"""What is left of a received mail without contents."""
NO_LETTER: Mapping[str, Any] = {
    "subject": "",
    "recipient_name": "",
    "recipient_address": "",
    "card": {},
    "buttons": {},
    "text": "",
    "raw": None,
}
"""What is left of a sent one, besides its recipient's key."""

ERASED = "erased"
"""What `why` says of a mail whose bytes went because they named somebody who was erased."""


def purge(tx: Connection, ticket_id: int, at: datetime, *, by: str) -> None:
    """Empty everything that a ticket holds; its row must be deleted already. Message-IDs stay, so that a reply still finds the tombstone."""
    blank: dict[str, Any] = {
        "subject": "", "requester_name": "", "requester_address": "", "requester_key": "", "party": "", "partner_ref": "", "watchers": [],
        "waiting_room": [], "muted": [], "contract": "", "project": "", "device": "", "fields": {}, "tags": [], "rating_comment": "",
        "endcustomer": {},
    }  # fmt: skip
    tx.execute(update(TICKET).where(TICKET.c.id == ticket_id).values(**blank, version=TICKET.c.version + 1))
    mails = select(RECEIVED.c.id).where(RECEIVED.c.ticket_id == ticket_id)
    letters = update(OUTBOX).where(OUTBOX.c.ticket_id == ticket_id)
    tx.execute(letters.where(OUTBOX.c.state == "due").values(state="dropped", last_answer=PURGED))
    # One cause writes to one recipient once: the column that says so must differ from row to row.
    nobody = literal(f"{PURGED}:") + cast(OUTBOX.c.id, Text)
    tx.execute(letters.values(**NO_LETTER, recipient_key=nobody))
    tx.execute(
        update(POST)
        .where(POST.c.ticket_id == ticket_id)
        .values(author_name="", author_address="", subject="", text="", quoted="", parts=[], to=[])
    )
    tx.execute(update(TASK).where(TASK.c.ticket_id == ticket_id).values(text=PURGED))
    tx.execute(update(ORDER).where(ORDER.c.ticket_id == ticket_id).values(text=PURGED, hours=[], parts=[]))
    tx.execute(update(HISTORY).where(HISTORY.c.ticket_id == ticket_id).values(changed={}, action=PURGED))
    tx.execute(update(HISTORY).where(HISTORY.c.ticket_id == ticket_id, HISTORY.c.actor.contains("@")).values(actor="customer"))
    search.forget(tx, ticket_id)
    tx.execute(delete(WAKE).where(WAKE.c.ticket_id == ticket_id))
    tx.execute(delete(RAW).where(RAW.c.received_id.in_(mails)))
    tx.execute(update(RECEIVED).where(RECEIVED.c.ticket_id == ticket_id).values(**NO_MAIL, why=PURGED))
    seq = tx.execute(select(func.max(HISTORY.c.seq)).where(HISTORY.c.ticket_id == ticket_id)).scalar() or 0
    tx.execute(
        insert(HISTORY).values(ticket_id=ticket_id, seq=seq + 1, at=at, actor=by, action=PURGED, cause="", received_id=None, changed={})
    )
    sealing.reseal(tx, ticket_id)
