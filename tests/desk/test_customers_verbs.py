"""What customers may say in a line of their own, to whom it is answered, and what is only text."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desk.customers import enter_person, everything, near, proven, proves, tap, templates
from tests.desk.office import desk, plain, to

KIM = "kim@client.example"


@pytest.mark.parametrize(
    "line",
    [
        "#printer",
        "#5 is broken",
        "#fff",
        "##status",
        "# status",
        "#statuses",
        "#clos",
        "#assign anna",
        "#prio high",
        "#note x",
        "status of the printer",
    ],
)
def test_what_is_not_exactly_a_customers_verb_is_text(tmp_path: Path, line: str) -> None:
    """Customers write `#printer` and mean the printer; their mail must never wait for that."""
    with desk(tmp_path) as d:
        d.agent("anna")
        received = d.write(KIM, f"{line}\n\nPlease help.")
        assert d.fate(received) == "opened"
        told = to(d.post(), "anna@")[0]
        assert line.replace("##", "#").split()[0] in plain(told)
        assert (d.ticket().status, d.ticket().priority) == ("new", "normal")


def test_more_lines_than_anybody_means_are_text(tmp_path: Path) -> None:
    """A mail of two hundred thousand `#close` would be read line by line, while all other mail waits."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM, "The printer burns.")
        mail = to(d.post(), KIM)[0]
        assert d.fate(d.write(KIM, "#close\n" * 300, answer=mail)) == "appended"
        assert d.ticket().status == "new"
        assert d.fate(d.write(KIM, "#close\n" * 2, answer=mail)) == "executed"
        assert d.ticket().status == "closed"


@pytest.mark.parametrize(
    ("asked", "template"),
    [("#status", "status-answer"), ("#history", "history-answer"), ("#list", "list-answer"), ("#help", "help-answer")],
)
def test_questions_are_answered_to_the_stored_address_alone(tmp_path: Path, asked: str, template: str) -> None:
    """Anybody may ask in his name; only he gets the answer."""
    with desk(tmp_path) as d:
        d.agent("anna")
        enter_person(d, KIM, "kim@home.example", name="Kim")
        d.write(KIM, "The printer burns.")
        told = to(d.post(), "anna@")[0]
        d.write("anna@staff.example", "#note A secret among us.", answer=told)
        d.write("anna@staff.example", "We come.", answer=told)
        d.post_later()
        asking = d.write("Kim At Home <kim@home.example>", asked, subject="Re: Printer [T1]", headers={"Reply-To": "mal@evil.example"})
        assert d.fate(asking) == "executed"
        (mail,) = d.post()
        assert templates([mail]) == [(template, KIM)]
        assert (mail["Auto-Submitted"], mail["Return-Path"]) == ("auto-replied", "<>")
        assert "secret" not in everything(mail)
        assert len(d.posts()) == 3


def test_a_question_with_text_is_answered_and_the_text_kept(tmp_path: Path) -> None:
    """He asks and tells at once."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM)
        ack = to(d.post(), KIM)[0]
        received = d.write(KIM, "#status\n\nIt smokes now.", answer=ack)
        assert d.fate(received) == "appended"
        assert d.posts()[-1].text == "It smokes now."
        assert templates(d.post()) == [("appended", "anna@staff.example"), ("status-answer", KIM)]


def test_the_history_shows_customers_the_public_part(tmp_path: Path) -> None:
    """Feature 0-02: the same facts as the desk's, without what is internal."""
    with desk(tmp_path) as d:
        d.agent("anna")
        enter_person(d, KIM, name="Kim Client")
        d.write(KIM)
        first = d.post()
        told, ack = to(first, "anna@")[0], to(first, KIM)[0]
        d.write("mal@evil.example", "Me too.", answer=ack)
        d.write("anna@staff.example", "#note among us", answer=told)
        d.write("anna@staff.example", "#prio high\n#assign anna", answer=told)
        d.write("anna@staff.example", "We come.", answer=told)
        d.write(KIM, "Good.", answer=ack)
        d.post_later()
        d.write(KIM, "#history", answer=ack)
        text = plain(d.post()[-1])
        lines = [line for line in text.splitlines() if "Kim" in line or "Anna" in line or "mal" in line or "prio" in line]
        assert "note" not in text
        assert "mal@" not in text
        assert "priority" not in text.lower()
        assert "Anna answered" in text
        assert "Assigned to Anna" in text
        assert len([line for line in lines if "Kim Client wrote" in line]) >= 1


@pytest.mark.parametrize(("line", "status"), [("#close", "closed"), ("#take", "working")])
def test_verbs_that_change_something_need_the_token(tmp_path: Path, line: str, status: str) -> None:
    """Level 2; else the registered address is asked, and one tap there carries it out."""
    with desk(tmp_path) as d:
        d.agent("anna")
        enter_person(d, KIM)
        d.write(KIM)
        ack = to(d.post(), KIM)[0]
        forged = d.write(KIM, line, subject="Re: Printer [T1]")
        assert (d.fate(forged), d.ticket().status) == ("held", "new")
        (asked,) = to(d.post(), KIM)
        assert templates([asked]) == [("held", KIM)]
        tap(d, KIM, asked, "Yes, that was me")
        assert d.ticket().status == status
        d.write("anna@staff.example", "x")
        assert d.fate(d.write(KIM, "#reopen" if status == "closed" else "#close", answer=ack)) == "executed"


