"""Persons, addresses, agents, groups, parties: find and change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from rules.facts.people import FREEMAIL, Agent, Group, Party, Person
from rules.facts.terms import address_key, domain_of
from store import facts, tables
from store.lists.people import directory, parties
from store.prepared import Prepared

__all__ = [
    "Taken",
    "add_address",
    "add_person",
    "addresses_of",
    "directory",
    "edit_person",
    "merge_persons",
    "parties",
    "party_of",
    "password",
    "person_of",
    "put_agent",
    "put_group",
    "put_party",
    "remove_address",
    "remove_agent",
    "remove_group",
    "remove_party",
    "remove_person",
    "set_password",
]

AGENT, GROUP, PARTY, PERSON, MAILBOX = tables.Agent, tables.Group, tables.Party, tables.Person, tables.Mailbox
KEY = tables.SigningKey

_PERSON_OF = Prepared(select(PERSON).join(MAILBOX, MAILBOX.c.person_id == PERSON.c.id).where(MAILBOX.c.key == bindparam("key")))
_ADDRESSES_OF = Prepared(
    select(MAILBOX.c.address).where(MAILBOX.c.person_id == bindparam("person_id")).order_by(MAILBOX.c.position, MAILBOX.c.key)
)


class Taken(Exception):
    """An address that belongs to somebody else already."""

    def __init__(self, address: str, owner: str) -> None:
        super().__init__(f"{address} belongs to {owner}")
        self.address = address
        self.owner = owner


def person_of(tx: Connection, address: str) -> Person | None:
    """The person whose address this is, None if nobody's."""
    row = _PERSON_OF.first(tx, {"key": address_key(address)})
    if row is None:
        return None
    return facts.person(row, addresses_of(tx, row["id"]))


def addresses_of(tx: Connection, person_id: int) -> tuple[str, ...]:
    """All addresses of a person, the first being where mail goes."""
    return tuple(row["address"] for row in _ADDRESSES_OF.all(tx, {"person_id": person_id}))


def party_of(address: str, among: Sequence[Party]) -> Party | None:
    """The party whose domain an address is in (sub-domains count); freemail domains belong to nobody."""
    domain = domain_of(address)
    if not domain or domain in FREEMAIL:
        return None
    return next((x for x in among if any(domain == d.lower() or domain.endswith("." + d.lower()) for d in x.domains)), None)


def add_person(tx: Connection, address: str, at: datetime, *, name: str = "", known: bool = True, **values: Any) -> Person:  # noqa: ANN401
    """A new person with one address; raises Taken."""
    _free(tx, address)
    row = {"name": name, "party": "", "phone": "", "language": "", "class_": "", "may": [], "known": known, "created_at": at} | values
    row = {"limited": False, "categories": [], "role": "", "confirmed_at": None} | row
    new_id = tx.execute(insert(PERSON).values(**row).returning(PERSON.c.id)).scalar_one()
    tx.execute(insert(MAILBOX).values(key=address_key(address), address=address, position=0, person_id=new_id))
    found = person_of(tx, address)
    if found is None:
        raise LookupError(address)
    return found


def add_address(tx: Connection, person_id: int, address: str) -> None:
    """One more address of a person; raises Taken."""
    _free(tx, address)
    position = len(addresses_of(tx, person_id))
    tx.execute(insert(MAILBOX).values(key=address_key(address), address=address, position=position, person_id=person_id))


def edit_person(tx: Connection, person_id: int, **values: Any) -> None:  # noqa: ANN401
    """Change columns of a person."""
    if values:
        tx.execute(update(PERSON).where(PERSON.c.id == person_id).values(**values))


def remove_person(tx: Connection, person_id: int) -> None:
    """Forget a person; his tickets keep the address they were written from."""
    tx.execute(delete(MAILBOX).where(MAILBOX.c.person_id == person_id))
    tx.execute(delete(KEY).where(KEY.c.person_id == person_id))
    tx.execute(delete(PERSON).where(PERSON.c.id == person_id))


def remove_address(tx: Connection, person_id: int, address: str) -> None:
    """Take an address off a person."""
    tx.execute(delete(MAILBOX).where(MAILBOX.c.key == address_key(address), MAILBOX.c.person_id == person_id))


def merge_persons(tx: Connection, keep_id: int, other_id: int) -> None:
    """Two rows that are one person: addresses of the other go to the kept one."""
    start = len(addresses_of(tx, keep_id))
    for n, address in enumerate(addresses_of(tx, other_id)):
        tx.execute(update(MAILBOX).where(MAILBOX.c.key == address_key(address)).values(person_id=keep_id, position=start + n))
    tx.execute(update(KEY).where(KEY.c.person_id == other_id).values(person_id=keep_id))
    tx.execute(delete(PERSON).where(PERSON.c.id == other_id))


