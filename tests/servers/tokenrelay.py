"""A relay on loopback that takes no passwords: XOAUTH2 with a token that the endpoint of `tokens.py` gave, or nothing."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.servers.ports import free_ports
from tests.servers.tokens import Endpoint


class TokenRelay:
    """What it took, and with which tokens people logged in."""

    def __init__(self, tokens: Endpoint) -> None:
        self.tokens = tokens
        self.logins: list[str] = []
        self.refused: list[str] = []
        self.mails: list[EmailMessage] = []
        self.port = 0

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        """`user=NAME^Aauth=Bearer TOKEN^A^A`, in base64."""
        user, _, token = base64.b64decode(args[1]).decode().rstrip("\1").partition("\1auth=Bearer ")
        good = user == f"user={self.tokens.user}" and token in self.tokens.good
        (self.logins if good else self.refused).append(token)
        return AuthResult(success=good, handled=False)

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if not session.authenticated:
            return "530 5.7.0 log in first"
        envelope.mail_from = address
        return "250 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 queued"

    def sent(self, template: str) -> list[EmailMessage]:
        """The mails of that template."""
        return [mail for mail in self.mails if mail["X-Mailgate-Template"] == template]


class _OnLoopback(Controller):
    def factory(self) -> Any:
        return SMTP(self.handler, auth_require_tls=False, hostname="relay.example")


@contextmanager
def token_relay(tokens: Endpoint) -> Iterator[TokenRelay]:
    """One that ends with the block."""
    relay = TokenRelay(tokens)
    (relay.port,) = free_ports(1)
    server = _OnLoopback(relay, hostname="127.0.0.1", port=relay.port)
    server.start()
    try:
        yield relay
    finally:
        server.stop()
