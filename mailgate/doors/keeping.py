"""Makes mail ours: received bytes into the store, one commit for a group. Apart from `mailgate.intake`, so that the doors can keep
mail before all that handles it is loaded.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from mailgate import maillog
from mailgate.doors.receiving import Busy, Received
from store import engine, inbox
from store.engine import Store


def keep(store: Store, mails: Sequence[Received], at: datetime, *, silent: bool = False) -> list[int]:
    """Keep mails durably and give their ids; raises `engine.Busy` if the store can't take them now."""
    with engine.transaction(store, hurry=True) as tx:
        return inbox.keep(tx, [(r.envelope, r.raw) for r in mails], at, silent=silent)


def keeper(store: Store, clock: Callable[[], datetime]) -> Callable[[list[Received]], Sequence[Busy | None]]:
    """What the doors' committer calls: keeps a group in one commit."""

    def keep_many(mails: list[Received]) -> Sequence[Busy | None]:
        began = time.monotonic()
        try:
            ids = keep(store, mails, clock())
        except engine.Busy as busy:
            raise Busy(str(busy)) from busy
        for received, received_id in zip(mails, ids, strict=True):
            maillog.kept(received.envelope, received_id, len(received.raw), time.monotonic() - began)
        return [None] * len(mails)

    return keep_many
