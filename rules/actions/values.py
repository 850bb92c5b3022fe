"""What may stand after a verb: each kind of value reads itself from a line and spells itself back.

`read(text, words)` takes the rest of the line and gives the value and what is left; it raises `Misread` with near matches. For every
value `read(spell(v))` gives `v` again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from difflib import SequenceMatcher, get_close_matches
from types import MappingProxyType
from typing import Protocol, TypeVar

from rules.actions import moments
from rules.actions.folding import fold
from rules.facts.terms import address_key


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
            return among.get(fold(word), word), rest
        return choose(word, among, f"unknown-{self.kind}"), rest

    def spell(self, value: str) -> str:
        return quoted_if_needed(value)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who shall hold a ticket: an agent's name, `@group`, `me`, or `nobody`. The value is `name`, `@group` or `-`."""

    def read(self, text: str, words: Words) -> tuple[str, str]:
        word, rest = first_word(text)
        if not word:
            raise Misread("missing-agent", "", tuple(dict.fromkeys(words.lists.get("agent", {}).values()))[:5])
        bare = word.rstrip(",.:;")
        if bare.startswith("@") or bare.lower().startswith("group:"):
            name = bare[1:] if bare.startswith("@") else bare[6:]
            try:
                return "@" + choose(name, words.lists.get("group", {}), "unknown-group"), rest
            except Misread as miss:
                raise Misread(miss.code, word, tuple("@" + n for n in miss.near)) from None
        if fold(bare) in {"-", "nobody", "niemand", "none"}:
            return "-", rest
        if fold(bare) in {"me", "mir", "mich"}:
            return "me", rest
        agents = words.lists.get("agent", {})
        if "@" in bare and fold(address_key(bare)) in agents:
            return agents[fold(address_key(bare))], rest
        try:
            return choose(bare, agents, "unknown-agent"), rest
        except Misread as miss:
            groups = near_words(fold(bare), words.lists.get("group", {}))
            raise Misread(miss.code, word, miss.near + tuple("@" + g for g in groups)) from None

    def spell(self, value: str) -> str:
        return quoted_if_needed(value)


@dataclass(frozen=True, slots=True)
class Flag:
    """A literal word that may stand here or not."""

    word: str
    aliases: tuple[str, ...] = ()

    def read(self, text: str, words: Words) -> tuple[bool, str]:
        word, rest = first_word(text)
        if fold(word) in {fold(w) for w in (self.word, *self.aliases)}:
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


