"""Kinds of values that name somebody: who holds a ticket, an address, several people.

What a kind is: `values`.
"""

from __future__ import annotations

import re

from rules.actions.folding import fold
from rules.actions.words import Misread, Words, choose, first_word, near_words, quoted_if_needed
from rules.facts.terms import address_key
from rules.frozen import dataclass

_NOBODY = frozenset("- none nobody niemand niemandem keinem kenellekaan nikdo nikomu".split())


@dataclass(frozen=True, slots=True)
class Holder:
    """Who shall hold a ticket: an agent's name, `@group`, `me`, or `none` (`nobody`). The value is `name`, `@group` or `-`."""

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
                if bare.startswith("@") and fold(name) in words.lists.get("agent", {}):
                    return words.lists["agent"][fold(name)], rest  # as people mention one another
                raise Misread(miss.code, word, tuple("@" + n for n in miss.near)) from None
        agents = words.lists.get("agent", {})
        if fold(bare) in _NOBODY and fold(bare) not in agents:
            return "-", rest
        if fold(bare) in {"me", "mir", "mich"}:
            return "me", rest
        if "@" in bare and fold(address_key(bare)) in agents:
            return agents[fold(address_key(bare))], rest
        try:
            return choose(bare, agents, "unknown-agent"), rest
        except Misread as miss:
            groups = near_words(fold(bare), words.lists.get("group", {}))
            raise Misread(miss.code, word, miss.near + tuple("@" + g for g in groups)) from None

    def spell(self, value: str) -> str:
        return quoted_if_needed(value)


_MAILBOX = re.compile(r"[^\s<>()\[\],;:\\\"@\x00-\x1f\x7f]{1,64}@[^\s<>()\[\],;:\\\"@\x00-\x1f\x7f]{1,255}")


_NAMED = re.compile(r"\s*[-+]?(?:\"[^\"<>@]{1,100}\"|[^\"<>@,;:]{1,100}?)\s*<([^<>\s@]{1,64}@[^<>\s@]{1,255})>")
"""An address with a name before it, as mail programs paste it."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An e-mail address; a name before it, angle brackets, `mailto:` and a trailing dot or comma are forgiven."""

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
        if not _MAILBOX.fullmatch(bare) and (named := _NAMED.match(text)) is not None:
            bare, rest = named[1], text[named.end() :].strip()
        if not _MAILBOX.fullmatch(bare):
            raise Misread("not-an-address", word)
        return sign + bare, rest

    def spell(self, value: str) -> str:
        return value


_BETWEEN = re.compile(r"[,;\s]*")
_COMMA = re.compile(r"[,;](?=\S)")
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
            if (comma := _COMMA.search(word)) is not None and rest.startswith(word):
                word, after = word[: comma.end()], rest[comma.end() :]  # `anna,ben@side.example` without a space
            bare = word.rstrip(",;:")
            is_last = word.endswith(":")
            joined = word != bare or after.startswith((",", ";"))
            is_marked = "@" in bare or _GROUP.match(bare) is not None
            if not bare or (self.marked and not is_marked) or (found and not wanted and not is_marked):
                break
            if (named := _NAMED.match(rest)) is not None and (wanted or not found) and not self._is_one(word, words):
                rest = named[1] + rest[named.end() :]
                continue
            name = self._one(bare.rstrip("."), words)
            if name not in found:
                found.append(name)
            rest = _BETWEEN.sub("", after, count=1)
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
