"""A backup brought back: the desk keeps silent until somebody has looked, and gives no number twice."""

from __future__ import annotations

from pathlib import Path

from store import lock
from tests.cli.conftest import Desk

LATER = ("--now", "2027-01-05T10:00+02:00")


def desk_comes_back(desk: Desk, copy: Path) -> dict[str, object]:
    """A desk is copied, goes on, and is brought back, on whatever database it stands; gives what `db restore` said."""
    desk.at("2027-01-04T10:00+02:00").opened()
    desk.ok("db", "backup", str(copy))
    desk.opened(subject="Forgotten")
    assert desk.ok("tick", *LATER)["delivered"] > 0
    done = desk.ok("db", "restore", str(copy), *LATER)
    assert (done["sending"], done["last_ticket_number"], done["fetched_again"]) == (False, 10_001, [])
    assert done["due"] > 0
    assert [t["ref"] for t in desk.ok("ticket", "list")] == ["T1"]
    assert desk.ok("db", "check")["ok"] is True
    assert desk.ok("tick", *LATER)["delivered"] == 0
    assert desk.ok("db", "sending") == {"sending": False, "since": "2027-01-05T10:00:00+02:00"}
    assert any("sending" in f["check"] for f in desk.run("--json", "doctor").json if f["level"] == "warning")
    assert desk.opened(subject="New")["ref"] == "T10002"
    letters = desk.ok("outbox", "list")
    assert max(r["id"] for r in letters) > 10_000
    for row in letters:
        if row["state"] == "due" and row["ticket"] == "T1":
            desk.ok("outbox", "drop", str(row["id"]))
    desk.ok("db", "sending", "on")
    assert desk.ok("tick", *LATER)["delivered"] > 0
    assert {r["state"] for r in desk.ok("outbox", "list")} <= {"dropped", "sent"}
    return done


def test_a_restored_desk_is_silent_and_its_numbers_go_on_above_those_it_forgot(desk: Desk, tmp_path: Path) -> None:
    """T2 would be two requests, and every answer of the last day would leave once more."""
    done = desk_comes_back(desk, tmp_path / "copy" / "desk.db")
    assert Path(str(done["kept"])).exists()


def test_what_is_no_backup_or_not_ours_to_replace_is_refused(desk: Desk, tmp_path: Path) -> None:
    """The running desk would lose its database under its feet, or get a photograph for one."""
    desk.opened()
    copy = tmp_path / "copy.db"
    desk.ok("db", "backup", str(copy))
    assert desk.run("db", "restore", str(tmp_path / "none.db")).code == 3
    (tmp_path / "photo.db").write_bytes(b"\xff\xd8\xff" * 999)
    assert desk.run("db", "restore", str(tmp_path / "photo.db")).code == 1
    broken = copy.read_bytes()
    (tmp_path / "broken.db").write_bytes(broken[: len(broken) // 2])
    assert desk.run("db", "restore", str(tmp_path / "broken.db")).code == 1
    with lock.hold_daemon_lock(f"sqlite:///{desk.folder / 'var' / 'desk.db'}", 4711):
        refused = desk.run("db", "restore", str(copy))
    assert refused.code == 1 and "4711" in refused.err
    assert [t["ref"] for t in desk.ok("ticket", "list")] == ["T1"]
    assert desk.run("db", "sending", "maybe").code == 2
