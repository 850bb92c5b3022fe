"""What taking over an old mailbox asks of the store: whether mails are known, and the dates that their posts had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from store import tables

KNOWN, RECEIVED, POST = tables.KnownId, tables.Received, tables.Post


def known(tx: Connection, message_ids: Sequence[str]) -> bool:
    """Whether the desk has any of these mails already, in a ticket or received."""
    for start in range(0, len(message_ids), 500):
        some = list(message_ids[start : start + 500])
        if tx.execute(select(KNOWN.c.ticket_id).where(KNOWN.c.message_id.in_(some)).limit(1)).first():
            return True
        if tx.execute(select(RECEIVED.c.id).where(RECEIVED.c.message_id.in_(some)).limit(1)).first():
            return True
    return False


def date_posts(tx: Connection, dates: Mapping[int, datetime]) -> None:
    """Give posts the time at which their mails came or went, which is before the desk had them."""
    for post_id, at in dates.items():
        tx.execute(update(POST).where(POST.c.id == post_id).values(at=at))
