"""The text of RTF as Outlook packs it into a winmail.dat: unpacked (MS-OXRTFCP) and freed of its markup; styles, fonts and pictures are left out.

Markup that carries HTML (MS-OXRTFEX) stands in destinations that a plain reader skips, so what is read is what RTF itself shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mailgate.parsing import charsets

MOST_BYTES = 1_000_000
"""Bytes of markup that are looked at."""
MOST_PIECES = 250_000
"""Words, braces and runs of text that are looked at."""
_WINDOW = 4096
_USUAL = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArialTimes New RomanCourier"
    rb"{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
"""What the window holds before the first byte (MS-OXRTFCP section 2.1.2.1)."""

_PIECE = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n\0]+|([^\\{}\r\n\0]+)",
    re.DOTALL,
)
_SKIPPED = frozenset(
    b"fonttbl colortbl stylesheet info pict object header footer headerl headerr headerf footerl footerr footerf footnote listtable"
    b" listoverridetable rsidtbl generator themedata colorschememapping datastore latentstyles xmlnstbl fldinst bkmkstart bkmkend".split()
)
_SAID = {
    b"par": "\n", b"line": "\n", b"sect": "\n", b"page": "\n", b"row": "\n", b"tab": "\t", b"cell": "\t", b"emdash": "\u2014", b"endash": "\u2013",
    b"lquote": "\u2018", b"rquote": "\u2019", b"ldblquote": "\u201c", b"rdblquote": "\u201d", b"bullet": "\u2022",
    b"emspace": " ", b"enspace": " ",
}  # fmt: skip
_SIGNS = {b"\\": "\\", b"{": "{", b"}": "}", b"~": " ", b"_": "-", b"\n": "\n", b"\r": "\n", b"\t": "\t"}
_CHARSETS = {0: "cp1252", 128: "cp932", 129: "cp949", 134: "gb18030", 136: "big5", 161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255",
             178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250"}  # fmt: skip
"""Code pages by the charset of a font (RTF 1.9.1, font table)."""
_UTF8 = 65001
_DEEPEST = 500
"""Groups within groups; what goes deeper is made to keep a reader busy."""


def unpacked(data: bytes) -> bytes:
    """The markup of a compressed body, at most `MOST_BYTES`; empty if it is none."""
    if len(data) < 16:
        return b""
    length, kind = int.from_bytes(data[:4], "little"), data[8:12]
    packed = data[16 : max(16, length + 4)]
    if kind == b"MELA":
        return packed[: int.from_bytes(data[4:8], "little")][:MOST_BYTES]
    return _inflated(packed) if kind == b"LZFu" else b""


def _inflated(packed: bytes) -> bytes:
    """A run is a control byte and eight tokens, lowest bit first: a byte, or a place in the window and a length (MS-OXRTFCP section 2.2.2)."""
    window = bytearray(_USUAL.ljust(_WINDOW, b"\0"))
    write, at, out = len(_USUAL), 0, bytearray()
    while at < len(packed) and len(out) < MOST_BYTES:
        control, at = packed[at], at + 1
        for bit in range(8):
            if not control >> bit & 1:
                piece = packed[at : at + 1]
                at += 1
            else:
                token, at = int.from_bytes(packed[at : at + 2], "big"), at + 2
                if at > len(packed) or token >> 4 == write:
                    return bytes(out)
                piece = _copied(window, token >> 4, (token & 15) + 2, write)
            for byte in piece:
                window[write] = byte
                write = (write + 1) % _WINDOW
            out += piece
    return bytes(out)


def _copied(window: bytearray, start: int, length: int, write: int) -> bytes:
    """Bytes of the window, which may reach into what this very token writes."""
    ahead = (write - start) % _WINDOW
    if ahead >= length:
        return bytes(window[(start + n) % _WINDOW] for n in range(length))
    period = bytes(window[(start + n) % _WINDOW] for n in range(ahead))
    return (period * (length // ahead + 1))[:length]


def text(markup: bytes) -> str:
    """What a reader of RTF sees; empty if it is none."""
    if not markup.lstrip().startswith(b"{\\rtf"):
        return ""
    shown = "".join(_Reading().said(markup[:MOST_BYTES]))
    return charsets.clean(shown.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))


@dataclass(slots=True, kw_only=True)
class _Group:
    """What holds until the brace that closes it."""

    is_skipped: bool = False
    """Within a destination that shows nothing."""
    is_hidden: bool = False
    is_font_table: bool = False
    font: int = -1
    fallback: int = 1
    """Characters that stand for an older reader behind each `\\u`."""


class _Reading:
    """One document while it is read."""

    def __init__(self) -> None:
        """Before the first group."""
        self.codepage = "cp1252"
        self.fonts: dict[int, str] = {}
        self.outer: list[_Group] = []
        self.group = _Group()
        self.owed = 0
        """Characters of a fallback that are still to come."""
        self.raw = bytearray()

    def said(self, markup: bytes) -> Iterator[str]:
        """The pieces of text in order."""
        at = count = 0
        while (piece := _PIECE.search(markup, at)) and count < MOST_PIECES:
            at, count = piece.end(), count + 1
            word, number, code, sign, brace, plain = piece.groups()
            if code is not None or plain is not None:
                self._bytes(plain if plain is not None else bytes([int(code, 16)]))
                continue
            yield self._flushed()
            if brace == b"{" and len(self.outer) == _DEEPEST:
                return
            if brace is not None:
                self._brace(brace)
            elif sign is not None:
                yield self._sign(sign)
            elif word == b"bin":
                at += max(0, int(number or 0))
            elif word is not None:
                yield self._word(word, None if number is None else int(number))
        yield self._flushed()

    @property
    def is_silent(self) -> bool:
        """Whether nobody sees what stands here."""
        return self.group.is_skipped or self.group.is_hidden

    def _bytes(self, data: bytes) -> None:
        gone = min(self.owed, len(data))
        self.owed -= gone
        if not self.is_silent:
            self.raw += data[gone:]

    def _flushed(self) -> str:
        """The bytes so far, in the code page of their font."""
        if not self.raw:
            return ""
        shown = bytes(self.raw).decode(self.fonts.get(self.group.font, "") or self.codepage, "replace")
        self.raw.clear()
        return shown

    def _brace(self, brace: bytes) -> None:
        self.owed = 0
        if brace == b"{":
            self.outer.append(self.group)
            self.group = replace(self.group)
        elif self.outer:
            self.group = self.outer.pop()

    def _sign(self, sign: bytes) -> str:
        if sign == b"*":
            self.group.is_skipped = True
        shown = _SIGNS.get(sign, "")
        if self.owed and shown:
            self.owed -= 1
            return ""
        return "" if self.is_silent else shown

    def _word(self, word: bytes, number: int | None) -> str:
        group = self.group
        match word:
            case b"ansicpg":
                self.codepage = "utf-8" if number == _UTF8 else charsets.resolve(f"cp{number}") or self.codepage
            case b"f":
                group.font = number or 0
            case b"fcharset" if group.is_font_table:
                self.fonts[group.font] = _CHARSETS.get(number or 0, "")
            case b"v":
                group.is_hidden = number != 0
            case b"plain":
                group.is_hidden = False
            case b"uc":
                group.fallback = max(0, number if number is not None else 1)
            case b"u" if number is not None:
                self.owed = group.fallback
                return "" if self.is_silent else chr(number % 0x10000)
            case _ if word in _SKIPPED:
                group.is_skipped, group.is_font_table = True, word == b"fonttbl"
            case _ if not self.is_silent:
                return _SAID.get(word, "")
        return ""
