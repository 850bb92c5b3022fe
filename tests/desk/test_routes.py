"""Where a new request goes: addresses, tags, groups, the ways to assign, and whom that concerns."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desk.customers import enter_person, proves, tap, templates
from tests.desk.office import desk, plain, to
from tests.desk.staff import login

TWO = """
[[category]]
key = "hardware"
title = "Hardware"
group = "hw"
address = "hardware@desk.example"
[[category]]
key = "hardware/printer"
title = "Printers"
[[category]]
key = "payroll"
title = "Payroll"
group = "pay"
public = false
"""
KIM = "kim@client.example"


def test_the_address_decides_the_category_and_answers_come_from_it(tmp_path: Path) -> None:
    """Customers write to hardware@ and expect hardware@ to answer (features 1-13, 3-27)."""
    with desk(tmp_path, more=TWO) as d:
        d.agent("anna", "hw")
        d.agent("ben", "pay")
        d.write(KIM, to="hardware@desk.example")
        mails = d.post()
        assert (d.ticket().category, d.ticket().group, d.ticket().status) == ("hardware", "hw", "new")
        assert templates(mails) == [("new-in-group", "anna@staff.example"), ("received", KIM)]
        assert {str(m["From"]) for m in mails} == {"Hardware <hardware@desk.example>"}
        assert all(m["Reply-To"].addresses[0].addr_spec.startswith("hardware+t1-r-") for m in mails)
        d.write(KIM, "More.", answer=to(mails, KIM)[0], by="address")
        assert len(d.posts()) == 2


def test_a_subject_tag_names_a_public_sub_category(tmp_path: Path) -> None:
    """A link on a web page fills the tag in (features 1-12, 1-16, 1-30)."""
    with desk(tmp_path, more=TWO) as d:
        d.agent("anna", "hw")
        d.write(KIM, subject="[cat:hardware/printer] Paper jam")
        assert (d.ticket().category, d.ticket().group, d.ticket().subject) == ("hardware/printer", "hw", "Paper jam")


@pytest.mark.parametrize("tag", ["cat:payroll", "cat:nonsense", "prio:high", "internal", "proj:P7", "severity:blocking"])
def test_what_a_customer_may_not_set_is_shown_as_a_wish(tmp_path: Path, tag: str) -> None:
    """He has no say there, but an agent should see what he meant (features 1-31, 4-12)."""
    with desk(tmp_path, more=TWO) as d:
        d.agent("anna", "hw")
        d.write(KIM, subject=f"[{tag}] Paper jam")
        ticket = d.ticket()
        assert (ticket.category, ticket.priority, ticket.visibility, ticket.project, ticket.severity) == ("", "normal", "public", "", "")
        told = to(d.post(), "anna@")[0]
        assert f"Wished by the sender: {tag}" in " ".join(plain(told).split())


def test_what_names_no_category_goes_to_the_one_that_is_the_default(tmp_path: Path) -> None:
    """Without one nobody's group has it; a rule for all mail would overrule what the customer says (feature 1-31)."""
    with desk(tmp_path, more=TWO + '[[category]]\nkey = "general"\ngroup = "pay"\ndefault = true\n') as d:
        d.agent("anna", "hw")
        d.agent("ben", "pay")
        d.write(KIM, subject="Something")
        d.write(KIM, subject="[cat:payroll] Hush")
        d.write(KIM, subject="[cat:hardware] Jam")
        d.write(KIM, subject="Jam", to="hardware@desk.example")
        assert [d.ticket(f"T{n}").category for n in range(1, 5)] == ["general", "general", "hardware", "hardware"]
        assert d.ticket("T1").group == "pay"
        assert "Wished by the sender: cat:payroll" in " ".join(plain(to(d.post(), "ben@")[1]).split())


def test_an_agents_tags_are_obeyed(tmp_path: Path) -> None:
    """Staff may set what customers may not."""
    with desk(tmp_path, more=TWO) as d:
        d.agent("anna", "hw")
        d.agent("ben", "pay")
        proves(d, "anna@staff.example", subject="[cat:payroll] [prio:high] Late salary", by="address")
        d.at = d.at.replace(minute=5)
        held = d.post()
        if held and held[0]["X-Mailgate-Template"] == "held":
            tap(d, "anna@staff.example", held[0], "Yes, that was me")
        assert (d.ticket().category, d.ticket().priority, d.ticket().subject) == ("payroll", "high", "Late salary")


def test_tags_in_a_reply_mean_nothing(tmp_path: Path) -> None:
    """They are obeyed on new mail only."""
    with desk(tmp_path, more=TWO) as d:
        d.agent("anna", "hw")
        d.write(KIM)
        ack = to(d.post(), KIM)[0]
        d.write(KIM, "More.", answer=ack, by="address", subject="Re: [cat:hardware] Printer")
        assert d.ticket().category == ""


