"""Lengths of time as people write them, in the languages that we ship: `3d`, `90 min`, `2 Tage`, `1 viikko`, `3 dny`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from rules.actions.folding import fold

_WORDS = (
    (timedelta(minutes=1), "m min mins minute minutes minuten minuutti minuuttia minuta minuty minut"),
    (timedelta(hours=1), "h hr hrs hour hours std stunde stunden tunti tuntia hod hodina hodiny hodin"),
    (timedelta(days=1), "d day days tag tage tagen pv paiva paivaa den dny dni"),
    (timedelta(weeks=1), "w wk week weeks woche wochen vk viikko viikkoa tyden tydny tydnu"),
)
UNITS: Mapping[str, timedelta] = MappingProxyType({word: unit for unit, words in _WORDS for word in words.split()})
"""Folded word -> what one of it lasts."""
_SPAN = re.compile(r"(\d{1,4})\s*([^\W\d_]+)")


def read(text: str) -> timedelta | None:
    """The length that a number with its unit means, with or without a blank between; None if it means none."""
    found = _SPAN.fullmatch(text.strip().rstrip(".,;"))
    unit = UNITS.get(fold(found[2])) if found else None
    return int(found[1]) * unit if found and unit is not None else None
