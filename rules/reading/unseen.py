"""Characters without a shape, which mail programs scatter over a text and nobody sees. Looked for sign by sign: a pattern with all of them takes ten times as long."""

from __future__ import annotations

import re
from collections.abc import Collection

UNSEEN = tuple(map(chr, (0xAD, 0x34F, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF)))
"""Soft hyphens, joiners, marks of direction."""
_UNSEEN = re.compile(f"[{''.join(UNSEEN)}]")


def holds_any(text: str, signs: Collection[str]) -> bool:
    """Whether a text holds one of these characters, none of which is ASCII."""
    return not text.isascii() and any(map(text.__contains__, signs))


def without(text: str) -> str:
    """The text without them."""
    return _UNSEEN.sub("", text) if holds_any(text, UNSEEN) else text
