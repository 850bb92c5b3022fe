"""Facts as JSON for scripts: the keys that the documentation fixes, always all of them, null where nothing is known.

Pure functions; times come out in the desk's zone with its offset. What stands in a terminal is `screen.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rules.facts.access import Request
from rules.facts.mail import Part
from rules.facts.people import Agent, Group, Party, Person
from rules.facts.terms import COLOURS, Address
from rules.facts.things import Contract, Device, Project
from rules.facts.ticket import Post, ServiceOrder, Task, Ticket

Json = dict[str, Any]

CLOCKS = ("take", "answer", "idle", "solve")


def moment(at: datetime | str | None, zone: ZoneInfo) -> str | None:
    """A time as ISO 8601 in the desk's zone, None for none."""
    if not at:
        return None
    return (datetime.fromisoformat(at) if isinstance(at, str) else at).astimezone(zone).isoformat(timespec="seconds")


def mailbox(address: Address) -> Json:
    """A name and an address."""
    return {"name": address.name or None, "address": address.address or None}


def agent(value: Agent, *, has_password: bool, tickets: int) -> Json:
    """An agent; the password itself is nobody's business."""
    return {
        "name": value.name,
        "full_name": value.full_name or None,
        "addresses": list(value.addresses),
        "groups": list(value.groups),
        "role": value.role or None,
        "manager_of": list(value.manager_of),
        "language": value.language or None,
        "signature": value.signature or None,
        "hours": value.hours or None,
        "away_until": value.away_until or None,
        "deputy": value.deputy or None,
        "has_password": has_password,
        "open_tickets": tickets,
    }


def group(value: Group, members: Iterable[str]) -> Json:
    """A group with the agents in it and in the groups below."""
    return {"key": value.key, "title": value.title or None, "parent": value.parent or None, "members": list(members)}


def party(value: Party) -> Json:
    """An organisation."""
    return {
        "key": value.key,
        "name": value.name or None,
        "domains": list(value.domains),
        "kind": value.kind,
        "class": value.class_ or None,
        "quiet": value.quiet,
        "named_only": value.named_only,
        "approvals": value.approvals or None,
        "approvers": list(value.approvers),
    }


def access(value: Request, zone: ZoneInfo) -> Json:
    """A request for access."""
    return {
        "id": value.ref,
        "person": value.person,
        "name": value.name or None,
        "party": value.party or None,
        "role": value.role or None,
        "functions": list(value.functions),
        "categories": list(value.categories),
        "language": value.language or None,
        "asker": value.asker or None,
        "note": value.note or None,
        "approvers": list(value.approvers),
        "needed": value.needed,
        "approved": list(value.approved),
        "denied": list(value.denied),
        "state": value.state,
        "by": value.by or None,
        "created_at": moment(value.created_at, zone),
        "decided_at": moment(value.decided_at, zone),
    }


def person(value: Person, phone: str, zone: ZoneInfo) -> Json:
    """A customer or contact; `limited` is whether `may` is all that he may."""
    return {
        "id": value.id,
        "name": value.name or None,
        "addresses": list(value.addresses),
        "party": value.party or None,
        "phone": phone or None,
        "language": value.language or None,
        "class": value.class_ or None,
        "may": list(value.may),
        "known": value.known,
        "limited": value.limited,
        "categories": list(value.categories),
        "role": value.role or None,
        "confirmed": value.confirmed_at is not None,
        "confirmed_at": moment(value.confirmed_at, zone),
    }


