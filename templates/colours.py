"""Colours as numbers: contrast and mixing. What colours our mails have is in `design.py`."""

from __future__ import annotations

import re

WRITTEN = re.compile(r"#[0-9a-f]{6}")
"""How a colour is written."""


def contrast(one: str, other: str) -> float:
    """Contrast of two colours from 1 to 21 (WCAG 2.1, definition of contrast ratio)."""

    def luminance(colour: str) -> float:
        channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lighter(colour: str, share: float) -> str:
    """A colour with a share of white, from 0 to 1."""
    return "#" + "".join(f"{round(int(colour[i : i + 2], 16) * (1 - share) + 255 * share):02x}" for i in (1, 3, 5))
