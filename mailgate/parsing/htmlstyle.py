"""What a style declaration of an HTML mail says about seeing: sizes, colours, and the many ways to put a text where no eye meets it (CSS 2.1, CSS Color 4).

No layout is computed: every answer is drawn from the declarations of one element. Next: `htmlhiding.py`, which asks about elements.
"""

from __future__ import annotations

import colorsys
import re
from functools import lru_cache

Colour = tuple[int, int, int]
Style = dict[str, str]

_COMMENT = re.compile(r"/\*.{0,2000}?\*/", re.DOTALL)
_ESCAPE = re.compile(r"\\([0-9a-f]{1,6})[ \t\r\n\f]?|\\([^0-9a-f\r\n])")
_PIECES = re.compile(r"""(?:"[^"]*"|'[^']*'|\([^()]*(?:\([^()]*\)[^()]*)*\)|[^;])+""")
_LENGTH = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))([a-z%]*)")
_FUNCTION = re.compile(r"([a-z0-9-]+)\(([^()]*(?:\([^()]*\)[^()]*)*)\)")
_PIXELS = {
    "": 1.0,
    "px": 1.0,
    "pt": 1.33,
    "pc": 16.0,
    "in": 96.0,
    "cm": 37.8,
    "mm": 3.78,
    "q": 0.94,
    "em": 16.0,
    "rem": 16.0,
    "ex": 8.0,
    "ch": 8.0,
}
_PIXELS |= {"%": 0.16, "vw": 6.0, "vh": 6.0, "vmin": 6.0, "vmax": 6.0}
_NAMES: dict[str, Colour] = {
    "white": (255, 255, 255), "black": (0, 0, 0), "snow": (255, 250, 250), "ivory": (255, 255, 240), "ghostwhite": (248, 248, 255),
    "whitesmoke": (245, 245, 245), "floralwhite": (255, 250, 240), "azure": (240, 255, 255), "mintcream": (245, 255, 250),
    "honeydew": (240, 255, 240), "aliceblue": (240, 248, 255), "seashell": (255, 245, 238), "gray": (128, 128, 128), "grey": (128, 128, 128),
    "silver": (192, 192, 192), "red": (255, 0, 0), "green": (0, 128, 0), "blue": (0, 0, 255), "navy": (0, 0, 128), "yellow": (255, 255, 0),
    "orange": (255, 165, 0), "maroon": (128, 0, 0), "teal": (0, 128, 128), "purple": (128, 0, 128), "lightgray": (211, 211, 211),
    "lightgrey": (211, 211, 211), "gainsboro": (220, 220, 220), "lightyellow": (255, 255, 224), "window": (255, 255, 255),
    "windowtext": (0, 0, 0), "canvas": (255, 255, 255), "canvastext": (0, 0, 0),
}  # fmt: skip

CLEAR: Colour = (-1, -1, -1)
"""No colour at all: what lies below is seen."""
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)

SMALLEST = 3.0
"""Pixels below which letters are no letters any more."""
FAINTEST = 0.1
"""Opacity below which nobody sees anything."""
LEAST_CONTRAST = 1.2
"""Ratio of luminances (WCAG 2.1) below which letters are of the colour of their ground."""
FAR = 500.0
"""Pixels beyond the edge at which something is moved out of sight."""


@lru_cache(maxsize=4096)
def declarations(text: str) -> Style:
    """The declarations of a `style`, names and values in lower case, escapes and comments taken out; of two with one name the later one.

    `!important` ones outweigh others and lose the word. Callers must not change what they get.
    """
    text = _COMMENT.sub("", text[:20_000].lower())
    if "\\" in text:
        text = _ESCAPE.sub(_unescaped, text)
    found: Style = {}
    heavy: Style = {}
    for piece in _PIECES.findall(text):
        name, colon, value = piece.partition(":")
        if not colon:
            continue
        value = " ".join(value.split())
        important = re.search(r"! ?important$", value)
        (heavy if important else found)[name.strip()] = value[: important.start()].strip() if important else value
    found |= heavy
    if any("var(" in value for value in found.values()):
        found = {name: _VARIABLE.sub(lambda m: found.get(m[1]) or m[2] or "none", value) for name, value in found.items()}
    return found


_VARIABLE = re.compile(r"var\( ?(--[\w-]+) ?(?:, ?([^()]*))?\)")


def _unescaped(match: re.Match[str]) -> str:
    if match[2]:
        return match[2]
    code = int(match[1], 16)
    return chr(code).lower() if 0 < code < 0xD800 else ""


def is_out_of_sight(style: Style) -> bool:
    """Whether an element with these declarations is seen by nobody, with all that is in it."""
    if style.get("display") == "none" or style.get("content-visibility") == "hidden" or style.get("mso-hide") == "all":
        return True
    if _least(style.get("opacity", "")) < FAINTEST or _least(style.get("zoom", "")) < FAINTEST or _least(style.get("scale", "")) < FAINTEST:
        return True
    return (
        _is_filtered(style)
        or _is_clipped(style)
        or _is_moved(style)
        or _is_turned(style.get("transform", "") or style.get("-webkit-transform", ""))
    )


def _is_filtered(style: Style) -> bool:
    for name, inside in _FUNCTION.findall(style.get("filter", "") + style.get("-ms-filter", "")):
        if name == "opacity" and _least(inside) < FAINTEST:
            return True
        if name == "alpha" and (found := re.search(r"opacity ?= ?(\d+)", inside)) and int(found[1]) < 100 * FAINTEST:
            return True
    mask = " ".join(style.get(name, "") for name in ("mask", "mask-image", "-webkit-mask", "-webkit-mask-image"))
    return "transparent" in mask and not re.search(r"#|rgb|hsl|black|url", mask)


