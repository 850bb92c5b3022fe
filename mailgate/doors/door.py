"""What all mail doors are: a listening place, the sessions behind it, and an orderly end.

No commands here. Next: `mailgate/doors/conversation.py` for a session, `mailgate/doors/listening.py` for the sockets.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from datetime import timedelta
from typing import ClassVar, Protocol

from mailgate.doors import listening
from mailgate.doors.gate import DiskGuard, Gate
from mailgate.doors.receiving import Committer, DoorSettings, IsOurs
from mailgate.doors.replies import Reply

log = logging.getLogger("mailgate.door")


class Guest(Protocol):
    """A session, as far as its door knows it."""

    ip: str
    refused_because: str
    has_greeted: bool
    """Whether it has said EHLO or the like."""

    @property
    def is_in_transaction(self) -> bool:
        """Whether a mail is on its way that deserves its answer."""

    @property
    def is_committing(self) -> bool:
        """Whether a whole mail has come and its commit is awaited."""

    def part(self, reply: str) -> None:
        """Say a last word and close."""

    def abort(self) -> None:
        """Close without a word."""


class Door:
    """A listening place and the sessions behind it. A session asks it whether it may come in and whose mail is taken."""

    name: ClassVar[str]
    """As it stands in the envelope of what comes in."""

    def __init__(self, settings: DoorSettings, *, is_ours: IsOurs, committer: Committer) -> None:
        self.settings = settings
        self.is_ours = is_ours
        self.committer = committer
        self.gate = Gate(settings.limits, settings.networks)
        self.disk = DiskGuard(settings.store_folder, settings.max_size_bytes)
        self.tls = listening.tls_context(settings.tls_cert, settings.tls_key) if settings.tls_cert else None
        self.is_draining = False
        self.listens_at: tuple[str, ...] = ()
        """Where it listens once started, written as in the config; a port 0 has become a real one."""
        self._servers: list[asyncio.Server] = []
        self._guests: set[Guest] = set()
        self._is_empty = asyncio.Event()
        self._is_empty.set()

    def session(self) -> asyncio.Protocol:
        """A new session for a client that has connected."""
        raise NotImplementedError

    @property
    def requires_auth(self) -> bool:
        """Whether mail is taken from those who logged in only."""
        return False

    async def start(self) -> None:
        """Listen. Raises OSError if the place is taken or forbidden, ValueError if it is none."""
        loop = asyncio.get_running_loop()
        bound = listening.sockets(self.settings.listen, mode=self.settings.socket_mode)
        self.listens_at = tuple(listening.name(sock) for sock in bound)
        implicit = self.settings.implicit_tls
        if implicit is None:
            implicit = self.settings.listen.endswith(":465")
        context = self.tls if implicit else None
        timeout = self.settings.limits.greeting.total_seconds() if context else None
        for sock in bound:
            create = loop.create_unix_server if sock.family == socket.AF_UNIX else loop.create_server
            server = await create(self.session, sock=sock, ssl=context, ssl_handshake_timeout=timeout, backlog=listening.BACKLOG)
            self._servers.append(server)
        log.info("listening door=%s at=%s", self.name, " ".join(self.listens_at))

    @property
    def port(self) -> int:
        """The TCP port of the first place where it listens."""
        return int(self.listens_at[0].rpartition(":")[2])

    async def stop(self, grace: timedelta = timedelta(seconds=10)) -> None:
        """Let nobody in, say 421 to who is idle, and leave the others the grace to finish their mail.

        Whoever sends content still after that gets 421 too, so that it is not kept here and sent elsewhere. A mail that waits for its
        commit is kept in any case; its client hears `250` within the grace or nothing, and what it then sends again is recognised.
        """
        self.is_draining = True
        for server in self._servers:
            server.close()
        for place in self.listens_at:
            listening.remove(place)
        for guest in list(self._guests):
            if not guest.is_in_transaction:
                guest.part(Reply.shutting_down)
        await self._wait_until_empty(grace.total_seconds())
        for guest in list(self._guests):
            if not guest.is_committing:
                guest.part(Reply.shutting_down)
        await self._wait_until_empty(1)
        for guest in list(self._guests):
            guest.abort()
        await self._wait_until_empty(1)

    async def _wait_until_empty(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._is_empty.wait(), seconds)
        except TimeoutError:
            log.info("not empty yet door=%s sessions=%d", self.name, len(self._guests))

    def reload_certificate(self) -> None:
        """Read the certificate again, for the connections to come; raises OSError and keeps the old one if it is faulty."""
        if self.tls is not None:
            listening.tls_context(self.settings.tls_cert, self.settings.tls_key)
            self.tls.load_cert_chain(self.settings.tls_cert, self.settings.tls_key or None)

    def enter(self, guest: Guest) -> None:
        """Count a session in and tell it what `refusal` will make of it."""
        guest.refused_because = self.gate.enter(guest.ip)
        self._guests.add(guest)
        self._is_empty.clear()

    def leave(self, guest: Guest) -> None:
        """Count a session out."""
        if guest in self._guests:
            self._guests.discard(guest)
            self.gate.leave(guest.ip)
            if not self._guests:
                self._is_empty.set()

    def is_sat_out(self, guest: Guest) -> bool:
        """Whether more sessions of this machine than one address may have are here and have said nothing yet.

        It is exempt from that limit for the sake of an MTA of ours, which greets.
        """
        most = self.gate.limits.per_ip
        return self.gate.is_local(guest.ip) and 0 < most < sum(each.ip == guest.ip and not each.has_greeted for each in self._guests)

    def refusal(self, guest: Guest) -> str:
        """The reply to a client that can't be let in, empty if it can."""
        if self.is_draining:
            return Reply.shutting_down
        if guest.refused_because:
            return Reply.crowded.format(why=guest.refused_because)
        return Reply.store_fails if self.committer.is_ailing else ""
