"""What a transaction leaves for its end, done once for all that was written in it. Next: `store.search`, which has something to leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LEFT: Final = "mailgate_late"


def leave(tx: Connection, statement: str) -> None:
    """Run this before the commit, however often it was left."""
    tx.info.setdefault(_LEFT, {})[statement] = None


def finish(tx: Any) -> None:  # noqa: ANN401 - a transaction of Core, or a look, in which nothing was left
    """Run what was left so far: at the commit, and before anybody looks for what it makes."""
    for statement in getattr(tx, "info", {}).pop(_LEFT, ()):
        tx.exec_driver_sql(statement)
