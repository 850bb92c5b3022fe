"""What each agent has on his hands: how many tickets are open, and which he was given last."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, case, func, select

from rules.frozen import dataclass
from store import tables

TICKET = tables.Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Burden:
    """One agent's work."""

    open: int = 0
    latest: int = 0
    """Row id of the newest ticket that is his, 0 if he never had one."""


def of(tx: Connection, names: Collection[str]) -> Mapping[str, Burden]:
    """The burden of each of these agents."""
    is_open = case((TICKET.c.status != "closed", 1), else_=0)
    query = (
        select(TICKET.c.assignee, func.sum(is_open).label("open"), func.max(TICKET.c.id).label("latest"))
        .where(TICKET.c.assignee.in_(list(names)), TICKET.c.deleted_at.is_(None))
        .group_by(TICKET.c.assignee)
    )
    found = {row.assignee: Burden(open=int(row.open), latest=int(row.latest)) for row in tx.execute(query)}
    return {name: found.get(name, Burden()) for name in names}
