"""The words of a text, cut once for everybody who asks about the same text.

Most of what is looked for in a mail begins with one of a few words, and most mails hold none of them. Whether one is there is a look into
`heads`; searching a text for each of them took a twentieth of the time that a mail takes. Next: `pieces`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import filterfalse
from operator import itemgetter

from rules.actions.folding import fold_word
from rules.reading.pieces import cut, pieces

HEAD = 4
"""Letters by which the beginning of a word is known."""
WORD = re.compile(r"[^\W_]+")
_head = itemgetter(slice(HEAD))
_SHORT_CHARACTERS, _KEPT_CHARACTERS = 8_192, 65_536


class WordList:
    """A text in lower case with its words: runs of letters and digits."""

    __slots__ = ("_counts", "_folded", "distinct", "heads", "lowered", "signs", "words")

    def __init__(self, text: str) -> None:
        self.lowered = text.lower()
        self.words, foreign = cut(self.lowered, WORD)
        """In their order."""
        self.signs = frozenset(foreign)
        """The characters beyond ASCII."""
        self.distinct = dict.fromkeys(self.words)
        """Each once, in the order in which they come first."""
        self.heads = frozenset(map(_head, self.distinct))
        """The first letters of each; a shorter word as a whole."""
        self._counts: dict[str, int] | None = None
        self._folded: dict[str, int] | None = None

    @property
    def counts(self) -> dict[str, int]:
        """How often each word occurs."""
        if self._counts is None:
            self._counts = Counter(self.words)
        return self._counts

    @property
    def folded(self) -> dict[str, int]:
        """How often each word occurs without case and accents."""
        if self.lowered.isascii():
            return self.counts
        if self._folded is None:
            often = dict(self.counts)
            for word in filterfalse(str.isascii, self.distinct):
                n = often.pop(word)
                folded = fold_word(word)
                often[folded] = often.get(folded, 0) + n
            self._folded = often
        return self._folded


_kept = lru_cache(maxsize=200)(WordList)
"""That of one mail is asked for at several places: whether a program wrote it, what its author wrote, in which language. What it is found by is asked
of a whole batch at its end."""
_kept_long = lru_cache(maxsize=8)(WordList)
"""Of those a few: each takes thirty times the room of its text."""


def wordlist(text: str) -> WordList:
    """The words of a text; of a huge one they are cut anew each time, so that it isn't kept."""
    if len(text) <= _SHORT_CHARACTERS:
        return _kept(text)
    return _kept_long(text) if len(text) <= _KEPT_CHARACTERS else WordList(text)


class Hints:
    """What a text must hold, or something can't be in it: words, by their beginnings, or signs `within` words and without any."""

    __slots__ = ("_heads", "_signs", "_told", "_within")

    def __init__(self, phrases: Iterable[str], within: Iterable[str] = ()) -> None:
        self._told: dict[str, list[str]] = {}
        for word in map(_telling, phrases):
            self._told.setdefault(word[:HEAD], []).append(word)
        self._heads = frozenset(self._told)
        every = frozenset(within)
        self._signs = frozenset(sign for sign in every if len(sign) == 1 and not sign.isascii())
        self._within = tuple(sorted(every - self._signs))

    def may_be_in(self, listed: WordList) -> bool:
        """Whether one of them may be there; False is certain."""
        lowered = listed.lowered
        begun = self._heads & listed.heads
        if begun and any(word in lowered for head in begun for word in self._told[head]):
            return True
        if not self._signs.isdisjoint(listed.signs):
            return True
        return bool(self._within) and any(map(lowered.__contains__, self._within))


def _telling(phrase: str) -> str:
    """By what a phrase in lower case is known: its longest word. All are whole but the last, which may be the beginning of one."""
    found = pieces(phrase, WORD)
    known = [word for at, word in enumerate(found) if at < len(found) - 1 or len(word) >= HEAD or not phrase[-1].isalnum()]
    if not known:
        raise ValueError(f"too short to be known by: {phrase!r}")
    return max(known, key=len)
