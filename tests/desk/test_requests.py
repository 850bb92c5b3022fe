"""A new mail becomes a request: what its writer gets, what staff gets, and what the mails look like."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desk.customers import enter_party, enter_person, everything, names, near, proven, proves, templates
from tests.desk.office import desk, plain, to

ALWAYS = ["Return-Path", "Delivered-To", "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References"]
OURS = ["X-Mailgate-Ticket", "X-Mailgate-Status", "X-Mailgate-Colour", "X-Mailgate-Template"]
STAFF = ["X-Mailgate-Light", "X-Mailgate-Reply", "X-Mailgate-Reason"]
AUTOMATIC = ["Auto-Submitted", "X-Auto-Response-Suppress", "List-Id"]
OUTLOOK = ["Thread-Topic", "Thread-Index"]
MIME = ["MIME-Version", "Content-Type"]


def test_a_known_senders_subject_stays_the_same_through_the_tickets_life(tmp_path: Path) -> None:
    """Mail programs that thread by subject would show one request as several."""
    with desk(tmp_path) as d:
        d.agent("anna")
        proves(d, "Kim <kim@client.example>", subject="Fwd: AW: Printer")
        first = d.post()
        proves(d, "Kim <kim@client.example>", "And it smokes.", subject="Re: something else", answer=to(first, "kim@")[0], by="address")
        d.write("anna@staff.example", "We come.\n\n#close", answer=to(first, "anna@")[0])
        mails = [*first, *d.post_later()]
        assert {str(m["Subject"]) for m in mails} == {"Re: Printer [T1]"}
        assert {str(m["Thread-Topic"]) for m in mails} == {"Printer"}
        assert len({str(m["Thread-Index"]) for m in mails}) == 1
        assert [t for t, a in templates(mails) if a == "kim@client.example"] == ["closed", "received"]


def test_tags_and_references_do_not_stay_in_the_subject(tmp_path: Path) -> None:
    """`Re: [cat:hw] paper [T7] [T8]` would thread a later reply to somebody else's request."""
    with desk(tmp_path) as d:
        d.agent("anna")
        proves(d, "kim@client.example", subject="[prio:high] Paper jam [T7] [JIRA-12]")
        assert d.ticket().subject == "Paper jam [JIRA-12]"


def test_an_unknown_sender_is_answered_with_nothing_of_his_words(tmp_path: Path) -> None:
    """Anybody could have us carry an advertisement, with our good name, to whoever he puts into From."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write("Cheap Watches <victim@elsewhere.example>", "Buy golden goods", subject="Best offer")
        first = d.post()
        d.write("anna@staff.example", "Not with us.\n\n#close", answer=to(first, "anna@")[0])
        got = to([*first, *d.post_later()], "victim@")
        assert [str(m["X-Mailgate-Template"]) for m in got] == ["received", "closed"]
        for mail in got:
            assert str(mail["Subject"]) == "Re: Your request [T1]"
            for word in ("Watches", "golden", "offer"):
                assert word not in everything(mail)
        assert str(to(first, "anna@")[0]["Subject"]) == "Re: Best offer [T1]"


def test_what_an_unknown_sender_asks_for_later_holds_none_of_his_words_either(tmp_path: Path) -> None:
    """`#status` and `#list` in the victim's name would carry the advertisement after all."""
    with desk(tmp_path, more='[limits]\nacks_unknown = "off"') as d:
        d.agent("anna")
        d.write("Cheap Watches <victim@elsewhere.example>", "Buy golden goods", subject="Best offer")
        d.write("Cheap Watches <victim@elsewhere.example>", "#list", subject="x")
        d.write("Cheap Watches <victim@elsewhere.example>", "#status", subject="Re: x [T1]")
        d.write("Cheap Watches <victim@elsewhere.example>", "#history", subject="Re: x [T1]")
        got = to(d.post(), "victim@")
        assert {t for t, _ in templates(got)} == {"received", "list-answer", "status-answer", "history-answer"}
        for mail in got:
            for word in ("Watches", "golden", "offer"):
                assert word not in everything(mail), mail["X-Mailgate-Template"]


