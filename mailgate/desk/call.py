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

    from mailgate.config.glance import Glance
    from mailgate.office import Office
    from mailgate.settings import Settings
    from store.engine import Store
    from store.plain import Reading


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
    _was_read: bool = False
    """Whether the config was read in full."""
    _glance: Glance | None = None
    _at: datetime | None = None

    @property
    def settings(self) -> Settings:
        """The config as it stands in the file, which isn't read again where it was found sound and is as it was; raises BadConfig."""
        if self._settings is None:
            from mailgate.config import kept

            self._settings = kept.noted(self.config, self.environment)
        return self._settings or self.reread()

    def reread(self) -> Settings:
        """The config, read in full whatever was kept of it; raises BadConfig."""
        from mailgate.settings import load

        self._settings, self._was_read = load(self.config, self.environment), True
        if self._settings.log.level.upper() == "DEBUG":
            from mailgate.desk import logs

            logs.start(self._settings.log)
        return self._settings

    @property
    def glance(self) -> Glance:
        """What most commands need of the config, without reading it again where it is as it was; raises BadConfig."""
        if self._glance is None:
            from mailgate.config import glance

            self._glance = (None if self._settings else glance.noted(self.config, self.environment)) or glance.of(self.settings)
        return self._glance

    @property
    def at(self) -> datetime:
        """The time of this command, one for all that it does."""
        if self._at is None:
            self._at = self.moment(self.now) if self.now else self.clock()
        return self._at

    @property
    def zone(self) -> ZoneInfo:
        """The desk's zone."""
        return ZoneInfo(self.glance.timezone)

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

        glance = self.glance
        with opened.store(glance, password=self._password(), prepared=prepared) as found:
            self._note()
            yield found

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """One transaction to read in, for what `store.lists` reads: on SQLite without SQLAlchemy, if the database is as it should be."""
        from store import plain

        scheme, _, path = self.glance.url.partition("///")
        if scheme == "sqlite:" and "?" not in path:
            with plain.look(Path(path)) as look:
                if look is not None:
                    self._note()
                    yield look
                    return
        from store import engine

        with self.store() as store, engine.reading(store) as tx:
            yield tx

    def _password(self) -> str:
        """The database's; a config with one is always read in full."""
        secret = self._settings.store.password if self._settings is not None else None
        return secret.reveal() if secret is not None else ""

    def _note(self) -> None:
        """Let the next command be quicker; a log that is asked for begins with the reading of the config."""
        if self._settings is not None and self._was_read and self._settings.log.level.upper() != "DEBUG":
            from mailgate.config import glance, kept

            glance.note(self._settings, self.environment)
            kept.note(self._settings, self.environment)

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