_MAILBOX = re.compile(r"[^\s<>()\[\],;:\\\"@\x00-\x1f\x7f]{1,64}@[^\s<>()\[\],;:\\\"@\x00-\x1f\x7f]{1,255}")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An e-mail address; angle brackets, `mailto:` and a trailing dot or comma are forgiven."""

    signed: bool = False
    """True where a leading `-` takes the address off."""

    def read(self, text: str, words: Words) -> tuple[str, str]:
        word, rest = first_word(text)
        sign = ""
        if self.signed and word[:1] in {"-", "+"}:
            sign, word = ("-" if word[0] == "-" else ""), word[1:]
        if not word:
            raise Misread("missing-address", "")
        bare = word.removeprefix("to:").removeprefix("mailto:").strip("<>").rstrip(".,;")
        if not _MAILBOX.fullmatch(bare):
            raise Misread("not-an-address", word)
        return sign + bare, rest

    def spell(self, value: str) -> str:
        return value


_GROUP = re.compile(r"@(?=[^@\s]+$)|(?:group|gruppe|ryhma|skupina):", re.IGNORECASE)
_AND = frozenset({"and", "und", "ja", "a", "&"})


@dataclass(frozen=True, slots=True)
class People:
    """One or several: agents by name, `@group` or `group:x`, `@agent`, addresses; parted by commas, `to:` before them is forgiven.

    The values are agents' names, `@group` and addresses. A further one without a comma counts only where it can't be a word of the
    text that follows: with an `@` in it.
    """

    needed: bool = True
    marked: bool = False
    """True where only what has an `@` in it, or `group:`, counts: a name may be the first word of the text."""

    def read(self, text: str, words: Words) -> tuple[tuple[str, ...], str]:
        rest = text.strip()
        if fold(rest[:3]) == "to:":
            rest = rest[3:].strip()
        found: list[str] = []
        wanted = True
        while rest:
            word, after = first_word(rest)
            bare = word.rstrip(",;:")
            is_last = word.endswith(":")
            joined = word != bare or after.startswith((",", ";"))
            is_marked = "@" in bare or _GROUP.match(bare) is not None
            if not bare or (self.marked and not is_marked) or (found and not wanted and not is_marked):
                break
            name = self._one(bare.rstrip("."), words)
            if name not in found:
                found.append(name)
            rest = after.lstrip(",; ")
            if is_last:
                break
            head, tail = first_word(rest)
            wanted = joined or (fold(head) in _AND and bool(tail) and self._is_one(first_word(tail)[0], words))
            if fold(head) in _AND and wanted and not joined:
                rest = tail
        if self.needed and not found:
            raise Misread("missing-agent", "", tuple(dict.fromkeys(words.lists.get("agent", {}).values()))[:5])
        return tuple(found), rest if found else text.strip()

    def _is_one(self, word: str, words: Words) -> bool:
        try:
            self._one(word.rstrip(",;.:"), words)
        except Misread:
            return False
        return True

    def _one(self, word: str, words: Words) -> str:
        agents, groups = words.lists.get("agent", {}), words.lists.get("group", {})
        marker = _GROUP.match(word)
        if marker:
            name = word[marker.end() :]
            if word.startswith("@") and fold(name) not in groups and fold(name) in agents:
                return agents[fold(name)]
            try:
                return "@" + choose(name, groups, "unknown-group")
            except Misread as miss:
                if word.startswith("@"):
                    try:
                        return choose(name, agents, "unknown-agent")
                    except Misread:
                        pass
                near = (*miss.near, *near_words(fold(name), agents)) if word.startswith("@") else miss.near
                raise Misread(miss.code, word, tuple("@" + n for n in near)) from None
        bare = word.removeprefix("mailto:").strip("<>")
        if "@" in bare:
            if fold(address_key(bare)) in agents:
                return agents[fold(address_key(bare))]
            if not _MAILBOX.fullmatch(bare):
                raise Misread("not-an-address", word)
            return bare
        return choose(bare, agents, "unknown-agent")

    def spell(self, value: tuple[str, ...]) -> str:
        # where only what is marked counts, a bare name would be the first word of the text
        return ", ".join(f"@{name}" if self.marked and "@" not in name else quoted_if_needed(name) for name in value)

    def apart(self, spelled: str, line: str) -> str:
        """The spelled people before the rest of their line, with a colon where its first word would be taken for one more of them."""
        head = first_word(line)[0]
        return f"{spelled}:" if spelled and ("@" in head or _GROUP.match(head) or fold(head) in _AND) else spelled


_FILLER = re.compile(r"\s*(?:until|till?|by|on|at|from|bis(?: zum)?|am|um|ab|do|v|ve)\s+", re.IGNORECASE)
"""Small words that people put before a time."""


@dataclass(frozen=True, slots=True)
class When:
    """A point in time as it was written: `fri`, `tomorrow 9`, `2026-12-01 08:00`, `1.12.`, `3d`. What it means is said in `moments`."""

    needed: bool = True

    def read(self, text: str, words: Words) -> tuple[str, str]:
        said, rest = moments.find(text.strip())
        if not said and (filler := _FILLER.match(text)):
            said, rest = moments.find(text[filler.end() :])
        if not said:
            rest = text.strip()
        if not said and self.needed:
            raise Misread("not-a-time" if text.strip() else "missing-time", first_word(text)[0], ("tomorrow 9", "fri", "3d"))
        return said, rest

    def spell(self, value: str) -> str:
        return value


@dataclass(frozen=True, slots=True)
class Keyed:
    """A value behind a key, anywhere in the line: `by:fri`, `by: "tomorrow 9"`. Empty where the key doesn't stand."""

    key: str
    inner: Kind[str]
    aliases: tuple[str, ...] = ()

    def read(self, text: str, words: Words) -> tuple[str, str]:
        names = "|".join(map(re.escape, (self.key, *self.aliases)))
        found = re.search(rf"(?:^|\s)(?:{names}):\s*(?=\S)", text, re.IGNORECASE)
        if found is None:
            return "", text.strip()
        value, rest = self.inner.read(text[found.end() :], words)
        return value, f"{text[: found.start()].strip()} {rest}".strip()

    def spell(self, value: str) -> str:
        if not value:
            return ""
        spelled = self.inner.spell(value)
        return f"{self.key}:{quoted_if_needed(spelled) if not spelled.startswith(chr(34)) else spelled}"

    def apart(self, spelled: str, rest: str) -> str:
        """The spelled value in quotes where the rest of the line would be read into it: `by:"fri" 08:00 is the latest`."""
        value = spelled.removeprefix(f"{self.key}:")
        if (
            not rest
            or not value
            or value.startswith('"')
            or not isinstance(self.inner, When)
            or moments.find(f"{value} {rest}")[0] == value
        ):
            return spelled
        return f'{self.key}:"{value}"'


