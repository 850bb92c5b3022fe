"""Subjects must find their ticket and keep one base, whatever clients and gateways put in front."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.reading import subject


@pytest.mark.parametrize(
    "written",
    [
        "Printer jams",
        "Re: Printer jams",
        "RE: AW: Antw: SV: VS: Odp: Printer jams",
        "Fwd: FW: WG: VL: TR: RV: Enc: Printer jams",
        "Re[2]: Re(3): Re^4: Printer jams",
        "[EXTERNAL] Re: Printer jams",
        "Re: [Extern] AW: Printer jams",
        "*EXTERN* Printer jams".replace("*", "**"),
        "EXTERNAL: Printer jams",
        "Re : Printer jams",
        "回复：Printer jams",
        "Отв: Printer jams",
        "Ynt: Printer jams",
        "Printer jams (fwd)",
        "[Fwd: Printer jams]",
        "[SPAM] Printer   jams ",
    ],
)
def test_marks_of_all_clients_are_peeled_off(written: str) -> None:
    """Else every answer would open a new topic in the customer's mail program."""
    assert subject.read(written).base == "Printer jams"


@pytest.mark.parametrize(
    "written", ["Refund: 12 EUR", "I need help: now", "Reply needed", "Error: disk full", "Aware: x", "T42 is broken", ""]
)
def test_words_that_only_look_like_marks_stay(written: str) -> None:
    """A topic of the customer's own must not lose its first word."""
    assert subject.read(written).base == written


def test_references_are_found_wherever_they_stand() -> None:
    """The bracketed tag is one of the four ways back to a ticket."""
    found = subject.read("[T42] Re: AW: Printer [#7] jams [T42] [two words]")
    assert found.refs == ("T42", "#7")
    assert found.is_reply
    assert found.base == "Printer [#7] jams [T42] [two words] [T42]"
    assert subject.without(found.base, ("T42",)) == "Printer [#7] jams [two words]"


def test_tags_of_new_mail_are_read_and_cut() -> None:
    """`[cat:…]` steers a new ticket and has no place in its topic."""
    found = subject.read("Paper jam [cat:hardware/printer] [prio: high] [internal]")
    assert found.tags == (("cat", "hardware/printer"), ("prio", "high"), ("internal", ""))
    assert subject.without(found.base) == "Paper jam"


def test_reply_and_forward_are_told_apart() -> None:
    """A forward by an agent opens a ticket for someone else; a reply does not."""
    assert subject.read("WG: AW: x").is_forward
    assert subject.read("WG: AW: x").is_reply
    assert not subject.read("AW: x").is_forward
    assert not subject.read("x").is_reply


@given(st.text(max_size=300))
def test_any_subject_can_be_read(written: str) -> None:
    """Subjects come from strangers."""
    found = subject.read(written)
    assert subject.read(found.base) is not None
    assert "\n" not in found.base


def test_a_subject_of_endless_marks_is_read_quickly() -> None:
    """Nobody may slow the desk with one header line."""
    assert subject.read("Re: " * 10_000 + "x") is not None
    assert subject.read("[re: " * 10_000) is not None
