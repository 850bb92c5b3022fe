"""Brings a backup back: the file checked and made ready beside the database, then put in its place; what was there is kept.

A restored desk has forgotten what it did since the backup. Numbers therefore go on well above those it gave in that time, and nothing
is sent until somebody has looked. Next: `store.backup`, `mailgate/desk/db.py`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert, select, text, update
from sqlalchemy.engine import make_url

from rules.frozen import dataclass
from store import durability, engine, lock, migrate, sending, tables
from store.durability import Unfit
from store.engine import Store

COUNTER, OUTBOX = tables.Counter, tables.Outbox
SKIP = 10_000
"""How far ticket and outbox numbers move on: more than a desk gives between two backups."""
_MAGIC = b"SQLite format 3\x00"
PLACEHOLDER = "numbers go on from here after a restore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came of it."""

    kept: Path | None
    """Where the database that was there is now; None on PostgreSQL, or if there was none."""
    ticket: int
    """The last ticket number that counts as given."""
    outbox: int
    """Likewise of the outbox."""
    due: int
    """Mails in the outbox that would leave if sending were on."""


def restore(url: str, file: Path, at: datetime) -> Restored:
    """Put a backup in the place of the database at `url`, whose daemon must not be running.

    Raises FileNotFoundError, Unfit for a file that is none of our backups, DaemonRunning, OSError.
    """
    if not file.is_file():
        raise FileNotFoundError(file)
    if make_url(url).get_backend_name() != "sqlite":
        return _postgres(url, file, at)
    with file.open("rb") as opened:
        if opened.read(len(_MAGIC)) != _MAGIC:
            raise Unfit(f"{file} is no SQLite database")
    target = durability.sqlite_file(make_url(url))
    target.parent.mkdir(parents=True, exist_ok=True)
    with lock.hold_daemon_lock(url, os.getpid()):
        fresh = target.with_name(f"{target.name}.restoring")
        _away(fresh)
        shutil.copyfile(file, fresh)
        fresh.chmod(0o600)
        try:
            done = _made_ready(str(make_url(url).set(database=str(fresh))), at)
        except BaseException:
            _away(fresh)
            raise
        kept = _aside(url, target, at) if target.exists() else None
        fresh.replace(target)
        _to_disk(target.parent)
    return Restored(kept=kept, **done)


def _made_ready(url: str, at: datetime) -> dict[str, int]:
    """Check the copy, take the steps that it lacks, switch sending off, move the numbers on."""
    store = engine.open(url, write_pool=1, read_pool=1)
    try:
        with engine.reading(store) as tx:
            if store.dialect == "sqlite" and (said := tx.exec_driver_sql("PRAGMA quick_check").scalar()) != "ok":
                raise Unfit(f"the backup is damaged: {said}")
        if migrate.status(store).shape in {migrate.Shape.empty, migrate.Shape.foreign}:
            raise Unfit("that is no backup of a desk")
        migrate.upgrade(store)
        done = _moved_on(store, at)
        if store.dialect == "sqlite":
            with store.engine.connect() as connection:
                driver = connection.connection.driver_connection
                assert driver is not None  # noqa: S101 - an open connection has one
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return done
    finally:
        store.close()


def _moved_on(store: Store, at: datetime) -> dict[str, int]:
    with engine.transaction(store) as tx:
        sending.switch(tx, at, on=False)
        tx.execute(update(COUNTER).where(COUNTER.c.name == "ticket").values(value=COUNTER.c.value + SKIP))
        number = tx.execute(select(COUNTER.c.value).where(COUNTER.c.name == "ticket")).scalar()
        if number is None:
            number = SKIP
            tx.execute(insert(COUNTER).values(name="ticket", value=number))
        last = tx.execute(select(OUTBOX.c.id).order_by(OUTBOX.c.id.desc()).limit(1)).scalar() or 0
        due = len(tx.execute(select(OUTBOX.c.id).where(OUTBOX.c.state == "due")).all())
        if store.dialect == "sqlite":
            # The next row is one above the highest: this one stands there and is never sent.
            row = {"id": last + SKIP, "created_at": at, "due_at": at, "template": "restore", "cause": f"restore:{at:%Y%m%dT%H%M%S}"}
            row |= {"recipient_address": "", "recipient_key": "", "recipient_kind": "other", "state": "dropped", "last_answer": PLACEHOLDER}
            tx.execute(insert(OUTBOX).values(**row))
        else:
            tx.execute(text("SELECT setval(pg_get_serial_sequence('outbox', 'id'), :next)"), {"next": last + SKIP})
    return {"ticket": number, "outbox": last + SKIP, "due": due}


def _aside(url: str, target: Path, at: datetime) -> Path:
    """Move the database that is there away whole, its log written into it first."""
    old = engine.open(url, write_pool=1, read_pool=1)
    try:
        with old.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None  # noqa: S101 - an open connection has one
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        old.close()
    kept = target.with_name(f"{target.name}.before-{at:%Y%m%dT%H%M%S}")
    number = 1
    while kept.exists():
        number += 1
        kept = target.with_name(f"{target.name}.before-{at:%Y%m%dT%H%M%S}-{number}")
    target.replace(kept)
    for ending in ("-wal", "-shm", "-journal"):
        beside = Path(f"{target}{ending}")
        if beside.exists():
            beside.replace(f"{kept}{ending}")
    return kept


def _away(path: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{ending}").unlink(missing_ok=True)


def _postgres(url: str, file: Path, at: datetime) -> Restored:
    tool = shutil.which("pg_restore")
    if tool is None:
        raise Unfit("restoring PostgreSQL needs pg_restore: install postgresql-client")
    parsed = make_url(url)
    environment = dict(os.environ) | ({"PGPASSWORD": str(parsed.password)} if parsed.password else {})
    target = parsed.set(drivername="postgresql", password=None).render_as_string()
    done = subprocess.run(
        [tool, "--clean", "--if-exists", "--no-owner", "--single-transaction", f"--dbname={target}", str(file)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Unfit(f"pg_restore failed: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")
    return Restored(kept=None, **_made_ready(url, at))


def _to_disk(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
