"""The one way into the database: `open` gives a `Store`, `transaction` writes, `reading` reads. SQLite and PostgreSQL.

Write transactions on SQLite begin IMMEDIATE, so that a read-modify-write can't lose an update; reading has an engine of its own
that begins plainly and can't write. What each connection must promise stands in `store.durability`, the lock of the one daemon in `store.lock`,
tables in `store.models`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from rules.frozen import dataclass
from store import driver, durability, late
from store.durability import Unfit
from store.lock import DaemonLock, DaemonRunning, hold_daemon_lock
from store.turns import Turns

__all__ = [
    "Busy",
    "DaemonLock",
    "DaemonRunning",
    "Facts",
    "Fault",
    "Store",
    "Unfit",
    "facts",
    "hold_daemon_lock",
    "open",
    "reading",
    "telling_busy",
    "transaction",
    "with_password",
]


SEAL: Final = "mailgate_seal"
"""Under this name each transaction knows the keys of the history's chain."""

Fault = DBAPIError
"""What the database says when it fails in any other way than being busy; `orig` is the driver's own."""


class Busy(Exception):
    """The database can't take this now: locked by another writer, restarting, or out of connections. Nothing was written; try again later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """An opened database. Give it to functions of `store/`; nothing outside looks inside. Threads may share it, processes may not."""

    url: str
    """Without the password."""
    dialect: str
    """`sqlite` or `postgresql`."""
    engine: Engine = field(repr=False)
    """For write transactions."""
    reader: Engine = field(repr=False)
    """For reading; refuses to write."""
    path: Path | None = None
    """The database file of SQLite."""
    turns: Turns | None = field(default=None, repr=False)
    """Of this process' writers on SQLite; PostgreSQL lets many write at once."""

    def close(self) -> None:
        """Close all connections; transactions still open in other threads keep theirs until they end."""
        self.engine.dispose()
        self.reader.dispose()


def open(url: str, *, write_pool: int = 5, read_pool: int = 5, seal: Mapping[int, bytes] | None = None) -> Store:
    """The database at a URL (`sqlite:///var/desk.db`, `postgresql+psycopg://…`), connected to when first used.

    A missing SQLite file is created with its folder, readable by this user alone. The pools bound how many connections each of
    writing and reading keeps; as many again may open under load, and who waits 10 s for one is told Busy. `seal` are the keys of the
    history's chain, if the site has any: see `store.sealing`.
    Raises Unfit for a URL that we can't serve.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise Unfit("the database URL must look like sqlite:///var/desk.db or postgresql+psycopg://user@host/name") from None
    match parsed.get_backend_name():
        case "sqlite":
            return _open_sqlite(parsed, seal or {}, write_pool=write_pool, read_pool=read_pool)
        case "postgresql":
            return _open_postgres(parsed, seal or {}, write_pool=write_pool, read_pool=read_pool)
        case other:
            raise Unfit(f"databases are SQLite or PostgreSQL, not {other}")


def with_password(url: str, password: str) -> str:
    """The URL with a password in it. Not to be shown."""
    return make_url(url).set(password=password).render_as_string(hide_password=False)


def _open_sqlite(url: URL, seal: Mapping[int, bytes], *, write_pool: int, read_pool: int) -> Store:
    path = durability.sqlite_file(url)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    library = driver.sqlite()
    version: tuple[int, int, int] = library.sqlite_version_info

    def engine(pool_size: int, begin: str, *, read_only: bool) -> Engine:
        made = create_engine(
            url.set(drivername="sqlite+pysqlite"),
            module=library,
            # The hot path alone runs some 70 statements; with the driver's own 128 a report in between makes SQLite parse them all anew.
            connect_args={"cached_statements": 1024},
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=10,
            execution_options={SEAL: seal},
            hide_parameters=True,
            json_serializer=_dumped,
            json_deserializer=_loaded,
        )

        @event.listens_for(made, "connect")
        def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401
            durability.prepare_sqlite(connection, version, read_only=read_only)

        @event.listens_for(made, "begin")
        def start(connection: Connection) -> None:
            connection.exec_driver_sql(begin)
            late.forget(connection)  # what one before took back

        event.listen(made, "commit", late.finish)

        @event.listens_for(made, "handle_error")
        def reopen(context: ExceptionContext) -> None:
            # After a failed write or fsync nobody knows what a connection has cached: never go on with it.
            if _sqlite_code(context.original_exception) in _SQLITE_BROKEN:
                context.is_disconnect = True

        return made

    return Store(
        url=url.render_as_string(),
        dialect="sqlite",
        engine=engine(write_pool, "BEGIN IMMEDIATE", read_only=False),
        reader=engine(read_pool, "BEGIN", read_only=True),
        path=path,
        turns=Turns(),
    )


def _open_postgres(url: URL, seal: Mapping[int, bytes], *, write_pool: int, read_pool: int) -> Store:
    try:
        made = create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=write_pool + read_pool,
            max_overflow=write_pool + read_pool,
            pool_timeout=10,
            pool_pre_ping=True,
            execution_options={SEAL: seal},
            connect_args={"application_name": "mailgate", "connect_timeout": 10},
            hide_parameters=True,
            json_serializer=_dumped,
            json_deserializer=_loaded,
        )
    except ImportError:
        raise Unfit("PostgreSQL needs the driver psycopg: install mailgate[postgres]") from None

    @event.listens_for(made, "connect")
    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401
        durability.prepare_postgres(connection)

    event.listen(made, "begin", late.forget)  # what one before took back
    event.listen(made, "commit", late.finish)

    return Store(
        url=url.render_as_string(),
        dialect="postgresql",
        engine=made,
        # One snapshot for the whole of a report, as SQLite gives it.
        reader=made.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True),
    )


def _dumped(value: Any) -> str:  # noqa: ANN401 - whatever JSON can say
    """A value as JSON; most lists and tables of a desk are empty, and the encoder takes its time to say so."""
    if not value:
        kind = type(value)
        if kind is list or kind is tuple:
            return "[]"
        if kind is dict:
            return "{}"
    return json.dumps(value)


def _loaded(text: str | bytes) -> Any:  # noqa: ANN401
    """The value of JSON that `_dumped` made."""
    return [] if text == "[]" else {} if text == "{}" else json.loads(text)


_PATIENCE_SECONDS: Final = 30.0
"""How long those wait in line for whom nobody outside waits."""


@contextmanager
def transaction(store: Store, *, hurry: bool = False) -> Iterator[Connection]:
    """One write transaction: committed at the end of the block, rolled back whole if anything is raised in it.

    Keep it short and don't nest it in `reading` of the same thread: on SQLite one writes at a time. `hurry` is for those for whom
    somebody outside waits: of all that wait they write next. Raises Busy if the database can't take it now.
    """
    if store.turns is None:
        with telling_busy(), store.engine.begin() as connection:
            yield connection
        return
    if not store.turns.take(seconds=durability.BUSY_TIMEOUT_MS / 1000 if hurry else _PATIENCE_SECONDS, hurry=hurry):
        raise Busy("another part of the program is writing to the database")
    try:
        with telling_busy(), store.engine.begin() as connection:
            yield connection
    finally:
        store.turns.end()


@contextmanager
def reading(store: Store) -> Iterator[Connection]:
    """One read-only transaction: everything read in the block is of one moment. Writing in it is refused by the database."""
    with telling_busy(), store.reader.begin() as connection:
        yield connection


@contextmanager
def telling_busy() -> Iterator[None]:
    """Turn the drivers' ways of saying "not now" into Busy; other errors pass."""
    try:
        yield
    except PoolTimeout as error:
        raise Busy("all database connections are taken") from error
    except DBAPIError as error:
        if (reason := _busy_reason(error)) is not None:
            raise Busy(reason) from error
        raise


