"""Statements of the hot path, made once by Core and run on the driver's own cursor: see docs/adr/0011.

Core still writes the SQL for the dialect and converts the values, in both directions; what is left out is the third of a millisecond
that it takes to run a statement which never changes. All inside the caller's transaction, which Core began and will end. Statements
whose conditions come and go belong to Core alone. Next: `store.engine`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from typing import Any

from sqlalchemy import BindParameter, Column, ColumnElement, Connection, Integer, Select, bindparam, literal_column
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Delete, Insert, Update

from store import late

Row = dict[str, Any]
"""Column names to values."""

Statement = Select[Any] | Insert | Update | Delete
_Convert = Callable[[Any], Any] | None
_MOST = 64
_NOTHING: dict[str, Any] = {}


def at_most(rows: int) -> ColumnElement[int]:
    """What to give to `limit`, written into the SQL: SQLite (from 3.47) plans a statement anew each time that a parameter of LIMIT is bound.

    That takes ten times as long as looking a row up.
    """
    return literal_column(str(int(rows)), Integer)


class Prepared:
    """One statement. `takes` are the columns that an INSERT or UPDATE without `values` writes.

    Values are given by name; a name that the statement has a value for itself needn't be given. Errors are raised as Core raises them.
    """

    __slots__ = ("_gives", "_plans", "_statement", "_takes")

    def __init__(self, statement: Statement, *, takes: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._takes = takes
        self._gives = tuple(statement.selected_columns) if isinstance(statement, Select) else ()
        self._plans: dict[str, _Plan] = {}

    def new_id(self, tx: Connection, values: Mapping[str, Any]) -> int:
        """Insert one row into a table that numbers its rows itself in `id`; that number.

        SQLite's driver knows it: to give it back by RETURNING, SQLite makes a table of its own for it each time.
        """
        plan = self._plans.get(tx.dialect.name)
        if plan is None:
            assert isinstance(self._statement, Insert)  # noqa: S101 - what has a new row
            is_known = tx.dialect.name == "sqlite"
            statement = self._statement if is_known else self._statement.returning(self._statement.table.c.id)
            plan = self._plans[tx.dialect.name] = _Plan(statement, self._takes, (), tx.dialect)
        return int(_run(tx, plan, plan.bound(values), _last_row if tx.dialect.name == "sqlite" else _first_value))

    def first(self, tx: Connection, values: Mapping[str, Any]) -> Row | None:
        """The first row, None if there is none."""
        plan = self._plan(tx)
        found = _run(tx, plan, plan.bound(values), _fetch_one)
        return None if found is None else plan.row(found)

    def all(self, tx: Connection, values: Mapping[str, Any]) -> list[Row]:
        """Every row."""
        plan = self._plan(tx)
        return [plan.row(found) for found in _run(tx, plan, plan.bound(values), _fetch_all)]

    def scalar(self, tx: Connection, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever the column holds
        """The first column of the first row, None if there is none."""
        plan = self._plan(tx)
        found = _run(tx, plan, plan.bound(values), _fetch_one)
        return None if found is None else plan.value(found)

    def run(self, tx: Connection, values: Mapping[str, Any]) -> int:
        """Run it; how many rows it touched."""
        plan = self._plan(tx)
        return int(_run(tx, plan, plan.bound(values), _touched))

    def run_many(self, tx: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it for each row of values."""
        if rows:
            plan = self._plan(tx)
            _run(tx, plan, [plan.bound(values) for values in rows], _touched, many=True)

    def _plan(self, tx: Connection) -> _Plan:
        plan = self._plans.get(tx.dialect.name)
        if plan is None:
            plan = self._plans[tx.dialect.name] = _Plan(self._statement, self._takes, self._gives, tx.dialect)
        return plan


class PreparedFor:
    """A statement about as many things as there happen to be: `make` builds it from the parameters that stand for them.

    Made for 1, 2, 4 … 64 things; a gap is filled with the last one again, more than 64 go in turns.
    """

    __slots__ = ("_make", "_sized")

    def __init__(self, make: Callable[[list[BindParameter[Any]]], Statement]) -> None:
        self._make = make
        self._sized: dict[int, Prepared] = {}

    def all(self, tx: Connection, things: Collection[Any], values: dict[str, Any] = _NOTHING) -> list[Row]:
        """Every row, for any of the things."""
        return [row for statement, bound in self._turns(things) for row in statement.all(tx, values | bound)]

    def run(self, tx: Connection, things: Collection[Any], values: dict[str, Any] = _NOTHING) -> None:
        """Run it for all of the things."""
        for statement, bound in self._turns(things):
            statement.run(tx, values | bound)

    def _turns(self, things: Collection[Any]) -> Iterator[tuple[Prepared, dict[str, Any]]]:
        every = list(dict.fromkeys(things))
        for begin in range(0, len(every), _MOST):
            turn = every[begin : begin + _MOST]
            size = 1 << (len(turn) - 1).bit_length()
            statement = self._sized.get(size)
            if statement is None:
                statement = self._sized[size] = Prepared(self._make([bindparam(f"thing_{n}") for n in range(size)]))
            yield statement, {f"thing_{n}": turn[min(n, len(turn) - 1)] for n in range(size)}


