"""What readers said of the desk's articles: how often each helped, and how often not."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, insert, select, update

from store import tables

COUNTER = tables.Counter
_HELPED, _UNHELPED = "helped", "unhelped"


def count(tx: Connection, article: str, *, helped: bool) -> None:
    """One more reader said so."""
    name = _name(article, _HELPED if helped else _UNHELPED)
    if not tx.execute(update(COUNTER).where(COUNTER.c.name == name).values(value=COUNTER.c.value + 1)).rowcount:
        tx.execute(insert(COUNTER).values(name=name, value=1))


def of_all(tx: Connection) -> Mapping[str, tuple[int, int]]:
    """Article -> how many it helped and how many not; articles of which nobody said anything are left out."""
    found: dict[str, tuple[int, int]] = {}
    for row in tx.execute(select(COUNTER.c.name, COUNTER.c.value).where(COUNTER.c.name.startswith("faq:"))):
        article, _, what = row.name.removeprefix("faq:").rpartition(":")
        yes, no = found.get(article, (0, 0))
        found[article] = (yes + row.value, no) if what == _HELPED else (yes, no + row.value)
    return found


def _name(article: str, what: str) -> str:
    return f"faq:{article}:{what}"
