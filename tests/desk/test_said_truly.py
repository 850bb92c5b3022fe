"""What mails say of themselves, seen by who reads them: reasons, reminders, times, empty mails, and what help offers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desk.customers import near, proves
from tests.desk.office import desk, plain, to
from tests.desk.staff import ANNA, BEN, KIM, asked, one, request, to_customers

CATEGORIES = """
[[category]]
key = "hardware"
title = "Hardware"
address = "hardware@desk.example"
[[category]]
key = "pay"
title = "Salaries"
public = false
[[channel]]
key = "letter"
title = "By post"
"""


def said(mail: object) -> str:
    return " ".join(plain(mail).split())  # type: ignore[arg-type]


def test_a_reminder_names_no_group_where_there_is_none(tmp_path: Path) -> None:
    """`because you are in the group .` looks broken, and is not true."""
    with desk(tmp_path, more='[clock]\nanswer = "4h"\nhours = ""\n') as d:
        asked(d, "anna")
        d.passes(hours=5)
        late = d.post()
        assert "You get this mail because you are told of every new request." in said(one(late, ANNA, "overdue"))
        assert "You get this mail because a time limit has passed." in said(one(late, "root@", "overdue"))
        assert not [m for m in late if "group ." in said(m)]


def test_a_reminder_says_that_it_is_one_and_whose(tmp_path: Path) -> None:
    """Anna would read that Anna wants her to know something."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        d.write(ANNA, "#assign ben\n#remind 2d ask the supplier", answer=mail)
        d.post_later()
        d.passes(days=3)
        mails = d.post()
        assert "Reminder You wanted to be reminded of this now. > ask the supplier" in said(one(mails, ANNA, "fyi"))
        assert "Anna wants you to be reminded of this now." in said(one(mails, BEN, "fyi"))


