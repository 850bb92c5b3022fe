"""How far what comes every so often has been done: one row of `setting` for each, written in the transaction of what it caused."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from store import tables

SETTING = tables.Setting


def done_until(tx: Connection, name: str, *, lock: bool = False) -> datetime | None:
    """The last due time that was done, None if it was never seen. `lock` keeps others from doing the next one meanwhile."""
    query = select(SETTING.c.value).where(SETTING.c.name == _key(name))
    found = tx.execute(query.with_for_update() if lock else query).scalar()
    return datetime.fromisoformat(found) if found else None


def done(tx: Connection, name: str, at: datetime) -> None:
    """Note that everything due up to `at` is done."""
    changed = tx.execute(update(SETTING).where(SETTING.c.name == _key(name)).values(value=at.isoformat()))
    if not changed.rowcount:
        tx.execute(insert(SETTING).values(name=_key(name), value=at.isoformat()))


def _key(name: str) -> str:
    return f"schedule:{name}"
