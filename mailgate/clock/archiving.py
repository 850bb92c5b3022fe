"""Carries closed tickets into the archive when their time has come, and removes the contents of those that were there long enough.

Called by the clerk with the other things that time alone asks for, and by `mailgate archive run`. Nobody is told: nothing changes for anybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from rules.actions.base import Scene
from rules.actions.state import Archive, Delete
from rules.facts.people import Actor, Directory, Role
from rules.facts.policy import Policy
from rules.frozen import dataclass
from store import archived, engine, ledger, lookup, purging
from store.journal import Cause

TIMER = Actor(role=Role.system, name="timer")
BATCH = 100
"""Tickets in one transaction: the mail of the same moment must not wait for a year's backlog."""


class Archivist(Protocol):
    """What archiving needs of an office."""

    store: engine.Store
    policy: Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """What was done: references in the order of closing."""

    archived: tuple[str, ...] = ()
    purged: tuple[str, ...] = ()

    @property
    def refs(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.archived, *self.purged)


def run(desk: Archivist, at: datetime, *, limit: int = BATCH) -> Archived:
    """Archive and purge what is due at `at`, at most `limit` of each."""
    after, purge_after = desk.policy.archive.after, desk.policy.archive.purge_after
    with engine.reading(desk.store) as tx:
        due = archived.due(tx, at - after, limit) if after is not None else []
        spent = archived.spent(tx, at - purge_after, limit) if purge_after is not None else []
    put = tuple(_acted(desk, due, at, purge=False)) if due else ()
    emptied = tuple(_acted(desk, spent, at, purge=True)) if spent else ()
    return Archived(archived=put, purged=emptied)


def run_all(desk: Archivist, at: datetime) -> Archived:
    """The same until nothing is left."""
    done = Archived()
    while (now := run(desk, at)).refs:
        done = Archived(archived=done.archived + now.archived, purged=done.purged + now.purged)
    return done


def _acted(desk: Archivist, ids: list[int], at: datetime, *, purge: bool) -> Iterator[str]:
    scene = Scene(who=TIMER, at=at, policy=desk.policy, directory=Directory())
    with engine.transaction(desk.store) as tx:
        for ticket_id in ids:
            ticket = lookup.get(tx, ticket_id)
            if ticket is None or ticket.is_open or ticket.deleted_at is not None or (ticket.archived_at is not None) is not purge:
                continue  # somebody was faster
            ledger.apply(tx, ticket_id, (Delete() if purge else Archive(),), scene, Cause(name=f"archive:{ticket_id}:{at:%Y%m%dT%H%M%S}"))
            if purge:
                purging.purge(tx, ticket_id, at, by=TIMER.name)
            yield ticket.ref
