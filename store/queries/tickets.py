"""Reading tickets: lists by filter, posts, history, tasks and links of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, case, func, or_, select

from rules.facts.terms import PostKind, address_key
from rules.facts.ticket import Post, Ticket
from store import facts, search, tables

TICKET, POST, HISTORY, LINK, RECEIVED = tables.Ticket, tables.Post, tables.History, tables.Link, tables.Received
PARTY, PERSON, MAILBOX = tables.Party, tables.Person, tables.Mailbox

INTERNAL = frozenset({PostKind.note.value, PostKind.private.value, PostKind.opinion.value, PostKind.third_party.value, PostKind.auto.value})
"""Kinds of posts that customers never see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What to list; empty means any."""

    mine: str = ""
    groups: tuple[str, ...] = ()
    any_of: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]] | None = None
    """Agents, groups, groups without a handler: held by one of these agents, or of one of the groups, or of one of the last and nobody's yet."""
    status: tuple[str, ...] = ()
    open_only: bool = False
    unheld: bool = False
    """Held by no agent."""
    category: str = ""
    party: str = ""
    light: str = ""
    overdue_at: datetime | None = None
    channel: str = ""
    level: int | None = None
    words: str = ""
    """All of them in the ticket, as `store.search` finds words."""
    readers: tuple[str, ...] = ()
    """Whoever looks, if private words shall count only where they are his: an agent's name, then his groups as `@key`."""
    requester_keys: tuple[str, ...] = ()
    class_: str = ""
    """Of the party or of the requester."""
    partner: str = ""
    """A party that hands its requests to us, or the group that is the first level."""
    kind: str = ""
    """Of the party: `internal`, `external` or `partner`."""
    contract: str = ""
    project: str = ""
    device: str = ""
    type: str = ""
    tag: str = ""
    archived: bool = False
    deleted: bool = False
    sort: str = "id"
    limit: int = 0


def listed(tx: Connection, wanted: Filter) -> list[Ticket]:
    """Tickets that fit, in the order asked for: `id` (oldest first), `-id`, `light` (red first), `priority`, `opened`, `due`."""
    query = select(TICKET).where(and_(*_conditions(tx, wanted))).order_by(*_order(wanted.sort))
    in_database = wanted.overdue_at is None and not wanted.tag and wanted.sort != "due"
    if wanted.limit and in_database:
        query = query.limit(wanted.limit)
    found = [facts.ticket(row) for row in tx.execute(query).mappings()]
    if wanted.overdue_at is not None:
        limit = wanted.overdue_at
        found = [x for x in found if x.is_open and any(datetime.fromisoformat(due) <= limit for due in x.due.values() if due)]
    if wanted.tag:
        found = [x for x in found if wanted.tag.casefold() in {tag.casefold() for tag in x.tags}]
    if wanted.sort == "due":
        found.sort(key=_next_due)
    return found[: wanted.limit] if wanted.limit else found


def _conditions(tx: Connection, wanted: Filter) -> list[Any]:
    conditions: list[Any] = [TICKET.c.merged_into == ""]
    if not wanted.deleted:
        conditions.append(TICKET.c.deleted_at.is_(None))
    conditions.append(TICKET.c.archived_at.is_not(None) if wanted.archived else TICKET.c.archived_at.is_(None))
    exact = (
        (TICKET.c.assignee, wanted.mine),
        (TICKET.c.party, wanted.party),
        (TICKET.c.light, wanted.light),
        (TICKET.c.channel, wanted.channel),
        (TICKET.c.contract, wanted.contract),
        (TICKET.c.project, wanted.project),
        (TICKET.c.device, wanted.device),
        (TICKET.c.type, wanted.type),
    )
    conditions += [column == value for column, value in exact if value]
    several = ((TICKET.c.group, wanted.groups), (TICKET.c.status, wanted.status), (TICKET.c.requester_key, wanted.requester_keys))
    conditions += [column.in_(values) for column, values in several if values]
    if wanted.any_of is not None:
        agents, groups, waiting = wanted.any_of
        nobodys = and_(TICKET.c.group.in_(waiting), TICKET.c.assignee == "")
        conditions.append(or_(TICKET.c.assignee.in_(agents), TICKET.c.group.in_(groups), nobodys))
    if wanted.unheld:
        conditions.append(TICKET.c.assignee == "")
    if wanted.open_only:
        conditions.append(TICKET.c.status != "closed")
    if wanted.category:
        conditions.append(or_(TICKET.c.category == wanted.category, TICKET.c.category.startswith(wanted.category + "/", autoescape=True)))
    if wanted.level is not None:
        conditions.append(TICKET.c.level == wanted.level)
    return [*conditions, *_of_people(wanted), *search.in_tickets(tx, wanted.words, wanted.readers)]


