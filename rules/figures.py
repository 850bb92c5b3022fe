"""Figures of a desk: how many requests there were, by what, and how its clocks were kept. Pure; who may see what is decided here too.

What is counted are the requests that were opened in a period, so that every figure is a list of tickets somebody can look at. How a
clock went is `rules.deadlines`' answer, the same that lights and reminders follow. Reading them is `store.lists.evaluations`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from statistics import median
from types import MappingProxyType
from zoneinfo import ZoneInfo

from rules.deadlines import MEASURED, Measured
from rules.facts.terms import Status
from rules.facts.ticket import Ticket
from rules.frozen import dataclass

OF_STAFF = frozenset({"agent", "group"})
"""Dimensions that customers are not shown: how a desk shares its work is its own affair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One request with what figures need beside it."""

    ticket: Ticket
    classes: tuple[str, ...] = ()
    """Of its requester and of its party, each once."""
    clocks: Mapping[str, Measured] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How one clock was kept over some requests."""

    kept: int = 0
    total: int = 0
    """Those of which it can be said: kept or not."""
    median: timedelta | None = None
    """Worked time until it stopped, half of the requests took less; None where none has stopped."""

    @property
    def percent(self) -> float | None:
        """Share that was kept, 0 to 100; None where nothing can be said."""
        return round(100 * self.kept / self.total, 1) if self.total else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The figures of one value of one dimension; `value` is empty for requests that have none."""

    by: str = ""
    value: str = ""
    count: int = 0
    open: int = 0
    closed: int = 0
    clocks: Mapping[str, Kept] = field(default_factory=lambda: MappingProxyType({}))
    """By the name of the clock: take, answer, solve."""
    rated: int = 0
    rating: float | None = None
    """Mean of the stars; None where nobody gave any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What came in and what was closed in one week or month."""

    start: datetime
    received: int
    closed: int
    whole_month: bool = False


def values(counted: Counted, by: str, zone: ZoneInfo) -> tuple[str, ...]:
    """What a request counts under in a dimension; one empty word if it has no such value."""
    ticket = counted.ticket
    match by:
        case "class":
            return counted.classes or ("",)
        case "agent":
            return (ticket.assignee,)
        case "rating":
            return (str(ticket.rating_stars) if ticket.rating_stars else "",)
        case "month":
            return (f"{ticket.opened_at.astimezone(zone):%Y-%m}" if ticket.opened_at else "",)
        case "status" | "priority":
            return (getattr(ticket, by).value,)
        case _:
            return (str(getattr(ticket, by)),)


def breakdown(every: Sequence[Counted], by: str, zone: ZoneInfo) -> tuple[Row, ...]:
    """A row for each value that occurs, the most frequent first; months and stars in their own order."""
    found: dict[str, list[Counted]] = {}
    for each in every:
        for value in values(each, by, zone):
            found.setdefault(value, []).append(each)
    rows = [summed(some, by, value) for value, some in found.items()]
    order: Callable[[Row], tuple[object, ...]]
    match by:
        case "month":
            order = _by_value
        case "rating":
            rows.sort(key=lambda row: row.value, reverse=True)
            return tuple(rows)
        case _:
            order = _by_count
    return tuple(sorted(rows, key=order))


def _by_value(row: Row) -> tuple[object, ...]:
    return (row.value,)


def _by_count(row: Row) -> tuple[object, ...]:
    return (-row.count, row.value == "", row.value)


def summed(some: Sequence[Counted], by: str = "", value: str = "") -> Row:
    """The figures of some requests together."""
    stars = [c.ticket.rating_stars for c in some if c.ticket.rating_stars]
    closed = sum(c.ticket.status is Status.closed for c in some)
    return Row(
        by=by,
        value=value,
        count=len(some),
        open=len(some) - closed,
        closed=closed,
        clocks=MappingProxyType({name: kept(some, name) for name in MEASURED}),
        rated=len(stars),
        rating=round(sum(stars) / len(stars), 2) if stars else None,
    )


def kept(some: Iterable[Counted], clock: str) -> Kept:
    """How one clock was kept over some requests."""
    went = [c.clocks[clock] for c in some if clock in c.clocks]
    decided = [m.kept for m in went if m.kept is not None]
    spans = [m.worked.total_seconds() for m in went if m.worked is not None]
    return Kept(
        kept=sum(decided),
        total=len(decided),
        median=timedelta(seconds=round(median(spans))) if spans else None,
    )


MOST_STRETCHES = 10
"""Weeks that a chart shows before months take their place."""


def course(opened: Iterable[datetime], closed: Iterable[datetime], start: datetime, end: datetime, zone: ZoneInfo) -> tuple[Stretch, ...]:
    """What came in and what was closed, week by week in the desk's zone, month by month where the period is long; empty ones too."""
    if end <= start:
        return ()
    last = end - timedelta(microseconds=1)
    monthly = (last - start) > timedelta(weeks=MOST_STRETCHES)
    first = _month if monthly else _week
    ins, outs = Counter(first(at, zone) for at in opened), Counter(first(at, zone) for at in closed)
    out: list[Stretch] = []
    here = first(start, zone)
    while here <= first(last, zone):
        out.append(Stretch(start=here, received=ins[here], closed=outs[here], whole_month=monthly))
        here = first(here + timedelta(days=40 if monthly else 8), zone)
    return tuple(out[-36:])


def _week(at: datetime, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    monday = local.date() - timedelta(days=local.weekday())
    return datetime(monday.year, monday.month, monday.day, tzinfo=zone)


def _month(at: datetime, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    return datetime(local.year, local.month, 1, tzinfo=zone)
