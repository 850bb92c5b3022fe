"""The one driver of SQLite that this process uses. Next: `store.engine`."""

from __future__ import annotations

from types import ModuleType


def sqlite() -> ModuleType:
    """The driver, whichever is there and better.

    The wheel pysqlite3 brings a SQLite without the WAL-reset bug; the interpreter's own is as old as the distribution. One process must use
    one of them only: POSIX locks belong to the process, so the two don't see each other's.
    """
    try:
        from pysqlite3 import dbapi2  # noqa: PLC0415
    except ImportError:
        from sqlite3 import dbapi2  # noqa: PLC0415
    module: ModuleType = dbapi2
    return module
