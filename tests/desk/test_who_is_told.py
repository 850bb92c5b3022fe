"""Who is told of what: one cause, one person, one mail."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.desk.customers import enter_party, enter_person, everything, tap, templates
from tests.desk.office import Desk, desk, plain, to

KIM, LEE = "kim@client.example", "lee@client.example"


def opened(d: Desk) -> dict[str, object]:
    """A request of Kim's with Lee in copy; the first mail to each, by name."""
    d.agent("anna")
    d.agent("ben")
    d.write(KIM, headers={"Cc": LEE})
    return {m["To"].addresses[0].username: m for m in d.post()}


@pytest.mark.parametrize(
    ("written", "text", "status"),
    [
        ("#take", "taken", "working"),
        ("#status working", "taken", "working"),
        ("#wait", "status", "waiting"),
        ("#close", "closed", "closed"),
        ("We come at nine.", "message", "working"),
        ("We come at nine.\n\n#wait 3d", "message", "waiting"),
        ("It is repaired.\n\n#close", "closed", "closed"),
        ("#assign ben", "", "assigned"),
        ("#note She called twice.", "", "read"),
        ("#prio high", "", "new"),
        ("#close quiet", "", "closed"),
    ],
)
def test_customers_get_one_mail_of_what_an_agent_did(tmp_path: Path, written: str, text: str, status: str) -> None:
    """Four mails for one answer make people mute the desk; none makes them telephone."""
    with desk(tmp_path) as d:
        first = opened(d)
        d.write("anna@staff.example", written, answer=first["anna"])  # type: ignore[arg-type]
        mails = d.post_later()
        assert d.ticket().status == status
        assert [(t, a) for t, a in templates(mails) if "client" in a] == ([(text, KIM), (text, LEE)] if text else [])
        if "\n" in written:
            assert written.partition("\n")[0] in plain(to(mails, KIM)[0])
        assert not [t for t, a in templates(mails) if a == "anna@staff.example" and t != "report"], "the actor knows what he did"


def test_an_agents_answer_takes_the_ticket(tmp_path: Path) -> None:
    """Taking is what the first answer means; its time is stamped once (feature 0-14)."""
    with desk(tmp_path) as d:
        first = opened(d)
        d.passes(minutes=67)
        at = d.at
        d.write("anna@staff.example", "We come.", answer=first["anna"])  # type: ignore[arg-type]
        d.passes(hours=1)
        d.write("ben@staff.example", "Me too.", answer=first["ben"])  # type: ignore[arg-type]
        ticket = d.ticket()
        assert (ticket.assignee, ticket.taken_at, ticket.answered_at, ticket.status) == ("anna", at, at, "working")


def test_the_new_assignee_is_told_and_the_customer_is_not(tmp_path: Path) -> None:
    """Who does the work must know it; the customer need not."""
    with desk(tmp_path) as d:
        first = opened(d)
        d.write("anna@staff.example", "#assign ben knows this model", answer=first["anna"])  # type: ignore[arg-type]
        mails = d.post_later()
        assert [(t, a) for t, a in templates(mails) if t != "report"] == [("assigned", "ben@staff.example")]
        assert mails[-1]["X-Mailgate-Status"] == "assigned"


