"""What left, where that can be seen: files that the relay's Maildir holds, held against the rows that made them."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from rules import tokens
from store import tables
from store.checks.asked import Asked

OUTBOX = tables.Outbox


def delivered(asked: Asked) -> Iterator[str]:
    """A file in the relay's Maildir is one of our mails to the byte, and no two say different things under one Message-ID.

    A file that is gone says nothing, for mails may be moved and deleted there; neither does one of a number that a restored database forgot.
    """
    if asked.delivered is None:
        return
    seen: dict[str, bytes] = {}
    for message_id, octets in asked.delivered():
        if seen.setdefault(message_id, octets) != octets:
            yield f"two different mails left under the Message-ID {message_id}"
        token = tokens.read(message_id)
        if token is None:
            continue
        row = asked.tx.execute(
            select(OUTBOX.c.message_id, OUTBOX.c.raw, OUTBOX.c.state, OUTBOX.c.sent_at).where(OUTBOX.c.id == token.outbox_id)
        ).first()
        if row is None:
            continue
        if row.message_id and row.message_id != message_id:
            yield f"a mail left as outbox {token.outbox_id}, which has another Message-ID"
        elif row.raw is not None and not octets.endswith(bytes(row.raw)):
            yield f"outbox {token.outbox_id} left with other bytes than are kept"
        elif row.state == "dropped" or (row.state == "failed" and row.sent_at is None):  # what came back has failed after it left
            yield f"outbox {token.outbox_id} is {row.state}, and has left"
