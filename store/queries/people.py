"""Reading people for lists: persons with all their addresses, who has a password, who holds how much."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from rules.facts.people import Person
from store import facts, tables
from store.lists.people import addresses, open_by_agent, persons, with_password

__all__ = [
    "by_name",
    "by_phone",
    "open_by_agent",
    "persons",
    "phone",
    "with_password",
]

PERSON, MAILBOX, AGENT, TICKET = tables.Person, tables.Mailbox, tables.Agent, tables.Ticket


def phone(tx: Connection, person_id: int) -> str:
    """A person's telephone number, empty if none is known."""
    return str(tx.execute(select(PERSON.c.phone).where(PERSON.c.id == person_id)).scalar() or "")


def by_phone(tx: Connection, number: str) -> list[Person]:
    """Persons with that telephone number, however it is written."""
    wanted = _digits(number)
    if len(wanted) < 5:  # an extension says nothing about who calls
        return []
    rows = [row for row in tx.execute(select(PERSON).where(PERSON.c.phone != "")).mappings() if _digits(row["phone"]) == wanted]
    known = addresses(tx, [row["id"] for row in rows])
    return [facts.person(row, known.get(row["id"], ())) for row in rows]


def by_name(tx: Connection, name: str) -> list[Person]:
    """Persons of exactly that name, in any case."""
    rows = tx.execute(select(PERSON).where(func.lower(PERSON.c.name) == name.strip().lower()).order_by(PERSON.c.id)).mappings().all()
    known = addresses(tx, [row["id"] for row in rows])
    return [facts.person(row, known.get(row["id"], ())) for row in rows]


def _digits(number: str) -> str:
    plain = "".join(c for c in number if c.isdigit() or c == "+")
    return ("+" + plain[2:]) if plain.startswith("00") else plain
