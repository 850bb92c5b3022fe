"""Reading tickets: what `store.lists.tickets` reads for the terminal, and whose tickets there are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from rules import deadlines
from rules.facts.policy import Policy
from rules.facts.terms import address_key
from rules.facts.ticket import Ticket
from store import facts, tables, things, timers
from store.lists.tickets import INTERNAL, Filter, all_refs, find, history, links, links_of, listed, one, posts, records

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


def as_of(tx: Connection, ticket: Ticket, policy: Policy, at: datetime) -> Ticket:
    """The ticket with due times and light of that moment, if nothing happens until then. Nothing is written."""
    return deadlines.settled(ticket, timers.moments(tx, ticket.id), policy, at, things.contract(tx, ticket.contract))


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


def of_party(tx: Connection, party: str, *, public_only: bool = False) -> list[Ticket]:
    """Every ticket of an organisation, archived ones too, the newest first."""
    here = [TICKET.c.party == party, TICKET.c.deleted_at.is_(None), TICKET.c.merged_into == ""]
    if public_only:
        here.append(TICKET.c.visibility == "public")
    return [facts.ticket(row) for row in tx.execute(select(TICKET).where(*here).order_by(TICKET.c.id.desc())).mappings()]


def of_partner(tx: Connection, party: str, numbers: Sequence[str]) -> Ticket | None:
    """The newest ticket of an organisation to which it gave one of these numbers, in lower case; None if there is none."""
    own = func.lower(TICKET.c.partner_ref).in_(list(numbers))
    here = (TICKET.c.party == party, TICKET.c.partner_ref != "", own, TICKET.c.deleted_at.is_(None), TICKET.c.merged_into == "")
    row = tx.execute(select(TICKET).where(*here).order_by(TICKET.c.id.desc()).limit(1)).mappings().first()
    return facts.ticket(row) if row is not None else None
