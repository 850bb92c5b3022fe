"""The control address: many lines on many tickets in one mail, all of them done or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.facts.mail import Envelope
from rules.facts.terms import Priority, Status
from tests.desk.office import Desk, buttons, desk, plain, to
from tests.desk.staff import ANNA, BEN, KIM, asked, login, one

CONTROL = "control@desk.example"


def begun(d: Desk, requests: int = 4) -> None:
    """Anna, Ben, and some requests of Kim's."""
    d.agent("anna")
    d.agent("ben")
    for n in range(1, requests + 1):
        d.write(f"Kim <{KIM}>", f"Text {n}.", subject=f"Request {n}")
    d.post_later()


def commands(d: Desk, text: str, *, subject: str = "", sender: str = ANNA) -> int:
    """A mail to the control address by an agent's own login."""
    login = Envelope(door="submission", sender=sender, recipients=(CONTROL,), login=sender.partition("@")[0], peer="192.0.2.1")
    return d.write(sender, text, subject=subject, to=CONTROL, envelope=login)


def test_one_mail_acts_on_many_tickets_and_is_taken_back_at_once(tmp_path: Path) -> None:
    """Ten routine steps would be ten mails; and one slip ten more to mend it."""
    with desk(tmp_path) as d:
        begun(d, 6)
        i = commands(d, "close 1 T2\n#prio high 3\nassign 4-5 ben\n6: take\n\nThanks!\nanything below is not read")
        assert d.fate(i) == "executed"
        assert (d.ticket("T1").status, d.ticket("T2").status) == (Status.closed, Status.closed)
        assert d.ticket("T3").priority is Priority.high
        assert [d.ticket(ref).assignee for ref in ("T4", "T5", "T6")] == ["ben", "ben", "anna"]
        mails = d.post_later()
        report = one(mails, ANNA, "report")
        assert all(f"T{n}" in plain(report) for n in range(1, 7))
        assert {m["X-Mailgate-Template"] for m in to(mails, BEN)} >= {"assigned"}
        d.press(ANNA, report, next(label for label in buttons(report) if "ndo" in label or "Take back" in label))
        assert [d.ticket(f"T{n}").status for n in (1, 2)] == [Status.new, Status.new]
        assert [d.ticket(f"T{n}").assignee for n in (4, 5, 6)] == ["", "", ""]
        assert d.ticket("T3").priority is Priority.normal


def test_one_wrong_line_holds_all_and_a_near_match_runs_all(tmp_path: Path) -> None:
    """Half of the lines would be done, and nobody would know which."""
    with desk(tmp_path) as d:
        begun(d)
        i = commands(d, "close 1 2\nclsoe 3")
        assert d.fate(i) == "held"
        assert d.ticket("T1").status is Status.new
        question = one(d.post_later(), ANNA, "held")
        assert "clsoe 3" in plain(question)
        d.press(ANNA, question, next(label for label in buttons(question) if "close 3" in label))
        assert [d.ticket(f"T{n}").status for n in (1, 2, 3)] == [Status.closed] * 3


def test_sending_anyway_does_what_is_understood_and_names_the_rest(tmp_path: Path) -> None:
    """Somebody's shopping list between two commands would cost him both."""
    with desk(tmp_path) as d:
        begun(d)
        commands(d, "close 1\nBuy milk")
        question = one(d.post_later(), ANNA, "held")
        d.press(ANNA, question, next(label for label in buttons(question) if label.lower().startswith("send")))
        assert d.ticket("T1").status is Status.closed
        assert "Buy milk" in plain(one(d.post_later(), ANNA, "report"))


@pytest.mark.parametrize("text", ["close 1 99", "close 1-3000", "close", "close 1\nundo", "close 1\nBuy milk"])
def test_what_can_not_be_done_in_full_is_not_done_at_all(tmp_path: Path, text: str) -> None:
    """A number too many would close a stranger's request, or stop halfway."""
    with desk(tmp_path) as d:
        begun(d, 1)
        assert d.fate(commands(d, text)) == "held"
        assert d.ticket("T1").status is Status.new
        assert one(d.post_later(), ANNA, "held")


def test_numbers_by_a_mask_and_numbers_in_sentences_are_told_apart(tmp_path: Path) -> None:
    """`TS2611-0002` would be a range, and the 5 of `he called 5 times` somebody's request."""
    with desk(tmp_path, desk='number = "TS{yy}{mm}-{seq:04}"') as d:
        begun(d)
        i = commands(d, "prio high TS2611-0001\ntime 25m 2\nnote 3 he called 5 times since 4\nmerge 4 TS2611-0003\nclose 1-2")
        assert d.fate(i) == "executed", d.mail(i)["why"]
        assert d.ticket("TS2611-0001").priority is Priority.high
        assert d.ticket("TS2611-0002").minutes == 25
        assert any(post.text == "he called 5 times since 4" for post in d.posts("TS2611-0003"))
        assert d.ticket("TS2611-0004").ref == "TS2611-0003"
        assert [d.ticket(f"TS2611-000{n}").status for n in (1, 2)] == [Status.closed] * 2


