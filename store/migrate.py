"""Brings a database to the shape that the tables of `store.models` have: `prepare` at start, `upgrade` on the operator's word.

A new database is made straight from the tables and marked as current; an old one takes the steps in `store.migrations`, all in
one transaction. Alembic is imported only where steps are run: opening a current database costs one query.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, inspect, text

from rules.frozen import dataclass
from store import head
from store.durability import Unfit
from store.engine import Store, reading, telling_busy, transaction

if TYPE_CHECKING:
    from alembic.config import Config

HEAD: Final = head.HEAD
"""The newest step in `store/migrations/versions`."""

_FOLDER: Final = Path(__file__).parent / "migrations"
_MARK: Final = Table(
    "alembic_version", MetaData(), Column("version_num", String(32)), PrimaryKeyConstraint("version_num", name="alembic_version_pkc")
)
_LOCK: Final = 0x6D61696C67617465
"""Key of PostgreSQL's advisory lock: one process changes the shape at a time."""


class Shape(StrEnum):
    """How a database's shape stands to this version of Mailgate."""

    empty = "empty"
    """No tables at all."""
    current = "current"
    behind = "behind"
    """Needs `upgrade`."""
    ahead = "ahead"
    """A newer Mailgate has upgraded it."""
    foreign = "foreign"
    """Tables, but not ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where a database stands."""

    shape: Shape
    current: str
    """Number of the last step it took, empty if none."""
    head: str = HEAD
    """Number of the newest step there is."""


class NotCurrent(Exception):
    """The database has another shape than this version works with; the operator has to act. The message says how."""

    def __init__(self, status: Status) -> None:
        self.status = status
        super().__init__(_ADVICE[status.shape].format(current=status.current, head=status.head))


_ADVICE: Final = {
    Shape.behind: "the database is at step {current}, this version needs {head}: run `mailgate db backup FILE`, then `mailgate db upgrade`",
    Shape.ahead: "the database is at step {current}, this version knows steps up to {head} only: install the newer Mailgate again",
    Shape.foreign: "the database holds tables that aren't Mailgate's: give [store] url a database of its own",
    Shape.empty: "the database is empty",
}


def status(store: Store) -> Status:
    """Where the database stands. Cheap: one or two queries."""
    with reading(store) as connection:
        return _status(connection)


def _status(connection: Connection) -> Status:
    if not connection.dialect.has_table(connection, _MARK.name):
        foreign = bool(inspect(connection).get_table_names())
        return Status(shape=Shape.foreign if foreign else Shape.empty, current="")
    current = connection.scalar(_MARK.select()) or ""
    if current == HEAD:
        shape = Shape.current
    else:
        shape = Shape.behind if current < HEAD else Shape.ahead
    return Status(shape=shape, current=current)


def prepare(store: Store) -> None:
    """Make sure that the database can be worked with: creates the tables of an empty one. Raises NotCurrent if it has another shape."""
    found = status(store)
    if found.shape is Shape.empty:
        found = _create(store)
    if found.shape is not Shape.current:
        raise NotCurrent(found)


def _create(store: Store) -> Status:
    with transaction(store) as connection:
        _one_at_a_time(connection)
        found = _status(connection)
        if found.shape is not Shape.empty:  # somebody was faster
            return found
        _metadata().create_all(connection)
        _MARK.create(connection)
        connection.execute(_MARK.insert().values(version_num=HEAD))
        return Status(shape=Shape.current, current=HEAD)


def _metadata() -> MetaData:
    """All tables with their constraints and indexes; loading them takes half a second, which a database that has them needn't pay."""
    from sqlmodel import SQLModel  # noqa: PLC0415

    import store.models  # noqa: F401, PLC0415 - fills the metadata

    return SQLModel.metadata


def upgrade(store: Store) -> Status:
    """Take all missing steps in one transaction: afterwards the database is current, or as it was. Returns where it stood before.

    Raises NotCurrent for a database that isn't ours or is ahead, Unfit if a step would leave rows that point nowhere.
    """
    before = status(store)
    match before.shape:
        case Shape.current:
            pass
        case Shape.empty:
            _create(store)
        case Shape.behind:
            take_steps(store, HEAD)
        case _:
            raise NotCurrent(before)
    return before


def take_steps(store: Store, to: str) -> None:
    """Take the steps up to one of them, also from nothing; the way that `upgrade` goes, and tests of single steps."""
    from alembic import command  # noqa: PLC0415 - 0.7 s that only a migration is worth

    with _changing(store) as connection:
        command.upgrade(alembic_config(connection), to)


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration in code, to work on one connection."""
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config


@contextmanager
def _changing(store: Store) -> Iterator[Connection]:
    """A transaction in which tables may be rebuilt.

    SQLite can't alter most things: a table is copied and the old one dropped, and with foreign keys enforced that drop would delete
    or orphan all child rows. So they are off meanwhile and checked as a whole before the commit.
    """
    if store.dialect != "sqlite":
        with transaction(store) as connection:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            _one_at_a_time(connection)
            yield connection
        return
    with telling_busy(), store.engine.connect() as connection:
        driver = connection.connection.driver_connection
        if driver is None:
            raise Unfit("the connection to the database is gone")
        driver.execute("PRAGMA foreign_keys=OFF")  # has no effect once a transaction is open
        try:
            with connection.begin():
                yield connection
                if lost := connection.execute(text("PRAGMA foreign_key_check")).fetchall():
                    raise Unfit(
                        f"the upgrade would leave {len(lost)} rows pointing nowhere, first in table {lost[0][0]}; nothing was changed"
                    )
        finally:
            connection.invalidate()  # the pool gets a fresh one, with foreign keys on and read back


def _one_at_a_time(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
