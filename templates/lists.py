"""Parts that list things, as HTML and as plain text side by side: rows with buttons, steps, entries with a value, work to tick off.

Texts call them as they call the parts of `markup.py` and `plain.py`; how each looks is in `design.py`. Lists of tickets for customers
are `ticketrows` there; charts are in `figures.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from rules.frozen import dataclass
from templates import design, markup, plain

PARTS = ("agenda", "steps", "entries", "checklist")
"""The names of the parts, the same in both classes."""
_css = design.css


@dataclass(frozen=True, slots=True, kw_only=True)
class Html:
    """The lists as HTML."""

    words: Mapping[str, Any]
    """Of `words.toml`."""

    def parts(self) -> dict[str, Callable[..., Markup]]:
        """The parts by the names that texts call them by."""
        return {name: markup.marked(getattr(self, name)) for name in PARTS}

    def agenda(self, rows: Sequence[Mapping[str, Any]]) -> str:
        """Things to decide on: a badge with number and light, a title, what is to be known, and buttons at the right.

        Each row has `number` (0: no badge), `light`, `title`, `sub` and `buttons`. On a phone the buttons stand under the words.
        """
        shown = ""
        for place, row in enumerate(rows, 1):
            sub = f"<br><span {_css('tiny')}>{escape(row['sub'])}</span>" if row["sub"] else ""
            words = f'<span dir="auto" {_css("rowtitle")}>{escape(row["title"])}</span>{sub}'
            presses = _gap().join(f'<td valign="top">{_small(button)}</td>' for button in row["buttons"])
            side = _css("rowside rowin" if row["number"] else "rowside")
            right = f'<td align="right" valign="top" {side}>{markup.TIGHT}><tr>{presses}</tr></table></td>' if presses else ""
            left = f'<td valign="top" width="46">{_badge(row["number"], row["light"])}</td>' if row["number"] else ""
            inner = f'{markup.GRID}><tr>{left}<td valign="top">{words}</td></tr></table>'
            line = f'{markup.GRID}><tr><td class="stack" valign="top">{inner}</td>{right}</tr></table>'
            shown += f"<tr><td {_css('rowlast' if place == len(rows) else 'row')}>{line}</td></tr>\n"
        return f"{markup.GRID}>{shown}</table>{markup.space(18)}" if shown else ""

    def steps(self, rows: Sequence[tuple[str, str]]) -> str:
        """What to do one after the other: a number, what, and how."""
        shown = ""
        for number, (title, how) in enumerate(rows, 1):
            shown += (
                f'<tr><td valign="top" width="38" {_css("stepcell")}>{_badge(number, "closed", tint="teal")}</td>'
                f'<td valign="top" {_css("stepcell")}><span {_css("rowtitle")}>{escape(title)}</span><br>'
                f"<span {_css('note')}>{escape(how)}</span></td></tr>\n"
            )
        return f"{markup.GRID}>{shown}</table>{markup.space(12)}"

    def entries(self, rows: Sequence[tuple[str, str, str]]) -> str:
        """Things with a value at the right: name, what is to be known of it, value."""
        shown = ""
        for place, (name, sub, value) in enumerate(rows, 1):
            below = f'<br><span dir="auto" {_css("tiny")}>{escape(sub)}</span>' if sub else ""
            cell = "entrylast" if place == len(rows) else "entry"
            shown += (
                f'<tr><td valign="top" {_css(cell)}><span dir="auto" {_css("note")}>{escape(name)}</span>{below}</td>'
                f'<td valign="top" align="right" width="30%" {_css(cell)}><span {_css("note")}>{escape(value)}</span></td></tr>\n'
            )
        return f"{markup.GRID}>{shown}</table>{markup.space(18)}" if shown else ""

    def checklist(self, rows: Sequence[tuple[bool, str]]) -> str:
        """Work to be ticked off, on the screen or on paper."""
        shown = "".join(
            f'<tr><td valign="top" width="26" {_css("tick fg-green" if done else "tick fg-grey")}>{"&#9745;" if done else "&#9744;"}</td>'
            f'<td dir="auto" valign="top" {_css("ticked note")}>{escape(text)}</td></tr>\n'
            for done, text in rows
        )
        return f"{markup.GRID}>{shown}</table>{markup.space(14)}" if shown else ""


def _gap() -> str:
    return f'<td width="8" {_css("gap")}>&nbsp;</td>'


def _badge(number: int, light: str, *, tint: str = "") -> str:
    ground = tint or markup.TINTS[light]
    return (
        f'{markup.TIGHT}><tr><td align="center" width="30" {_css(f"badge bg-{ground}")}>'
        f"<span {_css(f'badgetext fg-{ground}')}>{number}</span></td></tr></table>"
    )


def _small(button: Mapping[str, str]) -> str:
    face = f"{escape(button['label'])}<br><span {_css('word2')}>{escape(button['word'])}</span>"
    return f'{markup.TIGHT}><tr><td align="center" {_css("btn2")}>{markup.link(button, _css("btn3a"), face)}</td></tr></table>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """The lists as plain text."""

    words: Mapping[str, Any]
    """Of `words.toml`."""

    def parts(self) -> dict[str, Callable[..., str]]:
        """The parts by the names that texts call them by."""
        return {name: getattr(self, name) for name in PARTS}

    def agenda(self, rows: Sequence[Mapping[str, Any]]) -> str:
        """Number, title, what is to be known, and the words to write."""
        said = []
        for row in rows:
            start = f"{row['number']:<3}{plain.LIGHT[row['light']]} " if row["number"] else ""
            rest = " " * len(start)
            lines = [plain.wrap(str(row["title"]), start, rest)]
            if row["sub"]:
                lines.append(plain.wrap(str(row["sub"]), rest or "  ", rest or "  "))
            if row["buttons"]:
                lines.append(plain.columns([(button["word"], button["label"]) for button in row["buttons"]], indent=rest or "  "))
            said.append("\n".join(lines))
        return plain.block("\n\n".join(said))

    def steps(self, rows: Sequence[tuple[str, str]]) -> str:
        """What to do one after the other."""
        said = [f"{plain.wrap(title, f'{n}. ', '   ')}\n{plain.wrap(how, '   ', '   ')}" for n, (title, how) in enumerate(rows, 1)]
        return plain.block("\n\n".join(said))

    def entries(self, rows: Sequence[tuple[str, str, str]]) -> str:
        """Value first, so that a column of them can be read down."""
        column = max((len(value) for _, _, value in rows), default=0) + 2
        said = []
        for name, sub, value in rows:
            said.append(plain.wrap(name, f"{value:>{column}}  ", " " * (column + 2)))
            if sub:
                said.append(plain.wrap(sub, " " * (column + 2), " " * (column + 2)))
        return plain.block("\n".join(said))

    def checklist(self, rows: Sequence[tuple[bool, str]]) -> str:
        """Work to be ticked off."""
        return plain.block("\n".join(plain.wrap(text, f"[{'x' if done else ' '}] ", "    ") for done, text in rows))