def test_a_subject_alone_is_enough_and_questions_are_answered(tmp_path: Path) -> None:
    """On a telephone the subject is the quickest thing to type."""
    with desk(tmp_path) as d:
        begun(d)
        assert d.fate(commands(d, "", subject="take 1, 2")) == "executed"
        assert (d.ticket("T1").assignee, d.ticket("T2").assignee) == ("anna", "anna")
        d.post_later()
        assert d.fate(commands(d, "status 1 3\nlist\nfind Request")) == "executed"
        templates = sorted(str(m["X-Mailgate-Template"]) for m in to(d.post_later(), ANNA))
        assert templates == ["list-answer", "list-answer", "status-answer", "status-answer"]


def test_a_request_is_opened_for_a_caller(tmp_path: Path) -> None:
    """The report would say that it was done, and nobody would find the request."""
    with desk(tmp_path) as d:
        d.agent("anna")
        i = commands(d, "new for:kim@client.example channel:phone\nThe lift is stuck.", subject="Lift")
        assert d.fate(i) == "opened"
        assert (d.ticket("T1").requester.address, d.ticket("T1").subject, d.ticket("T1").channel) == ("kim@client.example", "Lift", "phone")
        assert [post.text for post in d.posts()] == ["The lift is stuck."]
        assert d.fate(commands(d, "take 1\nnew for:eva@client.example")) == "held"
        assert d.ticket("T1").assignee == ""


def test_the_from_line_alone_moves_nothing_and_is_asked_about(tmp_path: Path) -> None:
    """Whoever knows an agent's address could close every request of the desk."""
    with desk(tmp_path) as d:
        begun(d)
        i = d.write(ANNA, "close 1\nclose 2", to=CONTROL, subject="x")
        assert d.fate(i) == "held"
        question = one(d.post_later(), ANNA, "held")
        assert "close 1" in plain(question) and "close 2" in plain(question)
        assert d.ticket("T1").status is Status.new
        d.press(ANNA, question, next(label for label in buttons(question) if "arry" in label))
        assert (d.ticket("T1").status, d.ticket("T2").status) == (Status.closed, Status.closed)


def test_customers_have_their_verbs_on_their_own_tickets(tmp_path: Path) -> None:
    """Mail is all that a customer has of the desk; and a number is no key to other people's requests."""
    with desk(tmp_path) as d:
        begun(d, 2)
        d.write("Eva <eva@other.example>", "Mine.", subject="Eva's")
        d.post_later()
        asked = d.write(f"Kim <{KIM}>", "status 1\nlist", to=CONTROL, subject="x")
        assert d.fate(asked) == "executed"
        mails = to(d.post_later(), KIM)
        assert sorted(str(m["X-Mailgate-Template"]) for m in mails) == ["list-answer", "status-answer"]
        assert "Eva" not in "".join(plain(m) for m in mails)
        before = len(d.tickets())
        foreign = d.write(f"Kim <{KIM}>", "status 3", to=CONTROL, subject="x")
        assert (d.fate(foreign), len(d.tickets())) == ("opened", before + 1)
        assert "Eva" not in "".join(plain(m) for m in to(d.post_later(), KIM))
        text = d.write(f"Kim <{KIM}>", "My printer is broken.", to=CONTROL, subject="Printer")
        assert d.fate(text) == "opened"


def test_a_customers_change_needs_proof(tmp_path: Path) -> None:
    """Anybody could close the requests of somebody whose address he knows."""
    with desk(tmp_path) as d:
        begun(d, 2)
        i = d.write(f"Kim <{KIM}>", "close 1 2", to=CONTROL, subject="x")
        assert d.fate(i) == "held"
        question = one(d.post_later(), KIM, "held")
        d.press(KIM, question, next(label for label in buttons(question) if "arry" in label))
        assert (d.ticket("T1").status, d.ticket("T2").status) == (Status.closed, Status.closed)


