"""Finds the `#verb …` lines in what an author wrote; understands none of them.

Commands stand in the first or the last block of the text (blocks are parted by blank lines; several of nothing but commands count as one,
and a closing formula with a name below it is no block). What looks like a command further in is reported apart, so that nothing leaves
while an agent may have meant it. Next: `rules.actions.base.read`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Container

from rules.frozen import dataclass
from rules.reading import unseen

_COMMAND = re.compile(r"[ ]{0,3}#(?=[^\W\d_])(.*)", re.DOTALL)
_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})[.,;:!?]?$")
_DRESSED = 12
"""Characters of a line among which its `#` is looked for."""
_CLOSING_ROWS = 4
_NAME_CHARS = 40
_BROKEN_OFF = 66
"""Where clients begin to break lines, in characters; RFC 3676 section 4.2 advises 66, most take 72 to 78."""
_CLOSING = re.compile(
    r"(?:(?:with )?(?:best|kind|warm|kindest|warmest|many)? ?(?:regards|wishes|greetings)|best|cheers|thanks(?: again)?|many thanks|thank you|sincerely"
    r"|yours(?: \w+)?|(?:(?:mit )?(?:freundliche[mn]?|viele[n]?|liebe[n]?|beste[n]?|schöne[n]?|herzliche[n]?) )?(?:gr(?:uß|uss|üße|üßen|üsse|üssen))"
    r"|mfg|lg|vg|danke(?: und gru(?:ß|ss))?|vielen dank|besten dank|(?:ystävällisin |parhain |hyvää \w+ )?terveisin|terveisin|terv|t|yt|kiitos|kiitoksin"
    r"|(?:s|se) pozdravem|s přáním .{1,30}|zdrav[ií]m|děkuji|díky)[ ,.!]*",
    re.IGNORECASE,
)
_THANKS = re.compile(r"(?:cheers|(?:many )?thank|danke|(?:vielen|besten) dank|kiito|děkuj|díky)", re.IGNORECASE)
_SIGNED_ROWS = 10
_SIGNED_CHARS = 80
_ABBREVIATED_WORDS = 3
_POSTSCRIPT = re.compile(r"p\.? ?s\b", re.IGNORECASE)
_CONTACT = re.compile(r"[\d@|]|www\.", re.IGNORECASE)
_AROUND = "*_ \"'„“”‚‘’«»‹›"
_DRESS = "*_~`\"'„“”‚‘’«»‹›()[]{}\\|•·‣▪–— \t-"
"""What clients and habits put around a line: bold as `*#close*`, a bullet, quotation marks as our mails print them."""
_ITEM = re.compile(r"\d{1,2}[.)]\s*")
_FENCE = re.compile(r"\s*(```|~~~)")
_INVISIBLE = dict.fromkeys(
    map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"), None
) | {
    0x00A0: " ",
    0x202F: " ",
    0x2007: " ",
    0xFF03: "#",
}
_TELLTALE = tuple(map(chr, _INVISIBLE))


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
    """Further in, with marks around them, or indented and all there is; still part of `body`."""
    body: str = ""
    """What is left for people, `##` at the start of a line turned into `#`."""


def _visible(text: str) -> str:
    return text.translate(_INVISIBLE) if unseen.holds_any(text, _TELLTALE) else text


def command_of(line: str) -> str | None:
    """What stands behind the `#` of a line that looks like a command, None if it doesn't; a colour such as `#fff` doesn't."""
    plain = _visible(line).rstrip()
    if "#" not in plain[:4]:
        return None
    found = _COMMAND.fullmatch(plain)
    if not found or _COLOUR.fullmatch(plain.strip()):
        return None
    return found[1].strip()


def _spaced(line: str) -> str | None:
    """What stands behind the `#` and a blank, which is text; a telephone puts that blank there, too."""
    plain = _visible(line).strip()
    return plain[1:].strip() if plain.startswith("# ") and plain[2:].strip()[:1].isalpha() else None


def _dressed(line: str) -> str | None:
    """What stands behind the `#` of a line that would be a command but for what is around it."""
    plain = _visible(line).strip()
    bare = _ITEM.sub("", plain, count=1).lstrip(_DRESS) if "#" in plain[:_DRESSED] else ""
    return command_of(bare.rstrip(_DRESS)) if bare.startswith("#") else None


def find(text: str) -> Found:
    """The commands of a text and what is left of it."""
    visible = _visible(text)
    if "#" not in visible:
        return Found(body=text.strip("\n") if visible.strip() else "")
    rows = text.split("\n")
    fenced = _fenced(rows)
    shown = visible.split("\n")
    filled = [i for i, row in enumerate(shown) if row and not row.isspace()]
    signed = [i for i in filled if "#" in shown[i] and i not in fenced]
    commands = {i: said for i in signed if (said := command_of(shown[i])) is not None}
    dressed = {i: said for i in signed if i not in commands and (said := _dressed(shown[i])) is not None}
    if len(commands) + len(dressed) < len(filled):
        # beside other text, what is only indented is code
        dressed = {i: said for i, said in dressed.items() if not shown[i].lstrip().startswith("#")}
    if not dressed and signed == filled:
        # nothing but such lines: `# apt update` is code that somebody shows, `# take` may be meant
        dressed = {i: said for i in signed if i not in commands and (said := _spaced(shown[i])) is not None}
    if not commands and not dressed:
        return Found(body=without(text, ()))
    edges = _edges(_blocks(shown, filled), shown, commands)
    lines = [Line(number=i + 1, text=said) for i, said in commands.items() if i in edges]
    further = {i: said for i, said in commands.items() if i not in edges} | dressed
    inside = [Line(number=i + 1, text=further[i]) for i in sorted(further)]
    return Found(lines=tuple(lines), inside=tuple(inside), body=without(text, {line.number for line in lines}))


def _blocks(rows: list[str], filled: list[int]) -> list[list[int]]:
    """The numbers of the rows with something on them, parted where there is a blank one between."""
    blocks: list[list[int]] = []
    for i in filled:
        if blocks and blocks[-1][-1] == i - 1:
            blocks[-1].append(i)
        else:
            blocks.append([i])
    return blocks


def _edges(blocks: list[list[int]], rows: list[str], commands: Container[int]) -> frozenset[int]:
    """The rows in which commands are meant: those of the first and the last block."""
    first = _run_of(blocks, commands)
    last = _run_of(_without_closing(blocks, rows)[::-1], commands)
    return frozenset(i for block in (*first, *last) for i in block)


def _run_of(blocks: list[list[int]], commands: Container[int]) -> list[list[int]]:
    """The first block, and all after it as long as they hold nothing but commands."""
    if not blocks:
        return []
    out = [blocks[0]]
    if all(i in commands for i in blocks[0]):
        for block in blocks[1:]:
            if not all(i in commands for i in block):
                break
            out.append(block)
    return out


def _without_closing(blocks: list[list[int]], rows: list[str]) -> list[list[int]]:
    """The blocks without a closing formula at the end and the name below it, which may be a block of its own."""
    for back in (1, 2):
        if len(blocks) <= back:
            break
        tail = [i for block in blocks[-back:] for i in block]
        if len(tail) <= _CLOSING_ROWS and _CLOSING.fullmatch(rows[tail[0]].strip()) and all(len(rows[i]) <= _NAME_CHARS for i in tail[1:]):
            return blocks[:-back]
    return blocks


def is_closing(row: str) -> bool:
    """Whether a line is nothing but a closing formula, such as `Best regards,`."""
    return bool(_CLOSING.fullmatch(row.strip()))


def says_nothing(text: str) -> bool:
    """Whether a text is empty, or a signature alone: a closing formula, and below it a name, a firm, a telephone number.

    Thanks say something, and so does a row below that may be a sentence. When in doubt it says something.
    """
    said = _visible(text).strip()
    head = said.partition("\n")[0].strip()
    if not is_closing(head) or _THANKS.match(head):
        return not head
    rows = [row for each in said.split("\n") if (row := each.strip())]
    return len(rows) <= _SIGNED_ROWS and all(map(may_sign, rows[1:]))


def may_sign(row: str) -> bool:
    """Whether a row may stand in a signature: no question, no sentence, no postscript."""
    if len(row) > _SIGNED_CHARS or row[-1] in "?!" or _POSTSCRIPT.match(row) or command_of(row) is not None:
        return False
    words = row.split()
    if row[-1] == "." and len(words) > _ABBREVIATED_WORDS:
        return False
    small = [word for word in words if word[0].islower()]
    return len(small) <= (3 if _CONTACT.search(row) else 2 if len(row) <= _NAME_CHARS else 0)


def has_contact(row: str) -> bool:
    """Whether a row holds a number, an address, or names of a site or of several things side by side."""
    return bool(_CONTACT.search(row))


def without(text: str, numbers: Collection[int]) -> str:
    """A text for people: the lines of these numbers (from 1) left out, `##` at the start of a line turned into `#`."""
    if not numbers and "##" not in _visible(text):
        return text.strip("\n")
    rows = text.split("\n")
    fenced = _fenced(rows)
    kept: list[str] = []
    has_gap = False
    for i, row in enumerate(rows):
        if i + 1 in numbers:
            has_gap = bool(kept) and not kept[-1].strip()
            continue
        if has_gap and not row.strip():
            continue  # the blank line below what was left out; the one above it is enough
        has_gap = False
        kept.append(row if i in fenced else _unescaped(row))
    return "\n".join(kept).strip("\n")


def continued(text: str, number: int, *, whole: bool) -> tuple[int, ...]:
    """Numbers of the lines (from 1) by which a command's own text goes on below it: up to a blank line or another command.

    All of them where the command takes a `whole` paragraph, else those that a client broke off: lines so full that the first word of the
    next one didn't fit any more.
    """
    rows = text.split("\n")
    found: list[int] = []
    for below in range(number, len(rows)):
        row = rows[below]
        if not row.strip() or command_of(row) is not None or _FENCE.match(row):
            break
        if not whole and len(rows[below - 1].rstrip()) + 1 + len(row.split(None, 1)[0]) <= _BROKEN_OFF:
            break
        found.append(below + 1)
    return tuple(found)


def first_words(text: str) -> str:
    """The first line with anything on it, without marks around it: our mails print a word in quotes, and people end it with a full stop."""
    for row in text.split("\n"):
        plain = _visible(row).strip()
        if plain:
            return plain.strip(_AROUND).rstrip(".!").strip(_AROUND)
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
