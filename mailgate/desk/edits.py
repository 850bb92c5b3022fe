"""Small parts of `add` and `edit` commands: finding by key with near matches, changing lists, checking words."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeVar

from mailgate.desk.ends import Failed, Misused, NoSuch
from rules.actions.folding import fold
from rules.facts.terms import address_key

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from rules.facts.policy import Policy

_MAILBOX = re.compile(r"[^\s<>()\[\],;:\\\"@\x00-\x1f\x7f]{1,64}@[^\s<>()\[\],;:\\\"@\x00-\x1f\x7f]{1,255}")
_KEY = re.compile(r"\w[\w./-]{0,63}")
_DOMAIN = re.compile(r"[^\s@<>,;:/\x00-\x1f\x7f.]+(\.[^\s@<>,;:/\x00-\x1f\x7f.]+)+")
RESERVED = frozenset({"me", "mir", "mich", "nobody", "niemand", "none", "admin", "rule", "timer", "desk", "all"})
"""Words that mean something else where an agent's name could stand."""

V = TypeVar("V")


def found(among: Mapping[str, V], key: str, what: str) -> V:
    """The value of a key in any case; raises NoSuch with what looks like it."""
    if key in among:
        return among[key]
    folded = {fold(k): k for k in among}
    if fold(key) in folded:
        return among[folded[fold(key)]]
    raise none_such(what, key, among)


FEW = 8
"""So many keys can be told where none of them looks like the word."""


def none_such(what: str, key: str, among: Collection[str]) -> NoSuch:
    """That there is no such key, with those that look like it, or with all where they are few."""
    close = near(key, among)
    few = f"; there {'is' if len(among) == 1 else 'are'} {', '.join(sorted(among))}" if not close and 0 < len(among) <= FEW else ""
    return NoSuch(f"there is no {what} {key!r}{few}", close)


def near(word: str, among: Collection[str]) -> list[str]:
    """Up to three keys that look like a word, best first."""
    folded = {fold(k): k for k in among}
    return [folded[f] for f in get_close_matches(fold(word), list(folded), n=3, cutoff=0.5)]


def edited(before: Sequence[str], given: Sequence[str] | None) -> tuple[str, ...]:
    """A list after an edit: `+x` and `-x` add and take off, anything else is the whole new list; an empty word empties it."""
    if given is None:
        return tuple(before)
    words = [word.strip() for word in given]
    if words and all(word[:1] in {"+", "-"} for word in words):
        after = dict.fromkeys(before)
        for word in words:
            if word[0] == "+":
                after[word[1:]] = None
            else:
                for old in [o for o in after if fold(o) == fold(word[1:])]:
                    del after[old]
        return tuple(after)
    return tuple(dict.fromkeys(word for word in words if word))


def key(word: str, what: str) -> str:
    """A word that may be a key; raises Misused."""
    if not _KEY.fullmatch(word):
        raise Misused(
            f"{word!r} can't be the key of {'an' if what[0] in 'aeiou' else 'a'} {what}: letters, digits, dots and dashes, no blanks"
        )
    return word


def mailbox(address: str, policy: Policy) -> str:
    """An address that somebody may have; raises Misused for what is none, Failed for the desk's own."""
    bare = address.strip().removeprefix("mailto:")
    if not _MAILBOX.fullmatch(bare):
        raise Misused(f"{address!r} is not a mail address")
    if policy.is_own(bare):
        raise Failed(f"{bare} is the desk's own address: mail to it would go round in circles")
    return bare


def domain(word: str) -> str:
    """A domain in compared form; raises Misused."""
    bare = word.strip().removeprefix("@")
    if not _DOMAIN.fullmatch(bare):
        raise Misused(f"{word!r} is not a domain")
    return address_key(f"@{bare}")[1:]


def party(tx: Connection, word: str) -> str:
    """The key of a party, empty for an empty word; raises NoSuch."""
    from store import people

    return found({each.key: each for each in people.parties(tx)}, word, "party").key if word else ""


def language(word: str | None, policy: Policy) -> None:
    """Raise NoSuch for a language that the desk doesn't speak."""
    if word and word not in policy.languages:
        raise NoSuch(f"the desk doesn't speak {word!r}: [desk] languages has {', '.join(policy.languages)}")
