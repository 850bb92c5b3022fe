"""What lies inside a winmail.dat, Outlook's own wrapping of text and files (MS-OXTNEF): read by an optional library, guarded here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mailgate.parsing import charsets, rtf

_ATTRIBUTES = 2000
_COPIED_BYTES = 2_000_000_000
_NOTHING = "\0 \t\r\n"


def text(data: bytes) -> str:
    """The text of the mail, if it is there as text, HTML or RTF; empty where it is not, or the file is broken."""
    opened = _opened(data)
    plain = _decoded(opened, "body")
    if plain:
        return charsets.clean(plain)
    markup = _decoded(opened, "htmlbody")
    if not markup:
        packed = getattr(opened, "_rtfbody", None)
        return rtf.text(rtf.unpacked(packed)).strip(_NOTHING) if isinstance(packed, bytes) else ""
    from mailgate.parsing import htmltext  # noqa: PLC0415 - as for other HTML: most mails need none

    return htmltext.to_text(markup)[0]


def files(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of the files; none where the library isn't installed or the file is broken."""
    for attachment in getattr(_opened(data), "attachments", ()):
        content = getattr(attachment, "data", None)
        if isinstance(content, bytes):
            name = attachment.long_filename() if hasattr(attachment, "long_filename") else attachment.name
            yield (name.decode("cp1252", "western") if isinstance(name, bytes) else str(name or "")), content


def _opened(data: bytes) -> Any:  # noqa: ANN401 - the library has no types
    """What the library makes of it; None where it isn't installed, or the file is broken or made to keep it busy.

    It copies all that follows at each attribute (MS-OXTNEF section 2.1.3), so these are counted before.
    """
    at, count = 6, 0
    while at + 12 < len(data):
        at += 11 + int.from_bytes(data[at + 5 : at + 9], "little")
        count += 1
        if count > _ATTRIBUTES or count * len(data) > _COPIED_BYTES:
            return None
    try:
        from tnefparse import TNEF  # noqa: PLC0415 - optional, and rarely needed

        return TNEF(data, do_checksum=False)
    except Exception:  # noqa: BLE001 - a broken winmail.dat stays a file among files
        return None


def _decoded(opened: object, kind: str) -> str:
    """One of its texts, without what ends it; empty if there is none."""
    content = getattr(opened, kind, None)
    if isinstance(content, bytes):
        content = charsets.decode(content.rstrip(b"\0"), str(getattr(opened, "codepage", None) or ""))[0]
    return content.strip(_NOTHING) if isinstance(content, str) else ""
