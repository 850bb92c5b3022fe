"""Full-text search: what each ticket and each post is found by, kept in the transaction that writes them, the same hits on either engine.

The words are ours (`store.stemming`) and stand in an ordinary table, one row for a ticket's own facts and one for each post. SQLite looks
them up by FTS5, PostgreSQL by a GIN index over the same words; `store.models.search` makes both. Neither engine's own idea of a language
has a say. Next: `store.lists.words`, which finds by them.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update

from rules.actions.base import Draft
from rules.facts.ticket import Ticket
from store import facts, late, stemming, tables
from store.prepared import Prepared

WORDING, POST, TICKET = tables.Wording, tables.Post, tables.Ticket
_INSERT = Prepared(insert(WORDING), takes=("ticket_id", "post_id", "words"))
_UPDATE = Prepared(update(WORDING).where(WORDING.c.ticket_id == bindparam("of_ticket"), WORDING.c.post_id.is_(None)), takes=("words",))
_LEARN = (
    "INSERT INTO fts_wording(rowid, words) SELECT id, words FROM wording WHERE id > (SELECT coalesce(max(id), 0) FROM fts_wording_docsize)"
)
"""For FTS5 the end of a transaction is cheaper by far: it writes a segment at each savepoint, and each statement within a trigger is one."""
_Found = tuple[int | None, int | None, bool, tuple[str, ...]]
"""A ticket or a post, whether it is new, and what it is found by."""
FOUND_BY = (
    "ref",
    "subject",
    "requester",
    "party",
    "partner_ref",
    "watchers",
    "contract",
    "project",
    "device",
    "fields",
    "tags",
    "endcustomer",
)
"""Fields of a ticket by which it is found, beside its posts."""


def put_ticket(tx: Connection, ticket: Ticket, *, is_new: bool) -> None:
    """Note what a ticket itself is found by."""
    pieces = [
        ticket.ref,
        ticket.subject,
        ticket.requester.name,
        ticket.requester.address,
        ticket.party,
        ticket.partner_ref,
        ticket.contract,
        ticket.project,
        ticket.device,
        *ticket.watchers,
        *ticket.tags,
        *map(str, ticket.fields.values()),
        *map(str, ticket.endcustomer.values()),
    ]
    late.leave(tx, _note, (ticket.id, None, is_new, tuple(pieces)))


def differs(before: Ticket, after: Ticket) -> bool:
    """Whether a change touches what the ticket is found by."""
    return any(getattr(before, name) != getattr(after, name) for name in FOUND_BY)


def put_post(tx: Connection, post_id: int, draft: Draft) -> None:
    """Note what a new post is found by: its words, its author, the names of its files."""
    pieces = (draft.subject, draft.text, draft.author.name, draft.author.address, draft.agent, *(part.name for part in draft.parts))
    late.leave(tx, _note, (None, post_id, True, pieces))


def _note(tx: Connection, things: list[_Found]) -> None:
    """Write the words of tickets and posts, those of one ticket as they were left last: a batch at once takes half the time."""
    newest: dict[tuple[int | None, int | None], tuple[bool, tuple[str, ...]]] = {}
    for ticket_id, post_id, is_new, pieces in things:
        was_new, _ = newest.get((ticket_id, post_id), (False, ()))
        newest[ticket_id, post_id] = (is_new or was_new, pieces)
    rows: list[dict[str, Any]] = []
    for (ticket_id, post_id), (is_new, pieces) in newest.items():
        words = _joined(pieces)
        if is_new or not _UPDATE.run(tx, {"words": words, "of_ticket": ticket_id}):
            rows.append({"ticket_id": ticket_id, "post_id": post_id, "words": words})
    if rows:
        _INSERT.run_many(tx, rows)
        learn(tx)


def learn(tx: Connection) -> None:
    """Have SQLite's look-up learn the rows that were added."""
    if tx.dialect.name == "sqlite":
        tx.exec_driver_sql(_LEARN)


def renew(tx: Connection, ticket_id: int) -> None:
    """Note anew what a ticket and its posts are found by, after they were changed past the ledger: nothing that is gone may be found."""
    late.finish(tx)
    row = tx.execute(select(TICKET).where(TICKET.c.id == ticket_id)).mappings().first()
    if row is None:
        return
    put_ticket(tx, facts.ticket(row), is_new=False)
    for post in map(facts.post, tx.execute(select(POST).where(POST.c.ticket_id == ticket_id)).mappings()):
        pieces = [post.subject, post.text, post.author.name, post.author.address, post.agent, *(part.name for part in post.parts)]
        tx.execute(update(WORDING).where(WORDING.c.post_id == post.id).values(words=_joined(pieces)))


def settle(tx: Connection) -> None:
    """Take what is gone out of the look-up's own pages: SQLite keeps it there until they are merged."""
    late.finish(tx)
    if tx.dialect.name == "sqlite":
        tx.exec_driver_sql("INSERT INTO fts_wording(fts_wording) VALUES ('optimize')")


def forget(tx: Connection, ticket_id: int) -> None:
    """A ticket whose contents are gone is found by nothing."""
    late.finish(tx)
    posts = select(POST.c.id).where(POST.c.ticket_id == ticket_id)
    tx.execute(delete(WORDING).where(or_(WORDING.c.ticket_id == ticket_id, WORDING.c.post_id.in_(posts))))


def _joined(pieces: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(chain.from_iterable(stemming.indexed(piece) for piece in pieces if piece)))
