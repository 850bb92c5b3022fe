"""Switches of config.toml that change what becomes of a request, told from outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.facts.terms import Status
from tests.desk.customers import proves
from tests.desk.office import desk
from tests.desk.staff import ANNA, KIM, asked, kinds, login, one, plain, request, to, to_customers

WORKFLOW = """
[[type]]
key = "fault"
workflow = {new = ["working"], working = ["waiting"], waiting = ["working", "closed"], closed = ["working"]}
"""
TWO = """
[[category]]
key = "hardware"
[[category]]
key = "vpn"
"""


def test_a_step_that_the_workflow_lacks_is_refused_with_those_it_has(tmp_path: Path) -> None:
    """A fault could be closed before anybody worked on it (feature 1-02)."""
    with desk(tmp_path, more=WORKFLOW) as d:
        mail = asked(d, "anna", subject="[type:fault] Printer")
        assert d.ticket().type == "fault"
        i = d.write(ANNA, "#close", answer=mail)
        assert (d.fate(i), d.ticket().status) == ("held", Status.new)
        question = one(d.post(), ANNA)
        assert str(question["X-Mailgate-Template"]) == "held"
        assert "working" in plain(question)
        assert "The workflow of this type has no step New → Closed." in " ".join(plain(question).split())
        d.write(ANNA, "#status working", answer=mail)
        assert d.ticket().status is Status.working


def test_no_workflow_keeps_words_from_arriving_or_a_waiting_from_ending(tmp_path: Path) -> None:
    """A customer's answer would be held, he be asked about steps he knows nothing of, and the request wait for ever."""
    strict = '[[type]]\nkey = "fault"\nworkflow = {new = ["waiting"], working = ["waiting"], waiting = ["closed"]}\n'
    with desk(tmp_path, more=strict) as d:
        mail = asked(d, "anna", subject="[type:fault] Printer")
        assert d.fate(d.write(ANNA, "#note I know it.", answer=mail)) == "executed"
        d.write(ANNA, "#undo", answer=mail)
        d.write(ANNA, "Please send the log.\n\n#wait 2d", answer=mail)
        question = one(d.post_later(), KIM)
        i = proves(d, f"Kim <{KIM}>", "Here it is.", answer=question)
        assert (d.fate(i), d.ticket().status) == ("appended", Status.working)
        assert to_customers(d.post()) == []
        request(d, subject="[type:fault] Second")
        d.write(ANNA, "#wait 2d", subject="[T2]", envelope=login("anna"))
        d.passes(days=3)
        assert d.ticket("T2").status is Status.working


@pytest.mark.parametrize("allowed", [False, True])
def test_a_closed_request_keeps_its_category_unless_the_desk_allows(tmp_path: Path, allowed: bool) -> None:
    """Figures of last month would change, or could never be corrected (feature 3-26)."""
    with desk(tmp_path, more=f"{TWO}\n[options]\nreclassify_closed = {str(allowed).lower()}\n") as d:
        mail = asked(d, "anna", subject="[cat:vpn] Printer")
        d.write(ANNA, "#close quiet", answer=mail)
        d.post_later()
        i = d.write(ANNA, "#category hardware", answer=mail)
        assert (d.fate(i), d.ticket().category) == (("executed", "hardware") if allowed else ("held", "vpn"))
        assert d.ticket().status is Status.closed
        assert to_customers(d.post_later()) == []


def test_addresses_of_new_to_hear_of_every_request(tmp_path: Path) -> None:
    """The board wants to see what comes in, apart from the customers' mails (feature 3-28)."""
    with desk(tmp_path, more='[notify]\nnew_to = ["board@firm.example"]\n') as d:
        d.agent("anna")
        mails = request(d)
        assert len(to(mails, "board@firm.example")) == 1
        assert kinds(to_customers([m for m in mails if "board@" not in str(m["To"])])) == ["received"]


def test_closing_quietly_tells_nobody_outside(tmp_path: Path) -> None:
    """A test ticket or a double is closed without a word to the customer (feature 3-17)."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, "#close quiet", answer=mail)
        assert d.ticket().status is Status.closed
        assert to_customers(d.post_later()) == []


@pytest.mark.parametrize(("cap", "priority"), [("normal", "normal"), ("high", "high")])
def test_importance_of_a_customer_counts_only_up_to_the_cap(tmp_path: Path, cap: str, priority: str) -> None:
    """Everybody's mail program can cry (feature 3-07)."""
    with desk(tmp_path, more=f'[options]\nimportance_cap = "{cap}"\n') as d:
        d.agent("anna")
        request(d, headers={"Importance": "high"})
        assert d.ticket().priority == priority
