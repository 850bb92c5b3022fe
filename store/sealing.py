"""Looks for breaks in the chains of the histories, and closes a chain anew where contents were removed on purpose. See `rules.chain`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from rules import chain
from rules.frozen import dataclass
from store import engine, tables

TICKET, HISTORY = tables.Ticket, tables.History


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """An entry that isn't what was written, or isn't there."""

    ticket: str
    seq: int
    what: str
    """`changed`, `missing`, or `cut` for entries gone from the end."""
    at: datetime | None = None
    actor: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What came of looking at all of it."""

    tickets: int
    entries: int
    breaks: tuple[Break, ...]
    head: str
    """One digest of all chains: noted elsewhere, it tells whether everything up to then is still the same."""


def verify(tx: Connection) -> Audit:
    """Reckon every chain from its beginning. What is broken is named once; what follows it is taken as it stands."""
    tickets = {
        row.id: (row.ref, row.sealed) for row in tx.execute(select(TICKET.c.id, TICKET.c.ref, TICKET.c.sealed).order_by(TICKET.c.id))
    }
    keys = ring(tx)
    last: dict[int, tuple[int, str]] = {}
    breaks: list[Break] = []
    entries = 0
    for row in tx.execute(select(HISTORY).order_by(HISTORY.c.ticket_id, HISTORY.c.seq).execution_options(yield_per=500)).mappings():
        entries += 1
        ref, _ = tickets[row["ticket_id"]]
        seq, before = last.get(row["ticket_id"], (0, ref))
        breaks += [Break(ticket=ref, seq=n, what="missing") for n in range(seq + 1, row["seq"])]
        if row["seq"] == seq + 1 and not chain.holds(before, row, keys):
            breaks.append(Break(ticket=ref, seq=row["seq"], what="changed", at=row["at"], actor=row["actor"], action=row["action"]))
        last[row["ticket_id"]] = (row["seq"], row["digest"])
    for key, (ref, sealed) in tickets.items():
        seq, final = last.get(key, (0, ""))
        if final != sealed and not any(b.ticket == ref and b.seq == seq for b in breaks):
            breaks.append(Break(ticket=ref, seq=seq + 1, what="cut"))
    head = hashlib.sha256("\n".join(f"{ref} {sealed}" for ref, sealed in tickets.values()).encode()).hexdigest()
    return Audit(tickets=len(tickets), entries=entries, breaks=tuple(breaks), head=head)


def ring(tx: Connection) -> chain.Ring:
    """The site's keys of the chain, with which the store was opened; none if it has none."""
    found: chain.Ring = tx.get_execution_options().get(engine.SEAL, {})
    return found


def reseal_all(tx: Connection) -> int:
    """Close every chain anew: when a site gets its first key, and takes what stands there for true. Gives the number of tickets."""
    tickets = list(tx.execute(select(TICKET.c.id)).scalars())
    for ticket_id in tickets:
        reseal(tx, ticket_id)
    return len(tickets)


def reseal(tx: Connection, ticket_id: int) -> None:
    """Close the chain of a ticket anew over its entries as they are now: after contents were removed on purpose, which the last of them says."""
    ref = tx.execute(select(TICKET.c.ref).where(TICKET.c.id == ticket_id)).scalar_one()
    before = ref
    keys = ring(tx)
    for row in _entries(tx, ticket_id):
        digest = chain.digest(before, row, keys)
        if digest != row["digest"]:
            tx.execute(update(HISTORY).where(HISTORY.c.id == row["id"]).values(digest=digest))
        before = digest
    tx.execute(update(TICKET).where(TICKET.c.id == ticket_id).values(sealed="" if before == ref else before))


def _entries(tx: Connection, ticket_id: int) -> Iterator[Mapping[Any, Any]]:
    return iter(tx.execute(select(HISTORY).where(HISTORY.c.ticket_id == ticket_id).order_by(HISTORY.c.seq)).mappings().all())
