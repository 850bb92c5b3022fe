"""All requests of one organisation, by mail: for staff, and for whoever of its people has the right."""

from __future__ import annotations

from pathlib import Path

from rules.facts.people import Party
from store import engine, people
from tests.desk.office import Desk, desk
from tests.desk.staff import ANNA, asked, login, one, plain

BO, LOU = "bo@acme.example", "lou@acme.example"


def acme(d: Desk) -> None:
    """A party of two people, one with the right to all its requests."""
    with engine.transaction(d.office.store) as tx:
        people.put_party(tx, Party(key="acme", name="Acme Oy", domains=("acme.example",)))
        people.add_person(tx, BO, d.at, name="Bo", party="acme", may=["history"])
        people.add_person(tx, LOU, d.at, name="Lou", party="acme")


def test_an_organisations_history_lists_all_newest_first(tmp_path: Path) -> None:
    """Whoever speaks with the customer's boss must know what there was."""
    with desk(tmp_path) as d:
        acme(d)
        mail = asked(d, "anna", subject="Another's printer")
        for sender, subject in ((BO, "Bo's chair"), (LOU, "Lou's lamp"), (BO, "Bo's desk")):
            d.write(sender, subject=subject)
        d.post()
        d.write(ANNA, "#history party:ACME", answer=mail)
        words = plain(one(d.post(), ANNA, "list-answer"))
        assert words.index("Bo's desk") < words.index("Lou's lamp") < words.index("Bo's chair")
        assert "Another's" not in words
        d.write(ANNA, "#history party:acme", subject="Acme?", envelope=login("anna"))
        assert "Lou's lamp" in plain(one(d.post(), ANNA, "list-answer")), "without any ticket, too"
        held = d.write(ANNA, "#history party:acne", answer=mail)
        assert d.fate(held) == "held"


def test_only_whoever_has_the_right_sees_his_colleagues_requests(tmp_path: Path) -> None:
    """A colleague's complaint about his boss is nobody's business."""
    with desk(tmp_path) as d:
        acme(d)
        asked(d, "anna", subject="Another's printer")
        d.write(LOU, subject="Lou's lamp")
        d.write(BO, subject="Bo's chair")
        d.post()
        d.write(BO, "#history party:acme", subject="Ours")
        bo = plain(one(d.post(), BO, "list-answer"))
        assert "Lou's lamp" in bo and "Bo's chair" in bo and "Another's" not in bo
        d.write(LOU, "#history party:acme", subject="Ours")
        lou = plain(one(d.post(), LOU, "list-answer"))
        assert "Lou's lamp" in lou and "Bo's chair" not in lou
