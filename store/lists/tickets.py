"""Tickets as lists and pages show them: by filter, one with its posts, history, records and links. Next: `store.queries.tickets` for the rest."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from rules.facts.terms import PostKind
from rules.facts.ticket import Post, Records, Ticket
from rules.frozen import dataclass
from store import facts, plain
from store.lists import words

if TYPE_CHECKING:
    from store.plain import Reading, Row

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
    """All of them in the ticket, as `store.lists.words` finds them."""
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


_LIGHT = "CASE light WHEN 'red' THEN 0 WHEN 'yellow' THEN 1 ELSE 2 END"
_PRIORITY = "CASE priority WHEN 'high' THEN 0 WHEN 'normal' THEN 1 ELSE 2 END"
_ORDERS = MappingProxyType(
    {
        "-id": "id DESC",
        "newest": "id DESC",
        "light": f"{_LIGHT}, {_PRIORITY}, id",
        "priority": f"{_PRIORITY}, {_LIGHT}, id",
        "opened": "opened_at, id",
    }
)


def listed(tx: Reading, wanted: Filter) -> list[Ticket]:
    """Tickets that fit, in the order asked for: `id` (oldest first), `-id`, `light` (red first), `priority`, `opened`, `due`."""
    values: dict[str, Any] = {}
    where, order = " AND ".join(_conditions(tx, wanted, values)), _ORDERS.get(wanted.sort, "id")
    said = f"SELECT * FROM ticket WHERE {where} ORDER BY {order}"  # noqa: S608 - words of ours
    if wanted.limit and wanted.overdue_at is None and not wanted.tag and wanted.sort != "due":
        values["most"] = wanted.limit
        said += " LIMIT :most"
    found = [facts.ticket(row) for row in plain.rows(tx, "ticket", said, values)]
    if wanted.overdue_at is not None:
        limit = wanted.overdue_at
        found = [x for x in found if x.is_open and any(datetime.fromisoformat(due) <= limit for due in x.due.values() if due)]
    if wanted.tag:
        found = [x for x in found if wanted.tag.casefold() in {tag.casefold() for tag in x.tags}]
    if wanted.sort == "due":
        found.sort(key=_next_due)
    return found[: wanted.limit] if wanted.limit else found


def used(tx: Reading, name: str) -> frozenset[str]:
    """All values that tickets have of `category`, `type`, `channel`, `party`, `contract`, `project` or `device`."""
    if name not in {"category", "type", "channel", "party", "contract", "project", "device"}:
        raise ValueError(name)
    return frozenset(row[name] for row in plain.rows(tx, "ticket", f"SELECT DISTINCT {name} FROM ticket WHERE {name} <> ''"))  # noqa: S608 - words of ours


def behind(tx: Reading, at: datetime) -> frozenset[int]:
    """Row ids of tickets to which time alone did something by then that is not written down yet."""
    found = plain.rows(tx, "ticket", "SELECT id FROM ticket WHERE check_at <= :at", {"at": at})
    return frozenset(row["id"] for row in found)


def _conditions(tx: Reading, wanted: Filter, values: dict[str, Any]) -> list[str]:
    """What must hold of a row, its values put to the others."""
    said = ["merged_into = ''"]
    if not wanted.deleted:
        said.append("deleted_at IS NULL")
    said.append(f"archived_at IS {'NOT ' if wanted.archived else ''}NULL")
    for name in ("party", "light", "channel", "contract", "project", "device", "type"):
        if value := getattr(wanted, name):
            values[name] = value
            said.append(f"{name} = :{name}")
    if wanted.mine:
        values["mine"] = wanted.mine
        said.append("assignee = :mine")
    several = (('"group"', wanted.groups), ("status", wanted.status), ("requester_key", wanted.requester_keys))
    said += [plain.any_of(column, among, values) for column, among in several if among]
    if wanted.any_of is not None:
        agents, groups, waiting = wanted.any_of
        held, theirs, nobodys = (
            plain.any_of(column, among, values) for column, among in (("assignee", agents), ('"group"', groups), ('"group"', waiting))
        )
        said.append(f"({held} OR {theirs} OR ({nobodys} AND assignee = ''))")
    if wanted.unheld:
        said.append("assignee = ''")
    if wanted.open_only:
        said.append("status <> 'closed'")
    if wanted.category:
        values |= {"category": wanted.category, "category_length": len(wanted.category) + 1, "category_above": f"{wanted.category}/"}
        said.append("(category = :category OR substr(category, 1, :category_length) = :category_above)")
    if wanted.level is not None:
        values["level"] = wanted.level
        said.append("level = :level")
    return [*said, *_of_people(wanted, values), *_with_words(tx, wanted, values)]


def _of_people(wanted: Filter, values: dict[str, Any]) -> list[str]:
    """What is asked of the party, or of the person, that a ticket belongs to."""
    said: list[str] = []
    if wanted.class_:
        values["class_"] = wanted.class_
        persons = "SELECT mailbox.key FROM mailbox JOIN person ON person.id = mailbox.person_id WHERE person.class_ = :class_"
        said.append(f"(party IN (SELECT party.key FROM party WHERE party.class_ = :class_) OR requester_key IN ({persons}))")  # noqa: S608 - words of ours
    if wanted.partner:
        values["partner"] = wanted.partner
        said.append("((origin = 'partner' AND party = :partner) OR first_group = :partner OR first_assignee = :partner)")
    if wanted.kind:
        values["kind"] = wanted.kind
        of_kind = "party IN (SELECT party.key FROM party WHERE party.kind = :kind)"
        said.append(f"({of_kind} OR party = '')" if wanted.kind == "external" else of_kind)
    return said


def _with_words(tx: Reading, wanted: Filter, values: dict[str, Any]) -> list[str]:
    if not wanted.words.strip():
        return []
    return [plain.among(tx, "id", ids, values) for ids in words.tickets_with(tx, wanted.words, wanted.readers)]


def _next_due(ticket: Ticket) -> tuple[bool, datetime | None, int]:
    due = min((datetime.fromisoformat(at) for at in ticket.due.values() if at), default=None)
    return (due is None, due, ticket.id)


def find(tx: Reading, ref: str) -> Ticket | None:
    """The ticket of a reference, in any case; an old reference leads to where its ticket went. None if there is none."""
    values = {"ref": ref.strip().upper()}
    found = plain.rows(tx, "ticket", "SELECT * FROM ticket WHERE ref = :ref", values) or plain.rows(
        tx, "ticket", "SELECT ticket.* FROM ticket JOIN old_ref ON old_ref.ticket_id = ticket.id WHERE old_ref.ref = :ref", values
    )
    if not found:
        return None
    ticket = facts.ticket(found[0])
    return find(tx, ticket.merged_into) if ticket.merged_into and ticket.merged_into != ticket.ref else ticket


def one(tx: Reading, ref: str) -> Ticket | None:
    """The ticket of exactly this reference, not the one it was merged into."""
    found = plain.rows(tx, "ticket", "SELECT * FROM ticket WHERE ref = :ref", {"ref": ref.strip().upper()})
    return facts.ticket(found[0]) if found else None


def all_refs(tx: Reading) -> Sequence[str]:
    """Every reference, the oldest first, for near matches."""
    return [row["ref"] for row in plain.rows(tx, "ticket", "SELECT ref FROM ticket ORDER BY id")]


def of_party(tx: Reading, party: str, *, public_only: bool = False) -> list[Ticket]:
    """Every ticket of an organisation, archived ones too, the newest first."""
    here = "party = :party AND deleted_at IS NULL AND merged_into = ''" + (" AND visibility = 'public'" if public_only else "")
    return [facts.ticket(row) for row in plain.rows(tx, "ticket", f"SELECT * FROM ticket WHERE {here} ORDER BY id DESC", {"party": party})]  # noqa: S608 - words of ours


def posts(tx: Reading, ticket_id: int, *, public_only: bool = False) -> list[Post]:
    """The conversation, oldest first, without what was undone."""
    found = plain.rows(tx, "post", "SELECT * FROM post WHERE ticket_id = :id AND undone_at IS NULL ORDER BY id", {"id": ticket_id})
    return [facts.post(row) for row in found if not public_only or row["kind"] not in INTERNAL]


def history(tx: Reading, ticket_id: int) -> list[Row]:
    """Who did what, oldest first: `{at actor action cause changed received_id}`."""
    return plain.rows(tx, "history", "SELECT * FROM history WHERE ticket_id = :id ORDER BY seq", {"id": ticket_id})


def links(tx: Reading, ticket_id: int) -> list[tuple[str, str]]:
    """(reference, kind) of every ticket it is linked with, from either side."""
    out = "SELECT ticket.ref, link.kind FROM ticket JOIN link ON link.other_id = ticket.id WHERE link.ticket_id = :id"
    back = "SELECT ticket.ref, link.kind FROM ticket JOIN link ON link.ticket_id = ticket.id WHERE link.other_id = :id"
    return [(row["ref"], row["kind"]) for said in (out, back) for row in plain.rows(tx, "link", said, {"id": ticket_id})]


def links_of(tx: Reading, ticket_ids: Collection[int]) -> dict[int, list[tuple[str, str]]]:
    """What `links` says of each of many tickets; those that are linked with none have no key."""
    values: dict[str, Any] = {}
    ours = plain.among(tx, "link.ticket_id", ticket_ids, values)
    theirs = plain.among(tx, "link.other_id", ticket_ids, values)
    out = f"SELECT link.ticket_id AS owner, ticket.ref, link.kind FROM ticket JOIN link ON link.other_id = ticket.id WHERE {ours}"  # noqa: S608 - conditions of ours
    back = f"SELECT link.other_id AS owner, ticket.ref, link.kind FROM ticket JOIN link ON link.ticket_id = ticket.id WHERE {theirs}"  # noqa: S608
    found: dict[int, list[tuple[str, str]]] = {}
    for said, name in ((out, "v0"), (back, "v1")):
        for row in plain.rows(tx, "link", said, {name: values[name]}):
            found.setdefault(row["owner"], []).append((row["ref"], row["kind"]))
    return found


def records(tx: Reading, ticket_id: int) -> Records:
    """The tasks and orders of a ticket, in the order of their making."""
    values = {"id": ticket_id}
    tasks = plain.rows(tx, "task", "SELECT * FROM task WHERE ticket_id = :id ORDER BY id", values)
    orders = plain.rows(tx, "service_order", "SELECT * FROM service_order WHERE ticket_id = :id ORDER BY id", values)
    return Records(
        tasks=MappingProxyType({row["ref"]: facts.task(row) for row in tasks}),
        orders=MappingProxyType({row["ref"]: facts.order(row) for row in orders}),
    )
