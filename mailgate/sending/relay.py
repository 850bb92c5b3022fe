"""Mail out by SMTP: connections that are kept and used again, and one transaction for each mail.

One mail has one recipient, so that every answer belongs to one row. How a connection comes about, and what protects it, is
`mailgate.sending.hop`; which answer means what is `mailgate.sending.meaning`; trying again later is the postman's.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass

import aiosmtplib

from mailgate.sending.courier import Answer, Later, Never, Ready, Sent, envelope_fault, told
from mailgate.sending.hop import Hop, Unusable, connect, tls_context, words
from mailgate.sending.meaning import Step, meant
from mailgate.sending.pace import Pace
from rules.facts.policy import Rate

PARALLEL = 4
"""Connections at a time."""

MAILS_MAX, IDLE = 100, 20.0
"""Mails over one connection, and seconds that it is kept without one."""


@dataclass(slots=True, eq=False)
class _Line:
    """One open connection."""

    client: aiosmtplib.SMTP
    mails: int = 0
    used_at: float = 0.0


class SmtpCourier:
    """Delivers over at most `PARALLEL` connections to one relay, at a pace. Belongs to one event loop."""

    def __init__(self, hop: Hop, *, rate: Rate = (), parallel: int = PARALLEL, now: Callable[[], float] = time.monotonic) -> None:
        self.hop = hop
        self._pace = Pace(rate)
        self._parallel = parallel
        self._turns = asyncio.Semaphore(parallel)
        self._idle: list[_Line] = []
        self._now = now
        self._context: ssl.SSLContext | None = None

    def room(self) -> int:
        """How many mails the pace allows now, in lots that keep all connections busy."""
        return self._pace.room(self._now(), self._parallel * 16)

    async def deliver(self, mail: Ready) -> Answer:
        """Send one mail; waits for a free connection."""
        if fault := envelope_fault(mail):
            return Never(why=fault)
        async with self._turns:
            if (wait := self._pace.take(self._now())) is not None:
                return Later(why="as many mails as [relay] rate allows have left", not_before=wait)
            return await self._deliver(mail)

    async def close(self) -> None:
        """Say goodbye on every idle connection, once there is nothing more to send; the next delivery opens another."""
        lines, self._idle = self._idle, []
        for line in lines:
            await self._part(line)

    async def _deliver(self, mail: Ready) -> Answer:
        line = self._free()
        if line is not None:
            answer = await self._hand_over(line, mail)
            # The relay may have closed a connection that was idle, which says nothing about the mail.
            if not (isinstance(answer, Later) and answer.relay_down and not answer.perhaps_sent):
                return answer
        try:
            line = _Line(await connect(self.hop, await self._tls()))
        except Unusable as down:
            return Later(why=str(down), relay_down=True)
        except OSError as why:
            return Later(why=f"{self.hop.ca_file}: {why.strerror or why}", relay_down=True)
        return await self._hand_over(line, mail)

    def _free(self) -> _Line | None:
        while self._idle:
            line = self._idle.pop()
            if line.client.is_connected and self._now() - line.used_at < IDLE:
                return line
            line.client.close()
        return None

    async def _hand_over(self, line: _Line, mail: Ready) -> Answer:
        """One transaction; afterwards the connection is idle again or closed."""
        keep = False
        try:
            answer, keep = await self._transact(line.client, mail)
            line.mails += 1
            if keep and line.mails < MAILS_MAX:
                line.used_at = self._now()
                self._idle.append(line)
            elif keep:
                await self._part(line)
            return answer
        finally:
            if not keep:
                line.client.close()

    async def _transact(self, client: aiosmtplib.SMTP, mail: Ready) -> tuple[Answer, bool]:
        """What became of the mail, and whether the connection is fit for another."""
        step = Step.sender
        try:
            options = _options(client, mail)
        except ValueError as why:
            return Never(why=str(why)), True
        try:
            reply = await client.execute_command(b"MAIL", b"FROM:<" + _wire(mail.envelope_from) + b">", *options)
            if reply.code == 250:
                step = Step.recipient
                reply = await client.execute_command(b"RCPT", b"TO:<" + _wire(mail.recipient) + b">")
            if step is Step.recipient and reply.code in {250, 251}:
                step = Step.contents
                reply = await client.data(mail.raw, timeout=self.hop.wait_taken)
                return Sent(reply=told(reply.code, reply.message)), True
        except aiosmtplib.SMTPDataError as refused:
            reply = aiosmtplib.SMTPResponse(refused.code, refused.message)
            if 200 <= reply.code < 300:
                return Sent(reply=told(reply.code, reply.message)), True
        except (aiosmtplib.SMTPException, OSError, ValueError) as broken:
            # Before the contents nothing can have been taken; then nobody knows.
            return Later(why=f"{step}: {words(broken)}", relay_down=step is not Step.contents, perhaps_sent=step is Step.contents), False
        return meant(reply.code, reply.message, step), await self._forget(client, reply.code)

    async def _forget(self, client: aiosmtplib.SMTP, code: int) -> bool:
        """Take a half-made transaction back; whether the connection is fit for another."""
        if not 400 <= code < 600 or code in {421, 521} or not client.is_connected:
            return False
        try:
            return (await client.execute_command(b"RSET")).code == 250
        except (aiosmtplib.SMTPException, OSError):
            return False

    async def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = await asyncio.to_thread(tls_context, self.hop)
        return self._context

    async def _part(self, line: _Line) -> None:
        try:
            await line.client.quit(timeout=5)
        except (aiosmtplib.SMTPException, OSError):
            pass
        finally:
            line.client.close()


def _options(client: aiosmtplib.SMTP, mail: Ready) -> list[bytes]:
    """Parameters of MAIL (RFC 1870, 6152, 6531). Raises ValueError, for people, if the relay can't carry the mail at all."""
    options = []
    size = len(mail.raw)
    if client.supports_extension("size"):
        most = client.esmtp_extensions["size"].strip()
        if most.isascii() and most.isdigit() and 0 < int(most[:18]) < size:
            raise ValueError(f"the mail has {size} bytes, and the relay takes {most}")
        options.append(b"SIZE=%d" % size)
    head = mail.raw.partition(b"\r\n\r\n")[0]
    if not (_wire(mail.recipient).isascii() and _wire(mail.envelope_from).isascii() and head.isascii()):
        if not client.supports_extension("smtputf8"):
            raise ValueError("the address or header needs SMTPUTF8, which the relay doesn't have")
        options.append(b"SMTPUTF8")
    if client.supports_extension("8bitmime") and not mail.raw.isascii():
        options.append(b"BODY=8BITMIME")
    return options


def _wire(address: str) -> bytes:
    """An address as it goes over the wire: its domain in A-labels, so that only odd local parts need SMTPUTF8."""
    local, at, domain = address.rpartition("@")
    if domain.isascii():
        return address.encode("utf-8")
    try:
        return local.encode("utf-8") + at.encode() + domain.encode("idna")
    except UnicodeError:
        return address.encode("utf-8")
