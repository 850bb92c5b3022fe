"""Texts with a grammar of their own in config.toml: number masks and cron fields."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from string import Formatter
from typing import Annotated

from mailgate.config.mistakes import Wrong
from mailgate.config.values import choice, kind_of, text
from rules import cron as calendar

_LEAP = datetime(2032, 12, 31, tzinfo=UTC)
"""Looked back from here, there is a 29 February."""


def mask(value: object) -> str:
    """How references are made, such as `T{seq}` or `TS{yy}{mm}-{seq:04}`."""
    written = text(value)
    try:
        pieces = list(Formatter().parse(written))
        names = [name for _, name, _, _ in pieces if name is not None]
        for name in names:
            choice(name, ("seq", "yy", "yyyy", "mm", "dd"), "part of a number mask")
        if names.count("seq") != 1:
            raise Wrong(
                f"{written!r} must hold {{seq}} once: without it two tickets would have one number",
                near=f"{written}{{seq}}" if not names else "",
            )
        how = next(f"!{conversion}" if conversion else spec or "" for _, name, spec, conversion in pieces if name == "seq")
        if not re.fullmatch(r"0?\d{0,2}d?", how, re.ASCII):
            raise Wrong(
                f"{written!r}: {how!r} writes no plain numbers; {{seq:04}} makes 0042", near=re.sub(r"\{seq[^}]*\}", "{seq}", written)
            )
        sample = written.format(seq=42, yy="26", yyyy="2026", mm="11", dd="30")
    except Wrong:
        raise
    except (ValueError, KeyError, IndexError, AttributeError) as why:
        raise Wrong(f"{written!r} is no number mask: {why}") from None
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9._/-]{1,30}", sample, re.ASCII):
        raise Wrong(
            f"{written!r} makes {sample!r}; a reference starts with a letter and has only letters, digits, dots, hyphens and slashes"
        )
    return written


_CRON = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_CRON_FIELDS = ("minute", "hour", "day of the month", "month", "day of the week")
_CRON_WORDS = {
    "hourly": "0 * * * *", "daily": "0 7 * * *", "midnight": "0 0 * * *", "weekly": "0 7 * * mon", "monthly": "0 7 1 * *",
    "yearly": "0 7 1 1 *", "annually": "0 7 1 1 *", "weekdays": "0 7 * * mon-fri",
}  # fmt: skip
_CRON_NAMES = (*"jan feb mar apr may jun jul aug sep oct nov dec".split(), *"mon tue wed thu fri sat sun".split())
_CRON_PIECE = re.compile(r"(?:\*|(\d{1,2}|[a-z]{3})(?:-(\d{1,2}|[a-z]{3}))?)(?:/(\d{1,2}))?", re.ASCII)


def cron(value: object) -> str:
    """Five fields: minute, hour, day of the month, month, day of the week (crontab(5))."""
    written = text(value).strip().lower()
    fields = written.split()
    if len(fields) != 5:
        count = f"{len(fields)} field{'' if len(fields) == 1 else 's'}"
        near = _CRON_WORDS.get(written.removeprefix("@"), "")
        raise Wrong(f"{written!r} has {count}, not five: minute, hour, day, month, day of the week, such as 0 7 1 * *", near)
    for name, written_field, (low, high) in zip(_CRON_FIELDS, fields, _CRON, strict=True):
        for piece in written_field.split(","):
            found = _CRON_PIECE.fullmatch(piece)
            numbers = [group for group in found.groups()[:2] if group] if found else [""]
            if found is None or found[3] == "0" or any(not _cron_number(number, low, high) for number in numbers):
                raise Wrong(f"{written!r}: {piece!r} is no {name}; it goes from {low} to {high}, or * for each")
    if calendar.latest(written, "UTC", _LEAP) is None:
        raise Wrong(f"{written!r} never comes: the calendar has no such time")
    return written


def _cron_number(number: str, low: int, high: int) -> bool:
    if number.isdigit():
        return low <= int(number) <= high
    return number in _CRON_NAMES[:12] if high == 12 else number in _CRON_NAMES[12:] and high == 7


Mask = Annotated[str, kind_of(mask, "T{seq}")]
Cron = Annotated[str, kind_of(cron, "0 7 1 * *")]
