"""The form in which words are compared, wherever somebody typed them. What the words mean is said by whoever compares."""

from __future__ import annotations

import unicodedata
from functools import lru_cache


class _WithoutAccents(dict[int, int | None]):
    """For `str.translate`: each code point as itself, combining ones as nothing. Learned as they are met, of which there are few."""

    def __missing__(self, point: int) -> int | None:
        kept = None if unicodedata.combining(chr(point)) else point
        self[point] = kept
        return kept


_PLAIN = _WithoutAccents()


def fold(word: str) -> str:
    """The form in which words of commands are compared: no case, no accents, `ß` as `ss`, full-width as plain. Also of a whole text."""
    if word.isascii():
        return word.lower()
    return unicodedata.normalize("NFKD", word.casefold()).translate(_PLAIN)


fold_word = lru_cache(maxsize=16_384)(fold)
"""The same for the words of running text, most of which come again."""
