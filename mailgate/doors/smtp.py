"""The door for mail by SMTP, as the MX or behind an MTA: its commands, and whom and what it takes.

A mail is answered `250` after it is durably kept, never before, and not looked into: the bytes go to `mailgate.doors.receiving.Committer`
as they came. The two other doors are made of this one. Next: `mailgate/doors/conversation.py` below, `mailgate/doors/lmtp.py` and
`mailgate/doors/submission.py` beside, `mailgate/intake.py` for what becomes of the mail.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from typing import cast

from aiosmtpd import smtp as aiosmtpd

from mailgate.doors.conversation import Conversation
from mailgate.doors.door import Door
from mailgate.doors.receiving import Busy, NotOurs, Received
from mailgate.doors.replies import Reply
from rules.facts.mail import Envelope

log = logging.getLogger("mailgate.smtp")

_LOCAL = r"[^\x00-\x20\x7f<>()\[\]\\,;:@\"]+"
_DOMAIN = r"(?:[^\x00-\x20\x7f<>()\[\]\\,;:@\"]+|\[[0-9A-Za-z.:\-]+\])"
_QUOTED = r'"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"'
_PATH = re.compile(rf"<({_LOCAL}@{_DOMAIN})>(?:\x20+(.*))?", re.DOTALL)
_RARE_PATH = re.compile(
    rf"<(?:@[^\x00-\x20\x7f<>:]+:)?((?:{_LOCAL}|{_QUOTED})@{_DOMAIN}|postmaster|)>(?:\x20+(.*))?|({_LOCAL}@{_DOMAIN})(?:\x20+(.*))?",
    re.DOTALL | re.IGNORECASE,
)
"""Also a source route, to be dropped (RFC 5321 section 4.1.1.3), a quoted local part, `<Postmaster>`, the null path, or no brackets."""
_LONGEST_PATH = 512


class _Hooks:
    """Where aiosmtpd asks what to answer to MAIL and RCPT. Small, for aiosmtpd looks through all its attributes for each session."""

    async def handle_MAIL(  # noqa: N802  # aiosmtpd's name for the hook
        self, session: SmtpSession, _: aiosmtpd.Session, envelope: aiosmtpd.Envelope, address: str, options: list[str]
    ) -> str:
        """Take a sender, if a mail could be kept now."""
        refusal = session.refuse_sender()
        if not refusal:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return refusal or Reply.sender_ok

    async def handle_RCPT(  # noqa: N802
        self, session: SmtpSession, _: aiosmtpd.Session, envelope: aiosmtpd.Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, if it is ours."""
        refusal = session.refuse_recipient(address)
        if not refusal:
            envelope.rcpt_tos.append(address)
        return refusal or Reply.recipient_ok


_HOOKS = _Hooks()


