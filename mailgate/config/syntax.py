"""Where a config isn't TOML: every such line at once, each with what it should have been, and the text as it was probably meant.

tomllib stops at the first fault and names it in the words of its grammar. So each line at fault is tried with the usual mends in its place: the
first with which the parser gets further was meant. What else the file says is then read, and checked, as if it had been written so.
The mends themselves are in `mailgate/config/mends.py`.
"""

from __future__ import annotations

import re
import tomllib

from mailgate.config import mends
from rules.frozen import dataclass

_MOST = 40
"""Faults that are listed: a file that has more was never a config."""
_AT = re.compile(r" *\(at (?:line (\d+), column \d+|end of document)\)")
_SECRET = re.compile(r"passw|secret|token|://[^/\s]*@", re.IGNORECASE)
_ENDLESS = "a text begins here that never ends"
_TWICE = "stands twice"
_PLAIN = {
    "Invalid statement": "a line is KEY = VALUE, [SECTION] or # and a comment",
    "Invalid initial character for a key part": "a line is KEY = VALUE, [SECTION] or # and a comment",
    "Expected '=' after a key in a key/value pair": "a line is KEY = VALUE, [SECTION] or # and a comment",
    "Invalid value": 'its value can\'t be read; texts stand in quotes, lists in brackets: ["a", "b"]',
    "Expected newline or end of document after a statement": "something stands behind its value",
    "Cannot overwrite a value": "the key stands twice in its table",
    "Unclosed array": "a list is not closed with ], or lacks a comma",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A line that isn't TOML."""

    line: int
    """Counted from 1."""
    what: str
    near: str = ""
    """The line as it was probably meant; empty where that can't be told, or where it holds a secret."""
    lost: str = ""
    """The key whose value can't be told, so that nobody is told it is missing; * where all of a section is."""


def mended(text: str) -> tuple[str, list[Fault]]:
    """A text that tomllib takes, each line in its place, and what was wrong with the one given.

    Where a mend can't be guessed the line is left out; where it opens something that goes on below, all up to the next section is.
    The text is empty where nothing helps.
    """
    faults: list[Fault] = []
    lines = text.split("\n")
    while why := _refusal(lines):
        number, words = _placed(lines, *why)
        if len(faults) == _MOST or any(each.line == number and each.lost for each in faults):
            return "", faults
        for mend in mends.likely(lines, number, words):
            tried = mend.within(lines)
            if tried != lines and _further(tried, max(why[0], mend.line)):
                faults.append(Fault(line=mend.line, what=mend.what, near=_shown(mend.meant)))
                lines = tried
                break
        else:
            key = mends.key_of(lines[number - 1])
            tried = [*lines[: number - 1], "", *lines[number:]]
            if words == _ENDLESS or words.endswith(_TWICE) or not _further(tried, number):
                tried, key = _without_section(lines, number), "*"
            faults.append(Fault(line=number, what=_PLAIN.get(words, words), lost=key or "*"))
            lines = tried
    return "\n".join(lines), faults


def _refusal(lines: list[str]) -> tuple[int, str] | None:
    """Line and words of the parser's complaint, None where it has none. Before Python 3.14 the line is only in its words."""
    try:
        tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError as why:
        said = str(why)
        found = _AT.search(said)
        last = max((at for at, line in enumerate(lines, 1) if line.strip()), default=1)
        return (int(found[1]) if found and found[1] else last), _AT.sub("", said)
    return None


def _further(lines: list[str], number: int) -> bool:
    """Whether the parser gets beyond a line."""
    why = _refusal(lines)
    return why is None or why[0] > number


def _placed(lines: list[str], number: int, words: str) -> tuple[int, str]:
    """Where the fault stands and what it is; a text that never ends is at fault where it begins."""
    if twice := re.fullmatch(r"Cannot declare \((.*?),?\) twice", words):
        return number, f"[{twice[1].replace(', ', '.').replace(chr(39), '')}] {_TWICE}"
    if words in {"Unterminated string", "Expected \"'''\"", 'Expected \'"""\''}:
        opened = [at for at, line in enumerate(lines[:number], 1) if line.count('"""') % 2 or line.count("'''") % 2]
        return (opened[-1] if opened else number), _ENDLESS
    if words == 'Expected "\'"':
        opened = [at for at, line in enumerate(lines[:number], 1) if mends.without_comment(re.sub(r'"[^"]*"', "", line)).count("'") % 2]
        return (opened[0] if opened else number), words
    return number, words


def _without_section(lines: list[str], number: int) -> list[str]:
    """The lines without those from one on up to the next that begins a section."""
    end = next((at for at in range(number, len(lines)) if re.match(r"\s*\[{1,2}[\w.-]+\]{1,2}\s*(#.*)?$", lines[at])), len(lines))
    return [*lines[: number - 1], *[""] * (end - number + 1), *lines[end:]]


def _shown(line: str) -> str:
    plain = mends.without_comment(line).strip()
    return "" if _SECRET.search(plain) else plain
