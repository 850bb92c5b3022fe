"""What statements are made of is what databases are made from."""

from __future__ import annotations

import pytest
from sqlalchemy import JSON, Boolean, Column, Table
from sqlmodel import UTCDateTime

from store import engine, kinds, models, tables
from store.columns import UtcTime

MODELS = {
    name: model.__table__
    for module in (getattr(models, name) for name in models.__all__)
    for name, model in vars(module).items()
    if hasattr(model, "__table__") and model.__module__ == module.__name__
}


def _said(column: Column[object]) -> tuple[object, ...]:
    kind = UtcTime if isinstance(column.type, UTCDateTime) else type(column.type)
    default = getattr(column.default, "arg", None)
    return column.name, kind, column.primary_key, column.nullable, default(None) if callable(default) else default


def test_every_model_has_its_table() -> None:
    """A statement could not be made. `python packaging/new_tables.py` writes them anew."""
    assert {name for name, found in vars(tables).items() if isinstance(found, Table)} == set(MODELS)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_table_has_the_columns_of_its_model(name: str) -> None:
    """A new column would be in the database and never be written. `python packaging/new_tables.py` writes them anew."""
    table: Table = getattr(tables, name)
    assert table.name == MODELS[name].name
    assert [_said(column) for column in table.columns] == [_said(column) for column in MODELS[name].columns]


@pytest.mark.parametrize("name", sorted(MODELS))
def test_what_a_driver_gives_otherwise_is_known_of_each_column(name: str) -> None:
    """A list at the terminal would show a time without its zone, or JSON as text. `python packaging/new_tables.py` writes them anew."""
    table: Table = getattr(tables, name)
    for known, kind in ((kinds.TIMES, UtcTime), (kinds.JSONS, JSON), (kinds.FLAGS, Boolean)):
        assert known.get(table.name, ()) == tuple(column.name for column in table.columns if isinstance(column.type, kind))


def test_what_waits_is_found_without_reading_what_is_done(sqlite_store: engine.Store) -> None:
    """With a million settled mails each look for new ones would read all of them."""
    asked = (
        "SELECT id FROM received WHERE fate IS NULL AND attempts = 0 ORDER BY attempts, id LIMIT 32",
        "SELECT id FROM received WHERE message_id = 'a' AND content_digest = 'b' AND fate IS NOT NULL ORDER BY id LIMIT 1",
        "SELECT id FROM received WHERE message_id = 'a' ORDER BY id DESC LIMIT 1",
        "SELECT id FROM received WHERE ticket_id = 7",
        "SELECT id FROM received WHERE ticket_id IN (7, 8)",
        "SELECT id FROM ticket WHERE check_at <= '2026' ORDER BY check_at, id LIMIT 9",
        "SELECT id FROM outbox WHERE cause = 'mail:7' LIMIT 1",
        "DELETE FROM wording WHERE ticket_id = 7 OR post_id IN (SELECT id FROM post WHERE ticket_id = 7)",
    )
    with engine.reading(sqlite_store) as tx:
        plans = {each: [row[3] for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {each}")] for each in asked}
    assert [each for each, plan in plans.items() if any(step.startswith("SCAN") for step in plan)] == []