class SmtpSession(Conversation):
    """The commands of one client."""

    counts_unknown = True
    """Whether unknown recipients end the session."""

    def __init__(self, door: Door) -> None:
        super().__init__(door, _HOOKS)
        self._unknown = 0
        if not self.may_log_in:
            self._smtp_methods.pop("AUTH")

    @property
    def may_log_in(self) -> bool:
        """Whether this is a door with logins."""
        return False

    @property
    def login(self) -> str:
        """The authenticated login, empty where there is none."""
        return ""

    # Who speaks

    async def smtp_HELO(self, hostname: str) -> None:  # noqa: N802  # aiosmtpd finds commands by such names
        await self._greeted(hostname, is_extended=False)

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        await self._greeted(hostname, is_extended=True)

    async def _greeted(self, hostname: str | None, *, is_extended: bool) -> None:
        if self.has_input():
            self.part(Reply.out_of_turn)  # RFC 2920 section 3.1: nothing may follow before the answer is read
            return
        if not hostname:
            await self.push(Reply.syntax_helo)
            return
        self.forget_mail()
        self.client.extended_smtp = is_extended
        self.client.host_name = hostname
        lines = [self.hostname, *(self.extensions() if is_extended else ())]
        # As bytes, for here no enhanced code may stand (RFC 2034 section 4).
        await self.push("\r\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"]).encode())

    def extensions(self) -> list[str]:
        """What EHLO offers."""
        offers = [f"SIZE {self.data_size_limit}", "8BITMIME", "SMTPUTF8", "PIPELINING", "ENHANCEDSTATUSCODES"]
        if self.tls_context and not self.is_encrypted:
            offers.append("STARTTLS")
        return offers

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        """RFC 3207, by the loop's own means, which work under uvloop too."""
        if arg:
            await self.push(Reply.syntax_starttls)
            return
        if self.is_encrypted or self.tls_context is None:
            await self.push(Reply.already_tls if self.is_encrypted else Reply.no_tls)
            return
        # What stands behind STARTTLS came in clear and must not pass for something said under TLS (CVE-2024-34083).
        self.drop_input()
        await self.push(Reply.start_tls)
        handshake_seconds = self.limits.greeting.total_seconds()
        try:
            plain = cast("asyncio.Transport", self.transport)
            transport = await self.loop.start_tls(plain, self, self.tls_context, server_side=True, ssl_handshake_timeout=handshake_seconds)
        except (ssl.SSLError, OSError) as why:
            log.info("no TLS door=%s peer=%s why=%r", self.door.name, self.ip, str(why))
            raise ConnectionAbortedError from why
        if transport is None:
            raise ConnectionAbortedError
        self.transport = transport
        self._reader._transport = transport  # type: ignore[attr-defined]  # noqa: SLF001  # as aiosmtpd does
        self._writer._transport = transport  # type: ignore[attr-defined]  # noqa: SLF001
        self.is_encrypted = True
        # All that was said in clear is forgotten (RFC 3207 section 4.2).
        self.forget_mail()
        self.session = self._create_session()
        self.session.peer = transport.get_extra_info("peername")

    async def smtp_VRFY(self, arg: str) -> None:  # noqa: N802
        await self.push(Reply.no_verify)

    async def smtp_BDAT(self, arg: str) -> None:  # noqa: N802
        self.part(Reply.no_chunking)  # what follows is content and must not be read as commands

    # Envelope

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """The address in MAIL or RCPT and what follows it; `<>` for the null path, None twice if there is no address."""
        if found := _PATH.fullmatch(arg):
            address, rest = found.group(1, 2)
        elif found := _RARE_PATH.fullmatch(arg):
            bracketed, behind, bare, behind_bare = found.groups()
            address, rest = (bare, behind_bare) if bare else (bracketed or "<>", behind)
        else:
            return None, None
        if len(address) > _LONGEST_PATH or any("\ud800" <= each <= "\udfff" for each in address):
            return None, None
        return address, rest or ""

    def refuse_sender(self) -> str:
        """Why no mail can be taken now, as a reply; empty if it can."""
        if self.door.committer.is_ailing:
            return Reply.store_fails
        return Reply.disk_full if self.door.disk.is_full() else ""

    def refuse_recipient(self, address: str) -> str:
        """Why a recipient can't be taken, as a reply; empty if it can."""
        if len(self.mail.rcpt_tos) >= self.limits.recipients > 0:
            return Reply.too_many_recipients
        why = self.door.is_ours(address)
        if why is None:
            return ""
        self._unknown += 1
        if self.counts_unknown and 0 < self.limits.unknown_recipients < self._unknown:
            return Reply.too_many_unknown
        return Reply.relaying_denied if why == NotOurs.foreign else Reply.unknown_recipient

    def envelope_received(self) -> Envelope:
        """The envelope as the rest of the house knows it: the null sender is empty, each recipient stands once."""
        sender = self.mail.mail_from or ""
        return Envelope(
            door=self.door.name,
            sender="" if sender == "<>" else sender,
            recipients=tuple(dict.fromkeys(self.mail.rcpt_tos)),
            peer=self.ip,
            helo="".join(each if each.isprintable() else "?" for each in (self.client.host_name or "")[:255]),
            login=self.login,
        )

    # Content

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        if not self.mail.rcpt_tos:
            await self.push(Reply.no_recipients)
        elif arg:
            await self.push(Reply.syntax_data)
        elif self.has_input():
            self.part(Reply.out_of_turn)  # content before 354: where it ends and commands begin again, nobody knows
        elif self.door.gate.in_hand_bytes > self.limits.in_hand_bytes > 0:
            await self.push(Reply.disk_full)
        else:
            try:
                is_whole, raw = await self.read_content()
                reply = "" if not is_whole else Reply.too_big if raw is None else await self._keep(raw)
                reply = self.for_recipients(reply)
            finally:
                self.forget_mail()  # also after a refusal, or the next MAIL would be answered 503
            if reply:
                await self.push(reply)

    async def _keep(self, raw: bytes) -> str:
        """Hand a message over and come back with the answer, after its commit."""
        began_at = self.loop.time()
        self.stop_clock()
        self.is_committing = True
        try:
            await self.door.committer.keep(Received(envelope=self.envelope_received(), raw=raw))
        except Busy as why:
            log.warning("not kept door=%s peer=%s bytes=%d why=%r", self.door.name, self.ip, len(raw), str(why))
            return Reply.not_kept
        except asyncio.CancelledError:
            log.info("client left before the answer door=%s peer=%s bytes=%d", self.door.name, self.ip, len(raw))
            raise
        finally:
            self.is_committing = False
            self._reset_timeout()
        self._errors = self._unknown = self._idle_commands = 0
        log.debug("kept door=%s peer=%s bytes=%d ms=%d", self.door.name, self.ip, len(raw), 1000 * (self.loop.time() - began_at))
        return Reply.kept

    def for_recipients(self, reply: str) -> str:
        """SMTP answers a message once, for all its recipients."""
        return reply


class SmtpDoor(Door):
    """Takes mail from anybody for our own addresses."""

    name = "smtp"

    def session(self) -> asyncio.Protocol:
        return SmtpSession(self)
