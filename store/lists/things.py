"""Contracts, projects and devices as lists show them. Next: `store.things` for finding by party and changing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.actions.folding import fold
from rules.facts.things import Contract, Device, Things
from store import facts, plain

if TYPE_CHECKING:
    from store.plain import Reading


def every(tx: Reading) -> Things:
    """All contracts, projects and devices, by key."""
    return Things(
        contracts=tuple(facts.contract(row) for row in plain.rows(tx, "contract", "SELECT * FROM contract ORDER BY key")),
        projects=tuple(facts.project(row) for row in plain.rows(tx, "project", "SELECT * FROM project ORDER BY key")),
        devices=tuple(facts.device(row) for row in plain.rows(tx, "device", "SELECT * FROM device ORDER BY key")),
    )


def contract(tx: Reading, key: str) -> Contract | None:
    """The contract of a key, None if there is none."""
    found = plain.rows(tx, "contract", "SELECT * FROM contract WHERE key = :key", {"key": key}) if key else []
    return facts.contract(found[0]) if found else None


def device(tx: Reading, serial: str) -> Device | None:
    """The device of a serial number in any case, None if there is none."""
    found = plain.rows(tx, "device", "SELECT * FROM device WHERE key = :key", {"key": fold(serial)}) if serial else []
    return facts.device(found[0]) if found else None
