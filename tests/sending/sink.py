"""A relay on loopback that takes mail, and can be told to refuse, stall, break off, talk nonsense or have no TLS."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

Fault = Callable[["Wire", str], str | None]
"""Gives an answer in place of the sink's own for `MAIL`, `RCPT` or `DATA` and its value; None lets it pass."""


class Wire(SMTP):
    """aiosmtpd with its transport at hand, a record of every command, and STARTTLS that can refuse."""

    def __init__(self, sink: Sink, **options: Any) -> None:
        super().__init__(sink, **options)
        self.sink = sink

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.sink.connections += 1
        self.sink.lines.append(self)
        super().connection_made(transport)

    async def smtp_STARTTLS(self, arg: str) -> None:
        self.sink.commands.append("STARTTLS")
        if self.sink.starttls_answer:
            await self.push(self.sink.starttls_answer)
            return
        await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:
        self.sink.commands.append(f"AUTH {arg}")
        await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str) -> None:
        self.sink.commands.append(f"MAIL {arg}")
        await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str) -> None:
        self.sink.commands.append(f"RCPT {arg}")
        await super().smtp_RCPT(arg)

    def cut(self, last: bytes = b"") -> None:
        """Say `last`, as it is, and hang up."""
        assert isinstance(self.transport, asyncio.Transport)
        if last:
            self.transport.write(last)
            self.transport.close()
        else:
            self.transport.abort()


@dataclass
class Sink:
    """What the relay took, and how it misbehaves."""

    fault: Fault = lambda wire, step: None
    starttls_answer: str = ""
    banner: str = ""
    delay: float = 0
    taken: list[Envelope] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    lines: list[Wire] = field(default_factory=list)
    connections: int = 0
    busy: int = 0
    busiest: int = 0
    port: int = 0

    async def handle_MAIL(self, server: Wire, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        answer = self.fault(server, "MAIL")
        if answer is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer or "250 2.1.0 fine"

    async def handle_RCPT(self, server: Wire, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        answer = self.fault(server, f"RCPT {address}")
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 2.1.5 fine"

    async def handle_DATA(self, server: Wire, session: Session, envelope: Envelope) -> str:
        self.busy += 1
        self.busiest = max(self.busy, self.busiest)
        await asyncio.sleep(self.delay)
        self.busy -= 1
        answer = self.fault(server, "DATA")
        if answer is None:
            self.taken.append(envelope)
        return answer or f"250 2.0.0 queued as {len(self.taken)}"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        name, secret = data.login.decode(), data.password.decode()
        self.logins.append((name, secret))
        return AuthResult(success=secret == "right", handled=False)


@asynccontextmanager
async def running(
    sink: Sink, *, tls: ssl.SSLContext | None = None, smtps: bool = False, login: bool = False, **options: Any
) -> AsyncIterator[Sink]:
    """The sink on a free port of loopback while the block runs."""
    loop = asyncio.get_running_loop()

    def wire() -> Wire:
        return Wire(
            sink,
            loop=loop,
            hostname="sink.test",
            ident=sink.banner or "sink",
            tls_context=None if smtps else tls,
            enable_SMTPUTF8=True,
            authenticator=sink.authenticate if login else None,
            auth_require_tls=False,
            **options,
        )

    server = await loop.create_server(wire, "127.0.0.1", 0, ssl=tls if smtps else None)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
        for line in sink.lines:
            # Python before 3.11.4 can't abort a protected transport that was closed twice, as aiosmtpd does.
            if isinstance(line.transport, asyncio.Transport) and not line.transport.is_closing():
                line.transport.abort()
        await server.wait_closed()


@asynccontextmanager
async def scripted(*answers: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that gives these raw answers, one a line it hears, and then hangs up; gives its port and what it heard."""
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(answers[0])
            for answer in answers[1:]:
                line = await reader.readline()
                if not line:
                    break
                heard.append(line)
                writer.write(answer)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], heard
    finally:
        server.close()
        await server.wait_closed()
