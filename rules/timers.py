"""What time alone asks for: reminders and escalations on the clocks of a ticket.

Each step of each run of a clock is said once; after a pause of the desk only the latest step of each text is mailed. The owner is always told.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rules.deadlines import Running, clock_of, reached_at
from rules.facts.people import Agent, Directory
from rules.facts.policy import Policy
from rules.facts.terms import Address
from rules.facts.ticket import Ticket
from rules.frozen import dataclass
from rules.hearers import named


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A point on one run of a clock that was reached."""

    clock: str
    percent: int
    started_at: datetime
    """Of this run: the idle clock starts anew with every action."""
    reached_at: datetime


def reached(ticket: Ticket, running: Sequence[Running], policy: Policy, at: datetime) -> list[Step]:
    """All reminder steps that have been reached by now, earliest first."""
    steps = sorted(clock_of(ticket, policy).remind)
    out: list[Step] = []
    for r in running:
        if not r.is_live:
            continue
        for percent in steps:
            when = reached_at(r, percent, at)
            if when is not None and when <= at:
                out.append(Step(clock=r.name, percent=percent, started_at=r.started_at, reached_at=when))
    return sorted(out, key=lambda s: s.reached_at)


def text(step: Step) -> str:
    """The text that tells of a step: `due-soon` before the limit, then `not-started` for taking up and `overdue` for the rest."""
    if step.percent < 100:
        return "due-soon"
    return "not-started" if step.clock == "take" else "overdue"


def worst(steps: Sequence[Step]) -> list[Step]:
    """The steps that are mailed of those reached at once: the highest of each text, and none that is still to come beside one that is over."""
    highest = {text(step): step for step in sorted(steps, key=lambda s: (s.percent, s.clock != "take"))}
    return [step for name, step in highest.items() if name != "due-soon" or len(highest) == 1]


def owners(ticket: Ticket, directory: Directory) -> list[Agent]:
    """The assignee, else the group's members, else everybody."""
    if ticket.assignee in directory.agents:
        return [directory.agents[ticket.assignee]]
    return list(directory.members(ticket.group)) or list(directory.agents.values())


def managers(ticket: Ticket, directory: Directory) -> list[Agent]:
    """The agents that lead the ticket's group or one above it; of an agent without a ticket's group, his groups' leaders."""
    groups = (
        {ticket.group} if ticket.group else set(directory.agents[ticket.assignee].groups if ticket.assignee in directory.agents else ())
    )
    above = groups | {g.key for g in directory.groups.values() if directory.below(g.key) & groups}
    return [a for a in directory.agents.values() if set(a.manager_of) & above]


def escalated(ticket: Ticket, step: Step, policy: Policy, directory: Directory) -> list[Address]:
    """Who is told beside the owner from the limit on; for taking up one step later, so that the worker hears first."""
    threshold = 200 if step.clock == "take" and max(clock_of(ticket, policy).remind, default=0) >= 200 else 100
    if step.percent < threshold:
        return []
    word = clock_of(ticket, policy).escalate_to
    if word == "manager":
        found = [a.address for a in managers(ticket, directory)]
        return found or [Address(address=a) for a in policy.desk.admin]
    return list(named(word, directory, policy)) if word else []
