"""Working in two levels: partners at the first, headquarters at the second, where `[options] second_level` says so.

A partner is either of the desk himself, an agent who hands a ticket up with `#level 2`, or a customer whose requests are somebody
else's: then the second level has them from the beginning. What headquarters says goes to the partner; only he closes towards the end
customer. Pure; who is told is `rules.notices`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from rules.facts.people import Actor, Agent, Directory
from rules.facts.policy import Policy
from rules.facts.terms import Address, Status, address_key
from rules.facts.ticket import Ticket
from rules.frozen import replace

PARTNER = "partner"
"""Kind of such a party, and origin of the tickets that it hands to us."""


def second_group(ticket: Ticket, mine: tuple[str, ...], policy: Policy, directory: Directory) -> str:
    """The group that the second level is for this ticket, handed over by somebody of these groups; empty if nothing says which."""
    named = policy.options.second_level_group
    if named in directory.groups:
        return named
    category = policy.categories.get(ticket.category)
    here = (ticket.group,) if ticket.group else mine
    if category is not None and category.group and category.group not in here:
        return category.group
    return next((parent for key in here if (parent := _parent(key, directory))), "")


def is_second(ticket: Ticket, policy: Policy) -> bool:
    """Whether headquarters works on it, or has, for a partner."""
    return policy.options.second_level and ticket.level == 2 and (bool(first(ticket)) or ticket.origin == PARTNER)


def first(ticket: Ticket) -> str:
    """Who of the desk has the first level, as commands name him; empty if nobody of the desk does."""
    return ticket.first_assignee or (f"@{ticket.first_group}" if ticket.first_group else "")


def firsts(ticket: Ticket, directory: Directory) -> tuple[Agent, ...]:
    """The agents of the first level: whoever had the ticket, else the members of the group that had it."""
    if ticket.first_assignee in directory.agents:
        return (directory.agents[ticket.first_assignee],)
    return directory.members(ticket.first_group) if ticket.first_group else ()


def is_first(who: Actor, ticket: Ticket, directory: Directory) -> bool:
    """Whether an actor belongs to the first level of this ticket."""
    agent = directory.agents.get(who.name)
    if not who.is_agent:
        return True
    return agent is not None and (agent.name == ticket.first_assignee or ticket.first_group in agent.groups)


def speaks_to_partner(who: Actor, ticket: Ticket, policy: Policy, directory: Directory) -> bool:
    """Whether what this agent writes is for the agents of the first level, not for the customer."""
    return is_second(ticket, policy) and bool(first(ticket)) and not is_first(who, ticket, directory)


def only_resolves(who: Actor, ticket: Ticket, policy: Policy, directory: Directory) -> bool:
    """Whether closing means that headquarters is done, and that the partner closes towards the end customer later."""
    if not is_second(ticket, policy) or not who.is_agent or ticket.resolved_at is not None:
        return False
    return not is_first(who, ticket, directory) if first(ticket) else bool(ticket.endcustomer)


def resolved(ticket: Ticket, at: datetime) -> Ticket:
    """The ticket back in the hands of its partner."""
    done = replace(ticket, resolved_at=at, waiting_until=None, read_at=ticket.read_at or at)
    if not first(ticket):
        return replace(done, status=Status.working)
    return replace(done, group=ticket.first_group, assignee=ticket.first_assignee, status=Status.assigned)


def end_customer(ticket: Ticket) -> Address:
    """Whom a partner's request is for, where that is somebody with an address who isn't the requester."""
    said: Mapping[str, str] = ticket.endcustomer
    address = said.get("address", "")
    if ticket.origin != PARTNER or not address or address_key(address) == ticket.requester.key:
        return Address()
    return Address(name=said.get("name", ""), address=address)


def _parent(group: str, directory: Directory) -> str:
    found = directory.groups.get(group)
    return found.parent if found is not None and found.parent in directory.groups else ""
