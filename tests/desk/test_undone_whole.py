"""What undo has to restore beside the fields: clocks, links, answers that wait; and what it must not reach."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.desk.customers import links
from tests.desk.office import desk
from tests.desk.staff import ANNA, BEN, KIM, asked, buttons, login, one, plain, request, state, to_customers

CLOCKS = """
[clock]
answer = "8h"
idle = "24h"
solve = "5d"
hours = "always"
[hours.always]
week = {mon-sun = "00:00-24:00"}
"""


@pytest.mark.parametrize("line", ["close", "wait 3d", "prio high", "status working"])
def test_clocks_stand_as_if_nobody_had_touched_the_request(tmp_path: Path, line: str) -> None:
    """A slip taken back after an hour would have moved what was promised by an hour."""
    with desk(tmp_path, more=CLOCKS) as d:
        mail = asked(d, "anna")
        before = state(d)
        d.at += timedelta(minutes=10)
        d.write(ANNA, f"#{line}", answer=mail)
        d.at += timedelta(hours=1)
        d.write(ANNA, "#undo", answer=mail)
        assert state(d) == before


def test_the_reminder_of_a_waiting_request_comes_when_it_would_have_come(tmp_path: Path) -> None:
    """A status taken back would have put off the customer's reminder by days."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "#wait", answer=mail)
        d.post_later()
        d.passes(days=2)
        d.write(ANNA, "#status working", answer=mail)
        d.write(ANNA, "#undo", answer=mail)
        d.post_later()
        d.passes(days=1, minutes=5)
        assert [str(m["X-Mailgate-Template"]) for m in to_customers(d.post())] == ["status"]


def test_a_link_goes_as_it_came(tmp_path: Path) -> None:
    """Undo would claim success, and the two would stay linked."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        request(d, "Again.", subject="Again")
        d.write(ANNA, "#link T2\n#tag x", answer=mail)
        assert links(d, "T1") == [("T2", "related")]
        d.write(ANNA, "#undo", answer=mail)
        assert links(d, "T1") == []


def test_a_link_that_stood_before_stays(tmp_path: Path) -> None:
    """To note once more what was noted is no reason to lose it."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        request(d, "Again.", subject="Again")
        d.write(BEN, "#link T2", subject="[T1]", envelope=login("ben"))
        d.write(ANNA, "#link T2\n#tag x", answer=mail)
        d.write(ANNA, "#undo", answer=mail)
        assert links(d, "T1") == [("T2", "related")]


def test_closing_says_which_answer_no_longer_leaves_and_undo_lets_it_leave(tmp_path: Path) -> None:
    """The author would believe that his answer of tomorrow leaves; after the undo it would be lost without a word."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "#at tomorrow 8\n\nThe part has come.", answer=mail)
        d.post_later()
        before = state(d)
        d.write(ANNA, "#close", answer=mail)
        told = plain(one(d.post(), ANNA, "report"))
        assert KIM in told and "not sent" in " ".join(told.split())
        d.write(ANNA, "#undo", answer=mail)
        assert state(d) == before
        d.passes(days=1)
        assert "The part has come." in plain(one(to_customers(d.post()), KIM, "message"))


def test_the_same_waiting_said_twice_ends_though_one_is_taken_back(tmp_path: Path) -> None:
    """The request would wait for ever: its only wake-up went with the second word."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        d.write(ANNA, "#wait until 2026-11-25 10:00", answer=mail)
        d.write(BEN, "#wait until 2026-11-25 10:00", subject="[T1]", envelope=login("ben"))
        d.write(BEN, "#undo", subject="[T1]", envelope=login("ben"))
        d.post_later()
        assert d.ticket().status.value == "waiting"
        d.passes(days=3)
        assert d.ticket().status.value == "working"


def test_undo_after_an_absence_takes_back_the_absence(tmp_path: Path) -> None:
    """It would reach over the absence for an earlier mail, and change a request that its author had finished with."""
    with desk(tmp_path) as d:
        asked(d, "anna", "ben")
        d.write(ANNA, "#prio high", subject="[T1]", envelope=login("anna"))
        d.post()
        d.write(ANNA, "#away 2026-12-24 to:ben", subject="gone", envelope=login("anna"))
        d.post()
        d.write(ANNA, "#undo", subject="gone", envelope=login("anna"))
        assert "Taken back" in plain(one(d.post(), ANNA, "report"))
        assert d.ticket().priority.value == "high"
        request(d, "Again.", subject="Again")
        d.write(BEN, "#assign anna", subject="[T2]", envelope=login("ben"))
        assert one(d.post(), ANNA, "assigned")
        d.write(ANNA, "#undo", subject="gone", envelope=login("anna"))
        assert d.ticket().priority.value == "normal", "the next one goes on to the mail before"


