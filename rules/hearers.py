"""Who of staff looks after a ticket: its owner, its group, whoever was told of it when it was new; and whom a word of the config means."""

from __future__ import annotations

from rules.facts.people import Agent, Directory
from rules.facts.policy import Policy
from rules.facts.service import Category
from rules.facts.terms import Address
from rules.facts.ticket import Ticket


def owners(ticket: Ticket, directory: Directory, *, everybody: bool) -> list[tuple[Agent, str]]:
    """The assignee, else the group, else (where asked for) all agents."""
    if ticket.assignee in directory.agents:
        return [(directory.agents[ticket.assignee], "assigned")]
    if ticket.group and directory.members(ticket.group):
        return [(a, "group") for a in directory.members(ticket.group)]
    return [(a, "new") for a in directory.agents.values()] if everybody else []


def department(group: str, directory: Directory) -> list[tuple[Agent, str]]:
    """The members of a group, then those who lead it or a group above it, each once, with the reason why they are told."""
    members = directory.members(group)
    return [(a, "group") for a in members] + [(a, "manager") for a in directory.leaders(group) if a not in members]


def left_to(category: Category | None, directory: Directory) -> list[tuple[Agent, str]]:
    """Who is told of a new ticket without a group, of which nobody else would hear: those who may work on it, else everybody."""
    if category is not None and category.notify:
        return []
    members = department(category.group, directory) if category is not None and category.group else []
    if members:
        return [(a, reason if reason == "manager" else "category") for a, reason in members]
    return [(a, "new") for a in directory.agents.values()]


def told_of_new(ticket: Ticket, policy: Policy, directory: Directory) -> list[tuple[Address, str]]:
    """Whom the category, and the desk for all of them, want told of new tickets besides."""
    category = policy.categories.get(ticket.category)
    told = [(word, "category") for word in (category.notify if category else ())] + [(word, "new") for word in policy.notify.new_to]
    return [(each, reason) for word, reason in told for each in named(word, directory, policy)]


def waiting_for(ticket: Ticket, policy: Policy, directory: Directory) -> list[tuple[Agent, str]]:
    """The agents who were told of a ticket that has neither owner nor group, each once."""
    found = left_to(policy.categories.get(ticket.category), directory)
    others = [(directory.agent_of(each.address), reason) for each, reason in told_of_new(ticket, policy, directory)]
    found += [(agent, reason) for agent, reason in others if agent is not None]
    return list({agent.name: (agent, reason) for agent, reason in reversed(found)}.values())


def candidates(agent: Agent, ticket: Ticket, directory: Directory) -> tuple[Agent, ...]:
    """Whom an agent may give a new ticket to at once: the members of its group if he leads that, or all of his groups where it has none."""
    if ticket.group:
        return directory.members(ticket.group) if agent in directory.leaders(ticket.group) else ()
    found = {a.name: a for group in agent.manager_of for a in directory.members(group)}
    return tuple(found[name] for name in sorted(found))


def named(word: str, directory: Directory, policy: Policy) -> tuple[Address, ...]:
    """Whom a word of the config means: `@group`, an agent's name, `admin`, or an address."""
    if word.startswith("@"):
        return tuple(a.address for a in directory.members(word[1:]))
    if word in directory.agents:
        return (directory.agents[word].address,)
    if word == "admin":
        return tuple(Address(address=a) for a in policy.desk.admin)
    return (Address(address=word),) if "@" in word else ()
