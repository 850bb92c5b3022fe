"""Tasks within a ticket: given by mail, done by a reply, watched by the clock, in history and JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.facts.people import Agent, Group, Party
from rules.facts.terms import PostKind
from rules.facts.ticket import Task
from store import engine, people, records
from store.queries import tickets
from tests.desk.office import Desk, buttons, desk
from tests.desk.staff import ANNA, BEN, KIM, asked, kinds, one, plain, request, state, to, to_customers

PETR = "petr@staff.example"


def tasks(desk: Desk, ref: str = "T1") -> list[Task]:
    """The tasks of a ticket."""
    with engine.reading(desk.office.store) as tx:
        return list(records.of(tx, desk.ticket(ref).id).tasks.values())


def past(desk: Desk) -> list[tuple[str, str, dict[str, object]]]:
    """(actor, action, changed) of the ticket's history."""
    with engine.reading(desk.office.store) as tx:
        return [(str(r["actor"]), str(r["action"]), dict(r["changed"])) for r in tickets.history(tx, desk.ticket().id)]


def test_a_task_is_given_by_mail_done_by_a_reply_and_the_owner_told(tmp_path: Path) -> None:
    """Work for a second person would be forgotten, or have to be asked for again and again."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "petr")
        d.write(ANNA, "#take\n#task @petr order the part by:fri", answer=mail)
        mails = d.post_later()
        given = one(mails, PETR, "task")
        assert "order the part" in plain(given) and "T1.1" in plain(given)
        assert [(t.ref, t.text, t.assignee, t.state, t.by) for t in tasks(d)] == [("T1.1", "order the part", "petr", "open", "anna")]
        assert given["Reply-To"] != mail["Reply-To"]
        i = d.write(PETR, "Ordered, comes on Tuesday.\n\n#done", answer=given)
        assert d.fate(i) == "appended"
        assert [t.state for t in tasks(d)] == ["done"]
        mails = d.post_later()
        told = one(mails, ANNA, "task")
        assert "Petr has done it" in plain(told)
        assert to_customers(mails) == []
        assert d.posts()[-1].kind is PostKind.note
        assert [a.replace('"', "") for _, a, c in past(d) if any(name.startswith("task ") for name in c)] == [
            "task by:fri @petr order the part",
            "done T1.1",
        ]


def test_one_mail_may_give_several_tasks_to_one_person(tmp_path: Path) -> None:
    """The second task would break the mail, and with it the first."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "petr")
        i = d.write(ANNA, "#task @petr order the part\n#task @petr call Kim", answer=mail)
        assert d.fate(i) == "executed"
        mails = [m for m in d.post_later() if m["X-Mailgate-Template"] == "task"]
        assert sorted(t.ref for t in tasks(d)) == ["T1.1", "T1.2"] and len(mails) == 2
        second = next(m for m in mails if "call Kim" in plain(m))
        d.write(PETR, "#done", answer=second)
        assert {t.ref: t.state for t in tasks(d)} == {"T1.1": "open", "T1.2": "done"}


