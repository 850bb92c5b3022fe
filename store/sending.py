"""Whether mail may leave at all: a restored desk keeps silent until somebody has looked at what it would send."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from store import tables
from store.prepared import Prepared

SETTING = tables.Setting
_NAME = "sending-off"
_OFF = Prepared(select(SETTING.c.value).where(SETTING.c.name == _NAME))


def off_since(tx: Connection) -> datetime | None:
    """Since when nothing leaves, None if mail may leave."""
    row = _OFF.first(tx, {})
    return datetime.fromisoformat(row["value"]) if row is not None else None


def switch(tx: Connection, at: datetime, *, on: bool) -> None:
    """Let mail leave, or keep all of it back from `at` on."""
    tx.execute(delete(SETTING).where(SETTING.c.name == _NAME))
    if not on:
        tx.execute(insert(SETTING).values(name=_NAME, value=at.isoformat()))