def test_an_answer_for_next_week_does_not_leave_in_a_moment(tmp_path: Path) -> None:
    """Who reads that it leaves in a moment would write it a second time."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "#at tomorrow 9:00\n\nGood morning.", answer=mail)
        assert "Your answer waits for its time" in said(one(d.post(), ANNA, "report"))
        d.write(ANNA, "#prio high\n\nGood evening.", answer=mail)
        assert "leaves in a moment" in said(one(d.post(), ANNA, "report"))


def test_an_empty_mail_is_shown_as_one(tmp_path: Path) -> None:
    """A bare `>` looks as if the text had been lost."""
    with desk(tmp_path) as d:
        d.agent("anna")
        proves(d, f"Kim <{KIM}>", "", subject="Please call me")
        mails = d.post()
        assert "> (no text)" in plain(one(mails, ANNA)) and "> (no text)" in plain(one(mails, KIM))


def test_help_names_the_categories_that_customers_may_name(tmp_path: Path) -> None:
    """A customer could not know which words go into a subject (feature 1-31)."""
    with desk(tmp_path, more=CATEGORIES) as d:
        d.agent("anna")
        d.write(KIM, "help", subject="help", to="control@desk.example")
        (answer,) = to(d.post(), KIM)
        assert answer["X-Mailgate-Template"] == "help-answer"
        assert "[cat:hardware]" in plain(answer) and "Hardware · hardware@desk.example" in plain(answer)
        assert "pay" not in plain(answer).lower().split() and "Salaries" not in plain(answer)


def test_channels_of_the_config_stand_beside_those_of_every_desk(tmp_path: Path) -> None:
    """Whoever gave letters a title would lose the channel of his web forms (features 1-11, 1-15)."""
    with desk(tmp_path, more=CATEGORIES) as d:
        channels = d.settings.policy.channels
        assert list(channels) == ["mail", "phone", "web", "counter", "letter"] and channels["letter"].title == "By post"


@pytest.mark.parametrize("word", ["history", "status"])
def test_a_customer_asks_of_a_request_of_his_in_a_mail_of_its_own(tmp_path: Path, word: str) -> None:
    """`#history T1` in a new mail was answered with a list, as if there were no number in it (feature 0-02)."""
    with desk(tmp_path) as d:
        request(d)
        d.agent("anna")
        d.write(KIM, f"#{word} T1", subject="How is it going", answer=None)
        assert [m["X-Mailgate-Template"] for m in to(d.post(), KIM)] == [f"{word}-answer"]
        d.write("eve@else.example", f"#{word} T1", subject="How is it going", answer=None)
        assert not [m for m in d.post() if "Printer" in said(m) and "eve@" in str(m["To"])]


def test_nobody_promises_to_write_about_what_the_customer_has_taken_himself(tmp_path: Path) -> None:
    """He would wait for a mail that nobody owes him (feature 0-11)."""
    with desk(tmp_path, more='[clock]\nanswer = "8h"\nhours = ""\npromise = true\n') as d:
        request(d)
        d.agent("anna")
        proves(d, f"Kim <{KIM}>", "The lift is stuck.", subject="Lift")
        mine = one([m for m in d.post() if "T2" in str(m["Subject"])], KIM)
        d.write(KIM, "#status", answer=mine)
        assert "You will hear from us by" in said(one(d.post(), KIM, "status-answer"))
        d.write(KIM, "#take", answer=mine)
        d.post()
        d.write(KIM, "#status", answer=mine)
        assert "You will hear from us" not in said(one(d.post(), KIM, "status-answer"))


def test_the_answer_that_takes_a_request_says_how_long_that_took(tmp_path: Path) -> None:
    """Both parties see the take-up time; an answer takes the request as `#take` does, and only the desk would know (feature 0-15)."""
    with desk(tmp_path, more='[clock]\ntake = "4h"\nhours = ""\npromise = true\n') as d:
        mail = asked(d, "anna")
        d.passes(hours=1)
        d.write(ANNA, "Please restart it.", answer=mail)
        assert "Take-up: after 1 hour, agreed 4 hours" in said(one(d.post_later(), KIM, "message"))
        d.write(ANNA, "And again.", answer=mail)
        assert "agreed" not in said(one(d.post_later(), KIM, "message"))


def test_taking_what_is_closed_promises_the_customer_nothing(tmp_path: Path) -> None:
    """`Anna is looking after your request`, with `Closed` below it: the button of an older mail made it so."""
    with desk(tmp_path, more="[notify]\ntaken = true") as d:
        d.agent("anna")
        d.agent("ben")
        mails = request(d)
        d.write(BEN, "#close quiet", answer=one(mails, BEN))
        d.post_later()
        d.press(ANNA, one(mails, ANNA), "Take it")
        assert to_customers(d.post_later()) == [] and not d.ticket().is_open


@pytest.mark.parametrize("address", ["jörg@client.example", '"a b"@client.example'])
def test_staff_hears_at_once_of_somebody_whom_the_desk_cannot_write_to(tmp_path: Path, address: str) -> None:
    """He waits for an answer, staff believes that he has it, and that the other side sent something back."""
    with desk(tmp_path) as d:
        d.agent("anna")
        raw = f"From: Kim <{address}>\r\nTo: support@desk.example\r\nSubject: Hi\r\nMessage-ID: <1@client.example>\r\n\r\nHello\r\n"
        d.take(raw.encode(), near(address))
        told = one([*d.post(), *d.post()], ANNA, "bounced")
        assert "It could not be sent." in plain(told) and "before the @" in " ".join(plain(told).split())
        assert "sent it back" not in plain(told)
        assert "Not delivered" in d.posts()[-1].text


def test_nothing_to_take_back_is_not_offered_to_be_taken_back(tmp_path: Path) -> None:
    """Its button would ask what was meant."""
    with desk(tmp_path) as d:
        mail = asked(d)
        d.write(ANNA, "#prio high", answer=mail)
        assert "Undo" in plain(one(d.post(), ANNA, "report"))
        d.write(ANNA, "#prio high", answer=mail)
        again = plain(one(d.post(), ANNA, "report"))
        assert "already" in again and "Undo" not in again
