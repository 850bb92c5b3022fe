"""Knowing again what we sent: by runs of three words, whatever a client did to lines and spaces."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache

from rules.reading import unseen
from rules.reading.pieces import pieces
from rules.reading.wordlist import WordList

SHARE = 0.6
"""Part of a line's word runs that must be ours for the line to be ours."""
_RUN = 3
_WORDS = re.compile(r"\w+")
_KNOWN_RUN = bytes([True] * _RUN)


class Ours:
    """The texts we sent, as sets of three-word runs and words."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._known = [_runs_and_words(text) for text in texts]
        self._lines: dict[str, list[str]] = {}

    @cached_property
    def _runs(self) -> frozenset[tuple[str, ...]]:
        return frozenset[tuple[str, ...]]().union(*(runs for runs, _ in self._known))

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset[str]().union(*(words for _, words in self._known))

    def _of(self, line: str) -> list[str]:
        words = self._lines.get(line)
        if words is None:
            words = self._lines[line] = _words(line)
        return words

    def occurs(self, listed: WordList) -> bool:
        """Whether anything of ours may be in a text at all, from which what is invisible was taken.

        Words across its line ends count, so that False is certain.
        """
        words = pieces(listed.lowered, _WORDS) if "_" in listed.lowered else listed.words
        if _KNOWN_RUN not in bytes(map(self._words.__contains__, words)):
            return False  # most texts have no three words of ours in a row, and runs cost more to make than to rule out
        runs = set(zip(words, words[1:], words[2:], strict=False))
        return not all(runs.isdisjoint(known) for known, _ in self._known)

    def wrote(self, line: str) -> bool:
        """Whether most of the word runs of a line are ours."""
        words = self._of(line)
        runs = list(zip(words, words[1:], words[2:], strict=False))
        return bool(runs) and sum(run in self._runs for run in runs) >= SHARE * len(runs)

    def knows(self, line: str) -> bool:
        """Whether all words of a line occur somewhere in ours."""
        return all(word in self._words for word in self._of(line))

    def is_long(self, line: str) -> bool:
        """Whether a line is long enough that writing it by chance is out of the question."""
        return len(self._of(line)) >= _RUN + 4


@lru_cache(maxsize=64)
def _runs_and_words(text: str) -> tuple[frozenset[tuple[str, ...]], frozenset[str]]:
    """What we sent to somebody who writes often is asked for again with each of his mails."""
    words = _words(text)
    return frozenset(zip(words, words[1:], words[2:], strict=False)), frozenset(words)


def _words(text: str) -> list[str]:
    return pieces(unseen.without(text).lower(), _WORDS)
