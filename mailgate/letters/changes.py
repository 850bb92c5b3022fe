"""What an action changed, in the words of the one who reads it: field by field, before and after. Reports of commands say so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailgate.letters import particulars
from rules.facts.people import Directory
from rules.perform import Step
from templates import languages
from templates.times import Times

TELLING = (
    "status",
    "assignee",
    "group",
    "priority",
    "severity",
    "type",
    "category",
    "tags",
    "visibility",
    "requester",
    "watchers",
    "project",
    "device",
    "party",
    "channel",
    "level",
    "language",
    "contract",
    "minutes",
    "due_by",
    "waiting_until",
    "endcustomer",
    "rating_stars",
)
"""Fields whose change is spelled out; the others follow from these, or are inner matters."""
_WORDS = {"status": "status_staff", "priority": "priority", "channel": "channel", "state": "task_state"}
"""Fields whose values have words of their own."""
_TIMES = frozenset({"due_by", "waiting_until", "due_at", "when_at", "away_until"})
"""Fields that are instants, ISO 8601."""
_PEOPLE = frozenset({"assignee", "deputy", "technician"})
"""Fields that hold an agent's name or `@group`."""
_OF_RECORDS = ("assignee", "technician", "state", "due_at", "when_at", "away_until", "deputy")
"""What is told of a task, an order, or an agent's absence."""


def done(step: Step, told: Times, directory: Directory) -> str:
    """One line of all that a command did, in the language that times are `told` in, and in that zone."""
    names = languages.section(told.language, "changed")
    said = [recorded(step.changed, told, directory)]
    said += [f"{names['reminder']}: {told.moment(wake.at.isoformat())}" for wake in step.wakes if wake.kind == "remind"]
    for aside in step.asides:
        if aside.template in _WRITTEN:
            by = str(aside.card.get("by", "")) if aside.template == "opinion-asked" else ""
            said.append(f"{names['goes_to']}: {', '.join(_person(each, directory) for each in aside.to)}")
            said += [f"{names['due_at']}: {told.moment(by)}"] if by else []
    return "; ".join(filter(None, said)) or ("" if step.did else str(names["already"]))


def recorded(changed: Mapping[str, Any], told: Times, directory: Directory) -> str:
    """What the history says of fields, tasks, orders and absences, values as it keeps them: `[before, after]`; empty if there is nothing."""
    records = [_record(name, *pair, told=told, directory=directory) for name, pair in changed.items() if " " in name]
    return "; ".join(filter(None, (_fields(changed, told, directory), *records)))


def _fields(changed: Mapping[str, Any], told: Times, directory: Directory) -> str:
    """Every telling change of fields, values as history keeps them: `[before, after]`; empty if there is none."""
    names = languages.section(told.language, "changed")
    return "; ".join(
        f"{names[field]}: {_shown(field, changed[field][0], told, directory)} → {_shown(field, changed[field][1], told, directory)}"
        for field in TELLING
        if field in changed
    )


_WRITTEN = frozenset({"opinion-asked", "fyi", "private-message", "message"})
"""Mails beside the conversation whose readers the one who wrote them named."""


def _record(name: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, *, told: Times, directory: Directory) -> str:
    """A record that was made or changed: `task T1.1 Order the drum: assigned to: Bernd Berg, by: Friday, 27 November, 17:00`."""
    names = languages.section(told.language, "changed")
    kind, _, ref = name.partition(" ")
    values = [
        f"{names[field]}: {_shown(field, after[field], told, directory)}"
        for field in _OF_RECORDS
        if after is not None
        and after.get(field)
        and (before or {}).get(field) != after[field]
        and not (field == "state" and before is None)
    ]
    text = str((after or {}).get("text", "")) if before is None else ""
    head = " ".join(filter(None, (str(names[kind]), ref, text))) if kind in {"task", "order"} else ""
    return ": ".join(filter(None, (head, ", ".join(values)))) if kind in {"task", "order", "agent"} else ""


def _person(name: str, directory: Directory) -> str:
    """An agent's full name, a group's title, an address as it is."""
    if name.startswith("@"):
        return particulars.group_title(name[1:], directory)
    agent = directory.agents.get(name)
    return (agent.full_name or agent.name) if agent else name


def _shown(field: str, value: Any, told: Times, directory: Directory) -> str:  # noqa: ANN401 - a JSON value
    match value:
        case None | "" | [] | 0:
            return "–"
        case Mapping():
            return str(value.get("address", ""))
        case list() | tuple():
            return ", ".join(map(str, value))
        case _ if field in _TIMES:
            return told.moment(str(value))
        case _ if field in _PEOPLE:
            return _person(str(value), directory)
        case _ if field in _WORDS:
            return str(languages.section(told.language, _WORDS[field]).get(str(value), value))
        case _:
            return str(value)
