"""Tasks by the command line: given, listed, changed, done; and the verbs of mail said as `ticket do`."""

from __future__ import annotations

from tests.cli.conftest import Desk

TASK = set("ref text assignee state due_at".split())


def test_a_task_is_given_changed_and_done(desk: Desk) -> None:
    """Work that came up on the telephone could only be given by mail."""
    desk.opened()
    desk.ok("agent", "add", "petr", "--address", "petr@staff.example")
    given = desk.ok("task", "add", "order the part", "--ticket", "T1", "--agent", "petr", "--by", "3d")
    assert set(given) >= TASK
    assert (given["ref"], given["assignee"], given["state"], given["ticket"]) == ("T1.1", "petr", "open", "T1")
    assert given["due_at"]
    assert [t["ref"] for t in desk.ok("task", "list", "--agent", "petr")] == ["T1.1"]
    assert desk.ok("task", "edit", "t1.1", "--text", "order two parts", "--state", "doing")["state"] == "doing"
    assert desk.ok("task", "show", "T1.1")["text"] == "order two parts"
    assert desk.ok("ticket", "show", "T1")["tasks"][0]["ref"] == "T1.1"
    assert any("task T1.1" in entry["changed"] for entry in desk.ok("ticket", "show", "T1")["history"])
    assert desk.ok("task", "done", "T1.1")["state"] == "done"
    assert desk.ok("task", "list") == []
    assert [t["state"] for t in desk.ok("task", "list", "--all")] == ["done"]
    assert [r["template"] for r in desk.ok("outbox", "list") if r["to"] == "petr@staff.example" and r["template"] == "task"]


def test_a_task_that_is_none_is_not_found(desk: Desk) -> None:
    """A script could not tell a task that is gone from one that is done."""
    desk.opened()
    assert desk.run("task", "show", "T1.9").code == 3
    assert desk.run("task", "add", "something", "--ticket", "T9").code == 3
    nobody = desk.run("task", "add", "something", "--ticket", "T1", "--agent", "nobody")
    assert nobody.code == 3
    assert "there is no agent 'nobody'" in nobody.err


def test_a_task_that_is_moved_is_reminded_of_at_its_new_date(desk: Desk) -> None:
    """Whoever gave a task more time would be told that it is late, and of the new date not at all."""
    desk.opened("--now", "2026-11-23T10:00+02:00")
    desk.ok("task", "add", "measure", "--ticket", "T1", "--agent", "ben", "--by", "2026-11-30T10:00", "--now", "2026-11-23T10:00+02:00")
    desk.ok("task", "edit", "T1.1", "--by", "2026-12-07T10:00", "--now", "2026-11-24T10:00+02:00")
    told: list[int] = []
    for day in ("2026-11-29", "2026-11-30", "2026-12-06", "2026-12-07", "2026-12-08"):
        desk.ok("tick", "--now", f"{day}T12:00+02:00")
        told.append(len([r for r in desk.ok("outbox", "list") if r["template"] == "task" and r["to"] == "ben@staff.example"]))
    assert told == [1, 1, 2, 3, 3]
