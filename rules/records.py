"""Tasks and orders as JSON values and back, and as they are after changes: what the history holds and undo restores.

Pure; the rows are `store.records`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from types import MappingProxyType
from typing import Any

from rules.actions.base import Change
from rules.facts.ticket import Records, ServiceOrder, Task, plain

_AT = frozenset({"due_at", "created_at", "done_at", "when_at"})


def values(record: Task | ServiceOrder) -> dict[str, Any]:
    """A record as JSON values, without its reference."""
    return {f.name: plain(getattr(record, f.name)) for f in fields(record) if f.name != "ref"}


def task(ref: str, said: Mapping[str, Any]) -> Task:
    """A task from its JSON values."""
    return Task(ref=ref, **{name: _typed(name, value) for name, value in said.items()})


def order(ref: str, said: Mapping[str, Any]) -> ServiceOrder:
    """An order from its JSON values."""
    return ServiceOrder(ref=ref, **{name: _typed(name, value) for name, value in said.items()})


def changed(kind: str, before: Task | ServiceOrder | None, after: Task | ServiceOrder) -> Change:
    """The change from one state of a record to the next; None before it was made."""
    return Change(kind=kind, ref=after.ref, before=values(before) if before is not None else None, after=values(after))


def after(records: Records, changes: Iterable[Change]) -> Records:
    """The records as they are after changes."""
    tasks, orders = dict(records.tasks), dict(records.orders)
    for change in changes:
        if change.kind == "task":
            tasks.pop(change.ref, None)
            if change.after is not None:
                tasks[change.ref] = task(change.ref, change.after)
        elif change.kind == "order":
            orders.pop(change.ref, None)
            if change.after is not None:
                orders[change.ref] = order(change.ref, change.after)
    return Records(
        tasks=MappingProxyType({ref: tasks[ref] for ref in sorted(tasks, key=_number)}),
        orders=MappingProxyType({ref: orders[ref] for ref in sorted(orders, key=_number)}),
    )


def next_ref(ticket: str, separator: str, taken: Iterable[str]) -> str:
    """The next free reference of a ticket's records: `T42.1`, `T42-1`."""
    return f"{ticket}{separator}{max((_number(ref) for ref in taken), default=0) + 1}"


def _number(ref: str) -> int:
    digits = ref.rpartition(".")[2] if "." in ref else ref.rpartition("-")[2]
    return int(digits) if digits.isdigit() else 0


def _typed(name: str, value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if name in _AT:
        return datetime.fromisoformat(value) if value else None
    return tuple(value) if isinstance(value, list) else value
