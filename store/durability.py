"""What a connection must promise before anything is written through it: settings for SQLite and PostgreSQL, each read back.

A setting that a driver, a build or an administrator quietly overrides is how acknowledged mail gets lost, so a connection
that doesn't hold is refused (`Unfit`). Which journal mode SQLite gets depends on its version; `journal_mode` tells why.
Next: `store.engine`, which opens databases with these.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

BUSY_TIMEOUT_MS: Final = 5000
"""How long a writer waits for another one before it is told `Busy`."""


SQLITE_BUSY: Final = 5


class Unfit(Exception):
    """This database doesn't keep what it is given as it must; the operator has to look. The message says what and why."""


def sqlite_file(url: URL) -> Path:
    """The file that a SQLite URL names; raises Unfit for a database in memory or a URI, which two connections can't share safely."""
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise Unfit("SQLite needs a plain file: sqlite:///var/desk.db (relative) or sqlite:////var/lib/mailgate/desk.db (absolute)")
    return Path(url.database)


def wal_is_sound(version: tuple[int, int, int]) -> bool:
    """Whether this SQLite has the fix of the WAL-reset bug, by which two connections can corrupt a database (3.7.0 to 3.51.2).

    Fixed in 3.51.3 and in the maintained branches 3.50 (from 3.50.7) and 3.44 (from 3.44.6), see sqlite.org/wal.html.
    """
    major, minor, patch = version
    return version >= (3, 51, 3) or ((major, minor) == (3, 50) and patch >= 7) or ((major, minor) == (3, 44) and patch >= 6)


def journal_mode(version: tuple[int, int, int]) -> tuple[str, str]:
    """The journal mode for a version of SQLite, and the reason for people.

    Both modes lose nothing at a power loss together with `synchronous=FULL`; SQLite's own default (DELETE) does.
    """
    name = ".".join(map(str, version))
    if wal_is_sound(version):
        return "wal", f"SQLite {name} may use WAL: reading and writing don't wait for each other"
    return "truncate", f"SQLite {name} has the WAL-reset bug, so a rollback journal is used: long reports hold up writers"


def sqlite_settings(version: tuple[int, int, int], *, read_only: bool) -> Mapping[str, str | int]:
    """The pragmas of a SQLite connection in the order to set them, with the value that each must read back as."""
    return {
        "busy_timeout": BUSY_TIMEOUT_MS,
        "journal_mode": journal_mode(version)[0],
        "synchronous": 2,  # FULL: commit returns after fsync
        "foreign_keys": 1,
        "secure_delete": 1,  # erased people stay erased, also in free pages
        "temp_store": 2,  # sorted mail never reaches /tmp
        "cell_size_check": 1,
        "query_only": int(read_only),
    }


def prepare_sqlite(connection: Any, version: tuple[int, int, int], *, read_only: bool) -> None:  # noqa: ANN401 - either driver's connection
    """Set up a fresh SQLite connection and read every setting back; raises Unfit if one doesn't hold."""
    connection.isolation_level = None  # we say BEGIN ourselves: the driver's own way loses updates without a word
    for name, wanted in sqlite_settings(version, read_only=read_only).items():
        got = _set_journal(connection, str(wanted)) if name == "journal_mode" else _set(connection, name, wanted)
        if got != wanted:
            raise Unfit(f"SQLite keeps {name} at {got!r} where {wanted!r} is needed{_hint(name)}")


def _set(connection: Any, name: str, wanted: str | int) -> object:  # noqa: ANN401
    connection.execute(f"PRAGMA {name}={wanted}")
    row = connection.execute(f"PRAGMA {name}").fetchone()
    return row[0] if row else None


def _set_journal(connection: Any, wanted: str) -> object:  # noqa: ANN401
    # Changing the mode needs the file alone and, where two processes start on a new file, says "locked" without waiting for busy_timeout.
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            (now,) = connection.execute("PRAGMA journal_mode").fetchone()
            return now if now == wanted else _set(connection, "journal_mode", wanted)
        except Exception as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF != SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _hint(name: str) -> str:
    if name == "journal_mode":
        return "; another program may hold the database open in the other mode: end it and start again"
    return ""


POSTGRES_SETTINGS: Final[Mapping[str, str]] = {
    "synchronous_commit": "on",
    "lock_timeout": f"{BUSY_TIMEOUT_MS // 1000}s",
    "statement_timeout": "1min",
    "idle_in_transaction_session_timeout": "5min",
    "TimeZone": "UTC",
    "client_encoding": "UTF8",
}
"""Settings of a PostgreSQL session, as the server spells them back."""


def prepare_postgres(connection: Any) -> None:  # noqa: ANN401 - a psycopg connection before SQLAlchemy knows it
    """Set up a fresh PostgreSQL session in one round trip and read every setting back; raises Unfit if one doesn't hold."""
    names = list(POSTGRES_SETTINGS)
    pieces = ", ".join("set_config(%s, %s, false)" for _ in names)
    values = [text for name in names for text in (name, POSTGRES_SETTINGS[name])]
    with connection.cursor() as cursor:
        got = cursor.execute(f"SELECT {pieces}", values).fetchone()
    connection.commit()  # else the settings go with the rollback that the pool does
    for name, value in zip(names, got, strict=True):
        if value != POSTGRES_SETTINGS[name]:
            raise Unfit(f"PostgreSQL keeps {name} at {value!r} where {POSTGRES_SETTINGS[name]!r} is needed")