def ticket(
    value: Ticket, zone: ZoneInfo, kind: str | None = None, links: Sequence[tuple[str, str]] = (), partners: Sequence[str] = ()
) -> Json:
    """A ticket as in lists: all but its conversation, history and tasks. `kind` is what its party is to us, where the desk tells them apart.

    `partners` are addresses of the first level, who watch what they handed up.
    """
    return {
        "ref": value.ref,
        "subject": value.subject,
        "status": value.status.value,
        "colour": COLOURS[value.status],
        "light": value.light.value,
        "progress": value.progress,
        "priority": value.priority.value,
        "severity": value.severity or None,
        "type": value.type or None,
        "category": value.category or None,
        "visibility": value.visibility.value,
        "origin": value.origin or None,
        "channel": value.channel or None,
        "group": value.group or None,
        "assignee": value.assignee or None,
        "level": value.level,
        "first_group": value.first_group or None,
        "first_assignee": value.first_assignee or None,
        "level_at": moment(value.level_at, zone),
        "resolved_at": moment(value.resolved_at, zone),
        "customer": kind,
        "requester": mailbox(value.requester),
        "party": value.party or None,
        "partner_ref": value.partner_ref or None,
        "watchers": list(dict.fromkeys((*value.watchers, *partners))),
        "contract": value.contract or None,
        "project": value.project or None,
        "device": value.device or None,
        "fields": dict(value.fields),
        "tags": list(value.tags),
        "language": value.language or None,
        "quiet": value.quiet,
        "waiting_until": moment(value.waiting_until, zone),
        "opened_at": moment(value.opened_at, zone),
        "read_at": moment(value.read_at, zone),
        "taken_at": moment(value.taken_at, zone),
        "answered_at": moment(value.answered_at, zone),
        "closed_at": moment(value.closed_at, zone),
        "archived_at": moment(value.archived_at, zone),
        "due_by": moment(value.due_by, zone),
        "minutes": value.minutes,
        "endcustomer": {key: value.endcustomer.get(key) or None for key in ("name", "address", "phone")},
        "due": {clock: moment(value.due.get(clock), zone) for clock in CLOCKS},
        "rating": {"stars": value.rating_stars or None, "comment": value.rating_comment or None},
        "version": value.version,
        "waiting_room": list(value.waiting_room),
        "merged_into": value.merged_into or None,
        "deleted_at": moment(value.deleted_at, zone),
        "links": [{"ref": ref, "kind": kind} for ref, kind in links],
    }


def whole_ticket(
    value: Ticket,
    zone: ZoneInfo,
    *,
    posts: Sequence[Post],
    history: Sequence[Mapping[str, Any]],
    tasks: Sequence[Task],
    links: Sequence[tuple[str, str]],
    orders: Sequence[ServiceOrder] = (),
    kind: str | None = None,
    partners: Sequence[str] = (),
) -> Json:
    """Everything of one ticket."""
    return ticket(value, zone, kind, links, partners) | {
        "posts": [post(each, zone) for each in posts],
        "history": [entry(each, zone) for each in history],
        "tasks": [task(each, zone) for each in tasks],
        "orders": [order(each, zone) for each in orders],
    }


def post(value: Post, zone: ZoneInfo) -> Json:
    """One entry of the conversation."""
    return {
        "id": value.id,
        "at": moment(value.at, zone),
        "author": mailbox(value.author) | {"agent": value.agent or None},
        "kind": value.kind.value,
        "direction": value.direction,
        "subject": value.subject or None,
        "text": value.text,
        "quoted": value.quoted,
        "attachments": [attachment(part) for part in value.parts],
        "mail": value.mail,
        "to": list(value.to),
        "about": value.about,
    }


def attachment(value: Part) -> Json:
    """A file."""
    return {
        "name": value.name,
        "type": value.type,
        "bytes": value.bytes,
        "sha256": value.sha256,
        "inline": value.inline,
        "path": value.path,
    }


def task(value: Task, zone: ZoneInfo) -> Json:
    """A piece of work."""
    return {
        "ref": value.ref,
        "text": value.text,
        "assignee": value.assignee or None,
        "state": value.state,
        "due_at": moment(value.due_at, zone),
        "by": value.by or None,
        "created_at": moment(value.created_at, zone),
        "done_at": moment(value.done_at, zone),
    }


def order(value: ServiceOrder, zone: ZoneInfo) -> Json:
    """A service order."""
    return {
        "ref": value.ref,
        "technician": value.technician or None,
        "state": value.state,
        "when_at": moment(value.when_at, zone),
        "text": value.text,
        "hours": [dict(each) | {"at": moment(each["at"], zone)} for each in value.hours],
        "parts": [dict(each) for each in value.parts],
        "by": value.by or None,
        "created_at": moment(value.created_at, zone),
    }


