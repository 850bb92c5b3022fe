"""The steps lead exactly to the tables, from nothing and from any earlier shape, and lose no row on the way."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlmodel import SQLModel

from rules.facts.mail import Envelope
from rules.frozen import replace
from store import engine, inbox, migrate
from store.migrate import Shape
from store.models.tickets import Post, Ticket


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[engine.Store]:
    """An open store without any table, on each engine in turn."""
    desk = engine.open(f"sqlite:///{tmp_path}/empty.db" if request.param == "sqlite" else request.getfixturevalue("empty_postgres_url"))
    yield desk
    desk.close()


def test_steps_from_nothing_lead_to_the_tables(empty: engine.Store) -> None:
    """After an upgrade the desk would ask for columns that aren't there."""
    migrate.take_steps(empty, migrate.HEAD)
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": lambda _, name, kind, *__: not (kind in {"table", "index"} and name.startswith("fts_"))}
        )
        assert compare_metadata(context, SQLModel.metadata) == []
    assert migrate.status(empty).shape is Shape.current


def test_an_upgraded_database_is_the_same_as_a_new_one(store: engine.Store, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Old sites would behave differently from new ones: a missing trigger, index or constraint."""
    old = engine.open(f"sqlite:///{tmp_path}/old.db" if store.dialect == "sqlite" else request.getfixturevalue("empty_postgres_url"))
    migrate.take_steps(old, migrate.HEAD)
    assert _shape(old) == _shape(store)
    old.close()


def _shape(desk: engine.Store) -> dict[str, Any]:
    """All that a database is made of but rows, in an order of its own."""
    with engine.reading(desk) as tx:
        seen = inspect(tx)
        shape: dict[str, Any] = {}
        for table in sorted(seen.get_table_names()):
            shape[table] = {
                "columns": sorted((c["name"], str(c["type"]), c["nullable"], str(c["default"])) for c in seen.get_columns(table)),
                "key": seen.get_pk_constraint(table),
                "foreign": sorted(map(repr, seen.get_foreign_keys(table))),
                "unique": sorted(map(repr, seen.get_unique_constraints(table))),
                "checks": sorted(map(repr, seen.get_check_constraints(table))),
                "indexes": sorted((str(i["name"]), *map(str, i["column_names"]), str(i["unique"])) for i in seen.get_indexes(table)),
            }
        if desk.dialect == "sqlite":
            rest = "SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'view', 'index') OR sql LIKE 'CREATE VIRTUAL%' ORDER BY name"
        else:
            rest = (
                "SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
                " UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 2"
            )
        shape["*"] = [tuple(row) for row in tx.execute(text(rest))]
        return shape


def test_the_constant_head_is_the_last_step(empty: engine.Store) -> None:
    """Every start would believe the database current although steps are missing."""
    with empty.engine.connect() as connection:
        script = ScriptDirectory.from_config(migrate.alembic_config(connection))
    steps = [step.revision for step in script.walk_revisions()][::-1]
    assert script.get_heads() == [migrate.HEAD]
    assert steps == [f"{number:04d}" for number in range(1, len(steps) + 1)]


def test_a_new_database_is_made_and_left_alone_afterwards(empty: engine.Store) -> None:
    """The first `serve` would fail, or the second would start from nothing."""
    assert migrate.status(empty).shape is Shape.empty
    migrate.prepare(empty)
    with engine.transaction(empty) as tx:
        tx.execute(text("INSERT INTO setting (name, value) VALUES ('a', '1')"))
    migrate.prepare(empty)
    assert migrate.upgrade(empty).shape is Shape.current
    with engine.reading(empty) as tx:
        assert tx.execute(text("SELECT value FROM setting")).scalar_one() == "1"


def test_two_that_start_at_once_make_one_database(empty: engine.Store) -> None:
    """The daemon and a cron job, started together on a new machine: one of them would fail."""
    desks = [engine.open(empty.url) for _ in range(3)]
    failures: list[BaseException] = []

    def start(desk: engine.Store) -> None:
        try:
            migrate.prepare(desk)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=start, args=(desk,)) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for desk in desks:
        desk.close()
    assert failures == []
    assert migrate.status(empty).shape is Shape.current


@pytest.mark.parametrize(
    ("mark", "shape", "advice"),
    [("0000", Shape.behind, "db upgrade"), ("9999", Shape.ahead, "newer Mailgate"), (None, Shape.foreign, "database of its own")],
)
def test_a_database_of_another_shape_is_not_served(empty: engine.Store, mark: str | None, shape: Shape, advice: str) -> None:
    """An older Mailgate would write into a newer database, or into that of another program."""
    with engine.transaction(empty) as tx:
        tx.execute(text("CREATE TABLE something (a INTEGER)"))
        if mark is not None:
            tx.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)"))
            tx.execute(text("INSERT INTO alembic_version VALUES (:mark)"), {"mark": mark})
    with pytest.raises(migrate.NotCurrent, match=advice) as told:
        migrate.prepare(empty)
    assert told.value.status.shape is shape
    if shape is not Shape.behind:
        with pytest.raises(migrate.NotCurrent):
            migrate.upgrade(empty)


def test_opening_a_current_database_leaves_alembic_alone(sqlite_url: str) -> None:
    """Every command would take most of a second longer."""
    program = "import sys; from store import engine, migrate; migrate.prepare(engine.open(sys.argv[1])); print('alembic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program, sqlite_url], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def _fill(desk: engine.Store) -> None:
    at = datetime(2026, 11, 30, 9, tzinfo=UTC)
    with engine.transaction(desk) as tx:
        for number in (1, 2):
            tx.execute(Ticket.__table__.insert().values(**Ticket(id=number, ref=f"T{number}", opened_at=at).model_dump()))  # type: ignore[attr-defined]
            tx.execute(Post.__table__.insert().values(**Post(id=number, ticket_id=number, at=at, kind="public").model_dump()))  # type: ignore[attr-defined]


def test_rebuilding_a_parent_table_keeps_the_rows_below_it(sqlite_store: engine.Store) -> None:
    """An upgrade would delete every post of every ticket."""
    _fill(sqlite_store)
    with migrate._changing(sqlite_store) as connection:
        op = Operations(MigrationContext.configure(connection))
        with op.batch_alter_table("ticket", recreate="always") as batch:
            batch.alter_column("subject", nullable=True)
    with engine.transaction(sqlite_store) as tx:
        assert tx.execute(text("SELECT count(*) FROM ticket")).scalar_one() == 2
        assert tx.execute(text("SELECT count(*) FROM post")).scalar_one() == 2
        assert tx.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


def test_a_step_that_would_orphan_rows_changes_nothing(sqlite_store: engine.Store) -> None:
    """A wrong step would leave posts without a ticket, found only when somebody looks for them."""
    _fill(sqlite_store)
    with pytest.raises(engine.Unfit, match="1 rows pointing nowhere, first in table post"), migrate._changing(sqlite_store) as connection:
        connection.execute(text("DELETE FROM ticket WHERE id = 2"))
    with engine.transaction(sqlite_store) as tx:
        assert tx.execute(text("SELECT count(*) FROM ticket")).scalar_one() == 2
        assert tx.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


def test_a_failing_step_leaves_the_old_shape(empty: engine.Store) -> None:
    """A power cut in an upgrade would leave a database that is neither old nor new."""
    with pytest.raises(ZeroDivisionError), migrate._changing(empty) as connection:
        connection.execute(text("CREATE TABLE half (a INTEGER)"))
        raise ZeroDivisionError
    assert migrate.status(empty).shape is Shape.empty


def test_a_retry_is_known_after_an_upgrade(empty: engine.Store) -> None:
    """A relay that tries once more after the desk was brought up to date would open every request twice."""
    envelope = Envelope(door="smtp", sender="kim@client.example", recipients=("b@desk.example", "a@desk.example"))
    raw, at = b"Message-ID: <1@client.example>\r\n\r\nHello", datetime.now(UTC)
    words = [word.encode() for word in ("smtp", "kim@client.example", "a@desk.example", "b@desk.example")]
    before = hashlib.sha256(b"".join(len(word).to_bytes(4, "big") + word for word in words) + raw).hexdigest()
    migrate.take_steps(empty, "0002")
    with engine.transaction(empty) as tx:
        kept = inbox.keep(tx, [(envelope, raw)], at)
        tx.execute(text("UPDATE received SET retry_key = :key"), {"key": before})
        again = inbox.keep(tx, [(replace(envelope, sender="lou@client.example"), raw)], at - timedelta(days=6))
        tx.execute(text("UPDATE received SET retry_key = 'long ago' WHERE id = :id"), {"id": again[0]})
    migrate.upgrade(empty)
    with engine.transaction(empty) as tx:
        assert inbox.keep(tx, [(envelope, raw)], at) == kept
        assert tx.execute(text("SELECT retry_key FROM received ORDER BY id DESC LIMIT 1")).scalar_one() == "long ago"
