"""Rows to facts and back: the only place that knows both. A row is any mapping of column names, as Core gives it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from rules.facts.mail import Envelope, Part
from rules.facts.people import Agent, Group, Party, Person
from rules.facts.sent import COMMAND_LIFE, RecipientKind, Sent
from rules.facts.terms import Address, Light, PostKind, Priority, ReplyMeaning, Status, Visibility, address_key
from rules.facts.things import Contract, Device, Project
from rules.facts.ticket import Post, ServiceOrder, Task, Ticket

Row = Mapping[Any, Any]
"""Column names to values, as Core's row mappings are."""

_SAME = (
    "ref subject severity type category origin channel group assignee level first_group first_assignee level_at resolved_at party partner_ref contract project device language desk_address"
    " quiet veiled opened_at read_at taken_at answered_at waiting_until closed_at archived_at deleted_at due_by minutes merged_into rating_stars rating_comment version"
).split()


def ticket(row: Row) -> Ticket:
    """A ticket from its row."""
    return Ticket(
        id=row["id"],
        status=Status(row["status"]),
        priority=Priority(row["priority"]),
        visibility=Visibility(row["visibility"]),
        light=Light(row["light"]),
        requester=Address(name=row["requester_name"], address=row["requester_address"]),
        watchers=tuple(row["watchers"]),
        waiting_room=tuple(row["waiting_room"]),
        muted=tuple(row["muted"]),
        tags=tuple(row["tags"]),
        fields=MappingProxyType(dict(row["fields"])),
        endcustomer=MappingProxyType(dict(row["endcustomer"])),
        due=MappingProxyType(dict(row["due"])),
        **{name: row[name] for name in _SAME},
    )


def ticket_row(value: Ticket) -> dict[str, Any]:
    """The columns of a ticket, without its id."""
    return {
        "status": value.status.value,
        "priority": value.priority.value,
        "visibility": value.visibility.value,
        "light": value.light.value,
        "requester_name": value.requester.name,
        "requester_address": value.requester.address,
        "requester_key": value.requester.key,
        "watchers": list(value.watchers),
        "waiting_room": list(value.waiting_room),
        "muted": list(value.muted),
        "tags": list(value.tags),
        "fields": dict(value.fields),
        "endcustomer": dict(value.endcustomer),
        "due": dict(value.due),
        **{name: getattr(value, name) for name in _SAME},
    }


def part(value: Mapping[str, Any]) -> Part:
    """An attachment from its JSON."""
    return Part(**value)


def part_json(value: Part) -> dict[str, Any]:
    """An attachment as JSON."""
    return {
        "path": value.path,
        "name": value.name,
        "type": value.type,
        "bytes": value.bytes,
        "sha256": value.sha256,
        "inline": value.inline,
        "content_id": value.content_id,
    }


def post(row: Row) -> Post:
    """A post from its row."""
    return Post(
        id=row["id"],
        at=row["at"],
        author=Address(name=row["author_name"], address=row["author_address"]),
        agent=row["agent"],
        kind=PostKind(row["kind"]),
        direction=row["direction"],
        subject=row["subject"],
        text=row["text"],
        quoted=row["quoted"],
        parts=tuple(part(p) for p in row["parts"]),
        mail=row["received_id"],
        to=tuple(row["to"]),
        about=row["about"],
    )


def envelope(row: Row) -> Envelope:
    """How a received mail came in."""
    return Envelope(
        door=row["door"], sender=row["mail_from"], recipients=tuple(row["rcpt_to"]), peer=row["peer"], helo=row["helo"], login=row["login"]
    )


def sent(row: Row, ref: str) -> Sent:
    """What one of our mails means, from its outbox row and the reference of its ticket as it was then."""
    kind = RecipientKind(row["recipient_kind"])
    card = row["card"] or {}
    return Sent(
        outbox_id=row["id"],
        template=row["template"],
        recipient=row["recipient_address"],
        recipient_kind=kind,
        ticket_ref=card.get("token_ref", ref),
        ticket_id=row["ticket_id"],
        reply_meaning=ReplyMeaning(row["reply"]) if row["reply"] else None,
        created_at=row["created_at"],
        command_until=row["created_at"] + COMMAND_LIFE,
        buttons=MappingProxyType(dict(row["buttons"])),
        words=MappingProxyType(dict(card.get("words", {}))),
        press_until=row["press_until"],
        message_id=row["message_id"],
        text=row["text"],
        newest_post=card.get("newest_post", 0),
        about=row.get("about") or "",
    )


def task(row: Row) -> Task:
    """A task from its row."""
    names = ("ref", "text", "assignee", "state", "due_at", "by", "created_at", "done_at")
    return Task(**{name: row[name] for name in names})


def order(row: Row) -> ServiceOrder:
    """A service order from its row."""
    names = ("ref", "technician", "text", "when_at", "state", "by", "created_at")
    return ServiceOrder(hours=tuple(row["hours"]), parts=tuple(row["parts"]), **{name: row[name] for name in names})


def agent(row: Row) -> Agent:
    """An agent from his row."""
    return Agent(
        name=row["name"],
        addresses=tuple(row["addresses"]),
        full_name=row["full_name"],
        groups=tuple(row["groups"]),
        role=row["role"],
        manager_of=tuple(row["manager_of"]),
        language=row["language"],
        signature=row["signature"],
        hours=row["hours"],
        away_until=row["away_until"],
        deputy=row["deputy"],
    )


def group(row: Row) -> Group:
    """A group from its row."""
    return Group(key=row["key"], title=row["title"], parent=row["parent"])


def party(row: Row) -> Party:
    """An organisation from its row."""
    return Party(
        key=row["key"],
        name=row["name"],
        domains=tuple(row["domains"]),
        kind=row["kind"],
        class_=row["class_"],
        quiet=row["quiet"],
        named_only=row["named_only"],
        approvals=row["approvals"],
        approvers=tuple(row["approvers"]),
    )


def person(row: Row, addresses: tuple[str, ...]) -> Person:
    """A person from the row and all addresses, the first being where mail goes."""
    return Person(
        id=row["id"],
        name=row["name"],
        addresses=addresses,
        party=row["party"],
        language=row["language"],
        class_=row["class_"],
        known=row["known"],
        may=tuple(row["may"]),
        limited=row["limited"],
        categories=tuple(row["categories"]),
        role=row["role"],
        confirmed_at=row["confirmed_at"],
    )


def contract(row: Row) -> Contract:
    """An agreement from its row."""
    return Contract(**{name: row[name] for name in Contract.__dataclass_fields__})


def project(row: Row) -> Project:
    """A project from its row."""
    return Project(key=row["key"], party=row["party"], title=row["title"], active=row["active"])


def device(row: Row) -> Device:
    """A device from its row."""
    return Device(serial=row["serial"], party=row["party"], model=row["model"], fleet=row["fleet"])


def key(address: str) -> str:
    """The compared form of an address, as columns named `…_key` hold it."""
    return address_key(address)
