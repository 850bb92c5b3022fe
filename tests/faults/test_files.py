"""Files that are damaged, copies made under load, and two that want the same database."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.cli.conftest import Desk, begin


def worked(folder: Path) -> Desk:
    """A desk with something to lose."""
    desk = begin(folder)
    desk.ok("mail", "in", *(str(desk.mail(f"m{n}", subject=f"Matter {n}", text=f"Text {n}. " * 40)) for n in range(4)))
    desk.ok("ticket", "do", "T1", "assign anna", "note all is well", "--as", "ben")
    desk.ok("--now", "2026-11-24T09:00+02:00", "tick")
    return desk


def said(desk: Desk) -> object:
    """What the desk says of everything it holds."""
    return [desk.run("--json", *words) for words in (("ticket", "list"), ("mail", "list"), ("ticket", "show", "T1"), ("mail", "raw", "1"))]


def test_a_damaged_database_is_refused_or_right_and_never_wrong(tmp_path: Path) -> None:
    """A flipped bit would be read as somebody's words, or mended by losing them."""
    dice = random.Random(28)
    desk = worked(tmp_path)
    path = tmp_path / "var" / "desk.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    right = [(each.code, each.raw) for each in said(desk)]  # type: ignore[attr-defined]
    whole = path.read_bytes()
    written = [at for at, byte in enumerate(whole) if byte]
    told = 0
    for _ in range(25):
        data = bytearray(whole)
        data[dice.choice(written)] ^= 1 << dice.randrange(8)
        for leftover in ("desk.db-wal", "desk.db-shm"):
            (tmp_path / "var" / leftover).unlink(missing_ok=True)
        path.write_bytes(data)
        checked = desk.run("--json", "db", "check")
        assert checked.code in {0, 1, 2}, checked.err
        assert "Traceback" not in checked.err
        if checked.code == 0:
            continue  # it hit nothing that means anything, or only what is reckoned from the rest
        told += 1
        for each in said(desk):  # type: ignore[attr-defined]
            assert each.code in {0, 1, 2, 3} and "Traceback" not in each.err, each.err
    assert told >= 3
    path.write_bytes(whole)
    for leftover in ("desk.db-wal", "desk.db-shm"):
        (tmp_path / "var" / leftover).unlink(missing_ok=True)
    assert [(each.code, each.raw) for each in said(desk)] == right  # type: ignore[attr-defined]


def test_a_file_that_is_no_database_of_ours_is_refused_with_a_sentence(tmp_path: Path) -> None:
    """A wrong path in the config would be overwritten, or served as an empty desk."""
    desk = worked(tmp_path)
    path = tmp_path / "var" / "desk.db"
    for leftover in ("desk.db-wal", "desk.db-shm"):
        (tmp_path / "var" / leftover).unlink(missing_ok=True)
    path.write_bytes(b"this is no database\n" * 300)
    result = desk.run("ticket", "list")
    assert result.code in {1, 2} and "Traceback" not in result.err and result.err.strip()
    assert path.read_bytes().startswith(b"this is no database")
    path.unlink()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE somebody_elses (x)")
        db.commit()
    result = desk.run("ticket", "list")
    assert result.code in {1, 2} and "Traceback" not in result.err
    with closing(sqlite3.connect(path)) as db:
        assert [row[0] for row in db.execute("SELECT name FROM sqlite_master")] == ["somebody_elses"]


def test_copies_made_while_the_desk_works_are_whole(tmp_path: Path) -> None:
    """The copy that is needed one day was made in the middle of something."""
    desk = worked(tmp_path)
    for n in range(4):
        desk.ok("mail", "in", str(desk.mail(f"later{n}", subject=f"Later {n}")))
        target = tmp_path / f"copy{n}.db"
        desk.ok("db", "backup", str(target))
        assert target.stat().st_mode & 0o077 == 0
        other = tmp_path / f"other{n}"
        (other / "var").mkdir(parents=True)
        shutil.copy(desk.config, other / "config.toml")
        shutil.copy(target, other / "var" / "desk.db")
        found = Desk(other)
        assert found.ok("db", "check")["ok"] is True
        assert len(found.ok("mail", "list")) == 5 + n
