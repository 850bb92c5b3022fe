"""The instants that people mean by `fri`, `tomorrow at 9`, `2026-12-01 08:00`, `1. Dezember`, `3d`; how such words are read is said in `saying`.

A line keeps the words: what `fri` is depends on when it is said and where. `find` takes such words off a line, `resolve` gives the instant.
Spans such as `3d` are days of the calendar, `3 working days` are days of service.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from rules.actions import saying
from rules.actions.folding import fold
from rules.actions.saying import Said
from rules.actions.timewords import BEFORE, DUE, DUE_BEHIND, EVENING, MORNING
from rules.actions.words import first_word
from rules.facts.hours import Hours, instant, spans

SATURDAY = 5
_WORD = re.compile(r"\S+")
_LONGEST = 8
"""Words of a deadline: `by 1 December 2026 at 9 o'clock`."""


def find(text: str) -> tuple[str, str]:
    """The words at the start of a line that mean a point in time, and the rest; an empty text if there are none."""
    if text.lstrip().startswith(('"', "“", "„")):
        quoted, rest = first_word(text)
        return (_plain(quoted.split()), rest) if quoted and read(quoted) is not None else ("", text)
    words = text.split()
    found = saying.longest(words)
    if found is None:
        return "", text
    rest = text
    for word in words[: found[1]]:
        rest = rest.strip()[len(word) :]
    return _plain(words[: found[1]]), rest.strip()


def _plain(words: Sequence[str]) -> str:
    """The words as a line keeps them, without what may stand before a time."""
    kept = [word.lower() for word in words]
    for _ in range(len(kept)):
        shorter = kept[1:]
        if not shorter or fold(kept[0]) not in BEFORE or saying.longest(shorter) != _shifted(saying.longest(kept)):
            break
        kept = shorter
    return " ".join(kept).rstrip(",;:")


def _shifted(found: tuple[Said, int] | None) -> tuple[Said, int] | None:
    return (found[0], found[1] - 1) if found is not None else None


def deadline(text: str) -> tuple[str, str]:
    """A line without the deadline that it ends with, and that one's words: `by friday`, `bis morgen`, `perjantaihin mennessä`; empty if there is none."""
    words = list(_WORD.finditer(text))
    for n in range(max(0, len(words) - _LONGEST), len(words)):
        first, before = fold(words[n][0]), fold(words[n - 1][0]) if n else ""
        if not (first in DUE or fold(words[-1][0]).strip(".,;:") in DUE_BEHIND) or (before, first) == ("to", "do"):
            continue
        said = text[words[n].start() :]
        if read(said) is not None:
            return text[: words[n].start()], find(said)[0]
    return text, ""


def read(text: str) -> Said | None:
    """What the words mean, None if they as a whole are no point in time."""
    words = text.split()
    found = saying.longest(words)
    return found[0] if found is not None and found[1] == len(words) else None


def resolve(text: str, at: datetime, zone: str, hours: Hours, *, ends: bool) -> datetime | None:
    """The instant that the words mean when they are said at `at` in that zone; None if they mean none.

    A day without a time is the end of its service (`ends`, for what has to be done by then) or its beginning. A weekday is the next one
    that comes, today's only where its time is still ahead; `next friday` is the one of next week. A weekday with a date that is another
    day of the week means nothing. What is past is given as it is: whoever asks refuses it.
    """
    said = read(text)
    if said is None:
        return None
    if said.span is not None:
        return at + said.span
    place = ZoneInfo(zone)
    now = at.astimezone(place)
    if said.months or said.workdays:
        day = _months_on(now.date(), said.months) if said.months else _workdays_on(now.date(), said.workdays, hours)
        return instant(day, now.time(), place)
    if said.day is not None:
        day = _date(said.day, now.date())
        if said.weekday not in {None, day.weekday()}:
            return None
    elif said.weekday is not None:
        day = now.date() + timedelta(days=(said.weekday - now.weekday()) % 7)
        if said.weeks:
            day = now.date() + timedelta(days=7 - now.weekday() + said.weekday)
        elif day == now.date() and (said.clock is None or said.clock <= now.time()):
            day += timedelta(days=7)
    elif said.near is not None:
        day = now.date() + timedelta(days=said.near)
    else:
        clock = said.clock or MORNING
        day = now.date() if clock > now.time() else now.date() + timedelta(days=1)
    if said.clock is not None:
        if said.offset:
            return datetime.fromisoformat(f"{day}T{said.clock:%H:%M}{said.offset.upper()}").astimezone(UTC)
        return instant(day, said.clock, place)
    return _edge(day, place, hours, ends=ends and not said.early)


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


def _months_on(day: date, months: int) -> date:
    """The same day so many months later, the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _workdays_on(day: date, count: int, hours: Hours) -> date:
    """So many days of service later; where service never ends, Saturday and Sunday don't count."""
    served = hours.working_days and hours.per_week < timedelta(days=7)
    for _ in range(count * 30):
        day += timedelta(days=1)
        count -= bool(list(spans(hours, day))) if served else day.weekday() < SATURDAY
        if not count:
            break
    return day


def _edge(day: date, place: ZoneInfo, hours: Hours, *, ends: bool) -> datetime:
    served = list(spans(hours, day)) if hours.working_days and hours.per_week < timedelta(days=7) else []
    if served:
        return served[-1][1] if ends else served[0][0]
    return datetime.combine(day, EVENING if ends else MORNING, place).astimezone(UTC)
