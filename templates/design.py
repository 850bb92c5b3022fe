"""How our mails look: colours for light and dark, and the style of every part, said once.

Mail clients drop style sheets, so every style stands in the element itself. A template writes `css="p mute"`; when it is compiled,
that becomes class, style and `bgcolor`. The rules for dark screens and phones come from the same table and stay in the head, where
clients that know media queries find them. The elements themselves are in `markup.py`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import ClassVar

from jinja2 import Environment, TemplateSyntaxError
from jinja2.ext import Extension
from markupsafe import Markup

from templates.colours import contrast, lighter

PALETTE: dict[str, tuple[str, str]] = {
    "page": ("#f2f4f3", "#121517"),
    "card": ("#ffffff", "#1c2023"),
    "soft": ("#f6f8f7", "#252a2e"),
    "line": ("#e2e7e4", "#343b41"),
    "ink": ("#1a2530", "#eef1f3"),
    "mute": ("#53616e", "#aab5bf"),
    "accent": ("#0b5a60", "#7ad0cf"),
    "onaccent": ("#ffffff", "#062b2d"),
    "edge": ("#b9c3c9", "#5d6973"),
    "off": ("#e0e6e3", "#39424a"),
    "steel": ("#84949e", "#7f8f9b"),
    "grey": ("#71808d", "#8f9ba6"),
    "blue": ("#2f6fc4", "#6fa8f2"),
    "violet": ("#6b54be", "#a896f0"),
    "teal": ("#0d7f84", "#4fbdbb"),
    "amber": ("#b97900", "#ecb94a"),
    "orange": ("#c2560c", "#f09a5b"),
    "red": ("#c8362b", "#f0827a"),
    "green": ("#23824f", "#5cc58b"),
    "green-bg": ("#e3f3ea", "#153828"),
    "green-fg": ("#12623c", "#86dfac"),
    "yellow-bg": ("#fcf1d7", "#3d300d"),
    "yellow-fg": ("#734700", "#f5cb70"),
    "red-bg": ("#fce9e7", "#47211e"),
    "red-fg": ("#9f1c13", "#ffaca5"),
    "blue-bg": ("#e6eefa", "#1b2f4d"),
    "blue-fg": ("#2456a0", "#abc9fb"),
    "grey-bg": ("#ebeef0", "#2d343b"),
    "grey-fg": ("#475360", "#cbd3da"),
    "teal-bg": ("#e0f1f0", "#123839"),
    "teal-fg": ("#0a5960", "#93dbd9"),
}
"""Name: light, dark. Texts and their grounds keep a contrast of 4.5 or more in both (WCAG 2.1, 1.4.3)."""

COLOURS = ("grey", "blue", "violet", "teal", "amber", "orange", "red", "green")
"""The colour keys that a status can have."""
STATUS_COLOURS = {"new": "grey", "read": "blue", "assigned": "violet", "working": "teal", "waiting": "amber", "closed": "green"}
"""What a status looks like where the ticket's own colour key is none of ours."""
NIGHT_CONTRAST = 8.0
"""Of a desk's own colour with the card by night."""
FONT = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Inter,'Helvetica Neue',Arial,sans-serif"
OUTLOOK = Markup("<!--[if mso]><style>td,p,h1,h2,a,span,div{font-family:'Segoe UI',Arial,sans-serif}</style><![endif]-->")
"""Outlook's Word engine forgets the font in every table."""
_MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"

