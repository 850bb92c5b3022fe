"""The form in which words are compared, wherever somebody typed them. What the words mean is said by whoever compares."""

from __future__ import annotations

import unicodedata


def fold(word: str) -> str:
    """The form in which words of commands are compared: no case, no accents, `ß` as `ss`, full-width as plain."""
    if word.isascii():
        return word.lower()
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))
