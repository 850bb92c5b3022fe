"""Tasks and orders of all tickets, as lists show them and as one is looked up. Next: `store.records`, which writes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rules.facts.ticket import ServiceOrder, Task
from rules.frozen import dataclass
from store import facts, plain

if TYPE_CHECKING:
    from store.plain import Reading, Row

_TABLES = {"task": "task", "order": "service_order"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A task or order with the ticket it belongs to."""

    ticket_id: int
    ticket: str
    """Its reference."""
    record: Task | ServiceOrder


def tasks(
    tx: Reading,
    *,
    assignee: str = "",
    groups: Iterable[str] = (),
    ticket_id: int | None = None,
    open_only: bool = True,
    due_before: datetime | None = None,
) -> list[Held]:
    """Tasks of all tickets that are not deleted, those due first before the others, then the oldest."""
    values: dict[str, Any] = {}
    wanted = ["ticket.deleted_at IS NULL"]
    if names := [name for name in (assignee, *(f"@{key}" for key in groups)) if name]:
        wanted.append(plain.any_of("task.assignee", names, values))
    if ticket_id is not None:
        wanted.append("task.ticket_id = :ticket_id")
        values["ticket_id"] = ticket_id
    if open_only:
        wanted.append("task.state <> 'done'")
    if due_before is not None:
        wanted.append("task.due_at <= :due_before")
        values["due_before"] = due_before
    return _held(tx, "task", f"{' AND '.join(wanted)} ORDER BY task.due_at IS NULL, task.due_at, task.id", values)


def orders(tx: Reading, *, technician: str = "", ticket_id: int | None = None, open_only: bool = False) -> list[Held]:
    """Orders of all tickets that are not deleted, the latest first."""
    values: dict[str, Any] = {}
    wanted = ["ticket.deleted_at IS NULL"]
    if technician:
        wanted.append("service_order.technician = :technician")
        values["technician"] = technician
    if ticket_id is not None:
        wanted.append("service_order.ticket_id = :ticket_id")
        values["ticket_id"] = ticket_id
    if open_only:
        wanted.append("service_order.state <> 'done'")
    return _held(tx, "order", f"{' AND '.join(wanted)} ORDER BY service_order.id DESC", values)


def find(tx: Reading, kind: str, ref: str) -> Held | None:
    """The task or order of a reference, None if there is none."""
    found = _held(tx, kind, f"{_TABLES[kind]}.ref = :ref", {"ref": ref.upper()})
    return found[0] if found else None


def _held(tx: Reading, kind: str, wanted: str, values: dict[str, Any]) -> list[Held]:
    table = _TABLES[kind]
    statement = f"SELECT {table}.*, ticket.ref AS ticket FROM {table} JOIN ticket ON ticket.id = {table}.ticket_id WHERE {wanted}"  # noqa: S608 - words of ours
    return [
        Held(ticket_id=row["ticket_id"], ticket=row["ticket"], record=_record(kind, row))
        for row in plain.rows(tx, table, statement, values)
    ]


def _record(kind: str, row: Row) -> Task | ServiceOrder:
    return facts.task(row) if kind == "task" else facts.order(row)
