"""The desk of a story as a daemon of its own: mail goes in by its doors, answers lie where the daemon laid them, people are entered beside it.

Its clock stands where the story says (`standing.py`); the story looks into the store as the command line does.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import IO

from sqlalchemy import func, select

from mailgate import building, intake
from mailgate.doors.receiving import Received
from mailgate.office import Office
from mailgate.settings import Settings, load
from mailgate.trust import passwords
from rules.facts.mail import Envelope
from store import engine, inbox, people, sending, tables
from tests.desk import standing
from tests.desk.office import START, Desk
from tests.journeys.desk import environment
from tests.servers.ports import free_ports

PATIENCE_SECONDS = 60.0
RECEIVED, OUTBOX = tables.Received, tables.Outbox
NEAR = "127.0.0.1"
PASSWORD = "correct horse battery"

DOORS = """
[smtp]
listen = "127.0.0.1:{0}"
[lmtp]
listen = "127.0.0.1:{1}"
[submission]
listen = "127.0.0.1:{2}"
"""


class Served(Desk):
    """One desk whose daemon runs in another process."""

    def __init__(self, folder: Path, settings: Settings, office: Office, ports: list[int], daemon: Daemon) -> None:
        self.ports, self.daemon = ports, daemon
        super().__init__(folder, settings, office)

    @property
    def at(self) -> datetime:
        """The time at which the daemon's clock stands."""
        return self._at

    @at.setter
    def at(self, at: datetime) -> None:
        self._at = at
        _set(self.folder / "clock", at)

    # -- mail in ----------------------------------------------------------------------------------------------------------------

    def arrives(self, raw: bytes, envelope: Envelope) -> int:
        """Hand a mail to the door it comes by; gives its id when it is kept."""
        known = self._newest()
        match envelope.door:
            case "smtp" | "submission":
                with smtplib.SMTP(
                    NEAR, self.ports[0 if envelope.door == "smtp" else 2], "there.example", 30, (_from(envelope.peer), 0)
                ) as client:
                    if envelope.login:
                        self._may_log_in(envelope.login)
                        client.login(envelope.login, PASSWORD)
                    client.sendmail(envelope.sender, list(envelope.recipients), raw, () if is_ascii(envelope) else ("SMTPUTF8",))
            case "lmtp":
                with smtplib.LMTP(NEAR, self.ports[1], "there.example") as client:
                    client.sendmail(envelope.sender, list(envelope.recipients), raw)
            case _:
                (kept,) = intake.keep(self.office.store, [Received(envelope=envelope, raw=raw)], self.at)
                return kept
        return self._newest() if self._newest() > known else self._same_as(raw)

    def _same_as(self, raw: bytes) -> int:
        """The mail of the same bytes that the door knew already."""
        with engine.reading(self.office.store) as tx:
            ids = tx.execute(select(RECEIVED.c.id).where(RECEIVED.c.sha256 == hashlib.sha256(raw).hexdigest())).scalars()
            return max(each for each in ids if each is not None)

    def _newest(self) -> int:
        with engine.reading(self.office.store) as tx:
            return int(tx.execute(select(func.max(RECEIVED.c.id))).scalar() or 0)

    def _may_log_in(self, name: str) -> None:
        with engine.transaction(self.office.store) as tx:
            if people.password(tx, name) is None:
                people.set_password(tx, name, _record())

    def handle(self) -> None:
        """Wait until nothing waits to be handled."""
        self.daemon.prompt()
        self._until(lambda tx: not inbox.waiting(tx, 1), "mail is handled")

    # -- time and mail out --------------------------------------------------------------------------------------------------------

    def passes(self, **span: float) -> None:
        """Time passes; timers fire."""
        self.at += timedelta(**span)
        self.daemon.prompt(signal.SIGUSR2)

    def deliver(self) -> None:
        """Wait until all has left that is due."""
        self.daemon.prompt()
        due = select(func.count()).select_from(OUTBOX).where(OUTBOX.c.state == "due", OUTBOX.c.due_at <= self.at)
        self._until(lambda tx: sending.off_since(tx) is not None or not tx.execute(due).scalar(), "what is due has left")

    def _until(self, holds: Callable[..., bool], what: str) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            with engine.reading(self.office.store) as tx:
                if holds(tx):
                    return
            time.sleep(0.01)
        raise AssertionError(f"not within {PATIENCE_SECONDS:g} s: {what}")