@pytest.mark.parametrize("where", ["T1", "T2", ""])
def test_a_merge_comes_apart_again_and_what_came_since_stays(tmp_path: Path, where: str) -> None:
    """Two customers' requests joined by a wrong number could never be parted again."""
    with desk(tmp_path, more=CLOCKS) as d:
        asked(d, "anna")
        request(d, "Again.", subject="Again")
        d.write(ANNA, "#note seen\n#task @anna look at it\n#remind 2d ask", subject="[T2]", envelope=login("anna"))
        d.post_later()
        before = [state(d, "T1"), state(d, "T2")]
        d.write(ANNA, "#merge T1", subject="[T2]", envelope=login("anna"))
        assert [p.text for p in d.posts("T1")] == ["The printer is on fire.", "Again.", "seen"]
        i = d.write(ANNA, "#undo", subject=f"[{where}]" if where else "stop", envelope=login("anna"))
        assert d.fate(i) == "executed"
        assert [state(d, "T1"), state(d, "T2")] == before
        assert links(d, "T1") == [] and d.ticket("T2").ref == "T2"
        i = d.write(ANNA, "#done T2.1", subject="[T2]", envelope=login("anna"))
        assert d.fate(i) == "executed"


def test_an_answer_beside_a_merge_stands_in_the_request_that_lives_on_and_says_nothing_of_closing(tmp_path: Path) -> None:
    """The conversation would lack what the customer has read, and he would read that his request is closed."""
    with desk(tmp_path) as d:
        asked(d, "anna")
        mail = one(request(d, "Again.", subject="Again"), ANNA)
        to = str(mail["Reply-To"].addresses[0].addr_spec)
        before = [state(d, "T1"), state(d, "T2")]
        d.write(ANNA, "We look at both together.\n\n#merge T1", answer=mail, envelope=login("anna", to))
        assert [p.text for p in d.posts("T1")][-1] == "We look at both together."
        d.write(ANNA, "#undo", subject="[T1]", envelope=login("anna"))
        assert [state(d, "T1"), state(d, "T2")] == before and to_customers(d.post_later()) == []
        d.write(ANNA, "We look at both together.\n\n#merge T1", answer=mail, envelope=login("anna", to))
        told = one(to_customers(d.post_later()), KIM)
        assert "We look at both together." in plain(told) and "losed" not in plain(told)
        assert told["X-Mailgate-Status"] == "new"


def test_what_is_open_opens_what_it_is_merged_into_and_its_owner_hears_of_it(tmp_path: Path) -> None:
    """An open question would vanish into a closed request, or into one whose owner knows nothing of it."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        d.write(ANNA, "#assign ben\n#close", answer=mail)
        request(d, "Again.", subject="Again")
        d.post_later()
        d.write(ANNA, "#merge T1", subject="[T2]", envelope=login("anna"))
        assert d.ticket("T1").status.value == "assigned"
        told = one(d.post_later(), BEN)
        assert told["X-Mailgate-Template"] == "appended" and "Again." in plain(told)
        d.write(ANNA, "#undo", subject="[T1]", envelope=login("anna"))
        assert d.ticket("T1").status.value == "closed" and d.ticket("T2").status.value == "new"


def test_a_split_is_put_together_again_and_its_number_leads_back(tmp_path: Path) -> None:
    """The report offers it; the customer's words would stay in a request that nobody wanted."""
    with desk(tmp_path) as d:
        asked(d, "anna", "ben")
        request(d, "And the door.", subject="Re: Printer [T1]")
        before = state(d)
        d.write(ANNA, "#split Door", subject="[T1]", envelope=login("anna"))
        assert "T2 Door" in plain(one(d.post(), ANNA, "report")), "the number of the new one is nowhere else"
        d.write(ANNA, "#undo", subject="[T1]", envelope=login("anna"))
        assert state(d) == before and links(d, "T1") == []
        assert KIM in plain(one(d.post_later(), ANNA, "report")), "what Kim was told of the new one had left"
        d.write(ANNA, "#prio high", subject="[T2]", envelope=login("anna"))
        assert d.ticket("T1").priority.value == "high"


def test_a_split_that_somebody_worked_on_stays(tmp_path: Path) -> None:
    """A colleague's work would be taken back with it."""
    with desk(tmp_path) as d:
        asked(d, "anna", "ben")
        request(d, "And the door.", subject="Re: Printer [T1]")
        d.write(ANNA, "#split Door", subject="[T1]", envelope=login("anna"))
        d.write(BEN, "#take", subject="[T2]", envelope=login("ben"))
        before = [state(d, "T1"), state(d, "T2")]
        i = d.write(ANNA, "#undo", subject="[T1]", envelope=login("anna"))
        assert d.fate(i) == "held" and [state(d, "T1"), state(d, "T2")] == before


def test_an_answer_to_what_is_closed_offers_to_open_it(tmp_path: Path) -> None:
    """A closed request can't be called solved once more."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "#close", answer=mail)
        d.post_later()
        d.write(ANNA, "One more hint: press twice.", answer=mail)
        told = one(d.post_later(), KIM, "message")
        assert any("pen" in label for label in buttons(told)) and "This is solved" not in " ".join(buttons(told))
