"""Finding tickets and mails by words: where each word stands, on either database. Next: `store.search`, which keeps the words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from store import late, plain, stemming

if TYPE_CHECKING:
    from store.plain import Reading

_SQLITE = "wording.id IN (SELECT rowid FROM fts_wording WHERE fts_wording MATCH :query)"
_POSTGRES = "array_to_tsvector(string_to_array(wording.words, ' ')) @@ CAST(:query AS tsquery)"


def tickets_with(tx: Reading, said: str, readers: Sequence[str] = ()) -> list[frozenset[int]]:
    """For each word the ids of the tickets that have it in their own facts or in one of their posts, which were not taken back.

    `readers` are an agent's name and his groups as `@key`: private words count only where they are his or meant for him.
    """
    if said.strip() and not stemming.words(said):
        return [frozenset()]
    of_readers: dict[str, Any] = {}
    readable = _readable(readers, of_readers)
    statement = (
        "SELECT coalesce(post.ticket_id, wording.ticket_id) AS id FROM wording LEFT JOIN post ON post.id = wording.post_id "  # noqa: S608 - words of ours
        f"WHERE {_match(tx)} AND post.undone_at IS NULL AND {readable}"
    )
    return [
        frozenset(row["id"] for row in plain.rows(tx, "wording", statement, {"query": query, **of_readers})) for query in _queries(tx, said)
    ]


def mails_with(tx: Reading, said: str) -> list[frozenset[int]]:
    """For each word the ids of the received mails whose post has it."""
    statement = (
        "SELECT post.received_id AS id FROM post JOIN wording ON wording.post_id = post.id "  # noqa: S608 - words of ours
        f"WHERE {_match(tx)} AND post.received_id IS NOT NULL"
    )
    return [frozenset(row["id"] for row in plain.rows(tx, "wording", statement, {"query": query})) for query in _queries(tx, said)]


def _readable(readers: Sequence[str], values: dict[str, Any]) -> str:
    if not readers:
        return "1 = 1"
    mine = [plain.contains('CAST(post."to" AS TEXT)', f'"{reader}"', values) for reader in readers]
    values["reader"] = readers[0]
    return f"(post.id IS NULL OR post.kind <> 'private' OR post.agent = :reader OR {' OR '.join(mine)})"


def _match(tx: Reading) -> str:
    late.finish(tx)
    return _SQLITE if tx.dialect.name == "sqlite" else _POSTGRES


def _queries(tx: Reading, said: str) -> Iterator[str]:
    """What to look up for each word that is asked for, in the words of the engine."""
    for forms, beginning in stemming.asked(said):
        every = sorted(forms - {beginning})
        if tx.dialect.name == "sqlite":
            yield " OR ".join([*(f'"{form}"' for form in every), *([f'"{beginning}" *'] if beginning else [])])
        else:
            yield " | ".join([*(f"'{form}'" for form in every), *([f"'{beginning}':*"] if beginning else [])])
