"""Points in time in commands, as people of four languages write them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.actions import moments
from rules.actions.amounts import Until, When
from rules.actions.words import Misread, Words
from rules.facts.hours import Hours

WORDS = Words()
HELSINKI = "Europe/Helsinki"
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
"""A Monday, nine in the morning in Helsinki."""


def meant(text: str, *, ends: bool = False) -> tuple[str, str]:
    """When that is on the wall there, and what of the text is left."""
    said, rest = When(needed=False).read(text, WORDS)
    found = moments.resolve(said, NOW, HELSINKI, Hours(), ends=ends) if said else None
    return (f"{found.astimezone(ZoneInfo(HELSINKI)):%a %d.%m. %H:%M}" if found else ""), rest


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("friday at 10", "Fri 27.11. 10:00"),
        ("Friday, 27 November", "Fri 27.11. 08:00"),
        ("fri 27 Nov 10:30", "Fri 27.11. 10:30"),
        ("tomorrow 9 am", "Tue 24.11. 09:00"),
        ("today at 4 pm", "Mon 23.11. 16:00"),
        ("next friday", "Fri 04.12. 08:00"),
        ("next week", "Mon 30.11. 08:00"),
        ("monday morning", "Mon 30.11. 08:00"),
        ("December 1st", "Tue 01.12. 08:00"),
        ("24 Dec 2026", "Thu 24.12. 08:00"),
        ("1. 12. 2026", "Tue 01.12. 08:00"),
        ("8 am", "Tue 24.11. 08:00"),
        ("noon", "Mon 23.11. 12:00"),
        ("in 2 days", "Wed 25.11. 09:00"),
        ("a week", "Mon 30.11. 09:00"),
        ("1 month", "Wed 23.12. 09:00"),
        ("5 working days", "Mon 30.11. 09:00"),
        ("1h 30m", "Mon 23.11. 10:30"),
        ("bis Freitag 10 Uhr", "Fri 27.11. 10:00"),
        ("bis zum 1. Dezember", "Tue 01.12. 08:00"),
        ("morgen um 9 Uhr", "Tue 24.11. 09:00"),
        ("Fr., 27.11.", "Fri 27.11. 08:00"),
        ("do 10", "Thu 26.11. 10:00"),
        ("nächsten Freitag", "Fri 04.12. 08:00"),
        ("in einer Woche", "Mon 30.11. 09:00"),
        ("3 Werktage", "Thu 26.11. 09:00"),
        ("perjantaihin asti", "Fri 27.11. 08:00"),
        ("perjantaina klo 10", "Fri 27.11. 10:00"),
        ("1. joulukuuta", "Tue 01.12. 08:00"),
        ("viikon kuluttua", "Mon 30.11. 09:00"),
        ("2 viikon päästä", "Mon 07.12. 09:00"),
        ("ensi viikolla", "Mon 30.11. 08:00"),
        ("do pátku", "Fri 27.11. 08:00"),
        ("v pátek v 10", "Fri 27.11. 10:00"),
        ("zítra v 9 hodin", "Tue 24.11. 09:00"),
        ("za týden", "Mon 30.11. 09:00"),
        ("1. prosince", "Tue 01.12. 08:00"),
    ],
)
def test_a_time_is_what_a_reader_takes_it_for(text: str, instant: str) -> None:
    """`friday at 10` was eight o'clock with a text of `at 10`, the Czech `do pátku` a Thursday."""
    assert meant(text) == (instant, "")


@pytest.mark.parametrize(
    "text",
    [
        "12/01/2026",
        "to call the shop",
        "do Anna Bescheid sagen",
        "1.12",
        "thursday 27 November",
        "30 February",
        "3 printers",
        "in 3 places",
        "25:00",
    ],
)
def test_what_is_no_time_or_may_be_two_is_none(text: str) -> None:
    """It is asked about; `to` is a Thursday in Finnish, 27 November no Thursday, `1.12` a day without its dot or a minute past one."""
    assert meant(text)[0] == ""


@pytest.mark.parametrize(
    ("text", "instant", "rest"),
    [
        ("friday call the shop", "Fri 27.11. 08:00", "call the shop"),
        ("friday at the office", "Fri 27.11. 08:00", "at the office"),
        ("2d in 3 places", "Wed 25.11. 09:00", "in 3 places"),
        ("morgen: Lampe holen", "Tue 24.11. 08:00", "Lampe holen"),
        ('"friday" 10 lamps', "Fri 27.11. 08:00", "10 lamps"),
    ],
)
def test_a_time_ends_where_the_text_begins(text: str, instant: str, rest: str) -> None:
    """What stands behind it is the reminder's own."""
    assert meant(text) == (instant, rest)


def test_a_day_ends_with_its_service_where_something_has_to_be_done_by_then() -> None:
    """But the morning is the morning."""
    assert meant("friday", ends=True)[0] == "Fri 27.11. 17:00"
    assert meant("friday morning", ends=True)[0] == "Fri 27.11. 08:00"


@given(st.lists(st.sampled_from("friday next at 9 10:30 am 1. 12. dec 2026 in 2 days 1h 30m do v zítra uhr , the 27".split()), max_size=6))
def test_what_was_found_reads_as_the_same_again(words: list[str]) -> None:
    """A line keeps the words, and is read again when it takes effect."""
    said, rest = moments.find(" ".join(words))
    if said:
        assert moments.find(said) == (said, "")
        assert moments.resolve(said, NOW, HELSINKI, Hours(), ends=False) == moments.resolve(
            " ".join(words[: len(words) - len(rest.split())]), NOW, HELSINKI, Hours(), ends=False
        )


@pytest.mark.parametrize(
    ("text", "until", "why"),
    [
        ("3d", "3d", ""),
        ("until friday 10:00", "friday 10:00", ""),
        ("fri the drum comes", "fri", "the drum comes"),
        ("for the customer", "", "for the customer"),
        ("until yesterday", "until yesterday", ""),
        ("yesterday it broke", "", "yesterday it broke"),
        ("0m 3 drums come", "", "3 drums come"),
    ],
)
def test_waiting_ends_after_a_while_or_at_a_time(text: str, until: str, why: str) -> None:
    """`#wait till friday` waited for ever, and kept the day as its reason."""
    assert Until().read(text, WORDS) == (until, why)


def test_a_wait_for_a_number_of_something_is_asked_about() -> None:
    """`#wait 3 printers`."""
    with pytest.raises(Misread):
        Until().read("3 printers", WORDS)
