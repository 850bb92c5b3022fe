"""One delivery: what is handed to a courier, and the three answers it gives.

The answers are values, for each is expected: the relay took the mail, or may take it later, or never will. A courier keeps nothing,
decides nothing and knows no database; claiming rows and recording answers is the postman's. The couriers: `mailgate.sending.relay` (SMTP)
and `mailgate.sending.maildir` (a folder to look at the mails first).
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Protocol

from rules.frozen import dataclass

ANSWER_MAX = 500
"""Characters of a relay's answer that are kept."""

_LOCAL = r"""(?:[^\s<>()\[\]\\.,:;@"\x00-\x1f\x7f-\x9f]+(?:\.[^\s<>()\[\]\\.,:;@"\x00-\x1f\x7f-\x9f]+)*|"(?:[^"\\\r\n\x00-\x1f\x7f-\x9f]|\\[\x20-\x7e])*")"""
_LABEL = r"[^\W_](?:[\w-]*[^\W_])?"
_ADDRESS = re.compile(rf"{_LOCAL}@(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Za-z.:]+\])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A mail ready to leave for one recipient. `raw` has CRLF line ends and goes out as it is, byte for byte."""

    envelope_from: str
    """Empty for the null reverse-path (RFC 5321 section 4.5.5)."""
    recipient: str
    raw: bytes
    message_id: str
    """With angle brackets; the same at every attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The next hop answers for the mail from now on."""

    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """The mail was not taken, or nobody knows; trying again can help."""

    why: str
    relay_down: bool = False
    """The trouble is with the relay, not with this mail: others needn't be tried now, and the operator should hear."""
    perhaps_sent: bool = False
    """The connection broke after the whole mail had left: the recipient may get it twice, under one Message-ID."""
    not_before: timedelta | None = None
    """The earliest time from now that makes sense, where it is known; such an answer is no failed attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Never:
    """The mail will never be taken as it is."""

    why: str


Answer = Sent | Later | Never


class Courier(Protocol):
    """Somebody who takes one mail at a time to the next hop; several calls may run at once."""

    async def deliver(self, mail: Ready) -> Answer:
        """Take a mail away. Raises nothing for what networks, servers and disks do."""

    def room(self) -> int:
        """How many mails it would take now: what is worth claiming."""

    async def close(self) -> None:
        """Let go of connections, in order; may be called twice."""


def address_fault(address: str) -> str:
    """Why an address must not be written into an SMTP command, empty if it may (RFC 5321 section 4.1.2, RFC 6531 section 3.3).

    A mailbox with a dot-atom or quoted local part and a domain or address literal; no controls, no brackets, no second address.
    """
    if len(address.encode("utf-8", "surrogatepass")) > 320:
        return "is too long"
    if not _ADDRESS.fullmatch(address):
        return "is no address"
    try:
        address.encode("utf-8")
    except UnicodeEncodeError:
        return "is no address"
    return ""


def envelope_fault(mail: Ready) -> str:
    """Why the envelope of a mail can't be used, empty if it can; asked before anything is written anywhere."""
    if mail.envelope_from and (why := address_fault(mail.envelope_from)):
        return f"sender {mail.envelope_from!r} {why}"
    why = address_fault(mail.recipient)
    return f"recipient {mail.recipient!r} {why}" if why else ""


def told(code: int, text: str) -> str:
    """A relay's answer as one clean line: `550 5.1.1 no such user`."""
    clean = "".join(char if char.isprintable() else " " for char in text)
    return f"{code} {' '.join(clean.split())}".strip()[:ANSWER_MAX]
