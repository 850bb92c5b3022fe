"""What a new ticket is linked with by itself, and what staff is asked where several things would fit.

Whatever the sender, a rule or an agent has named stays as it is. Next: `rules.facts.things` for what there is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from rules import flows
from rules.actions.folding import fold
from rules.actions.words import quoted_if_needed
from rules.facts.mail import Envelope, Mail
from rules.facts.people import Directory
from rules.facts.policy import Policy
from rules.facts.terms import Status
from rules.facts.things import Device, Things
from rules.facts.ticket import Ticket
from rules.frozen import replace
from rules.reading import subject

MOST_CHOICES = 5
"""Things of one kind that staff is offered to press; of more he has to name one."""


def day_of(at: datetime, policy: Policy) -> date:
    """The desk's day."""
    return _day(at, policy.desk.timezone)


@lru_cache(maxsize=8)  # one mail asks four times
def _day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def serial_named(mail: Mail, envelope: Envelope, policy: Policy, *, has_party: bool) -> str:
    """The serial number of the device whose address was written to, empty if none was.

    Where devices have no addresses a device's link carries it in the subject: there anybody without a party of his own may name it.
    """
    written = (*envelope.recipients, *(a.address for a in (*mail.to, *mail.cc)))
    found = next((serial for each in written if (serial := policy.device_of_address(each))), "")
    if found or policy.has_device_addresses or has_party:
        return found
    read = subject.read(mail.subject)
    return "" if read.is_reply else next((value for name, value in read.tags if name in {"dev", "device"}), "")


def linked(ticket: Ticket, things: Things, day: date, said: str = "", policy: Policy | None = None) -> Ticket:
    """The ticket with its party's only contract in force and only active project, each where it has none, and the device that is `said`."""
    contracts, projects = things.in_force(day), things.active
    return replace(
        ticket,
        contract=ticket.contract or (contracts[0].key if len(contracts) == 1 else ""),
        project=ticket.project or (projects[0].key if len(projects) == 1 else ""),
        device=ticket.device or device_in(said, things.devices, policy),
    )


def device_in(said: str, devices: Sequence[Device], policy: Policy | None = None) -> str:
    """Serial of the one device that a text speaks of: by its serial, else by its model where no other one is of that; empty if there is none.

    Somebody who writes to the desk doesn't write of his machine each time: that it is his only one says nothing.
    """
    if not devices:
        return ""
    text = fold(said)
    found = [each for each in devices if _names(text, each.serial)]
    if not found:
        known = {each.model: policy.device_model(each.model) if policy is not None else None for each in devices if each.model}
        titles = {model: one.title if one is not None else model for model, one in known.items()}
        found = [each for each in devices if each.model and (_names(text, each.model) or _names(text, titles[each.model]))]
    return found[0].serial if len(found) == 1 else ""


LEAST_NAME = 3
"""Characters that a serial or a model must have to be looked for in a text."""


def _names(text: str, name: str) -> bool:
    wanted = fold(name)
    return len(wanted) >= LEAST_NAME and re.search(rf"(?<![\w-]){re.escape(wanted)}(?![\w-])", text) is not None


def looked_after(ticket: Ticket, device: Device, policy: Policy, directory: Directory, *, is_given: bool) -> Ticket:
    """The ticket of a device: in the hands of its fleet's group unless it `is_given` to somebody by a rule, and with the form that fits.

    The device is written as it is stored, and an unknown sender's ticket belongs to the device's party.
    """
    after = replace(ticket, device=device.serial, party=ticket.party or device.party)
    group = next((key for key in directory.groups if fold(key) == fold(device.fleet)), "")
    if group and not is_given and group != after.group:
        agent = directory.agents.get(after.assignee)
        keeps = agent is not None and group in agent.groups
        status = Status.new if after.status is Status.assigned and not keeps else after.status
        after = replace(after, group=group, assignee=after.assignee if keeps else "", status=status)
    if flows.FORM not in after.fields and (word := flows.fitting(after, policy, device.model)):
        after = replace(after, fields=MappingProxyType({**after.fields, flows.FORM: word}))
    return after


def choices(ticket: Ticket, things: Things, day: date) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What staff has to say, as pairs of a verb and the values to choose from; nothing where there is none or one of a kind."""
    every: Sequence[tuple[str, str, Sequence[str]]] = (
        ("contract", ticket.contract, [each.key for each in things.in_force(day)]),
        ("project", ticket.project, [each.key for each in things.active]),
        ("device", ticket.device, [each.serial for each in things.devices]),
    )
    return tuple((verb, tuple(names)) for verb, has, names in every if not has and len(names) > 1)


def lines(offered: Sequence[tuple[str, Sequence[str]]]) -> tuple[str, ...]:
    """The choices as commands, such as `contract C1`."""
    return tuple(f"{verb} {quoted_if_needed(name)}" for verb, names in offered if len(names) <= MOST_CHOICES for name in names)
