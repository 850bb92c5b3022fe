"""Finds the `#verb …` lines in what an author wrote; understands none of them.

Commands stand in the first or the last block of the text (blocks are parted by blank lines). What looks like a command further in is
reported apart, so that nothing leaves while an agent may have meant it. Next: `rules.actions.base.read`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

_COMMAND = re.compile(r"[ ]{0,3}#(?=[^\W\d_])(.*)", re.DOTALL)
_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})[.,;:!?]?$")
_FENCE = re.compile(r"\s*(```|~~~)")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"), None) | {
    0x00A0: " ",
    0x202F: " ",
    0x2007: " ",
    0xFF03: "#",
}
_TELLTALE = re.compile("[" + "".join(map(chr, _INVISIBLE)) + "]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line that looks like a command."""

    number: int
    """Counted from 1 in the author's text."""
    text: str
    """Without `#`, trimmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A text taken apart into commands and the rest."""

    lines: tuple[Line, ...] = ()
    """In the first or last block."""
    inside: tuple[Line, ...] = ()
    """Further in; still part of `body`."""
    body: str = ""
    """What is left for people, `##` at the start of a line turned into `#`."""


def _visible(text: str) -> str:
    return text.translate(_INVISIBLE) if _TELLTALE.search(text) else text


def command_of(line: str) -> str | None:
    """What stands behind the `#` of a line that looks like a command, None if it doesn't; a colour such as `#fff` doesn't."""
    plain = _visible(line).rstrip()
    if "#" not in plain[:4]:
        return None
    found = _COMMAND.fullmatch(plain)
    if not found or _COLOUR.fullmatch(plain.strip()):
        return None
    return found[1].strip()


def find(text: str) -> Found:
    """The commands of a text and what is left of it."""
    rows = text.split("\n")
    fenced = _fenced(rows)
    shown = _visible(text).split("\n")
    filled = [i for i, row in enumerate(shown) if row and not row.isspace()]
    if not filled:
        return Found(body="")
    first_end = next((i for i in range(filled[0], len(rows)) if not shown[i].strip()), len(rows))
    last_start = next((i + 1 for i in range(filled[-1], -1, -1) if not shown[i].strip()), 0)
    lines: list[Line] = []
    inside: list[Line] = []
    for i, row in enumerate(shown):
        said = command_of(row) if "#" in row and i not in fenced else None
        if said is not None:
            (lines if i < first_end or i >= last_start else inside).append(Line(number=i + 1, text=said))
    return Found(lines=tuple(lines), inside=tuple(inside), body=without(text, {line.number for line in lines}))


def without(text: str, numbers: Collection[int]) -> str:
    """A text for people: the lines of these numbers (from 1) left out, `##` at the start of a line turned into `#`."""
    if not numbers and "##" not in _visible(text):
        return text.strip("\n")
    rows = text.split("\n")
    fenced = _fenced(rows)
    kept = [row if i in fenced else _unescaped(row) for i, row in enumerate(rows) if i + 1 not in numbers]
    return "\n".join(kept).strip("\n")


def first_words(text: str) -> str:
    """The first line with anything on it, trimmed and without a final mark; for replies that are a button's word."""
    for row in text.split("\n"):
        plain = _visible(row).strip()
        if plain:
            return plain.strip("*_ ").rstrip(".!").strip()
    return ""


def _unescaped(row: str) -> str:
    bare = _visible(row)
    return row.replace("##", "#", 1).replace("＃＃", "＃", 1) if bare.lstrip().startswith("##") else row


def _fenced(rows: list[str]) -> frozenset[int]:
    """Rows within fenced code, the fences included; an open fence runs to the end."""
    found: set[int] = set()
    if not any("```" in row or "~~~" in row for row in rows):
        return frozenset(found)
    fence = ""
    for i, row in enumerate(rows):
        match = _FENCE.match(row)
        if fence:
            found.add(i)
            if match and match[1] == fence:
                fence = ""
        elif match:
            fence = match[1]
            found.add(i)
    return frozenset(found)
