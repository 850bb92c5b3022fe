"""The lock that lets one daemon at a time serve a SQLite database. Commands beside it don't take the lock."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self


class DaemonRunning(Exception):
    """Another daemon serves this SQLite database."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        """Process id of the other daemon, 0 if it hasn't said."""
        super().__init__(f"a daemon with process id {pid} serves this database already" if pid else "a daemon serves this database already")


@dataclass(slots=True)
class DaemonLock:
    """The right to be the one daemon of a SQLite database; ends with `close` or, at once, with the process."""

    descriptor: int

    def close(self) -> None:
        """Give the right up; safe to call again."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def hold_daemon_lock(url: str, pid: int) -> DaemonLock:
    """Be the one daemon on this database until the lock is closed; raises DaemonRunning if another one is.

    Several daemons may share a PostgreSQL database: there the lock is empty. The file `<database>.lock` stays behind on purpose: deleting it
    would let two daemons each lock a file of their own. Loads nothing of the database: a daemon takes it before all else.
    """
    if not url.startswith("sqlite:///"):
        return DaemonLock(-1)
    path = Path(url.removeprefix("sqlite:///").partition("?")[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        said = os.pread(descriptor, 20, 0).strip()
        os.close(descriptor)
        raise DaemonRunning(int(said) if said.isdigit() else 0) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{pid}\n".encode(), 0)
    return DaemonLock(descriptor)


def holder(path: Path) -> int:
    """Process id of the daemon that serves this SQLite database, 0 where none does. Doesn't touch the lock: a daemon that starts just now must get it."""
    try:
        said = Path(f"{path}.lock").read_bytes().strip()
    except FileNotFoundError:
        return 0
    pid = int(said) if said.isdigit() else 0
    if pid:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return 0
        except PermissionError:
            pass  # it runs as somebody else
    return pid
