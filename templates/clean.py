"""Makes foreign text harmless before it is shown: control characters, surrogates and direction tricks go.

Nothing here escapes HTML (that is Jinja's task) or knows of headers (`mailgate.parsing.headers`). Next: `render.py`, which cleans a whole card.
"""

from __future__ import annotations

import re

_BREAKS = re.compile("\r\n?|[\x85\u2028\u2029]")
# C0 without tab and newline, DEL, C1, directional embeddings, overrides and isolates, lone surrogates, noncharacters, BOM.
_BAD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]")
_SPACE = re.compile(r"\s+")
_TELLTALE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]")


def clean_text(text: str) -> str:
    """Text without control characters; every kind of line break becomes a newline, tabs stay.

    Directional embeddings, overrides and isolates go as well: in a subject or a name they reverse what stands beside them
    (Unicode UAX 9). The marks U+200E and U+200F stay, right-to-left writing needs them.
    """
    if text.isprintable() or not _TELLTALE.search(text):  # what can be printed needs no pattern
        return text
    return _BAD.sub("", _BREAKS.sub("\n", text))


def clean_line(text: str) -> str:
    """`clean_text` on one line: every run of white space is one space, none at the ends."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    return _SPACE.sub(" ", clean_text(text)).strip()
