"""What people write into a config that isn't TOML, and how they meant it: curly quotes, `yes`, a colon for `=`, a text without quotes.

Each mend is a guess; `mailgate/config/syntax.py` tries them in this order and keeps the first with which the file can be read on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.frozen import dataclass

_CURLY = str.maketrans(dict.fromkeys("“”„‟«»", '"') | dict.fromkeys("‘’‚‛", "'") | dict.fromkeys("\u00a0\u2007\u202f\u3000", " "))
_SIGN = re.compile(r"\s*(={1,3}>?|:=|:)\s*")
_COMMENT = re.compile(r"(\s*)(?://|;|--|/\*|%|!|REM |rem )\s*(.*)")
_HEADER = re.compile(r"\s*(\[{0,2})\s*([\w.\s-]+?)\s*(\]{0,2})\s*")
_BARE = r"""[^"'\[\]{},\s][^"'\[\]{},]*"""
_FLAGS = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}
_NOTHING = frozenset({"", "none", "null", "nil", "~"})
_TEXT = "texts stand in quotes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """One guess: from a line on, so many lines are replaced by one."""

    line: int
    """Counted from 1."""
    what: str
    """What was wrong, for people."""
    meant: str
    lines: int = 1

    def within(self, lines: list[str]) -> list[str]:
        """All lines of the file with the mend among them, each of the others in its place."""
        at = self.line - 1
        return [*lines[:at], self.meant, *[""] * (self.lines - 1), *lines[at + self.lines :]]


def likely(lines: list[str], number: int, words: str) -> Iterator[Mend]:
    """How a line may have been meant that the parser complains of with these words; the likeliest first."""
    line = lines[number - 1]
    for what, meant in _in_line(line, words):
        yield Mend(line=number, what=what, meant=meant)
        if '"' in meant and (single := _single_quoted(meant)) != meant:
            yield Mend(line=number, what=what, meant=single)
    yield from _over_lines(lines, number, words)


def key_of(line: str) -> str:
    """The key that a line seems to give a value to, empty if none."""
    found = re.match(r"\s*([\w.-]+)\s*[=:]", line)
    return found[1] if found else ""


def without_comment(line: str) -> str:
    """A line up to its comment; a # within quotes is none, nor one behind a quote that is never closed."""
    found = re.fullmatch(r"""((?:"(?:[^"\\]|\\.)*"|'[^']*'|[^#"'])*)#.*""", line)
    return (found[1] if found else line).rstrip()


def _in_line(line: str, words: str) -> Iterator[tuple[str, str]]:
    bare = line.strip()
    if re.match(r"(<<<<<<<|=======|>>>>>>>|\|\|\|\|\|\|\|)", bare):
        yield "a mark that a merge left behind; keep one of the two versions", "# " + bare
        return
    if found := _COMMENT.fullmatch(line):
        yield "comments begin with #", f"{found[1]}# {found[2].strip()}"
    straight = line.translate(_CURLY)
    if straight != line:
        yield "has curly quotes or special blanks; write straight ones", straight
        line = straight
    if words.startswith("Unescaped"):
        yield "a backslash means something within double quotes; write single ones", _single_quoted(line)
    yield from _header(line)
    if words == "Unclosed array":
        yield "a comma is missing between two items", re.sub(r"""(["'\d}\]])(\s+)(["'{\[])""", r"\1,\2\3", line)
        yield "a list is not closed with ]", _before_comment(line, "]")
    if "{" in line:
        yield "a comma is missing between two items", re.sub(r"""(["'\d}\]])(\s+)([\w-]+\s*=)""", r"\1,\2\3", line)
        yield "nothing stands behind the last item, no comma either", re.sub(r",\s*\}", "}", line)
        yield "a key and its value are joined by =", re.sub(r"""([\w-]|")\s*:\s*(?=["'\[{\w])(?!\d\d\b)""", r"\1 = ", line)
        yield _TEXT, re.sub(rf"=\s*({_BARE})(?=[,}}])", lambda found: f'= "{found[1].strip()}"', line)
        yield "a table is not closed with }", _before_comment(line, "}")
    if "[" in line:
        yield _TEXT, re.sub(rf"([\[,]\s*)({_BARE})(?=[,\]])", lambda found: f'{found[1]}"{found[2].strip()}"', line)
    yield from _pair(line)
    yield from _quotes(line)


