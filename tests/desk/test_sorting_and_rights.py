"""What a request is sorted by, who hears of it then, and who may work on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.facts.mail import Envelope
from rules.facts.terms import Priority, Status
from tests.desk.customers import enter_party, proves, templates
from tests.desk.office import desk, plain, to
from tests.desk.staff import ANNA, BEN, KIM, asked, kinds, login, one, request, to_customers

CARLA = "carla@staff.example"
HARDWARE = """
[[category]]
key = "hardware"
title = "Hardware"
group = "hw"
address = "hw@desk.example"
notify = ["stock@corp.example"]
[[category]]
key = "hardware/printer"
[[category]]
key = "books"
title = "Books"
group = "books"
address = "books@desk.example"
"""


def test_an_address_of_its_own_makes_a_kind_of_case(tmp_path: Path) -> None:
    """Who complains must not have to know how we sort complaints (1-01, 3-05, 4-02)."""
    more = '[[type]]\nkey = "complaint"\ntitle = "Complaint"\n[[type]]\nkey = "fault"\n[[rule]]\nname = "complaints"\nwhen = {to = "complaints@desk.example"}\nthen = ["type complaint"]\n'
    with desk(tmp_path, more=more) as d:
        d.write(KIM, to="complaints@desk.example")
        d.write(KIM, subject="[type:fault] The lamp")
        d.write(KIM, subject="A question")
        assert [d.ticket(f"T{n}").type for n in (1, 2, 3)] == ["complaint", "fault", ""]
        assert [t["ref"] for t in d.commands.ok("ticket", "list", "--type", "complaint")] == ["T1"]


def test_a_category_that_is_none_is_asked_about_with_those_that_resemble_it(tmp_path: Path) -> None:
    """The request would lie in a drawer that nobody opens (1-12, 3-06)."""
    with desk(tmp_path, more=HARDWARE) as d:
        mail = asked(d, "anna")
        i = d.write(ANNA, "#category hardware/printr", answer=mail)
        assert (d.fate(i), d.ticket().category) == ("held", "")
        question = one(d.post_later(), ANNA, "held")
        assert "#category hardware/printer" in plain(question)
        d.press(ANNA, question, "#category hardware/printer")
        assert d.ticket().category == "hardware/printer"


def test_a_new_request_is_told_to_exactly_those_of_its_category_each_of_whom_may_close(tmp_path: Path) -> None:
    """Three of the department get a mail each, nobody else does, and the first who has time does it (1-13, 1-29, 1-30)."""
    for closer in (ANNA, BEN, CARLA):
        folder = tmp_path / closer
        folder.mkdir()
        with desk(folder, more=HARDWARE) as d:
            for name in ("anna", "ben", "carla"):
                d.agent(name, "hw")
            d.agent("dan", "books")
            d.write("stranger@nowhere.example", subject="[cat:hardware] Help")
            mails = d.post()
            assert templates(mails) == [
                ("new-in-category", "stock@corp.example"),
                *(("new-in-group", address) for address in (ANNA, BEN, CARLA)),
                ("received", "stranger@nowhere.example"),
            ]
            assert d.ticket().group == "hw"
            d.write(closer, "#close", answer=one(mails, closer))
            assert d.ticket().status is Status.closed


def test_all_of_a_group_hear_of_feedback_and_of_every_step(tmp_path: Path) -> None:
    """Whoever of them goes on would not know what the others did (1-28)."""
    with desk(tmp_path, more=HARDWARE) as d:
        for name in ("anna", "ben", "carla"):
            d.agent(name, "hw")
        mails = request(d, to="hw@desk.example")
        proves(d, KIM, "It smokes, too.", answer=to(mails, KIM)[0])
        assert templates(d.post()) == [("appended", each) for each in (ANNA, BEN, CARLA)]
        d.write(ANNA, "#status assigned", answer=one(mails, ANNA))
        assert [m for m in templates(d.post_later()) if "staff" in m[1] and m[0] != "report"] == [("status", BEN), ("status", CARLA)]
        d.write(CARLA, "#take", answer=one(mails, CARLA))
        news = d.post_later()
        assert [m for m in templates(news) if "staff" in m[1] and m[0] != "report"] == [("status", ANNA), ("status", BEN)]
        assert "T1 is with Carla now" in plain(one(news, BEN))


def test_who_had_a_request_hears_that_it_is_somebody_elses_and_why(tmp_path: Path) -> None:
    """Two would go on working on it, each for himself (2-29)."""
    with desk(tmp_path) as d:
        for name in ("anna", "ben", "carla"):
            d.agent(name)
        mails = request(d)
        d.write(ANNA, "#take", answer=one(mails, ANNA))
        d.post_later()
        d.write(BEN, "#assign carla she knows the machine", answer=one(mails, BEN))
        news = d.post_later()
        assert [m for m in templates(news) if m[0] != "report"] == [("status", ANNA), ("assigned", CARLA)] or [
            m for m in templates(news) if m[0] != "report"
        ] == [("assigned", CARLA), ("status", ANNA)]
        told = plain(one(news, ANNA))
        assert "because you had this request before" in " ".join(told.split())
        assert "T1 is with Carla now" in told and "Ben gave it there" in told and "she knows the machine" in told
        assert "she knows the machine" in plain(one(news, CARLA))
        entry = d.commands.ok("ticket", "history", "T1")[-1]
        assert (entry["actor"], entry["action"]) == ("ben", "assign carla she knows the machine")
        assert entry["changed"]["assignee"] == ["anna", "carla"]


def test_an_agent_of_another_department_is_refused_until_the_category_is_his(tmp_path: Path) -> None:
    """Rights follow the category at once, both ways (1-14)."""
    with desk(tmp_path, more=HARDWARE) as d:
        d.agent("anna", "hw")
        d.agent("dan", "books")
        mail = one(request(d, to="hw@desk.example"), ANNA)
        i = d.write("dan@staff.example", "#close", subject="[T1]", envelope=login("dan"))
        assert (d.fate(i), d.ticket().status) == ("held", Status.new)
        said = " ".join(plain(one(d.post_later(), "dan@", "held")).split())
        assert "#close" in said and "This request belongs to another department." in said
        d.write(ANNA, "#category books", answer=mail)
        d.post_later()
        j = d.write(ANNA, "#prio high", answer=mail)
        assert (d.fate(j), d.ticket().priority) == ("held", Priority.normal)
        d.write("dan@staff.example", "#close", subject="[T1]", envelope=login("dan"))
        assert d.ticket().status is Status.closed


def test_with_the_option_off_the_group_of_the_category_may_close_though_nobody_holds_the_ticket(tmp_path: Path) -> None:
    """One mail, to the category's address alone; and yet its people can work on it (1-32, 1-33)."""
    with desk(tmp_path, more=HARDWARE + "[options]\nassign_category_group = false\n") as d:
        d.agent("anna", "hw")
        d.agent("dan", "books")
        mails = request(d, to="hw@desk.example")
        assert templates(mails) == [("new-in-category", "stock@corp.example"), ("received", KIM)]
        assert (d.ticket().group, d.ticket().assignee) == ("", "")
        assert d.fate(d.write("dan@staff.example", "#close", subject="[T1]", envelope=login("dan"))) == "held"
        assert d.fate(d.write(ANNA, "#close", subject="[T1]", envelope=login("anna"))) == "executed"
        assert d.ticket().status is Status.closed


