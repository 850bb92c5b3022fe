"""What an SMTP answer to one of our mails means for that mail: sent, later, or never (RFC 5321 section 4.2, RFC 3463).

A wrong *never* loses a mail and a wrong *later* only costs time, so whatever isn't clearly about this mail is *later*.
"""

from __future__ import annotations

import re
from enum import StrEnum

from mailgate.sending.courier import Answer, Later, Never, told


class Step(StrEnum):
    """How far a transaction had come when the answer was given."""

    sender = "MAIL"
    recipient = "RCPT"
    contents = "DATA"


_OURS = frozenset({500, 501, 502, 503, 504, 521, 530, 534, 535, 538})
"""Answers about how we speak, log in or are let in at all, whatever the mail."""

_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_TOO_LARGE = re.compile(r"\b(?:size|large|big|long)\b", re.IGNORECASE)


def meant(code: int, text: str, step: Step) -> Answer:
    """The meaning of an answer that isn't the one hoped for; `code` is -1 for what was no SMTP answer."""
    why = f"{step}: {told(code, text)}" if code >= 100 else f"{step}: no SMTP answer: {told(0, text)[2:]}"
    found = _ENHANCED.match(text)
    enhanced = found[1] if found else ""
    if code == 421 or (code in _OURS and not (code == 501 and step is Step.recipient)):
        # 501 to RCPT is about the address; every other mail would hear the rest of these too.
        return Later(why=why, relay_down=True)
    if not 500 <= code < 600:
        return Later(why=why)
    if enhanced.startswith("4."):
        return Later(why=why)
    if code == 552 and not _is_too_large(enhanced, text):
        # RFC 5321 section 4.5.3.1.10: an old way to say "too many recipients"; others say "mailbox full" with it.
        return Later(why=why)
    return Never(why=why)


def _is_too_large(enhanced: str, text: str) -> bool:
    return enhanced in {"5.3.4", "5.2.3"} or (not enhanced and _TOO_LARGE.search(text) is not None)
