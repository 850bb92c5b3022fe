"""What happens later: answers that wait for their time, reminders, dates, timers, absence."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from mailgate import building
from rules.facts.terms import Status
from store import engine, people
from tests.desk.customers import proves
from tests.desk.office import Desk, desk
from tests.desk.staff import ANNA, BEN, KIM, asked, kinds, login, one, plain, request, state, to, to_customers

EVE = "eve@supplier.example"


def says(desk: Desk, agent: str, text: str, answer: EmailMessage) -> int:
    """An agent writes by authenticated submission."""
    address = str(answer["Reply-To"].addresses[0].addr_spec)
    return desk.write(f"{agent}@staff.example", text, answer=answer, envelope=login(agent, address))


def test_an_answer_leaves_at_its_time_once_though_the_desk_was_started_again(tmp_path: Path) -> None:
    """It would leave at night, twice, or never."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "We come this morning.\n\n#at 2026-12-01 08:00", answer=mail)
        assert to_customers(d.post_later(300)) == []
        settings = d.settings
        at = d.at
    with building.open_office(settings, dns=False) as office:
        again = Desk(tmp_path, settings, office)
        again.at = at
        again.post()
        again.at = datetime(2026, 12, 1, 5, 59, tzinfo=UTC)
        assert to_customers(again.post()) == []
        again.at = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)
        assert "We come this morning." in plain(one(again.post(), KIM))
        assert to_customers(again.post_later(9999)) == []


def test_what_waits_is_dropped_when_the_ticket_is_closed_before_unless_it_shall_be_kept(tmp_path: Path) -> None:
    """Somebody whose request is closed would be promised a visit next week."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        says(d, "anna", f"Any news?\n\n#at 5d\n#send to:{EVE}", mail)
        says(d, "anna", f"We need the part in any case.\n\n#at 5d keep\n#send to:{EVE}", mail)
        d.post_later()
        d.write(ANNA, "#close", answer=mail)
        d.post_later()
        d.passes(days=6)
        left = to(d.post(), EVE)
        assert ["any case" in plain(m) for m in left] == [True]


def test_undo_takes_back_an_answer_that_waits(tmp_path: Path) -> None:
    """What was scheduled by mistake could not be stopped."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        before = state(d)
        d.write(ANNA, "Tomorrow.\n\n#at tomorrow 8", answer=mail)
        report = one(d.post(), ANNA, "report")
        d.write(ANNA, "#undo", answer=report)
        d.passes(days=2)
        assert to_customers(d.post()) == [] and state(d) == before


def test_a_time_that_has_passed_or_says_nothing_is_asked_about(tmp_path: Path) -> None:
    """`#at 2025-12-01` would be sent at once."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        for line in ("#at 2025-12-01", "#at whenever", "#at"):
            i = d.write(ANNA, f"Tomorrow.\n\n{line}", answer=mail)
            assert d.fate(i) == "held", line
        i = d.write(ANNA, "#at tomorrow 8", answer=mail)
        assert d.fate(i) == "held"


def test_a_reminder_reaches_who_asked_for_it_and_always_the_owner(tmp_path: Path) -> None:
    """Whoever holds the ticket by then would not know why nothing goes on."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        d.write(ANNA, "#remind 2d ask the supplier\n#assign ben", answer=mail)
        d.post_later()
        d.passes(days=1, hours=23)
        assert d.post() == []
        d.passes(hours=2)
        mails = d.post()
        assert [str(m["X-Mailgate-Template"]) for m in mails] == ["fyi", "fyi"]
        assert to(mails, ANNA) and to(mails, BEN)
        assert all("ask the supplier" in plain(m) for m in mails)
        d.passes(days=9)
        assert d.post() == []


