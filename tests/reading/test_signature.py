"""An unmarked signature is known by its coming back; everything else that comes back is somebody's answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.facts.people import Agent
from rules.reading.quoting import Written
from rules.reading.signature import without_repeated

ANNA = Agent(name="anna", addresses=("anna@staff.example",), full_name="Anna Aalto")
BLOCK = "Best regards,\n\nAnna Aalto\nIT Support\nHarbour Oy | Satamakatu 1\nTel. +358 40 123 4567\nanna@staff.example"
KEPT = "Best regards,\n\nAnna Aalto"


def wrote(text: str, quoted: str = "") -> Written:
    return Written(text=text, quoted=quoted)


def cut(text: str, *earlier: str) -> Written:
    return without_repeated(wrote(text, "> Hello?"), [wrote(each) for each in earlier], ANNA)


FIRST, SECOND, THIRD = f"It is mended.\n\n{BLOCK}", f"Please try again.\n\n{BLOCK}", f"Which floor is it on?\n\n{BLOCK}"


def test_what_stood_below_two_earlier_mails_is_cut_below_the_name() -> None:
    """Whoever is answered may know by whom; the direct telephone number is not for him."""
    found = cut(THIRD, FIRST, SECOND)
    assert found.text == f"Which floor is it on?\n\n{KEPT}"
    assert found.quoted == "IT Support\nHarbour Oy | Satamakatu 1\nTel. +358 40 123 4567\nanna@staff.example\n\n> Hello?"


def test_it_is_known_from_mails_in_which_it_was_cut_and_without_its_address() -> None:
    """What was cut stands before the quote; the author's address was taken out of what was sent."""
    stored = FIRST.replace("\nanna@staff.example", "")
    was_cut = cut(THIRD, FIRST, SECOND)
    assert without_repeated(wrote(SECOND), [was_cut, wrote(stored)], ANNA).text == f"Please try again.\n\n{KEPT}"


@pytest.mark.parametrize("earlier", [(), (FIRST,), (FIRST, FIRST.replace("4567", "9999"))], ids=["none", "one", "another number"])
def test_what_did_not_come_twice_before_stays(earlier: tuple[str, ...]) -> None:
    """A customer may be given a telephone number."""
    assert cut(THIRD, *earlier).text == THIRD


@pytest.mark.parametrize(
    "text",
    [
        "Hello {0},\n\nplease switch it off and on again.\nThen write to us what you see.",
        "{0}\n\nWhich floor is it on?\nWhich printer?",
        "{0}, the address is\n\nHarbour Oy\nSatamakatu 1",
        "{0}",
        "Best regards,\nAnna Aalto",
        "Harbour Oy\nSatamakatu 1\n00100 Helsinki",
        "#take\n\n{0}\n\n#close\n#prio high",
    ],
)
def test_answers_that_come_again_stay(text: str) -> None:
    """Somebody who writes the same to everybody means it each time."""
    mine = text.format("Kim")
    assert cut(mine, *(text.format(name) for name in ("Olga", "Timo", "Väinö"))).text == mine


def test_a_block_without_closing_formula_begins_with_its_author_s_name() -> None:
    """Telephones of firms add such a block; any other may be what was asked for."""
    block = "Anna Aalto\nIT Support\n+358 40 123 4567"
    assert cut(f"Done.\n\n{block}", f"Yes.\n\n{block}", f"No, not yet.\n\n{block}").text == "Done.\n\nAnna Aalto"


ROWS = st.lists(
    st.sampled_from(["", "Best regards,", "Anna", "IT", "+358 40", "Please wait for us.", "#close", "> cited", "Mit Grüßen"]), max_size=9
)


@given(ROWS, st.lists(ROWS, max_size=4))
def test_nothing_is_lost_and_something_stays(rows: list[str], earlier: list[list[str]]) -> None:
    """Each row is in one of the two parts, in its order, and no mail becomes empty."""
    text = "\n".join(rows).strip("\n")
    found = without_repeated(wrote(text), [wrote("\n".join(each)) for each in earlier], ANNA)
    parts = [row for part in (found.text, found.quoted) for row in part.split("\n") if row]
    assert parts == [row for row in text.split("\n") if row]
    assert bool(found.text) == bool(text)
