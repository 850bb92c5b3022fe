"""Chooses the handler of a new ticket where its category says so: in turn, or whoever has least to do.

Whether there is anything to choose is the category's (`rules.actions.triage`); here the store is asked who has what.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from rules.actions.base import Scene
from rules.actions.state import Assign
from rules.facts.people import Agent
from rules.facts.service import AssignHow
from rules.facts.ticket import Ticket
from rules.perform import perform_all
from store.queries import burdens


def held(tx: Connection, draft: Ticket, scene: Scene) -> Ticket:
    """The draft with its handler, where its category assigns in turn or by burden and the group has somebody who is there."""
    category = scene.policy.categories.get(draft.category)
    if category is None or category.assign not in {AssignHow.round_robin, AssignHow.least_busy}:
        return draft
    if draft.assignee or draft.group != category.group:
        return draft
    members = [a.name for a in scene.directory.members(draft.group) if not _is_away(a, scene.at)]
    if not members:
        return draft
    have = burdens.of(tx, members)
    by_turn = category.assign is AssignHow.round_robin
    chosen = min(members, key=lambda name: (0 if by_turn else have[name].open, have[name].latest, name))
    return perform_all(draft, (Assign(to=chosen),), scene).ticket


def _is_away(agent: Agent, at: datetime) -> bool:
    """Whether he is away at that instant; a day counts to its end."""
    until = agent.away_until
    try:
        return bool(until) and at.isoformat()[: len(until)] <= datetime.fromisoformat(until).isoformat()[: len(until)]
    except ValueError:
        return False
