"""A command that only looks beside a running daemon: what it may do to the file, which is nothing."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from store import driver, durability, engine, lock, migrate, plain

LEAVE_A_JOURNAL = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode=truncate")
connection.execute("PRAGMA cache_size=2")
connection.execute("BEGIN IMMEDIATE")
connection.execute("CREATE TABLE half AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) SELECT hex(zeroblob(200)) FROM n")
os._exit(0)
"""


def test_who_only_looks_leaves_the_journal_of_a_daemon_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program may take a daemon's locks away from it; then its journal looks like that of a crash, and playing it back would destroy the file."""
    monkeypatch.setattr(driver, "sqlite", lambda: sqlite3.dbapi2)
    monkeypatch.setattr(durability, "journal_mode", lambda _version: ("truncate", "for this test"))
    monkeypatch.setattr(durability, "BUSY_TIMEOUT_MS", 50)
    path = tmp_path / "desk.db"
    desk = engine.open(f"sqlite:///{path}")
    migrate.upgrade(desk)
    desk.close()
    with plain.look(path) as found:
        assert found is not None
    subprocess.run([sys.executable, "-c", LEAVE_A_JOURNAL, str(path)], check=True)
    journal = Path(f"{path}-journal")
    before = (path.read_bytes(), journal.read_bytes())
    assert before[1][:8] == bytes.fromhex("d9d505f920a163d7")  # to be played back, sqlite.org/fileformat2.html, section 3
    with lock.hold_daemon_lock(f"sqlite:///{path}", os.getpid()), plain.look(path) as found:
        assert found is None
    assert (path.read_bytes(), journal.read_bytes()) == before


def test_the_daemon_that_serves_is_known_by_its_number(tmp_path: Path) -> None:
    """A lock file of a daemon that is gone makes nobody wait."""
    path = tmp_path / "desk.db"
    assert lock.holder(path) == 0
    with lock.hold_daemon_lock(f"sqlite:///{path}", os.getpid()):
        assert lock.holder(path) == os.getpid()
    Path(f"{path}.lock").write_text("999999999\n")
    assert lock.holder(path) == 0
