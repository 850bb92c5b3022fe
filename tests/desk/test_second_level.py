"""Two desks: partners at the first level, headquarters at the second; each tells its own next."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from rules.facts.people import Group, Party
from rules.facts.terms import Status
from store import engine, people
from tests.desk.customers import proves, tap, templates
from tests.desk.office import Desk, desk, plain, to
from tests.desk.staff import one, to_customers

ON = "[options]\nsecond_level = true\n"
CLOCK = '[clock]\ntake = "4h"\nhours = ""\n'
KIM, PIA, HANS, JAN = "kim@client.example", "pia@staff.example", "hans@staff.example", "jan@home.example"
ORDER = """The pump of our customer leaks.

Endkunde: Jan Novak
E-Mail: jan@home.example
Tel.: +420 601 234 567

Our reference: AB-2026/17
"""


def two_desks(d: Desk) -> None:
    """Pia is the partner's agent, Hans sits in headquarters, whose group stands above the partner's."""
    d.agent("pia", "north")
    d.agent("hans", "hq")
    with engine.transaction(d.office.store) as tx:
        people.put_group(tx, Group(key="north", title="North", parent="hq"))
        people.put_party(tx, Party(key="north", name="North Ltd", domains=("north.example",), kind="partner"))


def test_level_two_hands_it_to_headquarters_and_the_partner_closes_in_a_second_step(tmp_path: Path) -> None:
    """Headquarters told the partner's customers, or nobody knew whose turn it was (features 1-24 to 1-26)."""
    with desk(tmp_path, more=ON + CLOCK) as d:
        two_desks(d)
        proves(d, KIM, "The pump leaks.", subject="Pump")
        news = one(d.post(), "pia@")
        d.write(PIA, "#take", answer=news)
        d.post_later()
        d.passes(hours=3)
        handed_at = d.at
        d.write(PIA, "#level 2", answer=news)
        mails = d.post_later()
        assert [m for m in templates(mails) if m[0] != "report"] == [("new-in-group", HANS)]
        ticket = d.ticket()
        assert (ticket.level, ticket.group, ticket.assignee, ticket.first_assignee) == (2, "hq", "", "pia")
        shown = d.commands.ok("ticket", "show", "T1")
        assert (shown["level"], shown["watchers"]) == (2, [PIA])  # he keeps watching
        assert [t["watchers"] for t in d.commands.ok("ticket", "list")] == [[PIA]]
        assert ticket.level_at == handed_at and ticket.due["take"] == handed_at.replace(hour=15).isoformat()
        at_hq = one(mails, "hans@")
        assert "Your reply goes to Pia" in plain(at_hq) and KIM not in plain(at_hq).splitlines()[0]
        d.write(HANS, "Tighten the valve, then it holds.", answer=at_hq)
        mails = d.post_later()
        assert to_customers(mails) == []
        assert "Tighten the valve" in plain(one(mails, "pia@", "private-message"))
        proves(d, KIM, "Any news?", answer=None, subject="Pump [T1]")
        assert templates(d.post()) == [("appended", HANS), ("appended", PIA)]
        d.write(HANS, "Valve replaced.\n\n#close", answer=at_hq)
        mails = d.post_later()
        assert [m for m in templates(mails) if m[0] != "report"] == [("closed", PIA)]
        told = one(mails, "pia@")
        assert "Valve replaced." in plain(told) and told["X-Mailgate-Reply"] == "public"
        ticket = d.ticket()
        assert ticket.is_open and ticket.resolved_at is not None and ticket.assignee == "pia"
        d.write(PIA, "Your pump is tight again.\n\n#close", answer=told)
        mails = d.post_later()
        (end,) = to_customers(mails)
        assert end["X-Mailgate-Template"] == "closed" and "tight again" in plain(end) and "Valve" not in plain(end)
        assert d.ticket().status is Status.closed


