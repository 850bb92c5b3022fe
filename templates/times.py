"""Says times, spans, sizes and numbers in a language and in the desk's zone.

Times come in as ISO 8601 text with an offset, as cards hold them. Names of days and months are in `words.toml`; no locale data of
other packages is loaded, the daemon stays small. Next: `render.py` hands these functions to every text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from templates import languages


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """A time zone by its name; UTC where the name is unknown, so that a mail still leaves."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The moment and place of one mail: language, time zone, and the year that need not be said."""

    language: str
    zone: ZoneInfo
    year: int
    words: Mapping[str, Any]

    def _local(self, at: str) -> datetime:
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError(f"time without offset: {at}")
        return moment.astimezone(self.zone)

    def _date(self, pattern: str, day: date, time: str = "") -> str:
        dates = self.words["dates"]
        weekday, month = dates["weekdays"][day.weekday()], dates["months"][day.month - 1]
        return str(dates[pattern].format(weekday=weekday, month=month, day=day.day, year=day.year, time=time))

    def day(self, at: str) -> str:
        """The day of a time: `Monday, 15 June`, with the year if it is another one than the mail's."""
        local = self._local(at)
        return self._date("day" if local.year == self.year else "day_year", local)

    def moment(self, at: str) -> str:
        """Day and time of day: `Monday, 15 June, 14:30`. Never `today`: nobody knows when the mail is read."""
        local = self._local(at)
        day = self._date("day" if local.year == self.year else "day_year", local)
        return str(self.words["dates"]["moment"].format(day=day, time=f"{local:%H:%M}"))

    def stamp(self, at: str) -> str:
        """The short form for lists: `15 June, 14:30`."""
        local = self._local(at)
        return self._date("stamp" if local.year == self.year else "stamp_year", local, f"{local:%H:%M}")

    def span(self, seconds: float) -> str:
        """A span in its two largest units: `2 hours 5 minutes`; less than a minute counts as one."""
        minutes = max(1, round(abs(seconds) / 60))
        days, rest = divmod(minutes, 24 * 60)
        hours, left = divmod(rest, 60)
        said = [
            languages.form(self.language, n, self.words["units"][unit])
            for n, unit in ((days, "days"), (hours, "hours"), (left, "minutes"))
            if n
        ]
        if len(said) == 1:
            return said[0]
        return str(self.words["units"]["join"].format(a=said[0], b=said[1]))

    def size(self, size_bytes: int) -> str:
        """A size in decimal units: `412 kB`, `1.5 MB`."""
        if size_bytes < 1000:
            return f"{size_bytes} B"
        amount, unit = (size_bytes / 1000, "kB") if size_bytes < 999_500 else (size_bytes / 1_000_000, "MB")
        return f"{self.number(amount, 1 if unit == 'MB' and amount < 10 else 0)} {unit}"

    def number(self, value: float, places: int = 0) -> str:
        """A number with the language's separators: `1,234.5` or `1.234,5`."""
        whole, _, part = f"{value:,.{places}f}".partition(".")
        whole = whole.replace(",", self.words["dates"]["group"])
        return whole + (f"{self.words['dates']['decimal']}{part}" if part else "")


def times(language: str, timezone: str, at: str, site: Path | None = None) -> Times:
    """The speaker of times for a card: its language, its zone, and its `at` for the year. Raises ValueError for a time without offset."""
    place = zone(timezone)
    moment = datetime.fromisoformat(at)
    if moment.tzinfo is None:
        raise ValueError(f"time without offset: {at}")
    return Times(language=language, zone=place, year=moment.astimezone(place).year, words=languages.words(language, site))
