"""What is looked for among the words of a text is never missed there."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rules.actions.folding import fold
from rules.reading import absence, banners, disclaimers, marks
from rules.reading.wordlist import Hints, wordlist

TEXTS = st.text() | st.text(alphabet="aBcdeßüÉ_ -.\n漢9", max_size=60)
EVERY = {
    "absence": absence.HINTS,
    "banners": banners.HINTS,
    "disclaimers": disclaimers.HINTS,
    "above": marks.ABOVE,
    "verbs": marks.END_VERBS,
    "first": marks.MOBILE_FIRST,
    "within": marks.MOBILE_WITHIN,
}


@given(TEXTS)
@example("One, two_three: ÄRGER 4x4\u00a0İzmir")
def test_its_words_are_the_runs_of_letters_and_digits(text: str) -> None:
    listed = wordlist(text)
    assert listed.words == re.findall(r"[^\W_]+", text.lower())
    assert sum(listed.counts.values()) == sum(listed.folded.values()) == len(listed.words)
    assert set(listed.folded) == {fold(word) for word in listed.words}


@given(
    TEXTS, TEXTS, st.lists(st.text(alphabet="abcdeß", min_size=1, max_size=6), min_size=1, max_size=3), st.sampled_from(["", "s", "x y"])
)
def test_a_phrase_that_begins_a_word_is_not_missed(before: str, after: str, words: list[str], ending: str) -> None:
    """Its last word may go on in the text."""
    phrase = " ".join([*words, "enough"])
    assert Hints([phrase]).may_be_in(wordlist(f"{before}\n{phrase}{ending} {after}"))


@given(TEXTS, TEXTS)
def test_a_part_of_a_word_is_not_missed(before: str, after: str) -> None:
    assert Hints((), within=["bwesen"]).may_be_in(wordlist(f"{before}abwesenheit{after}"))


@pytest.mark.parametrize("hints", EVERY.values(), ids=EVERY)
def test_an_ordinary_mail_holds_none_of_them(hints: Hints) -> None:
    """Else they would save nothing."""
    assert not hints.may_be_in(
        wordlist("Hello,\n\nthe printer on the second floor is broken again. Could you have a look, please?\n\nKind regards\nKim")
    )


@pytest.mark.parametrize(
    ("hints", "text"),
    [
        ("absence", "I am OUT of the country"),
        ("banners", "[EXTERNAL] Hello"),
        ("banners", "_Externe Mail_"),
        ("disclaimers", "if you are not the intended recipients"),
        ("above", "##- please -##"),
        ("above", "Bitte antworten Sie über dieser Zeile"),
        ("verbs", "Kim napsal(a)"),
        ("first", "(Gesendet von unterwegs)"),
        ("first", "从我的手机发送"),
        ("within", "iPhone'umdan gönderildi"),
        ("within", "www.avg.com"),
    ],
)
def test_where_they_are_they_are_seen(hints: str, text: str) -> None:
    assert EVERY[hints].may_be_in(wordlist(text))


def test_what_is_too_short_to_be_known_by_is_refused() -> None:
    """The beginning of a word by two letters would be in every text, or in none."""
    with pytest.raises(ValueError, match="too short"):
        Hints(["ab"])
