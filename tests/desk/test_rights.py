"""Who may do what: the category decides, and it decides at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rules.facts.terms import Status
from store import engine, people
from tests.desk.office import desk, plain, to

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


def test_a_technician_learns_nothing_of_another_departments_tickets(tmp_path: Path) -> None:
    """Naming a number in a mail would hand over another department's whole correspondence."""
    with desk(tmp_path, more=HW) as d:
        ben = d.agent("ben", "bill")
        d.agent("anna", "hw")
        with engine.transaction(d.office.store) as tx:
            people.put_agent(tx, replace(ben, role="technician"), d.at)
        d.write(KIM, "The secret plans are stuck.", to="hardware@desk.example", subject="Secret plans")
        d.write(KIM, "My invoice is wrong.", to="support@desk.example", subject="[cat:billing] Invoice")
        (own,) = (m for m in to(d.post(), "ben@") if m["X-Mailgate-Template"] == "new-in-group")
        for line in ("#show T1", "#status? T1", "#history T1", "#find secret", "#show T999"):
            d.write(BEN, line, answer=own)
        told = "".join(plain(m) for m in to(d.post(), "ben@"))
        assert "Secret plans" not in told
        assert "secret plans are stuck" not in told
        d.write(BEN, "#show T2", answer=own)
        assert "My invoice is wrong." in "".join(plain(m) for m in to(d.post(), "ben@"))
