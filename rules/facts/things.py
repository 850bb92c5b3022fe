"""What a ticket may belong to beside people: contracts, projects, devices, as staff has entered them.

Which of them a new ticket is linked with is decided in `rules.belonging`, what a contract does to the clocks in `rules.deadlines`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from rules.frozen import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What was agreed with a party: from when to when, how fast, and in which hours."""

    key: str
    party: str = ""
    starts: date | None = None
    """The first day, None for since ever; days are the desk's."""
    ends: date | None = None
    """The last day, None for no end."""
    take: str = ""
    """Limits as written (`4h`, `3d`), empty where the contract says nothing; a day is one of its hours."""
    answer: str = ""
    idle: str = ""
    solve: str = ""
    hours: str = ""
    """Calendar of the service time; empty for no say."""
    oncall: str = ""
    """Calendar for severities that have one of their own; empty for theirs."""

    def in_force(self, day: date) -> bool:
        """Whether it holds on a day."""
        return (self.starts is None or self.starts <= day) and (self.ends is None or day <= self.ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project or assignment that tickets are counted to."""

    key: str
    party: str = ""
    title: str = ""
    active: bool = True
    """False once it is over: new tickets are no longer linked with it by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device at somebody's place."""

    serial: str
    party: str = ""
    model: str = ""
    """Key of a [[device_model]], or any word."""
    fleet: str = ""
    """Key of the group that looks after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Things:
    """What is known of one party, or of all; in the order of their keys."""

    contracts: tuple[Contract, ...] = ()
    projects: tuple[Project, ...] = ()
    devices: tuple[Device, ...] = ()

    def in_force(self, day: date) -> tuple[Contract, ...]:
        """The contracts that hold on a day."""
        return tuple(contract for contract in self.contracts if contract.in_force(day))

    @property
    def active(self) -> tuple[Project, ...]:
        """The projects that go on."""
        return tuple(project for project in self.projects if project.active)

    @property
    def names(self) -> tuple[str, ...]:
        """Keys of all projects and serials of all devices."""
        return (*(project.key for project in self.projects), *(device.serial for device in self.devices))


NOTHING = Things()


def models_of(devices: Iterable[Device]) -> tuple[str, ...]:
    """The models of some devices, each once."""
    return tuple(dict.fromkeys(device.model for device in devices if device.model))
