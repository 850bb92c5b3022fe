"""What must be true of a desk's data, asked of all of it: `mailgate db check`. Reads only; what is found, people mend."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, func, select

from rules.facts.ticket import DERIVED, UNCOUNTED, Ticket, plain
from store import facts, tables
from store.purging import ERASED, PURGED

RECEIVED, RAW, MAILBOX, AGENT = tables.Received, tables.Raw, tables.Mailbox, tables.Agent
TICKET, POST, HISTORY, OUTBOX, COUNTER = tables.Ticket, tables.Post, tables.History, tables.Outbox, tables.Counter


MERGING = frozenset({"status", "closed_at", "merged_into"})
"""Fields that merging sets past the history of the ticket that is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """Something that must not be."""

    check: str
    """Name of the invariant."""
    what: str
    """Which row, and what is wrong with it."""


def check(tx: Connection) -> list[Flaw]:
    """Every invariant over every row; empty if all hold."""
    return [Flaw(check=name, what=what) for name, ask in CHECKS.items() for what in ask(tx)]


def _file(tx: Connection) -> Iterator[str]:
    """The database's own opinion."""
    if tx.dialect.name != "sqlite":
        return
    for row in tx.exec_driver_sql("PRAGMA integrity_check"):
        if row[0] != "ok":
            yield str(row[0])
    for row in tx.exec_driver_sql("PRAGMA foreign_key_check"):
        yield f"a row of {row[0]} points to a row of {row[2]} that isn't there"


def _fates(tx: Connection) -> Iterator[str]:
    """Every received mail has its bytes, unchanged, and a fate if it was settled."""
    columns = select(RECEIVED.c.id, RECEIVED.c.sha256, RECEIVED.c.size, RAW.c.data)
    query = columns.join(RAW, RAW.c.received_id == RECEIVED.c.id, isouter=True).where(RECEIVED.c.why.not_in((PURGED, ERASED)))
    for row in tx.execute(query.execution_options(yield_per=50)):
        if row.data is None:
            yield f"mail {row.id} has lost its bytes"
        elif len(row.data) != row.size or hashlib.sha256(bytes(row.data)).hexdigest() != row.sha256:
            yield f"the bytes of mail {row.id} are not those that were received"
    for row in tx.execute(select(RECEIVED.c.id).where(RECEIVED.c.fate.is_(None), RECEIVED.c.settled_at.is_not(None))):
        yield f"mail {row.id} was settled without a fate"


def _histories(tx: Connection) -> Iterator[str]:
    """The history of a ticket is numbered without gaps, and replaying it from an empty ticket gives what the ticket says."""
    said: dict[int, dict[str, Any]] = {}
    seen: dict[int, int] = {}
    purged: set[int] = set()
    query = select(HISTORY.c.ticket_id, HISTORY.c.seq, HISTORY.c.action, HISTORY.c.changed).order_by(HISTORY.c.ticket_id, HISTORY.c.seq)
    for row in tx.execute(query.execution_options(yield_per=500)):
        if row.seq != seen.get(row.ticket_id, 0) + 1:
            yield f"the history of ticket {row.ticket_id} jumps from {seen.get(row.ticket_id, 0)} to {row.seq}"
        seen[row.ticket_id] = row.seq
        said.setdefault(row.ticket_id, {}).update({name: pair[1] for name, pair in row.changed.items()})
        if row.action == PURGED:
            purged.add(row.ticket_id)
    blank = Ticket()
    counted = [f.name for f in fields(Ticket) if f.name not in DERIVED | UNCOUNTED]
    columns: Any
    for columns in tx.execute(select(TICKET), execution_options={"yield_per": 200}).mappings():
        ticket = facts.ticket(columns)
        if ticket.id not in seen:
            yield f"{ticket.ref} has no history"
        for name in counted if ticket.id not in purged else ():
            if ticket.merged_into and name in MERGING:
                continue
            expected = said.get(ticket.id, {}).get(name, plain(getattr(blank, name)))
            if plain(getattr(ticket, name)) != expected:
                yield f"{ticket.ref} says {name} = {plain(getattr(ticket, name))!r}, its history {expected!r}"


def _posts(tx: Connection) -> Iterator[str]:
    """Posts that came by mail name a mail that is there, with the files that they list."""
    query = select(POST.c.id).where(POST.c.received_id.is_not(None), POST.c.received_id.not_in(select(RECEIVED.c.id)))
    for row in tx.execute(query):
        yield f"post {row.id} came by a mail that isn't there"
    for row in tx.execute(select(POST.c.id, POST.c.parts).where(POST.c.received_id.is_(None))):
        if row.parts:
            yield f"post {row.id} lists files, but no mail that holds them"


def _letters(tx: Connection) -> Iterator[str]:
    """Every mail to send has a state that we know; those that left have their bytes and the time."""
    for row in tx.execute(
        select(OUTBOX.c.id, OUTBOX.c.state).where(OUTBOX.c.state.not_in(("due", "sent", "failed", "unknown", "dropped")))
    ):
        yield f"outbox {row.id} has the state {row.state!r}"
    for row in tx.execute(select(OUTBOX.c.id).where(OUTBOX.c.state == "sent", OUTBOX.c.sent_at.is_(None))):
        yield f"outbox {row.id} was sent at no time"
    for row in tx.execute(
        select(OUTBOX.c.message_id, func.count().label("n"))
        .where(OUTBOX.c.message_id != "")
        .group_by(OUTBOX.c.message_id)
        .having(func.count() > 1)
    ):
        yield f"{row.n} mails share the Message-ID {row.message_id}"


def _people(tx: Connection) -> Iterator[str]:
    """An agent's addresses are exactly those that lead to him."""
    listed: dict[str, set[str]] = {}
    for row in tx.execute(select(MAILBOX.c.agent, MAILBOX.c.key).where(MAILBOX.c.agent.is_not(None))):
        listed.setdefault(row.agent, set()).add(row.key)
    for row in tx.execute(select(AGENT.c.name, AGENT.c.addresses)):
        if {facts.key(a) for a in row.addresses} != listed.get(row.name, set()):
            yield f"the addresses of {row.name} are not those that lead to him"


CHECKS: dict[str, Callable[[Connection], Iterator[str]]] = {
    "file": _file,
    "mail": _fates,
    "history": _histories,
    "posts": _posts,
    "outbox": _letters,
    "people": _people,
}
"""Name of each invariant -> the question."""