def test_nobody_is_offered_to_carry_out_what_failed_dmarc(tmp_path: Path) -> None:
    """The domain itself says that the mail is forged."""
    with desk(tmp_path, more="[spam]\ndmarc_fail = false") as d:
        d.agent("anna")
        d.write(KIM)
        ack = to(d.post(), KIM)[0]
        received = d.write(
            KIM, "#close", answer=ack, headers=proven(result="fail"), envelope=near(KIM, str(ack["Reply-To"].addresses[0].addr_spec))
        )
        assert (d.fate(received), d.ticket().status) == ("held", "new")
        assert all("Yes, that was me" not in plain(m) for m in to(d.post(), KIM))


def test_questions_are_not_a_way_to_flood_somebody(tmp_path: Path) -> None:
    """Mails in his name with `#list` would bury him: five an hour are answered."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM)
        for n in range(9):
            d.write(KIM, "#list", subject=f"{n}")
        assert len(to(d.post(), KIM)) == 5


def test_a_customer_who_asks_without_a_ticket_learns_what_he_may_write(tmp_path: Path) -> None:
    """`#help` is for people who write for the first time."""
    with desk(tmp_path) as d:
        d.agent("anna")
        received = d.write("new@client.example", "#help", subject="")
        assert d.fate(received) == "executed"
        (mail,) = d.post()
        assert templates([mail]) == [("help-answer", "new@client.example")]
        assert "status" in plain(mail)
        assert "assign" not in plain(mail)
        assert d.tickets() == []


def test_a_list_holds_ones_own_requests_and_no_others(tmp_path: Path) -> None:
    """Somebody else's subjects are none of his business."""
    with desk(tmp_path) as d:
        d.agent("anna")
        enter_person(d, KIM)
        enter_person(d, "pat@other.example")
        d.write(KIM, subject="Kims matter")
        d.write("pat@other.example", subject="Pats matter")
        d.post()
        proves(d, KIM, "#list", subject="")
        (mail,) = d.post()
        assert "Kims matter" in plain(mail)
        assert "Pats" not in everything(mail)


def test_stars_are_stored_after_the_end_and_replaced_by_a_second_tap(tmp_path: Path) -> None:
    """Feature 4-16: five buttons, a word beside them, changeable."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM)
        first = d.post()
        ack = to(first, KIM)[0]
        early = d.write(KIM, "#rate 5", answer=ack)
        assert (d.ticket().rating_stars, d.fate(early)) == (0, "refused"), "before the end there is nothing to rate, and he is told so"
        d.write("anna@staff.example", "#close", answer=to(first, "anna@")[0])
        closed = to(d.post_later(), KIM)[-1]
        tap(d, KIM, closed, "4", "Quick, thank you.")
        assert (d.ticket().rating_stars, d.ticket().rating_comment) == (4, "Quick, thank you.")
        d.post()
        d.write(KIM, "2\n\nIt broke again an hour later.", answer=closed, quote=True)
        assert (d.ticket().rating_stars, d.ticket().rating_comment, d.ticket().status) == (2, "It broke again an hour later.", "closed")
        tap(d, "kim@phone.example", closed, "5")
        assert d.ticket().rating_stars == 5, "a rating works from another address"
        assert d.ticket().rating_comment == "It broke again an hour later.", "another star takes back no words"
        assert not to(d.post(), "kim@phone.example")


def test_a_button_tapped_twice_says_that_it_is_done(tmp_path: Path) -> None:
    """He isn't sure that it worked."""
    with desk(tmp_path) as d:
        d.agent("anna")
        enter_person(d, KIM)
        d.write(KIM)
        ack = to(d.post(), KIM)[0]
        tap(d, KIM, ack, "This is solved")
        d.post()
        again = tap(d, KIM, ack, "This is solved")
        assert d.fate(again) == "ignored"
        assert templates(d.post()) == [("spent", KIM)]


def test_another_address_cannot_close_with_a_forwarded_button(tmp_path: Path) -> None:
    """Its owner is asked instead."""
    with desk(tmp_path) as d:
        d.agent("anna")
        enter_person(d, KIM)
        d.write(KIM)
        ack = to(d.post(), KIM)[0]
        tap(d, "mal@evil.example", ack, "This is solved")
        assert d.ticket().status == "new"
        mails = d.post()
        assert not to(mails, "mal@")
        assert [a for _, a in templates(mails)] == [KIM]


def test_the_customers_side_takes_a_ticket_and_the_desk_is_told(tmp_path: Path) -> None:
    """Two would drive there, one of each side (feature 0-11)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.agent("ben")
        proves(d, "Kim <kim@client.example>", headers={"Cc": "lee@client.example"})
        received = to(d.post(), "kim@")[0]
        d.write("kim@client.example", "#take", answer=received)
        ticket = d.ticket()
        assert (ticket.assignee, ticket.status) == ("kim@client.example", "working")
        mails = d.post()
        assert templates(mails) == [("taken", "anna@staff.example"), ("taken", "ben@staff.example"), ("taken", "lee@client.example")]
        assert "kim@client.example" in plain(to(mails, "anna@")[0])
        tap(d, "anna@staff.example", to(mails, "anna@")[0], "Take it")
        assert d.ticket().assignee == "anna"
