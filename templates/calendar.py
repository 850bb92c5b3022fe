"""A date as a calendar file that every calendar takes (iCalendar, RFC 5545): one event, no answer asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from templates import clean

_LINE = 75
"""Octets of a line before it is folded (RFC 5545 section 3.1)."""


def event(
    uid: str, start: datetime, *, at: datetime, summary: str, length: timedelta = timedelta(hours=1), text: str = "", place: str = ""
) -> str:
    """An event; the same `uid` with a later `at` replaces it in the calendar that has it. `at` is when it was said."""
    said = [
        ("BEGIN", "VCALENDAR"),
        ("VERSION", "2.0"),
        ("PRODID", "-//Mailgate//EN"),
        ("METHOD", "PUBLISH"),
        ("BEGIN", "VEVENT"),
        ("UID", uid),
        ("SEQUENCE", str(int(at.timestamp()) % 2**31)),
        ("DTSTAMP", _instant(at)),
        ("DTSTART", _instant(start)),
        ("DTEND", _instant(start + length)),
        ("SUMMARY", _text(summary)),
        *((name, _text(value)) for name, value in (("DESCRIPTION", text), ("LOCATION", place)) if value.strip()),
        ("END", "VEVENT"),
        ("END", "VCALENDAR"),
    ]
    return "".join(f"{_folded(f'{name}:{value}')}\r\n" for name, value in said)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    """A text value, its signs escaped (RFC 5545 section 3.3.11)."""
    plain = clean.clean_text(value).strip().replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return plain.replace("\n", "\\n")


def _folded(line: str) -> str:
    """A line in pieces of at most 75 octets, none cut within a character."""
    pieces, piece, size = [], "", 0
    for char in line:
        width = len(char.encode())
        if size + width > _LINE:
            pieces.append(piece)
            piece, size = " ", 1
        piece, size = piece + char, size + width
    return "\r\n".join([*pieces, piece])
