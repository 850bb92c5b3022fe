"""Lengths of time in commands, as people of four languages write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rules.actions import moments
from rules.actions.amounts import Effort, Span
from rules.actions.words import Misread, Words

WORDS = Words()


@pytest.mark.parametrize(
    ("text", "span", "rest"),
    [
        ("3d", timedelta(days=3), ""),
        ("2 tage", timedelta(days=2), ""),
        ("2 Tage weil er reist", timedelta(days=2), "weil er reist"),
        ("3 days", timedelta(days=3), ""),
        ("1 viikko", timedelta(weeks=1), ""),
        ("2 päivää", timedelta(days=2), ""),
        ("3 dny", timedelta(days=3), ""),
        ("1 týden", timedelta(weeks=1), ""),
        ("90min", timedelta(minutes=90), ""),
        ("for the customer", timedelta(), "for the customer"),
    ],
)
def test_a_span_has_its_unit_behind_a_blank_too(text: str, span: timedelta, rest: str) -> None:
    """`#warten 2 Tage` was held, with `#wait 3d tage` offered."""
    assert Span().read(text, WORDS) == (span, rest)


@pytest.mark.parametrize("text", ["2", "2 printers", "3 x"])
def test_a_number_of_something_else_is_no_span(text: str) -> None:
    """It would wait for two of whatever is meant."""
    with pytest.raises(Misread):
        Span().read(text, WORDS)


@pytest.mark.parametrize(
    ("text", "minutes", "rest"),
    [
        ("1h30 Lampe gesucht", 90, "Lampe gesucht"),
        ("2 Stunden vor Ort", 120, "vor Ort"),
        ("1,5 h", 90, ""),
        ("90 min", 90, ""),
        ("25 fixed it", 25, "fixed it"),
        ("2 hodiny", 120, ""),
    ],
)
def test_time_worked_counts_as_it_is_written(text: str, minutes: int, rest: str) -> None:
    """Two hours were booked as two minutes."""
    assert Effort().read(text, WORDS) == (minutes, rest)


@pytest.mark.parametrize(("text", "said"), [("2 days call him", "2 days"), ("3 dny zavolat", "3 dny"), ("2d call", "2d")])
def test_a_point_in_time_may_be_so_far_away(text: str, said: str) -> None:
    """`#remind 2 days …` had no time in it."""
    assert moments.find(text)[0] == said
