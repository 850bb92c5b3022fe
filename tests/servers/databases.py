"""A store per test on either engine: `store` runs a test twice, once on SQLite and once on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from store import engine, migrate


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and no rows, to be copied."""
    path = tmp_path_factory.mktemp("template") / "desk.db"
    desk = engine.open(f"sqlite:///{path}")
    migrate.prepare(desk)
    desk.close()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A SQLite database of this test alone, with all tables and no rows."""
    shutil.copy(sqlite_template, tmp_path / "desk.db")
    return f"sqlite:///{tmp_path / 'desk.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database with all tables and no rows, on each engine in turn."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
def store(store_url: str) -> Iterator[engine.Store]:
    """An open store with all tables and no rows, on each engine in turn."""
    desk = engine.open(store_url)
    yield desk
    desk.close()


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[engine.Store]:
    """An open SQLite store, for tests that say nothing about the engine."""
    desk = engine.open(sqlite_url)
    yield desk
    desk.close()