_TEXT = f"font-family:{FONT};word-break:break-word;overflow-wrap:anywhere;"  # inherited by all inside; Outlook has OUTLOOK
RULES: dict[str, str] = {
    "page": "margin:0;padding:0;background-color:$page",
    "shell": _TEXT + "padding:0 16px 40px",
    "top": "padding:26px 4px 14px",
    "brand": "font-size:14px;line-height:20px;font-weight:600;color:$ink",
    "logo": "background-color:#ffffff;padding:4px;border-radius:6px;line-height:0",
    "dot": "background-color:$accent;border-radius:5px;font-size:0;line-height:0",
    "ref": "padding:0 0 0 12px;font-size:13px;line-height:20px;color:$mute;white-space:nowrap",
    "card": "background-color:$card;border:1px solid $line;border-radius:14px",
    "in": "padding:34px 40px 34px",
    "title": "margin:0 0 12px;font-size:24px;line-height:31px;font-weight:600;letter-spacing:-0.3px;color:$ink",
    "heading": "margin:0 0 10px;font-size:15px;line-height:22px;font-weight:600;color:$ink",
    "p": "margin:0 0 14px;font-size:16px;line-height:25px;color:$ink",
    "small": "margin:0 0 10px;font-size:14px;line-height:21px;color:$mute",
    "tiny": "margin:0;font-size:13px;line-height:19px;color:$mute",
    "scale": "padding:6px 0 0;font-size:13px;line-height:19px;color:$mute",
    "foot": "padding:18px 6px 0;font-size:12px;line-height:18px;color:$mute",
    "fine": "margin:0 0 6px;font-size:12px;line-height:18px;color:$mute",
    "fineitem": "margin:0 0 3px;font-size:12px;line-height:18px;color:$mute",
    "note": "font-size:15px;line-height:23px;color:$ink",
    "mono": f"font-family:{_MONO};font-size:13px;line-height:20px;color:$ink;word-break:break-word;overflow-wrap:anywhere",
    "link": "color:$accent",
    "addr": "display:inline-block;max-width:100%;font-weight:400",
    "hair": "border-top:1px solid $line;font-size:0;line-height:0",
    "box": "background-color:$soft;border:1px solid $line;border-radius:10px;padding:16px 18px",
    "quote": "border-left:3px solid $line;padding:0 0 0 14px",
    "key": "padding:3px 14px 3px 0;font-size:14px;line-height:21px;color:$mute",
    "whole": "word-break:normal;overflow-wrap:break-word",
    "value": "padding:3px 0;font-size:14px;line-height:21px;color:$ink",
    "barword": "padding:0 10px 8px 0;font-size:16px;line-height:24px;font-weight:600;color:$ink",
    "step": "font-size:13px;font-weight:400;color:$mute;white-space:nowrap",
    "barlight": "padding:0 0 8px",
    "gap": "font-size:0;line-height:0",
    "off": "background-color:$off;font-size:0;line-height:0",
    "lab": "padding:6px 0 0;font-size:11px;line-height:15px;color:$mute",
    "labon": "padding:6px 0 0;font-size:11px;line-height:15px;font-weight:600;color:$ink",
    "pill": "border-radius:20px;padding:3px 12px",
    "pilltext": "font-size:13px;line-height:20px;font-weight:600;white-space:nowrap",
    "band": "border-radius:10px;padding:11px 16px",
    "bandtext": "font-size:14px;line-height:21px;font-weight:600",
    "btn1": "background-color:$accent;border-radius:9px",
    "btn1a": "display:block;padding:11px 20px;font-size:15px;line-height:20px;font-weight:600;text-decoration:none;color:$onaccent",
    "btn2": "background-color:$card;border:1px solid $edge;border-radius:9px",
    "btn2a": "display:block;padding:10px 19px;font-size:15px;line-height:20px;font-weight:600;text-decoration:none;color:$ink",
    "btn3a": "display:block;padding:5px 14px 6px;font-size:14px;line-height:19px;font-weight:600;text-decoration:none;color:$ink",
    "word1": "font-size:12px;line-height:16px;font-weight:400;color:$onaccent",
    "word2": "font-size:12px;line-height:16px;font-weight:400;color:$mute",
    "btngap": "font-size:0;line-height:0",
    "rate": "border-radius:10px",
    "ratea": "display:block;padding:13px 0;font-size:20px;line-height:24px;font-weight:600;text-decoration:none",
    "tick": "padding:4px 12px 4px 0;font-size:15px;line-height:22px;font-weight:600",
    "ticked": "padding:4px 0",
    "row": "padding:11px 0;border-bottom:1px solid $line",
    "rowlast": "padding:11px 0 0",
    "rowtitle": "font-size:15px;line-height:22px;font-weight:600;color:$ink",
    "rowside": "padding:0 0 0 14px;white-space:nowrap",
    "rowin": "vertical-align:top",
    "badge": "border-radius:9px;padding:4px 0",
    "badgetext": "font-size:14px;line-height:20px;font-weight:600",
    "stepcell": "padding:6px 0 8px",
    "entry": "padding:8px 0;border-bottom:1px solid $line",
    "entrylast": "padding:8px 0 0",
    "tile": "border-radius:10px;padding:14px 14px 13px",
    "soft": "background-color:$soft",
    "figure": "font-size:24px;line-height:30px;font-weight:600;letter-spacing:-0.3px;color:$ink",
    "barnumber": "padding:0 0 3px;font-size:11px;line-height:14px;color:$mute",
    "barname": "padding:7px 0 0;border-top:1px solid $line;font-size:12px;line-height:16px;color:$mute",
    "legend": "padding:0 18px 0 8px;font-size:13px;line-height:19px;color:$mute",
    "sharename": "padding:6px 12px 6px 0;font-size:14px;line-height:20px;color:$ink",
    "sharesaid": "padding:6px 0 6px 12px;white-space:nowrap;font-size:13px;line-height:20px;color:$mute",
    "edgefill": "background-color:$steel;font-size:0;line-height:0",
    "list": "margin:0 0 14px;padding:0 0 0 26px",
    "item": "margin:0 0 4px;font-size:16px;line-height:25px;color:$ink",
    "cite": "margin:0 0 14px;padding:0 0 0 14px;border-left:3px solid $line",
    "pre": "margin:0 0 14px;padding:12px 14px;border-radius:8px;background-color:$soft;white-space:pre-wrap;word-break:break-word",
    "line": "border:0;border-top:1px solid $line;margin:18px 0",
    "picture": "display:block;max-width:100%;height:auto;border:0;margin:4px 0",
    "hide": "display:none;max-height:0;overflow:hidden;font-size:1px;line-height:1px;color:$page",
    **{f"fill-{name}": f"background-color:${name};font-size:0;line-height:0" for name in COLOURS},
    **{f"bg-{name}": f"background-color:${name}-bg" for name in ("green", "yellow", "red", "blue", "grey", "teal")},
    **{f"fg-{name}": f"color:${name}-fg" for name in ("green", "yellow", "red", "blue", "grey", "teal")},
}
"""Style of each part; `$name` is a colour of the palette."""