def test_a_customers_line_about_priority_is_text_that_staff_reads(tmp_path: Path) -> None:
    """Everybody's request would be urgent; and what he meant would be lost (4-12)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        proves(d, KIM, "#prio high\n\nThe printer is on fire.")
        assert (d.ticket().priority, d.ticket().status) == (Priority.normal, Status.new)
        mails = d.post()
        assert "#prio high" in plain(one(mails, ANNA)) and kinds(to(mails, KIM)) == ["received"]


def test_mail_of_a_known_domain_is_its_organisations_and_counted_by_its_class(tmp_path: Path) -> None:
    """Figures by franchise would have to be made by hand (1-10, 3-09)."""
    with desk(tmp_path) as d:
        commands = d.commands
        commands.ok("party", "add", "north", "--domain", "north.example", "--class", "franchisee")
        commands.ok("party", "add", "own", "--domain", "own.example", "--class", "branch")
        for sender in ("a@north.example", "b@sub.north.example", "c@own.example", "d@else.example"):
            d.write(sender, subject=f"From {sender}")
        assert [d.ticket(f"T{n}").party for n in (1, 2, 3, 4)] == ["north", "north", "own", ""]
        said = commands.ok("--now", d.at.isoformat(), "report", "--by", "class")
        assert {row["value"]: row["count"] for row in said["rows"]} == {"franchisee": 2, "branch": 1, None: 1}


def test_figures_of_twenty_mails_are_exact(tmp_path: Path) -> None:
    """A report that is nearly right is believed by nobody (1-20)."""
    with desk(tmp_path, more=HARDWARE + '[limits]\ntickets_unknown = "off"\nacks_unknown = "off"\n') as d:
        enter_party(d, "acme", "acme.example")
        for n in range(20):
            domain = "acme.example" if n % 4 == 0 else "else.example"
            to_ = ("hw@desk.example", "books@desk.example", "support@desk.example")[n % 3]
            d.write(f"p{n}@{domain}", subject=f"Matter {n}", to=to_)
        commands = d.commands
        said = commands.ok("--now", d.at.isoformat(), "report", "--by", "category,party,channel")
        counted = {(row["by"], row["value"]): row["count"] for row in said["rows"]}
        assert counted == {
            ("category", "hardware"): 7,
            ("category", "books"): 7,
            ("category", None): 6,
            ("party", "acme"): 5,
            ("party", None): 15,
            ("channel", "mail"): 20,
        }
        assert said["total"]["count"] == 20


def test_each_of_the_three_ways_in_is_recorded(tmp_path: Path) -> None:
    """Nobody would know how many call because the form is broken (2-14)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM)
        form = "X-Mailgate-Channel: web\nX-Mailgate-Customer: Eva <eva@client.example>\nFrom: www-data@site.example\nTo: support@desk.example\nSubject: Form\n\nHello\n"
        d.take(form.encode(), Envelope(door="pipe", sender="www-data@site.example", recipients=("support@desk.example",)))
        commands = d.commands
        commands.ok("ticket", "new", "--phone", "+420 601 1", "--for", "jan@client.example", "--subject", "Call", "--as", "anna")
        d.write(ANNA, "#new for:jan@client.example channel:phone\n\nHe cannot log in.", subject="Login", envelope=login("anna"))
        assert {t["ref"]: t["channel"] for t in commands.ok("ticket", "list")} == {"T1": "mail", "T2": "web", "T3": "phone", "T4": "phone"}
        assert (d.ticket("T4").requester.address, kinds(to(to_customers(d.post_later(60)), "jan@"))) == (
            "jan@client.example",
            ["received"] * 2,
        )


@pytest.mark.parametrize("line", ["#new for: jan@client.example channel: phone", "#new for:jan@client.example channel:phone"])
def test_a_call_that_an_agent_notes_by_mail_is_the_callers_and_acknowledged_to_him(tmp_path: Path, line: str) -> None:
    """He would have no number to refer to (2-25)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(ANNA, f"{line}\n\nHis badge is broken.", subject="Badge", envelope=login("anna"))
        assert (d.ticket().requester.address, d.ticket().channel) == ("jan@client.example", "phone")
        mails = d.post_later(60)
        assert kinds(to(mails, "jan@")) == ["received"] and "[T1]" in str(one(mails, "jan@")["Subject"])
