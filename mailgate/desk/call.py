"""One call of the command line: its global options, and what they open. Typer carries it as the context's object.

Everything is opened when first asked for: `--help` must not load the database. The clock is handed in by `cli.py`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from mailgate.desk.ends import Misused

if TYPE_CHECKING:
    import typer

    from mailgate.office import Office
    from mailgate.settings import Settings
    from store.engine import Store


@dataclass(slots=True, kw_only=True)
class Call:
    """The global options of one command, and what was opened by them."""

    config: Path
    as_json: bool = False
    now: str = ""
    """`--now` as written, empty for the real time."""
    watch: float = 0.0
    """Seconds between two looks of `--watch`, 0 for one look."""
    clock: Callable[[], datetime]
    """The real clock, aware UTC."""
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    printed: bool = False
    """Whether the one JSON document has been written."""
    _settings: Settings | None = None
    _at: datetime | None = None

    @property
    def settings(self) -> Settings:
        """The config, read once; raises BadConfig."""
        if self._settings is None:
            from mailgate.settings import load

            self._settings = load(self.config, self.environment)
            if self._settings.log.level.upper() == "DEBUG":
                from mailgate.desk import logs

                logs.start(self._settings.log)
        return self._settings

    @property
    def at(self) -> datetime:
        """The time of this command, one for all that it does."""
        if self._at is None:
            self._at = self.moment(self.now) if self.now else self.clock()
        return self._at

    @property
    def zone(self) -> ZoneInfo:
        """The desk's zone."""
        return ZoneInfo(self.settings.policy.desk.timezone)

    def moment(self, written: str) -> datetime:
        """A time as people write it, aware UTC; without an offset it is the desk's local time. Raises Misused."""
        from datetime import UTC

        try:
            read = datetime.fromisoformat(written.strip())
        except ValueError:
            raise Misused(f"{written!r} is no time; write it as 2026-11-30T09:00+02:00") from None
        if read.tzinfo is None:
            read = read.replace(tzinfo=self.zone)
        return read.astimezone(UTC)

    def ready(self) -> None:
        """Make sure that the database can be worked with, as every other command does; raises NotCurrent."""
        with self.store():
            pass

    @contextmanager
    def store(self, *, prepared: bool = True) -> Iterator[Store]:
        """The configured database; raises NotCurrent where it has another shape, unless that is what is asked for."""
        from mailgate.desk import opened

        with opened.store(self.settings, prepared=prepared) as found:
            yield found

    @contextmanager
    def office(self, *, dns: bool = False) -> Iterator[Office]:
        """All that handling mail and writing letters need. Without `dns` no signature is looked up, which `mail in` must."""
        from mailgate.desk import opened

        with self.store() as store, opened.office(self.settings, store, dns=dns) as office:
            yield office

    counter = office
    """The same, where only tickets are acted on: the reader's process starts when the first mail is read."""


def of(context: typer.Context) -> Call:
    """The call that a command belongs to."""
    return cast("Call", context.find_root().obj)
