"""Where an agent is written to, and in which language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.facts.terms import Address
from rules.facts.ticket import Ticket
from rules.reading import language
from rules.verdict import Act
from templates import languages

if TYPE_CHECKING:
    from rules.case import Facts


def language_of_actor(facts: Facts, act: Act) -> str:
    """The language in which an agent is told what his mail did."""
    return languages.choose(agent_language(facts, act.actor.name), facts.policy.languages)


def agent_address(facts: Facts, name: str) -> Address | None:
    """The first address of an agent by name; None where there is no such agent."""
    agent = facts.directory.agents.get(name)
    return agent.address if agent else None


def asked_in(facts: Facts, act: Act, ticket: Ticket | None) -> str:
    """The language of the answer to a question: that of its verb's own word, then an agent's; a customer's ticket's, his own, his mail's."""
    rows = [row.strip() for row in facts.mail.text.splitlines()[:_ROWS] if row.strip()]
    lines = [row for row in rows if row.startswith(("#", "＃"))] or [*rows[:1], facts.mail.subject]
    for line in lines:
        head = line.lstrip("#＃ ").split(maxsplit=1)[:1]
        if head and (code := languages.of_verb(head[0].rstrip(".,;:!?"), facts.policy.languages)):
            return code
    if act.actor.is_agent:
        return agent_language(facts, act.actor.name)
    known = (ticket.language if ticket is not None else "") or (facts.person.language if facts.person is not None else "")
    if known:
        return known
    # lines of commands are English to many, and the subject of an answer is ours
    words = "\n".join(row for row in facts.mail.text.splitlines() if not row.lstrip().startswith(("#", "＃")))
    return language.detect(words, facts.policy.languages, "" if facts.presented else facts.mail.subject)


_ROWS = 30
"""How far into a mail a line with a verb is looked for."""


def agent_language(facts: Facts, name: str) -> str:
    """The language an agent chose, empty where he chose none or is unknown."""
    agent = facts.directory.agents.get(name)
    return agent.language if agent else ""
