"""The parts of a mail as HTML: the twins of `plain.py`, by the same names.

Tables instead of boxes, and styles in every element: Outlook lays out mails as Word does, and most web mailers drop style sheets.
All that comes in as `str` is escaped here; only `Markup` passes as it is. What the parts look like is in `design.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any

from markupsafe import Markup, escape

from rules.frozen import dataclass
from templates import design, plain, rich

STEPS = ("new", "read", "assigned", "working", "waiting", "closed")
_SHAPES = {"green": "&#9679;", "yellow": "&#9650;", "red": "&#9632;", "waiting": "&#9670;", "closed": "&#10003;"}
TINTS = {"": "grey", "green": "green", "yellow": "yellow", "red": "red", "waiting": "blue", "closed": "grey"}
_NOTES = ("red", "red", "yellow", "green", "green")
_ADDRESS = re.compile(r"&lt;([^\s&<>]+@[^\s&<>]+)&gt;")
_BLANKS = re.compile(r"(?<=\n)[ \t]+|[ \t]{2,}")
GRID = '<table role="presentation" cellpadding="0" cellspacing="0" border="0" width="100%"'
TIGHT = '<table role="presentation" cellpadding="0" cellspacing="0" border="0"'
_css = design.css


def space(height: int) -> str:
    """An empty strip; margins of tables are not honoured everywhere."""
    return f'{GRID}><tr><td height="{height}" {_css("gap")}>&nbsp;</td></tr></table>'


def addressed(text: str) -> Markup:
    """A line escaped, the address behind a name set apart, so that it moves to the next line as a whole."""
    return Markup(_ADDRESS.sub(lambda found: f"<span {_css('addr')}>{found[1]}</span>", str(escape(text))))  # noqa: S704 - escaped above


def typed(text: str) -> str:
    """Foreign text as HTML: escaped, its line breaks and indents kept, cut where it is too long for a mail."""
    shown = str(escape(text[: plain.SAID_LIMIT].strip("\n")))
    if "  " in shown or "\t" in shown or "\n " in shown:
        shown = _BLANKS.sub(lambda found: "&nbsp;" * len(found[0].expandtabs(4)), shown)
    return shown.replace("\n", "<br>\n")


def colour_of(ticket: Mapping[str, object]) -> str:
    """The colour key of a bar, the status' usual one where the ticket's own is unknown to the design."""
    colour = str(ticket["colour"])
    return colour if colour in design.COLOURS else design.STATUS_COLOURS[str(ticket["status"])]


def _cells(ticket: Mapping[str, object], height: int, aria: str) -> str:
    done = int(str(ticket["progress"]))
    on, off = _css(f"fill-{colour_of(ticket)}"), _css("off")
    gap = f'<td width="4" {_css("gap")}>&nbsp;</td>'
    row = gap.join(f'<td height="{height}" {on if step <= done else off}>&nbsp;</td>' for step in range(len(STEPS)))
    return f'{GRID} role="img" aria-label="{escape(aria)}" style="table-layout:fixed"><tr>{row}</tr></table>'.replace(
        'role="presentation" ', "", 1
    )


_WHOLE = 20
"""Letters of a word in a label that is never broken; longer ones are foreign, and would push the value off a small phone."""


def _key(label: str) -> str:
    return _css("key whole" if all(len(word) <= _WHOLE for word in label.split()) else "key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Html:
    """The parts in one language; every one gives `Markup`."""

    words: Mapping[str, Any]
    """Of `words.toml`."""
    bars: dict[tuple[object, ...], str] = field(default_factory=dict, repr=False, compare=False)
    """Status bars that were shown already; there are few, and each is half of a mail."""

    def parts(self) -> dict[str, Callable[..., Markup]]:
        """The parts by the names that texts call them by; the same names as `plain.Plain.parts`."""
        return {name: marked(getattr(self, name)) for name in plain.PARTS}

    def _word(self, table: str, name: str) -> str:
        return str(escape(self.words[table][name]))

    def title(self, text: str) -> str:
        """What the mail says, in a line."""
        return f"<h1 {_css('title')}>{escape(text)}</h1>"

    def heading(self, text: str, *, quoted: bool = False) -> str:
        """A line over what follows."""
        return f"{space(12)}<h2 {_css('heading')}>{escape(text)}</h2>"

    def p(self, caller: Callable[[], str]) -> str:
        """A paragraph."""
        return f"<p {_css('p')}>{escape(caller())}</p>"

    def small(self, caller: Callable[[], str]) -> str:
        """A paragraph of lesser weight."""
        return f"<p {_css('small')}>{escape(caller())}</p>"

    def strong(self, text: str) -> str:
        """A weighty word."""
        return f"<strong>{escape(text)}</strong>"

    def code(self, text: str) -> str:
        """Something to be typed."""
        return f"<code {_css('mono')}>{escape(text)}</code>"

    def rule(self, above: int = 22, below: int = 22) -> str:
        """A line across, with distances in pixels."""
        return f'{space(above)}{GRID}><tr><td height="1" {_css("hair")}>&nbsp;</td></tr></table>{space(below)}'

    def band(self, kind: str, text: str) -> str:
        """A notice that must be seen, in one of the tints of the design."""
        inner = f"<span {_css(f'bandtext fg-{kind}')}>{escape(text)}</span>"
        return f"{GRID}><tr><td {_css(f'band bg-{kind}')}>{inner}</td></tr></table>{space(20)}"

    def _pill(self, kind: str) -> str:
        tint = TINTS[kind]
        shape = f'<span aria-hidden="true" style="font-size:11px">{_SHAPES[kind]}</span>'
        words = f"<span {_css(f'pilltext fg-{tint}')}>{shape}&nbsp; {self._word('light', kind)}</span>"
        return f"{TIGHT}><tr><td {_css(f'pill bg-{tint}')}>{words}</td></tr></table>"

    def _status(self, ticket: Mapping[str, object], *, staff: bool) -> str:
        return self._word("status_staff" if staff else "status", str(ticket["status"]))

    def _progress(self, ticket: Mapping[str, object], *, staff: bool) -> str:
        return self._word("common", "progress").format(status=self._status(ticket, staff=staff), n=int(str(ticket["progress"])) + 1)

    def statusbar(self, ticket: Mapping[str, object], *, staff: bool = False) -> str:
        """Status in words, the step, for staff the light, and the six cells with their names."""
        shown = (str(ticket["status"]), ticket["progress"], ticket["colour"], plain.light_of(ticket) if staff else "", staff)
        if (bar := self.bars.get(shown)) is None:
            bar = self.bars[shown] = self._statusbar(ticket, staff=staff)
        return bar

    def _statusbar(self, ticket: Mapping[str, object], *, staff: bool) -> str:
        done = int(str(ticket["progress"]))
        step = self._word("common", "step").format(n=done + 1)
        light = f'<td align="right" {_css("barlight")}>{self._pill(plain.light_of(ticket))}</td>' if staff else ""
        labels = "".join(
            f'<td valign="top" {_css("labon" if number == done else "lab")}>'
            f"{self._word('status_staff' if staff and not number else 'bar', name)}</td>"
            for number, name in enumerate(STEPS)
        )
        return (
            f"{space(8)}{GRID}><tr><td {_css('barword')}>{self._status(ticket, staff=staff)} "
            f"<span {_css('step')}>{step}</span></td>{light}</tr></table>"
            f"{_cells(ticket, 8, self._progress(ticket, staff=staff))}"
            f'{GRID} aria-hidden="true" style="table-layout:fixed"><tr>{labels}</tr></table>{space(20)}'
        )

    def slimbar(self, ticket: Mapping[str, object]) -> str:
        """The bar under a personal answer."""
        progress = self._progress(ticket, staff=False)
        return f"<p {_css('tiny')}>{escape(ticket['ref'])} &middot; {progress}</p>{space(8)}{_cells(ticket, 4, progress)}{space(18)}"

    def letter(self, text: str, pictures: Mapping[str, str] | None = None, *, fold: bool = False) -> str:
        """An agent's own words, Markdown shown as he meant it, pasted pictures at their place."""
        return rich.rich(text, pictures)

    def signature(self, text: str) -> str:
        """The agent's signature."""
        return f'<p dir="auto" {_css("small")}>{typed(text)}</p>' if text else ""

    def said(self, text: str, head: str = "", quoted: str = "", *, inside: bool = False) -> str:
        """Somebody's words in a box of their own; inside: a tinted one, for what no customer may read."""
        above = f"<p {_css('small')}><strong>{addressed(head)}</strong></p>" if head else ""
        below = ""
        if quoted:
            inner = f'<p {_css("tiny")}>{self._word("common", "quoted")}</p><div dir="auto" {_css("tiny")}>{typed(quoted)}</div>'
            below = f"{space(12)}{GRID}><tr><td {_css('quote')}>{inner}</td></tr></table>"
        if len(text) > plain.SAID_LIMIT or len(quoted) > plain.SAID_LIMIT:
            below += f"<p {_css('small')}>{self._word('common', 'shortened')}</p>"
        return f'{GRID}><tr><td {_css("box bg-yellow" if inside else "box")}>{above}<div dir="auto" {_css("note")}>{typed(text) if text.strip() else self._word("common", "no_text")}</div>{below}</td></tr></table>{space(20)}'

    def facts(self, rows: Sequence[tuple[str, str]]) -> str:
        """Names and values below each other; empty values are left out."""
        return self._pairs([(escape(key), addressed(value)) for key, value in rows if value], "32%")

    def _pairs(self, rows: Sequence[tuple[str, str]], width: str) -> str:
        value = _css("value")
        shown = "".join(
            f'<tr><td valign="top" width="{width}" {_key(left)}>{left}</td><td valign="top" {value}>{right}</td></tr>\n'
            for left, right in rows
        )
        return f"{GRID}>{shown}</table>{space(14)}" if shown else ""

    def button_row(self, buttons: Sequence[Mapping[str, str]], *, staff: bool = False, hint: bool = True, primary: bool = True) -> str:
        """Buttons with their words, three in a row, below each other on a phone; the first one of them stands out."""
        gap = f'<td width="10" {_css("btngap")}>&nbsp;</td>'
        wide, stack = f'{TIGHT} class="wide">', '<td class="stack" valign="top">'
        shown = ""
        for start in range(0, len(buttons), 3):
            row = buttons[start : start + 3]
            faces = [_press(button, "1" if not (start or n) and hint and primary else "2") for n, button in enumerate(row)]
            shown += f"{wide}<tr>{gap.join(f'{stack}{face}</td>' for face in faces)}</tr></table>{space(10)}\n"
        return shown + (f"<p {_css('tiny')}>{self._word('common', 'or_reply')}</p>{space(8)}" if shown and hint else "")

    def rating_row(self, buttons: Sequence[Mapping[str, str]]) -> str:
        """The five notes, and how to give one by a word."""
        if not buttons:
            return ""
        tiles = []
        for number, (button, tint) in enumerate(zip(buttons, _NOTES, strict=False), 1):
            label = self._word("common", "rate").format(n=number)
            face = link(button, f'{_css(f"ratea fg-{tint}")} aria-label="{label}"', str(number))
            tiles.append(f'<td align="center" {_css(f"rate bg-{tint}")}>{face}</td>')
        low, high = self._word("common", "rate_low"), self._word("common", "rate_high")
        row = f'<td width="8" {_css("gap")}>&nbsp;</td>'.join(tiles)
        return (
            f'{GRID} style="table-layout:fixed"><tr>{row}</tr></table>'
            f'{GRID}><tr><td {_css("scale")}>{low}</td><td align="right" {_css("scale")}>{high}</td></tr></table>{space(6)}'
            f"<p {_css('tiny')}>{self._word('common', 'rate_words').format(low=low, high=high)}</p>"
        )

    def results(self, lines: Sequence[Mapping[str, object]]) -> str:
        """Each line of a command mail with what became of it."""
        shown = ""
        for line in lines:
            tick, tint = ("&#10003;", "green") if line["ok"] else ("&#10007;", "red")
            result = f"<br><span {_css('tiny')}>{escape(line['result'])}</span>" if line["result"] else ""
            shown += (
                f'<tr><td valign="top" width="24" {_css(f"tick fg-{tint}")}>{tick}</td>'
                f'<td valign="top" {_css("ticked")}><code {_css("mono")}>{escape(line["line"])}</code>{result}</td></tr>\n'
            )
        return f"{GRID}>{shown}</table>{space(18)}"

    def ticketrows(self, rows: Sequence[Mapping[str, object]], *, staff: bool = False) -> str:
        """Tickets of a list: subject, reference, where it stands."""
        shown = ""
        for number, row in enumerate(rows, 1):
            light, progress = plain.light_of(row), self._progress(row, staff=staff)
            lamp = f"<span {_css(f'fg-{TINTS[light]}')}>{_SHAPES[light]} {self._word('light', light)}</span> &middot; " if staff else ""
            who = f" &middot; {escape(row['who'])}" if row["who"] else ""
            shown += (
                f"<tr><td {_css('rowlast' if number == len(rows) else 'row')}><span {_css('rowtitle')}>{escape(row['subject'])}</span><br>"
                f"<span {_css('tiny')}>{escape(row['ref'])} &middot; {lamp}{progress}{who}</span>{space(6)}{_cells(row, 4, progress)}</td></tr>\n"
            )
        return f"{GRID}>{shown}</table>{space(18)}"

    def timeline(self, rows: Sequence[tuple[str, str]]) -> str:
        """Times and what happened."""
        return self._pairs([(escape(at), escape(what)) for at, what in rows], "34%")

    def verb_table(self, rows: Sequence[tuple[str, str]]) -> str:
        """Commands and what each does."""
        return self._pairs([(self.code(spelling), escape(meaning)) for spelling, meaning in rows], "42%")


def link(button: Mapping[str, str], attributes: str, face: str) -> str:
    """A face to press; not a link where the button has no address."""
    if button["href"]:
        return f'<a href="{escape(button["href"])}" {attributes}>{face}</a>'
    return f"<span {attributes}>{face}</span>"


def _press(button: Mapping[str, str], kind: str) -> str:
    word = "" if button["word"] == button["label"] else f"<br><span {_css(f'word{kind}')}>{escape(button['word'])}</span>"
    face = f"{escape(button['label'])}{word}"
    return f'{TIGHT} class="wide"><tr><td align="center" {_css(f"btn{kind}")}>{link(button, _css(f"btn{kind}a"), face)}</td></tr></table>'


def marked(part: Callable[..., str]) -> Callable[..., Markup]:
    """A part whose result a text may put in as it is."""
    return lambda *values, **named: Markup(part(*values, **named))  # noqa: S704 - every part escapes what it is given