@pytest.mark.parametrize("how", ["domain", "party", "person"])
def test_who_is_known_reads_his_own_subject_and_words(tmp_path: Path, how: str) -> None:
    """A customer whom staff has entered would be treated as a stranger."""
    with desk(tmp_path) as d:
        if how == "party":
            enter_party(d, "acme", "client.example")
        elif how == "person":
            enter_person(d, "kim@client.example")
        d.write("Kim <kim@client.example>", "It smokes.", **({"headers": proven(), "envelope": near()} if how == "domain" else {}))
        (mail,) = d.post()
        assert str(mail["Subject"]) == "Re: Printer [T1]"
        assert "It smokes." in plain(mail)
        assert str(mail["To"]) == "Kim <kim@client.example>"


def test_who_writes_the_same_once_more_is_read_as_the_first_time(tmp_path: Path) -> None:
    """The acknowledgement repeats his words to him; they are his all the same, not a quote of ours."""
    text = (
        "The printer on the second floor has been blinking orange since this morning.\n\nCould you please send somebody today?\n\nKim Lee"
    )
    with desk(tmp_path) as d:
        d.agent("anna")
        enter_person(d, "kim@client.example")
        d.write("kim@client.example", text, subject="Printer")
        assert "blinking orange" in plain(to(d.post(), "kim@client.example")[0])
        d.passes(hours=2)
        d.write("kim@client.example", text, subject="Printer, again")
        (post,) = d.posts("T2")
        assert post.text == text
        assert "send somebody today" in plain(to(d.post(), "anna@staff.example")[-1])


def test_a_spf_pass_alone_makes_nobody_known(tmp_path: Path) -> None:
    """SPF says nothing about the From line: a spammer's own server passes it."""
    with desk(tmp_path) as d:
        headers = proven() | {
            "Authentication-Results": "mx.desk.example; spf=pass smtp.mailfrom=spam.example; dkim=pass header.d=spam.example"
        }
        for n in range(3):
            d.write("victim@elsewhere.example", subject=f"Offer {n}", headers=headers, envelope=near())
        got = d.post()
        assert [str(m["Subject"]) for m in got] == ["Re: Your request [T1]"]


