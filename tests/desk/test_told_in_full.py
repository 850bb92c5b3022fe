"""What agents are told of their commands: what was understood, not only that something was."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from rules.facts.terms import Status
from tests.desk.office import desk
from tests.desk.staff import ANNA, asked, one, plain, to


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("#wait until friday at 10", "waits until: – → Friday, 27 November, 10:00"),
        ("#remind 2d call the shop", "reminder: Wednesday, 25 November, 10:00"),
        ("#task @ben Order the drum by:friday", "task T1.1 Order the drum: assigned to: Ben, by: Friday, 27 November, 17:00"),
        ("#ask ben by:tomorrow do we have one?", "goes to: Ben; by: Tuesday, 24 November, 17:00"),
        ("#fyi ben", "goes to: Ben"),
        ("#assign ben he knows printers", "assigned to: – → Ben"),
        ("#prio normal", "It was so already."),
        ("#away 1 December to:ben", "away until: Tuesday, 1 December, 17:00, stands in: Ben"),
    ],
)
def test_a_report_says_what_was_understood(tmp_path: Path, line: str, told: str) -> None:
    """`#wait till friday` was confirmed with a tick, and nobody saw that it had no end."""
    with desk(tmp_path) as d:
        d.write(ANNA, line, answer=asked(d, "anna", "ben"))
        said = re.sub(r"\s+", " ", plain(one(d.post(), ANNA, "report")))
        assert told in said


def test_a_wait_until_a_day_ends_on_that_day(tmp_path: Path) -> None:
    """Else the request is forgotten with the customer."""
    with desk(tmp_path) as d:
        d.write(ANNA, "#take\n#warten bis Freitag 10 Uhr", answer=asked(d, "anna"))
        d.post()
        assert d.ticket().status is Status.waiting
        d.passes(days=3, hours=21)
        assert d.ticket().status is Status.waiting
        d.passes(hours=4)
        assert d.ticket().status is not Status.waiting
        assert to(d.post(), ANNA)


def test_a_day_that_may_be_two_is_asked_about(tmp_path: Path) -> None:
    """27 November is no Thursday: one of them is a slip."""
    with desk(tmp_path) as d:
        i = d.write(ANNA, "#due thursday 27 November", answer=asked(d, "anna"))
        assert d.fate(i) == "held" and d.ticket().due_by is None


def test_the_history_is_told_in_sentences(tmp_path: Path) -> None:
    """It was the lines of the commands, and who asked for the history stood in it."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        lines = (
            "#due friday 16:00",
            "#assign ben he knows printers",
            "#wait 3d",
            "#task @ben Order the drum",
            "#status?",
            "#remind 2d call",
            "#undo",
        )
        for line in lines:
            d.write(ANNA, line, answer=mail)
            d.at += timedelta(minutes=1)
        d.post()
        d.write(ANNA, "#history", answer=mail)
        said = re.sub(r"\s+", " ", plain(one(d.post(), ANNA, "history-answer")))
        for sentence in (
            "Anna changed: due: – → Friday, 27 November, 16:00",
            "Assigned to Ben: he knows printers",
            "We asked and wait for an answer, until Thursday, 26 November, 10:02",
            "Anna changed: task T1.1 Order the drum: assigned to: Ben",
            "Anna: #remind 2d call",
            "Anna took a step back",
        ):
            assert sentence in said
        assert "status?" not in said and "history" not in said.lower()


@pytest.mark.parametrize("language", ["en", "de", "fi", "cs"])
def test_each_line_of_the_help_for_staff_says_what_it_is_for(tmp_path: Path, language: str) -> None:
    """Bare words stood in it, those of customers among them, and `#take` was the tenth."""
    with desk(tmp_path, desk=f'languages = ["{language}"]') as d:
        mail = asked(d, "anna")
        d.write(ANNA, "#help", answer=mail)
        rows = re.findall(r"^  (\S.*)$", plain(one(d.post(), ANNA, "help-answer")), re.MULTILINE)
        assert len(rows) > 50
        assert all(row.startswith("#") and re.search(r"\S  +\S", row) for row in rows), rows


def test_the_one_who_is_told_reads_names(tmp_path: Path) -> None:
    """`anna` is what commands call her."""
    with desk(tmp_path) as d:
        d.write(ANNA, "#take", answer=asked(d, "anna", "ben"))
        assert "assigned to: – → Anna" in re.sub(r"\s+", " ", plain(one(d.post(), ANNA, "report")))


def test_where_nothing_is_held_back_nothing_can_be_stopped(tmp_path: Path) -> None:
    """*Stop* was offered for an answer that had left with the report."""
    with desk(tmp_path, hold="0s") as d:
        d.write(ANNA, "We come at eleven.\n\n#prio high", answer=asked(d, "anna"))
        said = re.sub(r"\s+", " ", plain(one(d.post(), ANNA, "report")))
        assert "Your answer goes to Kim <kim@client.example> at once." in said
        assert "stop" not in said.lower() and "undo" in said


def test_a_word_that_is_none_of_a_few_is_answered_with_these(tmp_path: Path) -> None:
    """`“printers” does not fit here` left an agent on his phone without a list."""
    kinds = "".join(f'[[category]]\nkey = "{key}"\n' for key in ("hardware", "hardware/printer", "access"))
    with desk(tmp_path, more=kinds) as d:
        d.write(ANNA, "#category laptops", answer=asked(d, "anna"))
        said = re.sub(r"\s+", " ", plain(one(d.post_later(300), ANNA, "held")))
        assert "“laptops” is none of what there is here: hardware, hardware/printer, access." in said


def test_what_the_answer_of_the_same_mail_did_was_not_so_already(tmp_path: Path) -> None:
    """An answer gives the request to its author; his `#take` beside it was called needless."""
    with desk(tmp_path) as d:
        d.write(ANNA, "We come at eleven.\n\n#take", answer=asked(d, "anna"))
        assert "already" not in plain(one(d.post(), ANNA, "report"))
