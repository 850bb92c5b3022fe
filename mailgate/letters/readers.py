"""Where an agent is written to, and in which language."""

from __future__ import annotations

from rules.case import Facts
from rules.facts.terms import Address
from rules.verdict import Act
from templates import languages


def language_of_actor(facts: Facts, act: Act) -> str:
    """The language in which an agent is told what his mail did."""
    return languages.choose(agent_language(facts, act.actor.name), facts.policy.languages)


def agent_address(facts: Facts, name: str) -> Address | None:
    """The first address of an agent by name; None where there is no such agent."""
    agent = facts.directory.agents.get(name)
    return agent.address if agent else None


def agent_language(facts: Facts, name: str) -> str:
    """The language an agent chose, empty where he chose none or is unknown."""
    agent = facts.directory.agents.get(name)
    return agent.language if agent else ""
