"""Departments: groups as a tree, their managers, and who sees what of them."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

from rules.facts.people import Agent, Group
from store import engine, people
from tests.desk.customers import templates
from tests.desk.office import Desk, buttons, desk, plain, to
from tests.desk.staff import login, one

CATEGORIES = """
[[category]]
key = "hvac"
group = "hvac"
address = "hvac@desk.example"
[[category]]
key = "books"
group = "books"
address = "books@desk.example"
"""
KIM = "kim@client.example"


def staffed(d: Desk) -> None:
    """Technik with its sub-group hvac under Mia; Tom and Ute are technicians of hvac, Bea keeps the books."""
    d.agent("tom", "hvac")
    d.agent("ute", "hvac")
    d.agent("bea", "books")
    d.agent("mia")
    with engine.transaction(d.office.store) as tx:
        people.put_group(tx, Group(key="technik", title="Technik"))
        people.put_group(tx, Group(key="hvac", title="Air", parent="technik"))
        for name in ("tom", "ute", "bea"):
            change(d, tx, name, role="technician")
        change(d, tx, "mia", role="technician", manager_of=("technik",))


def change(d: Desk, tx: object, name: str, **fields: object) -> Agent:
    """An agent with other fields."""
    agent = replace(people.directory(tx).agents[name], **fields)  # type: ignore[arg-type]
    people.put_agent(tx, agent, d.at)  # type: ignore[arg-type]
    return agent


def asks(d: Desk, who: str, line: str, answer: EmailMessage) -> str:
    """What an agent is answered."""
    d.post()
    d.write(f"{who}@staff.example", line, answer=answer)
    return "".join(f"{m['Subject']}\n{plain(m)}" for m in to(d.post(), f"{who}@"))


def test_a_manager_hands_out_new_work_by_one_tap(tmp_path: Path) -> None:
    """Whoever leads a department had to know its people's keys by heart to give them work."""
    with desk(tmp_path, more=CATEGORIES) as d:
        staffed(d)
        d.write(KIM, to="hvac@desk.example", subject="Fan rattles")
        mails = d.post()
        assert [m for m in templates(mails) if m[0] == "new-in-group"] == [
            ("new-in-group", f"{name}@staff.example") for name in ("mia", "tom", "ute")
        ]
        news = one(mails, "mia@")
        assert news["X-Mailgate-Reason"] == "manager"
        assert {"Tom", "Ute"} <= {label.split("  ")[0] for label in buttons(news)}
        assert not {"Tom", "Ute"} & {label.split("  ")[0] for label in buttons(one(mails, "tom@"))}
        d.press("mia@staff.example", news, "Ute")
        assert d.ticket().assignee == "ute"
        assert ("assigned", "ute@staff.example") in templates(d.post())


def test_superiors_list_their_whole_department_and_technicians_their_own(tmp_path: Path) -> None:
    """A manager saw only what he held himself."""
    with desk(tmp_path, more=CATEGORIES) as d:
        staffed(d)
        for address, title in (("hvac", "Fan rattles"), ("hvac", "Cold office"), ("books", "Wrong invoice")):
            d.write(KIM, to=f"{address}@desk.example", subject=title)
        mails = d.post()
        first, books = to(mails, "mia@")[0], to(mails, "bea@")[0]
        d.write("mia@staff.example", "#assign ute", answer=first)
        told = asks(d, "mia", "#list", first)
        assert "Fan rattles" in told and "Cold office" in told and "Wrong invoice" not in told
        told = asks(d, "tom", "#list", to(mails, "tom@")[1])
        assert "Cold office" in told and "Fan rattles" not in told
        told = asks(d, "ute", "#list mine", to(mails, "ute@")[0])
        assert "Fan rattles" in told and "Cold office" not in told
        assert "Cold office" not in asks(d, "bea", "#list all", books)
        for line in ("#show T3", "#history T3", "#status? T3", "#find invoice"):
            assert "Wrong invoice" not in asks(d, "mia", line, first), line
        assert "Fan rattles" in asks(d, "mia", "#find rattles", first)
        assert "Fan rattles" in asks(d, "mia", "#history T1", first)


def test_a_manager_sees_what_his_people_hold_wherever_it_lies(tmp_path: Path) -> None:
    """A ticket without a group, or one lent by another department, is still work of his people."""
    with desk(tmp_path, more=CATEGORIES) as d:
        staffed(d)
        d.write(KIM, subject="Loose cable")
        mails = d.post()
        d.write("bea@staff.example", "#assign tom", answer=one(mails, "bea@"))
        assert "Loose cable" in asks(d, "mia", "#show T1", one(mails, "mia@"))
        assert "Loose cable" not in asks(d, "bea", "#find loose", one(mails, "bea@"))


def test_naming_anothers_number_in_a_subject_tells_nothing(tmp_path: Path) -> None:
    """The question about a refused command would have quoted the subject that nobody was to know."""
    with desk(tmp_path, more=CATEGORIES) as d:
        staffed(d)
        d.write(KIM, to="hvac@desk.example", subject="Secret fan")
        d.write(KIM, to="books@desk.example", subject="Wrong invoice")
        own = to(d.post(), "bea@")[0]
        for text in ("#show", "#close", "#note hello", "What is this about?"):
            d.write("bea@staff.example", text, answer=own, by="references", subject="[T1]")
            d.write("bea@staff.example", text, subject="[T1]", envelope=login("bea"))
        told = "".join(f"{m['Subject']}{plain(m)}" for m in d.post())
        assert "Secret fan" not in told
        assert len(d.posts("T1")) == 1 and d.ticket("T1").is_open
