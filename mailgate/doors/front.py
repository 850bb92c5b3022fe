"""The front of a running desk: its doors, open before anything behind them is loaded, and the committer that keeps what they take.

After a crash relays wait, and loading what handles mail takes a second of processor time. So the doors open when the config is read, and
the first mail waits for the store alone. What stands behind is handed in; next: `mailgate/daemon.py`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent import futures
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mailgate.doors import hangups
from mailgate.doors.gate import Limits
from mailgate.doors.receiving import Busy, Committer, DoorSettings, IsOurs, KeepMany, NotOurs, Received
from mailgate.trust import keys
from rules.facts.terms import address_key
from store.lock import hold_daemon_lock

if TYPE_CHECKING:
    from mailgate.doors.door import Door
    from mailgate.settings import Settings
    from rules.facts.policy import Policy
    from store.engine import Store

log = logging.getLogger("mailgate.front")

Clock = Callable[[], datetime]
BUSY_SECONDS = 1.0
"""So long until a database that was held is asked again."""
LULL_SECONDS = 0.2
"""So long after the last mail the doors count as busy: who sends one mail after the other is heard again within it."""

OUR_FILES, FILES_MIN = 40, 8
"""File descriptors that connections leave to the desk itself where few are allowed, and the connections that it takes even then."""


def _nobody() -> None:
    """Stands for whoever isn't there yet."""


Behind = Callable[["Front", "Store"], Awaitable[None]]
"""Runs until `Front.stop` is set, and closes the doors at its end."""


class Front:
    """The doors of one daemon, and what those behind them need to know."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.policy: Policy = settings.policy
        """The one in force; swapped as a whole when the config is read again."""
        self.clock = clock
        self.doors: list[Door] = []
        self.stop = asyncio.Event()
        """Set when it is time to end."""
        self.kept: Callable[[], None] = _nobody
        """Called in the committer's thread after each commit."""
        self.committer = Committer(self._keep)
        self._keeping: futures.Future[KeepMany] = futures.Future()
        self._store: futures.Future[Store] = futures.Future()
        self._last_kept = 0.0

    @property
    def is_busy(self) -> bool:
        """Whether somebody outside waits for our answer, or did a moment ago and may again."""
        return self.committer.waiting > 0 or time.monotonic() - self._last_kept < LULL_SECONDS

    async def open(self) -> None:
        """Open every door that is configured. Raises OSError if a place is taken or forbidden."""
        from mailgate.doors.lmtp import LmtpDoor  # noqa: PLC0415 - only what serves loads the doors
        from mailgate.doors.smtp import SmtpDoor  # noqa: PLC0415
        from mailgate.doors.submission import SubmissionDoor  # noqa: PLC0415

        s = self.settings
        self.committer.start()
        if s.smtp is not None:
            self.doors.append(SmtpDoor(door_settings(s, s.smtp), is_ours=self._is_ours(), committer=self.committer))
        if s.submission is not None:
            self.doors.append(
                SubmissionDoor(
                    door_settings(s, s.submission), is_ours=self._is_ours(), committer=self.committer, authenticate=self._authenticate
                )
            )
        if s.lmtp is not None:
            self.doors.append(LmtpDoor(door_settings(s, s.lmtp, mta=True), is_ours=self._is_ours(), committer=self.committer))
        for door in self.doors:
            await door.start()

    def load_store(self) -> Store:
        """Open the database, see that it has our shape, and let the committer begin. Blocking; raises NotCurrent, Unfit, Busy.

        A file that another program holds is waited for, as long as nobody ends the desk: who restarts it then wants it to come up.
        """
        from mailgate.doors import keeping  # noqa: PLC0415 - the database is what takes long to load

        try:
            store = self._opened()
        except BaseException as why:
            self._keeping.set_exception(Busy("the store can't be opened"))
            self._store.set_exception(why)
            raise
        self._keeping.set_result(keeping.keeper(store, self.clock))
        self._store.set_result(store)
        return store

    def _opened(self) -> Store:
        from store import engine, migrate  # noqa: PLC0415

        while True:
            try:
                store = engine.open(self.settings.store.reveal(), seal=keys.chain(self.settings.secret_file))
                try:
                    migrate.prepare(store)
                except BaseException:
                    store.close()
                    raise
            except engine.Busy as busy:
                if self.stop.is_set() or database_file(self.settings) is None:
                    raise
                log.warning("the desk waits for its database: %s", busy)
                time.sleep(BUSY_SECONDS)
            else:
                return store

    async def close(self) -> None:
        """Let whoever is in finish his mail, keep what waits, and let nobody in any more. Safe to call again."""
        self._keeping_fails()
        await asyncio.gather(*(door.stop(timedelta(seconds=6)) for door in self.doors))
        await self.committer.stop()

    def _keeping_fails(self) -> None:
        """Where the store was never opened, whoever waits for it is told so."""
        if not self._keeping.done():
            self._keeping.set_exception(Busy("the desk is ending"))
            self._store.set_exception(Busy("the desk is ending"))

    def _keep(self, mails: list[Received]) -> Sequence[Busy | None]:
        outcomes = self._keeping.result()(mails)
        self._last_kept = time.monotonic()
        self.kept()
        return outcomes

    def _is_ours(self) -> IsOurs:
        """The recipient check, by the policy in force."""

        def ask(address: str) -> str | None:
            policy = self.policy
            if policy.is_own(address):
                return None
            local, _, domain = address_key(address).rpartition("@")
            domains = {policy.desk.domain, *(d.lower() for d in policy.desk.domains), *(own.rpartition("@")[2] for own in policy.own)}
            if (local or domain).lower() == "postmaster" and domain in {*domains, "postmaster"}:
                return None  # RFC 5321 section 4.5.1, also without a domain
            return NotOurs.unknown if domain in domains else NotOurs.foreign

        return ask

    def _authenticate(self, login: str, password: str) -> bool:
        """The password check of the submission door. Blocking."""
        store = self._store.result()
        from mailgate.trust.passwords import verify_password  # noqa: PLC0415
        from store import engine, people  # noqa: PLC0415

        with engine.reading(store) as tx:
            found = people.password(tx, login)
        return found is not None and verify_password(found[1], password)


