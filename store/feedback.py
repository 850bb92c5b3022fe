"""What readers said of the desk's articles: how often each helped, and how often not. Next: `store.lists.articles`."""

from __future__ import annotations

from sqlalchemy import Connection, insert, update

from store import tables

COUNTER = tables.Counter
_HELPED, _UNHELPED = "helped", "unhelped"


def count(tx: Connection, article: str, *, helped: bool) -> None:
    """One more reader said so."""
    name = _name(article, _HELPED if helped else _UNHELPED)
    if not tx.execute(update(COUNTER).where(COUNTER.c.name == name).values(value=COUNTER.c.value + 1)).rowcount:
        tx.execute(insert(COUNTER).values(name=name, value=1))


def _name(article: str, what: str) -> str:
    return f"faq:{article}:{what}"
