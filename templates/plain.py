"""The parts of a mail as plain text: paragraphs, status bar, facts, buttons' words, quoted text.

The HTML twins have the same names and stand in `markup.py`; a text calls them without knowing which of the two it becomes.
Every part is a block between marks that no card can hold, so that white space of a template does not matter: `join` puts them together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rules.frozen import dataclass

WIDTH = 72
"""Columns of wrapped text; what people wrote keeps its own lines in their own mails."""
_OPEN, _CLOSE = "\x02", "\x03"
_MARKS = re.compile(f"[{_OPEN}{_CLOSE}]")
LIGHT = {"": " ", "green": "●", "yellow": "▲", "red": "■", "waiting": "◆", "closed": "✓"}
PARTS = (
    "title heading p small strong code statusbar slimbar letter signature said facts button_row rating_row band rule results "
    "ticketrows timeline verb_table"
).split()
"""The names of the parts that a text can call, here and in `markup.py`."""
SAID_LIMIT = 20_000
"""How much of a post is shown, in characters."""


def wrap(text: str, first: str = "", rest: str = "", width: int = WIDTH) -> str:
    """One paragraph broken at spaces; longer words stay whole. first and rest are what the first and the other lines begin with."""
    left, lines, start = " ".join(text.split()), [], first
    while len(start) + len(left) > width:
        end = left.rfind(" ", 0, max(0, width - len(start) + 1))
        if end < 0 and (end := left.find(" ")) < 0:
            break
        lines.append(start + left[:end])
        left, start = left[end + 1 :], rest
    return "\n".join([*lines, start + left])


def block(text: str) -> str:
    """A part of its own, with an empty line before and after it."""
    return f"{_OPEN}{text}{_CLOSE}" if text else ""


def join(rendered: str) -> str:
    """The blocks of a rendered text with one empty line between them; text of a template outside any block counts as a block."""
    pieces = _MARKS.split(rendered)
    kept = [piece if number % 2 else piece.strip() for number, piece in enumerate(pieces)]
    return "\n\n".join(piece for piece in kept if piece.strip()) + "\n"


def light_of(ticket: Mapping[str, object]) -> str:
    """Which light a bar shows: waiting and closed tickets have their own, their clocks stand."""
    status = str(ticket["status"])
    return status if status in {"waiting", "closed"} else str(ticket["light"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """The parts in one language."""

    words: Mapping[str, Any]
    """Of `words.toml`."""

    def parts(self) -> dict[str, Callable[..., str]]:
        """The parts by the names that texts call them by."""
        return {name: getattr(self, name) for name in PARTS}

    def _word(self, table: str, name: str) -> str:
        return str(self.words[table][name])

    def title(self, text: str) -> str:
        """What the mail says, in a line."""
        return block(wrap(text))

    def heading(self, text: str, *, quoted: bool = False) -> str:
        """A line over what follows, in capitals unless the words are somebody's own."""
        return block(wrap(text) if quoted else wrap(text).upper())

    def p(self, caller: Callable[[], str]) -> str:
        """A paragraph."""
        return block(wrap(caller()))

    def small(self, caller: Callable[[], str]) -> str:
        """A paragraph of lesser weight."""
        return block(wrap(caller()))

    def strong(self, text: str) -> str:
        """A weighty word; plain text has no weight."""
        return text

    def code(self, text: str) -> str:
        """Something to be typed."""
        return text

    def rule(self, above: int = 0, below: int = 0) -> str:
        """A line across; an empty line will do."""
        return ""

    def band(self, kind: str, text: str) -> str:
        """A notice that must be seen."""
        return block(wrap(text, "" if kind in {"teal", "grey"} else "! "))

    def statusbar(self, ticket: Mapping[str, object], *, staff: bool = False) -> str:
        """Status in words, the step, for staff the light, and the six cells."""
        words = self._progress(ticket, staff=staff)
        if staff:
            light = light_of(ticket)
            words += f"   {LIGHT[light]} {self._word('light', light)}"
        return block(f"{self._word('common', 'status')}: {words}\n{self._cells(ticket)}")

    def slimbar(self, ticket: Mapping[str, object]) -> str:
        """The bar under a personal answer."""
        return block(f"{self._progress(ticket, staff=False)}  {self._cells(ticket)}")

    def _progress(self, ticket: Mapping[str, object], *, staff: bool) -> str:
        status = self._word("status_staff" if staff else "status", str(ticket["status"]))
        return self._word("common", "progress").format(status=status, n=int(str(ticket["progress"])) + 1)

    @staticmethod
    def _cells(ticket: Mapping[str, object]) -> str:
        done = int(str(ticket["progress"])) + 1
        return "[" + "|".join("##" if cell < done else "--" for cell in range(6)) + "]"

    def letter(self, text: str, pictures: Mapping[str, str] | None = None, *, fold: bool = False) -> str:
        """An agent's own words as typed; a pasted picture is named at its place. fold: long lines are broken, for texts of the desk."""
        for content_id, name in (pictures or {}).items():
            text = text.replace(f"[cid:{content_id}]", "[" + self._word("common", "picture").format(name=name) + "]")
        lines = text.strip("\n").split("\n")
        return block("\n".join(wrap(line) if fold and len(line) > WIDTH else line for line in lines))

    def signature(self, text: str) -> str:
        """The agent's signature."""
        return block(text.strip())

    def said(self, text: str, head: str = "", quoted: str = "", *, inside: bool = False) -> str:
        """Somebody's words, marked line by line so that none of them can pass for ours."""
        shown = text[:SAID_LIMIT].strip("\n") or self._word("common", "no_text")
        lines = [wrap(line, "> ", "> ") if len(line) > WIDTH - 2 else f"> {line}".rstrip() for line in shown.split("\n")]
        if quoted:
            lines += [">", *(f"> > {line}".rstrip() for line in quoted[:SAID_LIMIT].strip("\n").split("\n"))]
        if len(text) > SAID_LIMIT or len(quoted) > SAID_LIMIT:
            lines.append(self._word("common", "shortened"))
        return block((wrap(head) + ":\n\n" if head else "") + "\n".join(lines))

    def facts(self, rows: Sequence[tuple[str, str]]) -> str:
        """Names and values below each other; empty values are left out."""
        kept = [(key, value) for key, value in rows if value]
        column = max((len(key) for key, _ in kept), default=0) + 2
        return block("\n".join(wrap(value, f"{key + ':':{column}}", " " * column) for key, value in kept))

    def button_row(self, buttons: Sequence[Mapping[str, str]], *, staff: bool = False, hint: bool = True, primary: bool = True) -> str:
        """The words to reply with and what each does."""
        if not buttons:
            return ""
        rows = columns([(button["word"], button["label"] if button["label"] != button["word"] else "") for button in buttons])
        said = self._word("common", "word_only" if len(buttons) == 1 else "words_only")
        return block((said + "\n\n" if hint else "") + rows)

    def rating_row(self, buttons: Sequence[Mapping[str, str]]) -> str:
        """The five notes."""
        if not buttons:
            return ""
        low, high = self._word("common", "rate_low"), self._word("common", "rate_high")
        return block(wrap(self._word("common", "rate_words").format(low=low, high=high)))

    def results(self, lines: Sequence[Mapping[str, object]]) -> str:
        """Each line of a command mail with what became of it."""
        said = []
        for line in lines:
            said.append(f"{'✓' if line['ok'] else '✗'}  {line['line']}")
            if line["result"]:
                said.append(wrap(str(line["result"]), "   ", "   "))
        return block("\n".join(said))

    def ticketrows(self, rows: Sequence[Mapping[str, object]], *, staff: bool = False) -> str:
        """Tickets of a list: reference, subject, where it stands."""
        said = []
        for row in rows:
            light = light_of(row)
            status = self._progress(row, staff=staff)
            light_words = f"{LIGHT[light]} {self._word('light', light)} · " if staff else ""
            who = f" · {row['who']}" if row["who"] else ""
            said.append(wrap(f"{row['ref']}  {row['subject']}", "", "  ") + "\n" + wrap(f"{light_words}{status}{who}", "  ", "  "))
        return block("\n\n".join(said))

    def timeline(self, rows: Sequence[tuple[str, str]]) -> str:
        """Times and what happened."""
        return block(columns(rows, indent=""))

    def verb_table(self, rows: Sequence[tuple[str, str]]) -> str:
        """Commands and what each does."""
        return block(columns(rows))


def columns(rows: Sequence[tuple[str, str]], indent: str = "  ", most: int = 26) -> str:
    """Pairs below each other, the right ones aligned unless a left one is longer than `most`."""
    column = min(max((len(left) for left, _ in rows), default=0), most) + 2
    said = []
    for left, right in rows:
        start = f"{indent}{left:{column}}" if len(left) <= most else f"{indent}{left}\n{indent}{'':{column}}"
        head, newline, last = start.rpartition("\n")
        said.append((head + newline + wrap(right, last, indent + " " * column)).rstrip())
    return "\n".join(said)
