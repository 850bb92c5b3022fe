"""The figures of a period as one page that needs nothing else: for a screen, a phone, or paper. No script, nothing to load.

Charts are SVG within the page; every bar has its number beside it, and the same numbers stand in a table, so that nothing is said by
colour or length alone. What the page is made of is the card of `evaluation` and the rows behind it; mails draw theirs in `figures.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import escape

from templates import languages, sayings
from templates.times import Times, times

_STYLE = """
:root{color-scheme:light}
*{box-sizing:border-box}
body{margin:0 auto;padding:24px 18px 48px;max-width:820px;font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
color:#1c2b36;background:#fff}
h1{font-size:26px;line-height:1.2;margin:0 0 4px}
h2{font-size:18px;margin:32px 0 10px}
p.lead{margin:0 0 20px;color:#526370}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px;margin:0}
.tile{border:1px solid #d9e1e6;border-radius:10px;padding:12px 14px;margin:0}
.tile dd{margin:0;font-size:26px;font-weight:650;font-variant-numeric:tabular-nums}
.tile dt{color:#526370;font-size:14px}
.tile small{color:#526370}
svg{display:block;width:100%;height:auto;overflow:visible}
svg text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;fill:#1c2b36}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums;margin-top:10px}
th,td{padding:5px 10px 5px 0;text-align:right;border-bottom:1px solid #e4eaee;white-space:nowrap;vertical-align:bottom}
th:first-child,td:first-child{text-align:left;white-space:normal;min-width:9em}
th{font-weight:600;color:#526370;white-space:normal;line-height:1.25}
blockquote{margin:0 0 12px;padding:2px 0 2px 14px;border-left:3px solid #0b7285}
blockquote small{color:#526370}
.key{display:inline-block;width:12px;height:12px;border-radius:2px;margin:0 6px 0 0;vertical-align:-1px}
.keys span{margin-right:18px}
@media print{body{padding:0;max-width:none;font-size:11pt}h2,section,.tile,svg,blockquote,tr{break-inside:avoid}h2{break-after:avoid}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}@page{margin:16mm}}
"""
_IN, _OUT, _BAR = "#90a4ae", "#0b7285", "#0b7285"
_KEPT = {"green": "#2b8a3e", "amber": "#b8860b", "red": "#c92a2a"}
_WIDTH, _ROW = 560, 28
_NAME, _SAID = 180, 96
_CHART, _LABEL = 130, 24


def page(card: Mapping[str, Any], tables: Mapping[str, tuple[Sequence[str], Sequence[Sequence[str]]]]) -> str:
    """The whole page. `card` has the common keys of a card and those of `evaluation`; `tables` a head and lines for each breakdown."""
    speaker = times(card["language"], card["timezone"], card["at"])
    say = speaker.words
    own: Any = sayings.of_language(card["language"], None)
    page_words = languages.section(card["language"], "page")
    title = f"{card['name'] or page_words['title']}, {speaker.period(card['from_at'], card['to_at'])}"
    head = " · ".join(word for word in (card["desk"]["name"], card["party"]) if word)
    parts = [f"<h1>{escape(title)}</h1>", f'<p class="lead">{escape(head)}</p>', _tiles(card["figures"], speaker)]
    if card["weeks"]:
        parts.append(_section(page_words["course"], _columns(card["weeks"], speaker)))
    if card["kept"]:
        parts.append(_section(page_words["kept"], _bars([(n, s, _KEPT[c], w) for n, s, c, w in own["kept_rows"](card["kept"])])))
    for each in card["breakdowns"]:
        chart = _bars([(n, s, _BAR, w) for n, s, _, w in own["count_rows"](each["rows"])])
        heading = str(say["by"].get(each["by"], each["by"]))
        parts.append(_section(heading, chart + _table(*tables.get(each["by"], ((), ())))))
    if card["voices"]:
        parts.append(_section(page_words["voices"], "".join(_voice(one, own, speaker) for one in card["voices"])))
    return (
        f'<!doctype html>\n<html lang="{escape(card["language"])}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n" + "\n".join(parts) + "\n</body>\n</html>\n"
    )


def _section(heading: object, inner: str) -> str:
    return f"<section>\n<h2>{escape(str(heading))}</h2>\n{inner}\n</section>"


def _tiles(figures: Sequence[Mapping[str, Any]], speaker: Times) -> str:
    own: Any = sayings.of_moment(speaker, lambda *_: "")
    shown = ""
    for value, label, remark, _ in own["figure_tiles"](figures):
        small = f"<br><small>{escape(remark)}</small>" if remark else ""
        shown += f'<div class="tile"><dd>{escape(value)}</dd><dt>{escape(label)}{small}</dt></div>\n'
    return f'<dl class="tiles">\n{shown}</dl>'


def _voice(one: Mapping[str, Any], own: Any, speaker: Times) -> str:  # noqa: ANN401 - the sayings of a language
    moment: Any = sayings.of_moment(speaker, lambda *_: "")
    note, words, source = moment["voice_rows"]([one])[0]
    return f'<blockquote dir="auto"><strong>{escape(note)}</strong><br>{escape(words)}<br><small>{escape(source)}</small></blockquote>\n'


def _bars(rows: Sequence[tuple[str, float, str, str]]) -> str:
    """A lying bar for each row: name at the left, what it says at the right."""
    room = _WIDTH - _NAME - _SAID
    shown = ""
    for n, (name, share, colour, said) in enumerate(rows):
        top, middle = n * _ROW + 6, n * _ROW + _ROW // 2 + 5
        width = max(2, round(room * max(0.0, min(1.0, share))))
        shown += (
            f'<text x="0" y="{middle}">{escape(_short(name))}<title>{escape(name)}</title></text>'
            f'<rect x="{_NAME}" y="{top}" width="{width}" height="{_ROW - 12}" rx="3" fill="{colour}"/>'
            f'<text x="{_NAME + width + 8}" y="{middle}">{escape(said)}</text>\n'
        )
    return f'<svg viewBox="0 0 {_WIDTH} {max(1, len(rows)) * _ROW}" role="img">\n{shown}</svg>'


def _columns(weeks: Sequence[Mapping[str, Any]], speaker: Times) -> str:
    """Two standing columns for each stretch of time, their numbers on top, the names of both below."""
    own: Any = sayings.of_moment(speaker, lambda *_: "")
    groups = own["week_columns"](weeks)
    names = languages.section(speaker.language, "page")
    most = max((max(values) for _, values in groups), default=0) or 1
    step = _WIDTH / len(groups)
    width = min(26.0, step * 0.36)
    shown = ""
    for n, (label, values) in enumerate(groups):
        middle = n * step + step / 2
        for side, (value, colour) in enumerate(zip(values, (_IN, _OUT), strict=True)):
            height = round(value / most * _CHART)
            left = middle - width + side * width
            shown += f'<rect x="{left + 1:.1f}" y="{_LABEL + _CHART - height}" width="{width - 2:.1f}" height="{height}" rx="2" fill="{colour}"/>'
            if step >= 34 or value:
                shown += f'<text x="{left + width / 2:.1f}" y="{_LABEL + _CHART - height - 5}" text-anchor="middle">{value}</text>'
        if step >= 40 or n % 3 == 0:
            shown += f'<text x="{middle:.1f}" y="{_LABEL + _CHART + 20}" text-anchor="middle">{escape(label)}</text>\n'
    keys = "".join(
        f'<span><i class="key" style="background:{colour}"></i>{escape(str(names[name]))}</span>'
        for name, colour in (("received", _IN), ("closed", _OUT))
    )
    return f'<svg viewBox="0 0 {_WIDTH} {_LABEL + _CHART + 28}" role="img">\n{shown}</svg>\n<p class="keys">{keys}</p>'


def _short(name: str, most: int = 26) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    if not lines:
        return ""
    top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    rows = "".join("<tr>" + "".join(f'<td dir="auto">{escape(cell)}</td>' for cell in line) + "</tr>\n" for line in lines)
    return f'\n<div class="wide"><table>\n<thead><tr>{top}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>'
