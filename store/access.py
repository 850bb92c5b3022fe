"""Requests for access as rows, and what a mail about them may know. What a change means is decided in `rules.actions.access`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from rules.actions.base import Change, Refused
from rules.facts.people import Directory, Party, Person
from rules.facts.terms import address_key
from store import facts, people, tables

ACCESS, PERSON = tables.AccessRequest, tables.Person


def last(tx: Connection) -> int:
    """Number of the latest request, 0 if there is none."""
    return int(tx.execute(select(func.max(ACCESS.c.id))).scalar() or 0)


def approvers(tx: Connection, party: Party, directory: Directory) -> tuple[str, ...]:
    """Addresses of those who decide for a party: its people with the right `approve`, then whom the desk named; each once."""
    rows = tx.execute(select(PERSON).where(PERSON.c.party == party.key).order_by(PERSON.c.id)).mappings()
    persons = [facts.person(row, people.addresses_of(tx, row["id"])) for row in rows]
    own = [person.address.address for person in persons if "approve" in person.may]
    named = [directory.agents[word].address.address if word in directory.agents else word for word in party.approvers]
    return tuple(dict.fromkeys(a for a in (*own, *named) if a))


def known(tx: Connection, addresses: Iterable[str]) -> dict[str, Person]:
    """Compared form of an address: the person whose it is."""
    return {address_key(a): person for a in addresses if (person := people.person_of(tx, a)) is not None}


def write(tx: Connection, change: Change) -> None:
    """Make the row of a request as a change says."""
    number = int(change.ref[1:])
    if change.after is None:
        tx.execute(delete(ACCESS).where(ACCESS.c.id == number))
        return
    values = _columns(change.after)
    if tx.execute(update(ACCESS).where(ACCESS.c.id == number).values(**values)).rowcount == 0:
        tx.execute(insert(ACCESS).values(id=number, **values))


def write_person(tx: Connection, change: Change) -> None:
    """Change the person of an address as said, or enter him; a name that is known stays. Raises Refused for an agent's address."""
    values = _columns(change.after or {})
    found = people.person_of(tx, change.ref)
    if found is None:
        try:
            found = people.add_person(tx, change.ref, values["created_at"], known=False)
        except people.Taken as taken:
            raise Refused("own-address", word=change.ref) from taken
    values.pop("created_at", None)
    if found.name:
        values.pop("name", None)
    if found.known:
        values.pop("known", None)
    people.edit_person(tx, found.id, **values)


def _columns(said: Mapping[str, Any]) -> dict[str, Any]:
    return {k: datetime.fromisoformat(v) if k.endswith("_at") and isinstance(v, str) else v for k, v in said.items()}
