"""Opening times of a week as a site writes them, and its holidays."""

from __future__ import annotations

import re
from datetime import date, time
from itertools import pairwise

from mailgate.config import values
from mailgate.config.calendars import Holidays
from mailgate.config.mistakes import Wrong, gather, nearest
from rules.facts.hours import Opening

Week = tuple[tuple[Opening, ...], ...]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_STRETCH = re.compile(r"(\d{1,2}):(\d\d)\s*[-–]\s*(\d{1,2}):(\d\d)", re.ASCII)
_MIDNIGHT = time(0)


def read_week(value: object) -> Week:
    """Seven days of openings from `{mon = "08:00-16:00", "tue-fri" = "08:00-12:00 13:00-17:00"}`.

    A stretch over midnight is cut there. Raises Wrong for a day twice, overlaps, and a week that never opens.
    """
    if not isinstance(value, dict):
        raise Wrong(f'must be a table of days, such as {{mon = "08:00-16:00"}}, not {values.kind(value)}')
    week: list[list[Opening]] = [[] for _ in DAYS]
    said: dict[int, str] = {}

    def read(pair: tuple[str, object]) -> None:
        name, written = pair
        stretches = _stretches(written)
        for day in _days(name):
            if day in said:
                raise Wrong(f"{DAYS[day]} stands twice, in {said[day]!r} and {name!r}")
            said[day] = name
            for start, end in stretches:
                if end == _MIDNIGHT or start < end:
                    week[day].append(Opening(start=start, end=end))
                else:
                    week[day].append(Opening(start=start, end=_MIDNIGHT))
                    week[(day + 1) % 7].append(Opening(start=_MIDNIGHT, end=end))

    gather(((name, (name, written)) for name, written in value.items()), read)
    if not any(week):
        raise Wrong("a week that never opens would let no clock run")
    return tuple(_ordered(name, openings) for name, openings in zip(DAYS, week, strict=True))


def _days(name: str) -> list[int]:
    first, dash, last = name.strip().lower().partition("-")
    numbers = [_day(each) for each in ((first, last) if dash else (first,))]
    if len(numbers) == 1:
        return numbers
    return [(numbers[0] + step) % 7 for step in range((numbers[1] - numbers[0]) % 7 + 1)]


def _day(name: str) -> int:
    if name[:3] in DAYS and (len(name) == 3 or name in {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}):
        return DAYS.index(name[:3])
    raise Wrong(f"{name!r} is no day; write mon tue wed thu fri sat sun, or mon-fri", nearest(name, DAYS))


def _stretches(written: object) -> list[tuple[time, time]]:
    if not isinstance(written, str | list):
        raise Wrong(f'opening times are a text such as "08:00-16:00", not {values.kind(written)}')
    stretches: list[tuple[time, time]] = []
    for text in [written] if isinstance(written, str) else written:
        rest = _STRETCH.sub("", values.text(text)).strip(" ,")
        if rest:
            raise Wrong(f"{rest!r} is no opening time; write it as 08:00-16:00")
        for found in _STRETCH.finditer(text):
            start, end = _time(found[1], found[2]), _time(found[3], found[4])
            if start == end and start != _MIDNIGHT:
                raise Wrong(f"{found[0]!r} has no length; write 00:00-24:00 for the whole day")
            stretches.append((start, end))
    return stretches


def _time(hour: str, minute: str) -> time:
    if hour == "24" and minute == "00":
        return _MIDNIGHT
    try:
        return time(int(hour), int(minute))
    except ValueError:
        raise Wrong(f"{hour}:{minute} is no time of the day") from None


def _ordered(day: str, openings: list[Opening]) -> tuple[Opening, ...]:
    ordered = sorted(openings, key=lambda opening: opening.start)
    for one, two in pairwise(ordered):
        if one.end == _MIDNIGHT or two.start < one.end:
            raise Wrong(f"on {day}, {_spelled(one)} and {_spelled(two)} overlap")
    return tuple(ordered)


def _spelled(opening: Opening) -> str:
    return f"{opening.start:%H:%M}-{'24:00' if opening.end == _MIDNIGHT else f'{opening.end:%H:%M}'}"


def read_holidays(value: object) -> Holidays | frozenset[date]:
    """Calendars and single days as one set of dates; raises Wrong for a calendar that nobody knows."""
    if not isinstance(value, str | list | date):
        raise Wrong(f"must be a country such as FI, or a list of countries and days, not {values.kind(value)}")
    if not isinstance(value, list):
        read = _holiday(value)
        return Holidays((read,)) if isinstance(read, str) else frozenset({read})
    each = [made for _, made in gather(enumerate(value), _holiday)]
    names = tuple(made for made in each if isinstance(made, str))
    days = frozenset(made for made in each if not isinstance(made, str))
    return Holidays(names, days) if names else days


def _holiday(value: object) -> str | date:
    """The name of a calendar that there is, or a single day."""
    if isinstance(value, date):
        return value
    written = values.text(value).strip()
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", written):
        Holidays((written,))  # raises Wrong for a calendar that nobody knows
        return written
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise Wrong(f"{written!r} is no day of the calendar") from None