def test_the_done_button_closes_its_task(tmp_path: Path) -> None:
    """On a telephone a button is all one has."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "petr")
        d.write(ANNA, "#task @petr order the part", answer=mail)
        given = one(d.post_later(), PETR, "task")
        label = next(label for label in buttons(given) if "one" in label)
        d.press(PETR, given, label)
        assert [t.state for t in tasks(d)] == ["done"]


@pytest.mark.parametrize("said", ["Done!", "done", "Erledigt.", "Valmis", "hotovo"])
def test_done_and_nothing_else_ends_the_task(tmp_path: Path, said: str) -> None:
    """It became a note that nobody was told of, and the task went on."""
    with desk(tmp_path) as d:
        d.write(ANNA, "#task @petr Order the part", answer=asked(d, "anna", "petr"))
        given = one(d.post_later(), PETR, "task")
        d.write(PETR, said, answer=given, quote=True)
        assert [t.state for t in tasks(d)] == ["done"]
        mails = d.post_later()
        assert kinds(to(mails, PETR)) == ["report"] and to_customers(mails) == []


@pytest.mark.parametrize("said", ["Done, but the lid is missing.", "Done\nThe lid is missing.", "Not done yet"])
def test_more_than_the_word_is_a_note(tmp_path: Path, said: str) -> None:
    """What is in the way would be lost behind a task that looks finished."""
    with desk(tmp_path) as d:
        d.write(ANNA, "#task @petr Order the part", answer=asked(d, "anna", "petr"))
        d.write(PETR, said, answer=one(d.post_later(), PETR, "task"))
        assert [t.state for t in tasks(d)] == ["open"]
        assert (d.posts()[-1].kind, d.posts()[-1].text) == (PostKind.note, said)


def test_done_in_answer_to_any_other_mail_is_an_answer(tmp_path: Path) -> None:
    """The customer waits for that word."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "petr")
        d.write(ANNA, "#task @petr Order the part", answer=mail)
        d.post_later()
        d.write(ANNA, "Done.", answer=mail)
        assert [t.state for t in tasks(d)] == ["open"]
        assert "Done." in plain(one(d.post_later(), KIM, "message"))


def test_a_late_task_is_told_to_whoever_has_it_and_to_the_head_of_his_department(tmp_path: Path) -> None:
    """A department's task that nobody does would be nobody's."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.agent("petr", "hvac")
        with engine.transaction(d.office.store) as tx:
            people.put_group(tx, Group(key="hvac", title="Air"))
            people.put_agent(tx, Agent(name="hana", addresses=("hana@staff.example",), full_name="Hana", manager_of=("hvac",)), d.at)
        mail = one(request(d), ANNA)
        d.write(ANNA, "#task group:hvac measure by:5d", answer=mail)
        assert kinds(to(d.post_later(), PETR)) == ["task"]
        d.passes(days=4, minutes=1)
        soon = d.post()
        assert [(str(m["X-Mailgate-Template"]), "soon" in plain(m)) for m in soon] == [("task", True)] and to(soon, PETR)
        d.passes(days=1)
        late = d.post()
        assert sorted(str(m["To"].addresses[0].addr_spec) for m in late) == ["hana@staff.example", PETR]
        assert all("overdue" in plain(m).lower() for m in late)
        d.passes(days=30)
        assert [m for m in d.post() if m["X-Mailgate-Template"] == "task"] == []


def test_undo_takes_the_task_away_again(tmp_path: Path) -> None:
    """A task given to the wrong one would have to be done."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "petr")
        before = state(d)
        d.write(ANNA, "#task @petr order the part\n#prio high", answer=mail)
        report = one(d.post(), ANNA, "report")
        d.write(ANNA, "#undo", answer=report)
        assert tasks(d) == [] and state(d) == before


def test_a_task_reference_that_is_none_is_asked_about(tmp_path: Path) -> None:
    """`#done T1.9` would be dropped without a word."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "petr")
        d.write(ANNA, "#task @petr order the part", answer=mail)
        d.post_later()
        i = d.write(ANNA, "#done T1.9", answer=mail)
        assert d.fate(i) == "held"
        assert "#done T1.1" in plain(one(d.post(), ANNA))


def test_a_rule_may_give_a_task(tmp_path: Path) -> None:
    """What has to be done with every request of a kind would have to be remembered."""
    rule = '[[rule]]\nname = "moves"\nwhen = {subject = "moving"}\nthen = ["task @petr book a van", "prio high"]\n'
    with desk(tmp_path, more=rule) as d:
        d.agent("petr")
        mails = request(d, subject="We are moving")
        assert kinds(to(mails, PETR)) == ["new-in-group"] and "T1.1 book a van" in plain(one(mails, PETR))
        assert [(t.ref, t.assignee, t.by) for t in tasks(d)] == [("T1.1", "petr", "rule")]
        assert d.posts()[0].text == "The printer is on fire."


def test_a_command_whose_line_the_mail_program_broke_off_is_read_whole(tmp_path: Path) -> None:
    """Half of a task would have been mailed to the customer as an answer; what begins a line of its own is one."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "#task @anna look up in the old contract who has to pay for the paper\njam of last week\n#prio high", answer=mail)
        assert to_customers(d.post_later()) == []
        assert [t.text for t in tasks(d)] == ["look up in the old contract who has to pay for the paper jam of last week"]
        d.write(ANNA, "#task @anna look it up\nWe come tomorrow.", answer=mail)
        assert "We come tomorrow." in plain(one(d.post_later(), KIM, "message"))


