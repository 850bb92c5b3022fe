"""Says times, spans, sizes and numbers in a language and in the desk's zone.

Times come in as ISO 8601 text with an offset, as cards hold them. Names of days and months are in `words.toml`; no locale data of
other packages is loaded, the daemon stays small. Next: `render.py` hands these functions to every text.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rules.frozen import dataclass
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

    def _date(self, pattern: str, local: datetime, weekdays: str = "weekdays") -> str:
        dates = self.words["dates"]
        return str(
            dates[pattern].format(
                weekday=dates[weekdays][local.weekday()],
                month=dates["months"][local.month - 1],
                day=local.day,
                number=local.month,
                year=local.year,
                time=dates["time"].format(hour=local.hour, minute=local.minute),
            )
        )

    def _dated(self, pattern: str, local: datetime, weekdays: str = "weekdays") -> str:
        return self._date(pattern if local.year == self.year else f"{pattern}_year", local, weekdays)

    def day(self, at: str) -> str:
        """The day of a time: `Monday, 15 June`, with the year if it is another one than the mail's."""
        return self._dated("day", self._local(at))

    def moment(self, at: str) -> str:
        """Day and time of day as they stand in a sentence: `Monday, 15 June, 14:30`. Never `today`: nobody knows when the mail is read."""
        local = self._local(at)
        dates = self.words["dates"]
        time = dates["time"].format(hour=local.hour, minute=local.minute)
        preposition = languages.LANGUAGES[self.language].at(local.hour)
        return str(dates["moment"].format(day=self._dated("day", local, "weekdays_at"), at=preposition, time=time))

    def stamp(self, at: str) -> str:
        """The short form for lists: `15 June, 14:30`."""
        return self._dated("stamp", self._local(at))

    def period(self, first: str, after: str) -> str:
        """A stretch of whole days: `May 2026`, `2026`, or `4 May 2026 – 10 May 2026`. after: the first moment that is no longer in it."""
        start, end = self._local(first), self._local(after)
        dates = self.words["dates"]
        if (start.day, end.day) == (1, 1):
            months = (end.year - start.year) * 12 + end.month - start.month
            if months == 1:
                return str(dates["month"].format(month=dates["months_alone"][start.month - 1], year=start.year))
            if months == 12 and start.month == 1:
                return str(start.year)
        last = self._local((end - timedelta(seconds=1)).isoformat())
        return str(dates["range"].format(a=self._date("date_year", start), b=self._date("date_year", last)))

    def span(self, seconds: float) -> str:
        """A span in its two largest units: `2 hours 5 minutes`; less than a minute counts as one."""
        days, rest = divmod(max(1, round(abs(seconds) / 60)), 24 * 60)
        return self._counted((days, "days"), (rest // 60, "hours"), (rest % 60, "minutes"))

    def worktime(self, seconds: float) -> str:
        """Working time, in hours however many they are, since a day of work has none that all desks agree on: `80 hours`."""
        hours, minutes = divmod(max(1, round(abs(seconds) / 60)), 60)
        return self._counted((hours, "hours"), (minutes, "minutes"))

    def _counted(self, *amounts: tuple[int, str]) -> str:
        said = [languages.form(self.language, n, self.words["units"][unit]) for n, unit in amounts if n]
        if len(said) == 1:
            return said[0]
        return str(self.words["units"]["join"].format(a=said[0], b=said[1]))

    def clock(self, seconds: float) -> str:
        """Working time in little room: `1:12 h`."""
        hours, minutes = divmod(round(abs(seconds) / 60), 60)
        return str(self.words["units"]["clock"].format(h=hours, m=minutes))

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
