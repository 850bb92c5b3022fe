"""Asking others and letting them know: opinions, information, private messages, mail to people outside."""

from __future__ import annotations

from pathlib import Path

from rules.facts.mail import Envelope
from rules.facts.terms import PostKind, Status
from tests.desk.customers import everything
from tests.desk.office import Desk, desk
from tests.desk.staff import ANNA, BEN, KIM, asked, kinds, login, one, plain, request, to, to_customers

EVE = "eve@supplier.example"


def says(desk: Desk, agent: str, text: str, answer: object, **how: object) -> int:
    """An agent writes by authenticated submission, as level 3 wants it."""
    address = str(answer["Reply-To"].addresses[0].addr_spec)  # type: ignore[index]
    return desk.write(f"{agent}@staff.example", text, answer=answer, envelope=login(agent, address), **how)  # type: ignore[arg-type]


def test_an_opinion_is_asked_answered_and_the_customer_hears_nothing(tmp_path: Path) -> None:
    """The customer would read what colleagues think among themselves."""
    with desk(tmp_path) as d:
        mail = asked(d, "ben", "anna")
        d.write(BEN, "Is it the fuser?\n\n#ask anna by:fri", answer=mail)
        mails = d.post_later()
        question = one(mails, ANNA, "opinion-asked")
        assert kinds(mails) == ["opinion-asked", "report"]
        assert "Is it the fuser?" in plain(question) and "The printer is on fire." in plain(question)
        assert question["X-Mailgate-Reply"] == "note"
        assert d.ticket().status is Status.new
        d.write(ANNA, "Yes, the fuser.", answer=question)
        mails = d.post_later()
        assert kinds(mails) == ["opinion-given"]
        given = one(mails, BEN)
        assert "Yes, the fuser." in plain(given) and "Is it the fuser?" in plain(given)
        assert [(p.kind, p.agent, p.to) for p in d.posts()][1:] == [
            (PostKind.opinion, "ben", ("anna",)),
            (PostKind.opinion, "anna", ("ben",)),
        ]


def test_somebody_without_an_account_is_asked_and_his_answer_stays_inside(tmp_path: Path) -> None:
    """An expert outside could not be asked, or his answer would open a request of his own."""
    with desk(tmp_path) as d:
        mail = asked(d, "ben")
        d.write(BEN, f"Do you know this fault?\n\n#ask {EVE}", answer=mail)
        question = one(d.post_later(), EVE)
        assert question["X-Mailgate-Template"] == "opinion-asked"
        assert KIM not in everything(question) and "on fire" not in everything(question)
        i = d.write(EVE, "A known fault of that batch.", answer=question)
        assert d.fate(i) == "appended"
        mails = d.post_later()
        assert kinds(mails) == ["opinion-given"] and to(mails, BEN)
        assert [p.kind for p in d.posts()] == [PostKind.public, PostKind.opinion, PostKind.opinion]
        assert len(d.tickets()) == 1 and d.ticket().status is Status.new


def test_a_late_opinion_is_reminded_of_once(tmp_path: Path) -> None:
    """Whoever forgets an answer would be forgotten too, or be mailed every minute."""
    with desk(tmp_path) as d:
        mail = asked(d, "ben", "anna")
        d.write(BEN, f"What do you think?\n\n#ask anna, {EVE} by:3d", answer=mail)
        question = one(d.post_later(), EVE)
        d.write(EVE, "Nothing.", answer=question)
        d.post_later()
        d.passes(days=2)
        assert d.post() == []
        d.passes(days=2)
        mails = d.post_later()
        assert kinds(mails) == ["opinion-asked"]
        late = one(mails, ANNA)
        assert "reminder" in plain(late).lower() and "What do you think?" in plain(late)
        d.passes(days=9)
        assert d.post() == []
        d.write(ANNA, "The fuser.", answer=late)
        assert kinds(d.post_later()) == ["opinion-given"]


def test_information_is_no_question_and_an_answer_to_it_becomes_a_note(tmp_path: Path) -> None:
    """Praise could not be passed on without asking for something."""
    with desk(tmp_path) as d:
        mail = asked(d, "ben", "anna")
        d.write(BEN, "Nice words for you.\n\n#fyi anna", answer=mail)
        mails = d.post_later()
        told = one(mails, ANNA, "fyi")
        assert to_customers(mails) == []
        assert "Nice words for you." in plain(told) and "on fire" in plain(told)
        i = d.write(ANNA, "Thank you!", answer=told)
        assert d.fate(i) == "appended"
        assert to_customers(d.post_later()) == []
        assert d.posts()[-1].kind is PostKind.note and d.posts()[-1].text == "Thank you!"


