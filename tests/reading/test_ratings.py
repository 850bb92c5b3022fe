"""Notes from 1 to 5 in people's own words."""

from __future__ import annotations

import pytest

from rules.reading import ratings


@pytest.mark.parametrize(
    ("line", "given"),
    [
        ("5", ("5", "")),
        ("**5**", ("5", "")),
        ("5 - super!", ("5", "super!")),
        ("5!", ("5", "")),
        ("4, danke", ("4", "danke")),
        ("4 sehr gut", ("4", "sehr gut")),
        ("5 Kiitos avusta", ("5", "Kiitos avusta")),
        ("rate 2 still broken", ("2", "still broken")),
        ("Rate: 3", ("3", "")),
        ("4/5", ("4", "")),
        ("4 von 5", ("4", "")),
        ("5 Sterne", ("5", "")),
        ("3 hvězdičky", ("3", "")),
        ("⭐⭐⭐⭐", ("4", "")),
        ("⭐️ ⭐️", ("2", "")),
        ("9", ("9", "")),
        ("-1", ("-1", "")),
        ("4.5", ("4.5", "")),
        ("10/10", ("10/10", "")),
        ("6 stars", ("6", "")),
        ("fünf", ("5", "")),
        ("Five stars!", ("5", "")),
        ("neljä.", ("4", "")),
        ("Pět hvězdiček", ("5", "")),
        ("„5“", ("5", "")),
    ],
)
def test_a_note_is_read_with_what_is_said_beside_it(line: str, given: tuple[str, str]) -> None:
    """The mail says that a sentence may follow the number."""
    assert ratings.given(line, lambda word: word.lower() == "rate") == given


@pytest.mark.parametrize(
    "line",
    [
        "",
        "2 printers are still dead",
        "1. The lamp flickers",
        "1) The lamp flickers",
        "3 Drucker gehen nicht",
        "2, but it is still dark",
        "5 minutes later it broke again",
        "room 5",
        "10.11. passt mir",
        "2026-11-23",
        "+49 40 1234",
        "***",
        "thanks",
        "is 5 good?",
        "Zwei Drucker sind tot",
        "One more thing: it is dark",
        "viisi tulostinta on rikki",
    ],
)
def test_a_number_in_a_sentence_is_no_note(line: str) -> None:
    """A complaint that begins with a number would be counted and read by nobody."""
    assert ratings.given(line, lambda word: word.lower() == "rate") is None
