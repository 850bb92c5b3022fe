"""The header block of a mail in a mailbox: what recognises it, what lists it, and which envelope it once had.

Only the IMAP door and `adopt` look at mail this way, before it is kept. Understanding a kept mail is `mailgate.parsing.parse`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import getaddresses, parsedate_to_datetime

from mailgate.boxes.mailboxes import ImapSettings, Role
from mailgate.parsing import headers
from rules.facts.mail import Envelope
from rules.facts.terms import Address
from rules.frozen import dataclass

FIELDS = ("Message-ID", "In-Reply-To", "References", "From", "To", "Cc", "Date", "Subject", "Return-Path", "Auto-Submitted", "List-Id")
"""What is asked of the server when only the head is wanted."""

_ID = re.compile(rb"<[^<>\s]+>")
_TRACE = ("delivered-to", "x-original-to", "envelope-to")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a header block says."""

    message_id: str = ""
    """With angle brackets, empty if there is none."""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    sender: Address = Address()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    date: datetime | None = None
    """Aware UTC, None if it can't be read."""
    subject: str = ""
    automatic: bool = False
    """A machine says it wrote this (RFC 3834 section 5), or it came over a list (RFC 2919)."""


def read(block: bytes) -> Head:
    """The head in a header block or a whole mail. Never raises: what can't be read stays empty."""
    fields = headers.read(block)
    senders = _addresses(fields.all("from"))
    automatic = (fields.first("auto-submitted") or b"no").strip().lower()
    return Head(
        message_id=_message_id(fields.first("message-id")),
        in_reply_to=_ids(fields.first("in-reply-to")),
        references=_ids(fields.first("references")),
        sender=senders[0] if senders else Address(),
        to=_addresses(fields.all("to")),
        cc=_addresses(fields.all("cc")),
        date=_date(fields.first("date")),
        subject=headers.text(fields.first("subject") or b""),
        automatic=not automatic.startswith(b"no") or fields.first("list-id") is not None,
    )


def envelope(settings: ImapSettings, raw: bytes, ours: Callable[[str], bool]) -> Envelope:
    """The envelope that the last mail server wrote down in the mail (RFC 5321 section 4.4), as far as it is about us.

    Recipients count only where they are addresses of the desk: anybody may write `Delivered-To` into a mail. Mail in a sent folder
    was never delivered and has none of this.
    """
    if settings.role is Role.sent:
        return Envelope(door=settings.door)
    fields = headers.read(raw)
    path = headers.unfold(fields.first("return-path") or b"").decode("utf-8", "replace").strip().strip("<>").strip()
    recipients: dict[str, None] = {}
    for name in _TRACE:
        for value in fields.all(name):
            for found in _addresses([value]):
                if ours(found.address):
                    recipients[found.address] = None
    return Envelope(
        door=settings.door, sender=path if "@" in path and not re.search(r"[\s<>\x00-\x1f]", path) else "", recipients=tuple(recipients)
    )


def _message_id(value: bytes | None) -> str:
    if value is None:
        return ""
    found = _ID.search(value)
    return (found.group() if found else headers.unfold(value)).decode("utf-8", "replace")


def _ids(value: bytes | None) -> tuple[str, ...]:
    return tuple(found.decode("utf-8", "replace") for found in _ID.findall(value or b""))


def _addresses(values: list[bytes]) -> tuple[Address, ...]:
    # Split first and decode afterwards: an encoded name may hold a comma.
    flat = [headers.unfold(value).decode("utf-8", "replace") for value in values]
    found = getaddresses([headers.addresses_capped(value.encode(), set()).decode("utf-8", "replace") for value in flat])
    return tuple(Address(name=headers.text(name.encode()), address=address) for name, address in found if address)


def _date(value: bytes | None) -> datetime | None:
    try:
        written = parsedate_to_datetime(headers.unfold(value or b"").decode("ascii", "replace"))
        return (written if written.tzinfo else written.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
