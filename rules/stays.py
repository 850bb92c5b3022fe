"""Timers of the site: a ticket that has been as `when` says for `after` gets the lines, once in each such stay.

Pure: which timers concern a ticket, since when, and when they are due. What fires is done by the clerk. A desk that has no `[[timer]]`
has two: a customer whose answer we wait for is reminded after three working days, the owner told after seven.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from rules.actions.folding import fold
from rules.deadlines import Moment
from rules.facts.hours import Hours, add
from rules.facts.policy import Policy
from rules.facts.rule import Timer
from rules.facts.terms import Status
from rules.facts.ticket import Ticket
from rules.frozen import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A timer that concerns a ticket now: since when the ticket is so, and when the lines are due."""

    timer: Timer
    since: datetime
    due_at: datetime


_made: dict[str, tuple[Hours, tuple[Timer, ...]]] = {}
"""The last answer: all tickets ask with the same calendar."""


def timers_of(policy: Policy) -> tuple[Timer, ...]:
    """The site's timers, or the usual ones where it has none."""
    if policy.timers:
        return policy.timers
    hours = policy.hours_of(policy.clock.hours)
    last = _made.get("usual")
    if last is None or last[0] is not hours:
        last = _made["usual"] = (hours, _usual(hours.day))
    return last[1]


def _usual(day: timedelta) -> tuple[Timer, ...]:
    waiting = MappingProxyType({"status": (Status.waiting.value,)})
    return (
        Timer(name="customer-reminded", when=waiting, after=3 * day, then=("remind customer",)),
        Timer(name="owner-told", when=waiting, after=7 * day, then=("remind owner",)),
    )


def concerns(ticket: Ticket, policy: Policy) -> bool:
    """Whether any timer concerns the ticket as it is."""
    return ticket.archived_at is None and ticket.deleted_at is None and any(is_like(ticket, timer) for timer in timers_of(policy))


def is_like(ticket: Ticket, timer: Timer) -> bool:
    """Whether the ticket is as a timer wants it; a main category means those below it as well."""
    return ticket.status.value in timer.when["status"] and all(_has(ticket, name, wanted) for name, wanted in timer.when.items())


def stays(ticket: Ticket, moments: Sequence[Moment], policy: Policy) -> list[Stay]:
    """The timers that concern a ticket, each with its due time, the earliest first. `moments` are in order of time."""
    if not moments or ticket.archived_at is not None or ticket.deleted_at is not None:
        return []
    concerned = [timer for timer in timers_of(policy) if is_like(ticket, timer)]
    if not concerned:
        return []
    hours = policy.hours_of(policy.clock.hours)
    out: list[Stay] = []
    for timer in concerned:
        since = _since(moments, frozenset(timer.when["status"]))
        out.append(Stay(timer=timer, since=since, due_at=add(since, timer.after, hours)))
    return sorted(out, key=lambda stay: stay.due_at)


def next_at(ticket: Ticket, moments: Sequence[Moment], policy: Policy, at: datetime) -> datetime | None:
    """When the next timer is due, None if none will be while nothing happens."""
    return next((stay.due_at for stay in stays(ticket, moments, policy) if stay.due_at > at), None)


def _since(moments: Sequence[Moment], statuses: frozenset[str]) -> datetime:
    began = moments[-1].at
    for moment in reversed(moments):
        if moment.status.value not in statuses:
            break
        began = moment.at
    return began


def _has(ticket: Ticket, name: str, wanted: tuple[str, ...]) -> bool:
    match name:
        case "status":
            return ticket.status.value in wanted
        case "priority":
            return ticket.priority.value in wanted
        case "category":
            return any(ticket.category == key or ticket.category.startswith(key + "/") for key in wanted)
        case "tag":
            return bool({fold(tag) for tag in ticket.tags} & {fold(tag) for tag in wanted})
        case _:
            return fold(str(getattr(ticket, name))) in {fold(each) for each in wanted}
