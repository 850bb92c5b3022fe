"""An upgrade that rebuilds the tables of a full desk, as a process that may be killed: `python -m tests.faults.upgrading URL STEPS`.

STEPS is a folder with a step of its own behind the released ones. Prints `old` or `new`, and a digest of every row.
"""

from __future__ import annotations

import hashlib
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alembic.config import Config
from sqlalchemy import Connection, select

from store import engine, migrate, tables

STEP = '''"""Rebuild what is biggest."""

from alembic import op
from sqlalchemy import Column, Text

revision, down_revision = "NEXT", "LAST"


def upgrade() -> None:
    for name in ("ticket", "post"):
        with op.batch_alter_table(name, recreate="always") as batch:
            batch.add_column(Column("rebuilt", Text, nullable=False, server_default="yes"))
'''
LAST = migrate.HEAD
NEXT = f"{int(LAST) + 1:04d}"
ROWS = (tables.Ticket, tables.Post)


def fill(url: str, count: int) -> None:
    """So many tickets with two posts each."""
    at = datetime(2026, 11, 1, tzinfo=UTC)
    with closing(engine.open(url)) as desk:
        migrate.prepare(desk)
        with engine.transaction(desk) as tx:
            many = range(1, count + 1)
            tx.execute(
                tables.Ticket.insert(),
                [
                    {"id": n, "ref": f"T{n}", "subject": f"Request {n} {'ä' * (n % 50)}", "opened_at": at + timedelta(minutes=n)}
                    for n in many
                ],
            )
            tx.execute(
                tables.Post.insert(),
                [
                    {"id": 2 * n + k, "ticket_id": n, "at": at, "kind": "public", "text": f"{n}/{k} {'words ' * (n % 80)}"}
                    for n in many
                    for k in (0, 1)
                ],
            )


def digest(tx: Connection) -> str:
    """One value over all rows that the step touches."""
    made = hashlib.sha256()
    for table in ROWS:
        for row in tx.execute(select(table).order_by(table.c.id).execution_options(yield_per=1000)):
            made.update(repr(tuple(row)).encode())
    return made.hexdigest()


def upgraded(url: str, steps: str, *, look: bool) -> None:
    """Take the step, or only look whether it was taken."""
    released = migrate.alembic_config

    def config(connection: Connection) -> Config:
        made = released(connection)
        made.set_main_option("version_locations", f"{Path(migrate.__file__).parent / 'migrations' / 'versions'} {steps}")
        return made

    migrate.alembic_config = config  # type: ignore[assignment]
    migrate.HEAD = NEXT  # type: ignore[misc]
    with closing(engine.open(url)) as desk:
        if not look:
            migrate.upgrade(desk)
        stands = migrate.status(desk)
        with engine.reading(desk) as tx:
            print({LAST: "old", NEXT: "new"}[str(stands.current)], digest(tx), flush=True)


if __name__ == "__main__":
    upgraded(sys.argv[1], sys.argv[2], look="look" in sys.argv)