def test_an_answer_from_outside_to_what_was_for_information_is_a_note(tmp_path: Path) -> None:
    """A word from outside would be called private, or start a thread of its own."""
    with desk(tmp_path) as d:
        mail = asked(d, "ben", "anna")
        says(d, "ben", f"They praise us.\n\n#fyi {EVE}", mail)
        told = one(d.post_later(), EVE, "fyi")
        i = d.write(EVE, "Great news!", answer=told)
        mails = d.post_later()
        assert d.fate(i) == "appended" and to_customers(mails) == []
        assert [str(m["To"].addresses[0].addr_spec) for m in mails] == [BEN]
        assert "The customer does not see this" in plain(mails[0]) and "Only you" not in plain(mails[0])
        assert (d.posts()[-1].kind, d.posts()[-1].author.address) == (PostKind.note, EVE)


def test_a_private_message_reaches_those_who_are_named_and_nobody_else(tmp_path: Path) -> None:
    """A word for two would be read by all, or turn up in the customer's history."""
    with desk(tmp_path) as d:
        d.agent("ben")
        d.agent("anna", "hw")
        d.agent("carl", "hw")
        d.agent("dora")
        mail = one(request(d), BEN)
        says(d, "ben", f"He has not paid for a year.\n\n#private to: {EVE}, group:hw", mail)
        mails = d.post_later()
        assert sorted(str(m["To"].addresses[0].addr_spec) for m in mails if m["X-Mailgate-Template"] != "report") == [
            ANNA,
            "carl@staff.example",
            EVE,
        ]
        post = d.posts()[-1]
        assert (post.kind, post.to) == (PostKind.private, (EVE, "@hw"))
        says(d, "anna", "Then we wait.", one(mails, ANNA))
        mails = d.post_later()
        assert sorted(str(m["To"].addresses[0].addr_spec) for m in mails) == [BEN, "carl@staff.example"], "the mail said: stays inside"
        assert all("Then we wait." in plain(m) for m in mails)
        assert d.posts()[-1].kind is PostKind.private
        d.write(f"Kim <{KIM}>", "#history", answer=None, subject=f"[{d.ticket().ref}]")
        assert "paid" not in "".join(everything(m) for m in to(d.post_later(), KIM))


def test_mail_to_somebody_outside_makes_a_side_thread(tmp_path: Path) -> None:
    """The supplier would read the customer's words, or the customer the supplier's prices."""
    with desk(tmp_path) as d:
        mail = asked(d, "ben")
        says(d, "ben", f"How much is a fuser?\n\n#send to: {EVE}", mail)
        mails = d.post_later()
        sent = one(mails, EVE)
        assert kinds(mails) == ["message", "report"]
        assert sent["Auto-Submitted"] is None and "How much is a fuser?" in plain(sent)
        assert KIM not in everything(sent) and "on fire" not in everything(sent)
        assert "@mail.example" not in f"{sent['References']} {sent['In-Reply-To']}", "the customer's Message-ID tells who he is"
        assert "step" not in plain(sent), "how the customer's request stands is not for her"
        i = d.write(EVE, "20 euros.", answer=sent)
        assert d.fate(i) == "appended"
        mails = d.post_later()
        assert [str(m["To"].addresses[0].addr_spec) for m in mails] == [BEN]
        told = one(mails, BEN, "private-message")
        assert "You get this mail because it answers a mail of yours." in " ".join(plain(told).split())
        assert "20 euros." in plain(told) and EVE + " has answered" in plain(told)
        assert "Only you" not in plain(told), "all of staff can read it"
        assert d.posts()[-1].kind is PostKind.third_party
        says(d, "ben", "We take two.", told)
        assert d.post_later() == [], "the mail said that a reply stays inside"
        assert (d.posts()[-1].kind, d.posts()[-1].text) == (PostKind.note, "We take two.")
        assert f"#send to:{EVE}" in " ".join(plain(told).split())
        says(d, "ben", f"#send to:{EVE}\n\nWe take two.", told)
        mails = d.post_later()
        assert [str(m["To"].addresses[0].addr_spec) for m in mails if m["X-Mailgate-Template"] != "report"] == [EVE]
        assert "We take two." in plain(one(mails, EVE))
        assert d.ticket().status is Status.read, "a note was written, the customer has no answer yet"


def test_a_message_outside_needs_more_than_a_reply_token(tmp_path: Path) -> None:
    """Whoever reads one of our mails to an agent could write to anybody in the desk's name."""
    with desk(tmp_path) as d:
        mail = asked(d, "ben")
        i = d.write(BEN, f"Hello\n\n#send to:{EVE}", answer=mail)
        assert d.fate(i) == "held"
        assert to(d.post_later(), EVE) == []


def test_undo_takes_back_what_waits_for_somebody_outside(tmp_path: Path) -> None:
    """A mail to the wrong supplier could not be stopped."""
    with desk(tmp_path) as d:
        mail = asked(d, "ben")
        says(d, "ben", f"How much?\n\n#send to:{EVE}", mail)
        report = one(d.post(), BEN, "report")
        d.write(BEN, "#undo", answer=report)
        assert to(d.post_later(300), EVE) == []
        assert [p.kind for p in d.posts()] == [PostKind.public]


assert Envelope