@contextmanager
def opened(folder: Path, config: Path) -> Iterator[Desk]:
    """The desk of that config, served by a daemon until the block ends."""
    words = config.read_text()
    ports = free_ports(3)
    config.write_text(words.replace('networks = ["127.0.0.0/8"]', f'networks = ["{NEAR}/32"]') + DOORS.format(*ports))
    settings = load(config, {})
    _set(folder / "clock", START)
    try:
        with building.open_office(settings, dns=False) as office, _daemon(folder, config) as daemon:
            yield Served(folder, settings, office, ports, daemon)
    finally:
        config.write_text(words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """A daemon that runs, and what it says."""

    pid: int
    voice: IO[str]
    log: Path

    def prompt(self, how: signal.Signals = signal.SIGUSR1) -> None:
        """Let it look for what waits; by SIGUSR2, also for what is due by time."""
        os.kill(self.pid, how)
        self.hears(standing.DONE)

    def hears(self, word: str) -> None:
        """Wait until it says so."""
        for line in self.voice:
            if line.strip() == word:
                return
        raise AssertionError(f"the daemon is gone: {self.last_words()}")

    def last_words(self) -> str:
        """The end of its log."""
        return self.log.read_text()[-2000:] if self.log.exists() else ""


@contextmanager
def _daemon(folder: Path, config: Path) -> Iterator[Daemon]:
    with socket.create_server((NEAR, 0)) as listener:
        listener.settimeout(PATIENCE_SECONDS)
        pid = _asked([str(config), str(folder / "clock"), listener.getsockname()[1]])
        with listener.accept()[0] as heard:
            heard.settimeout(PATIENCE_SECONDS)
            with heard.makefile("r") as voice:
                one = Daemon(pid=pid, voice=voice, log=folder / "daemon.log")
                try:
                    one.hears(standing.READY)
                    yield one
                    os.kill(pid, signal.SIGTERM)
                except BaseException:
                    os.kill(pid, signal.SIGKILL)
                    _asked(pid)
                    raise
    assert _asked(pid) == 0, one.last_words()


@lru_cache(maxsize=1)
def _beginner() -> subprocess.Popen[str]:
    """Who begins the daemons of this process of tests; ends with it, as its input ends."""
    command = [sys.executable, "-m", "tests.desk.standing"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment())


def _asked(what: object) -> int:
    """What the beginner answers."""
    beginner = _beginner()
    assert beginner.stdin is not None and beginner.stdout is not None
    print(json.dumps(what), file=beginner.stdin, flush=True)
    return int(beginner.stdout.readline())


def _set(clock: Path, at: datetime) -> None:
    """At once or not at all: the daemon reads at any moment."""
    new = clock.with_suffix(".new")
    new.write_text(at.isoformat())
    os.replace(new, clock)  # noqa: PTH105


def _from(peer: str) -> str:
    """The address of this machine that stands for a peer: its own for near ones, another for each far one."""
    return NEAR if peer.startswith("127.") else "127.0.2." + (peer.rpartition(".")[2] or "1")


@lru_cache(maxsize=1)
def _record() -> str:
    return passwords.record(PASSWORD)


def is_ascii(envelope: Envelope) -> bool:
    """Whether the envelope needs no SMTPUTF8 (RFC 6531)."""
    return all(each.isascii() for each in (envelope.sender, *envelope.recipients))
