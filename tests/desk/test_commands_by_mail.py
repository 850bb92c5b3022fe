"""What staff's command lines do: all or nothing, one report, nothing leaves while something is not understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.facts.terms import PostKind, Priority, Status
from store import engine, people
from tests.desk.office import desk
from tests.desk.staff import ANNA, KIM, asked, buttons, everything, kinds, login, one, plain, request, state, to, to_customers


def test_an_answer_with_commands_leaves_without_its_command_lines_and_one_report_says_what_was_done(tmp_path: Path) -> None:
    """A customer would read `#prio high` in an answer, or the agent would not know what his lines did."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "#prio high\n#tag paper\n\nWe are on our way.", answer=mail)
        mails = d.post_later()
        assert kinds(mails) == ["message", "report"]
        assert "#prio" not in everything(one(mails, KIM)) and "#tag" not in everything(one(mails, KIM))
        report = plain(one(mails, ANNA))
        assert "#prio high" in report and "#tag paper" in report
        assert "Undo" not in report or "stop" in report.lower()
        t = d.ticket()
        assert (t.priority, t.tags, t.status, t.assignee) == (Priority.high, ("paper",), Status.working, "anna")


def test_commands_alone_send_the_customer_no_empty_mail(tmp_path: Path) -> None:
    """An empty answer looks like a broken desk."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        i = d.write(ANNA, "#prio high\n#type fault\n\n-- \nAnna Berg\nHarbour", answer=mail)
        assert d.fate(i) == "executed"
        assert to_customers(d.post_later()) == []
        assert [p.kind for p in d.posts()] == [PostKind.public]


def test_a_misspelt_command_holds_the_whole_mail_and_its_near_match_runs_it(tmp_path: Path) -> None:
    """`#colse` would have been sent to the customer as text, or the answer lost."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        before = state(d)
        i = d.write(ANNA, "It works again.\n\n#colse", answer=mail)
        assert d.fate(i) == "held"
        assert state(d) == before
        mails = d.post_later(300)
        question = one(mails, ANNA, "held")
        assert len(mails) == 1
        assert "#colse" in plain(question) and "#close" in plain(question)
        d.press(ANNA, question, "#close")
        mails = d.post_later()
        closed = one(mails, KIM)
        assert closed["X-Mailgate-Template"] == "closed"
        assert "It works again." in plain(closed)
        assert d.ticket().status is Status.closed
        assert d.fate(i) == "appended"


LONG = "We have replaced the fuser of your printer this morning, and it prints again without a stain."


def test_the_question_does_not_make_the_authors_words_ours(tmp_path: Path) -> None:
    """We repeat a held mail in our question; his sentence would then pass for a quote of us and be lost."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        i = d.write(ANNA, f"{LONG}\n\n#colse", answer=mail)
        question = one(d.post_later(300), ANNA, "held")
        d.press(ANNA, question, "#close")
        assert LONG.split(",", maxsplit=1)[0] in plain(one(d.post_later(), KIM)).replace("\n", " ")
        assert d.fate(i) == "appended"


def test_a_mail_written_again_after_a_question_is_read_as_the_first_was(tmp_path: Path) -> None:
    """Who mends his mail and sends it once more, instead of pressing a button, would close without a word."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, f"{LONG}\n\n#colse", answer=mail)
        d.post_later(300)
        i = d.write(ANNA, f"{LONG}\n\n#close", answer=mail)
        assert LONG.split(",", maxsplit=1)[0] in plain(one(d.post_later(), KIM)).replace("\n", " ")
        assert d.fate(i) == "appended"


def test_the_same_answer_may_be_given_twice(tmp_path: Path) -> None:
    """An agent's sentence that the customer has read once would never reach him again."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, LONG, answer=mail)
        answer = one(d.post_later(), KIM)
        d.write(KIM, "It went wrong again.", answer=answer)
        mail = one(d.post(), ANNA)
        d.write(ANNA, LONG, answer=mail)
        assert LONG.split(",", maxsplit=1)[0] in plain(one(d.post_later(), KIM)).replace("\n", " ")


def test_the_near_match_may_be_written_as_the_first_line_of_a_reply(tmp_path: Path) -> None:
    """Who reads mail where no link works could not answer."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "#colse", answer=mail)
        question = one(d.post(), ANNA)
        d.write(ANNA, "#close", answer=question, quote=True)
        assert d.ticket().status is Status.closed


def test_two_misspelt_lines_are_mended_one_after_the_other(tmp_path: Path) -> None:
    """The second question would have forgotten the answer to the first, for ever."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        i = d.write(ANNA, "Done.\n\n#colse\n#proi high", answer=mail)
        first = one(d.post(), ANNA)
        d.press(ANNA, first, "#close")
        assert d.fate(i) == "held" and d.ticket().status is Status.new
        second = one(d.post(), ANNA)
        assert "#close" not in " ".join(buttons(second))
        d.press(ANNA, second, "#prio high")
        assert d.fate(i) == "appended"
        assert (d.ticket().status, d.ticket().priority) == (Status.closed, Priority.high)
        assert plain(one(d.post_later(), KIM)).count("Done.") == 1


def test_both_lines_may_be_mended_from_the_same_question(tmp_path: Path) -> None:
    """A second tap in the first mail would be answered `already done`, or undo the first."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        i = d.write(ANNA, "#colse\n#proi high", answer=mail)
        question = one(d.post(), ANNA)
        d.press(ANNA, question, "#close")
        d.press(ANNA, question, "#prio high")
        assert d.fate(i) == "executed"
        assert (d.ticket().status, d.ticket().priority) == (Status.closed, Priority.high)