SQLITE_BUSY: Final[Mapping[int, str]] = {5: "another program is writing to the database", 6: "a table is locked"}
"""Codes of SQLite that mean "not now", each in words."""
_SQLITE_BROKEN: Final = frozenset({10, 11, 26})
"""IOERR, CORRUPT, NOTADB."""
_POSTGRES_BUSY: Final[Mapping[str, str]] = {
    "55P03": "another transaction holds the row",
    "40P01": "two transactions waited for each other",
    "40001": "another transaction changed the same rows",
    "57014": "the statement took too long",
}
_POSTGRES_AWAY: Final = ("08", "57P", "53")
"""SQLSTATE classes: connection exception, operator intervention, insufficient resources."""


def _sqlite_code(error: BaseException | None) -> int:
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else 0


def _busy_reason(error: DBAPIError) -> str | None:
    if (reason := SQLITE_BUSY.get(_sqlite_code(error.orig))) is not None:
        return reason
    state = getattr(error.orig, "sqlstate", "")
    if state in _POSTGRES_BUSY:
        return _POSTGRES_BUSY[state]
    if type(error.orig).__module__.startswith("psycopg") and (error.connection_invalidated or (state or "08").startswith(_POSTGRES_AWAY)):
        return "the database server is away"
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """How this database keeps what it is given, for `doctor`."""

    dialect: str
    version: str
    driver: str
    settings: Mapping[str, str]
    """As read from a live connection."""
    why: str
    """One sentence for people: what the choice of settings means for them."""
    worries: tuple[str, ...] = ()
    """What an operator should mend; empty if all is well."""


def facts(store: Store) -> Facts:
    """How the opened database keeps its promises, read from a live write connection. Raises Unfit or Busy as a write would."""
    return _sqlite_facts(store) if store.dialect == "sqlite" else _postgres_facts(store)


def _sqlite_facts(store: Store) -> Facts:
    library = driver.sqlite()
    version: tuple[int, int, int] = library.sqlite_version_info
    with transaction(store) as connection:
        names = durability.sqlite_settings(version, read_only=False)
        settings = {name: str(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()) for name in names}
    mode, why = durability.journal_mode(version)
    return Facts(
        dialect="sqlite",
        version=library.sqlite_version,
        driver=library.__name__.partition(".")[0],
        settings=settings,
        why=why,
        worries=() if mode == "wal" else (f"{why}; install pysqlite3 or a newer SQLite",),
    )


def _postgres_facts(store: Store) -> Facts:
    with reading(store) as connection:
        wanted = [*durability.POSTGRES_SETTINGS, "fsync", "full_page_writes", "server_version"]
        settings = {name: str(connection.exec_driver_sql(f'SHOW "{name}"').scalar_one()) for name in wanted}
    worries = tuple(
        f"PostgreSQL runs with {name} off: a power loss can lose mail" for name in ("fsync", "full_page_writes") if settings[name] != "on"
    )
    return Facts(
        dialect="postgresql",
        version=settings["server_version"],
        driver="psycopg",
        settings=settings,
        why="PostgreSQL commits are on disk before mail is acknowledged; several daemons may share the database",
        worries=worries,
    )
