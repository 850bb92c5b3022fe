"""Customers under contract: whose clocks are theirs, and what becomes of the others."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.desk.customers import enter_party, enter_person, proves
from tests.desk.office import desk, plain, to
from tests.desk.staff import ANNA, login
from tests.desk.things import enter_contract, enter_device, enter_project

HOURS = """
[hours.office]
week = {"mon-fri" = "08:00-16:00"}
[hours.oncall]
week = {"mon-sun" = "00:00-24:00"}
[[severity]]
key = "normal"
[[severity]]
key = "blocking"
hours = "oncall"
[[rule]]
name = "blocking"
when = {subject = "down"}
then = ["severity blocking"]
"""
CLOCK = """
[clock]
answer = "2h"
hours = "office"
"""


def test_the_acknowledgement_names_the_contract_and_its_time(tmp_path: Path) -> None:
    """A customer with a contract wants to see that it counts (0-01)."""
    with desk(tmp_path, more=HOURS) as d:
        d.agent("anna")
        enter_party(d, "asg", "asg.example")
        enter_contract(d, "C1", "asg", starts=date(2026, 1, 1), ends=date(2026, 12, 31), answer="4h", hours="office")
        d.write("Kim <kim@asg.example>")
        assert d.ticket().contract == "C1"
        (ack,) = to(d.post(), "kim@asg.example")
        assert "C1" in plain(ack)
        assert "14:00" in plain(ack)


def test_a_contract_that_has_ended_covers_nothing(tmp_path: Path) -> None:
    """Old agreements would bind the desk for ever."""
    with desk(tmp_path, more=HOURS) as d:
        enter_party(d, "asg", "asg.example")
        enter_contract(d, "C1", "asg", ends=date(2026, 11, 22), answer="4h")
        d.write("Kim <kim@asg.example>")
        assert (d.ticket().contract, dict(d.ticket().due)) == ("", {})


def test_the_same_mail_is_due_as_each_contract_says(tmp_path: Path) -> None:
    """Two customers with two agreements have two different times (0-12), and the contract's win over the desk's."""
    with desk(tmp_path, more=CLOCK + HOURS) as d:
        for party, answer in (("asg", "4h"), ("bsg", "1d")):
            enter_party(d, party, f"{party}.example")
            enter_contract(d, party.upper(), party, answer=answer, hours="office")
            d.write(f"Kim <kim@{party}.example>")
        d.write("Kim <kim@other.example>")
        due = [datetime.fromisoformat(d.ticket(ref).due["answer"]) for ref in ("T1", "T2", "T3")]
        # 10:00 in Helsinki: four hours, a working day of eight, the desk's own two
        assert due == [datetime(2026, 11, day, hour, tzinfo=UTC) for day, hour in ((23, 12), (24, 8), (23, 10))]


@pytest.mark.parametrize(("subject", "due"), [("Slow", (23, 13, 55)), ("All is down", (20, 22, 55))])
def test_severity_decides_between_service_and_oncall_hours(tmp_path: Path, subject: str, due: tuple[int, int, int]) -> None:
    """On Friday at five to four somebody works on what burns, and on Monday on the rest (0-13)."""
    with desk(tmp_path, more=HOURS) as d:
        d.at = datetime(2026, 11, 20, 13, 55, tzinfo=UTC) if subject == "Slow" else datetime(2026, 11, 20, 14, 55, tzinfo=UTC)
        enter_party(d, "asg", "asg.example")
        enter_contract(d, "C1", "asg", answer="8h", hours="office", oncall="oncall")
        d.write("Kim <kim@asg.example>", subject=subject)
        day, hour, minute = due
        assert datetime.fromisoformat(d.ticket().due["answer"]) == datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_rules_can_ask_for_the_contract(tmp_path: Path) -> None:
    """Customers under contract may go to a group of their own."""
    rule = '[[rule]]\nname = "gold"\nwhen = {contract = "C1"}\nthen = ["prio high"]\n'
    with desk(tmp_path, more=rule) as d:
        enter_party(d, "asg", "asg.example")
        enter_contract(d, "C1", "asg")
        d.write("Kim <kim@asg.example>")
        d.write("Kim <kim@other.example>")
        assert [t.priority.value for t in d.tickets()] == ["high", "normal"]


def test_contract_only_lets_in_whom_a_contract_covers(tmp_path: Path) -> None:
    """Companies without a contract are agreed on one by one (0-21)."""
    with desk(tmp_path, more='[unknown]\npolicy = "contract-only"') as d:
        for party in ("asg", "old"):
            enter_party(d, party, f"{party}.example")
        enter_contract(d, "C1", "asg")
        enter_contract(d, "C2", "old", ends=date(2025, 12, 31))
        enter_person(d, "pat@alone.example")
        fates = [d.fate(d.write(f"kim@{domain}.example")) for domain in ("asg", "old", "nobody")]
        assert fates == ["opened", "held", "held"]
        assert d.fate(d.write("pat@alone.example")) == "opened"
        d.passes(minutes=16)
        announced = to(d.post(), "root@desk.example")
        assert any("no contract covers its sender" in plain(m) for m in announced)


def test_staff_sees_who_has_no_contract(tmp_path: Path) -> None:
    """What is done for others than contract customers is agreed on first (0-21)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write("Kim <kim@other.example>")
        (before,) = to(d.post(), "anna@staff.example")
        assert "No contract covers this sender." not in plain(before)
        enter_party(d, "asg", "asg.example")
        enter_contract(d, "C1", "asg")
        for domain, is_covered in (("asg", True), ("other", False)):
            d.write(f"Eva <eva@{domain}.example>")
            (new,) = to(d.post(), "anna@staff.example")
            assert ("No contract covers this sender." in plain(new)) is not is_covered