def test_a_level_may_stand_before_the_bare_number_of_its_ticket(tmp_path: Path) -> None:
    """`level 2 3` would hand ticket 2 to a level that there isn't, or nothing would be done."""
    with desk(tmp_path) as d:
        begun(d)
        assert d.fate(commands(d, "level 2 3\nprio high 2 4")) == "executed"
        assert [d.ticket(f"T{n}").level for n in (1, 2, 3, 4)] == [1, 1, 2, 1]
        assert [d.ticket(f"T{n}").priority is Priority.high for n in (1, 2, 3, 4)] == [False, True, False, True]
        assert d.fate(commands(d, "level 7 9")) == "held"


def test_a_question_that_is_asked_twice_is_answered_once(tmp_path: Path) -> None:
    """A slip of the pen would park the whole mail, and he would get nothing."""
    with desk(tmp_path) as d:
        begun(d)
        assert d.fate(d.write(KIM, "status T1\nlist\nstatus T1\nlist\nSTATUS 1", to=CONTROL)) == "executed"
        answers = [str(m["X-Mailgate-Template"]) for m in to(d.post_later(), KIM)]
        assert sorted(answers) == ["list-answer", "status-answer"]
        i = commands(d, "history T1\nshow T1\nhistory 1\nlist\nlist")
        assert d.fate(i) == "executed", d.mail(i)["why"]
        answers = [str(m["X-Mailgate-Template"]) for m in to(d.post_later(), ANNA)]
        assert len(answers) == len(set(answers)) >= 2, answers


def test_two_lines_that_tell_the_same_person_of_one_ticket_tell_him_what_is_true_in_the_end(tmp_path: Path) -> None:
    """The second news would end the mail in an error, or he would read the first alone."""
    with desk(tmp_path) as d:
        begun(d, 1)
        i = commands(d, "wait T1 3d\nstatus T1 working\nassign T1 ben\nassign T1 anna\nassign T1 ben\nclose T1\nreopen T1\nclose T1")
        assert d.fate(i) == "executed", d.mail(i)["why"]
        assert d.ticket().status is Status.closed
        told = [str(m["X-Mailgate-Template"]) for m in to(d.post_later(), KIM)]
        assert told.count("closed") == 1 and len(told) == len(set(told)), told


def test_one_forged_mail_does_not_bring_its_victim_two_hundred_answers(tmp_path: Path) -> None:
    """Questions may be asked by anybody in anybody's name, so one mail must not weigh more than a few."""
    with desk(tmp_path, more='[limits]\ntickets_unknown = "off"\nacks_unknown = "off"\npair = "off"') as d:
        begun(d, 12)
        d.write(KIM, "\n".join(f"status T{n}\nhistory T{n}\nfaq word{n}" for n in range(1, 13)), to=CONTROL)
        assert len(to(d.post_later(), KIM)) <= 5


def test_lines_to_the_control_address_are_commands_though_the_mail_answers_another(tmp_path: Path) -> None:
    """Whoever presses reply and changes the address would send `close T2` to the customer of T1, as his answer."""
    with desk(tmp_path) as d:
        d.agent("anna")
        told = []
        for n in (1, 2):
            d.write(f"Kim <{KIM}>", f"Text {n}.", subject=f"Request {n}")
            told += to(d.post_later(), ANNA)
        login = Envelope(door="submission", sender=ANNA, recipients=(CONTROL,), login="anna", peer="192.0.2.1")
        for n, (text, ref) in enumerate((("close T2", "T2"), ("close", "T1"))):
            headers = {"In-Reply-To": str(told[0]["Message-ID"]), "To": CONTROL}
            i = d.write(ANNA, text, subject=str(told[0]["Subject"]), to=CONTROL, headers=headers, envelope=login)
            assert d.fate(i) == "executed", d.mail(i)["why"]
            assert d.ticket(ref).status is Status.closed, n
        assert not any("close" in plain(m).split() and "T2" in plain(m).split("\n")[0] for m in to(d.post_later(), KIM))
        assert [p.text for p in d.posts()] == ["Text 1."]


def test_a_command_in_the_subject_of_an_empty_mail_is_no_request(tmp_path: Path) -> None:
    """An agent in a hurry would open a request called `#close T1`, and his colleagues would be told of it."""
    with desk(tmp_path) as d:
        asked(d, "anna", "ben")
        i = d.write(ANNA, "", subject="#take T1", envelope=login("anna"))
        assert d.fate(i) == "executed" and d.ticket().assignee == "anna"
        i = d.write(ANNA, "", subject="#close [T1]", envelope=login("anna"))
        assert d.fate(i) == "executed" and d.ticket().status.value == "closed"
        i = d.write(ANNA, "", subject="#close T77", envelope=login("anna"))
        assert d.fate(i) == "held" and len(d.tickets()) == 1
        i = d.write(ANNA, "", subject="#1 in the lift", envelope=login("anna"))
        assert d.fate(i) == "opened"
