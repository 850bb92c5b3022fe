"""Staff's out-of-office notes: never a customer's business, and an offer to whoever wrote them."""

from __future__ import annotations

from pathlib import Path

import pytest

from store import engine, people
from tests.desk.customers import proves, tap
from tests.desk.office import Desk, buttons, desk, plain, to
from tests.desk.staff import ANNA, BEN, KIM, asked, login, one, to_customers

AWAY = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}


def until(d: Desk) -> str:
    """Until when Anna is away."""
    with engine.reading(d.office.store) as tx:
        return people.directory(tx).agents["anna"].away_until


@pytest.mark.parametrize(
    ("text", "label", "day"),
    [
        ("I am out of the office until 4 December 2026. Ask Ben.", "Friday", "2026-12-04"),
        ("Ich bin bis einschließlich 04.12.2026 nicht im Büro.", "Friday", "2026-12-04"),
        ("Olen lomalla 30.11. saakka.", "Monday", "2026-11-30"),
        ("Back on 2026-12-07.", "Monday", "2026-12-07"),
    ],
)
def test_an_absent_agent_is_offered_to_say_so_to_the_desk(tmp_path: Path, text: str, label: str, day: str) -> None:
    """The desk would go on handing him what nobody looks at (contract, rule 10 of agents' mail)."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        d.write(ANNA, text, answer=mail, headers=AWAY, subject="Out of office: Printer")
        mails = d.post_later()
        assert to_customers(mails) == []
        offer = one(mails, ANNA)
        assert offer["Auto-Submitted"] == "auto-generated" and "OOF" in str(offer["X-Auto-Response-Suppress"])
        assert any(label in each for each in buttons(offer)), buttons(offer)
        tap(d, ANNA, offer, next(each for each in buttons(offer) if label in each))
        assert until(d).startswith(day)


def test_the_offer_comes_once_and_names_next_week_where_the_note_says_no_day(tmp_path: Path) -> None:
    """His mailbox answers each mail of ours, and we answer each of its answers."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "ben")
        for _ in range(3):
            d.write(ANNA, "I am away.", answer=mail, headers=AWAY)
        offers = to(d.post_later(), ANNA)
        assert len(offers) == 1 and len([each for each in buttons(offers[0]) if "away" in each.lower()]) >= 2
        d.write(ANNA, "I am away.", answer=offers[0], headers=AWAY)
        assert d.post_later() == []
        tap(d, ANNA, offers[0], next(iter(buttons(offers[0]))))
        assert until(d)
        d.post_later()
        d.passes(days=1)
        d.write(ANNA, "I am away.", answer=mail, headers=AWAY)
        assert to(d.post_later(), ANNA) == []  # he has said so


def test_a_note_that_proves_nothing_offers_nothing(tmp_path: Path) -> None:
    """Anybody could send an agent on holiday by calling himself so."""
    with desk(tmp_path) as d:
        asked(d, "anna", "ben")
        d.write(ANNA, "I am away until 4 December 2026.", subject="Out of office", headers=AWAY)
        assert d.post_later() == []
        d.write(KIM, "I am away until 4 December 2026.", subject="Out of office", headers=AWAY)
        assert d.post_later() == []


assert plain


def test_whoever_stands_in_may_do_what_he_is_asked_for(tmp_path: Path) -> None:
    """The only one who is told of a request would be refused to touch it."""
    more = '[[category]]\nkey = "hw"\ntitle = "Hardware"\naddress = "hw@desk.example"\ngroup = "hw"\n'
    with desk(tmp_path, more=more) as d:
        d.agent("anna", "hw")
        d.agent("ben", "sw")
        d.write(ANNA, "#away 2026-12-24 to:ben", subject="gone", envelope=login("anna"))
        d.post()
        proves(d, f"Kim <{KIM}>", to="hw@desk.example")
        mail = one(d.post(), BEN, "new-in-group")
        i = d.write(BEN, "It comes today.\n\n#prio high", answer=mail)
        assert d.fate(i) == "appended" and d.ticket().assignee == "ben"
        d.write(ANNA, "#away off", subject="back", envelope=login("anna"))
        proves(d, f"Kim <{KIM}>", "Another.", to="hw@desk.example", subject="Another")
        i = d.write(BEN, "#prio high", subject="[T2]", envelope=login("ben"))
        assert d.fate(i) == "held", "his own department is another"
