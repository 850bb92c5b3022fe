"""What may stand after a verb: each kind of value reads itself from a line and spells itself back.

`read(text, words)` takes the rest of the line and gives the value and what is left; it raises `Misread` with near matches. For every
value `read(spell(v))` gives `v` again.
"""

from __future__ import annotations

import re

from rules.actions import moments
from rules.actions.amounts import NONE, When
from rules.actions.folding import fold
from rules.actions.words import Kind, Misread, Words, choose, first_word, quoted_if_needed
from rules.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Listed:
    """A word of a closed list."""

    kind: str

    def read(self, text: str, words: Words) -> tuple[str, str]:
        word, rest = first_word(text)
        among = words.lists.get(self.kind, {})
        if not word:
            raise Misread(f"missing-{self.kind}", "", tuple(dict.fromkeys(among.values()))[:5])
        if self.kind in words.open_lists:
            return among.get(fold(word), word.rstrip(".!") or word), rest
        return choose(word, among, f"unknown-{self.kind}"), rest

    def spell(self, value: str) -> str:
        return quoted_if_needed(value)


@dataclass(frozen=True, slots=True)
class Flag:
    """A literal word that may stand here or not."""

    word: str
    aliases: tuple[str, ...] = ()

    def read(self, text: str, words: Words) -> tuple[bool, str]:
        word, rest = first_word(text)
        if fold(word.rstrip(".,;!")) in {fold(w) for w in (self.word, *self.aliases)}:
            return True, rest
        return False, text.strip()

    def spell(self, value: bool) -> str:  # noqa: FBT001 - a Kind takes its value
        return self.word if value else ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words that may stand here or not; empty where it doesn't. As the value of a key it has to be one of them."""

    words: tuple[str, ...]
    needed: bool = False

    def read(self, text: str, words: Words) -> tuple[str, str]:
        word, rest = first_word(text)
        if fold(word) in self.words:
            return fold(word), rest
        if self.needed:
            raise Misread("not-a-choice" if word else "missing-choice", word, self.words)
        return "", text.strip()

    def spell(self, value: str) -> str:
        return value


@dataclass(frozen=True, slots=True)
class Rest:
    """Whatever is left of the line."""

    needed: bool = False

    def read(self, text: str, words: Words) -> tuple[str, str]:
        text = text.strip()
        if self.needed and not text:
            raise Misread("missing-text", "")
        return text, ""

    def spell(self, value: str) -> str:
        return value


@dataclass(frozen=True, slots=True)
class Word:
    """Any single word, or a phrase in quotes."""

    code: str = "missing-word"

    def read(self, text: str, words: Words) -> tuple[str, str]:
        word, rest = first_word(text)
        if not word:
            raise Misread(self.code, "")
        return word, rest

    def spell(self, value: str) -> str:
        return quoted_if_needed(value) if value else ""


@dataclass(frozen=True, slots=True)
class Keyed:
    """A value behind a key, anywhere in the line: `by:fri`, `by: "tomorrow 9"`. Empty where the key doesn't stand."""

    key: str
    inner: Kind[str]
    aliases: tuple[str, ...] = ()
    last: bool = False
    """Whether a deadline said in plain words is the value, too, where the line ends with it: `order the part by friday`."""

    def read(self, text: str, words: Words) -> tuple[str, str]:
        names = "|".join(map(re.escape, (self.key, *self.aliases)))
        found = re.search(rf"(?:^|\s)(?:{names}):\s*(?=\S)", text, re.IGNORECASE)
        if found is None and self.last:
            text, said = moments.deadline(text)
            return said, text.strip()
        if found is None:
            return "", text.strip()
        value, rest = self.inner.read(text[found.end() :], words)
        return "" if self.last and value == NONE else value, f"{text[: found.start()].strip()} {rest}".strip()

    def spell(self, value: str) -> str:
        if not value:
            return ""
        spelled = self.inner.spell(value)
        return f"{self.key}:{quoted_if_needed(spelled) if not spelled.startswith(chr(34)) else spelled}"

    def apart(self, spelled: str, rest: str) -> str:
        """The spelled value in quotes where the rest of the line would be read into it: `by:"fri" 08:00 is the latest`.

        `by:0m` where there is none and the rest ends as if there were.
        """
        if not spelled and self.last and moments.deadline(rest)[1]:
            return f"{self.key}:{NONE}"
        value = spelled.removeprefix(f"{self.key}:")
        if not value or value.startswith('"') or not isinstance(self.inner, When):
            return spelled
        return f"{self.key}:{self.inner.apart(value, rest)}"


@dataclass(frozen=True, slots=True)
class Signed:
    """A word that a leading `-` takes off again: `x`, `-x`."""

    def read(self, text: str, words: Words) -> tuple[str, str]:
        word, rest = first_word(text)
        sign = "-" if word[:1] == "-" else ""
        bare = word.lstrip("+-#")
        if not bare:
            raise Misread("missing-word", word)
        return sign + bare, rest

    def spell(self, value: str) -> str:
        return quoted_if_needed(value)


@dataclass(frozen=True, slots=True)
class Reference:
    """A ticket's reference, brackets forgiven, upper case."""

    needed: bool = True

    def read(self, text: str, words: Words) -> tuple[str, str]:
        word, rest = first_word(text)
        bare = word.strip("[]#.,;:").upper()
        if not bare:
            if self.needed:
                raise Misread("missing-ref", "")
            return "", rest
        if not re.fullmatch(r"(?=[^\s]*\d)[A-Z0-9][A-Z0-9._/-]{0,39}", bare):
            raise Misread("not-a-ref", word)
        return bare, rest

    def spell(self, value: str) -> str:
        return value
