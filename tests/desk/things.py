"""Words that stories about contracts, projects and devices share."""

from __future__ import annotations

from datetime import date

from rules.facts.things import Contract, Device, Project
from store import engine, things
from tests.desk.office import Desk


def enter_contract(
    desk: Desk,
    key: str,
    party: str,
    *,
    starts: date | None = None,
    ends: date | None = None,
    hours: str = "",
    oncall: str = "",
    **limits: str,
) -> None:
    """Staff enters a contract."""
    with engine.transaction(desk.office.store) as tx:
        things.put_contract(tx, Contract(key=key, party=party, starts=starts, ends=ends, hours=hours, oncall=oncall, **limits))


def enter_project(desk: Desk, key: str, party: str) -> None:
    """Staff enters a project."""
    with engine.transaction(desk.office.store) as tx:
        things.put_project(tx, Project(key=key, party=party))


def enter_device(desk: Desk, serial: str, party: str = "", *, model: str = "", fleet: str = "") -> None:
    """Staff enters a device."""
    with engine.transaction(desk.office.store) as tx:
        things.put_device(tx, Device(serial=serial, party=party, model=model, fleet=fleet))
