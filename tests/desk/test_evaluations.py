"""Figures that come by themselves: once for each due time, to staff and to the customers whose they are."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from mailgate import daemon
from rules.facts.people import Party
from store import engine, people
from tests.desk.office import Desk, desk, plain, to
from tests.desk.staff import ANNA, one, request
from tests.desk.staff import KIM as KIM_ADDRESS

REPORT = """
[clock]
answer = "4h"
[[report]]
name = "The week"
by = ["category", "channel", "agent"]
every = "0 7 * * mon"
to = ["anna", "boss@out.example", "parties"]
"""
KIM, MARIA = "Kim <kim@acme.example>", "Maria <maria@customer.example>"


def evaluations(d: Desk) -> list:  # type: ignore[type-arg]
    return [m for m in d.post_later() if m["X-Mailgate-Template"] == "evaluation"]


def acme(d: Desk) -> None:
    with engine.transaction(d.office.store) as tx:
        people.put_party(tx, Party(key="acme", name="Acme Oy", domains=("acme.example",)))
        people.add_person(tx, "bo@acme.example", d.at, name="Bo", party="acme", may=["report"], language="de")
        people.add_person(tx, "lou@acme.example", d.at, name="Lou", party="acme")


def test_a_report_comes_once_for_each_due_time(tmp_path: Path) -> None:
    """Two of the same, or none after a weekend with the power off, and nobody reads them any more."""
    with desk(tmp_path, more=REPORT) as d:
        d.agent("anna", language="en")
        acme(d)
        d.write(KIM, subject="Acme's own")
        d.write(MARIA, subject="Another's")
        d.passes(minutes=1)
        assert evaluations(d) == [], "what was due before the report was known is past"
        d.passes(days=6, hours=20)
        assert evaluations(d) == []
        d.passes(hours=3)
        mails = evaluations(d)
        assert sorted(str(m["To"]).split("<")[-1].strip(">") for m in mails) == [
            "anna@staff.example",
            "bo@acme.example",
            "boss@out.example",
        ]
        (anna,) = to(mails, "anna@")
        assert "The week" in str(anna["Subject"])
        assert " 2" in plain(anna).split("requests")[0]
        assert "By colleague" not in plain(anna), "[privacy] agent_figures is off"
        (bo,) = to(mails, "bo@")
        assert "Acme Oy" in plain(bo)
        assert "1  Anfrage\n" in plain(bo), "one request is no plural"
        assert bo["Auto-Submitted"] == "auto-generated"
        d.passes(hours=5)
        assert evaluations(d) == []
        d.passes(days=21)
        assert len(evaluations(d)) == 3, "after three weeks only the latest"


def test_a_desk_that_is_started_again_sends_no_report_twice(tmp_path: Path) -> None:
    """Every update of the software would mail the customers."""
    with desk(tmp_path, more=REPORT) as d:
        d.agent("anna")
        d.passes(minutes=1)
        d.passes(days=7)
        assert len(evaluations(d)) == 2
        at = d.at
    with desk(tmp_path, more=REPORT) as d:
        d.at = at
        assert daemon.tick(d.settings, at)["reported"] == 0
        assert daemon.tick(d.settings, datetime(2026, 12, 7, 7, 0, tzinfo=UTC))["reported"] == 2
        assert daemon.tick(d.settings, datetime(2026, 12, 7, 9, 0, tzinfo=UTC))["reported"] == 0


def test_the_status_says_what_was_agreed_and_how_long_it_took(tmp_path: Path) -> None:
    """Row 0-16: the customer would have to believe the percentage."""
    with desk(tmp_path, more='[clock]\ntake = "4h"\nanswer = "8h"\npromise = true\n') as d:
        d.agent("anna")
        mail = one(request(d), ANNA)
        d.passes(hours=1, minutes=12)
        d.write(ANNA, "#take", answer=mail)
        taken = one(d.post_later(), KIM_ADDRESS, "taken")
        d.write(f"Kim <{KIM_ADDRESS}>", "#status", answer=taken)
        assert "after 1 hour 12 minutes, agreed 4 hours" in " ".join(plain(one(d.post(), KIM_ADDRESS, "status-answer")).split())
