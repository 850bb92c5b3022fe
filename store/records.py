"""Tasks, orders, absences and blocked senders as rows: read for the actions that ask, written as the changes that actions gave.

All inside the caller's transaction. What a change means is decided in `rules.actions`; the ledger calls `write`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from rules import records
from rules.actions.base import Change, Refused
from rules.facts.terms import address_key
from store import access, tables
from store.lists.records import Held, find, orders, tasks
from store.lists.tickets import records as of
from store.prepared import Prepared

__all__ = [
    "Held",
    "find",
    "is_blocked",
    "of",
    "orders",
    "take_back",
    "tasks",
    "write",
]

TASK, ORDER, TICKET, AGENT, BLOCKED = tables.Task, tables.ServiceOrder, tables.Ticket, tables.Agent, tables.Blocked
_TABLES: Mapping[str, Table] = MappingProxyType({"task": TASK, "order": ORDER})
_IS_BLOCKED = Prepared(select(BLOCKED.c.key).where(BLOCKED.c.key == bindparam("key")))


def write(tx: Connection, ticket_id: int | None, changes: Iterable[Change]) -> None:
    """Make the rows as the changes say. Raises LookupError for an agent who is gone."""
    for change in changes:
        match change.kind:
            case "task" | "order":
                _write_row(tx, ticket_id, change)
            case "agent":
                after = change.after or {}
                values = {"away_until": after.get("away_until", ""), "deputy": after.get("deputy", "")}
                if tx.execute(update(AGENT).where(AGENT.c.name == change.ref).values(**values)).rowcount != 1:
                    raise LookupError(change.ref)
            case "access":
                access.write(tx, change)
            case "person":
                access.write_person(tx, change)
            case "blocked":
                tx.execute(delete(BLOCKED).where(BLOCKED.c.key == address_key(change.ref)))
                if change.after is not None:
                    tx.execute(insert(BLOCKED).values(key=address_key(change.ref), **_plain(change.after)))
            case _:
                raise ValueError(change.kind)


def take_back(tx: Connection, ticket_id: int, entries: Iterable[Mapping[str, Any]], ref: str) -> tuple[dict[str, tuple[Any, Any]], ...]:
    """Undo what history entries (oldest first) did to records, `changed` tables of the history; raises Refused where one changed since.

    Gives one table of (before, after) by name, as the history will have it.
    """
    first: dict[str, Any] = {}
    last: dict[str, Any] = {}
    for changed in entries:
        for name, (was, became) in changed.items():
            if " " in name:
                first.setdefault(name, was)
                last[name] = became
    for name, became in last.items():
        kind, _, key = name.partition(" ")
        if _now(tx, kind, key) != became and kind in _TABLES:
            raise Refused("changed-since", field=name, ref=ref)
        write(tx, ticket_id, (Change(kind=kind, ref=key, before=became, after=first[name]),))
    return ({name: (last[name], first[name]) for name in last},) if last else ()


def is_blocked(tx: Connection, address: str) -> bool:
    """Whether staff has called mail from this address spam."""
    return bool(address) and _IS_BLOCKED.first(tx, {"key": address_key(address)}) is not None


def _write_row(tx: Connection, ticket_id: int | None, change: Change) -> None:
    rows = _TABLES[change.kind]
    if change.after is None:
        tx.execute(delete(rows).where(rows.c.ref == change.ref))
        return
    made = records.task(change.ref, change.after) if change.kind == "task" else records.order(change.ref, change.after)
    values = {name: _column(getattr(made, name)) for name in change.after}
    if tx.execute(update(rows).where(rows.c.ref == change.ref).values(**values)).rowcount == 0:
        tx.execute(insert(rows).values(ticket_id=ticket_id, ref=change.ref, **values))


def _column(value: Any) -> Any:  # noqa: ANN401 - a field of a record
    return [dict(each) for each in value] if isinstance(value, tuple) else value


def _plain(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: datetime.fromisoformat(value) if name == "at" and value else value for name, value in said.items()}


def _now(tx: Connection, kind: str, ref: str) -> dict[str, Any] | None:
    if kind not in _TABLES:
        return None
    found = find(tx, kind, ref)
    return records.values(found.record) if found is not None else None
