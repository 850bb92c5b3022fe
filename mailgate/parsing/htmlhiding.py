"""What in an HTML mail no reader sees: elements hidden by style, by attribute or by a style sheet, letters too small or in the colour of their ground.

Hidden text could carry commands to the desk that the person who sent the mail on never saw. Cheap on purpose: no layout is computed, and
of a style sheet only what hides or paints is looked at. What a declaration means is told in `htmlstyle.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from selectolax.lexbor import LexborHTMLParser

from mailgate.parsing import htmlstyle
from mailgate.parsing.htmlstyle import BLACK, CLEAR, WHITE, Colour, Style

_SHEETS = 20
_SHEET_CHARACTERS = 100_000
_RULES = 200
_MATCHES = 20_000
_WORK = 4_000_000
"""Elements times rules that are looked at."""
_ALWAYS = re.compile(r"@media (?:only )?(?:screen|all)?(?: ?and ?)?(?:\( ?min-(?:device-)?width ?: ?\d{1,3}px ?\))?|@supports.*", re.DOTALL)
"""Media that a reader at a desk has. Rules for small screens and for paper hide nothing from him."""
_BRIGHT = 600
"""Sum of red, green and blue from which letters may be lost on white."""


@dataclass(frozen=True, slots=True)
class Look:
    """How text looks at a place: what elements hand down to those within them."""

    hidden: bool = False
    """By `visibility`, which what is within may take back."""
    tiny: bool = False
    letters: Colour | None = BLACK
    """None where the colour is not known."""
    ground: Colour | None = WHITE
    """None where it is not known, as with a picture."""

    @property
    def is_seen(self) -> bool:
        """Whether somebody who looks at the mail sees text here."""
        if self.hidden or self.tiny or self.letters == CLEAR:
            return False
        return self.letters is None or self.ground is None or not htmlstyle.is_lost(self.letters, self.ground)


PLAIN = Look()
"""Black on white."""


def look(attributes: Mapping[str, str | None], style: Style, around: Look) -> Look | None:
    """How text within an element looks, given how it looks around it; None if nobody sees anything of the element."""
    if "hidden" in attributes or (style and htmlstyle.is_out_of_sight(style)):
        return None
    painted = attributes.get("bgcolor") or ("background" in attributes and "picture") or ""
    written = attributes.get("color") or attributes.get("text") or ""
    if not style and not painted and not written:
        return around
    found = around
    ground = _ground(style) if style else ""
    if ground or painted:
        seen = htmlstyle.colour((ground or str(painted)).strip().lower())
        if seen != CLEAR:
            found = replace(found, ground=seen)
    ink = (style.get("-webkit-text-fill-color") or style.get("color") or "") if style else ""
    if (ink or written) and ink not in {"inherit", "currentcolor", "initial", "unset"}:
        found = replace(found, letters=htmlstyle.colour((ink or written).strip().lower()))
    if style:
        if (visibility := style.get("visibility", "")) and visibility != "inherit":
            found = replace(found, hidden=visibility in {"hidden", "collapse"})
        size = htmlstyle.font_pixels(style.get("font", ""), style.get("font-size", ""))
        if size != htmlstyle.UNSAID:
            found = replace(found, tiny=size < htmlstyle.SMALLEST)
    return found


def _ground(style: Style) -> str:
    """The colour of the ground, `picture` where there is something else on it, empty where nothing is said."""
    for name in ("background-color", "background"):
        value = style.get(name, "")
        if not value or value in {"none", "inherit", "initial", "unset"}:
            continue
        if htmlstyle.colour(value) is not None:
            return value
        colours = [word for word in re.findall(r"[a-z]+\([^()]*\)|[^ ,]+", value) if htmlstyle.colour(word) is not None]
        return colours[-1] if colours and "gradient" not in value else "picture"
    return "picture" if style.get("background-image", "none") != "none" else ""


def of_sheets(document: LexborHTMLParser, elements: int) -> dict[int, str]:
    """What style sheets say of elements, by their ids in memory: only what hides them or paints them, as text in front of their own style.

    The order is that of the sheets; that a more precise selector outweighs others is left out.
    """
    said: dict[int, str] = {}
    matched = 0
    for number, (selector, text) in enumerate(_telling_rules(document)):
        if number >= _RULES or (number + 1) * elements > _WORK:
            break
        try:
            nodes = document.css(selector)
        except Exception:  # noqa: BLE001, S112 - whatever the library can't read, browsers read otherwise: no rule of ours
            continue
        for node in nodes[: _MATCHES - matched]:
            said[node.mem_id] = f"{said.get(node.mem_id, '')};{text}"[:2000]
        matched = min(_MATCHES, matched + len(nodes))
    return said


def _telling_rules(document: LexborHTMLParser) -> list[tuple[str, str]]:
    """The rules that may hide something, those that speak of the same properties and so may show it again, and those that paint a ground."""
    rules = [
        (selector, text, htmlstyle.declarations(text))
        for element in document.css("style")[:_SHEETS]
        for selector, text in _rules(re.sub(r"/\*.{0,5000}?\*/|<!--|-->", "", (element.text() or "")[:_SHEET_CHARACTERS], flags=re.DOTALL))
    ]
    names = {name for _, _, style in rules if _may_hide(style) for name in style} | {"background", "background-color", "background-image"}
    return [(selector, text) for selector, text, style in rules if not names.isdisjoint(style)]


def _may_hide(style: Style) -> bool:
    if htmlstyle.is_out_of_sight(style) or style.get("visibility") in {"hidden", "collapse"}:
        return True
    if htmlstyle.font_pixels(style.get("font", ""), style.get("font-size", "")) < htmlstyle.SMALLEST:
        return True
    ink = htmlstyle.colour(style.get("-webkit-text-fill-color") or style.get("color") or "")
    return ink is not None and (ink == CLEAR or sum(ink) > _BRIGHT)


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """Selector and declarations of the rules that stand in no block, or in one of a medium that everybody has."""
    open_blocks: list[bool] = []
    start, selector = 0, ""
    for match in re.finditer(r"[{}]", sheet):
        text = sheet[start : match.start()]
        start = match.end()
        if match.group() == "{":
            selector = " ".join(text.rpartition(";")[2].split())
            if selector.startswith("@"):
                open_blocks.append(_ALWAYS.fullmatch(selector.lower()) is not None)
                selector = ""
        elif selector:
            if all(open_blocks):
                yield selector, text
            selector = ""
        elif open_blocks:
            open_blocks.pop()
