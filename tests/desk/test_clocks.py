"""Clocks as people meet them: lights, reminders, escalation."""

from __future__ import annotations

from pathlib import Path

from rules.actions import all as _vocabulary  # noqa: F401 - fills the table of verbs
from rules.actions.base import VERBS
from rules.facts.terms import Light
from store.lists.clocks import QUESTIONS
from tests.desk.customers import proves
from tests.desk.office import desk, to

CLOCK = """
[clock]
answer = "4h"
take = "2h"
hours = "office"
[hours.office]
week = {mon="08:00-16:00", tue="08:00-16:00", wed="08:00-16:00", thu="08:00-16:00", fri="08:00-16:00"}
"""


def names(mails: list[object]) -> list[tuple[str, str]]:
    return sorted((str(m["To"]), str(m["X-Mailgate-Template"])) for m in mails)  # type: ignore[index]


def test_reminders_come_once_to_the_owner_and_later_to_the_manager(tmp_path: Path) -> None:
    """A request that nobody takes would fall under the table."""
    with desk(tmp_path, more=CLOCK) as d:
        d.at = d.at.replace(hour=6)  # 08:00 in Helsinki
        d.agent("anna", "hw")
        d.write("Kim <kim@client.example>")
        d.post()
        assert d.ticket().due["take"].startswith("2026-11-23T08:00")
        d.passes(minutes=61)
        assert d.ticket().light is Light.yellow
        assert names(d.post()) == [("Anna <anna@staff.example>", "due-soon")]
        d.passes(minutes=1)
        assert d.post() == []
        d.passes(hours=1)
        mails = d.post()
        assert ("Anna <anna@staff.example>", "not-started") in names(mails)
        assert d.ticket().light is Light.red
        d.passes(hours=2)
        late = sorted(str(m["X-Mailgate-Template"]) for m in to(d.post(), "root@desk.example"))
        assert late == ["not-started", "overdue"], "begun late, and answered late, each once"


def test_a_question_how_it_stands_puts_off_no_reminder(tmp_path: Path) -> None:
    """The more often a customer asks, the later somebody would be told that nothing happens; and the sum would say another date than the list."""
    with desk(tmp_path, more='[clock]\nidle = "2d"\n') as d:
        d.agent("anna")
        d.write("Kim <kim@client.example>")
        (received,) = to(d.post(), "kim@client.example")
        before = d.ticket().due["idle"]
        d.passes(hours=20)
        proves(d, "kim@client.example", "#status", answer=received)
        assert [m["X-Mailgate-Template"] for m in to(d.post(), "kim@client.example")] == ["status-answer"]
        assert d.ticket().due["idle"] == before
        d.passes(hours=5)
        assert names(d.post()) == [("Anna <anna@staff.example>", "due-soon")]
        assert d.ticket().due["idle"] == before, "a check reckons it as it was"


def test_what_is_said_once_more_is_an_action_all_the_same(tmp_path: Path) -> None:
    """The sum would say another date than the list, and the reminder before it would be lost."""
    with desk(tmp_path, more='[clock]\nidle = "2d"\n') as d:
        d.agent("anna")
        d.write("Kim <kim@client.example>")
        (new,) = to(d.post(), "anna@staff.example")
        d.write("anna@staff.example", "#prio high", answer=new)
        d.post()
        before, version = d.ticket().due["idle"], d.ticket().version
        d.passes(hours=20)
        d.write("anna@staff.example", "#prio high", answer=new)
        d.post()
        assert d.ticket().due["idle"] > before
        assert d.ticket().version == version


def test_questions_are_verbs_that_change_nothing() -> None:
    """A verb that does something would be no action to the idle clock."""
    assert not [name for name in QUESTIONS if VERBS[name].changes]


def test_a_limit_that_an_action_shortens_to_the_past_is_told_at_once(tmp_path: Path) -> None:
    """What is said to block everybody would be told of at twice its limit only, since half and all of it had passed already."""
    with desk(tmp_path, more='[clock]\nsolve = "20h"\n[[severity]]\nkey = "blocking"\nclock = {solve = "4h"}\n') as d:
        d.agent("anna")
        d.write("Kim <kim@client.example>")
        (new,) = to(d.post(), "anna@staff.example")
        d.passes(hours=5)
        assert d.post() == []
        d.write("anna@staff.example", "#severity blocking", answer=new)
        d.post()
        d.passes(minutes=1)
        assert "overdue" in [template for _, template in names(d.post())]
        d.passes(minutes=30)
        assert d.post() == []