def test_a_task_in_a_new_request_of_ones_group_comes_in_one_mail_with_it(tmp_path: Path) -> None:
    """Two mails about one cause, and the second without a word of what it is about."""
    more = '[[rule]]\nname = "toner"\nwhen = {subject = "Printer"}\nthen = ["task @petr check the toner by:2026-11-27", "task @anna look at the contract"]'
    with desk(tmp_path, more=more) as d:
        d.agent("anna")
        d.agent("petr", language="de")
        d.write(KIM, "It prints white pages.")
        mails = d.post()
        assert kinds(to(mails, PETR)) == kinds(to(mails, ANNA)) == ["new-in-group"]
        mail = one(mails, PETR)
        assert "Ihre Aufgabe dabei: T1.1 check the toner, fällig am Freitag, 27. November" in " ".join(plain(mail).split())
        assert "white pages" in plain(mail) and "look at the contract" in plain(one(mails, ANNA))
        d.press(PETR, mail, next(label for label in buttons(mail) if label.startswith("Erledigt")))
        assert [t.state for t in tasks(d)] == ["done", "open"]
        i = d.write(ANNA, "The contract covers it.\n\n#done", answer=one(mails, ANNA))
        assert d.fate(i) == "appended" and [t.state for t in tasks(d)] == ["done", "done"]


def test_staff_reads_what_a_customer_is_called_not_its_key(tmp_path: Path) -> None:
    """`asg-1042` is nobody whom a technician knows."""
    with desk(tmp_path) as d:
        d.agent("anna")
        with engine.transaction(d.office.store) as tx:
            people.put_party(tx, Party(key="asg-1042", name="ASG Oy", domains=("client.example",)))
            people.put_party(tx, Party(key="nameless", domains=("other.example",)))
        d.write(KIM, "It prints white pages.")
        mail = one(d.post(), ANNA)
        assert "ASG Oy" in plain(mail) and "asg-1042" not in plain(mail)
        d.write("lee@other.example", "It prints white pages.")
        assert "nameless" in plain(one(d.post(), ANNA))


def test_a_file_with_a_task_and_no_other_words_is_in_the_mail_of_who_does_it(tmp_path: Path) -> None:
    """The drawing for Ben went to the customer, and Ben had nothing."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        i = d.write(ANNA, "#task @ben order this part", answer=mail, files=(("part.pdf", b"%PDF-1.4 a part"),))
        mails = d.post_later()
        task = one(mails, BEN, "task")
        assert [part.get_filename() for part in task.iter_attachments()] == ["part.pdf"]
        assert to(mails, KIM) == [] and d.fate(i) == "appended"
        assert (d.posts()[-1].kind, d.posts()[-1].text) == ("note", "order this part")
        d.write(ANNA, "We order the part.\n\n#task @ben order this part, too", answer=mail, files=(("offer.pdf", b"%PDF-1.4 an offer"),))
        mails = d.post_later()
        assert [part.get_filename() for part in one(mails, KIM, "message").iter_attachments()] == ["offer.pdf"], (
            "words have a reader, and the file is theirs"
        )


def test_a_file_alone_beside_other_lines_is_an_answer_that_can_be_stopped(tmp_path: Path) -> None:
    """An invoice with `#close`: the mail's first line said that a reply goes to the customer; the report says so once more."""
    with desk(tmp_path) as d:
        d.write(ANNA, "#prio high", answer=asked(d), files=(("invoice.pdf", b"%PDF-1.4 an invoice"),))
        report = one(d.post(), ANNA, "report")
        assert "Your answer leaves in a moment" in plain(report)
        d.press(ANNA, report, "Stop, do not send")
        assert to(d.post_later(), KIM) == []
