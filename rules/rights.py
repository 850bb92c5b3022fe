"""Which verbs an actor may use on a ticket: role, reach and level of trust. Asked in `rules.perform` alone."""

from __future__ import annotations

from rules import away
from rules.actions.base import Action, Refused, Scene
from rules.facts.access import function_of
from rules.facts.people import Agent, Person, Role
from rules.facts.service import Reach
from rules.facts.terms import Level
from rules.facts.ticket import Ticket

FOR_ALL = frozenset({"note", "aside", "done", "doing", "hours", "parts", "time", "away", "undo"})
"""Verbs of whoever is asked to help with a ticket that isn't his: he may say what he thinks, did and used."""


def level_needed(action: Action, scene: Scene) -> Level:
    """How surely the actor must be known for this."""
    trust = scene.policy.trust
    verb = action.verb
    if scene.who.is_agent:
        return trust.levels.get(verb, action.level)
    return trust.customer_levels.get(verb, trust.levels.get(verb, action.customer_level))


def check(ticket: Ticket, action: Action, scene: Scene) -> None:
    """Raise Refused if this actor may not do this to this ticket. Trust is not asked here: `rules.guards` holds the mail before."""
    match scene.who.role:
        case Role.system:
            return
        case Role.customer:
            if not action.customers:
                raise Refused("not-for-customers", verb=action.verb)
            if not may_function(scene.who.person, function_of(action.verb), ticket):
                raise Refused("no-function", verb=action.verb)
        case Role.agent:
            agent = scene.directory.agents.get(scene.who.name)
            if agent is None:
                return
            role = scene.policy.roles.get(agent.role)
            if role is not None and not role.allows(action.verb):
                raise Refused("role", verb=action.verb, role=role.title or role.key)
            helps = action.verb in FOR_ALL and _has_work(scene, agent)
            if action.needs_ticket and action.verb != "aside" and not helps and not may_see(ticket, scene, agent.name):
                raise Refused("reach", verb=action.verb)
            if action.changes and action.verb not in FOR_ALL and not may_work_on(ticket, scene, agent):
                raise Refused("category", verb=action.verb, category=ticket.category, ref=ticket.ref)


def may_function(person: Person | None, function: str, ticket: Ticket) -> bool:
    """Whether a customer has a function on a ticket: everybody has all but those whose access was agreed on, who have what was given."""
    if person is None or not person.limited or not function:
        return True
    return function in person.may and (not ticket.id or in_categories(person, ticket.category))


def in_categories(person: Person, category: str) -> bool:
    """Whether a category is one of those that a limited person is confined to, or below one."""
    return not person.categories or any(category == c or category.startswith(c + "/") for c in person.categories)


def may_work_on(ticket: Ticket, scene: Scene, agent: Agent) -> bool:
    """Whether the ticket's category, or whoever holds it, gives an agent the right to change it.

    A category with a group belongs to that group: its members, those of groups above it, and its managers. Rights follow the
    category at once. A ticket that was handed to another group or agent is theirs as well.
    """
    category = scene.policy.categories.get(ticket.category)
    if not ticket.id or category is None or not category.group or ticket.assignee == agent.name:
        return True
    standing = stands_for(agent, scene)
    if any(ticket.assignee == one.name for one in standing):
        return True
    mine = scene.directory.under(tuple(key for one in (agent, *standing) for key in (*one.groups, *one.manager_of)))
    return bool(mine & {category.group, ticket.group})


def stands_for(agent: Agent, scene: Scene) -> tuple[Agent, ...]:
    """The absent colleagues whose mail goes to this agent meanwhile: what he is told in their place he may act on in their place."""
    absent = (one for one in scene.directory.agents.values() if one.away_until and one.name != agent.name)
    zone = scene.policy.desk.timezone
    return tuple(one for one in absent if away.deputy_of(one, scene.directory, scene.at, zone) is agent)


def check_other(ticket: Ticket, verb: str, scene: Scene) -> None:
    """Raise Refused if an agent may not change a ticket that his line reaches without being about it: another one, or one as it was before."""
    agent = scene.directory.agents.get(scene.who.name) if scene.who.role is Role.agent else None
    if agent is not None and not may_work_on(ticket, scene, agent):
        raise Refused("category", verb=verb, category=ticket.category, ref=ticket.ref)


def may_see(ticket: Ticket, scene: Scene, name: str) -> bool:
    """Whether an agent may know of a ticket at all: by his role, and whatever that says, if it is his department's or his own."""
    agent = scene.directory.agents.get(name)
    role = scene.policy.roles.get(agent.role) if agent else None
    if agent is None or role is None or not ticket.id or leads(agent, ticket, scene):
        return True
    if role.categories and not any(ticket.category == c or ticket.category.startswith(c + "/") for c in role.categories):
        return False
    if role.see is Reach.all or ticket.assignee == name:
        return True
    if any(may_see(ticket, scene, one.name) for one in stands_for(agent, scene)):
        return True
    if role.see is Reach.group:
        mine = scene.directory.under(agent.groups)
        home = home_of(ticket, scene)
        holder = scene.directory.agents.get(ticket.assignee)
        return home in mine if home else holder is None or bool(mine & set(holder.groups))
    return False


def may_name(ticket: Ticket, scene: Scene) -> bool:
    """Whether a line may name another ticket: to whom it isn't known, it is as good as none."""
    return not scene.who.is_agent or may_see(ticket, scene, scene.who.name)


def _has_work(scene: Scene, agent: Agent) -> bool:
    """Whether an open task or order of the ticket was given to him or to a group of his."""
    mine = {agent.name, *(f"@{key}" for key in agent.groups)}
    asked = any(task.is_open and task.assignee in mine for task in scene.records.tasks.values())
    return asked or any(order.technician == agent.name for order in scene.records.orders.values())


def leads(agent: Agent, ticket: Ticket, scene: Scene) -> bool:
    """Whether the ticket is one of the departments that an agent leads: held by such a group or one below it, or by somebody of it."""
    if not agent.manager_of:
        return False
    led = scene.directory.under(agent.manager_of)
    holder = scene.directory.agents.get(ticket.assignee)
    return home_of(ticket, scene) in led or (holder is not None and bool(led & set(holder.groups)))


def home_of(ticket: Ticket, scene: Scene) -> str:
    """The group that a ticket belongs to: the one that holds it, else its category's; empty if none does."""
    category = scene.policy.categories.get(ticket.category)
    return ticket.group or (category.group if category is not None else "")
