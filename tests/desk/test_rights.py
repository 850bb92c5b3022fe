"""Who may do what: the category decides, and it decides at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rules.facts.terms import Status
from store import engine, people
from tests.desk.office import desk, plain, to
from tests.desk.staff import login, state

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


def test_nobody_carries_his_ticket_into_another_departments(tmp_path: Path) -> None:
    """The people of a merged ticket become readers of the other one: a technician's own contact would get its answers."""
    with desk(tmp_path, more=HW) as d:
        d.agent("anna", "hw")
        d.agent("ben", "bill")
        d.write(KIM, to="hardware@desk.example", subject="Printer")
        d.write("Mal <mal@evil.example>", to="support@desk.example", subject="[cat:billing] Invoice")
        before = state(d, "T1")
        i = d.write(BEN, "#merge T1", subject="[T2]", envelope=login("ben"))
        assert d.fate(i) == "held" and "merge T1" in str(d.mail(i)["why"])
        assert state(d, "T1") == before
        assert d.ticket("T2").status is not Status.closed
        assert "belongs to another department" in plain(to(d.post(), "ben@")[-1])


def test_who_left_a_department_takes_nothing_back_there(tmp_path: Path) -> None:
    """The right to undo would outlive the right to do."""
    with desk(tmp_path, more=HW) as d:
        d.agent("anna", "hw")
        ben = d.agent("ben", "hw", "bill")
        d.write(KIM, to="hardware@desk.example")
        mail = to(d.post(), "ben@")[0]
        d.write(BEN, "#prio high", answer=mail)
        with engine.transaction(d.office.store) as tx:
            people.put_agent(tx, replace(ben, groups=("bill",)), d.at)
        i = d.write(BEN, "#undo", answer=mail)
        assert d.fate(i) == "held"
        assert d.ticket().priority.value == "high"


def test_who_handed_a_ticket_over_by_mistake_has_it_back(tmp_path: Path) -> None:
    """The department that he gave it to would have to give it back."""
    with desk(tmp_path, more=HW) as d:
        d.agent("anna", "hw")
        d.agent("ben", "bill")
        d.write(KIM, to="hardware@desk.example")
        mail = to(d.post(), "anna@")[0]
        d.write(ANNA, "#category billing", answer=mail)
        assert d.ticket().category == "billing"
        d.write(ANNA, "#undo", answer=mail)
        assert d.ticket().category == "hardware"
