"""Points in time as people write them in a line: `fri`, `tomorrow 9`, `2026-12-01 08:00`, `1.12.`, `3d`; and the instants they mean.

A line keeps the words: what `fri` is depends on when it is said and where. `find` takes such words off a line, `resolve` gives the instant.
Weekdays and days are known in the languages that we ship. Spans such as `3d` are days of the calendar, not of work.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from rules.actions import spans as lengths
from rules.actions.folding import fold
from rules.facts.hours import Hours, instant, spans
from rules.frozen import dataclass

_WEEKDAYS = (
    "mon monday mo montag ma maanantai po pondeli",
    "tue tuesday tues di dienstag ti tiistai ut utery",
    "wed wednesday mi mittwoch ke keskiviikko st streda",
    "thu thursday thur thurs do donnerstag to torstai ct ctvrtek",
    "fri friday fr freitag pe perjantai pa patek",
    "sat saturday sa samstag sonnabend la lauantai so sobota",
    "sun sunday sonntag su sunnuntai ne nedele",
)
_DAYS: Mapping[str, int] = MappingProxyType({word: number for number, words in enumerate(_WEEKDAYS) for word in words.split()})
_NEAR: Mapping[str, int] = MappingProxyType(
    dict.fromkeys("today heute tanaan dnes".split(), 0)
    | dict.fromkeys("tomorrow tmw morgen huomenna zitra".split(), 1)
    | dict.fromkeys("overmorrow ubermorgen uebermorgen ylihuomenna pozitri".split(), 2)
)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:t(\d{1,2}):(\d{2})(?::\d{2})?(z|[+-]\d{2}:?\d{2})?)?")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})?")
_TIME = re.compile(r"(\d{1,2})(?::(\d{2})|\.(\d{2}))?(am|pm|h|uhr)?")
_CLOCK = re.compile(r"(\d{1,2})(?:[:.]\d{2}(?:am|pm|h|uhr)?|am|pm|uhr)")
_MORNING, _EVENING = time(8), time(17)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Words that mean a point in time, taken apart."""

    span: timedelta | None = None
    near: int | None = None
    """Days from today."""
    weekday: int | None = None
    day: tuple[int | None, int, int] | None = None
    """Year (None: the next that comes), month, day."""
    clock: time | None = None
    offset: str = ""
    """`z` or `+02:00` where it was said; else the desk's zone."""


def find(text: str) -> tuple[str, str]:
    """The words at the start of a line that mean a point in time, and the rest; an empty text if there are none."""
    words = text.split()
    if words and words[0].startswith(('"', "“", "„")):
        end = min((i for q in '"“”' if (i := text.find(q, 1)) > 0), default=-1)
        if end > 0 and read(text[1:end]) is not None:
            return _plain(text[1:end]), text[end + 1 :].strip()
    for count in (2, 1):
        if len(words) >= count and read(" ".join(words[:count])) is not None:
            rest = text
            for word in words[:count]:
                rest = rest.strip()[len(word) :]
            return _plain(" ".join(words[:count])), rest.strip()
    return "", text


def _plain(text: str) -> str:
    return " ".join(text.lower().split()).rstrip(",;")


def read(text: str) -> Said | None:
    """What the words mean, None if no point in time."""
    words = _plain(text).split()
    if not 1 <= len(words) <= 2:
        return None
    first = _first(words[0])
    if first is None:
        if len(words) == 2 and words[0].isdigit() and len(words[1]) > 1 and (span := lengths.read(" ".join(words))) is not None:
            return Said(span=span)
        if len(words) == 1 and _CLOCK.fullmatch(words[0]) and (clock := _time(words[0])) is not None:
            return Said(clock=clock)
        return None
    if len(words) == 1:
        return first
    clock = _time(words[1])
    if clock is None or first.span is not None or first.clock is not None:
        return None
    return Said(near=first.near, weekday=first.weekday, day=first.day, clock=clock)


def _first(word: str) -> Said | None:
    folded = fold(word).rstrip(".")
    if folded in _NEAR:
        return Said(near=_NEAR[folded])
    if folded in _DAYS:
        return Said(weekday=_DAYS[folded])
    if (span := lengths.read(word)) is not None:
        return Said(span=span)
    if found := _ISO.fullmatch(word):
        clock = _time(f"{found[4]}:{found[5]}") if found[4] else None
        day = (int(found[1]), int(found[2]), int(found[3]))
        return Said(day=day, clock=clock, offset=found[6] or "") if _is_day(day) and (clock or not found[4]) else None
    if found := _DOTTED.fullmatch(word):
        dotted = (int(found[3]) if found[3] else None, int(found[2]), int(found[1]))
        return Said(day=dotted) if _is_day(dotted) else None
    return None


def _is_day(day: tuple[int | None, int, int]) -> bool:
    try:
        date(day[0] or 2024, day[1], day[2])
    except ValueError:
        return False
    return True


def _time(word: str) -> time | None:
    found = _TIME.fullmatch(word)
    if not found:
        return None
    hour, minute = int(found[1]), int(found[2] or found[3] or 0)
    if found[4] in {"am", "pm"}:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[4] == "pm" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def resolve(text: str, at: datetime, zone: str, hours: Hours, *, ends: bool) -> datetime | None:
    """The instant that the words mean when they are said at `at` in that zone; None if they mean none.

    A day without a time is the end of its service (`ends`, for what has to be done by then) or its beginning. A weekday is the next one
    that comes, today's only where its time is still ahead. What is past is given as it is: whoever asks refuses it.
    """
    said = read(text)
    if said is None:
        return None
    if said.span is not None:
        return at + said.span
    place = ZoneInfo(zone)
    now = at.astimezone(place)
    if said.weekday is not None:
        day = now.date() + timedelta(days=(said.weekday - now.weekday()) % 7)
        if day == now.date() and (said.clock is None or said.clock <= now.time()):
            day += timedelta(days=7)
    elif said.near is not None:
        day = now.date() + timedelta(days=said.near)
    elif said.day is not None:
        day = _date(said.day, now.date())
    else:
        clock = said.clock or _MORNING
        day = now.date() if clock > now.time() else now.date() + timedelta(days=1)
    if said.clock is not None:
        if said.offset:
            return datetime.fromisoformat(f"{day}T{said.clock:%H:%M}{said.offset.upper()}").astimezone(UTC)
        return instant(day, said.clock, place)
    return _edge(day, place, hours, ends=ends)


def _date(day: tuple[int | None, int, int], today: date) -> date:
    year, month, number = day
    if year is not None:
        return date(year, month, number)
    for candidate in range(today.year, today.year + 9):  # 29.2. comes within eight years
        try:
            found = date(candidate, month, number)
        except ValueError:
            continue
        if found >= today:
            return found
    return today


def _edge(day: date, place: ZoneInfo, hours: Hours, *, ends: bool) -> datetime:
    served = list(spans(hours, day)) if hours.working_days and hours.per_week < timedelta(days=7) else []
    if served:
        return served[-1][1] if ends else served[0][0]
    return datetime.combine(day, _EVENING if ends else _MORNING, place).astimezone(UTC)
