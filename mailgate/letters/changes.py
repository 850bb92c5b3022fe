"""What an action changed, in the words of the one who reads it: field by field, before and after. Reports of commands say so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
    "endcustomer",
    "rating_stars",
)
"""Fields whose change is spelled out; the others follow from these, or are inner matters."""
_WORDS = {"status": "status_staff", "priority": "priority", "channel": "channel"}
"""Fields whose values have words of their own."""
_TIMES = frozenset({"due_by"})
"""Fields that are instants, ISO 8601."""


def spelled(changed: Mapping[str, Any], told: Times) -> str:
    """One line of every telling change, values as history keeps them: `[before, after]`; empty if there is none.

    In the language that times are `told` in, and in that zone.
    """
    names = languages.section(told.language, "changed")
    return "; ".join(
        f"{names.get(field, field)}: {_shown(field, changed[field][0], told)} → {_shown(field, changed[field][1], told)}"
        for field in TELLING
        if field in changed
    )


def _shown(field: str, value: Any, told: Times) -> str:  # noqa: ANN401 - a JSON value
    match value:
        case None | "" | [] | 0:
            return "–"
        case Mapping():
            return str(value.get("address", ""))
        case list():
            return ", ".join(map(str, value))
        case _:
            if field in _TIMES:
                return told.moment(str(value))
            return str(languages.section(told.language, _WORDS[field]).get(str(value), value)) if field in _WORDS else str(value)