PHONE: dict[str, str] = {
    "shell": "padding:0 0 28px",
    "top": "padding:18px 20px 12px",
    "card": "border-radius:0;border-left:0;border-right:0",
    "in": "padding:24px 20px 26px",
    "title": "font-size:21px;line-height:28px",
    "foot": "padding:16px 20px 0",
    "lab": "display:none",
    "labon": "display:none",
    "stack": "display:block;width:100%",
    "btngap": "display:block;width:100%;height:10px",
    "wide": "width:100%",
    "key": "padding:3px 10px 3px 0;font-size:13px;line-height:19px",
    "value": "font-size:13px;line-height:19px",
    "box": "padding:14px 15px",
    "rowside": "display:block;width:100%;padding:10px 0 0;text-align:left;white-space:normal",
    "rowin": "width:auto;padding:8px 0 0 46px",
    "tile": "padding:11px 9px 10px",
    "figure": "font-size:19px;line-height:25px",
}
"""What changes on a narrow screen."""

CONTRASTS: tuple[tuple[str, str], ...] = (
    ("ink", "card"),
    ("ink", "soft"),
    ("ink", "page"),
    ("mute", "card"),
    ("mute", "soft"),
    ("mute", "page"),
    ("accent", "card"),
    ("accent", "soft"),
    ("onaccent", "accent"),
    ("ink", "yellow-bg"),
    ("mute", "yellow-bg"),
    ("accent", "yellow-bg"),
    *((f"{name}-fg", f"{name}-bg") for name in ("green", "yellow", "red", "blue", "grey", "teal")),
    *((f"{name}-fg", "card") for name in ("green", "yellow", "red", "blue", "grey", "teal")),
)
"""Every pair of text and ground that the parts use."""

