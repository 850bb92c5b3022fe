"""Lights and due times as of the moment that a command is asked for, where no daemon has written down yet what time alone did.

Nothing is written: who asks how it will stand next week turns no light. Otherwise what is stored holds, and this is not needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mailgate.desk.call import Call
from rules.facts.terms import Light, Priority
from rules.facts.ticket import Ticket
from rules.frozen import replace

if TYPE_CHECKING:
    from store.lists.tickets import Filter
    from store.plain import Reading

_LIGHTS = (Light.red, Light.yellow, Light.green)
_PRIORITIES = (Priority.high, Priority.normal, Priority.low)


def listed(desk: Call, tx: Reading, wanted: Filter) -> list[Ticket]:
    """Tickets that fit as of now, in the order asked for."""
    from store.lists import tickets as read

    behind = read.behind(tx, desk.at)
    if not behind:
        return read.listed(tx, wanted)
    found = as_of_now(desk, read.listed(tx, replace(wanted, light="", limit=0)), behind)
    if wanted.light:
        found = [each for each in found if each.light.value == wanted.light]
    match wanted.sort:
        case "light":
            found.sort(key=lambda x: (_LIGHTS.index(x.light), _PRIORITIES.index(x.priority), x.id))
        case "priority":
            found.sort(key=lambda x: (_PRIORITIES.index(x.priority), _LIGHTS.index(x.light), x.id))
        case _:
            pass
    return found[: wanted.limit or None]


def shown(desk: Call, tx: Reading, ticket: Ticket) -> Ticket:
    """One ticket as of now."""
    from store.lists import tickets as read

    return as_of_now(desk, (ticket,), read.behind(tx, desk.at))[0]


def as_of_now(desk: Call, found: Sequence[Ticket], behind: frozenset[int]) -> list[Ticket]:
    """The same tickets in the same order; those of the row ids `behind` with light and due times of now."""
    if not any(each.id in behind for each in found):
        return list(found)
    from store.lists import clocks

    with desk.reading() as tx:
        return [clocks.as_of(tx, each, desk.settings.policy, desk.at) if each.id in behind else each for each in found]
