"""Reading tickets: what `store.lists.tickets` reads for the terminal, and whose tickets there are."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from rules.facts.terms import address_key
from rules.facts.ticket import Ticket
from store import facts, tables
from store.lists.clocks import as_of
from store.lists.tickets import INTERNAL, Filter, all_refs, find, history, links, links_of, listed, of_party, one, posts, records

__all__ = [
    "INTERNAL",
    "Filter",
    "all_ids",
    "all_refs",
    "as_of",
    "find",
    "history",
    "links",
    "links_of",
    "listed",
    "of_partner",
    "of_party",
    "of_person",
    "one",
    "posts",
    "records",
]

TICKET, POST, HISTORY, LINK, RECEIVED = tables.Ticket, tables.Post, tables.History, tables.Link, tables.Received
PARTY, PERSON, MAILBOX = tables.Party, tables.Person, tables.Mailbox


def all_ids(tx: Connection) -> list[tuple[str, int]]:
    """Reference and row id of every ticket, oldest first."""
    return [(row.ref, row.id) for row in tx.execute(select(TICKET.c.ref, TICKET.c.id).order_by(TICKET.c.id))]


def of_person(tx: Connection, addresses: Sequence[str], *, limit: int = 50) -> list[Ticket]:
    """A customer's tickets, open ones first, then the latest."""
    keys = tuple(address_key(a) for a in addresses)
    query = (
        select(TICKET)
        .where(TICKET.c.requester_key.in_(keys), TICKET.c.deleted_at.is_(None), TICKET.c.merged_into == "", TICKET.c.visibility == "public")
        .order_by(TICKET.c.status == "closed", TICKET.c.id.desc())
        .limit(limit)
    )
    return [facts.ticket(row) for row in tx.execute(query).mappings()]


def of_partner(tx: Connection, party: str, numbers: Sequence[str]) -> Ticket | None:
    """The newest ticket of an organisation to which it gave one of these numbers, in lower case; None if there is none."""
    own = func.lower(TICKET.c.partner_ref).in_(list(numbers))
    here = (TICKET.c.party == party, TICKET.c.partner_ref != "", own, TICKET.c.deleted_at.is_(None), TICKET.c.merged_into == "")
    row = tx.execute(select(TICKET).where(*here).order_by(TICKET.c.id.desc()).limit(1)).mappings().first()
    return facts.ticket(row) if row is not None else None