def put_agent(tx: Connection, agent: Agent, at: datetime, password: str | None = None) -> None:
    """Store a new agent or the changed one; his addresses are taken from whoever wrote from them as a customer. Raises Taken for an agent's."""
    row = {
        "full_name": agent.full_name,
        "addresses": list(agent.addresses),
        "groups": list(agent.groups),
        "role": agent.role,
        "manager_of": list(agent.manager_of),
        "language": agent.language,
        "signature": agent.signature,
        "hours": agent.hours,
        "away_until": agent.away_until,
        "deputy": agent.deputy,
    }
    if password is not None:
        row["password"] = password
    for address in agent.addresses:
        owner = tx.execute(select(MAILBOX.c.agent, MAILBOX.c.person_id).where(MAILBOX.c.key == address_key(address))).first()
        if owner is not None and owner.agent not in {None, agent.name}:
            raise Taken(address, owner.agent)
    exists = tx.execute(select(AGENT.c.name).where(AGENT.c.name == agent.name)).first()
    if exists:
        tx.execute(update(AGENT).where(AGENT.c.name == agent.name).values(**row))
    else:
        tx.execute(insert(AGENT).values(name=agent.name, created_at=at, **({"password": ""} | row)))
    tx.execute(delete(MAILBOX).where(MAILBOX.c.agent == agent.name))
    for n, address in enumerate(agent.addresses):
        tx.execute(delete(MAILBOX).where(MAILBOX.c.key == address_key(address)))
        tx.execute(insert(MAILBOX).values(key=address_key(address), address=address, position=n, agent=agent.name))


def set_password(tx: Connection, name: str, record: str) -> None:
    """Store the scrypt record of an agent's password for submission."""
    tx.execute(update(AGENT).where(AGENT.c.name == name).values(password=record))


def password(tx: Connection, login: str) -> tuple[str, str] | None:
    """Name and scrypt record of the agent that logs in by name or by one of his addresses; None if nobody may."""
    row = tx.execute(select(AGENT.c.name, AGENT.c.password).where(AGENT.c.name == login)).first()
    if row is None:
        row = tx.execute(
            select(AGENT.c.name, AGENT.c.password).join(MAILBOX, MAILBOX.c.agent == AGENT.c.name).where(MAILBOX.c.key == address_key(login))
        ).first()
    return (row.name, row.password) if row and row.password else None


def remove_agent(tx: Connection, name: str) -> None:
    """Forget an agent; history keeps his name."""
    tx.execute(delete(MAILBOX).where(MAILBOX.c.agent == name))
    tx.execute(delete(KEY).where(KEY.c.agent == name))
    tx.execute(delete(AGENT).where(AGENT.c.name == name))


def put_group(tx: Connection, group: Group) -> None:
    """Store a new group or the changed one."""
    exists = tx.execute(select(GROUP.c.key).where(GROUP.c.key == group.key)).first()
    if exists:
        tx.execute(update(GROUP).where(GROUP.c.key == group.key).values(title=group.title, parent=group.parent))
    else:
        tx.execute(insert(GROUP).values(key=group.key, title=group.title, parent=group.parent))


def remove_group(tx: Connection, key: str) -> None:
    """Forget a group."""
    tx.execute(delete(GROUP).where(GROUP.c.key == key))


def put_party(tx: Connection, party: Party) -> None:
    """Store a new party or the changed one."""
    row = {"name": party.name, "domains": list(party.domains), "kind": party.kind, "class_": party.class_, "quiet": party.quiet}
    row |= {"named_only": party.named_only, "approvals": party.approvals, "approvers": list(party.approvers)}
    exists = tx.execute(select(PARTY.c.key).where(PARTY.c.key == party.key)).first()
    if exists:
        tx.execute(update(PARTY).where(PARTY.c.key == party.key).values(**row))
    else:
        tx.execute(insert(PARTY).values(key=party.key, **row))


def remove_party(tx: Connection, key: str) -> None:
    """Forget a party; its persons belong to none, its tickets keep the name."""
    tx.execute(update(PERSON).where(PERSON.c.party == key).values(party=""))
    tx.execute(delete(PARTY).where(PARTY.c.key == key))


def _free(tx: Connection, address: str) -> None:
    row = tx.execute(select(MAILBOX.c.agent, MAILBOX.c.person_id).where(MAILBOX.c.key == address_key(address))).first()
    if row is not None:
        raise Taken(address, row.agent or f"person {row.person_id}")
