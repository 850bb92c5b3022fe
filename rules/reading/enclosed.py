"""What stands between two marks in a text: fenced code, uuencoded files, the armour of OpenPGP.

Lines are marked as `quoting` does: `t` the author's text, `f` fenced text, `x` cut. Linear in the number of lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_FENCE = re.compile(r"[ \t]{0,3}(?:```|~~~)")
_UU_BEGIN = re.compile(r"begin(?:-base64)? [0-7]{3,4} \S")


def fences(lines: Sequence[str], kind: list[str], whole: str) -> None:
    """Fenced code is text whatever it looks like (`f` until the end); uuencoded files are not."""
    opened = -1
    for at, line in enumerate(lines if "```" in whole or "~~~" in whole else ()):
        if kind[at] == "t" and _FENCE.match(line):
            if opened < 0:
                opened = at
            else:
                kind[opened : at + 1] = ["f"] * (at + 1 - opened)
                opened = -1
    at = 0 if "begin" in whole else len(lines)
    while at < len(lines):
        if kind[at] == "t" and _UU_BEGIN.match(lines[at]):
            end = next((n for n in range(at + 1, min(len(lines), at + 50_000)) if lines[n].strip() == "end"), -1)
            if end < 0:
                break
            kind[at : end + 1] = ["x"] * (end + 1 - at)
            at = end
        at += 1


def armour(lines: Sequence[str], kind: list[str], lowered: str) -> None:
    """Cut what OpenPGP puts around a text that is signed in clear (RFC 9580 section 7): its first lines, and the signature below."""
    within = ""
    for at, line in enumerate(lines if "-----begin pgp " in lowered else ()):
        if kind[at] != "t":
            within = "" if within == "head" else within
        elif line.startswith(("-----BEGIN PGP SIGNATURE", "-----BEGIN PGP PUBLIC KEY")):
            within = "signature"
        elif line.startswith("-----BEGIN PGP SIGNED MESSAGE"):
            within = "head"
        if within and kind[at] == "t":
            kind[at] = "x"
        if line.startswith("-----END PGP "):
            within = ""
