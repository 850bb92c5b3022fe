"""How people say a point in time: `fri`, `tomorrow at 9`, `Fr., 27. November, 10 Uhr`, `in 2 Wochen`. What it means, `moments` says.

`longest` reads as many words as belong to it. Nothing is guessed: what isn't a time as a whole is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, time, timedelta

from rules.actions import spans
from rules.actions import timewords as words_of
from rules.actions.folding import fold
from rules.frozen import dataclass, replace

_MOST_BEFORE = 3
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:t(\d{1,2}):(\d{2})(?::\d{2})?(z|[+-]\d{2}:?\d{2})?)?")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})?")
_ORDINAL = re.compile(r"(\d{1,2})(?:\.|st|nd|rd|th)?")
_DOT = re.compile(r"(\d{1,2})\.")
_YEAR = re.compile(r"20\d{2}")
_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?(am|pm|h|uhr|hod)?")
_DATELIKE = re.compile(r"(?:0?[1-9]|[12]\d|3[01])\.(?:0[1-9]|1[0-2])")
_NUMBER = re.compile(r"\d{1,3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Words that mean a point in time, taken apart."""

    span: timedelta | None = None
    months: int = 0
    workdays: int = 0
    near: int | None = None
    """Days from today."""
    weekday: int | None = None
    weeks: int = 0
    """1 for the day of the next week: `next friday`."""
    day: tuple[int | None, int, int] | None = None
    """Year (None: the next that comes), month, day."""
    clock: time | None = None
    early: bool = False
    """Whether the beginning of that day's service is meant, whatever was asked for."""
    offset: str = ""
    """`z` or `+02:00` where it was said; else the desk's zone."""


def longest(words: Sequence[str]) -> tuple[Said, int] | None:
    """What the first words mean, and how many they are; None if they mean no point in time."""
    plain = [fold(word).rstrip(",;:") for word in words[:12]]
    best: tuple[Said, int] | None = None
    for begin in range(min(_MOST_BEFORE, len(plain)) + 1):
        if begin and plain[begin - 1] not in words_of.BEFORE:
            break
        found = _from(plain, begin)
        if found is not None and (best is None or found[1] >= best[1]):
            best = found
    if best is not None and best[1] < len(plain) and plain[best[1]] in words_of.BEHIND:
        best = (best[0], best[1] + 1)
    return best


def _from(plain: Sequence[str], begin: int) -> tuple[Said, int] | None:
    """What the words from there on mean, and where they end."""
    return _length(plain, begin) or _day(plain, begin) or _hour(plain, begin, marked=begin > 0 and plain[begin - 1] in words_of.AT)


def _word(plain: Sequence[str], at: int) -> str:
    return plain[at] if at < len(plain) else ""


def _length(plain: Sequence[str], begin: int) -> tuple[Said, int] | None:
    """`2d`, `1h 30m`, `a week`, `2 months`, `3 working days`."""
    number, unit = _word(plain, begin), _word(plain, begin + 1).rstrip(".")
    count = 1 if number in words_of.A else int(number) if _NUMBER.fullmatch(number) else 0
    if count:
        if unit in words_of.MONTH:
            return Said(months=count), begin + 2
        if unit in words_of.WORKDAYS:
            return Said(workdays=count), begin + 2
        if unit in words_of.WORKING and _word(plain, begin + 2) in words_of.DAYS:
            return Said(workdays=count), begin + 3
        if number in words_of.A and unit in spans.UNITS and len(unit) > 2:
            return Said(span=spans.UNITS[unit]), begin + 2
    elif number in words_of.WEEK and (begin or unit in words_of.BEHIND):  # `za týden`, `viikon päästä`
        return Said(span=timedelta(weeks=1)), begin + 1
    found = spans.longest(plain[begin:])
    return (Said(span=found[0]), begin + found[1]) if found is not None else None


