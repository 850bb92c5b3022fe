"""Takes a person out of everything that is stored: his requests are purged, and wherever else he is named, the name goes.

Works on whatever tables and columns there are, so that a new one can't be forgotten. Raw mails that name him lose their bytes: a received mail
is never written anew. What of a mail names him is asked of the caller, who can decode it. Next: `mailgate.erasing`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, LargeBinary, String, Table, Text, cast, delete, func, insert, literal, select, text, update
from sqlmodel import SQLModel

import store.models  # noqa: F401 - fills the metadata: here every table counts, and what is unique
from rules.facts.terms import address_key
from rules.frozen import dataclass
from store import people, purging, sealing, search, tables
from store.engine import Store, telling_busy

TICKET, POST, HISTORY = tables.Ticket, tables.Post, tables.History
RECEIVED, RAW, OUTBOX = tables.Received, tables.Raw, tables.Outbox
PERSON, MAILBOX = tables.Person, tables.Mailbox
ERASED = purging.ERASED
"""What stands where he was named."""

Names = Callable[[bytes], bool]
"""Whether the bytes of a mail name somebody, whatever they are encoded in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """Who is to be erased: all his addresses, the names he is known by, and the requests that are his."""

    addresses: tuple[str, ...]
    """In their compared form."""
    names: tuple[str, ...] = ()
    person_id: int | None = None
    own: Mapping[int, str] = field(default_factory=dict)
    """Row id and reference of the tickets he asked for."""
    found: bool = False
    """Whether anything at all is stored of him."""


@dataclass(slots=True, kw_only=True)
class Traces:
    """Where he is named: rows by table, and what that means for people."""

    rows: dict[str, int] = field(default_factory=dict)
    tickets: set[int] = field(default_factory=set)
    """Row ids of the tickets of others in which he is named."""
    mails: int = 0
    """Received mails that lose their bytes."""
    letters: int = 0
    """Sent mails that lose theirs."""

    def add(self, name: str) -> None:
        """Count a row."""
        self.rows[name] = self.rows.get(name, 0) + 1


def somebody(tx: Connection, address: str) -> Somebody:
    """Everything that belongs to the person of an address."""
    key = address_key(address)
    person = people.person_of(tx, address)
    keys = tuple(dict.fromkeys((key, *(address_key(a) for a in (person.addresses if person else ())))))
    own = {
        row.id: row.ref
        for row in tx.execute(select(TICKET.c.id, TICKET.c.ref).where(TICKET.c.requester_key.in_(keys)).order_by(TICKET.c.id))
    }
    named = [person.name if person else ""]
    for column, who in (
        (TICKET.c.requester_name, TICKET.c.requester_key),
        (POST.c.author_name, func.lower(POST.c.author_address)),
        (RECEIVED.c.from_name, func.lower(RECEIVED.c.from_address)),
        (OUTBOX.c.recipient_name, OUTBOX.c.recipient_key),
    ):
        named += tx.execute(select(column).where(who.in_(keys)).distinct()).scalars().all()
    names = tuple(dict.fromkeys(n.strip() for n in named if len(n.strip()) >= 2 and "@" not in n))
    return Somebody(addresses=keys, names=names, person_id=person.id if person else None, own=own, found=bool(person or own))


class Pen:
    """Crosses out. Addresses and full names everywhere; a name of one word only where it can mean nobody else: in rows about him."""

    def __init__(self, who: Somebody) -> None:
        full = [n for n in who.names if " " in n]
        single = [n for n in who.names if " " not in n]
        self._addresses = frozenset(who.addresses)
        self._sure = _pattern(who.addresses, full)
        self._near = _pattern(who.addresses, [*full, *single])

    def names(self, value: Any) -> bool:  # noqa: ANN401 - any value of a row
        """Whether an address or full name of his is in it."""
        return bool(self.crossed(value) != value)

    def without(self, value: list[Any]) -> list[Any]:
        """A list of people without him."""
        return [each for each in value if not (isinstance(each, str) and address_key(each) in self._addresses)]

    def crossed(self, value: Any, *, near: bool = False) -> Any:  # noqa: ANN401
        """The value with him crossed out; `near` where the row is about him."""
        match value:
            case str():
                return (self._near if near else self._sure).sub(ERASED, value)
            case dict():
                return {self.crossed(k, near=near): self.crossed(v, near=near) for k, v in value.items()}
            case list() | tuple():
                return [self.crossed(each, near=near) for each in value]
            case _:
                return value