def test_send_anyway_sends_the_line_as_text_at_its_place(tmp_path: Path) -> None:
    """A line such as `#hashtag` that is meant as text would move to the top or vanish."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "Please follow us:\n#harbourdesk\nThank you.", answer=mail)
        question = one(d.post(), ANNA)
        d.press(ANNA, question, "Send anyway")
        assert "Please follow us:\n#harbourdesk\nThank you." in plain(one(d.post_later(), KIM))


def test_drop_puts_the_mail_away_and_a_second_tap_says_already_done(tmp_path: Path) -> None:
    """A mail that was thrown away would come back with the next tap."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        before = state(d)
        i = d.write(ANNA, "Wrong window.\n\n#colse", answer=mail)
        question = one(d.post(), ANNA)
        d.press(ANNA, question, "Drop")
        d.press(ANNA, question, "#close")
        assert state(d) == before and d.fate(i) == "held" and d.mail(i)["put_away"]
        answer = one(d.post_later(), ANNA)
        assert "Already done" in plain(answer)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("#prio high\n#assign nobdy", "#assign nobdy"),
        ("#prio high\n#assign", "#assign"),
        ("#prio high\n#prio sky", "#prio sky"),
        ("#prio high\n#merge T999", "#merge T999"),
    ],
)
def test_one_bad_line_stops_all_of_them(tmp_path: Path, text: str, line: str) -> None:
    """Half of a mail done is worse than nothing done."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        before = state(d)
        i = d.write(ANNA, text + "\n\nSee you.", answer=mail, headers=None)
        assert d.fate(i) == "held" and state(d) == before
        (question,) = d.post_later(300)
        assert str(question["To"]).startswith("Anna") and line in plain(question)


def test_a_refused_action_is_held_with_its_line(tmp_path: Path) -> None:
    """A line that is understood but not possible would be lost with the answer beside it."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "#close quiet", answer=mail)
        d.post_later()
        i = d.write(ANNA, "We wait for parts.\n\n#prio high\n#wait 3d", answer=mail)
        assert d.fate(i) == "held"
        assert d.ticket().priority is Priority.normal
        question = one(d.post_later(), ANNA, "held")
        assert "#wait 3d" in plain(question) and "#prio" not in plain(question).split("#wait 3d")[0]


@pytest.mark.parametrize("line", ["#close T2", "#reopen [T2]", "#assign ben t2, T3", "#wait T2"])
def test_a_line_that_names_another_request_is_asked_about(tmp_path: Path, line: str) -> None:
    """This request would be closed, with the other one's number as the reason."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        request(d, "Again.", subject="Again")
        before = state(d)
        assert d.fate(d.write(ANNA, line, answer=mail)) == "held" and state(d) == before
        assert "a mail about another request than T2" in plain(one(d.post(), ANNA, "held"))


def test_a_line_may_name_the_request_that_it_is_about(tmp_path: Path) -> None:
    """It says the same twice."""
    with desk(tmp_path) as d:
        d.write(ANNA, "#close T1", answer=asked(d, "anna"))
        assert d.ticket().status is Status.closed


def test_a_command_in_the_middle_of_the_text_is_asked_about(tmp_path: Path) -> None:
    """An agent who meant `#close` would see it sent to the customer as text."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        i = d.write(ANNA, "Hello Kim,\n\n#close\n\nthat was the last one.\n\nBye", answer=mail)
        assert d.fate(i) == "held"
        question = one(d.post(), ANNA)
        d.press(ANNA, question, "#close")
        text = plain(one(d.post_later(), KIM))
        assert "#close" not in text and "that was the last one." in text
        assert d.ticket().status is Status.closed


@pytest.mark.parametrize("line", ["# apt update", "#!/bin/sh", "#5", "#fff", "##x", "#hello world?".replace("#hello", "# hello")])
def test_lines_that_only_look_like_commands_are_text(tmp_path: Path, line: str) -> None:
    """A shell prompt or a colour in an answer would hold it."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        i = d.write(ANNA, f"Please run:\n{line}", answer=mail)
        assert d.fate(i) == "appended"
        assert line.replace("##", "#") in plain(one(d.post_later(), KIM))


def test_commands_are_understood_in_the_desks_languages_in_any_case_and_by_three_letters(tmp_path: Path) -> None:
    """Staff would have to remember English and exact spelling."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        i = d.write(ANNA, "＃PRIO Hoch\n#zuw ANNA\n#Schließen", answer=mail)
        assert d.fate(i) == "executed", d.mail(i)["why"]
        t = d.ticket()
        assert (t.priority, t.assignee, t.status) == (Priority.high, "anna", Status.closed)


