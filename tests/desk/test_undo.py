"""Taking back: everything as before but version and history, unsent mail dropped, sent mail named."""

from __future__ import annotations

from pathlib import Path

from rules.facts.terms import Status
from tests.desk.customers import proves
from tests.desk.office import desk
from tests.desk.staff import ANNA, BEN, KIM, asked, buttons, kinds, login, one, plain, state, to, to_customers


def test_close_and_undo_leave_the_request_as_it_was_and_nothing_is_sent(tmp_path: Path) -> None:
    """A slip of the finger would tell the customer that his request is closed."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        before = state(d)
        d.write(ANNA, "Mended.\n\n#close\n#prio high\n#tag x", answer=mail)
        assert d.ticket().status is Status.closed
        report = one(d.post(), ANNA, "report")
        d.write(ANNA, "#undo", answer=report)
        assert state(d) == before
        mails = d.post_later(300)
        assert to_customers(mails) == []
        assert "Taken back" in plain(one(mails, ANNA, "report"))


def test_the_stop_button_of_the_report_does_the_same(tmp_path: Path) -> None:
    """On a phone nobody types `#undo` within half a minute."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        before = state(d)
        d.write(ANNA, "Mended.\n\n#close", answer=mail)
        report = one(d.post(), ANNA, "report")
        d.press(ANNA, report, "Stop, do not send")
        mails = d.post_later(300)
        assert state(d) == before and to_customers(mails) == []
        assert "What had not left yet was not sent." in plain(one(mails, ANNA, "report")), "it is what the button was pressed for"
        d.press(ANNA, report, "Stop, do not send")
        assert state(d) == before and "Already done" in plain(one(d.post(), ANNA))


def test_the_word_stop_does_the_same(tmp_path: Path) -> None:
    """Where links don't open a mail, the first line of an answer has to do."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        before = state(d)
        d.write(ANNA, "Mended.\n\n#close", answer=mail)
        d.write(ANNA, "Stop!\n\nSent from my phone", answer=one(d.post(), ANNA, "report"), quote=True)
        assert state(d) == before and to_customers(d.post_later(300)) == []


def test_an_answer_without_commands_is_stopped_by_undo_in_answer_to_the_same_mail(tmp_path: Path) -> None:
    """Only command mails would have a way back."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        before = state(d)
        d.write(ANNA, "To the wrong person.", answer=mail)
        d.write(ANNA, "#undo", answer=mail)
        assert state(d) == before and to_customers(d.post_later(300)) == []


def test_after_the_hold_the_report_names_what_had_left(tmp_path: Path) -> None:
    """An agent who believes that nothing was sent would write again."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "Mended.\n\n#prio high", answer=mail)
        report = one(d.post_later(60), ANNA, "report")
        d.write(ANNA, "#undo", answer=report)
        told = plain(one(d.post(), ANNA, "report"))
        assert KIM in told and "left already" in told
        assert d.ticket().priority.value == "normal" and d.ticket().status is Status.new
        assert [p.text for p in d.posts()][-1] == "Mended.", "what the customer has read stays in the conversation"


def test_undo_is_refused_where_the_same_field_changed_since(tmp_path: Path) -> None:
    """A colleague's later work would silently vanish."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        d.write(ANNA, "#prio high\n#tag a", answer=mail)
        d.write(BEN, "#prio low", subject="[T1]", envelope=login("ben"))
        before = state(d)
        i = d.write(ANNA, "#undo", answer=mail)
        assert d.fate(i) == "held" and state(d) == before
        d.write(BEN, "#undo", subject="[T1]", envelope=login("ben"))
        d.write(ANNA, "#undo", answer=mail)
        assert d.ticket().priority.value == "normal" and d.ticket().tags == ()


def test_undo_takes_back_mail_by_mail_and_then_has_nothing_left(tmp_path: Path) -> None:
    """A second undo would bring back what the first took away."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        before = state(d)
        d.write(ANNA, "#tag a", answer=mail)
        d.write(ANNA, "#tag b", answer=mail)
        d.write(ANNA, "#undo", answer=mail)
        assert d.ticket().tags == ("a",)
        d.write(ANNA, "#undo", answer=mail)
        assert state(d) == before
        assert d.fate(d.write(ANNA, "#undo", answer=mail)) == "held"
        assert state(d) == before


def test_nobody_undoes_anothers_mail(tmp_path: Path) -> None:
    """Undo would be a way to overrule without a trace."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        d.write(ANNA, "#prio high", answer=mail)
        i = d.write(BEN, "#undo", subject="[T1]", envelope=login("ben"))
        assert d.fate(i) == "held" and d.ticket().priority.value == "high"


def test_words_beside_undo_are_not_lost(tmp_path: Path) -> None:
    """Undo means another mail; the answer beside it would go neither out nor back."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "#tag a", answer=mail)
        before = state(d)
        for text in ("I meant the other one.\n\n#undo", "#close\n#undo"):
            i = d.write(ANNA, text, answer=mail)
            assert d.fate(i) == "held" and state(d) == before
        assert to_customers(d.post_later(300)) == []


def test_undoing_an_assignment_frees_the_request_again(tmp_path: Path) -> None:
    """The other agent would keep a request that nobody gave him."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        before = state(d)
        d.write(ANNA, "#assign ben he knows it", answer=mail)
        assert one(d.post(), BEN)["X-Mailgate-Template"] == "assigned"
        d.write(ANNA, "#undo", answer=mail)
        assert state(d) == before
        assert BEN in plain(one(d.post(), ANNA))


def test_undo_of_waiting_lets_no_timer_fire(tmp_path: Path) -> None:
    """Three days later the request would come back though nobody waits."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        before = state(d)
        d.write(ANNA, "#wait 3d", answer=mail)
        assert d.ticket().waiting_until is not None
        d.write(ANNA, "#undo", answer=mail)
        d.post()
        assert state(d) == before
        d.passes(days=4)
        assert state(d) == before and kinds(d.post()) == []


def test_undo_without_a_request_takes_back_the_last_mail_wherever_it_was(tmp_path: Path) -> None:
    """An agent in a hurry writes `#undo` to the desk and nothing else."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        before = state(d)
        d.write(ANNA, "Gone.\n\n#close", answer=mail)
        i = d.write(ANNA, "#undo", subject="stop", envelope=login("anna"))
        assert d.fate(i) == "executed" and state(d) == before
        assert to_customers(d.post_later(300)) == []


def test_a_merge_is_not_half_undone(tmp_path: Path) -> None:
    """The other request would stay closed and empty while undo claims success."""
    with desk(tmp_path) as d:
        asked(d, "anna", "ben")
        proves(d, "Tom <tom@other.example>", "Again.", subject="Again")
        d.write(ANNA, "#merge T1", subject="[T2]", envelope=login("anna"))
        d.write(BEN, "#cc -tom@other.example", subject="[T1]", envelope=login("ben"))
        before = state(d)
        i = d.write(ANNA, "#undo", subject="[T1]", envelope=login("anna"))
        assert d.fate(i) == "held" and state(d) == before


def test_a_customers_reopening_is_kept_when_the_agent_undoes_his_closing_too_late(tmp_path: Path) -> None:
    """The customer's words would be undone by the agent's."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "#close", answer=mail)
        closed = one(d.post_later(), KIM)
        proves(d, KIM, "It burns again!", answer=closed)
        before = state(d)
        i = d.write(ANNA, "#undo", answer=mail)
        assert d.fate(i) == "held" and state(d) == before


__all__ = ["buttons", "to"]
