"""Contracts, projects and devices come back as they were entered, on each engine."""

from __future__ import annotations

from datetime import date

from rules.facts.things import Contract, Device, Project, Things
from store import engine, things


def test_things_come_back_as_they_were_entered(store: engine.Store) -> None:
    """A contract's days or limits would be others after a restart."""
    contract = Contract(key="C1", party="asg", starts=date(2026, 1, 1), take="4h", solve="10d", hours="office", oncall="oncall")
    project, device = Project(key="P7", party="asg", title="Halle Ø"), Device(serial="SN-123/a", party="asg", model="px7", fleet="hw")
    with engine.transaction(store) as tx:
        assert not things.any_contract(tx)
        things.put_contract(tx, Contract(key="C1"))
        things.put_contract(tx, contract)
        things.put_project(tx, project)
        things.put_device(tx, device)
        things.put_device(tx, Device(serial="other"))
    with engine.reading(store) as tx:
        found = things.of_party(tx, "asg")
        assert (found.contracts, found.projects, found.devices) == ((contract,), (project,), (device,))
        assert things.contract(tx, "C1") == contract
        assert things.device(tx, "sn-123/A") == device
        assert things.any_contract(tx)
        assert [each.serial for each in things.every(tx).devices] == ["other", "SN-123/a"]
    with engine.transaction(store) as tx:
        things.remove_contract(tx, "C1")
        things.remove_project(tx, "P7")
        things.remove_device(tx, "sn-123/A")
        assert things.of_party(tx, "asg") == Things()
