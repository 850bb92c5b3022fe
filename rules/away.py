"""Who stands in for whom: what an absent agent would be told goes to his deputy meanwhile.

Pure. Absence is said by the verb `away` or on the command line; answers to what somebody asked himself are not redirected.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from rules.facts.people import Agent, Directory
from rules.facts.sent import RecipientKind
from rules.frozen import replace
from rules.notice import Notice


def is_away(agent: Agent, at: datetime, zone: str = "UTC") -> bool:
    """Whether an agent has said that he is away at that moment; a bare date is the whole of that day in the desk's zone."""
    said = agent.away_until.strip()
    if not said:
        return False
    try:
        until = datetime.fromisoformat(said)
    except ValueError:
        return False
    if len(said) <= len("2026-12-01"):
        until = datetime.combine(date.fromisoformat(said) + timedelta(days=1), time(), ZoneInfo(zone))
    elif until.tzinfo is None:
        until = until.replace(tzinfo=ZoneInfo(zone))
    return at < until


def deputy_of(agent: Agent, directory: Directory, at: datetime, zone: str) -> Agent | None:
    """Who stands in for an absent agent: his deputy, or that one's where he is away as well; None if nobody does."""
    seen = {agent.name}
    now = agent
    while is_away(now, at, zone):
        following = directory.agents.get(now.deputy)
        if following is None or following.name in seen:
            return None
        seen.add(following.name)
        now = following
    return now if now is not agent else None


def stood_in(made: Iterable[Notice], directory: Directory, at: datetime, zone: str) -> tuple[Notice, ...]:
    """The notices with those to absent agents sent to their deputies; who gets one of the same kind already gets no second one."""
    notices = tuple(made)
    if not any(a.away_until for a in directory.agents.values()):
        return notices
    kept: list[Notice] = []
    moved: list[Notice] = []
    for notice in notices:
        agent = directory.agent_of(notice.to.address) if notice.kind is RecipientKind.agent else None
        deputy = deputy_of(agent, directory, at, zone) if agent is not None else None
        if deputy is None:
            kept.append(notice)
        else:
            moved.append(replace(notice, to=deputy.address, language=deputy.language))
    have = {(n.template, n.to.key, n.about) for n in kept}
    for notice in moved:
        key = (notice.template, notice.to.key, notice.about)
        if key not in have:
            have.add(key)
            kept.append(notice)
    return tuple(kept)
