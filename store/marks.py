"""How far each mailbox has been read, what its door skipped, and whether a mail is known already."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from store import tables

MARK, SKIPPED, RECEIVED = tables.Mark, tables.Skipped, tables.Received


def get(tx: Connection, account: str, folder: str) -> str | None:
    """The mark of a folder as its door wrote it down, None if it was never seen."""
    return tx.execute(select(MARK.c.state).where(MARK.c.account == account, MARK.c.folder == folder)).scalar()


def put(tx: Connection, account: str, folder: str, *, uidvalidity: int, uid: int, state: str) -> None:
    """Keep a mark; with the same UIDVALIDITY one further back never replaces one further on."""
    row = tx.execute(
        select(MARK.c.uidvalidity, MARK.c.uid).where(MARK.c.account == account, MARK.c.folder == folder).with_for_update()
    ).first()
    if row is None:
        tx.execute(insert(MARK).values(account=account, folder=folder, uidvalidity=uidvalidity, uid=uid, state=state))
    elif row.uidvalidity != uidvalidity or row.uid <= uid:
        tx.execute(
            update(MARK).where(MARK.c.account == account, MARK.c.folder == folder).values(uidvalidity=uidvalidity, uid=uid, state=state)
        )


def skip(tx: Connection, row: dict[str, object]) -> None:
    """Record a mail that was left alone; once."""
    where = [SKIPPED.c[name] == row[name] for name in ("account", "folder", "uidvalidity", "uid")]
    if tx.execute(select(SKIPPED.c.uid).where(*where)).first() is None:
        tx.execute(insert(SKIPPED).values(**row))


def kept_at(tx: Connection, *, message_id: str, size: int, sha256: str) -> datetime | None:
    """When a mail was kept: by its digest where that is given, else by Message-ID and size; None if it never was."""
    query = select(RECEIVED.c.received_at).order_by(RECEIVED.c.id).limit(1)
    if sha256:
        return tx.execute(query.where(RECEIVED.c.sha256 == sha256)).scalar()
    if not message_id:
        return None
    return tx.execute(query.where(RECEIVED.c.message_id == message_id, RECEIVED.c.size == size)).scalar()
