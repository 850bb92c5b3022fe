"""Public holidays by country and region, worked out for a year when it is first asked. The only importer of holidays."""

from __future__ import annotations

from datetime import date
from threading import Lock
from typing import Any

from mailgate.config.mistakes import Wrong, nearest


class Holidays:
    """The union of named calendars and single dates, asked like a set: `date in holidays`."""

    __slots__ = ("_calendars", "_dates", "_lock", "_names", "name")

    def __init__(self, names: tuple[str, ...], dates: frozenset[date] = frozenset()) -> None:
        """Open the calendars; raises Wrong for one that nobody knows."""
        self.name = self._called(names, dates)
        self._names, self._dates = names, dates
        self._calendars: tuple[Any, ...] | None = tuple(_opened(name) for name in names)
        self._lock = Lock()

    def made_of(self) -> tuple[tuple[str, ...], frozenset[date]]:
        """The names of the calendars, and the single dates."""
        return self._names, self._dates

    @classmethod
    def make(cls, names: tuple[str, ...], dates: frozenset[date]) -> Holidays:
        """Those of names that are known to be right; the calendars are opened when a day is asked for."""
        made = cls((), dates)
        made.name, made._names, made._calendars = cls._called(names, dates), names, None
        return made

    @staticmethod
    def _called(names: tuple[str, ...], dates: frozenset[date]) -> str:
        return " ".join((*names, *(d.isoformat() for d in sorted(dates))))

    def __contains__(self, day: object) -> bool:
        """Whether nobody works on that day."""
        if day in self._dates:
            return True
        with self._lock:  # a calendar marks a year as known before it has worked it out
            if self._calendars is None:
                self._calendars = tuple(_opened(name) for name in self._names)
            return any(day in calendar for calendar in self._calendars)

    def __eq__(self, other: object) -> bool:
        """By what they were made of."""
        return isinstance(other, Holidays) and self.name == other.name

    def __hash__(self) -> int:
        """By what they were made of."""
        return hash(self.name)

    def __repr__(self) -> str:
        """As configured."""
        return f"Holidays({self.name})"


def _opened(name: str) -> Any:  # noqa: ANN401 - the library has no types
    import holidays  # noqa: PLC0415 - 50 ms that a desk without calendars doesn't pay

    country, _, region = name.strip().partition("-")
    country = country.upper()
    for spelled in dict.fromkeys((region.upper(), region, region.capitalize())):  # DE-BY, but DE-Augsburg
        try:
            return holidays.country_holidays(country, subdiv=spelled or None)
        except NotImplementedError:
            continue
    known: dict[str, list[str]] = holidays.list_supported_countries()
    if country not in known:
        codes = [code for code in known if len(code) == 2]
        raise Wrong(
            f"there is no holiday calendar {name!r}; write a country such as FI, or a region such as DE-BY", nearest(country, codes)
        )
    regions = sorted(f"{country}-{each}" for each in known[country])
    written = f"; write one of {', '.join(regions[:30])}" if regions else f"; it has none at all: write {country}"
    raise Wrong(f"the holiday calendar of {country} has no region {region!r}{written}", nearest(region, known[country]))
