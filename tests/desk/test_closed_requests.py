"""What customers write after their request was closed always reaches a person."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from rules.facts.terms import Status
from tests.desk.customers import links, proves, tap, templates
from tests.desk.office import Desk, desk, plain, to
from tests.desk.staff import ANNA, KIM, asked, one

THANKS = [
    "Thanks a lot!",
    "Thank you, it works now.",
    "Vielen Dank, das hat geholfen!",
    "Thanks again!",
    "Thank you, the printer works again.",
    "Danke, läuft wieder.\n\nMit freundlichen Grüßen\nKim",
    "Kiitos paljon!",
    "Kiitos, nyt toimii.",
    "Děkuji moc!",
    "Díky, funguje.",
    "Dekuji, uz to jde.",
]
MORE = [
    "Thanks, but it still smokes.",
    "Thank you. Can you also do the other one?",
    "Danke, aber es geht noch nicht.",
    "Kiitos, mutta se ei toimi vieläkään.",
    "Děkuji, ale nefunguje to.",
    "It broke again.",
    "Danke, jetzt ist es wieder kaputt.",
    "Děkuji, zase je to rozbité a znovu hlásí chybu.",
    "Thanks. Please call me.",
]


def closed(d: Desk, sender: str = "kim@client.example") -> tuple[EmailMessage, EmailMessage]:
    """A request that an agent answered and closed; the customer's `closed` mail and the agent's first one."""
    d.agent("anna")
    d.write(sender)
    told = to(d.post(), "anna@")[0]
    d.write("anna@staff.example", "New toner is in.\n\n#close", answer=told)
    return to(d.post_later(), sender)[-1], told


@pytest.mark.parametrize("text", THANKS)
def test_mere_thanks_stay_with_the_closed_request(tmp_path: Path, text: str) -> None:
    """Every polite customer would open his request again; and nobody would see his thanks if they were thrown away."""
    with desk(tmp_path) as d:
        mail, _ = closed(d)
        assert d.fate(d.write("kim@client.example", text, answer=mail)) == "appended"
        assert (d.ticket().status, len(d.posts())) == ("closed", 3)
        told = d.post()
        assert templates(told) == [("appended", "anna@staff.example")]
        assert "stays closed" in plain(told[0])
        assert "#reopen" in plain(told[0])


@pytest.mark.parametrize("text", MORE)
def test_anything_more_than_thanks_opens_it_again(tmp_path: Path, text: str) -> None:
    """A complaint that begins politely would be lost (the worst a help desk can do)."""
    with desk(tmp_path) as d:
        mail, _ = closed(d)
        assert d.fate(d.write("kim@client.example", text, answer=mail)) == "appended"
        assert (d.ticket().status, d.ticket().closed_at) == ("assigned", None)
        assert templates(d.post()) == [("appended", "anna@staff.example")]


def test_thanks_with_a_file_opens_it_again(tmp_path: Path) -> None:
    """The file is what he wants us to look at."""
    with desk(tmp_path) as d:
        mail, _ = closed(d)
        d.write("kim@client.example", "Thanks!", answer=mail, files=(("error.png", b"\x89PNG"),))
        assert d.ticket().status == "assigned"


def test_one_tap_opens_a_thanked_request_again(tmp_path: Path) -> None:
    """The agent sees that it was more than thanks."""
    with desk(tmp_path) as d:
        mail, _ = closed(d)
        d.write("kim@client.example", "Thanks, great.", answer=mail)
        told = d.post()[0]
        tap(d, "anna@staff.example", told, "Reopen")
        assert d.ticket().status == "assigned"


def test_an_unassigned_request_comes_back_as_new(tmp_path: Path) -> None:
    """Nobody owns it: all agents have to see it again."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.agent("ben")
        d.write("kim@client.example")
        ack = to(d.post(), "kim@")[0]
        tap(d, "kim@client.example", ack, "This is solved")
        assert d.ticket().status == "closed"
        d.post()
        d.write("kim@client.example", "No, it is not.", answer=ack)
        assert d.ticket().status == "new"
        assert templates(d.post()) == [("appended", "anna@staff.example"), ("appended", "ben@staff.example")]


