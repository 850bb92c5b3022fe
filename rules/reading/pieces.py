"""Texts cut into words, quickly. What a word is, is the caller's pattern; this only spares it the characters that need no pattern."""

from __future__ import annotations

import re
from functools import cache
from itertools import filterfalse

_ASCII = bytes(range(128))


def pieces(text: str, word: re.Pattern[str], longest: int | None = None) -> list[str]:
    """All that `word.findall(text)` finds, ten times as fast in ordinary text.

    `word` is one run of letters, or of characters that include them, `longest` the most of them that it takes; blanks are never part of it.
    """
    return cut(text, word, longest)[0]


def cut(text: str, word: re.Pattern[str], longest: int | None = None) -> tuple[list[str], str]:
    """The same, and all characters of the text beyond ASCII."""
    # What is no word in ASCII becomes a blank, all at once; letters of other alphabets stand in bytes above it and stay.
    octets = text.encode("utf-8", "surrogatepass")
    found = octets.translate(_blanks(word)).decode("utf-8", "surrogatepass").split()
    foreign = octets.translate(None, _ASCII).decode("utf-8", "surrogatepass") if len(octets) > len(text) else ""
    are_letters = not foreign or foreign.isalpha() or all(map(str.isalpha, filterfalse(str.isascii, found)))
    if are_letters and (longest is None or max(map(len, found), default=0) <= longest):
        return found, foreign
    words: list[str] = []
    for piece in found:
        if piece.isalpha() and (longest is None or len(piece) <= longest):
            words.append(piece)
        else:
            words += word.findall(piece)
    return words, foreign


@cache
def _blanks(word: re.Pattern[str]) -> bytes:
    return bytes(n if n >= 128 or word.fullmatch(chr(n)) else 0x20 for n in range(256))
