"""The end of a ticket's life: archived when its time has come, read and found but worked on no more, emptied at last."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from rules.facts.terms import Status
from store import engine
from store.queries import tickets
from tests.desk.customers import everything, links, proves
from tests.desk.office import Desk, desk
from tests.desk.staff import ANNA, KIM, asked, kinds, login, one, plain, to, to_customers


def archived(d: Desk) -> EmailMessage:
    """Kim's request, answered and closed, a month later; gives the mail that told him."""
    mail = asked(d, "anna")
    d.write(ANNA, "New toner is in.\n\n#close", answer=mail)
    told = one(d.post_later(), KIM)
    d.passes(days=29)
    assert d.ticket().archived_at is None
    d.passes(days=1, minutes=1)
    assert d.ticket().archived_at == d.at and d.post() == []
    return told


def test_what_has_been_closed_for_a_month_leaves_the_lists_and_is_still_found(tmp_path: Path) -> None:
    """Lists would grow for ever, or old answers be lost."""
    with desk(tmp_path) as d:
        archived(d)
        with engine.reading(d.office.store) as tx:
            assert tickets.listed(tx, tickets.Filter()) == []
            assert [t.ref for t in tickets.listed(tx, tickets.Filter(archived=True, words="toner"))] == ["T1"]


def test_what_is_in_the_archive_can_only_be_read(tmp_path: Path) -> None:
    """Somebody would change what was agreed and done long ago."""
    with desk(tmp_path) as d:
        archived(d)
        i = d.write(ANNA, "#prio high", subject="[T1]", envelope=login("anna"))
        assert (d.fate(i), d.ticket().priority.value) == ("held", "normal")
        assert "archive" in plain(one(d.post_later(), ANNA, "held")).lower()
        d.write(ANNA, "#show", subject="[T1]", envelope=login("anna"))
        assert "New toner is in." in plain(one(d.post_later(), ANNA, "show-answer"))


def test_a_reply_to_the_archive_opens_a_linked_request(tmp_path: Path) -> None:
    """What a customer writes after a year would be read by nobody."""
    with desk(tmp_path) as d:
        told = archived(d)
        i = proves(d, f"Kim <{KIM}>", "It is empty again.", answer=told)
        assert d.fate(i) == "opened"
        assert d.ticket("T1").archived_at is not None and len(d.posts("T1")) == 2
        assert ("T1", "follow-up") in links(d, "T2")
        assert kinds(to(d.post(), KIM)) == ["received"]


def test_a_site_may_let_replies_bring_tickets_back(tmp_path: Path) -> None:
    """`archived_reply = "reopen"` would be read and nothing follow."""
    with desk(tmp_path, more='[options]\narchived_reply = "reopen"\n') as d:
        told = archived(d)
        assert d.fate(proves(d, f"Kim <{KIM}>", "It is empty again.", answer=told)) == "appended"
        t = d.ticket()
        assert (t.status, t.archived_at, t.closed_at) == (Status.assigned, None, None)
        assert kinds(to(d.post(), ANNA)) == ["appended"]
        d.passes(days=90)
        assert d.ticket().archived_at is None


def test_a_line_alone_to_the_archive_is_answered_as_words_are(tmp_path: Path) -> None:
    """`#reopen` stood as a word in a request that nobody looks at, and whoever wrote it heard nothing."""
    with desk(tmp_path) as d:
        told = archived(d)
        i = proves(d, f"Kim <{KIM}>", "#close", answer=told)
        assert (d.fate(i), d.post_later(), len(d.posts())) == ("executed", [], 2)
        i = proves(d, f"Kim <{KIM}>", "#close\n#status", answer=told)
        assert (d.fate(i), kinds(d.post_later())) == ("executed", ["status-answer"])
        i = proves(d, f"Kim <{KIM}>", "#reopen", answer=told)
        assert d.fate(i) == "opened" and ("T1", "follow-up") in links(d, "T2")
        assert kinds(d.post()) == ["new-in-group", "received"]


@pytest.mark.parametrize("line", ["#rate 5", "#take", "#cc eva@client.example"])
def test_what_comes_too_late_is_told_so(tmp_path: Path, line: str) -> None:
    """Staff read `#rate 5`, and whoever wrote it heard nothing."""
    with desk(tmp_path) as d:
        told = archived(d)
        i = proves(d, f"Kim <{KIM}>", line, answer=told)
        (answer,) = d.post_later()
        assert (d.fate(i), len(d.posts()), answer["To"]) == ("refused", 2, f"Kim <{KIM}>")
        assert "too late" in plain(answer) and "T1" in plain(answer)
        i = proves(d, f"Kim <{KIM}>", "#mute", answer=told)
        assert (d.fate(i), d.post_later(), len(d.posts())) == ("executed", [], 2), "nothing would come any more"


