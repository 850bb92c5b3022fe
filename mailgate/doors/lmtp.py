"""The door for mail by LMTP (RFC 2033), for an MTA on the same machine: a Unix socket or a port that no stranger reaches.

Next: `mailgate/doors/smtp.py`, of which it is made.
"""

from __future__ import annotations

import asyncio

from aiosmtpd.lmtp import LMTP

from mailgate.doors.smtp import SmtpDoor, SmtpSession


class LmtpSession(LMTP, SmtpSession):
    """As SMTP, but it begins with LHLO, and a message is answered once for each recipient that was accepted."""

    counts_unknown = False  # the MTA passes on what others send: closing the session would delay their mail, not them

    def for_recipients(self, reply: str) -> str:
        """One line for each RCPT that was accepted, also for one that came twice (RFC 2033 section 4.2)."""
        return "\r\n".join([reply] * len(self.mail.rcpt_tos)) if reply else ""


class LmtpDoor(SmtpDoor):
    """Takes mail from our own MTA for our own addresses."""

    name = "lmtp"

    def session(self) -> asyncio.Protocol:
        return LmtpSession(self)
