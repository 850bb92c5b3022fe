"""How much the desk says by itself, how many requests one sender may open, and what a storm looks like to the admin."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desk.customers import account, enter_person, near, proves, templates
from tests.desk.office import desk, plain, to
from tests.desk.staff import ANNA, MAL, asked

KIM = "kim@client.example"


def test_a_known_correspondent_gets_five_answers_an_hour_and_twenty_a_day(tmp_path: Path) -> None:
    """[limits] acks_known."""
    with desk(tmp_path) as d:
        d.agent("anna")
        enter_person(d, KIM)
        got = []
        for hour in range(6):
            for n in range(7):
                d.write(KIM, subject=f"Matter {hour}/{n}")
            got.append(len(to(d.post(), KIM)))
            d.passes(minutes=61)
        assert got == [5, 5, 5, 5, 0, 0]
        d.passes(hours=24)
        d.write(KIM, subject="The next day")
        assert len(to(d.post(), KIM)) == 1
        assert len(d.tickets()) == 43, "what isn't acknowledged is a request all the same"


def test_an_unknown_correspondent_gets_one_answer_a_day(tmp_path: Path) -> None:
    """[limits] acks_unknown: nobody's mailbox is flooded in his name."""
    with desk(tmp_path) as d:
        d.agent("anna")
        for n in range(4):
            d.write("new@elsewhere.example", subject=f"Matter {n}")
        assert len(to(d.post(), "new@")) == 1
        d.passes(hours=25)
        d.write("new@elsewhere.example", subject="The next day")
        assert len(to(d.post(), "new@")) == 1


def test_a_domain_that_vouches_makes_a_sender_known(tmp_path: Path) -> None:
    """Level 1 counts as known, an SPF pass doesn't (see `test_requests`)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        for n in range(4):
            proves(d, KIM, subject=f"Matter {n}")
        assert len(to(d.post(), KIM)) == 4


def test_a_limit_may_be_off(tmp_path: Path) -> None:
    """The operator may know better."""
    with desk(tmp_path, more='[limits]\nacks_unknown = "off"') as d:
        d.agent("anna")
        for n in range(6):
            d.write("new@elsewhere.example", subject=f"Matter {n}")
        assert len(to(d.post(), "new@")) == 6


def test_a_storm_of_answers_ends_in_one_mail_to_the_admin(tmp_path: Path) -> None:
    """Threat 49: forged senders make us mail the world; after the limit there is silence, and one person knows."""
    with desk(tmp_path, more='[limits]\nacks_total = "5/h"') as d:
        d.agent("anna")
        for n in range(12):
            d.write(f"victim{n}@elsewhere.example", subject="Buy")
        mails = d.post()
        assert len([t for t, _ in templates(mails) if t == "received"]) == 5
        told = to(mails, "root@desk.example")
        assert len(told) == 1
        assert "acks_total" in plain(told[0])
        assert (told[0]["Auto-Submitted"], told[0]["X-Mailgate-Reply"]) == ("auto-generated", "note")
        d.passes(minutes=70)
        d.post()
        d.write("victim99@elsewhere.example", subject="Buy")
        assert templates(to(d.post(), "victim99@")) == [("received", "victim99@elsewhere.example")]
        for n in range(12):
            d.write(f"victim{100 + n}@elsewhere.example", subject="Buy")
        assert not to(d.post(), "root@desk.example"), "one mail a day for one storm"


def test_a_bomber_opens_ten_requests_and_the_rest_is_held_and_announced_once(tmp_path: Path) -> None:
    """Threat 62: other people's mail goes on, and nobody gets a mail for each held one."""
    with desk(tmp_path) as d:
        d.agent("anna")
        fates = [d.fate(d.write("mal@evil.example", f"Bomb {n}", subject=f"Bomb {n}")) for n in range(25)]
        assert (fates.count("opened"), fates.count("held")) == (10, 15)
        assert d.fate(d.write(KIM)) == "opened"
        d.post()
        d.passes(minutes=16)
        told = to(d.post(), "root@desk.example")
        assert len(told) == 1
        assert "14" in plain(told[0])
        assert "too many mails came from this address" in plain(told[0])
        assert account(d).adds_up