@pytest.mark.parametrize(
    ("line", "who", "said"),
    [
        ("#assign ben she knows this model", "ben", ["she knows this model"]),
        ("#assign ben\n#note She called twice.", "ben", ["She called twice."]),
        ("#assign @hw please look at the fan", "carl", ["please look at the fan"]),
        ("#assign ben", "ben", []),
    ],
)
def test_who_gets_a_ticket_reads_the_customers_words_and_what_his_colleague_says_of_it(
    tmp_path: Path, line: str, who: str, said: list[str]
) -> None:
    """Work that comes without its words is a number to look up (feature 2-29)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.agent("ben")
        d.write(KIM, "It hums at night.", subject="Fan")
        first = {m["To"].addresses[0].username: m for m in d.post()}
        d.agent("carl", "hw")
        d.write("anna@staff.example", line, answer=first["anna"])
        (mail,) = to(d.post_later(), f"{who}@staff.example")
        shown = plain(mail)
        assert re.search(r"kim@client\.example>? wrote on ", shown)
        assert "> It hums at night." in shown
        assert [words for words in said if f"> {words}" in shown] == said


def test_the_owner_is_told_of_a_status_that_a_colleague_set(tmp_path: Path) -> None:
    """It is his request (000: always the owner)."""
    with desk(tmp_path, more="[notify]\nstatus = false") as d:
        first = opened(d)
        d.write("ben@staff.example", "#take", answer=first["ben"])  # type: ignore[arg-type]
        d.post_later()
        d.write("anna@staff.example", "#wait", answer=first["anna"])  # type: ignore[arg-type]
        assert [(t, a) for t, a in templates(d.post_later()) if t != "report"] == [("status", "ben@staff.example")]


def test_everyone_is_told_once_though_in_two_groups(tmp_path: Path) -> None:
    """Two mails about one request in one mailbox (feature 2-17)."""
    config = """
