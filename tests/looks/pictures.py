"""Small fingerprints of pictures: what was approved by somebody who looked, and how far a picture of today is from it.

A fingerprint is the mean colour of squares of 40 by 40 pixels, six bits a channel: enough to see a lost button, a white part in the
dark or a tile without its colour, and little enough to keep one of every text. Another word passes where it moves nothing.
`python -m tests.looks.pictures` takes all anew, after a change of the design that was looked at (`make looks` shows the sheets).
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from templates import cards, design, languages, render, samples
from tests.looks.browser import Browser

APPROVED = Path(__file__).parent / "approved"
WIDTHS = (320, 600)
SCALE = 0.1
SIDE = 4
"""Of a square, in pixels of the shrunken picture."""
FAINT = 3
"""Steps of a channel, of 64, by which a square may differ."""

Print = tuple[int, tuple[int, ...]]
"""Squares in a row, and each square as three channels of six bits."""


def page_of(name: str, language: str) -> str:
    """The HTML of a text's sample, in a font that every machine of ours has."""
    card = samples.sample(name, language)
    return render.render(name, language, card, links=samples.links(card)).html.replace(design.FONT, "Inter,'DejaVu Sans',sans-serif")


def screens() -> Iterator[tuple[int, bool, str]]:
    """Width, whether it is dark, and what the two are called."""
    for width in WIDTHS:
        for dark in (False, True):
            yield width, dark, f"{width}-{'dark' if dark else 'light'}"


def fingerprint(browser: Browser, width: int) -> Print:
    """Of the page that is shown."""
    height = int(browser.ask("document.documentElement.scrollHeight"))
    return squares(*pixels(browser.picture(width, height, SCALE)))


def pixels(png: bytes) -> tuple[int, int, int, list[bytes]]:
    """Width, height, bytes a pixel and the rows of a PNG as browsers write them: 8 bits, no interlace (PNG 1.2, sections 4 and 6)."""
    width, height, kind, at, data = 0, 0, 0, 8, b""
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        if name == b"IHDR":
            width, height, depth, kind = struct.unpack(">IIBB", png[at + 8 : at + 18])
            assert depth == 8
        elif name == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += length + 12
    each = {2: 3, 6: 4}[kind]
    raw, rows, before = zlib.decompress(data), [], bytes(width * each)
    for n in range(height):
        start = n * (width * each + 1)
        before = _unfiltered(raw[start], raw[start + 1 : start + 1 + width * each], before, each)
        rows.append(before)
    return width, height, each, rows


def _unfiltered(method: int, line: bytes, above: bytes, each: int) -> bytes:
    made = bytearray(line)
    for i, value in enumerate(line):
        left = made[i - each] if i >= each else 0
        up, corner = above[i], above[i - each] if i >= each else 0
        match method:
            case 1:
                guess = left
            case 2:
                guess = up
            case 3:
                guess = (left + up) // 2
            case 4:
                to = left + up - corner
                guess = min((abs(to - left), 0, left), (abs(to - up), 1, up), (abs(to - corner), 2, corner))[2]
            case _:
                guess = 0
        made[i] = (value + guess) & 0xFF
    return bytes(made)


def squares(width: int, height: int, each: int, rows: list[bytes]) -> Print:
    """The mean colour of each square, row by row; a rest at the right or below counts as one too."""
    found: list[int] = []
    across = -(-width // SIDE)
    for top in range(0, height, SIDE):
        lines = rows[top : top + SIDE]
        for left in range(0, width, SIDE):
            right = min(left + SIDE, width)
            for channel in range(3):
                values = [line[x * each + channel] for line in lines for x in range(left, right)]
                found.append(round(sum(values) / len(values) / 4))
    return across, tuple(found)


def distance(seen: Print, approved: Print) -> float:
    """Share of squares, from 0 to 1, that have another colour than the approved ones, or none beside them."""
    (across, now), (was_across, was) = seen, approved
    if across != was_across:
        return 1.0
    most = max(len(now), len(was)) // 3
    same = 0
    for at in range(0, min(len(now), len(was)), 3):
        same += all(abs(a - b) <= FAINT for a, b in zip(now[at : at + 3], was[at : at + 3], strict=True))
    return 1 - same / most


def written(found: Print) -> str:
    """A fingerprint in one line."""
    across, values = found
    return f"{across} {base64.b64encode(zlib.compress(bytes(values), 9)).decode()}"


def read(line: str) -> Print:
    """A fingerprint from its line."""
    across, _, values = line.partition(" ")
    return int(across), tuple(zlib.decompress(base64.b64decode(values)))


def hand(browser: Browser) -> float:
    """How wide the font of this machine writes; pictures of another font can't be compared."""
    browser.show("<span id=w style=\"font:600 20px Inter,'DejaVu Sans',sans-serif\">Hamburgefonstiv 0123 Žluťoučký</span>")
    return round(float(browser.ask("document.getElementById('w').getBoundingClientRect().width")), 1)


def approve(codes: Iterable[str] = tuple(languages.LANGUAGES)) -> None:
    """Take all pictures anew and keep their fingerprints."""
    APPROVED.mkdir(exist_ok=True)
    with Browser() as browser:
        font = hand(browser)
        for code in codes:
            kept: dict[str, object] = {"font": font}
            for width, dark, screen in screens():
                browser.screen(width, dark=dark)
                for name in cards.SHAPES:
                    browser.show(page_of(name, code))
                    kept[f"{name} {screen}"] = written(fingerprint(browser, width))
            (APPROVED / f"{code}.json").write_text(json.dumps(kept, indent=0, sort_keys=True) + "\n", encoding="ascii")


if __name__ == "__main__":
    approve()
