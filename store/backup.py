"""A consistent copy of a database that is in use. Bringing one back is `restore.py`'s."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from sqlalchemy.engine import make_url

from rules.frozen import dataclass
from store.durability import Unfit
from store.engine import Store, telling_busy


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A finished backup."""

    path: Path
    bytes: int


def backup(store: Store, to: Path, *, url: str = "") -> Copied:
    """Copy the whole database as of one moment to a file that mustn't exist; readable by this user alone, on disk when this returns.

    SQLite gives a database again, PostgreSQL an archive for `pg_restore` (and needs `pg_dump`); `url` is its URL with the password.
    Raises FileExistsError, OSError, Busy, or Unfit where it can't be done.
    """
    to.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    try:
        if store.dialect == "sqlite":
            _sqlite(store, to)
        else:
            _postgres(url or store.url, to)
        _to_disk(to)
    except BaseException:
        to.unlink(missing_ok=True)
        raise
    return Copied(path=to, bytes=to.stat().st_size)


def _sqlite(store: Store, to: Path) -> None:
    with telling_busy(), store.engine.connect() as connection:
        driver = connection.connection.driver_connection
        if driver is None:
            raise Unfit("the connection to the database is gone")
        # Reads one snapshot; the daemon goes on writing meanwhile.
        driver.execute("VACUUM INTO ?", (str(to),))


def _postgres(url: str, to: Path) -> None:
    tool = shutil.which("pg_dump")
    if tool is None:
        raise Unfit("a backup of PostgreSQL needs pg_dump: install postgresql-client")
    parsed = make_url(url)
    environment = dict(os.environ) | ({"PGPASSWORD": str(parsed.password)} if parsed.password else {})
    target = parsed.set(drivername="postgresql", password=None).render_as_string()
    done = subprocess.run(
        [tool, "--format=custom", f"--file={to}", f"--dbname={target}"], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Unfit(f"pg_dump failed: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}")


def _to_disk(path: Path) -> None:
    for each, flags in ((path, os.O_RDONLY), (path.parent, os.O_RDONLY | os.O_DIRECTORY)):
        descriptor = os.open(each, flags)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
