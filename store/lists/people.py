"""Staff and parties as lists show them, and who holds how much. Next: `store.people` for finding and changing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from rules.facts.people import Directory, Party
from store import facts, plain

if TYPE_CHECKING:
    from store.plain import Reading


def directory(tx: Reading) -> Directory:
    """All agents and groups."""
    agents = {row["name"]: facts.agent(row) for row in plain.rows(tx, "agent", "SELECT * FROM agent ORDER BY name")}
    groups = {row["key"]: facts.group(row) for row in plain.rows(tx, "team", "SELECT * FROM team ORDER BY key")}
    return Directory(agents=MappingProxyType(agents), groups=MappingProxyType(groups))


def parties(tx: Reading) -> tuple[Party, ...]:
    """All parties, by key."""
    return tuple(facts.party(row) for row in plain.rows(tx, "party", "SELECT * FROM party ORDER BY key"))


def with_password(tx: Reading) -> frozenset[str]:
    """Names of the agents who may log in to the submission door."""
    return frozenset(row["name"] for row in plain.rows(tx, "agent", "SELECT name FROM agent WHERE password <> ''"))


def open_by_agent(tx: Reading) -> Mapping[str, int]:
    """Agent -> how many open tickets he holds."""
    held = "status <> 'closed' AND deleted_at IS NULL AND merged_into = '' AND assignee <> ''"
    found = plain.rows(tx, "ticket", f"SELECT assignee, count(*) AS n FROM ticket WHERE {held} GROUP BY assignee")  # noqa: S608 - words of ours
    return {row["assignee"]: row["n"] for row in found}
