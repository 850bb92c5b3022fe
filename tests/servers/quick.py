"""What a thousand desks in one process of tests need not make a thousand times: the process that reads mail, empty tables, and the SQL of statements.

Each is what a desk would have made itself, handed from one to the next. Tests of the reader, of the first start and of the migrations
don't ask for it: it holds in the folders whose `conftest.py` has a fixture `quick` of its own. One for all of them, made here, would
stay until the last test of all.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError

from mailgate import building
from mailgate.parsing import reader
from rules.facts.mail import Mail, Unreadable
from store import engine, migrate

_spare: list[tuple[subprocess.Popen[bytes], tuple[int, int]]] = []
"""Reading processes that wait for the next desk, with the pipes to them."""


class Lent(reader.Reader):
    """A reader whose process outlives it, if it was in order to the end."""

    _is_idle = True

    def _started(self) -> tuple[int, int]:
        if self._process is None and _spare:
            self._process, self._pipes = _spare.pop()
        return super()._started()

    def _batch(self, raws: Sequence[bytes]) -> list[Mail | Unreadable]:
        self._is_idle = False
        found = super()._batch(raws)
        self._is_idle = True
        return found

    def close(self) -> None:
        with self._lock:
            if self._process is not None and self._process.poll() is None and self._is_idle and not self._incoming:
                _spare.append((self._process, self._pipes))
                self._process = None
            else:
                self._stop()


class Tables:
    """An empty database, copied for each desk on SQLite."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "empty.db"
        self._create = migrate._create

    def create(self, store: engine.Store) -> migrate.Status:
        """In place of the statements that make the tables."""
        if store.path is None:
            return self._create(store)
        if not self.file.exists():
            first = engine.open(f"sqlite:///{self.file}")
            self._create(first)
            first.close()
        store.close()
        shutil.copyfile(self.file, store.path)
        return migrate.Status(shape=migrate.Shape.current, current=migrate.HEAD)


class Statements:
    """One memory of compiled statements for all engines of a kind, which are made alike."""

    def __init__(self) -> None:
        self._first: dict[str, Engine] = {}

    def create_engine(self, *words: Any, **how: Any) -> Engine:
        """In place of SQLAlchemy's own, which has a memory for each engine."""
        made = create_engine(*words, **how)
        if (name := f"{made.dialect.name} by {made.dialect.loaded_dbapi.__name__}") not in self._first:
            first = create_engine(*words, **how)
            try:
                first.connect().close()  # now it knows its server
            except DBAPIError:
                return made
            first.dispose()
            self._first[name] = first
        made.dialect, made._compiled_cache = self._first[name].dialect, self._first[name]._compiled_cache
        return made


_STATEMENTS = Statements()


@contextmanager
def begun_quickly() -> Iterator[None]:
    """Desks begin quickly meanwhile."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "Reader", Lent)
        patch.setattr(building, "Reader", Lent)
        patch.setattr(migrate, "_create", Tables(Path(folder)).create)
        patch.setattr(engine, "create_engine", _STATEMENTS.create_engine)
        yield
    while _spare:
        process, _ = _spare.pop()
        process.kill()
        process.communicate()