def door_settings(settings: Settings, door: Any, *, mta: bool = False) -> DoorSettings:  # noqa: ANN401 - any door's section
    """What a door of the config needs to open. At one for MTAs alone, one address may hold all connections."""
    policy: Policy = settings.policy
    tls = getattr(door, "tls", None)
    limits = Limits(
        per_ip=1_000_000 if mta else policy.limits.per_ip or 1_000_000,
        # an MTA on this machine is the usual neighbour, unless the site says who its hops are or how many connections are too many
        loopback_is_exempt=not policy.trust.networks and policy.limits.per_ip == type(policy.limits)().per_ip,
        connections=_connections(policy.limits.connections or 1_000_000),
        recipients=policy.limits.recipients or 1_000_000,
    )
    path = database_file(settings)
    return DoorSettings(
        listen=str(door.listen),
        hostname=getattr(door, "hostname", "") or policy.desk.domain,
        max_size_bytes=door.max_size_bytes,
        tls_cert=str(tls.cert) if tls else "",
        tls_key=str(tls.key) if tls and tls.key else "",
        implicit_tls=tls.implicit if tls else None,
        require_auth=getattr(door, "require_auth", True),
        auth_in_clear=getattr(door, "auth_in_clear", False),
        networks=tuple(str(n) for n in policy.trust.networks),
        store_folder=str(path.parent) if path else "",
        limits=limits,
    )


def _connections(wanted: int) -> int:
    """As many as are wanted, but so that files of ours can still be opened: a desk that starts reads hundreds of them one by one."""
    return min(wanted, max(FILES_MIN, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - OUR_FILES))


def database_file(settings: Settings) -> Path | None:
    """The database file of an SQLite store, None for a server."""
    url = settings.store.url
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


def serve(settings: Settings, clock: Clock, behind: Behind) -> None:
    """Run the desk in the foreground until it is told to stop; `behind` is what runs behind the open doors.

    Raises `store.lock.DaemonRunning` if a daemon runs on this store already.
    """
    sys.setswitchinterval(0.001)  # the loop must not wait 5 ms for the handler's thread at every command
    with hold_daemon_lock(settings.store.url, os.getpid()):
        runner: Callable[[Any], None] = asyncio.run
        try:
            import uvloop  # noqa: PLC0415

            runner = uvloop.run
        except ImportError:
            pass
        runner(_run(settings, clock, behind))


async def _run(settings: Settings, clock: Clock, behind: Behind) -> None:
    front = Front(settings, clock)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, front.stop.set)
    # Until somebody can read the config again, a hangup is remembered.
    loop.add_signal_handler(signal.SIGHUP, hangups.note)
    try:
        await front.open()
        store = await asyncio.to_thread(front.load_store)
        try:
            await behind(front, store)
        finally:
            store.close()
    finally:
        await front.close()
