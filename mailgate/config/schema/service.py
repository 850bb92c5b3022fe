"""The sections that sort the work and keep its time: [clock] [hours] [[category]] [[type]] [[severity]] … [[rule]] [[timer]] [[report]]."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from mailgate.config import patterns, values
from mailgate.config.addresses import CategoryKey, CategoryKeys, Key, Label, Mailbox, NeededRecipients, Recipients, Zone
from mailgate.config.masks import Cron
from mailgate.config.schema.base import Section, says
from mailgate.config.schema.when import When
from mailgate.config.values import NeededSpan, PerCents, Reads, Threshold, Words, WorkedSpan
from mailgate.config.weeks import Week, read_holidays, read_week
from rules.facts.rule import Pattern
from rules.facts.service import DIMENSIONS

Status = Literal["new", "read", "assigned", "working", "waiting", "closed"]


class ClockPart(Section):
    """Limits of one category, type or severity; what isn't said is as above the category, or as the ticket's category has it."""

    take: WorkedSpan = says("Until somebody takes the ticket, or off.", None)
    answer: WorkedSpan = says("Until the customer has a first answer from a person, or off.", None)
    idle: WorkedSpan = says("Between two actions on an open ticket, or off.", None)
    solve: WorkedSpan = says("Until it is closed, or off.", None)
    hours: str | None = says("Calendar in which time counts: the name of an [hours.…].", None)
    remind: Annotated[tuple[int, ...] | None, *PerCents.__metadata__] = says("Shares of a limit at which the owner is reminded.", None)
    escalate_to: str | None = says("Who else is told from 100 % on: manager, admin, an agent, @group, an address, or empty.", None)
    pause_on: list[Status] | None = says("Statuses in which all clocks but idle stand still.", None)
    promise: bool | None = says("Tell customers these times.", None)


class Clock(ClockPart):
    """Four limits in service hours, none by default. A day is a working day of the calendar."""

    hours: str | None = says("Calendar in which time counts: the name of an [hours.…]; empty for day and night.", "")
    remind: Annotated[tuple[int, ...] | None, *PerCents.__metadata__] = says(
        "Shares of a limit at which the owner is reminded.", ["50%", "100%", "200%"]
    )
    escalate_to: str | None = says("Who else is told from 100 % on: manager, admin, an agent, @group, an address, or empty.", "manager")
    pause_on: list[Status] | None = says("Statuses in which all clocks but idle stand still.", ["waiting"])
    promise: bool | None = says("Tell customers these times.", default=False)


class Hours(Section):
    """A calendar of service hours."""

    week: Annotated[Week, Reads(read_week, {"type": "object", "additionalProperties": {"type": ["string", "array"]}})] = says(
        'Opening times: {mon = "08:00-16:00", tue = "08:00-12:00 13:00-17:00", "wed-fri" = "08:00-16:00"}.'
    )
    holidays: Annotated[Any, Reads(read_holidays, {"type": ["string", "array"], "examples": ["FI", "DE-BY"]})] = says(
        "Public holidays of a country or region, such as FI or DE-BY, and single days, such as 2026-12-24.", []
    )
    timezone: Zone | None = says("Zone of these hours; without it the desk's.", None)


def _assign(value: object) -> str:
    written = values.text(value)
    if written.startswith("agent:") and written[6:].strip():
        return written
    return values.choice(written, ("group", "none", "agent:NAME", "round-robin", "least-busy"), "way to assign")


class Category(Section):
    """What tickets are about. A key with a slash is a sub-category and has from its main category what it doesn't say itself."""

    key: CategoryKey = says("hardware, or hardware/printer.")
    title: str = says("How people read it; empty for the key.", "")
    address: Mailbox | None = says("Mail to this address is in this category and is answered from it.", None)
    group: str | None = says("The group that handles it and is told of new tickets.", None)
    notify: Annotated[tuple[str, ...] | None, *Recipients.__metadata__] = says(
        "Who else is told of new tickets: agents, @groups, addresses.", None
    )
    public: bool | None = says("Customers may name it and see it listed; true unless its main category says otherwise.", None)
    assign: Annotated[str | None, Reads(_assign, {"type": "string", "examples": ["group", "agent:anna"]})] = says(
        "Who becomes the handler: group, none, agent:NAME, round-robin or least-busy.", None
    )
    clock: ClockPart | None = says("Limits of its own.", None)
    default: bool = says("Requests that name no category are in this one; of all categories one may be it.", default=False)


class Light(Section):
    """When the traffic light changes."""

    yellow: Threshold = says("Share of a limit, or time since the clock started.", "50%")
    red: Threshold = says("Share of a limit, or time since the clock started.", "100%")


def _pattern(value: object) -> Pattern:
    return patterns.regex(values.text(value))


class Field(Section):
    """Something that is asked for."""

    name: Label = says("Name in commands and lists.")
    title: str = says("How people read it; empty for the name.", "")
    required: bool = says("Ask for it where it is missing.", default=True)
    pattern: Annotated[Pattern | None, Reads(_pattern, {"type": "string", "format": "regex"})] = says(
        "Regular expression that a value must match.", None
    )
    words: Words = says("Values to choose from; none for free text.", [])