def test_what_is_the_only_one_is_linked_by_itself(tmp_path: Path) -> None:
    """Nobody wants to say what goes without saying (3-12)."""
    with desk(tmp_path) as d:
        enter_party(d, "asg", "asg.example")
        enter_contract(d, "C1", "asg")
        enter_project(d, "P7", "asg")
        enter_device(d, "SN123", "asg")
        d.write("Kim <kim@asg.example>")
        t = d.ticket()
        assert (t.contract, t.project, t.device) == ("C1", "P7", "")


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("The bill of October is wrong.", ""),
        ("Our press sn-123 does not start.", "SN-123"),
        ("SN-1234 does not start.", ""),
        ("The PX-7 blinks.", "SN-123"),
        ("The lift is stuck.", ""),
        ("SN-123 works, but SN-77 does not.", ""),
        ("The lift SN-77 is stuck, the PX-7 is not.", "SN-77"),
    ],
)
def test_a_device_is_linked_where_the_mail_speaks_of_it(tmp_path: Path, text: str, device: str) -> None:
    """A bill would be filed under the machine, and its technician would drive out for it (4-06)."""
    model = '[[device_model]]\nkey = "px7"\ntitle = "PX-7"\n'
    with desk(tmp_path, more=model) as d:
        enter_party(d, "asg", "asg.example")
        enter_device(d, "SN-123", "asg", model="px7")
        for serial in ("SN-77", "SN-78"):
            enter_device(d, serial, "asg", model="lift")
        enter_device(d, "SN-1234", "other", model="px7")
        d.write("Kim <kim@asg.example>", text, subject="A question")
        assert d.ticket().device == device


@pytest.mark.parametrize(
    ("verb", "wrong", "right"), [("contract", "C-200", "C-2001"), ("project", "bridg", "bridge"), ("device", "SN-124", "SN-1244")]
)
def test_what_staff_names_has_to_be_there(tmp_path: Path, verb: str, wrong: str, right: str) -> None:
    """A slip of the pen would put the ticket under a contract that nobody made, without any limit (3-12)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write("Kim <kim@asg.example>", subject="A question")
        (new,) = to(d.post(), "anna@staff.example")
        d.write("anna@staff.example", f"#{verb} {wrong}", answer=new)
        assert getattr(d.ticket(), verb) == wrong  # a desk that has entered nothing of the kind has no list to be wrong by
        enter_party(d, "asg", "asg.example")
        enter_contract(d, "C-2001", "asg")
        enter_project(d, "bridge", "asg")
        enter_device(d, "SN-1244", "asg")
        d.write("Eva <eva@elsewhere.example>", subject="Another")
        new = next(m for m in to(d.post(), "anna@staff.example") if m["X-Mailgate-Ticket"] == "T2")
        i = d.write("anna@staff.example", f"We come.\n\n#{verb} {wrong}", answer=new)
        assert d.fate(i) == "held" and getattr(d.ticket("T2"), verb) == ""
        (asked,) = to(d.post_later(), "anna@staff.example")
        assert f"#{verb} {right}" in plain(asked)
        d.press("anna@staff.example", asked, f"#{verb} {right}")
        assert getattr(d.ticket("T2"), verb) == right
        assert [m["X-Mailgate-Template"] for m in to(d.post_later(), "eva@elsewhere.example")] == ["message"]
        d.write("anna@staff.example", f"#{verb} {right.lower()}\n#{verb} -", answer=new)
        assert getattr(d.ticket("T2"), verb) == ""


SEVERITIES = """
[[category]]
key = "net"
clock = {take = "1h", answer = "3h", solve = "30h", hours = "oncall"}
[[severity]]
key = "bad"
clock = {answer = "2h"}
[[severity]]
key = "burning"
clock = {take = "30m", hours = "oncall"}
[[severity]]
key = "someday"
clock = {answer = "off"}
[[type]]
key = "question"
clock = {solve = "16h"}
"""


@pytest.mark.parametrize(
    ("lines", "due"),
    [
        ("category net", {"take": (20, 16), "answer": (20, 18), "solve": (21, 21)}),
        ("category net\nseverity bad", {"take": (20, 16), "answer": (20, 17), "solve": (21, 21)}),
        ("severity bad", {"answer": (23, 8)}),
        ("severity burning", {"take": (20, 15, 30), "answer": (20, 17)}),
        ("category net\nseverity someday", {"take": (20, 16), "solve": (21, 21)}),
        ("category net\ntype question", {"take": (20, 16), "answer": (20, 18), "solve": (21, 7)}),
    ],
)
def test_a_severity_or_type_changes_only_what_it_says(tmp_path: Path, lines: str, due: dict[str, tuple[int, ...]]) -> None:
    """What burns in a department that works by night would wait for Monday, for the desk's own clock and calendar."""
    with desk(tmp_path, more=CLOCK + HOURS + SEVERITIES) as d:
        d.at = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # Friday, 17:00: the office has closed an hour ago
        d.agent("anna")
        d.write("Kim <kim@asg.example>")
        (new,) = to(d.post(), "anna@staff.example")
        d.write("anna@staff.example", "\n".join(f"#{line}" for line in lines.split("\n")), answer=new)
        assert {clock: datetime.fromisoformat(at) for clock, at in d.ticket().due.items()} == {
            clock: datetime(2026, 11, *at, tzinfo=UTC) for clock, at in due.items()
        }


