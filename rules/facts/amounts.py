"""Amounts as people write them in a config or on the command line: `30s`, `4h`, `3d`, `25MB`, `5/h 20/d`.

Each reader raises ValueError with a sentence that says what would have been right. Commands in mail have their own, looser readers.
"""

from __future__ import annotations

import re
from datetime import timedelta

from rules.facts.hours import ALWAYS, Hours
from rules.facts.policy import Rate

_PIECE = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*([a-z]{1,7})\s*", re.ASCII)
_UNITS = {
    "s": "s", "sec": "s", "second": "s", "seconds": "s",
    "m": "m", "min": "m", "mins": "m", "minute": "m", "minutes": "m",
    "h": "h", "hour": "h", "hours": "h",
    "d": "d", "day": "d", "days": "d",
    "w": "w", "week": "w", "weeks": "w",
}  # fmt: skip
_CLOCK = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}
_LONGEST = timedelta(days=36500)

_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,3})?)\s*([kmg]i?)?b?", re.ASCII | re.IGNORECASE)
_FACTORS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}

_RATE = re.compile(r"(\d{1,7})\s*/\s*([a-z]{1,7})", re.ASCII)


def read_duration(text: str, hours: Hours = ALWAYS) -> timedelta:
    """A span of time such as `90s`, `1h 30m` or `3d`. Days and weeks are working days and weeks of the calendar given.

    In the calendar of day and night a day has 24 hours; where people work from 8 to 16, `3d` is 24 hours of work.
    """
    rest = text.strip().lower()
    total, at = timedelta(), 0
    while at < len(rest):
        piece = _PIECE.match(rest, at)
        unit = _UNITS.get(piece[2]) if piece else None
        if piece is None or unit is None:
            raise ValueError(f"{text!r} is not a span of time; write it as 30s, 15m, 4h, 3d or 1h 30m")
        number = float(piece[1])
        match unit:
            case "d":
                total += number * hours.day
            case "w":
                total += number * (hours.per_week or timedelta(days=7))
            case _:
                total += number * _CLOCK[unit]
        at = piece.end()
        if total > _LONGEST:
            raise ValueError(f"{text!r} is longer than a hundred years")
    if not rest:
        raise ValueError("an empty text is not a span of time; write it as 30s, 15m, 4h or 3d")
    return total


def read_size(text: str) -> int:
    """Bytes of a size such as `25MB` (a million each) or `64KiB` (1,024 each); a bare number is bytes."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a size; write it as 500KB, 25MB or 1GB")
    return int(float(found[1]) * _FACTORS[(found[2] or "").lower()])


def read_rate(text: str) -> Rate:
    """How many in which time, one or several: `5/h 20/d`. `off` is no limit, an empty tuple."""
    words = text.strip().lower().replace(",", " ")
    if words == "off":
        return ()
    found = list(_RATE.finditer(words))
    if not found or _RATE.sub("", words).strip():
        raise ValueError(f'{text!r} is not a rate; write it as 30/min, 5/h 20/d or "off"')
    pieces: list[tuple[int, timedelta]] = []
    for piece in found:
        unit = _UNITS.get(piece[2])
        if unit is None:
            raise ValueError(f"{text!r} counts per {piece[2]!r}; write /s, /min, /h, /d or /w")
        span = _CLOCK.get(unit) or timedelta(days=1 if unit == "d" else 7)
        pieces.append((int(piece[1]), span))
    return tuple(sorted(pieces, key=lambda piece: piece[1]))
