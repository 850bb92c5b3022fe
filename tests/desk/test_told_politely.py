"""What a customer is told where he wants more than he may, comes too late or writes to what is gone; and who of staff hears of it."""

from __future__ import annotations

import re
from email.message import EmailMessage
from pathlib import Path

import pytest

from store import engine, purging
from tests.desk.customers import everything, tap, templates
from tests.desk.office import Desk, buttons, desk, plain, to
from tests.desk.staff import kinds, one

KIM = "kim@client.example"
ANNA = "anna@staff.example"


def closed(d: Desk) -> EmailMessage:
    """The mail by which Kim hears that her request is closed, with the question how it went."""
    d.agent("anna")
    d.write(KIM, "The lamp is dark.")
    d.write(ANNA, "Changed.\n\n#close", answer=one(d.post(), ANNA))
    return one(d.post_later(), KIM, "closed")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Your earlier request T1 was removed from our desk, so this mail is a new request."),
        ("de", "Ihre frühere Anfrage T1 ist bei uns gelöscht worden; diese Mail ist deshalb eine neue Anfrage."),
        ("fi", "Aiempi pyyntönne T1 on poistettu, joten tästä viestistä tuli uusi pyyntö."),
        ("cs", "Váš dřívější požadavek T1 byl u nás smazán, z této zprávy je proto nový požadavek."),
    ],
)
def test_a_reply_to_what_was_deleted_is_told_so_and_shows_nothing_of_it(tmp_path: Path, language: str, words: str) -> None:
    """He would wonder about a new number, or get back what he had asked us to forget (3-18)."""
    with desk(tmp_path, desk=f'languages = ["{language}"]') as d:
        d.agent("anna", language=language)
        d.write(KIM, "A private matter.", subject="Blue secret")
        acknowledged = one(d.post(), KIM)
        d.commands.ok("ticket", "delete", "T1")
        d.write(KIM, "Any news?", answer=acknowledged)
        mails = d.post()
        (told,) = to(mails, KIM)
        assert told["X-Mailgate-Template"] == "received" and "[T2]" in str(told["Subject"])
        assert words in re.sub(r"\s+", " ", plain(told)) and words in re.sub(r"\s+", " ", everything(told))
        assert not any("secret" in everything(m).lower() or "private" in everything(m).lower() for m in mails)
        assert "T1" in plain(one(mails, ANNA)) and [t.ref for t in d.tickets()] == ["T2"]


@pytest.mark.parametrize("line", ["#close", "#reopen", "#status"])
def test_a_line_about_what_was_deleted_does_nothing_and_opens_nothing(tmp_path: Path, line: str) -> None:
    """His `#close` would come back to him as a new request, or wait in the desk's hands for ever (3-18)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM, "A private matter.")
        acknowledged = one(d.post(), KIM)
        d.commands.ok("ticket", "delete", "T1")
        i = d.write(KIM, line, answer=acknowledged)
        assert d.fate(i) == ("executed" if line == "#status" else "refused")
        (told,) = d.post()
        assert to([told], KIM) and ("removed" in plain(told) or line == "#status") and "matter" not in everything(told)
        assert d.tickets() == []


def test_machines_and_strangers_wake_nothing_that_was_deleted(tmp_path: Path) -> None:
    """Their mail would be held, with a question to somebody who learns by it that there was such a request (3-18)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM, "A private matter.")
        acknowledged = one(d.post(), KIM)
        d.commands.ok("ticket", "delete", "T1")
        i = d.write(KIM, "I am away until Monday.", answer=acknowledged, headers={"Auto-Submitted": "auto-replied"})
        assert (d.fate(i), d.post()) == ("automatic", [])
        i = d.write("mal@evil.example", "What is it about?", answer=acknowledged, by="parent")
        assert d.fate(i) == "opened"
        (told,) = to(d.post(), "mal@")
        assert "T1" not in everything(told) and "removed" not in plain(told)
        assert d.commands.ok("ticket", "show", "T1")["deleted_at"]


