"""Parts that show figures, as HTML and as plain text side by side: tiles, columns of weeks, bars of shares, customers' voices.

Charts are cells of tables and need no picture: pictures are not loaded by most clients, and an attached one puts a paper clip into
every list. Every bar has its number beside it. Texts call the parts as they call those of `markup.py` and `plain.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from rules.frozen import dataclass
from templates import design, markup, plain

PARTS = ("tiles", "columns", "shares", "remarks")
"""The names of the parts, the same in both classes."""
_css = design.css
_TALL, _MOST_COLUMNS, _BAR, _REMARKED = 96, 8, 24, 87
_SERIES = ("edgefill", "fill-teal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Html:
    """The figures as HTML."""

    words: Mapping[str, Any]
    """Of `words.toml`."""

    def parts(self) -> dict[str, Callable[..., Markup]]:
        """The parts by the names that texts call them by."""
        return {name: markup.marked(getattr(self, name)) for name in PARTS}

    def tiles(self, rows: Sequence[tuple[str, str, str, str]]) -> str:
        """Large numbers side by side, up to four: value, what it counts, a small remark, and a tint or nothing."""
        cells = []
        # the same height for all: those of a pair share a row, the pairs stand side by side
        height = f' height="{_REMARKED}"' if any(remark for _, _, remark, _ in rows) else ""
        for value, label, remark, tint in rows:
            ground, ink, small = (f"tile bg-{tint}", f"figure fg-{tint}", f"tiny fg-{tint}") if tint else ("tile soft", "figure", "tiny")
            below = f"<br><span {_css('tiny')}>{escape(remark)}</span>" if remark else ""
            words = f"<span {_css(ink)}>{escape(value)}</span><br><span {_css(small)}>{escape(label)}</span>{below}"
            cells.append(f'<td valign="top"{height} {_css(ground)}>{words}</td>')
        gap, wide = f'<td width="8" {_css("gap")}>&nbsp;</td>', f'<td width="8" {_css("btngap")}>&nbsp;</td>'
        pairs = [
            gap.join([*cells[i : i + 2], *[f"<td {_css('tile')}>&nbsp;</td>"] * (i + 1 == len(cells) > 1)]) for i in range(0, len(cells), 2)
        ]
        row = wide.join(
            f'<td class="stack" valign="top">{markup.GRID} style="table-layout:fixed"><tr>{pair}</tr></table></td>' for pair in pairs
        )
        return f'{markup.GRID} style="table-layout:fixed"><tr>{row}</tr></table>{markup.space(22)}' if cells else ""

    def columns(self, groups: Sequence[tuple[str, Sequence[int]]], names: Sequence[str]) -> str:
        """Two columns for each stretch of time with their numbers above; bars lying below each other where there are many."""
        if not groups:
            return ""
        most = max((max(values) for _, values in groups), default=0) or 1
        chart = _upright(groups, most) if len(groups) <= _MOST_COLUMNS else _lying(groups, most)
        keys = "".join(
            f'<td width="12" valign="middle">{markup.TIGHT}><tr><td width="12" height="12" {_css(fill)}>&nbsp;</td></tr></table></td>'
            f"<td {_css('legend')}>{escape(name)}</td>"
            for fill, name in zip(_SERIES, names, strict=True)
        )
        return f"{chart}{markup.space(10)}{markup.TIGHT}><tr>{keys}</tr></table>{markup.space(20)}"

    def shares(self, rows: Sequence[tuple[str, float, str, str]]) -> str:
        """A bar for each name: name, share of the whole from 0 to 1, colour key, and what the bar says in words."""
        shown = "".join(
            f'<tr><td valign="middle" width="34%" {_css("sharename")}>{escape(name)}</td>'
            f'<td valign="middle">{_track(share, f"fill-{colour}")}</td>'
            f'<td valign="middle" align="right" width="28%" {_css("sharesaid")}>{escape(said)}</td></tr>\n'
            for name, share, colour, said in rows
        )
        return f"{markup.GRID}>{shown}</table>{markup.space(18)}" if shown else ""

    def remarks(self, rows: Sequence[tuple[str, str, str]]) -> str:
        """What people said: their note, their words, who and where."""
        shown = ""
        for note, words, source in rows:
            said = f'<span dir="auto" {_css("note")}>{markup.typed(words)}</span><br>' if words else ""
            shown += (
                f"{markup.GRID}><tr><td {_css('quote')}><span {_css('rowtitle')}>{escape(note)}</span><br>{said}"
                f"<span {_css('tiny')}>{escape(source)}</span></td></tr></table>{markup.space(14)}\n"
            )
        return shown


def _track(share: float, fill: str) -> str:
    part = max(0, min(100, round(share * 100)))
    on = f'<td width="{part}%" height="10" {_css(fill)}>&nbsp;</td>' if part else ""
    off = f'<td height="10" {_css("off")}>&nbsp;</td>' if part < 100 else ""
    return f'{markup.GRID} aria-hidden="true"><tr>{on}{off}</tr></table>'


def _upright(groups: Sequence[tuple[str, Sequence[int]]], most: int) -> str:
    width = 22 if len(groups) <= 6 else 15
    stands, labels = "", ""
    for label, values in groups:
        bars = ""
        for fill, value in zip(_SERIES, values, strict=True):
            height = max(1, round(value / most * _TALL)) if value else 0
            bar = f'<tr><td height="{height}" {_css(fill)}>&nbsp;</td></tr>' if height else ""
            bars += (
                f'<td valign="bottom" width="{width}" style="padding:0 1px">{markup.GRID}>'
                f'<tr><td align="center" {_css("barnumber")}>{value}</td></tr>{bar}</table></td>'
            )
        stands += f'<td valign="bottom" align="center">{markup.TIGHT}><tr>{bars}</tr></table></td>'
        labels += f'<td align="center" {_css("barname")}>{escape(label)}</td>'
    return f'{markup.GRID} style="table-layout:fixed"><tr>{stands}</tr><tr>{labels}</tr></table>'


def _lying(groups: Sequence[tuple[str, Sequence[int]]], most: int) -> str:
    shown = ""
    for label, values in groups:
        tracks = "".join(_track(value / most, fill) for fill, value in zip(_SERIES, values, strict=True))
        numbers = " / ".join(map(str, values))
        shown += (
            f'<tr><td width="22%" {_css("sharename")}>{escape(label)}</td><td>{tracks}</td>'
            f'<td align="right" width="22%" {_css("sharesaid")}>{numbers}</td></tr>\n'
        )
    return f"{markup.GRID}>{shown}</table>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """The figures as plain text."""

    words: Mapping[str, Any]
    """Of `words.toml`."""

    def parts(self) -> dict[str, Callable[..., str]]:
        """The parts by the names that texts call them by."""
        return {name: getattr(self, name) for name in PARTS}

    def tiles(self, rows: Sequence[tuple[str, str, str, str]]) -> str:
        """A number a line, what it counts behind it."""
        column = max((len(value) for value, *_ in rows), default=0)
        return plain.block("\n".join(f"{value:>{column}}  {label}{f' ({remark})' if remark else ''}" for value, label, remark, _ in rows))

    def columns(self, groups: Sequence[tuple[str, Sequence[int]]], names: Sequence[str]) -> str:
        """Two bars for each stretch of time."""
        most = max((max(values) for _, values in groups), default=0) or 1
        left = max((len(label) for label, _ in groups), default=0)
        middle = max(map(len, names))
        said = []
        for label, values in groups:
            for number, (name, value) in enumerate(zip(names, values, strict=True)):
                bar = "█" * round(value / most * _BAR)
                said.append(f"{'' if number else label:{left}}  {name:{middle}}  {bar}{' ' if bar else ''}{value}")
        return plain.block("\n".join(said))

    def shares(self, rows: Sequence[tuple[str, float, str, str]]) -> str:
        """A bar of ten for each name."""
        left = min(max((len(name) for name, *_ in rows), default=0), 30)
        said = []
        for name, share, _, words in rows:
            full = round(max(0.0, min(1.0, share)) * 10)
            start = f"{name:{left}}" if len(name) <= left else f"{plain.wrap(name)}\n{'':{left}}"
            said.append(f"{start}  {'█' * full}{'░' * (10 - full)}  {words}")
        return plain.block("\n".join(said))

    def remarks(self, rows: Sequence[tuple[str, str, str]]) -> str:
        """What people said, marked as words of others."""
        said = []
        for note, words, source in rows:
            lines = [plain.wrap(line, "> ", "> ") for line in words[: plain.SAID_LIMIT].strip("\n").split("\n")] if words else []
            said.append("\n".join([plain.wrap(f"{note} · {source}" if source else note), *lines]))
        return plain.block("\n\n".join(said))
