"""Words as they are compared when something is looked for: without case, accents and endings. The only importer of snowballstemmer.

A text is stemmed in the language it is in, by the small words that only that language has; a text too short to tell in all of ours. What
is asked for is stemmed in all of them, so that whoever looks need not say a language. Every word also stands as it is written.

Stemming is the dear part, some 50 microseconds a word, and happens while the ledger writes; so each text has a share of it (`MOST_STEMS`)
and words that no ending hides are left as they are. A log of megabytes costs no more than a long letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from itertools import chain, islice
from types import MappingProxyType

from rules.actions.folding import fold, fold_word
from rules.reading.pieces import pieces
from rules.reading.wordlist import WordList, wordlist

ALGORITHMS = MappingProxyType({"en": "english", "de": "german", "fi": "finnish", "cs": "czech"})
LONGEST, MOST_CHARS, MOST_WORDS, MOST_STEMS = 40, 40_000, 2_000, 500
"""The longest word that counts; how much of a text does, in characters and in different words; and how many stems are worked out for it.

Words past the last limit are found as they are written, and by their beginnings.
"""
SHORTEST = 4
"""Letters from which on a word has an ending to lose."""
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
_SHORT = 80
_PREFIX = 4
"""Letters from which on the beginning of a word is enough; words with digits are meant as they are."""


@lru_cache(maxsize=8)
def _stemmer(language: str) -> Callable[[Sequence[str]], list[str]]:
    import snowballstemmer  # noqa: PLC0415 - loaded when the first text is looked at

    stem: Callable[[Sequence[str]], list[str]] = snowballstemmer.stemmer(ALGORITHMS.get(language, "english")).stemWords
    return stem


def stem(word: str, language: str) -> str:
    """The stem of a word in lower case, folded; words that are short or have a digit are their own."""
    return _STEMS[language if language in _STEMS else "en"][word] if is_stemmed(word) else fold(word)


def is_stemmed(word: str) -> bool:
    """Whether the word may have another form: numbers, dates and keys have none."""
    return len(word) >= SHORTEST and word.isalpha()


class _Stems(dict[str, str]):
    """Stems in one language by their words, worked out when they are first asked for."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language

    def __missing__(self, word: str) -> str:
        if len(self) >= _MOST_KEPT:
            self.clear()
        self[word] = found = fold(_stemmer(self.language)([word])[0])
        return found


_MOST_KEPT = 4_096
"""Stems of a language that are kept: some 300 bytes each, 5 MB with all four, and the words of an ordinary desk's mails are among them."""
_STEMS = {code: _Stems(code) for code in ALGORITHMS}


def words(text: str) -> list[str]:
    """The words of a text in lower case, in order."""
    return _listed(text).words


def _listed(text: str) -> WordList:
    listed = wordlist(text[:MOST_CHARS])
    if max(map(len, listed.distinct), default=0) <= LONGEST:
        return listed
    return WordList(" ".join(pieces(listed.lowered, _WORD, LONGEST)))


def language_of(often: Mapping[str, int]) -> str:
    """The language of a text by how often it has each word, folded; empty where it can't be told."""
    counts = sorted(((sum(map(often.__getitem__, telling.intersection(often))), code) for code, telling in _TELLING.items()), reverse=True)
    (most, best), (second, _) = counts[:2]
    return best if most >= 2 and most > second else ""


def indexed(text: str) -> Collection[str]:
    """What a text is found by, within the limits above: its first different words as they are written, and the stems of the first of them, each once."""
    if text.isalnum() and text.isascii() and not text.isalpha() and len(text) <= LONGEST:
        return (fold(text),)  # a reference, a number
    return _indexed_short(text) if len(text) <= _SHORT else _indexed(text)


def _indexed(text: str) -> Collection[str]:
    listed = _listed(text)
    language = language_of(listed.folded)
    codes = (language,) if language else tuple(ALGORITHMS)
    distinct = list(islice(listed.distinct, MOST_WORDS))
    stemmed = [word for word in distinct if len(word) >= SHORTEST and word.isalpha()][: MOST_STEMS // len(codes)]
    stems = [map(_STEMS[code].__getitem__, stemmed) for code in codes]
    plain = listed.folded if len(distinct) < MOST_WORDS else map(fold_word, distinct)
    return dict.fromkeys(chain(plain, *stems))


_indexed_short = lru_cache(maxsize=2_048)(_indexed)
"""Names, addresses and subjects come again and again; some 3 MB when full."""


def asked(text: str) -> tuple[tuple[frozenset[str], str], ...]:
    """For each word that is looked for: the forms of which one must be there, and a beginning that is enough as well, or nothing."""
    return tuple(
        (frozenset({fold(word), *(stem(word, code) for code in ALGORITHMS)}), fold(word) if _is_beginning(word) else "")
        for word in dict.fromkeys(words(text))
    )


def _is_beginning(word: str) -> bool:
    return len(word) >= _PREFIX and not any(c.isdigit() for c in word)
