"""The house stands as docs/architecture.md draws it: imports run down, in no circle, and each awkward library has one door."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.imports import CLOCKS, Import, Source, circles, clock_readings, imports, sources

ROOT = Path(__file__).resolve().parents[2]
MAY_IMPORT = {
    "cli": {"cli", "mailgate", "store", "templates", "rules"},
    "mailgate": {"mailgate", "store", "templates", "rules"},
    "store": {"store", "rules"},
    "templates": {"templates", "rules"},
    "rules": {"rules"},
}
ONE_IMPORTER = {
    "mailparser": {"mailgate.parsing.parse"},
    "imapclient": {"mailgate.boxes.imap"},
    "apscheduler": {"mailgate.daemon"},
    # Two SQLite libraries in one process don't see each other's locks, so one module picks one.
    "sqlite3": {"store.driver"},
    "pysqlite3": {"store.driver"},
    "dkim": {"mailgate.trust.signatures", "mailgate.trust.signing"},
    "dns": {"mailgate.trust.nameserver"},
    "holidays": {"mailgate.config.calendars"},
    "alembic": {"store.migrate", "store.migrations"},
}
OUTSIDE_WORLD = frozenset(
    "asyncio http io logging multiprocessing os pathlib secrets select selectors shutil signal socket socketserver sqlite3 ssl subprocess sys"
    " tempfile threading time".split()
)
"""Standard modules by which a rule could do more than follow from what it was given."""
TOP_FOLDERS = {"mailgate", "store", "rules", "templates", "tests", "docs", "bench", "packaging", ".ci"}


@pytest.fixture(scope="module", name="OURS")
def ours() -> tuple[Source, ...]:
    """All modules of the rooms, read when the first test asks and forgotten after the last."""
    return sources(ROOT)


@pytest.fixture(scope="module", name="IMPORTS")
def all_imports(OURS: tuple[Source, ...]) -> tuple[Import, ...]:
    """Who imports whom in them."""
    return imports(OURS)


def test_imports_run_down(IMPORTS: tuple[Import, ...]) -> None:
    """A rule that needs the database can't be rehearsed, and a store that needs the daemon can't be used from a command."""
    upward = [f"{i.place} {i.imported}" for i in IMPORTS if i.top in MAY_IMPORT and i.top not in MAY_IMPORT[i.importer.partition(".")[0]]]
    assert upward == []


def test_no_modules_import_each_other_in_a_circle(IMPORTS: tuple[Import, ...]) -> None:
    """Neither could be understood, or loaded, without the other. Imports for type checking count."""
    assert circles(IMPORTS) == []


def test_no_rooms_of_the_shell_import_each_other_in_a_circle(IMPORTS: tuple[Import, ...]) -> None:
    """A room is a folder of `mailgate/`; the modules beside them join rooms, so they count as none."""
    between = tuple(
        Import(_room(found.importer), _room(found.imported), found.place)
        for found in IMPORTS
        if _room(found.importer) and _room(found.imported) and _room(found.importer) != _room(found.imported)
    )
    assert len(between) > 50
    assert circles(between) == []


def _room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if parts[0] == "mailgate" and len(parts) > 2 else ""


def test_rules_need_the_standard_library_alone(IMPORTS: tuple[Import, ...], OURS: tuple[Source, ...]) -> None:
    """Deciding would depend on what happens to be installed, on a file or on the time of day."""
    inner = [i for i in IMPORTS if i.importer.partition(".")[0] == "rules" and i.top != "rules"]
    foreign = [f"{i.place} {i.imported}" for i in inner if i.top not in sys.stdlib_module_names and i.top != "__future__"]
    assert foreign == []
    assert [f"{i.place} {i.imported}" for i in inner if i.top in OUTSIDE_WORLD or i.imported == "urllib.request"] == []
    # A `Random` that is handed in is a value like any other; the module's own functions draw from a hidden one.
    hidden = [i.place for i in inner if i.imported == "random" and not _takes_random_alone(i)]
    assert hidden == []
    calls = [
        f"{source.path}:{node.lineno} {node.func.id}"
        for source in OURS
        if source.name.partition(".")[0] == "rules"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"open", "print", "input", "eval", "exec"}
    ]
    assert calls == []


def _takes_random_alone(found: Import) -> bool:
    path, _, line = found.place.rpartition(":")
    return (ROOT / path).read_text().splitlines()[int(line) - 1].split("#")[0].strip() == "from random import Random"


@pytest.mark.parametrize("library", sorted(ONE_IMPORTER))
def test_each_awkward_library_has_one_door(library: str, IMPORTS: tuple[Import, ...]) -> None:
    """Its surprises would have to be known in many places."""
    doors = ONE_IMPORTER[library]
    others = [
        i.place for i in IMPORTS if i.top == library and not any(i.importer == door or i.importer.startswith(f"{door}.") for door in doors)
    ]
    assert others == []


def test_statements_are_made_in_the_store_alone(IMPORTS: tuple[Import, ...], OURS: tuple[Source, ...]) -> None:
    """A change of a table would have to be looked for in every room. The type of a connection may be named anywhere above."""
    above = [s for s in OURS if s.name.partition(".")[0] in {"cli", "mailgate", "templates"}]
    names = [
        f"{source.path}:{node.lineno} {alias.name}"
        for source in above
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if _library(node, alias) in {"sqlalchemy", "sqlmodel"} and not _is_the_type_of_a_connection(node, alias)
    ]
    assert names == []
    assert [i.place for i in IMPORTS if i.importer.partition(".")[0] in {"cli", "mailgate"} and i.imported.startswith("store.models")] == []
    ran = [
        f"{s.path}:{node.lineno}" for s in above for node in ast.walk(s.tree) if isinstance(node, ast.Attribute) and node.attr == "execute"
    ]
    assert ran == []


def _library(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    return (alias.name if isinstance(node, ast.Import) else node.module or "").partition(".")[0]


def _is_the_type_of_a_connection(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> bool:
    return isinstance(node, ast.ImportFrom) and (node.module, alias.name) == ("sqlalchemy", "Connection")


def test_the_clock_is_read_in_two_places_alone(OURS: tuple[Source, ...]) -> None:
    """`--now` and the tests' clock would be right in some places and wrong in others."""
    readings = [place for source in OURS if source.name not in {"cli", "mailgate.daemon"} for place in clock_readings(source)]
    assert readings == []


