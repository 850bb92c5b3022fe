"""What statements need to know of columns beyond SQLAlchemy's own types. Imported by `store.tables`.

Closed sets of words are plain text columns: a native enum type would need a migration for each new word, and the rules check words anyway.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Column, ColumnElement, DateTime, func
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect


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


def unindexed(column: Column[str]) -> ColumnElement[str]:
    """A text column, to be compared without using an index on it: where another condition finds fewer rows and the database can't know."""
    return func.coalesce(column, "")