def _day(plain: Sequence[str], begin: int) -> tuple[Said, int] | None:
    """A day in one of its forms, with a time behind it or none."""
    first = _word(plain, begin).rstrip(".")
    found: tuple[Said, int] | None = None
    doubtful = False
    if first in words_of.NEAR:
        found = Said(near=words_of.NEAR[first]), begin + 1
    elif first in words_of.PAST and (begin or _word(plain, 1) in words_of.BEHIND):
        found = Said(near=-1), begin + 1
    elif first in words_of.THIS | words_of.NEXT:
        weeks, second = int(first in words_of.NEXT), _word(plain, begin + 1).rstrip(".")
        if second in words_of.WEEKDAYS:
            found = Said(weekday=words_of.WEEKDAYS[second], weeks=weeks), begin + 2
        elif second in words_of.WEEK and weeks:
            found = Said(weekday=0, weeks=1), begin + 2
    elif first in words_of.WEEKDAYS:
        behind = begin + 1 + (_word(plain, begin + 1) in {"the", "den"})
        dated = _date(plain, behind)
        if dated is not None:
            found = replace(dated[0], weekday=words_of.WEEKDAYS[first]), dated[1]
        else:
            found = Said(weekday=words_of.WEEKDAYS[first]), begin + 1
            doubtful = first in words_of.DOUBTFUL and not _word(plain, begin).endswith(".")
    else:
        found = _date(plain, begin)
    if found is None:
        return None
    timed = _timed(plain, *found)
    # a short name of a day is one beside a time, or where nothing stands behind it
    return None if doubtful and timed[1] == found[1] < len(plain) else timed


def _timed(plain: Sequence[str], said: Said, end: int) -> tuple[Said, int]:
    """A day with the time that stands behind it."""
    if said.clock is not None:
        return said, end
    if _word(plain, end) in words_of.EARLY:
        return replace(said, early=True), end + 1
    marked = _word(plain, end) in words_of.AT
    hour = _hour(plain, end + marked, marked=True)
    return (replace(said, clock=hour[0].clock), hour[1]) if hour is not None else (said, end)


def _date(plain: Sequence[str], begin: int) -> tuple[Said, int] | None:
    """`2026-12-01`, `1.12.`, `1. 12. 2026`, `1 December`, `Dec 1st, 2026`."""
    word, second = _word(plain, begin), _word(plain, begin + 1)
    if found := _ISO.fullmatch(word):
        clock = _clock(f"{found[4]}:{found[5]}") if found[4] else None
        if found[4] and clock is None:
            return None
        return _dated(int(found[1]), int(found[2]), int(found[3]), begin + 1, clock, found[6] or "")
    if found := _DOTTED.fullmatch(word):
        year, end = (int(found[3]), begin + 1) if found[3] else _year(plain, begin + 1)
        return _dated(year, int(found[2]), int(found[1]), end)
    number, month = (word, second) if _ORDINAL.fullmatch(word) else (second, word)
    if (day := _ORDINAL.fullmatch(number)) is not None and month.rstrip(".") in words_of.MONTHS:
        year, end = _year(plain, begin + 2)
        return _dated(year, words_of.MONTHS[month.rstrip(".")], int(day[1]), end)
    if (day := _DOT.fullmatch(word)) is not None and (of := _DOT.fullmatch(second)) is not None:
        year, end = _year(plain, begin + 2)
        return _dated(year, int(of[1]), int(day[1]), end)
    return None


def _year(plain: Sequence[str], at: int) -> tuple[int | None, int]:
    """The year that stands there, or none, and where the date ends."""
    word = _word(plain, at)
    return (int(word), at + 1) if _YEAR.fullmatch(word) else (None, at)


def _dated(year: int | None, month: int, day: int, end: int, clock: time | None = None, offset: str = "") -> tuple[Said, int] | None:
    try:
        date(year or 2024, month, day)  # in a leap year, 29 February is a day
    except ValueError:
        return None
    return Said(day=(year, month, day), clock=clock, offset=offset), end


def _hour(plain: Sequence[str], begin: int, *, marked: bool) -> tuple[Said, int] | None:
    """A time of the day. Where nothing before it says so, a bare number is none."""
    word, unit = _word(plain, begin), _word(plain, begin + 1).rstrip(".")
    if word in words_of.NOON:
        return Said(clock=words_of.MIDDAY), begin + 1
    found = _TIME.fullmatch(word)
    if found is None:
        return None
    half = words_of.HALVES.get(unit, "") if not found[3] else ""
    spoken = bool(half) or (unit in words_of.OCLOCK and not found[3])
    clock = _clock(f"{word}{half}")
    if clock is None or not (marked or spoken or found[2] or found[3] in {"am", "pm", "uhr", "hod"}):
        return None
    if not marked and not spoken and _DATELIKE.fullmatch(word):
        return None  # `1.12` is as well a day that lacks its dot
    return Said(clock=clock), begin + 1 + spoken


def _clock(word: str) -> time | None:
    found = _TIME.fullmatch(word)
    if not found:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3] in {"am", "pm"}:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[3] == "pm" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None
