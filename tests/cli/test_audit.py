"""The chain of the history: what anybody does keeps it whole, what somebody changes behind the desk's back is named."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.cli.conftest import Desk


@contextmanager
def store(desk: Desk) -> Iterator[sqlite3.Connection]:
    """What somebody with the file can do to it."""
    with closing(sqlite3.connect(desk.folder / "var" / "desk.db")) as db, db:
        yield db


def worked(desk: Desk) -> None:
    """A day's work: opened, assigned, changed, undone, merged, given away."""
    desk.opened()
    desk.opened(subject="Also jams")
    desk.ok("ticket", "do", "T1", "assign anna", "prio high", "--as", "ben")
    desk.ok("ticket", "do", "T1", "tag vip", "--as", "anna")
    desk.ok("ticket", "do", "T1", "undo", "--as", "anna")
    desk.ok("task", "add", "order the part", "--ticket", "T1", "--agent", "ben")
    desk.ok("ticket", "do", "T2", "merge T1", "--as", "anna")
    desk.ok("ticket", "do", "T1", "close", "--as", "anna")


def test_whatever_the_desk_does_the_chain_stays_whole(desk: Desk) -> None:
    """An audit that cries at every undo would be ignored."""
    worked(desk)
    found = desk.ok("audit", "verify")
    assert found["ok"] is True and found["tickets"] == 2 and found["entries"] >= 9 and found["broken"] == []
    assert len(found["head"]) == 64
    desk.ok("ticket", "do", "T1", "note one more", "--as", "anna")
    later = desk.ok("audit", "verify")
    assert later["head"] != found["head"]
    desk.ok("ticket", "delete", "T1", "--purge", "--yes")
    assert desk.ok("audit", "verify")["ok"] is True


def test_a_changed_entry_is_named(desk: Desk) -> None:
    """Who closed the request could be rewritten, and nobody would know."""
    worked(desk)
    with store(desk) as db:
        (seq,) = db.execute("SELECT seq FROM history WHERE ticket_id = 1 AND action LIKE 'assign%'").fetchone()
        db.execute("UPDATE history SET actor = 'somebody' WHERE ticket_id = 1 AND seq = ?", (seq,))
    result = desk.run("--json", "audit", "verify")
    assert result.code == 1
    (broken,) = result.json["broken"]
    assert (broken["ticket"], broken["entry"], broken["what"], broken["actor"]) == ("T1", seq, "changed", "somebody")
    assert "T1" in desk.run("audit", "verify").out


def test_entries_that_are_gone_are_named(desk: Desk) -> None:
    """What is inconvenient would be deleted instead of changed."""
    worked(desk)
    with store(desk) as db:
        db.execute("DELETE FROM history WHERE ticket_id = 1 AND seq = 2")
        last = db.execute("SELECT max(seq) FROM history WHERE ticket_id = 2").fetchone()[0]
        db.execute("DELETE FROM history WHERE ticket_id = 2 AND seq = ?", (last,))
    broken = desk.run("--json", "audit", "verify").json["broken"]
    assert [(b["ticket"], b["entry"], b["what"]) for b in broken] == [("T1", 2, "missing"), ("T2", last, "cut")]


def rewritten(desk: Desk) -> None:
    """What somebody does who may write the database and knows how digests are made: another actor, and every link anew."""
    from mailgate import settings
    from store import engine, sealing

    with store(desk) as db:
        db.execute("UPDATE history SET actor = 'somebody' WHERE ticket_id = 1 AND seq = 1")
    plain = engine.open(settings.load(desk.config, {}).store.url)
    with engine.transaction(plain) as tx:
        sealing.reseal(tx, 1)
    plain.close()


def test_a_history_that_was_written_anew_shows_where_there_is_a_key(desk: Desk) -> None:
    """Whoever may write the database could put other people into it, and reckon all digests anew."""
    worked(desk)
    made = desk.ok("audit", "key")
    assert made["tickets"] == 2
    assert Path(made["file"]).stat().st_mode & 0o077 == 0
    assert desk.ok("audit", "verify")["ok"] is True
    desk.ok("ticket", "do", "T1", "reopen", "--as", "anna")
    desk.ok("ticket", "delete", "T1", "--purge", "--yes")
    assert desk.ok("audit", "verify")["ok"] is True
    assert desk.ok("db", "check")["ok"] is True
    rewritten(desk)
    result = desk.run("--json", "audit", "verify")
    assert result.code == 1
    assert {b["ticket"] for b in result.json["broken"]} == {"T1"}
    assert desk.run("db", "check").code == 1


def test_a_history_that_was_written_anew_does_not_show_without_a_key(desk: Desk) -> None:
    """The papers promise no more than is so."""
    worked(desk)
    rewritten(desk)
    assert desk.ok("audit", "verify")["ok"] is True


def test_a_key_is_made_once_and_not_over_a_broken_history(desk: Desk) -> None:
    """What was changed before would be taken for true."""
    worked(desk)
    with store(desk) as db:
        (before,) = db.execute("SELECT actor FROM history WHERE ticket_id = 1 AND seq = 2").fetchone()
        db.execute("UPDATE history SET actor = 'somebody' WHERE ticket_id = 1 AND seq = 2")
    assert desk.run("audit", "key").code == 1
    assert desk.run("audit", "verify").code == 1
    with store(desk) as db:
        db.execute("UPDATE history SET actor = ? WHERE ticket_id = 1 AND seq = 2", (before,))
    desk.ok("audit", "key")
    assert desk.run("audit", "key").code == 1