_NOTHING = re.compile(r"0+(?:\.0+)?[a-z%]*|0*1(?:px|pt)?|0*\.\d+(?:px|pt)?")


def _is_clipped(style: Style) -> bool:
    clips = style.get("overflow", "visible").split()[0] in {"hidden", "clip"} or "hidden" in style.get("overflow-y", "") + style.get(
        "overflow-x", ""
    )
    if clips and any(_NOTHING.fullmatch(style.get(name, "")) for name in ("height", "max-height", "width", "max-width")):
        return True
    for name, inside in _FUNCTION.findall(
        style.get("clip", "") + " " + style.get("clip-path", "") + " " + style.get("-webkit-clip-path", "")
    ):
        sizes = _LENGTH.findall(inside)
        numbers = [abs(float(number)) for number, _ in sizes]
        if name in {"rect", "circle", "ellipse", "polygon"} and numbers and max(numbers if name != "circle" else numbers[:1]) <= 1:
            return True
        if name == "inset" and numbers and numbers[0] >= 50 and sizes[0][1] == "%":
            return True
    return False


def _is_moved(style: Style) -> bool:
    if style.get("position", "static") in {"absolute", "fixed", "relative"} and any(
        abs(size) >= FAR for name in ("left", "top", "right", "bottom") if (size := pixels(style.get(name, ""))) != UNSAID
    ):
        return True
    if pixels(style.get("text-indent", "")) <= -FAR or "-100%" in style.get("text-indent", ""):
        return True
    margins = " ".join(style.get(name, "") for name in ("margin", "margin-left", "margin-top"))
    return any(pixels(each) <= -FAR for each in margins.split())


def _is_turned(transform: str) -> bool:
    for name, inside in _FUNCTION.findall(transform):
        sizes = [pixels(each) for each in re.split(r"[ ,]+", inside.strip())]
        if name.startswith("scale") and any(abs(size) < FAINTEST for size in sizes):
            return True
        if name.startswith("translate") and any(size != UNSAID and abs(size) >= FAR for size in sizes):
            return True
        if name in {"rotatex", "rotatey"} and re.match(r" ?-?(?:90|270)deg", inside):
            return True
    return False


UNSAID = float("inf")


@lru_cache(maxsize=4096)
def pixels(value: str) -> float:
    """A length in pixels, about; the greatest one of a sum or choice, and infinite where it says nothing that can be measured."""
    sizes = [float(number) * _PIXELS[unit] for number, unit in _LENGTH.findall(value) if unit in _PIXELS]
    return max(sizes) if sizes else UNSAID


def _least(value: str) -> float:
    """A plain number or percentage."""
    found = _LENGTH.match(value.strip())
    if not found or found[2] not in {"", "%"}:
        return UNSAID
    return float(found[1]) / (100 if found[2] else 1)


@lru_cache(maxsize=1024)
def font_pixels(style_font: str, style_size: str) -> float:
    """How tall letters are by `font` and `font-size`; infinite where neither says."""
    if style_size:
        return pixels(style_size) if not style_size.endswith(("vw", "vh")) else UNSAID
    found = re.search(r"(?:^| )((?:\d+\.?\d*|\.\d+)(?:px|pt|em|rem|%|in|cm|mm)?)(?: ?/|\s)", style_font)
    return pixels(found[1]) if found and found[1] not in {"100", "200", "300", "400", "500", "600", "700", "800", "900"} else UNSAID


@lru_cache(maxsize=4096)
def colour(value: str) -> Colour | None:
    """A colour, `CLEAR` among them; None for what is none that is known here."""
    value = value.strip()
    if value in _NAMES:
        return _NAMES[value]
    if value == "transparent":
        return CLEAR
    if re.fullmatch(r"#?[0-9a-f]{3,8}", value):
        return _hexadecimal(value.removeprefix("#"))
    found = _FUNCTION.fullmatch(value)
    if not found or found[1] not in {"rgb", "rgba", "hsl", "hsla"}:
        return None
    parts = [part for part in re.split(r"[ ,/]+", found[2].strip()) if part]
    try:
        if len(parts) > 3 and _portion(parts[3]) < FAINTEST:
            return CLEAR
        if found[1].startswith("rgb"):
            red, green, blue = (round(255 * _portion(part)) if part.endswith("%") else round(float(part)) for part in parts[:3])
            return red, green, blue
        hue = float(parts[0].removesuffix("deg")) % 360 / 360
        shades = colorsys.hls_to_rgb(hue, _portion(parts[2]), _portion(parts[1]))
        return round(255 * shades[0]), round(255 * shades[1]), round(255 * shades[2])
    except (ValueError, IndexError, OverflowError):
        return None


def _hexadecimal(digits: str) -> Colour | None:
    if len(digits) in {3, 4}:
        digits = "".join(digit * 2 for digit in digits)
    if len(digits) == 8 and int(digits[6:], 16) < 255 * FAINTEST:
        return CLEAR
    return (int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)) if len(digits) in {6, 8} else None


def _portion(part: str) -> float:
    return min(1.0, max(0.0, float(part.removesuffix("%")) / (100 if part.endswith("%") else 1)))


@lru_cache(maxsize=4096)
def is_lost(letters: Colour, ground: Colour) -> bool:
    """Whether letters of one colour can't be told from a ground of the other."""
    bright, dark = sorted((_luminance(letters), _luminance(ground)), reverse=True)
    return (bright + 0.05) / (dark + 0.05) < LEAST_CONTRAST


def _luminance(of: Colour) -> float:
    channels = [shade / 3294.6 if shade <= 10 else ((shade / 255 + 0.055) / 1.055) ** 2.4 for shade in of]
    return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