def test_who_wishes_a_priority_is_told_who_sets_it(tmp_path: Path) -> None:
    """He would believe that his request is urgent now, or that nobody has read his line (4-12)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM, "#prio high\nThe screen is dark.")
        mails = d.post()
        assert "only our staff can set. Your wish has been passed on." in re.sub(r"\s+", " ", plain(one(mails, KIM)))
        assert "prio high" in plain(one(mails, ANNA))
        d.write(KIM, "#prio high", answer=one(mails, KIM))
        mails = d.post()
        assert templates(mails) == [("access-answer", KIM), ("appended", ANNA)]
        assert "Your wish has been passed on" in plain(one(mails, KIM)) and "prio high" in plain(one(mails, ANNA))
        assert (d.ticket().priority, d.ticket().status) == ("normal", "new")


@pytest.mark.parametrize("said", ["#rate 9", "#rate 0 bad", "#rate", "9", "rate 10", "10/10"])
def test_a_rating_out_of_range_is_asked_for_again(tmp_path: Path, said: str) -> None:
    """It would open a closed request again, and her opinion be lost (0-27)."""
    with desk(tmp_path) as d:
        i = d.write(KIM, said, answer=closed(d))
        assert d.fate(i) == "refused" and d.ticket().status == "closed" and not d.ticket().rating_stars
        (told,) = d.post()
        assert templates([told]) == [("access-answer", KIM)] and "from 1 to 5" in plain(told)
        d.press(KIM, told, next(label for label in buttons(told) if "4" in label))
        assert (d.ticket().status, d.ticket().rating_stars) == ("closed", 4)


@pytest.mark.parametrize(
    ("said", "stars", "comment"),
    [
        ("5 - super!", 5, "super!"),
        ("rate 4 quick", 4, "quick"),
        ("4/5\nQuick work.", 4, "Quick work."),
        ("⭐⭐⭐", 3, ""),
        ("#rate 5/5", 5, ""),
    ],
)
def test_a_note_in_ones_own_words_counts(tmp_path: Path, said: str, stars: int, comment: str) -> None:
    """The mail asks for a number and allows a sentence; the request would be open again instead (0-27)."""
    with desk(tmp_path) as d:
        d.write(KIM, said, answer=closed(d))
        assert (d.ticket().status, d.ticket().rating_stars, d.ticket().rating_comment) == ("closed", stars, comment)


@pytest.mark.parametrize("said", ["2 lamps are dark again.", "1. It is dark.\n2. It hums."])
def test_a_complaint_that_begins_with_a_number_is_no_note(tmp_path: Path, said: str) -> None:
    """It would be counted as a bad note, and nobody come."""
    with desk(tmp_path) as d:
        d.write(KIM, said, answer=closed(d))
        assert (d.ticket().status, d.ticket().rating_stars) == ("assigned", 0)
        assert templates(d.post()) == [("appended", ANNA)]


def test_the_number_alone_rates_in_a_reply_to_the_second_question_too(tmp_path: Path) -> None:
    """The mail says that it does."""
    with desk(tmp_path) as d:
        d.write(KIM, "#rate 9", answer=closed(d))
        d.write(KIM, "5\n", answer=one(d.post(), KIM))
        assert (d.ticket().status, d.ticket().rating_stars) == ("closed", 5)


def test_words_beside_a_rating_out_of_range_are_read_as_ever(tmp_path: Path) -> None:
    """Thanks would open the request, or a complaint reach nobody, because of a nine."""
    with desk(tmp_path) as d:
        asked = closed(d)
        d.write(KIM, "#rate 9\nThank you!", answer=asked)
        assert d.ticket().status == "closed"
        assert kinds(to(d.post(), KIM)) == ["access-answer"]
        d.write(KIM, "#rate 0\nIt is dark again, please come back.", answer=asked)
        assert d.ticket().status == "assigned" and "dark again" in d.posts()[-1].text
        assert templates(d.post()) == [("access-answer", KIM), ("appended", ANNA)]


def test_a_new_request_with_a_line_for_help_opens_and_is_helped(tmp_path: Path) -> None:
    """Who asks how to write and what he came for would get one of both."""
    with desk(tmp_path) as d:
        d.agent("anna")
        i = d.write(KIM, "#help\n\nMy table has three legs only, can you come and see it?")
        assert d.fate(i) == "opened"
        mails = d.post()
        assert sorted(kinds(to(mails, KIM))) == ["help-answer", "received"]
        assert "#help" not in d.posts()[0].text and "three legs" in plain(one(mails, ANNA))


def test_a_customer_who_closes_what_nobody_has_is_heard_by_all_who_wait_for_it(tmp_path: Path) -> None:
    """Two of staff would still look for somebody to do it."""
    with desk(tmp_path, more='[[category]]\nkey = "print"\naddress = "print@desk.example"\nnotify = ["ben"]') as d:
        d.agent("anna")
        d.agent("ben")
        d.write(KIM, "The chair squeaks.")
        tap(d, KIM, one(d.post(), KIM), "This is solved")
        assert templates(d.post()) == [("closed", ANNA), ("closed", "ben@staff.example")]
        d.write("lee@other.example", "Paper is out.", to="print@desk.example")
        mails = d.post()
        assert kinds(to(mails, "anna@")) == []
        tap(d, "lee@other.example", one(mails, "lee@"), "This is solved")
        assert templates(d.post()) == [("closed", "ben@staff.example")]


def test_mail_that_waits_is_shown_to_whoever_looks_after_its_ticket(tmp_path: Path) -> None:
    """The admin knows nothing of the request, and its owner nothing of the mail."""
    with desk(tmp_path, more='[[category]]\nkey = "print"\naddress = "print@desk.example"\ngroup = "it"') as d:
        d.agent("anna")
        d.agent("ben")
        d.agent("ida", "it")
        d.write(KIM, "The chair squeaks.")
        d.write("ben@staff.example", "#take", answer=one(d.post(), "ben@staff.example"))
        told = one(d.post(), ANNA) if to(d.post(), ANNA) else None
        d.write(KIM, "And it wobbles.", subject="Re: Printer [T1]")
        i = d.write(ANNA, "#asign ben\n\nI shall look.", subject="Re: Printer [T1]", headers={})
        assert d.fate(i) == "held" and told is None
        d.post()
        d.passes(minutes=16)
        assert kinds(to(d.post(), "ben@")) == ["held"]
        spam = d.write(KIM, "Win a printer!", to="print@desk.example", headers={"X-Spam-Flag": "YES"})
        assert d.fate(spam) == "held"
        d.passes(minutes=16)
        mails = [m for m in d.post() if m["X-Mailgate-Template"] == "held"]
        assert [str(m["To"].addresses[0].addr_spec) for m in mails] == ["ida@staff.example"]


def test_who_closes_with_a_word_is_read_and_nothing_offered_that_is_done(tmp_path: Path) -> None:
    """The owner was offered to close what was closed, and not told that it is."""
    with desk(tmp_path) as d:
        d.agent("anna", language="de")
        d.write(KIM, "The lamp is dark.")
        mails = d.post()
        d.write(KIM, "It works again, thank you!\n\n#close", answer=one(mails, KIM))
        (told,) = to(d.post(), ANNA)
        assert told["X-Mailgate-Template"] == "appended" and "It works again" in plain(told)
        assert "Mit dieser Mail hat der Absender die Anfrage geschlossen." in plain(told)
        assert len(buttons(told)) == 1
        d.press(ANNA, told, next(iter(buttons(told))))
        assert d.ticket().status != "closed"


def test_a_mail_without_a_subject_is_answered_under_one(tmp_path: Path) -> None:
    """`Re: [T1]` looks broken in every list of mails."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write("lee@other.example", "Moi, tulostin ei toimi enää.", subject="")
        mails = d.post()
        assert (one(mails, "lee@")["Subject"], one(mails, ANNA)["Subject"]) == ("Re: Pyyntönne [T1]", "Re: (no subject) [T1]")
        d.write("lee@other.example", "Korjattu jo.", answer=one(mails, "lee@"), by="subject")
        assert [t.ref for t in d.tickets()] == ["T1"]


def test_a_button_of_a_request_that_is_gone_for_good_opens_nothing(tmp_path: Path) -> None:
    """An empty request called `Rate: 4` reached staff; and a stranger must not learn whether there ever was one."""
    with desk(tmp_path) as d:
        mail = closed(d)
        with engine.transaction(d.office.store) as tx:
            purging.purge(tx, d.ticket().id, d.at, by="root")
        told = []
        for who, label in ((KIM, "4"), (KIM, "It is not solved"), ("mal@evil.example", "4")):
            i = d.press(who, mail, label)
            (answer,) = d.post_later()
            assert (d.fate(i), answer["X-Mailgate-Template"], answer["To"]) == ("ignored", "spent", who)
            told.append(plain(answer))
        assert len(set(told)) == 1 and "no longer" in told[0] and "T1" not in told[0]
        d.press(KIM, mail, "4", "It burns again.")
        assert d.posts("T2")[-1].text == "It burns again.", "words are never lost"