def test_with_the_option_off_only_the_categorys_address_is_told_and_its_group_may_still_work(tmp_path: Path) -> None:
    """Features 1-32 and 1-33: no handler, one mail."""
    config = "[options]\nassign_category_group = false\n" + TWO.replace(
        'address = "hardware@desk.example"', 'address = "hardware@desk.example"\nnotify = ["hotline@corp.example"]'
    )
    with desk(tmp_path, more=config) as d:
        d.agent("anna", "hw")
        d.agent("ben", "pay")
        d.write(KIM, to="hardware@desk.example")
        mails = d.post()
        assert templates(mails) == [("new-in-category", "hotline@corp.example"), ("received", KIM)]
        assert (d.ticket().group, d.ticket().assignee) == ("", "")
        outsider = d.write("hotline@corp.example", "Call them back.", answer=mails[-1])
        assert d.fate(outsider) == "appended"
        assert d.posts()[-1].kind == "third-party", "who is merely told of new requests speaks to staff"


@pytest.mark.parametrize("assign", ["none", "agent:cleo", "round-robin", "least-busy"])
def test_each_way_to_assign(tmp_path: Path, assign: str) -> None:
    """Feature 2-15: the category decides who gets it."""
    with desk(tmp_path, more=TWO.replace('title = "Hardware"', f'title = "Hardware"\nassign = "{assign}"')) as d:
        d.agent("anna", "hw")
        d.agent("ben", "hw")
        d.agent("cleo")
        enter_person(d, KIM)
        told = []
        for n in range(3):
            d.write(KIM, subject=f"Jam {n}", to="hardware@desk.example")
            told.append([(t, a.partition("@")[0]) for t, a in templates(d.post()) if t != "received"])
        holders = [d.ticket(f"T{n}").assignee for n in (1, 2, 3)]
        match assign:
            case "none":
                assert holders == ["", "", ""]
                assert d.ticket().group == ""
                assert told[0] == [("new-in-category", "anna"), ("new-in-category", "ben")]
            case "agent:cleo":
                assert holders == ["cleo", "cleo", "cleo"]
                assert told[0] == [("assigned", "cleo")]
            case _:
                assert holders == ["anna", "ben", "anna"]
                assert told == [[("assigned", "anna")], [("assigned", "ben")], [("assigned", "anna")]]
                assert d.ticket().status == "assigned"


def test_least_busy_looks_at_what_is_open(tmp_path: Path) -> None:
    """Who closed his requests gets the next one."""
    with desk(tmp_path, more=TWO.replace('title = "Hardware"', 'title = "Hardware"\nassign = "least-busy"')) as d:
        d.agent("anna", "hw")
        d.agent("ben", "hw")
        enter_person(d, KIM)
        for n in range(2):
            d.write(KIM, subject=f"Jam {n}", to="hardware@desk.example")
        d.write("ben@staff.example", "#close", answer=to(d.post(), "ben@")[0])
        for n in range(2, 4):
            d.write(KIM, subject=f"Jam {n}", to="hardware@desk.example")
        assert [d.ticket(f"T{n}").assignee for n in (1, 2, 3, 4)] == ["anna", "ben", "ben", "anna"]


def test_a_group_without_members_leaves_no_request_unseen(tmp_path: Path) -> None:
    """The group may be empty for a day; then everybody hears of it."""
    with desk(tmp_path, more=TWO) as d:
        d.agent("ben", "pay")
        d.write(KIM, to="hardware@desk.example")
        assert templates(d.post()) == [("new-in-group", "ben@staff.example"), ("received", KIM)]


def test_two_addresses_in_one_mail_are_one_request(tmp_path: Path) -> None:
    """To support@ and hardware@ alike: the category wins over the plain desk."""
    with desk(tmp_path, more=TWO) as d:
        d.agent("anna", "hw")
        d.write(KIM, headers={"Cc": "hardware@desk.example"})
        assert (len(d.tickets()), d.ticket().category) == (1, "hardware")
        assert d.ticket().waiting_room == ()


def test_a_desk_never_writes_to_itself(tmp_path: Path) -> None:
    """An address of ours among those who are told would answer itself for ever (threat 60)."""
    with desk(tmp_path, more='[notify]\nnew_to = ["support@desk.example", "boss@corp.example"]') as d:
        d.agent("anna")
        d.write(KIM, headers={"Cc": "support+x@desk.example, control@desk.example"})
        mails = d.post()
        assert templates(mails) == [("new-in-category", "boss@corp.example"), ("new-in-group", "anna@staff.example"), ("received", KIM)]
        assert d.ticket().watchers == ()


def test_an_agents_tag_that_names_nothing_is_answered_with_what_resembles_it(tmp_path: Path) -> None:
    """He would learn that something was wrong and not what is right, and his colleague that staff may set it (feature 1-12)."""
    with desk(tmp_path, more=TWO) as d:
        d.agent("anna", "hw")
        d.agent("ben", "hw")
        d.write(
            "anna@staff.example", "Please look.", subject="[cat:hardware/printr] Paper jam", envelope=login("anna", "support@desk.example")
        )
        mails = d.post()
        (report,) = to(mails, "anna@")
        assert report["X-Mailgate-Template"] == "report" and "[cat:hardware/printr]" in plain(report)
        assert "#category hardware/printer" in plain(report)
        assert not [m for m in to(mails, "ben@") if "Wished by the sender" in plain(m)]
        tap(d, "anna@staff.example", report, "#category hardware/printer")
        assert d.ticket().category == "hardware/printer"