[[category]]
key = "hardware"
group = "hw"
notify = ["@sales", "anna", "anna@staff.example", "boss@corp.example"]
address = "hw@desk.example"
[notify]
new_to = ["@hw", "boss@corp.example"]
"""
    with desk(tmp_path, more=config) as d:
        d.agent("anna", "hw", "sales")
        d.agent("ben", "sales")
        d.agent("cleo", "hw")
        d.agent("dan")
        enter_person(d, KIM)
        d.write(KIM, to="hw@desk.example")
        mails = d.post()
        assert templates(mails) == [
            ("new-in-category", "ben@staff.example"),
            ("new-in-category", "boss@corp.example"),
            ("new-in-group", "anna@staff.example"),
            ("new-in-group", "cleo@staff.example"),
            ("received", KIM),
        ]
        boss = to(mails, "boss@")[0]
        assert "The printer is on fire." in plain(boss)
        assert not [h for h in ("X-Mailgate-Reply", "X-Mailgate-Light") if boss[h]]


def test_the_group_hears_of_replies_until_somebody_has_the_ticket(tmp_path: Path) -> None:
    """Feature 1-28: all members while the group is the handler, then the one who took it."""
    config = '[[category]]\nkey = "hardware"\ngroup = "hw"\naddress = "hw@desk.example"'
    with desk(tmp_path, more=config) as d:
        for name in ("anna", "ben"):
            d.agent(name, "hw")
        d.agent("cleo")
        d.write(KIM, to="hw@desk.example")
        first = d.post()
        d.write(KIM, "More.", answer=to(first, KIM)[0])
        assert templates(d.post()) == [("appended", "anna@staff.example"), ("appended", "ben@staff.example")]
        d.write("ben@staff.example", "#take", answer=to(first, "ben@")[0])
        d.post_later()
        d.write(KIM, "Even more.", answer=to(first, KIM)[0])
        assert templates(d.post()) == [("appended", "ben@staff.example")]


def test_a_quiet_party_gets_answers_and_nothing_else(tmp_path: Path) -> None:
    """Feature 3-10: they asked not to be written to by a machine."""
    with desk(tmp_path) as d:
        d.agent("anna")
        enter_party(d, "acme", "client.example", quiet=True)
        d.write(KIM)
        first = d.post()
        assert templates(first) == [("new-in-group", "anna@staff.example")]
        d.write("anna@staff.example", "#take", answer=first[0])
        d.write("anna@staff.example", "Done.", answer=first[0])
        d.write("anna@staff.example", "#close", answer=first[0])
        assert [(t, a) for t, a in templates(d.post_later()) if "client" in a] == [("message", KIM)]


def test_who_mutes_a_request_gets_answers_and_its_end(tmp_path: Path) -> None:
    """One tap against status mails, and no answer is missed."""
    with desk(tmp_path) as d:
        first = opened(d)
        tap(d, KIM, first["kim"], "Fewer mails")  # type: ignore[arg-type]
        d.post()
        for text in ("#take", "#wait", "Which one?", "#close"):
            d.write("anna@staff.example", text, answer=first["anna"])  # type: ignore[arg-type]
            d.post_later()
        d.at = d.at.replace(year=2027)
        told = [(t, a) for t, a in templates(_all(d)) if "client" in a]
        assert [t for t, a in told if a == KIM] == ["closed", "message", "received"]
        assert [t for t, a in told if a == LEE] == ["closed", "message", "status", "taken"]


def test_an_internal_request_is_no_customers_business(tmp_path: Path) -> None:
    """Feature 4-10: customers hear nothing and can ask for nothing."""
    with desk(tmp_path) as d:
        first = opened(d)
        d.write("anna@staff.example", "#internal\n#wait", answer=first["anna"])  # type: ignore[arg-type]
        for asked in ("#status", "#history", "#list"):
            d.write(KIM, asked, answer=first["kim"])  # type: ignore[arg-type]
        d.write("anna@staff.example", "#close", answer=first["anna"])  # type: ignore[arg-type]
        mails = [m for m in d.post_later() if "client" in str(m["To"])]
        assert not [m for m in mails if "T1" in everything(m)]


@pytest.mark.parametrize(("more", "texts"), [("", ["closed"]), ("[notify]\nclosing = false", []), ("[notify]\nclosed = false", [])])
def test_the_desk_may_keep_silent_about_closing(tmp_path: Path, more: str, texts: list[str]) -> None:
    """Features 3-17 and 3-23."""
    with desk(tmp_path, more=more) as d:
        first = opened(d)
        d.write("anna@staff.example", "#close", answer=first["anna"])  # type: ignore[arg-type]
        assert [t for t, a in templates(d.post_later()) if a == KIM] == texts


def test_an_event_may_go_to_others_than_usual(tmp_path: Path) -> None:
    """[notify] taken = ["requester", "boss@…"]: watchers hear nothing, the boss does; the owner is told all the same."""
    more = '[notify]\ntaken = ["requester", "boss@corp.example"]\nappended = ["@sales"]'
    with desk(tmp_path, more=more) as d:
        d.agent("dan", "sales")
        first = opened(d)
        d.write("anna@staff.example", "#take", answer=first["anna"])  # type: ignore[arg-type]
        assert [(t, a) for t, a in templates(d.post_later()) if t != "report"] == [("taken", "boss@corp.example"), ("taken", KIM)]
        d.write(KIM, "More.", answer=first["kim"])  # type: ignore[arg-type]
        assert templates(d.post()) == [("appended", "anna@staff.example"), ("appended", "dan@staff.example")]


def test_a_whole_life_reaches_the_customer_at_least_three_times(tmp_path: Path) -> None:
    """Feature 2-19: at receipt, on the way, at the end, in one thread."""
    with desk(tmp_path) as d:
        first = opened(d)
        d.write("anna@staff.example", "#take", answer=first["anna"])  # type: ignore[arg-type]
        d.write("anna@staff.example", "All well now.\n\n#close", answer=first["anna"])  # type: ignore[arg-type]
        d.post_later()
        mails = to(_all(d), KIM)
        assert [str(m["X-Mailgate-Template"]) for m in mails] == ["received", "taken", "closed"]
        assert [str(m["X-Mailgate-Colour"]) for m in mails] == ["blue", "teal", "green"]
        assert str(mails[0]["Message-ID"]) in str(mails[2]["References"])


def test_a_customer_who_closes_is_not_told_of_it_at_his_other_address(tmp_path: Path) -> None:
    """The actor isn't told of his own act, from whichever address he acts."""
    with desk(tmp_path) as d:
        d.agent("anna")
        enter_person(d, KIM, "kim@home.example")
        d.write(KIM)
        ack = to(d.post(), KIM)[0]
        d.write("kim@home.example", "#close", answer=ack)
        assert d.ticket().status == "closed"
        assert [str(m["To"]) for m in d.post()] == ["Anna <anna@staff.example>"]


def _all(d: Desk) -> list:
    """Every mail that left so far."""
    d._seen.clear()
    return d.post()