class _Plan:
    """A statement for one dialect: its SQL, how to order and convert what goes in, how to convert what comes out."""

    __slots__ = ("_converts", "_fixed", "_keys", "_named", "_names", "_out", "_take", "sql")

    def __init__(self, statement: Statement, takes: Sequence[str] | None, gives: Sequence[ColumnElement[Any]], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=takes)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 - what Core makes of any statement
        self.sql = str(compiled)
        names = tuple(compiled.positiontup or ()) if compiled.positional else tuple(compiled.binds)
        self._names, self._named = names, not compiled.positional
        self._fixed: dict[str, Any] = {}
        """Values that the statement has itself."""
        converts: list[tuple[int, Callable[[Any], Any]]] = []
        for n, name in enumerate(names):
            bind = compiled.binds[name]
            if bind.expanding:
                raise ValueError(f"a list can't be prepared: {self.sql}")
            convert: _Convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if not bind.required:
                self._fixed[name] = convert(bind.value) if convert else bind.value
            elif convert is not None:
                converts.append((n, convert))
        self._converts = tuple(converts)
        self._take = _taker(names)
        self._keys = tuple(_key(column) for column in gives)
        backs: list[_Convert] = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in gives]
        self._out = tuple((n, self._keys[n], back) for n, back in enumerate(backs) if back is not None)

    def bound(self, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a list or dict, as the driver wants it
        """The values as the driver takes them; raises KeyError for one that is missing."""
        bound = list(self._take({**values, **self._fixed} if self._fixed else values))
        for n, convert in self._converts:
            bound[n] = convert(bound[n])
        return dict(zip(self._names, bound, strict=True)) if self._named else bound

    def row(self, found: Sequence[Any]) -> Row:
        made = dict(zip(self._keys, found, strict=True))
        for _, key, convert in self._out:
            made[key] = convert(made[key])
        return made

    def value(self, found: Sequence[Any]) -> Any:  # noqa: ANN401
        return self._out[0][2](found[0]) if self._out and self._out[0][0] == 0 else found[0]


def _taker(names: tuple[str, ...]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """What takes these values out of all that are given, in their order."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple(values[name] for name in names)


def _key(column: ColumnElement[Any]) -> str:
    return column.key if isinstance(column, Column) else str(getattr(column, "name", ""))


def _fetch_one(cursor: Any) -> Any:  # noqa: ANN401 - either driver's cursor
    return cursor.fetchone()


def _fetch_all(cursor: Any) -> Any:  # noqa: ANN401
    return cursor.fetchall()


def _last_row(cursor: Any) -> Any:  # noqa: ANN401
    return cursor.lastrowid


def _first_value(cursor: Any) -> Any:  # noqa: ANN401
    return cursor.fetchone()[0]


def _touched(cursor: Any) -> Any:  # noqa: ANN401
    return cursor.rowcount


def _run(tx: Connection, plan: _Plan, values: Any, take: Callable[[Any], Any], *, many: bool = False) -> Any:  # noqa: ANN401
    cursor = _cursor(tx)
    try:
        if many:
            cursor.executemany(plan.sql, values)
        else:
            cursor.execute(plan.sql, values)
        return take(cursor)
    except Exception as fault:
        raise _told(tx, plan.sql, fault) from fault
    finally:
        cursor.close()


def _cursor(tx: Connection) -> Any:  # noqa: ANN401 - either driver's
    """The driver's own, past the pool's."""
    driver: Any = tx.connection.dbapi_connection
    return driver.cursor()


def _told(tx: Connection, sql: str, fault: Exception) -> BaseException:
    """A driver's error as Core tells it; a connection that is broken is given up, as Core does."""
    driver = tx.dialect.loaded_dbapi
    if not isinstance(fault, driver.Error):
        return fault
    is_broken = tx.dialect.is_disconnect(fault, tx.connection, None) or is_untrustworthy(fault)
    if is_broken:
        tx.invalidate(fault)
    return DBAPIError.instance(sql, None, fault, driver.Error, hide_parameters=True, connection_invalidated=is_broken, dialect=tx.dialect)


_UNTRUSTWORTHY = frozenset({10, 11, 26})
"""SQLite's IOERR, CORRUPT, NOTADB."""


def is_untrustworthy(fault: BaseException | None) -> bool:
    """Whether SQLite failed in a way after which nobody knows what the connection has cached."""
    code = getattr(fault, "sqlite_errorcode", None)
    return isinstance(code, int) and code & 0xFF in _UNTRUSTWORTHY


@contextmanager
def savepoint(tx: Connection, name: str) -> Iterator[Callable[[], None]]:
    """What is done in the block counts, or none of it if anything is raised; the transaction goes on either way.

    `name` is a plain word, different from that of a savepoint around it. Gives what takes back all that the block has done so far.
    """
    _say(tx, f"SAVEPOINT {name}")
    begun = late.mark(tx)

    def take_back() -> None:
        _say(tx, f"ROLLBACK TO SAVEPOINT {name}")
        late.forget(tx, begun)

    try:
        yield take_back
    except BaseException:
        if not tx.invalidated:
            take_back()
            _say(tx, f"RELEASE SAVEPOINT {name}")
        raise
    _say(tx, f"RELEASE SAVEPOINT {name}")


def _say(tx: Connection, sql: str) -> None:
    cursor = _cursor(tx)
    try:
        cursor.execute(sql)
    except Exception as fault:
        raise _told(tx, sql, fault) from fault
    finally:
        cursor.close()