def _pattern(addresses: tuple[str, ...], names: list[str]) -> re.Pattern[str]:
    ends = [rf"(?<![\w.+-]){re.escape(a)}(?![\w-])" for a in addresses] + [rf"(?<!\w){re.escape(n)}(?!\w)" for n in names]
    return re.compile("|".join(sorted(ends, key=len, reverse=True)), re.IGNORECASE)


def traces(tx: Connection, who: Somebody, names: Names) -> Traces:
    """Where he is named, nothing changed."""
    pen, found = Pen(who), Traces()
    for rows, row in _rows(tx):
        if any(pen.names(value) for value in row.values() if not isinstance(value, bytes)):
            found.add(rows.name)
            ticket = row["id"] if rows.name == TICKET.name else row.get("ticket_id")
            if ticket is not None and ticket not in who.own:
                found.tickets.add(ticket)
    found.mails = sum(1 for _ in _naming(tx, RAW, RAW.c.received_id, RAW.c.data, names))
    found.letters = sum(1 for _ in _naming(tx, OUTBOX, OUTBOX.c.id, OUTBOX.c.raw, names))
    return found


def erase(tx: Connection, who: Somebody, names: Names, at: datetime, *, by: str) -> Traces:
    """Take him out of every row. What is left of his own requests is a tombstone; the history says that somebody was erased, not who."""
    found = traces(tx, who, names)
    for ticket_id in who.own:
        tx.execute(update(TICKET).where(TICKET.c.id == ticket_id, TICKET.c.deleted_at.is_(None)).values(deleted_at=at))
        purging.purge(tx, ticket_id, at, by=by)
    if who.person_id is not None:
        people.remove_person(tx, who.person_id)
    for received_id in [key for key, _ in _naming(tx, RAW, RAW.c.received_id, RAW.c.data, names)]:
        tx.execute(delete(RAW).where(RAW.c.received_id == received_id))
        tx.execute(update(RECEIVED).where(RECEIVED.c.id == received_id, RECEIVED.c.why != purging.PURGED).values(why=ERASED))
    for letter_id in [key for key, _ in _naming(tx, OUTBOX, OUTBOX.c.id, OUTBOX.c.raw, names)]:
        tx.execute(update(OUTBOX).where(OUTBOX.c.id == letter_id).values(raw=None))
        # what staff was told of a mail of his that never became a request
        told = {name: value for name, value in purging.NO_LETTER.items() if not name.startswith("recipient")}
        tx.execute(update(OUTBOX).where(OUTBOX.c.id == letter_id, OUTBOX.c.ticket_id.is_(None)).values(**told))
    tx.execute(
        update(OUTBOX).where(OUTBOX.c.recipient_key.in_(who.addresses), OUTBOX.c.state == "due").values(state="dropped", last_answer=ERASED)
    )
    _forget_correspondence(tx, who)
    resealed, lists = _cross_out(tx, Pen(who), found.tickets)
    for ticket_id in sorted(found.tickets):
        seq = tx.execute(select(func.max(HISTORY.c.seq)).where(HISTORY.c.ticket_id == ticket_id)).scalar() or 0
        entry: dict[str, Any] = {"ticket_id": ticket_id, "seq": seq + 1, "at": at, "actor": by, "action": ERASED, "cause": ""}
        entry |= {"received_id": None, "changed": lists.get(ticket_id, {})}
        tx.execute(insert(HISTORY).values(**entry))
    for ticket_id in resealed | found.tickets:
        sealing.reseal(tx, ticket_id)
    for ticket_id in found.tickets:
        search.renew(tx, ticket_id)
    search.settle(tx)
    return found