def test_headquarters_closes_towards_the_partner_and_he_towards_his_customer(tmp_path: Path) -> None:
    """The partner's customer would hear from people he never wrote to, or never at all."""
    with desk(tmp_path, more=ON) as d:
        two_desks(d)
        proves(d, "Paul <paul@north.example>", ORDER, subject="Leak")
        mails = d.post()
        ticket = d.ticket()
        assert (ticket.level, ticket.origin, ticket.partner_ref) == (2, "partner", "AB-2026/17")
        assert dict(ticket.endcustomer) == {"name": "Jan Novak", "address": JAN, "phone": "+420 601 234 567"}
        assert str(one(mails, "paul@")["Subject"]) == "Re: Leak [AB-2026/17] [T1]"
        news = one(mails, "hans@")
        d.write(HANS, "Send the new seal. #no command\n\n#close", answer=news)
        mails = d.post_later()
        assert [m for m in templates(mails) if m[0] != "report"] == [("closed", "paul@north.example")]
        told = one(mails, "paul@")
        assert "Jan Novak" in plain(told) and str(told["Subject"]) == "Re: Leak [AB-2026/17] [T1]"
        assert d.ticket().is_open and d.ticket().resolved_at is not None
        proves(d, "paul@north.example", "It still leaks.", answer=told)
        assert d.ticket().resolved_at is None
        assert ("appended", HANS) in templates(d.post())
        d.write(HANS, "#close", answer=news)
        told = one(d.post_later(), "paul@")
        proves(d, "paul@north.example", "Dear Jan, it is repaired.\n\n#close", answer=told)
        mails = to_customers(d.post_later())
        assert templates(mails) == [("closed", JAN)]
        assert "Dear Jan" in plain(mails[0]) and "seal" not in plain(mails[0])
        assert str(mails[0]["Subject"]) == "Re: Leak [T1]"
        assert d.ticket().status is Status.closed


def test_a_partners_request_that_its_category_gave_to_others_is_handed_up_all_the_same(tmp_path: Path) -> None:
    """`#level 2` said done, and headquarters never heard of it, since a partner's request is the second level's by itself."""
    category = '[[category]]\nkey = "hvac"\ngroup = "north"\npublic = true\n'
    more = ON.replace("true", 'true\nsecond_level_group = "hq"') + CLOCK + category
    with desk(tmp_path, more=more) as d:
        two_desks(d)
        proves(d, "Paul <paul@north.example>", ORDER, subject="Leak [cat:hvac]")
        news = one(d.post(), "pia@")
        d.write(PIA, "#take", answer=news)
        d.post_later()
        d.write(PIA, "#level 2", answer=news)
        assert ("new-in-group", HANS) in templates(d.post_later())
        ticket = d.ticket()
        assert (ticket.level, ticket.group, ticket.assignee, ticket.level_at) == (2, "hq", "", d.at - timedelta(minutes=1))
        d.write(PIA, "#level 2", answer=news)
        assert templates(d.post_later()) == [("report", PIA)], "a second time there is nothing to hand over"


def test_the_end_customer_can_rate_but_does_not_read_what_partner_and_headquarters_wrote(tmp_path: Path) -> None:
    """`#history` of a partner's customer would show him what headquarters thinks."""
    with desk(tmp_path, more=ON) as d:
        two_desks(d)
        proves(d, "paul@north.example", ORDER + "\nHe is a difficult man.", subject="Leak")
        proves(d, "paul@north.example", "Done.\n\n#close", answer=one(d.post(), "paul@"))
        with engine.transaction(d.office.store) as tx:
            people.add_person(tx, JAN, d.at)
        news = d.post_later()
        end = one(news, JAN)
        d.write(JAN, "#history", answer=end)
        assert "difficult man" not in "".join(plain(m) for m in to(d.post_later(), JAN))
        tap(d, JAN, end, "4")
        assert d.ticket().rating_stars == 4


def test_without_the_switch_everything_is_one_level(tmp_path: Path) -> None:
    """A desk that never asked for it would wait for a second close (feature 1-21)."""
    with desk(tmp_path) as d:
        two_desks(d)
        proves(d, "paul@north.example", ORDER, subject="Leak")
        news = one(d.post(), "hans@")
        ticket = d.ticket()
        assert (ticket.level, ticket.partner_ref, dict(ticket.endcustomer)) == (1, "", {})
        d.write(HANS, "#close", answer=news)
        assert d.ticket().status is Status.closed
        assert templates(to_customers(d.post_later())) == [("closed", "paul@north.example")]


def test_a_partners_own_number_finds_the_ticket_for_him_alone(tmp_path: Path) -> None:
    """The partner's people write from his own ticket system, whose mails know no number but its own."""
    with desk(tmp_path, more=ON) as d:
        two_desks(d)
        proves(d, "Paul <paul@north.example>", ORDER, subject="Leak")
        d.post()
        for subject in ("Still leaking [AB-2026/17]", "AB-2026/17 still leaking"):
            i = proves(d, "vera@north.example", "It leaks more.", subject=subject)
            assert (d.fate(i), d.mail(i)["ticket_id"]) == ("appended", d.ticket().id), subject
        assert [m["X-Mailgate-Template"] for m in to(d.post(), HANS)] == ["appended", "appended"]
        i = proves(d, "mal@evil.example", "What is it about?", subject="Leak [AB-2026/17]")
        assert d.fate(i) == "opened" and len(d.posts()) == 3
        i = proves(d, "paul@north.example", "A new pump, please.", subject="Our offer of 2026")
        assert d.fate(i) == "opened"
