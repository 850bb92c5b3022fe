r"""Patterns that a site writes, compiled by RE2: time linear in the text whatever the pattern, so `(a+)+$` is harmless.

The only importer of re2. Three kinds: regular expressions, addresses, and plain words with `*`. All ignore case. Character classes
such as `\w` and `\b` know ASCII only (https://github.com/google/re2/wiki/Syntax); `\p{L}` is any letter.
"""

from __future__ import annotations

import re
from functools import lru_cache

import re2

from mailgate.config.mistakes import Wrong
from rules.facts.rule import Pattern
from rules.facts.terms import address_key

_LONGEST = 4096
_REGEX_SIGNS = re.compile(r"[\\^$\[\]()|?{}]|\.[*+]")
"""What makes an address a regular expression; a plain `+`, `.` or `*` doesn't."""


class Linear:
    """A compiled pattern with a `search` that takes any text."""

    __slots__ = ("_compiled", "_pattern")

    def __init__(self, pattern: str) -> None:
        options = re2.Options()
        options.case_sensitive = False
        options.log_errors = False
        options.never_capture = True  # whether it matches is all we ask; with groups, (.*a){20} takes 200 times as long
        self._compiled = re2.compile(pattern, options)
        self._pattern = pattern

    def made_of(self) -> tuple[str]:
        """The pattern as RE2 knows it."""
        return (self._pattern,)

    @classmethod
    def make(cls, pattern: str) -> Linear:
        """One of a pattern that compiles."""
        return cls(pattern)

    def search(self, text: str, /) -> object | None:
        """Something true if the pattern occurs in the text."""
        # Half a surrogate pair, as headers sometimes decode to, can't be encoded; it matches nothing anyway.
        return self._compiled.search(text.encode("utf-8", "replace")) or None


@lru_cache(maxsize=1024)
def regex(text: str) -> Pattern:
    """A regular expression that may match anywhere. Raises Wrong with a sentence for one that is impossible."""
    if len(text) > _LONGEST:
        raise Wrong(f"the pattern has {len(text)} characters; {_LONGEST} are possible")
    try:
        return Pattern(text=text, matcher=Linear(text))
    except re2.error as why:
        reason = why.args[0].decode("utf-8", "replace") if why.args and isinstance(why.args[0], bytes) else str(why)
    if re.search(r"\(\?(=|!|<=|<!)", text) and "perl operator" in reason:
        raise Wrong(f"{text!r} looks ahead or behind, which rules can't: such patterns may take for ever; use two conditions instead")
    if re.search(r"\\[1-9]|\(\?P=", text) and ("escape sequence" in reason or "capture group" in reason or "perl operator" in reason):
        raise Wrong(f"{text!r} refers back to a group, which rules can't: such patterns may take for ever")
    raise Wrong(f"{text!r} is not a regular expression: {reason}")


@lru_cache(maxsize=1024)
def word(text: str) -> Pattern:
    """A whole word or text; `*` in it stands for anything."""
    if not text.strip():
        raise Wrong("an empty word matches nothing")
    return Pattern(text=text, matcher=Linear(f"^(?s:{_glob(text.strip())})$"))


@lru_cache(maxsize=1024)
def address(text: str) -> Pattern:
    """One address in full, all of a domain (`@corp.example`, `*@*.corp.example`), one name at any domain (`sales@`), or a regular expression."""
    if _REGEX_SIGNS.search(text):
        return regex(text)
    if not text.strip(" *") or text.strip() == "@":
        raise Wrong(f"{text!r} is no address; write anna@corp.example or @corp.example")
    if "@" not in text:
        raise Wrong(f"{text!r} is no address; write anna@{text}, or @{text} for a whole domain", near=f"@{text}")
    key = address_key(text)
    open_ = ("*" if key.startswith("@") else "", "*" if key.endswith("@") else "")
    return Pattern(text=text, matcher=Linear(f"^{_glob(key.join(open_))}$"))


def _glob(text: str) -> str:
    return ".*".join(re2.escape(piece) for piece in text.split("*"))