def _forget_correspondence(tx: Connection, who: Somebody) -> None:
    """Mail from him and to him that belongs to no request of his: held mail, lists of his requests, what others' requests brought him."""
    mine = func.lower(RECEIVED.c.from_address).in_(who.addresses) & (RECEIVED.c.why != purging.PURGED)
    tx.execute(update(RECEIVED).where(mine, RECEIVED.c.fate.in_(("held", "parked"))).values(put_away=True))
    tx.execute(update(RECEIVED).where(mine).values(**purging.NO_MAIL, why=ERASED))
    nobody = literal(f"{ERASED}:") + cast(OUTBOX.c.id, Text)  # one cause writes to one recipient once
    tx.execute(update(OUTBOX).where(OUTBOX.c.recipient_key.in_(who.addresses)).values(**purging.NO_LETTER, recipient_key=nobody))


def _cross_out(tx: Connection, pen: Pen, near: set[int]) -> tuple[set[int], dict[int, dict[str, Any]]]:
    """Cross him out of every row; gives the tickets whose history was changed by that, and what lists of people he was taken off."""
    resealed: set[int] = set()
    lists: dict[int, dict[str, Any]] = {}
    for rows in SQLModel.metadata.sorted_tables:
        todo = []
        for row in _rows_of(tx, rows):
            about = (row["id"] if rows.name == TICKET.name else row.get("ticket_id")) in near
            changed = _changed(rows, row, pen, near=about)
            if changed:
                todo.append((row, changed))
        for row, changed in todo:
            this = [column == row[column.name] for column in rows.primary_key]
            if rows.name == TICKET.name:
                off = {name: [pen.crossed(row[name]), new] for name, new in changed.items() if isinstance(new, list)}
                lists.setdefault(row["id"], {}).update(off)
            if rows.name == HISTORY.name:
                resealed.add(row["ticket_id"])
            if rows.name == OUTBOX.name and "recipient_key" in changed:
                changed["recipient_key"] = f"{ERASED}:{row['id']}"  # one cause writes to one recipient once
            elif any(column.name in changed for column in _unique(rows)):
                tx.execute(delete(rows).where(*this))
                continue
            tx.execute(update(rows).where(*this).values(**changed))
    return resealed, lists


def _changed(rows: Table, row: Mapping[str, Any], pen: Pen, *, near: bool) -> dict[str, Any]:
    out = {}
    for name, value in row.items():
        kept = pen.without(value) if rows.name in {TICKET.name, POST.name} and isinstance(value, list) else value
        crossed = pen.crossed(kept, near=near)
        if crossed != value:
            out[name] = crossed
    return out


def _unique(rows: Table) -> list[Column[Any]]:
    return [c for c in rows.columns if c.primary_key or c.unique]


def _rows(tx: Connection) -> Iterator[tuple[Table, Mapping[str, Any]]]:
    for rows in SQLModel.metadata.sorted_tables:
        for row in _rows_of(tx, rows):
            yield rows, row


def _rows_of(tx: Connection, rows: Table) -> Iterator[Mapping[str, Any]]:
    """Every row of a table that can hold words: its key, its ticket, and what can."""
    worded = [c for c in rows.columns if isinstance(c.type, String | JSON)]
    if worded:
        keys = [c for c in rows.columns if c.primary_key or c.name == "ticket_id"]
        for row in tx.execute(select(*dict.fromkeys([*keys, *worded])).execution_options(yield_per=500)).mappings():
            yield dict(row)


def _naming(tx: Connection, rows: Table, key: Column[Any], data: Column[Any], names: Names) -> Iterator[tuple[int, int]]:
    """Keys of the rows whose bytes name him."""
    assert isinstance(data.type, LargeBinary)  # noqa: S101 - the two columns that hold mails
    for row in tx.execute(select(key, data).where(data.is_not(None)).execution_options(yield_per=50)):
        if names(bytes(row[1])):
            yield row[0], len(row[1])


def compact(store: Store) -> None:
    """Write the database anew without what was taken out of it: until then its pages and its log still hold the bytes. Raises Busy."""
    with telling_busy(), store.engine.connect() as connection:
        if store.dialect == "sqlite":
            driver = connection.connection.driver_connection  # past the BEGIN that Core would say first
            assert driver is not None  # noqa: S101 - an open connection has one
            driver.execute("VACUUM")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        else:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM FULL"))