def _of_people(wanted: Filter) -> list[Any]:
    """What is asked of the party, or of the person, that a ticket belongs to."""
    conditions: list[Any] = []
    if wanted.class_:
        of_party = select(PARTY.c.key).where(PARTY.c.class_ == wanted.class_)
        of_person = select(MAILBOX.c.key).join(PERSON, PERSON.c.id == MAILBOX.c.person_id).where(PERSON.c.class_ == wanted.class_)
        conditions.append(or_(TICKET.c.party.in_(of_party), TICKET.c.requester_key.in_(of_person)))
    if wanted.partner:
        handed = and_(TICKET.c.origin == "partner", TICKET.c.party == wanted.partner)
        conditions.append(or_(handed, TICKET.c.first_group == wanted.partner, TICKET.c.first_assignee == wanted.partner))
    if wanted.kind:
        of_kind = TICKET.c.party.in_(select(PARTY.c.key).where(PARTY.c.kind == wanted.kind))
        conditions.append(or_(of_kind, TICKET.c.party == "") if wanted.kind == "external" else of_kind)
    return conditions


def _next_due(ticket: Ticket) -> tuple[bool, datetime | None, int]:
    due = min((datetime.fromisoformat(at) for at in ticket.due.values() if at), default=None)
    return (due is None, due, ticket.id)


def posts(tx: Connection, ticket_id: int, *, public_only: bool = False) -> list[Post]:
    """The conversation, oldest first, without what was undone."""
    query = select(POST).where(POST.c.ticket_id == ticket_id, POST.c.undone_at.is_(None)).order_by(POST.c.id)
    if public_only:
        query = query.where(POST.c.kind.not_in(INTERNAL))
    return [facts.post(row) for row in tx.execute(query).mappings()]


def history(tx: Connection, ticket_id: int) -> list[Mapping[str, Any]]:
    """Who did what, oldest first: `{at actor action cause changed received_id}`."""
    return [dict(row) for row in tx.execute(select(HISTORY).where(HISTORY.c.ticket_id == ticket_id).order_by(HISTORY.c.seq)).mappings()]


def one(tx: Connection, ref: str) -> Ticket | None:
    """The ticket of exactly this reference, not the one it was merged into."""
    row = tx.execute(select(TICKET).where(TICKET.c.ref == ref.strip().upper())).mappings().first()
    return facts.ticket(row) if row is not None else None


def links(tx: Connection, ticket_id: int) -> list[tuple[str, str]]:
    """(reference, kind) of every ticket it is linked with, from either side."""
    out = tx.execute(
        select(TICKET.c.ref, LINK.c.kind).join(LINK, LINK.c.other_id == TICKET.c.id).where(LINK.c.ticket_id == ticket_id)
    ).all()
    back = tx.execute(
        select(TICKET.c.ref, LINK.c.kind).join(LINK, LINK.c.ticket_id == TICKET.c.id).where(LINK.c.other_id == ticket_id)
    ).all()
    return [(row.ref, row.kind) for row in (*out, *back)]


def all_refs(tx: Connection) -> Sequence[str]:
    """Every reference, for near matches."""
    return tx.execute(select(TICKET.c.ref)).scalars().all()


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


def _order(sort: str) -> tuple[Any, ...]:
    light = case((TICKET.c.light == "red", 0), (TICKET.c.light == "yellow", 1), else_=2)
    priority = case((TICKET.c.priority == "high", 0), (TICKET.c.priority == "normal", 1), else_=2)
    match sort:
        case "-id" | "newest":
            return (TICKET.c.id.desc(),)
        case "light":
            return (light, priority, TICKET.c.id)
        case "priority":
            return (priority, light, TICKET.c.id)
        case "opened":
            return (TICKET.c.opened_at, TICKET.c.id)
        case _:
            return (TICKET.c.id,)
