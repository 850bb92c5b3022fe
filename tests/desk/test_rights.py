"""Who may do what: the category decides, and it decides at once."""

from __future__ import annotations

from pathlib import Path

from rules.facts.terms import Status
from tests.desk.office import desk, to

HW = '[[category]]\nkey = "hardware"\ntitle = "Hardware"\naddress = "hardware@desk.example"\ngroup = "hw"\n[[category]]\nkey = "billing"\ngroup = "bill"\n'
KIM, ANNA, BEN = "Kim <kim@client.example>", "Anna <anna@staff.example>", "Ben <ben@staff.example>"


def test_an_agent_outside_the_categorys_group_may_not_close_until_it_is_his(tmp_path: Path) -> None:
    """Anybody of staff could close what another department is working on."""
    with desk(tmp_path, more=HW) as d:
        d.agent("anna", "hw")
        d.agent("ben", "bill")
        d.write(KIM, to="hardware@desk.example")
        mail = to(d.post(), "anna@")[0]
        d.write(ANNA, "#cc ben@staff.example", answer=mail)  # below its level: held, Ben has no mail of his own
        d.write(BEN, "#close", answer=None, subject="Re: Printer [T1]", headers={"Authentication-Results": "x"})
        assert d.ticket().status is not Status.closed
        d.write(ANNA, "#category billing", answer=mail)
        (handed,) = (m for m in to(d.post(), "ben@") if m["X-Mailgate-Template"] == "new-in-group")
        d.write(ANNA, "#close", answer=mail)
        assert d.ticket().status is not Status.closed
        d.write(BEN, "#close", answer=handed)
        assert d.ticket().status is Status.closed


def test_a_ticket_handed_to_somebody_is_his_whatever_the_category(tmp_path: Path) -> None:
    """Who was given a ticket could not work on it."""
    with desk(tmp_path, more=HW) as d:
        d.agent("anna", "hw")
        d.agent("ben", "bill")
        d.write(KIM, to="hardware@desk.example")
        mail = to(d.post(), "anna@")[0]
        d.write(ANNA, "#assign ben", answer=mail)
        d.write(BEN, "#close", answer=to(d.post(), "ben@")[0])
        assert d.ticket().status is Status.closed
