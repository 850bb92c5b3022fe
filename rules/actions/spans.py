"""Lengths of time as people write them, in the languages that we ship: `3d`, `90 min`, `2 Tage`, `1 viikko`, `3 dny`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from types import MappingProxyType

from rules.actions.folding import fold

_WORDS = (
    (timedelta(minutes=1), "m min mins minute minutes minuten minuutti minuuttia minuutin minuta minuty minut"),
    (timedelta(hours=1), "h hr hrs hour hours std stunde stunden tunti tuntia tunnin hod hodina hodiny hodin"),
    (timedelta(days=1), "d day days tag tage tagen pv paiva paivaa paivan den dny dni"),
    (timedelta(weeks=1), "w wk week weeks woche wochen vk viikko viikkoa viikon tyden tydny tydnu"),
)
UNITS: Mapping[str, timedelta] = MappingProxyType({word: unit for unit, words in _WORDS for word in words.split()})
"""Folded word -> what one of it lasts."""
_DIGITS = 4
_SPAN = re.compile(r"(\d{1,4})\s*([^\W\d_]+)")
_COMPACT = re.compile(r"(?:\d{1,4}[^\W\d_]+)+")


def read(text: str) -> timedelta | None:
    """The length that a number with its unit means, with or without a blank between; None if it means none."""
    words = text.split()
    found = longest(words)
    return found[0] if found is not None and found[1] == len(words) else None


def longest(words: Sequence[str]) -> tuple[timedelta, int] | None:
    """The length that the first words mean, such as `2d`, `90 min`, `1h30m`, `1 h 30 min`, and how many they are; None if they mean none.

    Each further unit is a smaller one.
    """
    total, smallest, end = timedelta(), timedelta.max, 0
    while end < len(words):
        word = words[end].rstrip(".,;")
        count = 1
        if word.isdecimal() and len(word) <= _DIGITS and end + 1 < len(words):
            word, count = f"{word}{words[end + 1].rstrip('.,;')}", 2
        pieces = [(int(n), UNITS.get(fold(unit))) for n, unit in _SPAN.findall(word)] if _COMPACT.fullmatch(word) else []
        sizes = [unit for _, unit in pieces if unit is not None]
        if not pieces or len(sizes) < len(pieces) or any(a <= b for a, b in pairwise((smallest, *sizes))):
            break
        total += sum((n * unit for n, unit in pieces if unit is not None), timedelta())
        smallest, end = sizes[-1], end + count
    return (total, end) if end else None