def test_a_line_alone_to_an_archive_that_answers_is_answered(tmp_path: Path) -> None:
    """As above, where the site says `answer`."""
    with desk(tmp_path, more='[options]\narchived_reply = "answer"\n') as d:
        i = proves(d, f"Kim <{KIM}>", "#reopen", answer=archived(d))
        assert d.fate(i) == "appended" and d.posts()[-1].text == "#reopen"
        assert kinds(d.post()) == ["appended", "archived"]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "write a new mail"), ("de", "neue Mail"), ("fi", "uusi viesti"), ("cs", "novou zprávu")]
)
def test_a_site_may_answer_replies_to_the_archive(tmp_path: Path, language: str, words: str) -> None:
    """The customer would wait for somebody who never reads it."""
    with desk(tmp_path, more='[options]\narchived_reply = "answer"\n', desk=f'languages = ["{language}"]') as d:
        told = archived(d)
        assert d.fate(proves(d, f"Kim <{KIM}>", "It is empty again.", answer=told)) == "appended"
        assert d.ticket().archived_at is not None and len(d.tickets()) == 0
        mails = d.post()
        answer = one(mails, KIM)
        assert (answer["X-Mailgate-Template"], answer["Auto-Submitted"]) == ("archived", "auto-replied")
        assert words in plain(answer) and "support@desk.example" in plain(answer)
        assert "It is empty again." in plain(one(mails, ANNA, "appended"))
        proves(d, f"Kim <{KIM}>", "I am away.", answer=told, headers={"Auto-Submitted": "auto-replied"})
        assert to_customers(d.post()) == []


def test_staff_may_bring_a_ticket_back(tmp_path: Path) -> None:
    """What was archived too early would have to be typed anew."""
    with desk(tmp_path) as d:
        archived(d)
        assert d.fate(d.write(ANNA, "#reopen", subject="[T1]", envelope=login("anna"))) == "executed"
        assert d.ticket().is_open and d.ticket().archived_at is None


def test_contents_go_for_good_when_the_site_says_so(tmp_path: Path) -> None:
    """Names and complaints would be kept for ever."""
    with desk(tmp_path, more='[archive]\nafter = "30d"\npurge_after = "365d"\n') as d:
        told = archived(d)
        d.passes(days=335)
        t = d.ticket()
        assert (t.subject, t.requester.address, t.deleted_at) == ("", "", d.at)
        assert all(not p.text for p in d.posts())
        proves(d, f"Kim <{KIM}>", "Thanks a lot!", answer=told)
        assert d.ticket("T1").deleted_at is not None and not d.posts("T1")[0].text
        assert "New toner" not in everything(one(d.post(), KIM))


def test_archiving_can_be_switched_off(tmp_path: Path) -> None:
    """A desk that lives by its lists would lose them."""
    with desk(tmp_path, more='[archive]\nafter = "off"\n') as d:
        mail = asked(d, "anna")
        d.write(ANNA, "#close", answer=mail)
        d.passes(days=900)
        assert d.ticket().archived_at is None


def test_an_answer_from_outside_to_the_archive_reaches_who_asked_and_asks_nothing_back(tmp_path: Path) -> None:
    """A supplier would be asked for commands, told how the request stands, and his offer be held."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        d.write(ANNA, "#send to:parts@supplier.example\nWhat does it cost?", subject="[T1]", envelope=login("anna"))
        sent = one(d.post_later(), "parts@")
        d.write(ANNA, "#ask ben do we need it?", subject="[T1]", envelope=login("anna"))
        question = one(d.post(), "ben@", "opinion-asked")
        d.write(ANNA, "#close", answer=mail)
        d.post_later()
        d.passes(days=31)
        assert d.ticket().archived_at is not None
        i = d.write("parts@supplier.example", "Five.", answer=sent)
        assert d.fate(i) == "appended"
        mails = d.post()
        assert "Five." in plain(one(mails, ANNA)) and to_customers(mails) == []
        i = d.write("ben@staff.example", "No.", answer=question)
        assert d.fate(i) == "appended" and "No." in plain(one(d.post(), ANNA, "opinion-given"))
        assert d.ticket().archived_at is not None and d.ticket().status is Status.closed
