"""Staff and parties as lists show them, and who holds how much. Next: `store.people` for finding and changing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from rules.facts.people import Directory, Party, Person, SigningKey
from rules.facts.terms import address_key
from store import facts, plain

if TYPE_CHECKING:
    from store.plain import Reading


def directory(tx: Reading) -> Directory:
    """All agents and groups, and what the parties are called."""
    agents = {row["name"]: facts.agent(row) for row in plain.rows(tx, "agent", "SELECT * FROM agent ORDER BY name")}
    groups = {row["key"]: facts.group(row) for row in plain.rows(tx, "team", "SELECT * FROM team ORDER BY key")}
    called = {row["key"]: row["name"] for row in plain.rows(tx, "party", "SELECT key, name FROM party WHERE name <> '' ORDER BY key")}
    return Directory(agents=MappingProxyType(agents), groups=MappingProxyType(groups), parties=MappingProxyType(called))


def parties(tx: Reading) -> tuple[Party, ...]:
    """All parties, by key."""
    return tuple(facts.party(row) for row in plain.rows(tx, "party", "SELECT * FROM party ORDER BY key"))


def persons(tx: Reading, *, words: str = "", party: str = "", limit: int = 0) -> list[tuple[Person, str]]:
    """Persons with their telephone numbers, by name; `words` must all be somewhere in name, number or addresses."""
    values: dict[str, Any] = {}
    wanted = ["1 = 1"]
    for word in words.split():
        folded = word.lower()
        name, number, key = (plain.contains(column, folded, values) for column in ("lower(name)", "phone", "key"))
        wanted.append(f"({name} OR {number} OR id IN (SELECT person_id FROM mailbox WHERE person_id IS NOT NULL AND {key}))")  # noqa: S608 - words of ours
    if party:
        wanted.append("party = :party")
        values["party"] = party
    most = f" LIMIT {limit:d}" if limit else ""
    rows = plain.rows(tx, "person", f"SELECT * FROM person WHERE {' AND '.join(wanted)} ORDER BY lower(name), id{most}", values)  # noqa: S608
    known = addresses(tx, [row["id"] for row in rows])
    return [(facts.person(row, known.get(row["id"], ())), row["phone"]) for row in rows]


def addresses(tx: Reading, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Person -> all addresses, the one that mail goes to first."""
    found: dict[int, tuple[str, ...]] = {}
    values: dict[str, Any] = {}
    of_them = plain.among(tx, "person_id", ids, values)
    statement = f"SELECT person_id, address FROM mailbox WHERE {of_them} ORDER BY person_id, position"  # noqa: S608
    for row in plain.rows(tx, "mailbox", statement, values):
        found[row["person_id"]] = (*found.get(row["person_id"], ()), row["address"])
    return found


def person(tx: Reading, word: str) -> tuple[Person, str] | None:
    """The person of any of his addresses, or of a number in the list, with his telephone number; None if there is none."""
    values: dict[str, Any] = {"key": address_key(word), "number": int(word) if word.isdecimal() and len(word) < 19 else 0}
    owner = "SELECT person_id FROM mailbox WHERE key = :key AND person_id IS NOT NULL"
    found = plain.rows(tx, "person", f"SELECT * FROM person WHERE id IN ({owner}) OR id = :number ORDER BY id = :number LIMIT 1", values)  # noqa: S608
    return next(((facts.person(row, addresses(tx, [row["id"]]).get(row["id"], ())), row["phone"]) for row in found), None)


def all_addresses(tx: Reading) -> Sequence[str]:
    """Every address of a person, for near matches."""
    return [row["address"] for row in plain.rows(tx, "mailbox", "SELECT address FROM mailbox WHERE person_id IS NOT NULL")]


def keys_of(tx: Reading, *, agent: str = "", person_id: int = 0) -> tuple[SigningKey, ...]:
    """The keys of an agent or of a person, by fingerprint."""
    whose = "agent = :agent" if agent else "person_id = :person_id"
    statement = f"SELECT kind, fingerprint, text, label, begins_at, ends_at FROM signing_key WHERE {whose} ORDER BY fingerprint"  # noqa: S608
    return tuple(
        SigningKey(**row) for row in plain.rows(tx, "signing_key", statement, {"agent": agent} if agent else {"person_id": person_id})
    )


def with_password(tx: Reading) -> frozenset[str]:
    """Names of the agents who may log in to the submission door."""
    return frozenset(row["name"] for row in plain.rows(tx, "agent", "SELECT name FROM agent WHERE password <> ''"))


def open_by_agent(tx: Reading) -> Mapping[str, int]:
    """Agent -> how many open tickets he holds."""
    held = "status <> 'closed' AND deleted_at IS NULL AND merged_into = '' AND assignee <> ''"
    found = plain.rows(tx, "ticket", f"SELECT assignee, count(*) AS n FROM ticket WHERE {held} GROUP BY assignee")  # noqa: S608 - words of ours
    return {row["assignee"]: row["n"] for row in found}