_SPAN = re.compile(r"(\d{1,4})\s*(m|min|h|hours?|std|d|days?|tage?n?|w|weeks?|wochen?)", re.IGNORECASE)
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "s": timedelta(hours=1),
    "d": timedelta(days=1),
    "t": timedelta(days=1),
    "w": timedelta(weeks=1),
}


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time such as `3d`, `90m`, `2w`; zero where it is left out and may be."""

    needed: bool = False

    def read(self, text: str, words: Words) -> tuple[timedelta, str]:
        word, rest = first_word(text)
        found = _SPAN.fullmatch(word)
        if found:
            return int(found[1]) * _UNITS[found[2][0].lower()], rest
        if self.needed or (word and word[0].isdigit()):
            raise Misread("not-a-span", word, ("3d", "4h", "30m"))
        return timedelta(), text.strip()

    def spell(self, value: timedelta) -> str:
        minutes = int(value.total_seconds() // 60)
        if not minutes:
            return ""
        for size, unit in ((1440, "d"), (60, "h")):
            if minutes % size == 0:
                return f"{minutes // size}{unit}"
        return f"{minutes}m"


_EFFORT = re.compile(r"(?:(\d{1,3})\s*(?:h|hours?|std|t|tuntia?|hod))?\s*(?:(\d{1,4})\s*(?:m|min|minutes?|minuten?))?", re.IGNORECASE)
_NUMBER = re.compile(r"(\d{1,3})(?:[.,](\d{1,2}))?")


@dataclass(frozen=True, slots=True)
class Effort:
    """Time that was worked, in minutes: `25m`, `1h30m`, `2h`; a bare number counts as hours (`1.5`) or, without `in_hours`, as minutes."""

    in_hours: bool = False

    def read(self, text: str, words: Words) -> tuple[int, str]:
        word, rest = first_word(text)
        sign = -1 if word.startswith("-") else 1
        bare = word.lstrip("+-").rstrip(".,;:")
        if found := _NUMBER.fullmatch(bare):
            number = float(bare.replace(",", "."))
            minutes = round(number * 60) if self.in_hours else round(number)
        elif (found := _EFFORT.fullmatch(bare)) and bare:
            minutes = int(found[1] or 0) * 60 + int(found[2] or 0)
        elif found := re.fullmatch(rf"{_NUMBER.pattern}\s*(?:h|std|hours?)", bare, re.IGNORECASE):
            minutes = round(float(f"{found[1]}.{found[2] or 0}") * 60)
        else:
            minutes = 0
        if not 0 < minutes <= 60 * 1000:
            raise Misread("not-a-time-worked", word, ("25m", "1.5h", "1h30m"))
        return sign * minutes, rest

    def spell(self, value: int) -> str:
        return f"{value}m"


@dataclass(frozen=True, slots=True)
class Stars:
    """A rating from 1 to 5."""

    def read(self, text: str, words: Words) -> tuple[int, str]:
        word, rest = first_word(text)
        if word in {"1", "2", "3", "4", "5"}:
            return int(word), rest
        raise Misread("not-a-rating", word, ("1", "2", "3", "4", "5"))

    def spell(self, value: int) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a post, `17` or `post:17`; zero where it is left out."""

    def read(self, text: str, words: Words) -> tuple[int, str]:
        word, rest = first_word(text)
        found = re.fullmatch(r"(?:post:)?(\d{1,9})", word)
        return (int(found[1]), rest) if found and int(found[1]) else (0, text.strip())

    def spell(self, value: int) -> str:
        return str(value) if value else ""


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


def listing(names: Collection[str]) -> Mapping[str, str]:
    """A closed list without aliases: folded word -> word."""
    return MappingProxyType({fold(n): n for n in names})
