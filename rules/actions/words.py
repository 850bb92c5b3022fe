"""The words that command lines are made of: how one is found among those there are, and what is said of one that was not understood.

Kinds of values built of them: `values`, `whom`, `amounts`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from difflib import SequenceMatcher, get_close_matches
from types import MappingProxyType
from typing import Protocol, TypeVar

from rules.actions.folding import fold
from rules.frozen import dataclass


class Misread(Exception):
    """A word that was not understood: which, in what place, and what may have been meant."""

    def __init__(self, code: str, word: str, near: Iterable[str] = ()) -> None:
        super().__init__(f"{code}: {word}")
        self.code = code
        self.word = word
        self.near = tuple(near)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """All words a line may be made of, as of one moment: verbs with their aliases, closed lists, names."""

    verbs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Folded alias -> verb."""
    lists: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    """Kind (`status`, `priority`, `category`, `agent`, `group`, …) -> folded alias -> canonical word."""
    open_lists: frozenset[str] = frozenset()
    """Kinds where the desk has no list of its own, so that any word will do."""


def choose(word: str, among: Mapping[str, str], code: str) -> str:
    """The canonical word for an alias or for a unique prefix of three letters or more; raises Misread with near matches."""
    key = fold(word)
    if key in among:
        return among[key]
    if len(key) >= 3:
        found = {canonical for alias, canonical in among.items() if alias.startswith(key)}
        if len(found) == 1:
            return found.pop()
    raise Misread(code, word, near_words(key, among))


_AS_NEAR = 0.1
"""How much less than the best a word may resemble what was written and still be offered."""


def near_words(key: str, among: Mapping[str, str]) -> tuple[str, ...]:
    """Up to three canonical words that resemble the folded key, best first, each once; where one is clearly meant, that one alone."""
    close = get_close_matches(key, list(among), n=6, cutoff=0.6)
    if close:
        scores = {alias: SequenceMatcher(None, alias, key).ratio() for alias in close}
        close = [alias for alias in close if scores[alias] >= max(scores.values()) - _AS_NEAR]
    if not close and len(key) >= 2:
        close = [alias for alias in among if alias.startswith(key[:2])][:3]
    return tuple(dict.fromkeys(among[alias] for alias in close))[:3]


V = TypeVar("V")


class Kind(Protocol[V]):
    """One kind of value."""

    def read(self, text: str, words: Words) -> tuple[V, str]: ...
    def spell(self, value: V) -> str: ...


def first_word(text: str) -> tuple[str, str]:
    """The first word, or quoted phrase, and the rest of a line without the blanks between."""
    text = text.strip()
    if text[:1] in {'"', "“", "„", "”"}:
        end = min((i for q in '"“”' if (i := text.find(q, 1)) > 0), default=-1)
        if end > 0:
            return text[1:end], text[end + 1 :].strip()
    word, _, rest = text.partition(" ")
    return word, rest.strip()


def quoted_if_needed(word: str) -> str:
    """The word as it has to stand in a line: in quotes if it holds a blank."""
    return f'"{word}"' if " " in word or not word else word


def listing(names: Collection[str]) -> Mapping[str, str]:
    """A closed list without aliases: folded word -> word."""
    return MappingProxyType({fold(n): n for n in names})
