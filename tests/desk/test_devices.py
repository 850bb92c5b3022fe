"""Devices: their addresses, their customers, their fleets, and projects and devices named in a subject."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.facts.mail import Envelope
from tests.desk.customers import enter_party, templates
from tests.desk.office import desk, plain, to
from tests.desk.things import enter_contract, enter_device, enter_project


def test_mail_to_the_address_of_a_device_is_about_it(tmp_path: Path) -> None:
    """The address is printed on the machine: whoever writes to it need not say which one (4-06)."""
    with desk(tmp_path) as d:
        enter_device(d, "SN123")
        d.write("Kim <kim@client.example>", to="dev+sn123@desk.example")
        assert d.ticket().device == "SN123"
        d.write("Kim <kim@client.example>", to="dev+XX9@desk.example")
        assert d.ticket("T2").device == ""


def test_an_unknown_device_is_shown_as_a_wish(tmp_path: Path) -> None:
    """A misprinted sign must not get lost, nor invent a device."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write("Kim <kim@client.example>", to="dev+XX9@desk.example")
        (new,) = to(d.post(), "anna@staff.example")
        assert "dev:xx9" in plain(new).lower()


@pytest.mark.parametrize(
    ("separator", "to_", "subject"),
    [("+", "dev+SN123@desk.example", "Jam"), ("-", "dev-SN123@desk.example", "Jam"), ("", "support@desk.example", "[dev:SN123] Jam")],
)
def test_a_stranger_at_a_device_is_its_customers(tmp_path: Path, separator: str, to_: str, subject: str) -> None:
    """A passer-by reports the customer's machine, whatever addresses the mail system can do (4-07)."""
    with desk(tmp_path, desk=f'subaddress = "{separator}"') as d:
        enter_party(d, "asg", "asg.example")
        enter_contract(d, "C1", "asg")
        enter_device(d, "SN123", "asg")
        d.write("Pat <pat@gmail.com>", to=to_, subject=subject)
        t = d.ticket()
        assert (t.device, t.party, t.contract) == ("SN123", "asg", "C1")


def test_a_fleet_has_its_technicians(tmp_path: Path) -> None:
    """Work goes to those who know the machine (4-14)."""
    category = '[[category]]\nkey = "common"\naddress = "common@desk.example"\ngroup = "front"\n'
    with desk(tmp_path, more=category) as d:
        d.agent("anna", "fleet-a")
        d.agent("ben", "front")
        enter_device(d, "SN123", fleet="fleet-a")
        d.write("Kim <kim@client.example>", to="dev+SN123@desk.example")
        assert d.ticket().group == "fleet-a"
        assert templates(to(d.post(), "staff.example")) == [("new-in-group", "anna@staff.example")]
        d.write("Kim <kim@client.example>", to="common@desk.example")
        assert d.ticket("T2").group == "front"


def test_a_rule_says_more_than_the_fleet(tmp_path: Path) -> None:
    """What the site wrote down for a case wins over what goes by itself."""
    rule = '[[rule]]\nname = "fire"\nwhen = {subject = "fire"}\nthen = ["assign @front"]\n'
    with desk(tmp_path, more=rule) as d:
        d.agent("anna", "fleet-a")
        d.agent("ben", "front")
        enter_device(d, "SN123", fleet="fleet-a")
        d.write("Kim <kim@client.example>", to="dev+SN123@desk.example", subject="fire")
        assert d.ticket().group == "front"


def test_customers_name_their_own_projects_and_devices_in_the_subject(tmp_path: Path) -> None:
    """[proj:P7] of one's own counts; somebody else's is a wish that staff sees (0-03)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        for party in ("asg", "bsg"):
            enter_party(d, party, f"{party}.example")
        for key in ("P7", "P8"):
            enter_project(d, key, "asg")
        enter_project(d, "P9", "bsg")
        for serial in ("SN1", "SN2"):
            enter_device(d, serial, "asg")
        d.write("Kim <kim@asg.example>", subject="[proj:p8] [dev:SN2] Lift")
        assert (d.ticket().project, d.ticket().device) == ("P8", "SN2")
        d.write("Eva <eva@bsg.example>", subject="[proj:P7] [dev:SN1] Lift")
        t = d.ticket("T2")
        assert (t.project, t.device) == ("P9", "")
        assert any("proj:P7, dev:SN1" in plain(m) for m in to(d.post(), "anna@staff.example"))


def test_agents_hear_of_tags_that_were_not_obeyed(tmp_path: Path) -> None:
    """[prio:hihg] would otherwise be lost without a word."""
    with desk(tmp_path) as d:
        d.agent("anna")
        envelope = Envelope(door="submission", sender="anna@staff.example", recipients=("support@desk.example",), login="anna")
        d.write("anna@staff.example", "It rattles.", subject="[prio:hihg] [dev:SN9] Lift", envelope=envelope)
        (report,) = to(d.post_later(), "anna@staff.example")
        assert report["X-Mailgate-Template"] == "report"
        assert "[prio:hihg]" in plain(report)
        assert "[dev:SN9]" not in plain(report)
        assert d.ticket().device == "SN9"


def test_rules_ask_for_the_model_and_give_tasks(tmp_path: Path) -> None:
    """Every case of a lift begins with the same check (4-14)."""
    rule = '[[rule]]\nname = "lift"\nwhen = {model = "lift*"}\nthen = ["task @fleet-a check the rope"]\n'
    with desk(tmp_path, more=rule) as d:
        d.agent("anna", "fleet-a")
        enter_device(d, "L1", model="lift-3000", fleet="fleet-a")
        enter_device(d, "SN1", model="px7", fleet="fleet-a")
        for serial in ("L1", "SN1"):
            d.write("Kim <kim@client.example>", to=f"dev+{serial}@desk.example")
        assert ["check the rope" in plain(m) for m in to(d.post(), "anna@staff.example")] == [True, False]


def test_a_desk_that_is_called_dev_keeps_its_name(tmp_path: Path) -> None:
    """dev@ is a usual name; its reply addresses must not be taken for serial numbers."""
    with desk(tmp_path, more='[[category]]\nkey = "software"\naddress = "dev@desk.example"\n') as d:
        enter_device(d, "SN123", "asg")
        d.write("Kim <kim@client.example>", to="dev+SN123@desk.example")
        assert (d.ticket().category, d.ticket().device) == ("software", "")
        (ack,) = to(d.post(), "kim@client.example")
        d.write("Kim <kim@client.example>", answer=ack, by="address")
        assert len(d.posts()) == 2
