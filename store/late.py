"""What a transaction leaves for its end, done once for all that was written in it. Next: `store.search`, which leaves the words of what was written."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LEFT: Final = "mailgate_late"

Work = Callable[["Connection", list[Any]], None]
"""What is to be done with all the things that were left for it, in the order in which they were."""


def leave(tx: Connection, work: Work, thing: Hashable = None) -> None:
    """Have this done with the thing before the commit, or before anybody asks who needs it."""
    tx.info.setdefault(_LEFT, []).append((work, thing))


def finish(tx: Any) -> None:  # noqa: ANN401 - a transaction of Core, or a look, in which nothing was left
    """Do what was left so far."""
    things: dict[Work, list[Any]] = {}
    for work, thing in getattr(tx, "info", {}).pop(_LEFT, ()):
        things.setdefault(work, []).append(thing)
    for work, every in things.items():
        work(tx, every)


def mark(tx: Connection) -> int:
    """How much was left so far."""
    return len(tx.info.get(_LEFT, ()))


def forget(tx: Connection, since: int = 0) -> None:
    """Leave undone what was left since a mark: what it belongs to was taken back."""
    del tx.info.get(_LEFT, [])[since:]