def test_each_kind_of_mail_carries_exactly_its_header_fields(tmp_path: Path) -> None:
    """Filters, loops and privacy hang on them: one too many tells who we are, one too few starts a loop."""
    with desk(tmp_path) as d:
        d.agent("anna", signature="Anna from the desk")
        proves(d, "Kim <kim@client.example>")
        first = d.post()
        d.write("anna@staff.example", "We come.", answer=to(first, "anna@")[0])
        answer = d.post_later()[0]
        ack, told = to(first, "kim@")[0], to(first, "anna@")[0]
        assert names(ack) == [*ALWAYS, *OURS, *AUTOMATIC, *OUTLOOK, *MIME]
        assert names(told) == [*ALWAYS, *OURS, *STAFF, *AUTOMATIC, *OUTLOOK, *MIME]
        assert names(answer) == [*ALWAYS, *OURS, *OUTLOOK, *MIME]
        assert (ack["Return-Path"], told["Return-Path"], answer["Return-Path"]) == (
            "<>",
            "<support@desk.example>",
            "<support@desk.example>",
        )
        assert (ack["Auto-Submitted"], told["Auto-Submitted"]) == ("auto-replied", "auto-generated")
        assert ack["X-Auto-Response-Suppress"] == told["X-Auto-Response-Suppress"] == "OOF, AutoReply"
        assert (told["X-Mailgate-Reason"], told["X-Mailgate-Reply"], told["X-Mailgate-Light"]) == ("new", "public", "green")
        for mail in (ack, told, answer):
            assert str(mail["From"]) == "Harbour Desk <support@desk.example>"
            assert mail["X-Mailgate-Ticket"] == "T1"
            assert [p.get_content_type() for p in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
        assert "because you are told of every new request" in plain(told)


def test_nothing_of_the_agent_but_his_name_reaches_the_customer(tmp_path: Path) -> None:
    """Customers would write to an agent's own address, past the desk (feature 1-03)."""
    with desk(tmp_path) as d:
        d.agent("anna", address="anna.private@home.example")
        d.write("kim@client.example")
        d.write("Anna P <anna.private@home.example>", "We come.", answer=to(d.post(), "anna.private@")[0], headers={"X-Mailer": "Home 1"})
        (mail,) = d.post_later()
        assert str(mail["To"]) == "kim@client.example"
        for word in ("home.example", "anna.private", "X-Mailer"):
            assert word not in mail.as_string()
        assert str(mail["References"]).count("mail.example>") == 1, "the Message-ID of the agent's client stays inside"


def test_without_group_or_category_every_agent_is_told(tmp_path: Path) -> None:
    """A desk without any configuration would leave requests unseen."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.agent("ben", "billing")
        d.write("kim@client.example")
        assert templates(d.post()) == [
            ("new-in-group", "anna@staff.example"),
            ("new-in-group", "ben@staff.example"),
            ("received", "kim@client.example"),
        ]


def test_an_empty_subject_and_an_empty_text_are_a_request_all_the_same(tmp_path: Path) -> None:
    """A phone's photograph without a word would be lost."""
    with desk(tmp_path) as d:
        d.agent("anna")
        proves(d, "kim@client.example", "", subject="", files=(("photo.jpg", b"\xff\xd8"),))
        mails = d.post()
        assert [str(m["Subject"]) for m in mails] == ["Re: Your request [T1]", "Re: (no subject) [T1]"], "a list of mails shows what it is"
        assert d.posts()[0].parts[0].name == "photo.jpg"


def test_a_mail_without_from_is_kept_as_a_request_and_nobody_is_answered(tmp_path: Path) -> None:
    """It may be a broken machine with something to say; whom to answer it doesn't say."""
    with desk(tmp_path) as d:
        d.agent("anna")
        received = d.take(b"To: support@desk.example\r\nSubject: Tank low\r\n\r\nFill me.\r\n", near("tank@client.example"))
        assert d.fate(received) == "opened"
        assert templates(d.post()) == [("new-in-group", "anna@staff.example")]
        assert d.ticket().requester.address == ""


def test_a_huge_subject_is_cut_in_our_mails_and_kept_in_the_mail(tmp_path: Path) -> None:
    """Folding a header of 100 kB would break relays, or us."""
    with desk(tmp_path) as d:
        d.agent("anna")
        received = d.take(b"From: kim@client.example\r\nTo: support@desk.example\r\nSubject: " + b"long " * 20000 + b"\r\n\r\nHello\r\n")
        assert d.fate(received) in {"opened", "held"}
        for mail in d.post():
            assert len(str(mail["Subject"])) < 300


def test_header_fields_of_ours_from_outside_mean_nothing(tmp_path: Path) -> None:
    """A stranger could steer tickets, or pass for ourselves (Zammad's trusted headers)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        proves(d, "kim@client.example", subject="Mine")
        forged = {
            "X-Mailgate-Ticket": "T1",
            "X-Mailgate-Priority": "high",
            "X-Mailgate-Status": "closed",
            "X-Mailgate-Loop": "1",
            "X-Mailgate-Template": "message",
        }
        received = d.write("mal@evil.example", subject="Other", headers=forged)
        assert d.fate(received) == "opened"
        ticket = d.ticket("T2")
        assert (ticket.priority, ticket.status) == ("normal", "new")
        assert len(d.posts("T1")) == 1


def test_reply_to_never_says_who_writes(tmp_path: Path) -> None:
    """Answers to a stranger would go to whom he names, or a stranger would be taken for an agent."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write("kim@client.example", headers={"Reply-To": "mal@evil.example"})
        d.write("mal@evil.example", "#close", subject="Re: x [T1]", headers={"Reply-To": "anna@staff.example"})
        assert d.ticket("T1").status == "new"
        assert not [m for m in d.post() if "mal@evil.example" in str(m["To"]) and m["X-Mailgate-Ticket"] == "T1"]


def test_a_customer_is_answered_in_the_language_he_writes(tmp_path: Path) -> None:
    """A German at a desk that speaks his language would read English."""
    with desk(tmp_path, more="") as d:
        d.write("kim@client.example", "Guten Tag,\n\nder Aufzug in Haus B steht seit heute Morgen.\n\nViele Grüße\nKim", subject="Aufzug")
        answer = to(d.post(), "kim@")[0]
        assert answer["Subject"].startswith("Re: Ihre Anfrage"), answer["Subject"]
        assert "Ihre Anfrage" in plain(answer)
