"""On which engine the desks of these stories stand.

On SQLite; those of `ON_BOTH` once more on PostgreSQL, and with `--engine postgresql` (`make test-postgres`) all of them there alone. The
stories don't know: a desk asks `office.where` for its database, and one that is opened again in the same folder finds its own. With
`--served` (`make test-served`) each desk is a daemon of its own, and mail goes in by its doors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.desk import office, served
from tests.servers.postgres import TEMPLATE, Postgres
from tests.servers.quick import begun_quickly

ON_BOTH = frozenset({"test_archive", "test_clocks", "test_finding", "test_later", "test_tasks", "test_undo"})
"""Stories whose statements differ most: looking for words, claiming what is due, taking back, archiving, tasks."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tell the stories of `ON_BOTH` twice."""
    told_twice = metafunc.definition.path.stem in ON_BOTH and metafunc.config.getoption("--engine") is None
    if told_twice:
        metafunc.parametrize("on_engine", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="package")
def quick() -> Iterator[None]:
    """What a thousand desks need not make a thousand times."""
    with begun_quickly():
        yield


@pytest.fixture(autouse=True, scope="package")
def _quick(quick: None) -> None:
    """These stories are of what desks do, not of how they begin."""


@pytest.fixture(autouse=True)
def is_served(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every desk of this story as a daemon, if that is asked for and can be told so."""
    if request.config.getoption("--served"):
        if (mark := request.node.get_closest_marker("inside")) is not None:
            pytest.skip(mark.args[0])
        monkeypatch.setattr(office, "opened", served.opened)


@pytest.fixture(autouse=True)
def on_engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every desk of this story on one engine; on PostgreSQL a database for each folder, gone after the story."""
    chosen: str = getattr(request, "param", None) or request.config.getoption("--engine") or "sqlite"
    if chosen == "sqlite":
        yield
        return
    server = request.getfixturevalue("postgres")
    names: dict[Path, str] = {}
    monkeypatch.setattr(office, "where", _of_a_folder(server, names))
    yield
    for name in names.values():
        server.drop(name)


def _of_a_folder(server: Postgres, names: dict[Path, str]) -> Callable[[Path], str]:
    def where(folder: Path) -> str:
        if folder not in names:
            names[folder] = server.create(TEMPLATE)
        return server.url(names[folder])

    return where