@pytest.mark.parametrize(
    ("policy", "fate", "mails"), [("accept", "opened", 2), ("approve", "held", 0), ("contract-only", "held", 0), ("refuse", "refused", 1)]
)
def test_what_becomes_of_people_nobody_knows_is_the_desks_choice(tmp_path: Path, policy: str, fate: str, mails: int) -> None:
    """[unknown] policy (feature 0-21)."""
    with desk(tmp_path, more=f'[unknown]\npolicy = "{policy}"') as d:
        d.agent("anna")
        enter_person(d, "pat@known.example")
        received = d.write(KIM)
        sent = d.post()
        assert (d.fate(received), len(sent)) == (fate, mails)
        if policy == "refuse":
            (no,) = sent
            assert (no["X-Mailgate-Template"], no["Auto-Submitted"], no["X-Mailgate-Ticket"]) == ("no-contract", "auto-replied", None)
            assert "Harbour Desk" in plain(no) and KIM in str(no["To"]) and d.tickets() == []
            assert d.fate(d.write(KIM, "Why not?", subject="Again")) == "refused" and d.post() == []  # one a day
            assert d.fate(d.write("robot@client.example", headers={"Auto-Submitted": "auto-generated"})) == "refused" and d.post() == []
        assert d.fate(d.write("pat@known.example")) == "opened"
        d.post()
        if fate == "held":
            d.passes(minutes=16)
            told = to(d.post(), "root@desk.example")
            assert len(told) == 1
            assert KIM in plain(told[0])
            again = d.write("lou@nowhere.example", subject="Re: AW: Your offer")
            d.passes(minutes=16)
            assert (d.fate(again), str(to(d.post(), "root@desk.example")[0]["Subject"])) == ("held", "Re: Your offer")


@pytest.mark.inside("the policy is changed in this process")
@pytest.mark.parametrize(
    "headers",
    [{"X-Spam-Flag": "YES"}, {"X-MS-Exchange-Organization-SCL": "6"}, {"dmarc": "fail"}],
)
def test_marked_spam_is_held_unanswered_and_announced_with_buttons(tmp_path: Path, headers: dict[str, str]) -> None:
    """No ticket, no answer, and yet somebody can let it through."""
    from tests.desk.customers import near, proven, tap

    with desk(tmp_path) as d:
        d.agent("root", address="root@desk-admin.example")
        d.office.policy = _with_admin(d, "root@desk-admin.example")
        told = proven(result="fail") if "dmarc" in headers else headers
        received = d.write(KIM, headers=told, envelope=near())
        assert (d.fate(received), d.tickets(), d.post()) == ("held", [], [])
        d.passes(minutes=16)
        (asked,) = d.post()
        assert templates([asked]) == [("held", "root@desk-admin.example")]
        assert "marked as spam" in plain(asked)
        d.passes(hours=2)
        assert not d.post()
        d.passes(hours=23)
        assert len(d.post()) == 1, "daily until somebody decides"
        tap(d, "root@desk-admin.example", asked, "Release")
        assert (d.fate(received), len(d.tickets())) == ("opened", 1)


def _with_admin(d, address: str):
    from dataclasses import replace

    policy = d.office.policy
    return replace(policy, desk=replace(policy.desk, admin=(address,)))


def test_a_watching_desk_reads_everything_and_writes_to_the_admin_alone(tmp_path: Path) -> None:
    """mode = "watch": a desk beside the old one must not be noticed."""
    with desk(tmp_path, desk='mode = "watch"') as d:
        d.agent("anna")
        d.agent("root", address="root@desk.example2")
        d.write(KIM)
        d.write(KIM, "#list", subject="x")
        held = d.write("mal@evil.example", headers={"X-Spam-Flag": "YES"})
        assert (len(d.tickets()), d.fate(held)) == (1, "held")
        d.passes(minutes=16)
        assert {a for _, a in templates(d.post())} <= {"root@desk.example"}


def test_unproven_mail_to_a_request_that_never_ends_is_held_and_announced_once(tmp_path: Path) -> None:
    """Whoever knows one Message-ID of ours, or a customer's address, would fill the mailbox of each agent."""
    with desk(tmp_path) as d:
        told = asked(d, "anna")
        for n in range(40):
            d.write(f"Mal <{MAL}>", f"And another thing, number {n}.", answer=told, by="parent references", envelope=near(MAL))
        mine = [m for m in to(d.post_later(), ANNA) if str(m["X-Mailgate-Template"]) == "appended"]
        assert 5 <= len(mine) <= 10
        d.passes(minutes=20)
        announced = [m for m in d.post() if str(m["X-Mailgate-Template"]) == "held"]
        assert len(announced) == 1
        # his own customer, whose domain vouches for him, is not to be hindered
        for n in range(15):
            proves(d, f"Kim <{KIM}>", f"Picture {n}.", subject="Re: Printer [T1]")
        assert len([p for p in d.posts() if p.text.startswith("Picture")]) == 15