def test_a_customers_hash_line_is_text_and_never_holds_his_mail(tmp_path: Path) -> None:
    """A customer who writes `#printer` would wait for an answer that nobody is asked for."""
    with desk(tmp_path) as d:
        asked(d, "anna", text="#printer\n#assign anna\nThe #close button is broken.")
        assert d.ticket().status is Status.new and d.ticket().assignee == ""
        assert "#printer\n#assign anna" in d.posts()[0].text


def test_a_phones_html_only_mail_is_understood_like_plain_text(tmp_path: Path) -> None:
    """Agents on the move could not command."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        markup = (
            "<div dir='auto'>Come by at noon.</div><div dir='auto'><br></div><div dir='auto'>#close</div><br><div>Sent from my iPhone</div>"
        )
        i = d.write(ANNA, "", html=markup, answer=mail)
        assert d.fate(i) == "appended", d.mail(i)["why"]
        text = plain(one(d.post_later(), KIM))
        assert "Come by at noon." in text and "#close" not in text and "iPhone" not in text
        assert d.ticket().status is Status.closed


def test_text_in_answer_to_a_report_goes_nowhere_and_the_agent_is_told(tmp_path: Path) -> None:
    """Words that an agent takes for an answer would vanish silently, or reach the customer."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "#prio high", answer=mail)
        report = one(d.post(), ANNA)
        assert report["X-Mailgate-Reply"] == "commands"
        before = state(d)
        d.write(ANNA, "Please tell Kim that I come at noon.", answer=report)
        assert state(d) == before
        mails = d.post_later(300)
        assert to_customers(mails) == [] and len(to(mails, ANNA)) == 1
        d.write(ANNA, "#close\n\nThis text too.", answer=report)
        mails = d.post_later(300)
        assert all("This text too" not in everything(m) for m in to_customers(mails))


def test_the_report_of_a_new_request_by_staff_names_its_reference(tmp_path: Path) -> None:
    """After a telephone call the agent would have to search for his ticket."""
    with desk(tmp_path) as d:
        d.agent("anna")
        request(d)
        i = d.write(
            ANNA, "#new for:jan@customer.example channel:phone\n#prio high\n\nHe called: no toner.", subject="Toner", envelope=login("anna")
        )
        assert d.fate(i) == "opened", d.mail(i)["why"]
        t = d.ticket("T2")
        assert (t.requester.address, t.channel, t.priority, t.subject) == ("jan@customer.example", "phone", Priority.high, "Toner")
        mails = d.post_later()
        assert "T2" in str(one(mails, ANNA, "report")["Subject"])
        assert one(mails, "jan@customer.example")["X-Mailgate-Template"] == "received"


def test_what_was_solved_on_the_telephone_is_told_as_closed(tmp_path: Path) -> None:
    """The customer would be promised that somebody reads and answers what is done already."""
    with desk(tmp_path) as d:
        d.agent("anna")
        text = "#new for:jan@customer.example channel:phone\n#close\n\nHe called: no toner. Solved at once."
        d.write(ANNA, text, subject="Toner", envelope=login("anna"))
        told = one(d.post_later(), "jan@customer.example")
        assert told["X-Mailgate-Template"] == "closed" and "will read it" not in plain(told)
        d.write(ANNA, text.replace("#close", "#close quiet"), subject="Toner", envelope=login("anna"))
        assert to_customers(d.post_later()) == []


def test_a_new_requester_reads_his_own_name_and_language(tmp_path: Path) -> None:
    """He is on file as a Finn, and would be written to in English, without his name."""
    with desk(tmp_path) as d:
        asked(d, "anna")
        with engine.transaction(d.office.store) as tx:
            people.add_person(tx, "pekka@suomi.example", d.at, name="Pekka", language="fi")
        d.write(ANNA, "#requester pekka@suomi.example", subject="[T1]", envelope=login("anna"))
        assert (d.ticket().requester.name, d.ticket().language) == ("Pekka", "fi")
        d.write(ANNA, "#close", subject="[T1]", envelope=login("anna"))
        assert "suljettu" in plain(one(d.post_later(), "pekka@", "closed"))
        before = d.ticket().requester
        d.write(ANNA, "#requester tom@other.example Tom", subject="[T1]", envelope=login("anna"))
        d.write(ANNA, "#undo", subject="[T1]", envelope=login("anna"))
        assert d.ticket().requester == before


@pytest.mark.parametrize("text", ["*#close*", "It is done.\n\n- #close", "\t#close"])
def test_a_line_with_marks_around_it_is_asked_about_and_reaches_no_customer(tmp_path: Path, text: str) -> None:
    """A bold `#close` went to the customer as the desk's answer."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        i = d.write(ANNA, text, answer=mail)
        mails = d.post_later()
        assert d.fate(i) == "held" and to_customers(mails) == []
        d.press(ANNA, one(mails, ANNA, "held"), "#close")
        assert d.ticket().status is Status.closed
        assert [plain(m) for m in to_customers(d.post_later()) if "#close" in plain(m)] == []
