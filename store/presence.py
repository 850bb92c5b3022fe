"""Whether a daemon is the only one on its database. SQLite admits one (`store.lock`); PostgreSQL may be shared by several.

Who is alone may take over what a daemon that is gone had begun; who isn't has to wait until its leases end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, text

from store.engine import Store, telling_busy

_KEY: Final = 0x6D61696C64616573
"""Of PostgreSQL's advisory lock, which ends with the connection that holds it."""
_GRACE: Final = 0.5
"""Seconds for the server to notice that a daemon has hung up: until then it looks as if it were there."""
_TRY, _LET_GO = text("SELECT pg_try_advisory_lock(:key)"), text("SELECT pg_advisory_unlock(:key)")
_JOIN = text("SELECT pg_advisory_lock_shared(:key)")


@contextmanager
def serving(store: Store, take_over: Callable[[], None]) -> Iterator[None]:
    """Be one of the daemons on this database until the block ends; `take_over` is called first where no other one is there.

    On SQLite it always is: whoever serves holds the daemon's lock. Raises Busy if the database is away. If the server restarts later on,
    the next daemon takes itself for the only one; what it then sends a second time is the same byte for byte.
    """
    if store.dialect == "sqlite":
        take_over()
        yield
        return
    with telling_busy():
        connection = store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        with telling_busy():
            if _is_alone(connection):
                take_over()
                connection.execute(_JOIN, {"key": _KEY})
                connection.execute(_LET_GO, {"key": _KEY})
            else:
                connection.execute(_JOIN, {"key": _KEY})
        yield
    finally:
        connection.invalidate()  # the lock ends with it
        connection.close()


def _is_alone(connection: Connection) -> bool:
    for _ in range(10):
        if connection.scalar(_TRY, {"key": _KEY}):
            return True
        time.sleep(_GRACE / 10)
    return False
