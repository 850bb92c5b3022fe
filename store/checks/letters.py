"""What leaves: mails to send, their causes, their recipients. What must not stand in them: `store.checks.inside`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import Text, cast, func, select

from rules import tokens
from rules.facts.sent import RecipientKind
from rules.facts.terms import address_key
from store import tables
from store.checks.asked import Asked

OUTBOX, RECEIVED, TICKET, POST = tables.Outbox, tables.Received, tables.Ticket, tables.Post
HISTORY, MAILBOX, PRESSED, ACCESS = tables.History, tables.Mailbox, tables.Pressed, tables.AccessRequest

STATES = ("due", "sent", "failed", "unknown", "dropped")
OVERTAKEN = timedelta(hours=3)
"""More than twice the longest wait between two attempts."""


def outbox(asked: Asked) -> Iterator[str]:
    """Every mail to send has a state that there is; those that left have their time; no two have one Message-ID."""
    for row in asked.tx.execute(select(OUTBOX.c.id, OUTBOX.c.state).where(OUTBOX.c.state.not_in(STATES))):
        yield f"outbox {row.id} has the state {row.state!r}"
    for row in asked.tx.execute(select(OUTBOX.c.id).where(OUTBOX.c.state == "sent", OUTBOX.c.sent_at.is_(None))):
        yield f"outbox {row.id} was sent at no time"
    doubled = select(OUTBOX.c.message_id, func.count().label("n")).where(OUTBOX.c.message_id != "").group_by(OUTBOX.c.message_id)
    for row in asked.tx.execute(doubled.having(func.count() > 1)):
        yield f"{row.n} mails share the Message-ID {row.message_id}"
    query = select(OUTBOX.c.id, OUTBOX.c.message_id, OUTBOX.c.raw).where(OUTBOX.c.raw.is_not(None), OUTBOX.c.message_id != "")
    for made in asked.tx.execute(query.execution_options(yield_per=100)):
        token = tokens.read(made.message_id)
        if token is None or token.outbox_id != made.id:
            yield f"the Message-ID of outbox {made.id} is another mail's"
        elif made.message_id.encode() not in bytes(made.raw[:20_000]):
            yield f"the bytes of outbox {made.id} have another Message-ID than its row"


def causes(asked: Asked) -> Iterator[str]:
    """Every mail to send has a cause, which is there."""
    for kind, table in (("mail", RECEIVED), ("outbox", OUTBOX)):
        there = select(cast(kind, Text) + ":" + cast(table.c.id, Text))
        missing = select(OUTBOX.c.id, OUTBOX.c.cause).where(OUTBOX.c.cause.startswith(f"{kind}:"), OUTBOX.c.cause.not_in(there))
        for row in asked.tx.execute(missing):
            if row.cause.removeprefix(f"{kind}:").isdigit():
                yield f"outbox {row.id} was made by {row.cause}, which isn't there"
    for row in asked.tx.execute(select(OUTBOX.c.id).where(OUTBOX.c.cause == "", OUTBOX.c.template != "")):
        yield f"outbox {row.id} has no cause"


def overtaken(asked: Asked) -> Iterator[str]:
    """No mail was passed over by the postman for hours while others left that were written after it."""
    later = OUTBOX.alias("later")
    left = select(func.max(later.c.sent_at)).where(later.c.id > OUTBOX.c.id).scalar_subquery()
    for row in asked.tx.execute(select(OUTBOX.c.id, OUTBOX.c.due_at, left.label("left")).where(OUTBOX.c.state == "due")):
        if row.left is not None and row.left > row.due_at + OVERTAKEN:
            yield f"outbox {row.id} was due at {row.due_at:%Y-%m-%d %H:%M} UTC, and later ones have left"


def buttons(asked: Asked) -> Iterator[str]:
    """A button that was pressed is one of that mail's."""
    query = select(PRESSED.c.outbox_id, PRESSED.c.key, OUTBOX.c.buttons, OUTBOX.c.state).join(OUTBOX, OUTBOX.c.id == PRESSED.c.outbox_id)
    for row in asked.tx.execute(query):
        if row.buttons and row.key not in row.buttons:
            yield f"a button {row.key!r} of outbox {row.outbox_id} was pressed, which it never had"


def recipients(asked: Asked) -> Iterator[str]:
    """Mail about a ticket goes to those it concerns: its people, staff, whom somebody named, and whom the config names."""
    ours = {address_key(a) for a in asked.ours}
    known = {row.key for row in asked.tx.execute(select(MAILBOX.c.key))} | ours
    staff = {row.key for row in asked.tx.execute(select(MAILBOX.c.key).where(MAILBOX.c.agent.is_not(None)))}
    concerned: dict[int, str] = defaultdict(str)
    for ticket in asked.tx.execute(select(TICKET.c.id, TICKET.c.requester_key, TICKET.c.watchers, TICKET.c.endcustomer)):
        concerned[ticket.id] += f" {ticket.requester_key} {ticket.watchers} {ticket.endcustomer}"
    for entry in asked.tx.execute(select(HISTORY.c.ticket_id, HISTORY.c.action, HISTORY.c.changed)):
        concerned[entry.ticket_id] += f" {entry.action} {entry.changed}"
    for post in asked.tx.execute(select(POST.c.ticket_id, POST.c.author_address, POST.c.to)):
        concerned[post.ticket_id] += f" {post.author_address} {post.to}"
    for request in asked.tx.execute(select(ACCESS.c.asker, ACCESS.c.person, ACCESS.c.approvers)):
        known |= {address_key(each) for each in (request.asker, request.person, *request.approvers)}
    writers = {address_key(row.from_address) for row in asked.tx.execute(select(RECEIVED.c.from_address).distinct()) if row.from_address}
    query = select(OUTBOX.c.id, OUTBOX.c.template, OUTBOX.c.recipient_key, OUTBOX.c.recipient_kind, OUTBOX.c.ticket_id).where(
        OUTBOX.c.recipient_address != "", OUTBOX.c.state != "dropped"
    )
    for row in asked.tx.execute(query):
        people = concerned[row.ticket_id].lower() if row.ticket_id is not None else ""
        if row.recipient_kind == RecipientKind.agent.value:
            # Whose address it was then is nowhere: agents come and go. That he is the customer is told.
            if (
                row.ticket_id is not None
                and row.recipient_key not in staff | ours
                and row.recipient_key in _customers(asked, row.ticket_id)
            ):
                yield f"outbox {row.id} ({row.template}) is for staff, and goes to the customer {row.recipient_key}"
        elif row.template != "evaluation" and row.recipient_key not in known | writers and row.recipient_key not in people:
            yield f"outbox {row.id} ({row.template}) goes to {row.recipient_key}, whom nothing here concerns"


def _customers(asked: Asked, ticket_id: int) -> set[str]:
    row = asked.tx.execute(select(TICKET.c.requester_key, TICKET.c.watchers).where(TICKET.c.id == ticket_id)).one()
    return {row.requester_key, *(address_key(each) for each in row.watchers)} - {""}
