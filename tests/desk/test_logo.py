"""The desk's logo travels within mails to customers, and only there."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from mailgate import settings
from mailgate.config import logos
from tests.desk.office import desk
from tests.desk.staff import ANNA, KIM, one, request


def png(width: int, height: int) -> bytes:
    """A picture of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x0b\x5a\x60" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_customers_see_the_logo_and_staff_get_no_paperclip(tmp_path: Path) -> None:
    """A picture from the net would tell when a mail is read, and many programs wouldn't show it."""
    (tmp_path / "logo.png").write_bytes(png(320, 80))
    with desk(tmp_path, desk=f'logo = "{tmp_path}/logo.png"\n') as d:
        d.agent("anna")
        mails = request(d)
        mail, received = one(mails, ANNA), one(mails, KIM, "received")
        assert "cid:" not in mail.get_body(("html",)).get_content()
        html = received.get_body(("related", "html"))
        assert html.get_content_type() == "multipart/related"
        picture = next(part for part in html.iter_parts() if part.get_content_type() == "image/png")
        assert picture["Content-ID"] == "<logo@desk>"
        assert picture.get_content() == png(320, 80)
        page = received.get_body(("html",)).get_content()
        assert 'src="cid:logo@desk" width="160" height="40"' in page
        assert "logo" not in received.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "can't be read"), (b"<svg/>", "no PNG, JPEG or GIF"), (png(900, 300) + bytes(50_000), "at most 50,000")],
    ids=["missing", "svg", "too large"],
)
def test_what_can_t_be_a_logo_is_a_mistake_of_the_config(tmp_path: Path, content: bytes | None, why: str) -> None:
    """Mails would leave without it, and nobody would know why."""
    if content is not None:
        (tmp_path / "logo").write_bytes(content)
    (tmp_path / "config.toml").write_text('[desk]\naddress = "support@desk.example"\nlogo = "logo"\n')
    with pytest.raises(settings.BadConfig) as told:
        settings.load(tmp_path / "config.toml", {})
    (mistake,) = told.value.mistakes
    assert (mistake.key, mistake.line) == ("desk.logo", 3)
    assert why in mistake.what


def test_a_logo_is_measured_whatever_its_kind(tmp_path: Path) -> None:
    """It would be shown at the size of its file, across the whole mail."""
    jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x00\x50\x01\x40" + bytes(20)
    for content, kind in ((png(320, 80), "image/png"), (jpeg, "image/jpeg"), (b"GIF89a\x40\x01\x50\x00rest", "image/gif")):
        (tmp_path / "logo").write_bytes(content)
        found = logos.read(tmp_path / "logo")
        assert (found.type, found.width, found.height) == (kind, 160, 40)