def test_no_further_code_folder_stands_at_the_top() -> None:
    """Where something belongs would be a question again."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert {path.partition("/")[0] for path in listed if "/" in path} <= TOP_FOLDERS
    assert [path for path in listed if "/" not in path and path.endswith(".py")] == ["cli.py"]


@pytest.mark.parametrize("room", ["mailgate", "store", "rules", "templates", "tests"])
def test_every_folder_with_code_is_a_package(room: str) -> None:
    """Without its `__init__.py`, `tests/rules` hides `rules` from the tests, and a folder of a room is missing in the wheel."""
    folders = {path.parent for path in (ROOT / room).rglob("*.py")}
    assert [str(folder.relative_to(ROOT)) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def _house(root: Path, **files: str) -> None:
    for name, text in {"cli": "", **files}.items():
        path = root / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_the_scan_sees_imports_wherever_they_stand(tmp_path: Path) -> None:
    """The tests above would be green because they look at nothing."""
    _house(
        tmp_path,
        rules__a="def f():\n    from store import engine\n",
        rules__b="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from rules import c\n",
        rules__c="from . import b\nimport rules.a as x\n",
        store__engine="",
    )
    found = imports(sources(tmp_path))
    assert {(i.importer, i.imported) for i in found} >= {
        ("rules.a", "store.engine"),
        ("rules.b", "rules.c"),
        ("rules.c", "rules.b"),
        ("rules.c", "rules.a"),
    }
    assert circles(found) == [("rules.b", "rules.c")]


@pytest.mark.parametrize(
    ("code", "reads"),
    [
        ("from datetime import datetime\ndatetime.now(tz)", True),
        ("from datetime import datetime as dt\nx = dt.utcnow", True),
        ("import datetime\ndatetime.date.today()", True),
        ("import time as t\nclock = t.time", True),
        ("from time import time\ntime()", True),
        ("from email.utils import formatdate\nformatdate()", True),
        ("from email.utils import formatdate\nformatdate(1.0)", False),
        ("import time\ntime.monotonic()", False),
        ("from datetime import datetime\ndatetime.fromisoformat(x)", False),
        ("def f(clock):\n    return clock.now()", False),
    ],
)
def test_the_scan_sees_who_reads_the_clock(tmp_path: Path, code: str, reads: bool) -> None:
    """A clock read by another name would go unseen."""
    _house(tmp_path, rules__a=code)
    (source,) = (s for s in sources(tmp_path) if s.name == "rules.a")
    assert bool(clock_readings(source)) is reads
    assert CLOCKS