def test_a_date_is_reminded_of_once_before_and_once_after(tmp_path: Path) -> None:
    """A promise to a customer would be noticed when he complains."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "#take\n#due 2026-11-27 12:00", answer=mail)
        d.post_later()
        due = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
        assert d.ticket().due["solve"] == due.isoformat()
        d.at = datetime(2026, 11, 26, 9, 59, tzinfo=UTC)
        d.passes(seconds=1)
        assert d.post() == []
        d.passes(minutes=1)
        mails = d.post()
        assert kinds(mails) == ["due-soon"]
        assert "27 November, 12:00" in plain(mails[0]), plain(mails[0])
        assert "Limit" not in plain(mails[0])
        assert "Used so far" not in plain(mails[0]), "a date named by hand is no limit of two days"
        d.passes(hours=1)
        assert d.post() == []
        d.at = due
        d.passes(minutes=1)
        assert "overdue" in kinds(to(d.post(), ANNA))
        assert d.ticket().light.value == "red"
        d.write(ANNA, "#due -", answer=mail)
        assert dict(d.ticket().due) == {}


def test_a_customer_whose_answer_is_awaited_is_reminded_and_then_the_owner_told(tmp_path: Path) -> None:
    """Tickets that wait for a customer who forgot would wait for ever."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "Which model is it?\n\n#wait", answer=mail)
        d.post_later()
        d.passes(days=2, hours=23)
        assert d.post() == []
        d.passes(hours=2)
        mails = d.post()
        assert [(str(m["X-Mailgate-Template"]), m["Auto-Submitted"]) for m in to(mails, KIM)] == [("status", "auto-generated")]
        assert to(mails, ANNA) == []
        d.passes(days=1)
        assert d.post() == []
        d.passes(days=3)
        mails = d.post()
        assert kinds(mails) == ["fyi"] and to(mails, ANNA)
        d.passes(days=30)
        assert d.post() == [] and d.ticket().status is Status.waiting


def test_a_timer_of_the_site_closes_what_waits_too_long(tmp_path: Path) -> None:
    """The site's own timers would be read and never run."""
    timer = '[[timer]]\nname = "give up"\nwhen = {status = "waiting"}\nafter = "10d"\nthen = ["note no answer in ten days", "close"]\n'
    with desk(tmp_path, more=timer) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "Which model is it?\n\n#wait", answer=mail)
        d.post_later()
        d.passes(days=9)
        assert d.post() == []
        d.passes(days=1, minutes=1)
        mails = d.post_later()
        assert d.ticket().status is Status.closed
        assert kinds(to(mails, KIM)) == ["closed"]
        assert d.posts()[-1].text == "no answer in ten days"


def test_what_an_absent_agent_would_be_told_goes_to_his_deputy_meanwhile(tmp_path: Path) -> None:
    """A customer's answer would lie in the mailbox of somebody on holiday."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.agent("ben")
        mails = request(d)
        received = one(mails, KIM)
        d.write(ANNA, "#take", answer=one(mails, ANNA))
        d.post_later()
        d.write("anna@staff.example", "#away 2026-12-05 to:ben", envelope=login("anna"), subject="Holiday")
        assert kinds(d.post_later()) == ["report"]
        with engine.reading(d.office.store) as tx:
            assert people.directory(tx).agents["anna"].deputy == "ben"
        proves(d, f"Kim <{KIM}>", "Any news?", answer=received)
        mails = d.post()
        assert kinds(mails) == ["appended"] and to(mails, BEN)
        d.at = datetime(2026, 12, 7, 8, tzinfo=UTC)
        proves(d, f"Kim <{KIM}>", "Still there?", answer=received)
        assert to(d.post(), ANNA)


@pytest.mark.parametrize("line", ["#due by friday", "#due until fri", "#due bis freitag", "#due on friday"])
def test_a_small_word_before_a_time_is_no_mistake_and_the_report_says_the_time_as_people_do(tmp_path: Path, line: str) -> None:
    """Nobody writes to a program as it wants to be written to, and nobody reads `2026-12-04T22:00:00+00:00`."""
    with desk(tmp_path) as d:
        d.write(ANNA, line, answer=asked(d, "anna"))
        assert d.ticket().due_by is not None
        report = plain(one(d.post_later(), ANNA, "report"))
        assert "Friday" in report and "+00:00" not in report


def test_the_customer_is_not_reminded_of_what_is_closed_by_then(tmp_path: Path) -> None:
    """He would read that his request is closed a second time, with a question below it that nobody has any more."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "#remind customer 2d please send the log", answer=mail)
        d.write(ANNA, "#close", answer=mail)
        d.post_later()
        d.passes(days=3)
        assert to_customers(d.post()) == []


@pytest.mark.parametrize(
    "line", ["#wait until yesterday", "#wait yesterday", "#warten gestern.", "#warten bis gestern", "#odota eiliseen asti"]
)
def test_waiting_for_what_is_past_is_asked_about(tmp_path: Path, line: str) -> None:
    """The request would wait without end, with the day as its reason."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        before = state(d)
        assert d.fate(d.write(ANNA, line, answer=mail)) == "held" and state(d) == before