def _header(line: str) -> Iterator[tuple[str, str]]:
    found = _HEADER.fullmatch(without_comment(line))
    if found is None or not (found[1] or found[3]):
        return
    opening, name, closing = found.groups()
    if re.search(r"\s", name):
        yield "the name of a section has no blanks", f"{opening}{re.sub(chr(92) + 's+', '_', name)}{closing}"
    for count in dict.fromkeys((len(opening) or len(closing), 1)):
        yield "the brackets around a section don't match", f"{'[' * count}{name}{']' * count}"


def _pair(line: str) -> Iterator[tuple[str, str]]:
    plain = without_comment(line)
    joined = _SIGN.search(plain)
    key, sign, value = (plain[: joined.start()], joined[1], plain[joined.end() :]) if joined else (*plain.lstrip().partition(" "),)
    indent, key = plain[: len(plain) - len(plain.lstrip())], key.strip()
    if not key:
        return
    sentence = _TEXT
    if sign != "=":
        sentence = "a key and its value are joined by ="
    if not key.startswith('"') and re.search(r"[^\w.-]", key, re.ASCII):
        key, sentence = (re.sub(r"\s+", "_", key) if key.isascii() else f'"{key}"'), "a key is one word"
    if sentence != _TEXT and value:
        yield sentence, f"{indent}{key} = {value}"
    short = value.rstrip(",; ")
    if short != value and short:
        yield "nothing stands behind a value, no comma either", f"{indent}{key} = {short}"
        value = short
    if sign == ":" and not value and re.fullmatch(r"[a-z_]+", key):
        yield "a section stands in brackets", f"[{key}]"
    if value.casefold() in _FLAGS:
        yield f"{value} is no value; a switch is true or false", f"{indent}{key} = {_FLAGS[value.casefold()]}"
    elif value.casefold() in _NOTHING and sign == "=":
        yield f"{key} has no value; leave the line out to have the default", f"# {line.strip()}"
    elif re.fullmatch(r"0\d+", value):
        yield "numbers begin with no 0", f"{indent}{key} = {value.lstrip('0')}"
    elif value and not re.search(r"""["'\[{]""", value):
        yield sentence, f'{indent}{key} = "{value}"'


def _quotes(line: str) -> Iterator[tuple[str, str]]:
    if '"""' in line or "'''" in line:
        return
    plain = without_comment(line)
    for quote, other in (('"', "'"), ("'", '"')):
        if plain.count(quote) % 2:
            what = "a quote is not closed"
            if plain.count(other) % 2:
                yield "a text begins and ends with the same quote", plain.replace(other, quote)
            yield what, _before_comment(line, quote)
            yield what, plain + quote
            yield what, line.rstrip() + quote
            yield what, re.sub(r"\s*([\])},]+\s*)$", rf"{quote}\1", plain)
            yield what, re.sub(rf"^([^=]*=\s*)([^{quote}]*{quote})$", rf"\1{quote}\2", plain)
            yield what, re.sub(rf"([\[,]\s*)([^\s{quote},\[]+{quote})", rf"\1{quote}\2", plain)


def _over_lines(lines: list[str], number: int, words: str) -> Iterator[Mend]:
    """What is wrong with a line because of those around it."""
    above = next((at for at in range(number - 1, 0, -1) if without_comment(lines[at - 1]).strip()), 0)
    if words == "Unclosed array" and above:
        before = lines[above - 1]
        begins = re.match(r"\s*(\[|[\w.-]+\s*=)", lines[number - 1])
        for what, sign in (("a list is not closed with ]", "]"), ("a comma is missing behind this item", ","))[:: 1 if begins else -1]:
            yield Mend(line=above, what=what, meant=_before_comment(before, sign))
    if without_comment(lines[number - 1]).count("{") > without_comment(lines[number - 1]).count("}"):
        joined = without_comment(lines[number - 1])
        for more in range(1, min(20, len(lines) - number + 1)):
            joined = f"{joined.rstrip()} {without_comment(lines[number - 1 + more]).strip()}".rstrip()
            if joined.count("{") == joined.count("}"):
                tidy = re.sub(r"(\{)\s+|,?\s+(\})", r"\1\2", joined)
                yield Mend(line=number, what="a table in braces stands on one line", meant=tidy, lines=more + 1)
                return


def _single_quoted(line: str) -> str:
    """The line with single quotes around every text that has a backslash."""
    return re.sub(r'"([^"\n\']*\\[^"\n\']*)"', r"'\1'", line)


def _before_comment(line: str, more: str) -> str:
    plain = without_comment(line)
    return plain.rstrip() + more + line[len(plain) :]
