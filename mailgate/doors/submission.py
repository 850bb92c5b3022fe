"""The door for agents' own mail clients (RFC 6409): as SMTP, with a login first, and the login only under TLS.

Passwords are checked in two threads of their own, for one check takes 66 ms and would hold up all mail otherwise. Next: `mailgate/doors/smtp.py`.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from ipaddress import ip_address
from typing import Any

from aiosmtpd.smtp import AuthResult, LoginPassword

from mailgate.doors.door import Door
from mailgate.doors.receiving import Authenticate, Committer, DoorSettings, IsOurs
from mailgate.doors.replies import Reply
from mailgate.doors.smtp import SmtpDoor, SmtpSession

log = logging.getLogger("mailgate.submission")


class SubmissionSession(SmtpSession):
    """As SMTP, with AUTH PLAIN and LOGIN."""

    AuthLoginUsernameChallenge = "Username:"
    AuthLoginPasswordChallenge = "Password:"

    def __init__(self, door: Door, check: Authenticate, checkers: ThreadPoolExecutor) -> None:
        super().__init__(door)
        self._check = check
        self._checkers = checkers
        self._failures = 0

    @property
    def may_log_in(self) -> bool:
        return True

    @property
    def login(self) -> str:
        said: Any = self.client.auth_data  # aiosmtpd declares it as None
        return _text(said.login) if self.client.authenticated and isinstance(said, LoginPassword) else ""

    @property
    def _is_private(self) -> bool:
        """Whether a password may be said now."""
        if self.is_encrypted:
            return True
        return self.door.settings.auth_in_clear and (not self.ip or ip_address(self.ip).is_loopback)

    def extensions(self) -> list[str]:
        offers = super().extensions()
        if self._is_private:
            offers.append("AUTH PLAIN LOGIN")
        return offers

    async def check_auth_needed(self, caller_method: str) -> bool:
        if self._auth_required and not self.client.authenticated and not self._is_private:
            await self.push(Reply.tls_needed)
            return True
        return await super().check_auth_needed(caller_method)

    def _getparams(self, params: Any) -> dict[str, str | bool] | None:  # noqa: ANN401  # aiosmtpd's signature
        """Who offers AUTH must take `AUTH=` in MAIL, and may ignore it (RFC 4954 section 5)."""
        return super()._getparams([each for each in params if not each.startswith("AUTH=")])

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802
        if self.is_in_transaction:
            await self.push(Reply.in_transaction)
            return
        self._auth_require_tls = not self._is_private
        mechanism, _, response = (arg or "").partition(" ")
        await super().smtp_AUTH(f"{mechanism.upper()} {response}".strip())  # names compare without case, RFC 4422 section 3.1

    async def auth_PLAIN(self, _: Any, args: list[str]) -> AuthResult:  # noqa: ANN401, N802
        return await self._decide(await super().auth_PLAIN(_, args))

    async def auth_LOGIN(self, _: Any, args: list[str]) -> AuthResult:  # noqa: ANN401, N802
        return await self._decide(await super().auth_LOGIN(_, args))

    def _authenticate(self, mechanism: str, auth_data: Any) -> AuthResult:  # noqa: ANN401
        """Not here, where it would hold up the loop: what was said goes to `_decide`, as refused until it is checked."""
        return AuthResult(success=False, handled=False, auth_data=auth_data)

    async def _decide(self, said: AuthResult) -> AuthResult:
        if not isinstance(said.auth_data, LoginPassword):
            return said  # not understood, and answered so
        login, password = _text(said.auth_data.login), _text(said.auth_data.password)
        self.stop_clock()
        try:
            fits = await self.loop.run_in_executor(self._checkers, self._check, login, password)
            if fits:
                self.door.gate.login_succeeded(self.ip)
                return AuthResult(success=True, auth_data=LoginPassword(said.auth_data.login, b""))
            delay = self.door.gate.login_failed(self.ip)
            log.warning("wrong password door=%s peer=%s login=%r", self.door.name, self.ip, login[:80])
            await asyncio.sleep(delay.total_seconds())
        finally:
            self._reset_timeout()
        self._failures += 1
        if 0 < self.limits.login_failures <= self._failures:
            self.part(Reply.too_many_logins)
            return AuthResult(success=False, handled=True)
        return AuthResult(success=False, handled=False)


class SubmissionDoor(SmtpDoor):
    """Takes mail from agents who logged in, for our own addresses."""

    name = "submission"

    def __init__(self, settings: DoorSettings, *, is_ours: IsOurs, committer: Committer, authenticate: Authenticate) -> None:
        super().__init__(settings, is_ours=is_ours, committer=committer)
        self._check = authenticate
        self._checkers = ThreadPoolExecutor(2, thread_name_prefix="passwords")

    @property
    def requires_auth(self) -> bool:
        return self.settings.require_auth

    def session(self) -> asyncio.Protocol:
        return SubmissionSession(self, self._check, self._checkers)

    async def stop(self, grace: timedelta = timedelta(seconds=10)) -> None:
        await super().stop(grace)
        self._checkers.shutdown(wait=False, cancel_futures=True)


def _text(said: bytes) -> str:
    return said.decode("utf-8", "replace")
