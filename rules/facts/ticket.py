"""The frozen state of one ticket, its posts and tasks, and what changed between two states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Any

from rules.facts.mail import Part
from rules.facts.terms import Address, Light, PostKind, Priority, Status, Visibility, address_key
from rules.frozen import dataclass, replace

_PROGRESS: Mapping[Status, int] = MappingProxyType({status: step for step, status in enumerate(Status)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One request. A value: acting on it gives another one; only the ledger writes it down."""

    id: int = 0
    """Row id, 0 before it is stored."""
    ref: str = ""
    subject: str = ""
    """Base subject, without `Re:` and tags; stays the same through the ticket's life."""
    status: Status = Status.new
    priority: Priority = Priority.normal
    severity: str = ""
    type: str = ""
    category: str = ""
    visibility: Visibility = Visibility.public
    origin: str = "customer"
    channel: str = "mail"
    group: str = ""
    assignee: str = ""
    level: int = 1
    """1, the first line, or 2: headquarters, where `[options] second_level` has two desks."""
    first_group: str = ""
    first_assignee: str = ""
    """Who had it at the first level when it went to the second; empty if the partner is the requester himself."""
    level_at: datetime | None = None
    """When it went to the second level: its clocks start there."""
    resolved_at: datetime | None = None
    """When the second level was done with it; what is left is the first level's word to the end customer."""
    requester: Address = Address()
    party: str = ""
    partner_ref: str = ""
    watchers: tuple[str, ...] = ()
    waiting_room: tuple[str, ...] = ()
    """Addresses that were in To or Cc of a participant's mail; they hear nothing until an agent includes them."""
    contract: str = ""
    project: str = ""
    device: str = ""
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    tags: tuple[str, ...] = ()
    language: str = ""
    desk_address: str = ""
    """The address it was written to: category or desk; answers go out from it."""
    quiet: bool = False
    muted: tuple[str, ...] = ()
    veiled: bool = False
    """Opened by an unknown sender whom nothing vouched for: towards him the subject is a neutral one for life."""
    opened_at: datetime | None = None
    read_at: datetime | None = None
    taken_at: datetime | None = None
    answered_at: datetime | None = None
    waiting_until: datetime | None = None
    closed_at: datetime | None = None
    archived_at: datetime | None = None
    deleted_at: datetime | None = None
    merged_into: str = ""
    due_by: datetime | None = None
    """What staff promised by hand; stands in for the limit of the solve clock."""
    minutes: int = 0
    """Time that staff reported, in all."""
    endcustomer: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """`name`, `address` and `phone` of whom a partner's request is for; empty if it is the requester."""
    due: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Due instants of the clocks `take answer idle solve`, ISO 8601."""
    light: Light = Light.green
    rating_stars: int = 0
    rating_comment: str = ""
    version: int = 0

    def is_participant(self, address: str) -> bool:
        """Whether the address is the requester's or a watcher's."""
        key = address_key(address)
        return key == self.requester.key or key in {address_key(w) for w in self.watchers}

    @property
    def is_open(self) -> bool:
        """Anything but closed."""
        return self.status is not Status.closed

    @property
    def progress(self) -> int:
        """Step of the status bar, 0 (new) to 5 (closed)."""
        return _PROGRESS[self.status]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One entry of the conversation."""

    id: int = 0
    at: datetime
    author: Address
    agent: str = ""
    """Key of the agent who wrote it, empty for anybody else."""
    kind: PostKind
    direction: str = "in"
    subject: str = ""
    text: str = ""
    quoted: str = ""
    parts: tuple[Part, ...] = ()
    mail: int | None = None
    """Id of the received mail it came in by."""
    to: tuple[str, ...] = ()
    """Whom it is for: agents, `@groups`, addresses; empty where the kind says so."""
    about: int | None = None
    """Id of the post that it answers, where that isn't the whole ticket: the opinion to a question, the reply to a private message."""


TASK_STATES = ("open", "doing", "done")
ORDER_STATES = ("open", "done")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A piece of work within a ticket."""

    ref: str
    text: str
    assignee: str = ""
    """An agent's name or `@group`; empty for nobody yet."""
    state: str = "open"
    due_at: datetime | None = None
    by: str = ""
    """Who gave it."""
    created_at: datetime | None = None
    done_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Anything but done."""
        return self.state != "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceOrder:
    """Work at the customer's, ordered from a ticket: who goes, when, what for, and what was reported back."""

    ref: str
    technician: str = ""
    text: str = ""
    when_at: datetime | None = None
    state: str = "open"
    hours: tuple[Mapping[str, Any], ...] = ()
    """Reported time: `{at, who, minutes, text}`."""
    parts: tuple[Mapping[str, Any], ...] = ()
    """Material: `{number, text, amount, unit}`."""
    by: str = ""
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What belongs to a ticket beside its own fields: tasks and orders, by reference, in the order of their making."""

    tasks: Mapping[str, Task] = field(default_factory=lambda: MappingProxyType({}))
    orders: Mapping[str, ServiceOrder] = field(default_factory=lambda: MappingProxyType({}))


UNCOUNTED = frozenset({"id", "version"})
DERIVED = frozenset({"light", "due"})
"""Fields computed from the others and the clock; they follow, so undoing never conflicts over them."""


_PLAIN = frozenset({str, int, bool, type(None)})


def plain(value: Any) -> Any:  # noqa: ANN401 - any field value in, JSON out
    """A field's value as JSON knows it: ISO 8601 times, lists, plain strings."""
    if type(value) in _PLAIN:
        return value
    match value:
        case Enum():
            return value.value
        case datetime():
            return value.isoformat()
        case Address():
            return {"name": value.name, "address": value.address}
        case Mapping():
            return {str(k): plain(v) for k, v in value.items()}
        case tuple():
            return [plain(v) for v in value]
        case _:
            return value


def changed(before: Ticket, after: Ticket) -> dict[str, tuple[Any, Any]]:
    """Fields that differ, as JSON values `{field: (before, after)}`; empty if nothing but the version moved."""
    out: dict[str, tuple[Any, Any]] = {}
    if before is after:
        return out
    for name in _COUNTED:
        a, b = getattr(before, name), getattr(after, name)
        if a is not b and a != b:
            out[name] = (plain(a), plain(b))
    return out


_COUNTED = tuple(f.name for f in fields(Ticket) if f.name not in UNCOUNTED)


def restored(ticket: Ticket, values: Mapping[str, Any]) -> Ticket:
    """The ticket with fields set from JSON values as `plain` gives them; raises KeyError for a field that doesn't exist."""
    known = {f.name: f for f in fields(Ticket)}
    new: dict[str, Any] = {}
    for name, value in values.items():
        current = getattr(ticket, known[name].name)
        new[name] = _typed(name, value, current)
    return replace(ticket, **new)


_ENUMS: Mapping[str, type[Enum]] = MappingProxyType({"status": Status, "priority": Priority, "visibility": Visibility, "light": Light})


def _typed(name: str, value: Any, current: Any) -> Any:  # noqa: ANN401
    if name in _ENUMS:
        return _ENUMS[name](value)
    if name == "requester":
        return Address(name=value["name"], address=value["address"])
    if name.endswith("_at") or name in {"waiting_until", "due_by"}:
        return None if value is None else datetime.fromisoformat(value)
    if isinstance(current, tuple):
        return tuple(value)
    if isinstance(current, Mapping):
        return MappingProxyType(dict(value))
    return value
