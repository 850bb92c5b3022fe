"""What statements need to know of columns beyond SQLAlchemy's own types. Imported by `store.tables`.

Closed sets of words are plain text columns: a native enum type would need a migration for each new word, and the rules check words anyway.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, ColumnElement, DateTime, func
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect


_WIDTH = len("2026-11-30 07:00:00.000000")


class UtcTime(TypeDecorator[datetime]):
    """A time: naive ones are refused, aware UTC comes back on both engines.

    SQLite keeps it as text of fixed width (`2026-11-30 07:00:00.000000`), which sorts and compares as time does. The same as SQLModel's
    `UTCDateTime`, which the models have for every `datetime`; that one can't be had without all of SQLModel.
    """

    impl = DateTime
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(timezone=True)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database, always UTC."""
        del dialect
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("a time without a timezone can't be kept")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database; SQLite's text has no offset."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.utcoffset() is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """SQLite's text at once, a quarter of the way by the other types' conversions; an ordinary mail writes a dozen times."""
        return _to_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """The way back, likewise."""
        return _from_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _to_text(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is not UTC:
        if value.utcoffset() is None:
            raise ValueError("a time without a timezone can't be kept")
        value = value.astimezone(UTC)
    return value.isoformat(" ", "microseconds")[:_WIDTH]


def _from_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


def unindexed(column: Column[str]) -> ColumnElement[str]:
    """A text column, to be compared without using an index on it: where another condition finds fewer rows and the database can't know."""
    return func.coalesce(column, "")
