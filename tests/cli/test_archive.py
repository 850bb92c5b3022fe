"""The archive by the command line."""

from __future__ import annotations

from tests.cli.conftest import Desk

LATER = ("--now", "2027-01-31T09:00+02:00")
THEN = ("--now", "2026-12-01T09:00+02:00")


def test_closed_tickets_are_archived_listed_found_and_brought_back(desk: Desk) -> None:
    """Nobody could say what is in the archive, or get it out."""
    desk.opened(*THEN)
    desk.opened(*THEN, subject="Still jams")
    desk.ok("ticket", "do", "T1", "close", "--as", "anna", *THEN)
    assert desk.ok("archive", "run", *THEN) == {"archived": [], "purged": []}
    assert desk.ok("archive", "run", *LATER) == {"archived": ["T1"], "purged": []}
    assert [t["ref"] for t in desk.ok("archive", "list")] == ["T1"]
    assert [t["ref"] for t in desk.ok("ticket", "list")] == ["T2"]
    assert [t["ref"] for t in desk.ok("ticket", "list", "--archived", "--search", "jams")] == ["T1"]
    assert desk.ok("archive", "list", "--search", "toner") == []
    assert "T1" in desk.run("archive", "list").out
    refused = desk.run("ticket", "do", "T1", "prio high", "--as", "anna")
    assert refused.code == 1 and "reopen it first" in refused.err
    assert desk.run("ticket", "edit", "T1", "--subject", "Else").code == 1
    assert desk.ok("ticket", "show", "T1")["archived_at"] == "2027-01-31T09:00:00+02:00"
    desk.ok("ticket", "do", "T1", "reopen", "--as", "anna", *LATER)
    back = desk.ok("ticket", "show", "T1")
    assert (back["archived_at"], back["status"]) == (None, "assigned")
    assert desk.ok("audit", "verify")["ok"] is True


def test_a_tick_archives_by_itself(desk: Desk) -> None:
    """Somebody would have to think of it every month."""
    desk.opened(*THEN)
    desk.ok("ticket", "do", "T1", "close", "--as", "anna", *THEN)
    desk.ok("tick", *LATER)
    assert [t["ref"] for t in desk.ok("archive", "list")] == ["T1"]
