"""Words as they are compared when something is looked for: without case, accents and endings. The only importer of snowballstemmer.

A text is stemmed in the language it is in, by the small words that only that language has; a text too short to tell in all of ours. What
is asked for is stemmed in all of them, so that whoever looks need not say a language. Every word also stands as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from types import MappingProxyType

from rules.actions.folding import fold

ALGORITHMS = MappingProxyType({"en": "english", "de": "german", "fi": "finnish", "cs": "czech"})
LONGEST, MOST_CHARS = 40, 40_000
"""The longest word that counts, and how much of a text does."""
_WORD = re.compile(rf"[^\W_]{{1,{LONGEST}}}")
_TELLING = MappingProxyType(
    {
        "en": frozenset("the and is are was were have has not with this that from for you your please can cannot since when it".split()),
        "de": frozenset("der die das und ist nicht wir sie ihr ich mit ein eine einen auf bei von zu den dem seit kann bitte wenn".split()),
        "fi": frozenset("ja ei on ole olen mutta kun joka mita tama se etta kiitos hei voi meilla niin myos ovat oli siita".split()),
        "cs": frozenset("a je se na ze jak ale neni prosim dekuji dobry den jsme jsem pro uz nam me od kdyz tak nebo s v".split()),
    }
)
"""Small words by which a language is told, folded."""
_PREFIX = 4
"""Letters from which on the beginning of a word is enough; words with digits are meant as they are."""


@lru_cache(maxsize=8)
def _stemmer(language: str) -> Callable[[Sequence[str]], list[str]]:
    import snowballstemmer  # noqa: PLC0415 - loaded when the first text is looked at

    stem: Callable[[Sequence[str]], list[str]] = snowballstemmer.stemmer(ALGORITHMS.get(language, "english")).stemWords
    return stem


@lru_cache(maxsize=65_536)
def stem(word: str, language: str) -> str:
    """The stem of a word in lower case, folded."""
    return fold(_stemmer(language)([word])[0])


def words(text: str) -> list[str]:
    """The words of a text in lower case, in order."""
    return _WORD.findall(text[:MOST_CHARS].lower())


def language_of(found: Iterable[str]) -> str:
    """The language that words are in; empty where it can't be told."""
    seen = [fold(word) for word in found]
    counts = sorted(((sum(word in telling for word in seen), code) for code, telling in _TELLING.items()), reverse=True)
    (most, best), (second, _) = counts[:2]
    return best if most >= 2 and most > second else ""


def indexed(text: str) -> frozenset[str]:
    """What a text is found by."""
    found = words(text)
    language = language_of(found)
    codes = (language,) if language else tuple(ALGORITHMS)
    distinct = set(found)
    return frozenset(fold(word) for word in distinct) | frozenset(stem(word, code) for word in distinct for code in codes)


def asked(text: str) -> tuple[tuple[frozenset[str], str], ...]:
    """For each word that is looked for: the forms of which one must be there, and a beginning that is enough as well, or nothing."""
    return tuple(
        (frozenset({fold(word), *(stem(word, code) for code in ALGORITHMS)}), fold(word) if _is_beginning(word) else "")
        for word in dict.fromkeys(words(text))
    )


def _is_beginning(word: str) -> bool:
    return len(word) >= _PREFIX and not any(c.isdigit() for c in word)
