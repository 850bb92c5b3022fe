"""Keys on file, and the signatures that were used: what makes a mail its owner's own word, once.

Whether a signature holds is asked in `mailgate.trust.sealed`, before the transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from importlib import import_module

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from rules.facts.people import SigningKey
from rules.facts.terms import address_key
from store import tables
from store.people import Taken

KEY, USED, MAILBOX = tables.SigningKey, tables.UsedSignature, tables.Mailbox


def keys_of(tx: Connection, address: str) -> tuple[SigningKey, ...]:
    """The keys of the agent or person whose address this is, by fingerprint."""
    owner = tx.execute(select(MAILBOX.c.agent, MAILBOX.c.person_id).where(MAILBOX.c.key == address_key(address))).first()
    if owner is None:
        return ()
    return _keys(tx, KEY.c.agent == owner.agent if owner.agent is not None else KEY.c.person_id == owner.person_id)


def of_agent(tx: Connection, name: str) -> tuple[SigningKey, ...]:
    """An agent's keys, by fingerprint."""
    return _keys(tx, KEY.c.agent == name)


def of_person(tx: Connection, person_id: int) -> tuple[SigningKey, ...]:
    """A person's keys, by fingerprint."""
    return _keys(tx, KEY.c.person_id == person_id)


def every(tx: Connection) -> tuple[tuple[str, SigningKey], ...]:
    """All keys with the name or number of their owner."""
    return tuple((str(row.agent or row.person_id), _key(row)) for row in tx.execute(select(KEY).order_by(KEY.c.fingerprint)))


def put(tx: Connection, key: SigningKey, at: datetime, *, agent: str | None = None, person_id: int | None = None) -> None:
    """Keep a key, or its newer form. Raises Taken for one that is somebody else's."""
    row = tx.execute(select(KEY.c.agent, KEY.c.person_id).where(KEY.c.fingerprint == key.fingerprint)).first()
    if row is not None and (row.agent, row.person_id) != (agent, person_id):
        raise Taken(key.fingerprint, row.agent or "another person")
    tx.execute(delete(KEY).where(KEY.c.fingerprint == key.fingerprint))
    tx.execute(
        insert(KEY).values(
            fingerprint=key.fingerprint,
            kind=key.kind,
            text=key.text,
            label=key.label,
            begins_at=key.begins_at,
            ends_at=key.ends_at,
            added_at=at,
            agent=agent,
            person_id=person_id,
        )
    )


def remove(tx: Connection, fingerprint: str) -> None:
    """Forget a key: what it signs from now on is believed no more."""
    tx.execute(delete(KEY).where(KEY.c.fingerprint == fingerprint))


def use(tx: Connection, proofs: Collection[str], received_id: int, at: datetime) -> None:
    """Note that a mail brought these signatures, where none did before; another transaction that says so of one is waited for."""
    if not proofs:
        return
    dialect = import_module(f"sqlalchemy.dialects.{tx.dialect.name}")  # only the one that is in use: loading it takes a while
    for proof in proofs:
        tx.execute(dialect.insert(USED).values(proof=proof, received_id=received_id, at=at).on_conflict_do_nothing())


def used_by_others(tx: Connection, proofs: Collection[str], received_id: int) -> frozenset[str]:
    """Those of the signatures that another mail brought first."""
    if not proofs:
        return frozenset()
    found = select(USED.c.proof).where(USED.c.proof.in_(tuple(proofs)), USED.c.received_id != received_id)
    return frozenset(tx.execute(found).scalars())


def _keys(tx: Connection, whose: ColumnElement[bool]) -> tuple[SigningKey, ...]:
    return tuple(map(_key, tx.execute(select(KEY).where(whose).order_by(KEY.c.fingerprint))))


def _key(row: object) -> SigningKey:
    names = ("kind", "fingerprint", "text", "label", "begins_at", "ends_at")
    return SigningKey(**{name: getattr(row, name) for name in names})
