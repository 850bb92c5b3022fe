"""fewer entries in indexes for each mail; the look-up of words learns new rows all at once."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_UNUSED = {"received": ("ix_received_waiting", "ix_received_content"), "outbox": ("ix_outbox_message_id", "ix_outbox_cause")}
"""Another index answers what they were asked: by fate, by Message-ID and digest, by what is unique; or nobody asked."""
_PARTIAL = (
    ("ix_received_ticket", "received", "ticket_id"),
    ("ix_ticket_check", "ticket", "check_at"),
    ("ix_wording_ticket", "wording", "ticket_id"),
    ("ix_wording_post", "wording", "post_id"),
)
_KNOWN = "WHEN EXISTS (SELECT 1 FROM fts_wording_docsize WHERE id = old.id)"
_FORGET = "INSERT INTO fts_wording(fts_wording, rowid, words) VALUES ('delete', old.id, old.words);"
_LEARN = "INSERT INTO fts_wording(rowid, words) VALUES (new.id, new.words);"


def upgrade() -> None:
    for table, names in _UNUSED.items():
        for name in names:
            op.drop_index(name, table_name=table)
    op.drop_index("ix_received_message_id", table_name="received")
    op.create_index("ix_received_message_id", "received", ["message_id", "content_digest"], unique=False)
    for name, table, column in _PARTIAL:
        op.drop_index(name, table_name=table)
        where = sa.text(f"{column} IS NOT NULL")
        op.create_index(name, table, [column], unique=False, sqlite_where=where, postgresql_where=where)
    if op.get_bind().dialect.name == "sqlite":
        for name in ("new", "gone", "changed"):
            op.execute(f"DROP TRIGGER IF EXISTS fts_wording_{name}")
        op.execute(f"CREATE TRIGGER fts_wording_gone AFTER DELETE ON wording {_KNOWN} BEGIN {_FORGET} END")
        op.execute(f"CREATE TRIGGER fts_wording_changed AFTER UPDATE ON wording {_KNOWN} BEGIN {_FORGET} {_LEARN} END")
