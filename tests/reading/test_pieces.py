"""Words of a text: the quick way finds what the pattern finds, in every alphabet."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from rules.reading.pieces import pieces

WORDS = (re.compile(r"\w+"), re.compile(r"[^\W\d_]+"))
SHORT = re.compile(r"[^\W_]{1,4}")
TEXTS = st.text() | st.text(alphabet="abZé²ß_-9 \t\n\u00a0’„漢\u0301\ud800\u2028'.", max_size=40)


@given(TEXTS)
@example("it’s 3.12_a-b Grüße, „Täst“\u00a0x\u2028y")
@example("a\x00b\x1cc\ud800d")
def test_all_that_the_pattern_finds(text: str) -> None:
    for word in WORDS:
        assert pieces(text, word) == word.findall(text)


@given(TEXTS)
@example("abcdefghij ääääääää abc")
def test_a_long_run_is_cut_as_the_pattern_cuts_it(text: str) -> None:
    assert pieces(text, SHORT, 4) == SHORT.findall(text)
