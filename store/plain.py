"""Reading in plain SQL, without Core: what lists and pages of the terminal need, where loading Core would take longer than all the rest.

A statement is one that SQLite and PostgreSQL both take, with `:name` where a value goes. It runs inside the caller's transaction: a `Connection` of
Core, or a `Look`, which is one read transaction on a SQLite file and nothing more. What columns hold is known from `store.kinds`. Writing, and whatever
is asked again and again, belongs to Core and to `store.prepared`. Next: `store/lists/`.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, Protocol

from store import driver, durability, head, lock
from store.kinds import DAYS, FLAGS, JSONS, TIMES

Row = dict[str, Any]
"""Column names to values."""


class Dialect(Protocol):
    """Which database it is."""

    @property
    def name(self) -> str:
        """`sqlite` or `postgresql`."""


class Reading(Protocol):
    """A transaction to read in: Core's, or a look."""

    @property
    def dialect(self) -> Any:  # noqa: ANN401 - of Core, which has many more words
        """Which database it is."""

    @property
    def connection(self) -> Any:  # noqa: ANN401 - either driver's
        """The driver's own connection."""


_UNFINISHED: Final = 776
"""SQLITE_READONLY_ROLLBACK: a rollback journal is there that only a writer may play back."""


class _Sqlite:
    name = "sqlite"


class Look:
    """One read transaction on a SQLite file of the current shape."""

    __slots__ = ("connection",)

    dialect = _Sqlite()

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - either driver's
        self.connection = connection


@contextmanager
def look(path: Path) -> Iterator[Look | None]:
    """A look at a database, for the block; None where it can't be had just so: no file, another shape, somebody in the way.

    Then the long way through `store.engine` does it, or says what is wrong. Raises Busy as that does.
    """
    module = driver.sqlite()
    connection = _opened(module, path)
    try:
        yield Look(connection) if connection is not None else None
    except module.OperationalError as fault:
        from store import engine  # noqa: PLC0415 - what this module is here to avoid

        if (why := engine.SQLITE_BUSY.get(getattr(fault, "sqlite_errorcode", 0) & 0xFF)) is not None:
            raise engine.Busy(why) from fault
        raise
    finally:
        if connection is not None:
            connection.close()


def _opened(module: Any, path: Path) -> Any:  # noqa: ANN401
    if not path.is_file():
        return None
    deadline = time.monotonic() + durability.BUSY_TIMEOUT_MS / 1000
    while True:
        connection = None
        try:
            # Only to read: who looks never plays back a journal, which may be that of a daemon in the midst of writing.
            connection = module.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
            if _is_of_this_shape(module, connection):
                return connection
        except (module.Error, durability.Unfit) as fault:
            unfinished = getattr(fault, "sqlite_errorcode", 0) == _UNFINISHED
        else:
            unfinished = False
        if connection is not None:
            connection.close()
        if not (unfinished and lock.holder(path) and time.monotonic() < deadline):
            return None
        time.sleep(0.01)


def _is_of_this_shape(module: Any, connection: Any) -> bool:  # noqa: ANN401
    durability.prepare_sqlite(connection, module.sqlite_version_info, read_only=True)
    connection.execute("BEGIN")
    return bool(connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(head.HEAD,)])


def rows(tx: Reading, table: str, statement: str, values: Mapping[str, Any] | None = None) -> list[Row]:
    """Every row, its values as Core would give them; `table` is the one whose columns come back, beside which others may stand as they are."""
    lite = tx.dialect.name == "sqlite"
    given = values or {}
    cursor = tx.connection.cursor()
    try:
        if lite:
            cursor.execute(statement, {name: _lite(value) for name, value in given.items()})
        else:
            cursor.execute(_VALUE.sub(r"%(\1)s", statement.replace("%", "%%")), given)
        names = [each[0] for each in cursor.description]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    finally:
        cursor.close()
    for convert, kinds in (_LITE if lite else _SERVER).items():
        for name in kinds.get(table, ()):
            if name in names:
                for row in found:
                    if (value := row[name]) is not None:
                        row[name] = convert(value)
    return found


def any_of(column: str, words: Iterable[Any], values: dict[str, Any]) -> str:
    """The condition that a column has one of these values, which are put to the others; never true for none."""
    names = []
    for each in words:
        name = f"v{len(values)}"
        values[name] = each
        names.append(f":{name}")
    return f"{column} IN ({', '.join(names)})" if names else "1 = 0"


def among(tx: Reading, column: str, ids: Iterable[int], values: dict[str, Any]) -> str:
    """The condition that a column is one of these numbers, of which there may be very many."""
    name = f"v{len(values)}"
    if tx.dialect.name == "sqlite":
        values[name] = json.dumps(list(ids))
        return f"{column} IN (SELECT value FROM json_each(:{name}))"  # noqa: S608 - a column and a name of ours
    values[name] = list(ids)
    return f"{column} = ANY(:{name})"


def contains(column: str, part: str, values: dict[str, Any]) -> str:
    """The condition that a text has this in it, whatever it looks like; the value is put to the others."""
    name = f"v{len(values)}"
    values[name] = "%" + _WILD.sub(r"/\g<0>", part) + "%"
    return f"{column} LIKE :{name} ESCAPE '/'"


_WILD = re.compile("[%_/]")
_VALUE = re.compile(r"(?<![:\w]):([a-z]\w*)")


def _lite(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    """A value as SQLite keeps it; raises ValueError for a time without a zone."""
    if not isinstance(value, datetime):
        return value
    if value.utcoffset() is None:
        raise ValueError("a time without a timezone can't be kept")
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


_Kinds = Mapping[str, tuple[str, ...]]
_LITE: Mapping[Callable[[Any], Any], _Kinds] = {_moment: TIMES, json.loads: JSONS, bool: FLAGS, date.fromisoformat: DAYS}
_SERVER: Mapping[Callable[[Any], Any], _Kinds] = {_utc: TIMES}