def test_an_answer_to_the_words_that_opened_it_again_reaches_the_customer(tmp_path: Path) -> None:
    """The mail said that the request is open again, and an answer to it stayed inside: the customer waited for ever."""
    with desk(tmp_path) as d:
        mail, _ = closed(d)
        d.write("kim@client.example", "It smokes again.", answer=mail)
        told = one(d.post(), ANNA)
        assert (told["X-Mailgate-Template"], told["X-Mailgate-Reply"]) == ("appended", "public")
        assert "It smokes again." in plain(told) and "This has opened it again." in plain(told)
        d.write(ANNA, "We come at once.", answer=told)
        assert "We come at once." in plain(one(d.post_later(), "kim@", "message"))


@pytest.mark.parametrize(("days", "fate"), [(29, "appended"), (31, "opened")])
def test_a_late_reply_becomes_a_new_request_linked_to_the_old_one(tmp_path: Path, days: int, fate: str) -> None:
    """After weeks it is another matter; after days it is the same one."""
    with desk(tmp_path) as d:
        mail, _ = closed(d)
        d.passes(days=days)
        d.post()
        assert d.fate(d.write("kim@client.example", "It broke again.", answer=mail)) == fate
        if fate == "opened":
            assert (d.ticket("T1").status, d.ticket("T2").status) == ("closed", "new")
            told = to(d.post(), "anna@")[0]
            assert "T1" in plain(told)
            assert "has no part" not in plain(told)
            assert links(d, "T2") == [("T1", "follow-up")]


def test_an_unverified_reply_never_opens_the_closed_request_itself(tmp_path: Path) -> None:
    """Anybody may write `Re: … [T1]` in the customer's name."""
    with desk(tmp_path) as d:
        closed(d)
        received = d.write("kim@client.example", "It broke again.", subject="Re: Printer [T1]")
        assert d.fate(received) == "opened"
        assert (d.ticket("T1").status, d.ticket("T2").status) == ("closed", "new")
        assert templates(to(d.post(), "anna@")) == [("new-in-group", "anna@staff.example")]


def test_a_reply_that_the_domain_vouches_for_opens_it_again(tmp_path: Path) -> None:
    """DKIM is proof enough where the token is lost."""
    with desk(tmp_path) as d:
        closed(d)
        assert d.fate(proves(d, "kim@client.example", "It broke again.", subject="Re: Printer [T1]")) == "appended"
        assert d.ticket().status == "assigned"


def test_the_customers_button_opens_it_again_and_staff_hears_of_it(tmp_path: Path) -> None:
    """He presses `It is not solved`: somebody must learn that."""
    with desk(tmp_path) as d:
        mail, _ = closed(d)
        tap(d, "kim@client.example", mail, "It is not solved", "It smokes again.")
        assert d.ticket().status == "assigned"
        told = to(d.post(), "anna@")
        assert len(told) == 1
        assert "It smokes again." in plain(told[0])


def test_a_reply_makes_a_waiting_request_working(tmp_path: Path) -> None:
    """The agent waits for exactly this mail."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write("kim@client.example")
        told = to(d.post(), "anna@")[0]
        d.write("anna@staff.example", "Which printer?\n\n#wait", answer=told)
        mail = to(d.post_later(), "kim@")[-1]
        assert d.ticket().status == "waiting"
        d.write("kim@client.example", "The big one.", answer=mail)
        assert (d.ticket().status, d.ticket().waiting_until) == ("working", None)
        assert templates(d.post()) == [("appended", "anna@staff.example")]


def test_a_machine_at_the_customers_neither_opens_nor_wakes_a_request(tmp_path: Path) -> None:
    """Every out-of-office would open closed requests again."""
    with desk(tmp_path) as d:
        mail, _ = closed(d)
        d.write("kim@client.example", "I am away.", answer=mail, headers={"Auto-Submitted": "auto-replied"})
        assert (d.ticket().status, d.posts()[-1].kind) == ("closed", "auto")
        assert not d.post()


def test_what_is_open_again_can_be_taken_or_closed_by_one_tap(tmp_path: Path) -> None:
    """Staff would read that somebody is not content, and have nothing to press."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        d.write(ANNA, "Press it.\n\n#close", answer=mail)
        closed = one(d.post_later(), KIM)
        tap(d, KIM, closed, "It is not solved")
        again = one(d.post_later(), ANNA, "reopened")
        tap(d, ANNA, again, "Close")
        assert d.ticket().status is Status.closed
        d.post_later()
        d.write(ANNA, "#reopen", answer=mail)
        mails = d.post_later()
        tap(d, KIM, one(mails, KIM, "reopened"), "This is solved")
        assert d.ticket().status is Status.closed