def _field(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


class Step(Section):
    """A change of status that only some may make."""

    to: Status = says("The status after it.")
    roles: Words = says("Roles that may make it; none for all.", [])


def _step(value: object) -> object:
    return {"to": value} if isinstance(value, str) else value


FieldOrName = Annotated[Field, BeforeValidator(_field)]


class Type(Section):
    """A kind of ticket."""

    key: Key = says("Name in commands, such as fault.")
    title: str = says("How people read it; empty for the key.", "")
    public: bool = says("Customers may name it.", default=True)
    light: Light = says("When the light turns yellow and red.", {})
    fields: list[FieldOrName] = says("What its tickets are asked for: names, or tables {name, title, required, pattern, words}.", [])
    workflow: dict[Status, list[Annotated[Step, BeforeValidator(_step)]]] | None = says(
        'Allowed steps: {new = ["assigned"], working = ["waiting", {to = "closed", roles = ["manager"]}]}. Without it all are.', None
    )
    closed: bool = says("Its tickets are records, closed as soon as they are opened.", default=False)
    clock: ClockPart | None = says("Limits of its own.", None)


class Severity(Section):
    """How bad it is; list them from mild to bad."""

    key: Key = says("Name in commands, such as blocking.")
    title: str = says("How people read it; empty for the key.", "")
    hours: str | None = says("Calendar for its clocks, such as oncall.", None)
    clock: ClockPart | None = says("Limits of its own.", None)


class Channel(Section):
    """A way by which tickets reach the desk, beside mail."""

    key: Key = says("Name in commands, such as counter.")
    title: str = says("How people read it; empty for the key.", "")


class Role(Section):
    """What an agent may do."""

    key: Key = says("Name in mailgate agent add --role.")
    title: str = says("How people read it; empty for the key.", "")
    may: Words = says("Verbs that it has, or * for all.", ["*"])
    may_not: Words = says("Verbs that it hasn't.", [])
    see: Literal["own", "group", "all"] = says("Tickets that it sees: its own, those of its groups, or all.", "all")
    categories: CategoryKeys = says("Categories that it is confined to; none for no such limit.", [])


class Flow(Section):
    """One way of reporting something about a device."""

    key: Key = says("Name in links and addresses, such as spare-part.")
    title: str = says("How people read it; empty for the key.", "")
    type: Key | None = says("Type of its tickets.", None)
    category: CategoryKey | None = says("Category of its tickets.", None)
    fields: list[FieldOrName] = says("What is asked for.", [])


def _flow(value: object) -> object:
    return {"key": value} if isinstance(value, str) else value


FlowOrType = Annotated[Flow, BeforeValidator(_flow)]


class DeviceModel(Section):
    """A model of device and what its users may report."""

    key: Key = says("Name in mailgate device add --model.")
    title: str = says("How people read it; empty for the key.", "")
    flows: list[FlowOrType] = says("What its users are offered: keys of types, or tables {key, title, type, category, fields}.", [])


class Rule(Section):
    """If a new mail is like this, do that. Rules are asked in order, all of them unless one says stop."""

    name: str = says("How why and rules list call it.", min_length=1)
    when: When = says("What the mail must be like; nothing is every mail.", {})
    then: Words = says("Commands as written in a mail, without #.", [])
    stop: bool = says("Ask no further rules after this one.", default=False)


def _stay(value: object) -> object:
    return {"status": value} if isinstance(value, str) else value


class Stay(Section):
    """What a ticket must be like for a timer to run."""

    status: Annotated[
        tuple[str, ...], Reads(values.several(lambda word: values.choice(word, Status.__args__, "status")), {"type": ["string", "array"]})
    ] = says("Its status, or several.")
    category: CategoryKeys = says("Its category; a main category means those below it too.", [])
    type: Words = says("Its type.", [])
    severity: Words = says("Its severity.", [])
    priority: Words = says("Its priority.", [])
    group: Words = says("Its group.", [])
    channel: Words = says("Its channel.", [])
    party: Words = says("Its party.", [])
    tag: Words = says("One of its tags.", [])


class Timer(Section):
    """What time alone asks for."""

    name: str = says("How history calls it.", min_length=1)
    when: Annotated[Stay, BeforeValidator(_stay)] = says('A status, or a table such as {status = "waiting", type = "fault"}.')
    after: NeededSpan = says("So long in that status, in the hours of [clock].")
    then: Words = says("Commands as written in a mail, without #.")


class Report(Section):
    """Figures by mail, of the time since it was due before."""

    name: str = says("Subject of the report.", min_length=1)
    by: Annotated[
        tuple[str, ...],
        Reads(values.several(lambda word: values.choice(word, DIMENSIONS, "dimension of a report")), {"type": ["string", "array"]}),
    ] = says(f"What to count by: {', '.join(DIMENSIONS)}.", ["category"])
    every: Cron = says("When, as five cron fields in the desk's zone: 0 7 1 * * is the first of the month at seven.")
    to: NeededRecipients = says(
        "Who gets it: agents, @groups, addresses, admin, or parties: the contacts of each party, the figures of their own requests."
    )
