"""Column types and constraint names shared by all tables. Imported before the first table, by `store.models`.

Closed sets of words are plain text columns: a native enum type would need a migration for each new word, and the rules check words anyway.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Column, ColumnElement, Table, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel
from sqlmodel import UTCDateTime as UtcTime

__all__ = ["Json", "UtcTime", "table", "unindexed"]
# UtcTime: refuses naive datetimes, gives aware UTC back on both engines. SQLite keeps it as text of fixed width
# (`2026-11-30 07:00:00.000000`), which sorts and compares as time does; SQLModel uses it for every plain `datetime` field.

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def Json() -> TypeEngine[Any]:  # noqa: N802 - reads as the type it gives
    """A JSON column type: `jsonb` on PostgreSQL, text on SQLite; None is SQL's NULL. A new instance for each column."""
    return JSON(none_as_null=True).with_variant(JSONB(none_as_null=True, astext_type=Text()), "postgresql")


def unindexed(column: Column[str]) -> ColumnElement[str]:
    """A text column, to be compared without using an index on it: where another condition finds fewer rows and the database can't know."""
    return func.coalesce(column, "")


def table(model: type[SQLModel]) -> Table:
    """The Core table of a model: what statements are made of."""
    made: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel declares it on table models alone
    return made
