"""Tickets, their posts, their histories and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from sqlalchemy import func, select

from rules.facts.terms import PostKind
from rules.facts.ticket import DERIVED, UNCOUNTED, Ticket, plain
from store import facts, sealing, tables
from store.checks.asked import Asked
from store.purging import PURGED

TICKET, POST, HISTORY, RECEIVED = tables.Ticket, tables.Post, tables.History, tables.Received
OLD, TASK, ORDER, COUNTER = tables.OldRef, tables.Task, tables.ServiceOrder, tables.Counter

MERGING = frozenset({"status", "closed_at", "merged_into"})
"""Fields that merging sets past the history of the ticket that is gone."""


def history(asked: Asked) -> Iterator[str]:
    """The history of a ticket is numbered without gaps, and replaying it from an empty ticket gives what the ticket says."""
    said: dict[int, dict[str, Any]] = {}
    seen: dict[int, int] = {}
    purged: set[int] = set()
    query = select(HISTORY.c.ticket_id, HISTORY.c.seq, HISTORY.c.action, HISTORY.c.changed).order_by(HISTORY.c.ticket_id, HISTORY.c.seq)
    for row in asked.tx.execute(query.execution_options(yield_per=500)):
        if row.seq != seen.get(row.ticket_id, 0) + 1:
            yield f"the history of ticket {row.ticket_id} jumps from {seen.get(row.ticket_id, 0)} to {row.seq}"
        seen[row.ticket_id] = row.seq
        said.setdefault(row.ticket_id, {}).update({name: pair[1] for name, pair in row.changed.items()})
        if row.action == PURGED:
            purged.add(row.ticket_id)
    blank = Ticket()
    counted = [f.name for f in fields(Ticket) if f.name not in DERIVED | UNCOUNTED]
    columns: Any
    for columns in asked.tx.execute(select(TICKET), execution_options={"yield_per": 200}).mappings():
        ticket = facts.ticket(columns)
        if ticket.id not in seen:
            yield f"{ticket.ref} has no history"
        for name in counted if ticket.id not in purged else ():
            if ticket.merged_into and name in MERGING:
                continue
            expected = said.get(ticket.id, {}).get(name, plain(getattr(blank, name)))
            if plain(getattr(ticket, name)) != expected:
                yield f"{ticket.ref} says {name} = {plain(getattr(ticket, name))!r}, its history {expected!r}"


def chain(asked: Asked) -> Iterator[str]:
    """No entry of a history was changed or taken away past the desk; `audit verify` tells more."""
    for each in sealing.verify(asked.tx).breaks:
        yield f"entry {each.seq} of the history of {each.ticket} is {each.what}"


def posts(asked: Asked) -> Iterator[str]:
    """Every post has a kind that there is, an author, and if it came by mail, that mail; every ticket that lives has a post."""
    query = select(POST.c.id).where(POST.c.received_id.is_not(None), POST.c.received_id.not_in(select(RECEIVED.c.id)))
    for row in asked.tx.execute(query):
        yield f"post {row.id} came by a mail that isn't there"
    for row in asked.tx.execute(select(POST.c.id, POST.c.kind).where(POST.c.kind.not_in([kind.value for kind in PostKind]))):
        yield f"post {row.id} is {row.kind!r}, which no post can be"
    for row in asked.tx.execute(select(POST.c.id).where(POST.c.direction.not_in(("in", "out")))):
        yield f"post {row.id} came neither in nor out"
    mute = select(TICKET.c.ref).where(
        TICKET.c.merged_into == "", TICKET.c.origin == "customer", TICKET.c.channel == "mail", TICKET.c.id.not_in(select(POST.c.ticket_id))
    )
    for row in asked.tx.execute(mute):
        yield f"{row.ref} was opened by mail and has no post"


def numbers(asked: Asked) -> Iterator[str]:
    """A number means one ticket, and the next one is free."""
    for row in asked.tx.execute(
        select(OLD.c.ref).join(TICKET, TICKET.c.ref == OLD.c.ref).where(TICKET.c.merged_into == "", TICKET.c.id != OLD.c.ticket_id)
    ):
        yield f"{row.ref} is a ticket and leads to another one, too"
    for row in asked.tx.execute(
        select(TICKET.c.ref, TICKET.c.merged_into).where(TICKET.c.merged_into != "", TICKET.c.merged_into.not_in(select(TICKET.c.ref)))
    ):
        yield f"{row.ref} was merged into {row.merged_into}, which isn't there"
    counted = asked.tx.execute(select(COUNTER.c.value).where(COUNTER.c.name == "ticket")).scalar()
    tickets = asked.tx.execute(select(func.count()).select_from(TICKET)).scalar() or 0
    if tickets > (counted or 0):
        yield f"{tickets} tickets are there, and {counted or 0} numbers were given out"


def work(asked: Asked) -> Iterator[str]:
    """Tasks and orders are open or done, and done at some time."""
    for row in asked.tx.execute(select(TASK.c.ref, TASK.c.state, TASK.c.done_at)):
        if (row.state == "done") is (row.done_at is None):
            yield f"task {row.ref} is {row.state} and was done {row.done_at or 'at no time'}"
