"""When something that is to be done every so often is due: five cron fields in a zone (crontab(5)). Pure, to the minute.

A field of days of the month and one of days of the week mean either where neither is `*`, as in every cron. A time that the clocks
skip in spring comes right after the gap; one that they repeat in autumn comes once.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from rules.frozen import dataclass

_MONTHS = {name: n for n, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_DAYS = {name: n for n, name in enumerate("sun mon tue wed thu fri sat".split())}
_SPANS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_FARTHEST = 366 * 8 + 2
"""Days that are looked through: 29 February comes within eight years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """Five fields as sets of numbers; Sunday is 0."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool
    """Whether a day needs only one of day of the month and day of the week."""

    def on(self, day: date) -> bool:
        """Whether anything is due on this day."""
        if day.month not in self.months:
            return False
        by_number, by_name = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return by_number or by_name if self.either else by_number and by_name


@lru_cache(maxsize=64)
def read(written: str) -> Cron:
    """The five fields; raises ValueError for what is none."""
    fields = written.lower().split()
    if len(fields) != len(_SPANS):
        raise ValueError(f"{written!r} has {len(fields)} fields, not five")
    sets = [_field(field, low, high) for field, (low, high) in zip(fields, _SPANS, strict=True)]
    return Cron(
        minutes=sets[0],
        hours=sets[1],
        days=sets[2],
        months=sets[3],
        weekdays=frozenset(n % 7 for n in sets[4]),
        either=not fields[2].startswith("*") and not fields[4].startswith("*"),
    )


def _field(field: str, low: int, high: int) -> frozenset[int]:
    found: set[int] = set()
    for piece in field.split(","):
        span, _, step = piece.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            begin, end = low, high
        else:
            begin = _number(first, high)
            end = _number(last, high) if dash else high if step else begin
        if high == 7 and dash and end < begin:
            end += 7  # fri-mon
        found.update(range(begin, end + 1, int(step or 1)))
    return frozenset(n % 7 if high == 7 and n > 7 else n for n in found)


def _number(word: str, high: int) -> int:
    if word.isdigit():
        return int(word)
    names = _MONTHS if high == 12 else _DAYS
    if word not in names:
        raise ValueError(f"{word!r} is no part of a cron field")
    return names[word]


def latest(written: str, zone: str, at: datetime) -> datetime | None:
    """The last time it was due, at or before `at`, aware UTC; None if that is years ago."""
    cron, place = read(written), ZoneInfo(zone)
    today = at.astimezone(place).date()
    # the day after as well: a zone's midnight may lie on either side
    for back in range(-1, _FARTHEST):
        day = today - timedelta(days=back)
        if cron.on(day):
            found = [moment for moment in _times(cron, day, place) if moment <= at]
            if found:
                return max(found)
    return None


def before(written: str, zone: str, due_at: datetime) -> datetime | None:
    """The time it was due before this one: where the period of a report that is due now begins."""
    return latest(written, zone, due_at - timedelta(minutes=1))


def _times(cron: Cron, day: date, place: ZoneInfo) -> list[datetime]:
    return [
        datetime.combine(day, time(hour, minute), place).astimezone(UTC) for hour in sorted(cron.hours) for minute in sorted(cron.minutes)
    ]
