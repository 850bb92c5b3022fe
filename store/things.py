"""Contracts, projects and devices: find and change."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, or_, select, update

from rules.actions.folding import fold
from rules.facts.things import Contract, Device, Project, Things
from store import facts, tables
from store.lists.things import every as every  # noqa: PLC0414 - looked for here
from store.prepared import Prepared, at_most

CONTRACT, PROJECT, DEVICE = tables.Contract, tables.Project, tables.Device

_CONTRACT = Prepared(select(CONTRACT).where(CONTRACT.c.key == bindparam("key")))
_ANY = Prepared(select(CONTRACT.c.key).limit(at_most(1)))
_DEVICE = Prepared(select(DEVICE).where(DEVICE.c.key == bindparam("key")))
_OF_PARTY = tuple(
    Prepared(select(each).where(each.c.party == bindparam("party")).order_by(each.c.key)) for each in (CONTRACT, PROJECT, DEVICE)
)


def of_party(tx: Connection, party: str) -> Things:
    """What a party has; nothing for no party."""
    if not party:
        return Things()
    contracts, projects, devices = (list(each.all(tx, {"party": party})) for each in _OF_PARTY)
    return Things(
        contracts=tuple(map(facts.contract, contracts)),
        projects=tuple(map(facts.project, projects)),
        devices=tuple(map(facts.device, devices)),
    )


def contract(tx: Connection, key: str) -> Contract | None:
    """The contract of a key, None if there is none."""
    row = _CONTRACT.first(tx, {"key": key}) if key else None
    return facts.contract(row) if row is not None else None


def any_contract(tx: Connection) -> bool:
    """Whether the desk has entered any contract at all."""
    return _ANY.scalar(tx, {}) is not None


MOST_ALIKE = 200
"""Things that are looked through for one that resembles a word."""


def resembling(tx: Connection, kind: str, word: str, party: str) -> dict[str, str] | None:
    """Key and title of the contracts, projects or devices that a word may mean: it itself, those of the party, those that begin like it.

    None where the desk has entered none of the kind. A device's key is its serial number as written, and it has no title.
    """
    table = {"contract": CONTRACT, "project": PROJECT, "device": DEVICE}[kind]
    if tx.execute(select(table.c.key).limit(1)).first() is None:
        return None
    start = fold(word)[:2]
    begins = func.lower(table.c.key).startswith(start, autoescape=True)
    wanted = or_(func.lower(table.c.key) == fold(word), begins, table.c.party == party if party else begins)
    if kind == "project":
        wanted = or_(wanted, func.lower(table.c.title).startswith(start, autoescape=True))
    rows = tx.execute(select(table).where(wanted).order_by(func.lower(table.c.key) != fold(word), table.c.key).limit(MOST_ALIKE)).mappings()
    return {row["serial" if kind == "device" else "key"]: row.get("title", "") for row in rows}


def device(tx: Connection, serial: str) -> Device | None:
    """The device of a serial number in any case, None if there is none."""
    row = _DEVICE.first(tx, {"key": fold(serial)}) if serial else None
    return facts.device(row) if row is not None else None


def put_contract(tx: Connection, value: Contract) -> None:
    """Store a new contract or the changed one."""
    _put(tx, CONTRACT, value.key, {name: getattr(value, name) for name in Contract.__dataclass_fields__ if name != "key"})


def put_project(tx: Connection, value: Project) -> None:
    """Store a new project or the changed one."""
    _put(tx, PROJECT, value.key, {"party": value.party, "title": value.title, "active": value.active})


def put_device(tx: Connection, value: Device) -> None:
    """Store a new device or the changed one."""
    row = {"serial": value.serial, "party": value.party, "model": value.model, "fleet": value.fleet}
    _put(tx, DEVICE, fold(value.serial), row)


def remove_contract(tx: Connection, key: str) -> None:
    """Forget a contract; its tickets keep the word."""
    tx.execute(delete(CONTRACT).where(CONTRACT.c.key == key))


def remove_project(tx: Connection, key: str) -> None:
    """Forget a project; its tickets keep the word."""
    tx.execute(delete(PROJECT).where(PROJECT.c.key == key))


def remove_device(tx: Connection, serial: str) -> None:
    """Forget a device; its tickets keep the serial number."""
    tx.execute(delete(DEVICE).where(DEVICE.c.key == fold(serial)))


def _put(tx: Connection, into: Table, key: str, row: dict[str, Any]) -> None:
    exists = tx.execute(select(into.c.key).where(into.c.key == key)).first()
    tx.execute(update(into).where(into.c.key == key).values(**row) if exists else insert(into).values(key=key, **row))
