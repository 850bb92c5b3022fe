"""What must be true of a desk's data, asked of all of it: `mailgate db check`. Reads only; what is found, people mend. The questions: `store.checks`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime

from sqlalchemy import Connection

from rules.frozen import dataclass
from store.checks import conversations, inside, letters, marks, received
from store.checks import delivered as left
from store.checks.asked import Asked, Delivered, FileOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """Something that must not be."""

    check: str
    """Name of the invariant."""
    what: str
    """Which row, and what is wrong with it."""


def check(
    tx: Connection,
    *,
    at: datetime | None = None,
    ours: Collection[str] = (),
    file_of: FileOf | None = None,
    delivered: Delivered | None = None,
    step: Callable[[int], None] | None = None,
) -> list[Flaw]:
    """Every invariant over every row; empty if all hold.

    `at` asks too what ought to have happened by then, `file_of` looks into the mails, `delivered` at what left.
    `step` is told how many of the checks are done.
    """
    asked = Asked(tx=tx, at=at, ours=ours, file_of=file_of, delivered=delivered)
    flaws: list[Flaw] = []
    for done, (name, ask) in enumerate(CHECKS.items(), 1):
        flaws += [Flaw(check=name, what=what) for what in ask(asked)]
        if step is not None:
            step(done)
    return flaws


def _file(asked: Asked) -> Iterator[str]:
    """The database's own opinion."""
    if asked.tx.dialect.name != "sqlite":
        return
    for row in asked.tx.exec_driver_sql("PRAGMA integrity_check"):
        if row[0] != "ok":
            yield str(row[0])
    for row in asked.tx.exec_driver_sql("PRAGMA foreign_key_check"):
        yield f"a row of {row[0]} points to a row of {row[2]} that isn't there"


CHECKS: dict[str, Callable[[Asked], Iterator[str]]] = {
    "file": _file,
    "mail": received.mail,
    "ended": received.ended,
    "named": received.named,
    "fates": received.fates,
    "once": received.once,
    "effects": received.effects,
    "files": received.files,
    "history": conversations.history,
    "chain": conversations.chain,
    "posts": conversations.posts,
    "numbers": conversations.numbers,
    "work": conversations.work,
    "outbox": letters.outbox,
    "delivered": left.delivered,
    "causes": letters.causes,
    "announced": received.announced,
    "overtaken": letters.overtaken,
    "buttons": letters.buttons,
    "recipients": letters.recipients,
    "inside": inside.inside,
    "firings": marks.firings,
    "people": marks.people,
}
"""Name of each invariant -> the question."""
