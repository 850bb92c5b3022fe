"""The desk's logo: a small picture that travels within mails to customers, read and measured once with the config."""

from __future__ import annotations

from pathlib import Path

from rules.facts.policy import Logo

LARGEST_BYTES = 50_000
"""It goes with every mail, and Gmail clips what is long."""
WIDE, HIGH = 160, 40
"""CSS pixels that it may take; a larger picture is shown smaller, which makes it sharp on fine screens."""
_JPEG_SIZES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
"""Segments that begin a frame (ITU-T T.81, table B.1)."""


def read(path: Path) -> Logo:
    """The logo in a file; raises ValueError with a sentence for what can't be one."""
    try:
        content = path.read_bytes()
    except OSError as why:
        raise ValueError(f"{path} can't be read: {why.strerror}") from None
    if len(content) > LARGEST_BYTES:
        raise ValueError(f"{path} has {len(content):,} bytes and goes with every mail: at most {LARGEST_BYTES:,}")
    found = _measured(content)
    if found is None:
        raise ValueError(f"{path} is no PNG, JPEG or GIF, which all mail programs show")
    kind, width, height = found
    if not width or not height:
        raise ValueError(f"{path} has no size")
    share = min(1.0, WIDE / width, HIGH / height)
    return Logo(type=kind, content=content, width=max(1, round(width * share)), height=max(1, round(height * share)))


def _measured(content: bytes) -> tuple[str, int, int] | None:
    """Type, width and height of a picture, None for no picture."""
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= 24:
        return "image/png", int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    if content[:6] in {b"GIF87a", b"GIF89a"} and len(content) >= 10:
        return "image/gif", int.from_bytes(content[6:8], "little"), int.from_bytes(content[8:10], "little")
    if not content.startswith(b"\xff\xd8\xff"):
        return None
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        if content[at + 1] in _JPEG_SIZES:
            return "image/jpeg", int.from_bytes(content[at + 7 : at + 9], "big"), int.from_bytes(content[at + 5 : at + 7], "big")
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return None