def test_of_several_the_agent_is_asked_and_presses_one(tmp_path: Path) -> None:
    """A wrong contract is worse than none (3-12)."""
    with desk(tmp_path) as d:
        anna = d.agent("anna")
        enter_party(d, "asg", "asg.example")
        enter_contract(d, "C1", "asg", answer="4h")
        enter_contract(d, "C2", "asg", answer="8h")
        d.write("Kim <kim@asg.example>")
        assert d.ticket().contract == ""
        (new,) = to(d.post(), "anna@staff.example")
        assert "several contracts: C1, C2" in plain(new)
        d.press(anna.addresses[0], new, "Contract  #contract C2")
        assert d.ticket().contract == "C2"
        assert d.ticket().due["answer"] == "2026-11-23T16:00:00+00:00"


def test_staff_opens_for_a_customer_and_the_contract_comes_along(tmp_path: Path) -> None:
    """A forwarded mail is as much the customer's as his own."""
    with desk(tmp_path) as d:
        d.agent("anna")
        enter_party(d, "asg", "asg.example")
        enter_contract(d, "C1", "asg", answer="4h")
        d.write("Kim <kim@asg.example>")
        d.post()
        d.write("anna@staff.example", "#new for:eva@asg.example\n\nShe called.", subject="Phone call", envelope=login("anna"))
        made = next((t for t in d.tickets() if t.requester.address == "eva@asg.example"), None)
        assert made is not None
        assert (made.party, made.contract) == ("asg", "C1")


def test_of_very_many_things_the_agent_has_to_name_one(tmp_path: Path) -> None:
    """Forty buttons are no help."""
    with desk(tmp_path) as d:
        d.agent("anna")
        enter_party(d, "asg", "asg.example")
        for n in range(7):
            enter_device(d, f"SN{n}", "asg")
        d.write("Kim <kim@asg.example>")
        (new,) = to(d.post(), "anna@staff.example")
        assert "several devices: SN0, SN1, SN2, SN3, SN4, …" in " ".join(plain(new).split())
        assert "#device" not in plain(new)


def test_the_party_and_its_contract_go_with_the_requester(tmp_path: Path) -> None:
    """The old one's colleagues could read on, and the new one would have times that were agreed with others."""
    with desk(tmp_path) as d:
        d.agent("anna")
        for party in ("asg", "bolt"):
            enter_party(d, party, f"{party}.example")
            enter_contract(d, party.upper(), party, answer="4h" if party == "asg" else "2h")
        enter_project(d, "P7", "asg")
        proves(d, "kim@asg.example")

        def belongs() -> tuple[str, str, str]:
            return (d.ticket().party, d.ticket().contract, d.ticket().project)

        def say(line: str) -> None:
            assert d.fate(d.write(ANNA, line, subject="[T1]", envelope=login("anna"))) == "executed"

        assert belongs() == ("asg", "ASG", "P7")
        before = d.ticket()
        say("#requester lee@bolt.example")
        assert belongs() == ("bolt", "BOLT", "")
        assert d.ticket().due != before.due
        say("#undo")
        assert (*belongs(), d.ticket().due) == ("asg", "ASG", "P7", before.due)
        say("#requester max@asg.example")
        assert belongs() == ("asg", "ASG", "P7")
        say("#requester mia@freemail.example")
        assert belongs() == ("", "", "")
        say("#party bolt")
        say("#requester kim@asg.example")
        assert belongs()[0] == "bolt", "what staff said of it stays"
        say("#requester anna@staff.example")
        assert d.ticket().requester.name == "Anna"
