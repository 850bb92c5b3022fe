"""What the desk sorts its work by: categories, types, severities, channels, roles, device models; and the clocks on them.

Frozen values, made by `mailgate.settings` from the config. Nothing is decided here. Next: `policy.py`, which holds them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta
from enum import StrEnum

from rules.facts.rule import Matcher
from rules.facts.terms import Status
from rules.frozen import dataclass, replace

Threshold = int | timedelta
"""A point on a running clock: per cent of its limit, or worked time since it started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The four limits in worked time, None where nothing is promised, and what happens along the way."""

    take: timedelta | None = None
    """Until somebody takes the ticket."""
    answer: timedelta | None = None
    """Until the customer has a first answer from a person."""
    idle: timedelta | None = None
    """Between two actions on an open ticket; never pauses."""
    solve: timedelta | None = None
    """Until it is closed."""
    hours: str = ""
    """Key of the calendar in which time counts; empty is day and night."""
    remind: tuple[int, ...] = (50, 100, 200)
    """Per cent of a limit at which the owner is reminded, ascending."""
    escalate_to: str = "manager"
    """Who else is told from 100 % on: `manager`, `admin`, an agent's name, `@group`, an address, or empty."""
    pause_on: tuple[Status, ...] = (Status.waiting,)
    """Statuses in which all clocks but `idle` stand still."""
    promise: bool = False
    """Whether customers hear of these times."""
    own: tuple[str, ...] = ()
    """Names of what it says itself; the rest is from the clock above it, or, of a type's or a severity's, from whatever lies below."""

    def over(self, below: Clock) -> Clock:
        """The clock below with what this one says itself in its place."""
        return replace(below, **{name: getattr(self, name) for name in self.own})

    @property
    def runs(self) -> bool:
        """Whether any limit is set."""
        return any(limit is not None for limit in (self.take, self.answer, self.idle, self.solve))


class AssignHow(StrEnum):
    """Who becomes the handler of a new ticket in a category."""

    group = "group"
    none = "none"
    agent = "agent"
    round_robin = "round-robin"
    least_busy = "least-busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A category or sub-category. What a sub-category doesn't say it has from its parent, already filled in here."""

    key: str
    """`hardware` or `hardware/printer`; lower case."""
    title: str = ""
    address: str = ""
    """Mail to this address is in this category and is answered from it; empty if it has none of its own."""
    group: str = ""
    notify: tuple[str, ...] = ()
    """Who is told of new tickets here beside the group: agents, `@groups` or addresses."""
    public: bool = True
    """Whether customers may name it and see it listed."""
    assign: AssignHow = AssignHow.group
    agent: str = ""
    """The agent of `assign = "agent:x"`."""
    clock: Clock = Clock()
    default: bool = False
    """Whether requests that name no category are in this one; true of at most one."""

    @property
    def parent(self) -> str:
        """Key of the category above, empty for a main category."""
        return self.key.rpartition("/")[0]

    @property
    def main(self) -> str:
        """Key of the main category it belongs to."""
        return self.key.partition("/")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing that a ticket of some type or flow is asked for."""

    name: str
    title: str = ""
    required: bool = True
    pattern: Matcher | None = None
    """What a value must contain to be taken; None takes anything."""
    words: tuple[str, ...] = ()
    """The values to choose from; empty for free text."""
    names: tuple[str, ...] = ()
    """What else it may be called in an answer, in the desk's languages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One allowed change of status; `roles` says who may make it, empty for everybody who may change the status at all."""

    to: Status
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """A kind of ticket, with its own lights, fields and workflow."""

    key: str
    title: str = ""
    public: bool = True
    """Whether customers may name it."""
    yellow: Threshold = 50
    red: Threshold = 100
    fields: tuple[Field, ...] = ()
    workflow: Mapping[Status, tuple[Step, ...]] | None = None
    """Allowed steps from each status; None allows every step, a status that isn't listed allows none."""
    closed: bool = False
    """Tickets of this type are records: closed as soon as they are opened, without clocks (a service report)."""
    clock: Clock | None = None
    """Limits that stand in for the category's, None for no say."""

    def steps(self, before: Status) -> tuple[Step, ...]:
        """The steps that the workflow allows from a status."""
        if self.workflow is None:
            return tuple(Step(to=status) for status in Status if status is not before)
        return self.workflow.get(before, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Severity:
    """How bad it is; freely defined, listed from mild to bad."""

    key: str
    title: str = ""
    hours: str = ""
    """Calendar that stands in for the clock's, such as on-call hours; empty for no say."""
    clock: Clock | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """By which way a ticket reached the desk."""

    key: str
    title: str = ""


class Reach(StrEnum):
    """Which tickets a role sees: those it handles, those of its groups, or all."""

    own = "own"
    group = "group"
    all = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What its holders may do: verbs (`*` for all) on the tickets within reach."""

    key: str
    title: str = ""
    may: tuple[str, ...] = ("*",)
    may_not: tuple[str, ...] = ()
    see: Reach = Reach.all
    categories: tuple[str, ...] = ()
    """Main or sub-categories it is confined to; empty for no such limit."""

    def allows(self, verb: str) -> bool:
        """Whether the role has a verb at all, wherever the ticket stands."""
        return verb not in self.may_not and ("*" in self.may or verb in self.may)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One way of reporting something about a device: what is asked for, and where it goes."""

    key: str
    title: str = ""
    type: str = ""
    category: str = ""
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceModel:
    """A model of device and the flows that its users are offered."""

    key: str
    title: str = ""
    flows: tuple[Flow, ...] = ()


CHANNELS: Mapping[str, Channel] = {
    key: Channel(key=key, title=title)
    for key, title in (("mail", "Mail"), ("phone", "Telephone"), ("web", "Web"), ("counter", "Counter"), ("letter", "Letter"))
}
"""The channels that every desk has; those of its config are added, or name them anew."""

ROLES: Mapping[str, Role] = {
    "agent": Role(key="agent", title="Agent"),
    "manager": Role(key="manager", title="Manager"),
    "technician": Role(key="technician", title="Technician", see=Reach.group),
}
"""The roles that every desk has unless it redefines them."""


DIMENSIONS = (
    "channel",
    "category",
    "type",
    "class",
    "party",
    "group",
    "agent",
    "project",
    "device",
    "rating",
    "month",
    "status",
    "severity",
    "priority",
)
"""What figures are counted by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Figures that are mailed on a schedule."""

    name: str
    by: tuple[str, ...] = ()
    every: str = ""
    """Five cron fields in the desk's zone."""
    to: tuple[str, ...] = field(default=())
