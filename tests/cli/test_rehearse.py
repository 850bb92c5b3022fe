"""Past mail run against other rules: what would differ, while nothing happens."""

from __future__ import annotations

import mailbox
from pathlib import Path
from typing import Any

from tests.cli.conftest import MAIL, Desk

RULES = """
[[rule]]
name = "printers"
when = {subject = "printer"}
then = ["category hardware/printer", "prio high"]
"""


def other(desk: Desk, more: str = RULES) -> Path:
    """A second config beside the first."""
    path = desk.folder / "new.toml"
    path.write_text(desk.config.read_text() + more)
    return path


def past(folder: Path) -> Path:
    """Three mails in a folder."""
    mails = folder / "past"
    mails.mkdir()
    for name, subject in (("a", "Printer jams"), ("b", "Lunch"), ("c", "The printer again")):
        (mails / f"{name}.eml").write_text(MAIL.format(subject=subject, id=name, text="x"))
    return mails


def state(desk: Desk) -> tuple[Any, ...]:
    """All that a rehearsal might have touched."""
    return desk.ok("mail", "list"), desk.ok("outbox", "list"), desk.ok("ticket", "list")


def test_a_rehearsal_shows_what_other_rules_would_change_and_does_nothing(desk: Desk, tmp_path) -> None:
    """A rule that is tried on living customers is tried too late."""
    before = state(desk)
    rows = desk.ok("rehearse", str(past(tmp_path)), "--against", str(other(desk)))
    assert [Path(row["file"]).name for row in rows] == ["a.eml", "c.eml"]
    differs = rows[0]["differs"]
    assert differs["category"] == [None, "hardware/printer"]
    assert differs["priority"] == ["normal", "high"]
    assert differs["group"] == [None, "hw"]
    assert differs["rules"] == [[], ["printers"]]
    assert "new-in-category → anna@staff.example" in differs["told"][1] or any("anna@" in each for each in differs["told"][1])
    assert rows[0]["before"]["fate"] == rows[0]["after"]["fate"] == "opened"
    assert state(desk) == before
    table = desk.run("rehearse", str(tmp_path / "past"), "--against", str(other(desk)))
    assert "priority: normal → high" in " ".join(table.out.split())
    assert "3 mails, 2 would differ" in table.err


def test_the_mails_that_came_in_are_rehearsed_without_a_path(desk: Desk, tmp_path) -> None:
    """The desk keeps the best examples itself."""
    desk.ok("mail", "in", str(past(tmp_path)))
    assert desk.ok("rehearse") == []
    assert len(desk.ok("rehearse", "--all")) == 3
    before = state(desk)
    rows = desk.ok("rehearse", "--against", str(other(desk, RULES + '[unknown]\npolicy = "refuse"\n')))
    assert [(row["id"], row["differs"]["fate"]) for row in rows] == [
        (1, ["opened", "refused"]),
        (2, ["opened", "refused"]),
        (3, ["opened", "refused"]),
    ]
    assert state(desk) == before
    assert len(desk.ok("rehearse", "--all", "--since", "2030-01-01")) == 0


def test_an_mbox_without_another_config_shows_what_each_would_become(desk: Desk, tmp_path) -> None:
    """Whoever brings ten years of mail wants to know what a desk would make of it."""
    box = mailbox.mbox(tmp_path / "box.mbox")
    for n in range(2):
        box.add(MAIL.format(subject=f"Box {n}", id=f"box{n}", text="x").encode())
    box.close()
    rows = desk.ok("rehearse", str(tmp_path / "box.mbox"))
    assert [(row["subject"], row["before"], row["after"]["fate"]) for row in rows] == [("Box 0", None, "opened"), ("Box 1", None, "opened")]
    assert desk.ok("mail", "list") == []


def test_a_faulty_other_config_is_named_with_its_mistakes(desk: Desk, tmp_path) -> None:
    """Which of the two files is wrong must be plain."""
    wrong = other(desk, "\n[[rule]]\nname = 3\n")
    result = desk.run("rehearse", str(past(tmp_path)), "--against", str(wrong))
    assert result.code == 2
    assert "new.toml" in result.err
    assert desk.run("rehearse", str(tmp_path / "nowhere")).code != 0
