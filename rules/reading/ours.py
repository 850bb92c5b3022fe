"""Knowing again what we sent: by runs of three words, whatever a client did to lines and spaces."""

from __future__ import annotations

import re
from collections.abc import Sequence

SHARE = 0.6
"""Part of a line's word runs that must be ours for the line to be ours."""
_RUN = 3
_WORDS = re.compile(r"\w+")
_INVISIBLE = re.compile("[\u00ad\u034f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


class Ours:
    """The texts we sent, as sets of three-word runs and words."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._runs: set[tuple[str, ...]] = set()
        self._words: set[str] = set()
        for text in texts:
            words = _words(text)
            self._words.update(words)
            self._runs.update(zip(words, words[1:], words[2:], strict=False))

    def wrote(self, line: str) -> bool:
        """Whether most of the word runs of a line are ours."""
        words = _words(line)
        runs = list(zip(words, words[1:], words[2:], strict=False))
        return bool(runs) and sum(run in self._runs for run in runs) >= SHARE * len(runs)

    def knows(self, line: str) -> bool:
        """Whether all words of a line occur somewhere in ours."""
        return all(word in self._words for word in _words(line))

    def is_long(self, line: str) -> bool:
        """Whether a line is long enough that writing it by chance is out of the question."""
        return len(_words(line)) >= _RUN + 4


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(_INVISIBLE.sub("", text))]
