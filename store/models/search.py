"""The table of what tickets and posts are found by, and what each engine looks the words up with.

The look-up is made with the table, whoever makes it: a new database or a step of the migrations. Its names begin with `fts_`.
"""

from typing import Any

from sqlalchemy import Column, Connection, Index, Table, Text, event
from sqlmodel import Field, SQLModel

_OF_TICKET, _OF_POST = Column("ticket_id").is_not(None), Column("post_id").is_not(None)


class Wording(SQLModel, table=True):
    """Words, each once and parted by blanks, of a ticket's own facts or of one post: of exactly one of them."""

    __tablename__ = "wording"
    __table_args__ = (
        Index("ix_wording_ticket", "ticket_id", sqlite_where=_OF_TICKET, postgresql_where=_OF_TICKET),
        Index("ix_wording_post", "post_id", sqlite_where=_OF_POST, postgresql_where=_OF_POST),
    )

    id: int | None = Field(default=None, primary_key=True)
    ticket_id: int | None = Field(default=None, foreign_key="ticket.id")
    post_id: int | None = Field(default=None, foreign_key="post.id")
    words: str = Field(sa_type=Text, default="")


# FTS5 over the rows of another table (external content, section 4.4.3 of its manual). New rows are learnt before their transaction is
# committed, all at once (`store.search`): by a trigger it would write a segment of its own for each. `docsize` has those that it knows.
_SQLITE = (
    "CREATE VIRTUAL TABLE fts_wording USING fts5(words, content='wording', content_rowid='id', tokenize='ascii', detail='none')",
    (
        "CREATE TRIGGER fts_wording_gone AFTER DELETE ON wording WHEN EXISTS (SELECT 1 FROM fts_wording_docsize WHERE id = old.id) BEGIN"
        " INSERT INTO fts_wording(fts_wording, rowid, words) VALUES ('delete', old.id, old.words); END"
    ),
    (
        "CREATE TRIGGER fts_wording_changed AFTER UPDATE ON wording WHEN EXISTS (SELECT 1 FROM fts_wording_docsize WHERE id = old.id) BEGIN"
        " INSERT INTO fts_wording(fts_wording, rowid, words) VALUES ('delete', old.id, old.words);"
        " INSERT INTO fts_wording(rowid, words) VALUES (new.id, new.words); END"
    ),
)
_POSTGRES = ("CREATE INDEX fts_wording ON wording USING gin (array_to_tsvector(string_to_array(words, ' ')))",)


@event.listens_for(Table, "after_create")
def _look_up(made: Table, connection: Connection, **_: Any) -> None:  # noqa: ANN401 - the event passes more than is needed
    if made.name == Wording.__tablename__:
        for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRES:
            connection.exec_driver_sql(statement)
