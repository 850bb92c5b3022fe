"""The chain of the history: what anybody does keeps it whole, what somebody changes behind the desk's back is named."""

from __future__ import annotations

import sqlite3

from tests.cli.conftest import Desk


def store(desk: Desk) -> sqlite3.Connection:
    return sqlite3.connect(desk.folder / "var" / "desk.db")


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
