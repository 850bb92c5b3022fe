"""What in an HTML mail no reader sees: elements hidden by style, by attribute, by a style sheet, or by letters in the colour of their ground.

Hidden text could carry commands to the desk that the person who sent the mail on never saw. Cheap on purpose: no layout is computed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

_HIDDEN = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|mso-hide:all|(?:^|;)font-size:0*(?:\.0+)?(?:px|pt|em|rem|%|in|cm|mm)?(?:;|!|$)"
    r"|(?:^|;)opacity:0*(?:\.0+)?(?:;|!|$)|(?:^|;)(?:max-height|height|max-width|width):0(?:px)?(?:;|!|$).*overflow:hidden"
    r"|overflow:hidden.*(?:^|;)(?:max-height|height|max-width|width):0(?:px)?(?:;|!|$)|(?:^|;)color:transparent"
    r"|text-indent:-\d{3,}|(?:left|top):-\d{4,}"
)
_WHITE = re.compile(r"(?:^|;)color:(?:white|#fff(?:fff)?|rgba?\(255,255,255(?:,1)?\))(?:;|!|$)")
BACKGROUND = re.compile(r"(?:^|;)background(?:-color)?:(?!none|transparent|inherit|initial)([^;!]+)")
_COLOR = re.compile(r"(?:^|;)color:([^;!]+)")


def is_hidden(attributes: dict[str, str | None], style: str, *, names: frozenset[str], is_painted: bool) -> bool:
    """Whether an element is one that no reader sees. `style` is in lower case without white space, `names` are what sheets hide."""
    if "hidden" in attributes:
        return True
    if names:
        classes = (attributes.get("class") or "").split()
        if (attributes.get("id") or "") in names or any(name in names for name in classes):
            return True
    colour = (attributes.get("color") or "").strip().lower()
    if colour in {"white", "#fff", "#ffffff"} and not is_painted and not BACKGROUND.search(style):
        return True
    if not style:
        return False
    if _HIDDEN.search(style):
        return True
    background = BACKGROUND.search(style)
    if background:
        foreground = _COLOR.search(style)
        return bool(foreground) and foreground is not None and foreground.group(1) == background.group(1)
    return not is_painted and bool(_WHITE.search(style))


def hidden_names(document: LexborHTMLParser) -> frozenset[str]:
    """Classes and ids that a style sheet hides everywhere (not only on some media)."""
    found: set[str] = set()
    for style in document.css("style")[:20]:
        sheet = (style.text() or "")[:100_000]
        if "none" not in sheet and "hidden" not in sheet and "font-size" not in sheet:
            continue
        for selector, rules in _rules(re.sub(r"/\*.{0,5000}?\*/", "", sheet, flags=re.DOTALL)):
            if _HIDDEN.search(re.sub(r"\s+", "", rules.lower())):
                found.update(name[1:] for name in selector.split(",") for name in [name.strip()] if re.fullmatch(r"[.#][\w-]+", name))
                found.update(re.findall(r"(?:^|,)\s*\w+\.([\w-]+)\s*(?=,|$)", selector))
    return frozenset(found)


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """Selector and declarations of the rules that stand outside any `@media` block."""
    depth, start, selector = 0, 0, ""
    for match in re.finditer(r"[{}]", sheet):
        if match.group() == "{":
            if depth == 0:
                selector = sheet[start : match.start()].strip()
            depth += 1
            start = match.end()
        else:
            if depth == 1 and not selector.startswith("@"):
                yield selector, sheet[start : match.start()]
            depth = max(0, depth - 1)
            start = match.end()
