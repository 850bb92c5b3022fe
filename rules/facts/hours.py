"""Service hours: a week of opening times in a zone, and the days on which nobody works.

Values only at the top; `add` and `worked` below measure time that was worked. All instants are aware UTC; local wall time appears only
inside `spans`. Next: `rules.deadlines` for the clocks that use it, `service.py` for what a clock is.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from rules.frozen import dataclass

_MIDNIGHT = time(0)
_DAY = timedelta(days=1)
_HORIZON_DAYS = 3660
"""How far `add` looks ahead: a calendar that has been shut for ten years gives no due time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One stretch of a day in local wall time, `[start, end)`; `end` 00:00 is the midnight that closes the day."""

    start: time
    end: time

    def __post_init__(self) -> None:
        """Refuse a stretch that ends before it starts."""
        if self.end != _MIDNIGHT and self.end <= self.start:
            raise ValueError(f"{self.start:%H:%M}-{self.end:%H:%M} ends before it starts")

    @property
    def length(self) -> timedelta:
        """How long it is on a day without a change of the clock."""
        day = date(2001, 1, 1)
        end_day = day + _DAY if self.end == _MIDNIGHT else day
        return datetime.combine(end_day, self.end, UTC) - datetime.combine(day, self.start, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A named calendar. `week` has seven entries, Monday first, each ordered and without overlap."""

    key: str = ""
    zone: str = "UTC"
    week: tuple[tuple[Opening, ...], ...] = ((Opening(start=_MIDNIGHT, end=_MIDNIGHT),),) * 7
    holidays: Container[date] = frozenset()
    """Local dates without any service; asked one date at a time, so a calendar may work its years out when it is asked."""
    calendar: str = ""
    """Name of the holiday calendar as configured, such as `FI` or `DE-BY`; for people."""

    def __post_init__(self) -> None:
        """Refuse a week that isn't one."""
        if len(self.week) != 7:
            raise ValueError("a week has seven days")

    @property
    def per_week(self) -> timedelta:
        """Worked time of an ordinary week."""
        return _worked(self.week)

    @property
    def working_days(self) -> int:
        """How many days of an ordinary week have any service."""
        return sum(1 for day in self.week if day)

    @property
    def day(self) -> timedelta:
        """The mean length of a working day: what `1d` means in this calendar. A day of the clock where the week is empty."""
        return self.per_week / self.working_days if self.working_days else _DAY


@lru_cache(maxsize=64)
def _worked(week: tuple[tuple[Opening, ...], ...]) -> timedelta:
    return sum((opening.length for day in week for opening in day), timedelta())


ALWAYS = Hours(key="always")
"""Day and night, every day: the calendar of clocks that name none."""


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def spans(hours: Hours, day: date) -> Iterator[tuple[datetime, datetime]]:
    """The stretches of one local date as UTC instants, in order; nothing on holidays.

    An edge inside the hour that is skipped in spring is the instant of the change; of an hour that comes twice in autumn,
    an opening has both and a single edge the first (PEP 495, fold 0).
    """
    if day in hours.holidays:
        return
    zone = _zone(hours.zone)
    for opening in hours.week[day.weekday()]:
        last = day + _DAY if opening.end == _MIDNIGHT else day
        start, end = instant(day, opening.start, zone), instant(last, opening.end, zone)
        if end > start:
            yield start, end


def instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The UTC instant of a wall time; one that the clock skips is the instant at which it skips, of one that comes twice the first."""
    local = datetime.combine(day, wall, zone)
    found = local.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return found
    # In a gap, fold 0 reckons with the offset before the change and fold 1 with the one after it: the change lies between the two.
    before, after = local.replace(fold=1).astimezone(UTC), found
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == before.astimezone(zone).utcoffset():
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def add(start: datetime, worked: timedelta, hours: Hours) -> datetime:
    """The instant at which `worked` time has been worked since `start`.

    No time at all is due at `start` itself. Time that is up exactly at closing is due at closing, not at the next opening.
    Raises ValueError for a calendar that stays shut for ten years; the config refuses such a week.
    """
    if worked <= timedelta():
        return start
    left = worked
    day = start.astimezone(_zone(hours.zone)).date()
    for _ in range(_HORIZON_DAYS):
        for begin, end in spans(hours, day):
            begin = max(begin, start)
            if end <= begin:
                continue
            if end - begin >= left:
                return begin + left
            left -= end - begin
        day += _DAY
    raise ValueError(f"the calendar {hours.key!r} never opens")


def pieces(start: datetime, end: datetime, hours: Hours) -> Iterator[tuple[datetime, datetime]]:
    """The worked stretches of the time from `start` to `end`, in order; nothing if `end` is not later."""
    zone = _zone(hours.zone)
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    while day <= last:
        for begin, close in spans(hours, day):
            first, final = max(begin, start), min(close, end)
            if final > first:
                yield first, final
        day += _DAY


def worked(start: datetime, end: datetime, hours: Hours) -> timedelta:
    """How much of the time from `start` to `end` was worked; none if `end` is not later."""
    return sum((final - first for first, final in pieces(start, end, hours)), timedelta())


def is_open(at: datetime, hours: Hours) -> bool:
    """Whether there is service at that instant."""
    return any(begin <= at < end for begin, end in spans(hours, at.astimezone(_zone(hours.zone)).date()))