_VARIABLE = re.compile(r"\$([a-z-]+)")
_BACKGROUND = re.compile(r"background-color:\$([a-z-]+)")


def branded(page: str, colour: str) -> str:
    """A page with the desk's own colour in place of ours: on buttons, links and the dot beside the desk's name.

    colour: `#rrggbb`, dark enough to carry white. By night it is mixed with white until it stands out from the card as ours does.
    """
    light, dark = PALETTE["accent"]
    night, share = colour, 0.0
    while contrast(night, PALETTE["card"][1]) < NIGHT_CONTRAST and share < 1:
        share += 0.05
        night = lighter(colour, share)
    return page.replace(light, colour).replace(dark, night)


def _paint(style: str, shade: int) -> str:
    return _VARIABLE.sub(lambda found: PALETTE[found[1]][shade], style)


@cache
def css(names: str) -> str:
    """Class, style and, where there is one, `bgcolor` for one or more parts: `css("p mute")`. Raises KeyError for an unknown part."""
    styles = [RULES[name] for name in names.split()]
    grounds = _BACKGROUND.findall(";".join(styles))
    colour = f' bgcolor="{PALETTE[grounds[-1]][0]}"' if grounds else ""
    return f'class="{names}" style="{_paint(";".join(styles), 0)}"{colour}'


def _important(declarations: str) -> str:
    return ";".join(f"{one}!important" for one in declarations.split(";"))


@cache
def stylesheet() -> Markup:
    """The style element's text: only what needs a media query, made from the same table as the inline styles."""
    dark = "".join(
        f".{name}{{{_important(_paint(';'.join(painted), 1))}}}"
        for name, style in RULES.items()
        if (painted := [one for one in style.split(";") if "$" in one])
    )
    phone = "".join(f".{name}{{{_important(style)}}}" for name, style in PHONE.items())
    return Markup(  # noqa: S704 - made of our own tables
        ":root{color-scheme:light dark;supported-color-schemes:light dark}"
        f"@media (max-width:520px){{{phone}}}"
        f"@media (prefers-color-scheme:dark){{{dark}}}"
    )


class InlineStyles(Extension):
    """Turns `css="…"` into inline styles and drops indentation when a template is compiled, so that a render pays for neither."""

    _ATTRIBUTE = re.compile(r'\bcss="([a-z0-9 -]+)"')
    _TABLE = re.compile(r"<table (grid|tight)\b")
    _TABLES: ClassVar = {
        "grid": '<table role="presentation" cellpadding="0" cellspacing="0" border="0" width="100%"',
        "tight": '<table role="presentation" cellpadding="0" cellspacing="0" border="0"',
    }

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """The source with styles in place. Raises TemplateSyntaxError for a part that the design does not know."""
        source = self._TABLE.sub(lambda found: self._TABLES[found[1]], source)
        lines = []
        for number, line in enumerate(source.split("\n"), 1):
            try:
                lines.append(self._ATTRIBUTE.sub(lambda found: css(found[1]), line.lstrip(" \t")))
            except KeyError as unknown:
                raise TemplateSyntaxError(f"unknown part of the design: {unknown.args[0]}", number, name, filename) from None
        return "\n".join(lines)
