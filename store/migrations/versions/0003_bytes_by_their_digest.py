"""a reception is known again by the digest of its bytes, which is kept anyway."""

import hashlib
from datetime import timedelta

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_RECEIVED = sa.table(
    "received",
    sa.column("id", sa.Integer),
    sa.column("retry_key", sa.Text),
    sa.column("received_at", sqlmodel.UTCDateTime()),
    sa.column("door", sa.Text),
    sa.column("mail_from", sa.Text),
    sa.column("rcpt_to", sa.JSON),
    sa.column("sha256", sa.Text),
)
_RETRIED = timedelta(days=5)
"""Mails that came so long before the last one are nobody's retry."""


def upgrade() -> None:
    connection = op.get_bind()
    last = connection.execute(sa.select(_RECEIVED.c.received_at).order_by(_RECEIVED.c.received_at.desc()).limit(1)).scalar()
    if last is None:
        return
    lately = sa.select(_RECEIVED).where(_RECEIVED.c.received_at >= last - _RETRIED)
    for row in connection.execute(lately).mappings().all():
        digest = hashlib.sha256()
        for word in (row["door"], row["mail_from"], *sorted(row["rcpt_to"]), row["sha256"]):
            octets = word.encode()
            digest.update(len(octets).to_bytes(4, "big") + octets)
        _, colon, epoch = row["retry_key"].partition(":")
        key = digest.hexdigest() + colon + epoch
        connection.execute(sa.update(_RECEIVED).where(_RECEIVED.c.id == row["id"]).values(retry_key=key))
