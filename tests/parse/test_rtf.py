"""RTF as Outlook packs it: unpacked as MS-OXRTFCP says, and freed of its markup."""

from __future__ import annotations

import base64

import pytest

from mailgate.parsing import parse, rtf
from tests.parse import build

HELLO = bytes.fromhex("2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0")
AGAIN = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")
CZECH = rb"""{\rtf1\ansi\ansicpg1250{\fonttbl{\f0\fcharset238 Arial;}{\f1\fcharset204 Arial CYR;}}{\colortbl;\red0;}{\*\generator Riched20;}\uc1
\pard\f0 Dobr\'fd den,\par p\u345\'f8\'edklad {\v #close\par}\f1 \'cf\'f0\'e8\plain\f0\tab x\par {\*\htmltag64 <p>}\u-10179?\u-8704? \{ok\}}"""


def winmail(packed: bytes) -> bytes:
    """A winmail.dat that has only a packed body (MS-OXTNEF section 2.1.3.3)."""
    value = b"\x02\x01\x09\x10" + (1).to_bytes(4, "little") + len(packed).to_bytes(4, "little") + packed + b"\0" * (-len(packed) % 4)
    content = (1).to_bytes(4, "little") + value
    attribute = b"\x01" + (0x00069003).to_bytes(4, "little") + len(content).to_bytes(4, "little") + content
    return b"\x78\x9f\x3e\x22\x01\x00" + attribute + (sum(content) & 0xFFFF).to_bytes(2, "little")


def test_the_examples_of_the_specification_are_unpacked() -> None:
    """MS-OXRTFCP section 3.1.1 and 3.1.2; the second copies what it is just writing."""
    assert rtf.unpacked(HELLO) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert rtf.unpacked(AGAIN) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"
    plain = (len(CZECH) + 12).to_bytes(4, "little") + len(CZECH).to_bytes(4, "little") + b"MELA\0\0\0\0" + CZECH
    assert rtf.unpacked(plain) == CZECH


def test_what_a_reader_of_rtf_sees_is_the_text() -> None:
    """Fonts, hidden words and HTML within would stand in the request, and letters of another code page as noise."""
    assert rtf.text(CZECH) == "Dobr\u00fd den,\np\u0159\u00edklad \u041f\u0440\u0438\tx\n\U0001f600 {ok}"


def test_a_mail_of_outlook_that_has_only_rtf_shows_its_words() -> None:
    """Exchange packs the whole mail into a winmail.dat, its text as packed RTF alone: the request would be empty."""
    more = b"MIME-Version: 1.0\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n"
    mail = parse.parse(build.plain(base64.encodebytes(winmail(HELLO)), more=more))
    assert mail.text == "hello world"
    cut = parse.parse(build.plain(base64.encodebytes(winmail(HELLO[:30])), more=more))
    assert "hello world" not in cut.text


@pytest.mark.parametrize(
    "markup",
    [
        b"{\\rtf1" + b"{" * 900_000,
        b"{\\rtf1" + b"{}" * 450_000,
        b"{\\rtf1" + b"\\u1?" * 200_000,
        b"{\\rtf1 " + b"\\" * 900_000,
        b"{\\rtf1\\bin99999999999 x}",
        b"{\\rtf1}}}}\\'zz\\u\\f-1\\fcharset9",
        b"",
        b"\x00\xff",
    ],
    ids=range(8),
)
def test_markup_that_is_made_to_keep_a_reader_busy_costs_little(markup: bytes) -> None:
    """One mail would hold up all others."""
    assert len(rtf.text(markup)) < 300_000


@pytest.mark.parametrize("body", [b"\xff\x0f\x0f" * 900_000, b"\0abcdefgh" * 500_000, b"\xff", b"\x01\x00", b""], ids=range(5))
def test_a_packed_body_that_swells_is_cut(body: bytes) -> None:
    """A small file could fill the memory."""
    packed = (len(body) + 12).to_bytes(4, "little") + b"\0" * 4 + b"LZFu" + b"\0" * 4 + body
    assert len(rtf.unpacked(packed)) <= rtf.MOST_BYTES + 200
