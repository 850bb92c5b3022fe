"""Service orders by the command line: given, listed, changed, reported on, taken away; and tasks taken away."""

from __future__ import annotations

from tests.cli.conftest import Desk

NOON = ("--now", "2026-11-23T10:00+02:00")


def test_an_order_is_given_changed_reported_on_and_taken_away(desk: Desk) -> None:
    """The dispatcher at the telephone could send nobody out without writing himself a mail."""
    desk.opened("--device", "SN4711")
    desk.ok("agent", "add", "petr", "--address", "petr@staff.example")
    made = desk.ok("order", "add", "T1", "--tech", "petr", "--when", "fri 9", "--text", "Change the pump", "--as", "anna", *NOON)
    assert (made["ref"], made["ticket"], made["technician"], made["state"], made["by"]) == ("T1-1", "T1", "petr", "open", "anna")
    assert made["when_at"] == "2026-11-27T09:00:00+02:00"
    (sent,) = [r for r in desk.ok("outbox", "list") if r["template"] == "order"]
    assert sent["to"] == "petr@staff.example"
    assert [o["ref"] for o in desk.ok("order", "list", "--tech", "petr")] == ["T1-1"]
    assert "Change the pump" in desk.run("order", "list").out
    moved = desk.ok("order", "edit", "t1-1", "--when", "2026-11-30T10:00", "--tech", "ben", *NOON)
    assert (moved["technician"], moved["when_at"]) == ("ben", "2026-11-30T10:00:00+02:00")
    assert [r["to"] for r in desk.ok("outbox", "list") if r["template"] == "order"].count("ben@staff.example") == 1
    told = desk.ok(
        "order", "edit", "T1-1", "--hours", "1.5", "--parts", "2xSN-99", "--report", "changed it", "--state", "done", "--as", "ben"
    )
    assert ([h["minutes"] for h in told["hours"]], [p["number"] for p in told["parts"]], told["state"]) == ([90], ["SN-99"], "done")
    whole = desk.ok("ticket", "show", "T1")
    assert whole["minutes"] == 90 and whole["orders"][0]["state"] == "done"
    assert desk.ok("order", "list") == [] and len(desk.ok("order", "list", "--all")) == 1
    assert desk.ok("order", "remove", "T1-1") == {"ref": "T1-1", "removed": True}
    assert desk.ok("ticket", "show", "T1")["orders"] == []
    assert any("order T1-1" in entry["changed"] for entry in desk.ok("ticket", "history", "T1"))


def test_an_order_that_makes_no_sense_is_refused(desk: Desk) -> None:
    """A van would be sent to nobody, last year."""
    desk.opened()
    assert desk.run("order", "add", "T1", "--tech", "nobody").code == 1
    assert desk.run("order", "add", "T1", "--tech", "anna", "--when", "2020-01-01T08:00").code == 1
    assert desk.run("order", "show", "T1-7").code == 3
    desk.ok("order", "add", "T1", "--tech", "anna")
    assert desk.run("order", "edit", "T1-1").code == 2
    assert desk.run("order", "edit", "T1-1", "--hours", "soon").code == 2
    assert desk.run("order", "edit", "T1-1", "--state", "lost").code == 1


def test_a_task_can_be_taken_away(desk: Desk) -> None:
    """What was given by mistake would have to be done, or lied about."""
    desk.opened()
    desk.ok("task", "add", "order the part", "--ticket", "T1", "--group", "hw")
    assert desk.ok("task", "remove", "t1.1")["removed"] is True
    assert desk.ok("task", "list", "--all") == []