def entry(row: Mapping[str, Any], zone: ZoneInfo) -> Json:
    """One action of the history."""
    return {
        "at": moment(row["at"], zone),
        "actor": row["actor"],
        "action": row["action"],
        "cause": row["cause"] or None,
        "changed": {name: [_changed(name, value, zone) for value in pair] for name, pair in row["changed"].items()},
        "mail": row["received_id"],
    }


def _changed(name: str, value: Any, zone: ZoneInfo) -> Any:  # noqa: ANN401 - any JSON value of a field
    if (name.endswith("_at") or name in {"waiting_until", "due_by"}) and isinstance(value, str):
        return moment(value, zone)
    if name == "due" and isinstance(value, dict):
        return {clock: moment(at, zone) for clock, at in value.items()}
    if isinstance(value, dict):
        return {key: None if each == "" else each for key, each in value.items()}
    return None if value == "" else value


def mail(row: Mapping[str, Any], zone: ZoneInfo) -> Json:
    """A received mail, from its row and the reference of its ticket."""
    return {
        "id": row["id"],
        "received_at": moment(row["received_at"], zone),
        "door": row["door"],
        "envelope": {"from": row["mail_from"] or None, "to": list(row["rcpt_to"])},
        "message_id": row["message_id"] or None,
        "from": {"name": row["from_name"] or None, "address": row["from_address"] or None},
        "to": [{"name": a["name"] or None, "address": a["address"]} for a in row["to_list"]],
        "cc": [{"name": a["name"] or None, "address": a["address"]} for a in row["cc_list"]],
        "subject": row["subject"],
        "bytes": row["size"],
        "sha256": row["sha256"],
        "fate": row["fate"],
        "ticket": row["ref"],
        "why": row["why"] or None,
        "trust": row["trust"],
        "trace": list(row["trace"]),
        "settled_at": moment(row["settled_at"], zone),
        "put_away": row["put_away"],
        "hold": row["hold"],
        "login": row["login"] or None,
        "attempts": row["attempts"],
    }


def skipped(row: Mapping[str, Any], zone: ZoneInfo) -> Json:
    """A mail that the IMAP door left alone, in the shape of the others."""
    return dict.fromkeys(("id", "sha256", "ticket", "trust", "bytes", "settled_at", "hold", "login"), None) | {
        "received_at": moment(row["seen_at"], zone),
        "door": f"imap:{row['account']}",
        "envelope": {"from": None, "to": []},
        "message_id": row["message_id"] or None,
        "from": {"name": None, "address": row["from_address"] or None},
        "to": [],
        "cc": [],
        "subject": row["subject"],
        "fate": "skipped",
        "why": row["why"],
        "trace": [],
        "put_away": False,
        "attempts": 0,
        "count": row["count"],
        "folder": row["folder"],
        "uid": row["uid"],
    }


def letter(row: Mapping[str, Any], zone: ZoneInfo) -> Json:
    """A row of the outbox."""
    return {
        "id": row["id"],
        "created_at": moment(row["created_at"], zone),
        "template": row["template"],
        "to": row["recipient_address"],
        "subject": row["subject"],
        "message_id": row["message_id"] or None,
        "ticket": row["ref"],
        "state": row["state"],
        "attempts": row["attempts"],
        "last_answer": row["last_answer"] or None,
        "due_at": moment(row["due_at"], zone),
        "sent_at": moment(row["sent_at"], zone),
        "cause": row["cause"],
        "language": row["language"],
        "kind": row["recipient_kind"],
    }


def contract(value: Contract, day: date) -> Json:
    """An agreement, and whether it is in force on a day."""
    return {
        "key": value.key,
        "party": value.party or None,
        "from": value.starts.isoformat() if value.starts else None,
        "to": value.ends.isoformat() if value.ends else None,
        **{clock: getattr(value, clock) or None for clock in CLOCKS},
        "hours": value.hours or None,
        "oncall": value.oncall or None,
        "in_force": value.in_force(day),
    }


def project(value: Project) -> Json:
    """A project."""
    return {"key": value.key, "party": value.party or None, "title": value.title or None, "active": value.active}


def device(value: Device, flows: Iterable[str]) -> Json:
    """A device, with the keys of what its users may report."""
    return {
        "serial": value.serial,
        "party": value.party or None,
        "model": value.model or None,
        "fleet": value.fleet or None,
        "flows": list(flows),
    }
