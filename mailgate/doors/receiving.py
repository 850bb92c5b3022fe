"""What every door hands over, and the one place where it is made durable: `Received`, `DoorSettings`, `Committer`.

A door may say that a mail is ours only after `Committer.keep` came back. No SMTP here and no SQL: the store is one function given at
construction. Next: `mailgate/doors/smtp.py` for the doors, `mailgate/intake.py` for what is kept.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent import futures
from dataclasses import field
from enum import StrEnum

from mailgate.doors.gate import Limits
from rules.facts.mail import Envelope
from rules.frozen import dataclass

log = logging.getLogger("mailgate.receiving")


class Busy(Exception):
    """What was asked can't be done now and is worth another try; whoever asked keeps the mail until then."""


class Failing(Busy):
    """The storage itself failed (an I/O error, a lost fsync), so that trying the same write again would prove nothing."""


class NotOurs(StrEnum):
    """Why a recipient is refused."""

    unknown = "unknown"
    """Our domain, but nobody's address."""
    foreign = "foreign"
    """Not our domain: we relay for nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A mail as it came through a door: its envelope, and its bytes unchanged."""

    envelope: Envelope
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorSettings:
    """Where a door listens and what it asks of its clients."""

    listen: str
    """`127.0.0.1:2525`, `[::1]:25`, `*:25` or `unix:var/lmtp.sock`; port 0 takes a free one."""
    hostname: str = "localhost"
    """The name in the greeting."""
    max_size_bytes: int = 25_000_000
    tls_cert: str = ""
    """PEM file with the certificate chain; without it there is no TLS."""
    tls_key: str = ""
    """PEM file with the key, if it isn't in `tls_cert`."""
    implicit_tls: bool | None = None
    """TLS from the first byte (RFC 8314 section 3.3); None means on port 465 only."""
    require_auth: bool = True
    """Submission only: no mail without a login."""
    auth_in_clear: bool = False
    """Submission only: passwords may come without TLS from loopback. Elsewhere they never may."""
    networks: tuple[str, ...] = ()
    """Our own hops, exempt from the limit per address."""
    store_folder: str = ""
    """Where the store's files lie, to be watched for room; empty if they are on another machine."""
    socket_mode: int = 0o666
    """Of a Unix socket. The folder decides who reaches it, as with Dovecot's, for an MTA connects as its own user."""
    limits: Limits = field(default_factory=Limits)


IsOurs = Callable[[str], str | None]
"""A recipient's address -> None if we take mail for it, else a word of `NotOurs`. Called for every RCPT: cheap, no I/O."""

Authenticate = Callable[[str, str], bool]
"""Login and password -> whether they fit. Blocking; called in a thread."""

KeepMany = Callable[[list[Received]], Sequence[Busy | None]]
"""Keeps mails in one transaction and returns after its commit: None or why not, for each. Blocking; called in one thread only."""


@dataclass(slots=True, eq=False)
class _Waiting:
    received: Received
    answer: asyncio.Future[None] | futures.Future[None]
    loop: asyncio.AbstractEventLoop | None


_Answer = tuple[asyncio.Future[None], Busy | None]


class Committer:
    """Keeps mails for all doors in one thread, and all that waits in one commit.

    A durable commit costs the same for one mail as for fifty. So whatever came while the last commit ran goes into the next one;
    nothing is ever delayed to make a group bigger, which measured as no gain. A mail that is queued is kept though its client left.
    """

    PATIENCE_SECONDS = 10.0
    """After a group failed, its mails are tried one by one for this long."""
    AILING_SECONDS = 60.0
    AILING_FAILURES = 3

    def __init__(self, keep_many: KeepMany, *, most_mails: int = 64, most_bytes: int = 32_000_000) -> None:
        self._keep_many = keep_many
        self._most_mails = most_mails
        self._most_bytes = most_bytes
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._closing = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._failed_at: list[float] = []
        self.commits = 0
        self.kept = 0

    def start(self) -> None:
        """Start the thread; mails may be queued before."""
        self._thread.start()

    async def keep(self, received: Received) -> None:
        """Come back when the mail is durably kept; raises `Busy` if it is not, and the sender has to try again."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[None] = loop.create_future()
        self._put(_Waiting(received, answer, loop))
        await answer

    def keep_here(self, received: Received) -> None:
        """The same for threads: blocks until the mail is durably kept; raises `Busy`."""
        answer: futures.Future[None] = futures.Future()
        self._put(_Waiting(received, answer, None))
        answer.result()

    @property
    def waiting(self) -> int:
        """How many mails wait for a commit right now."""
        return self._queue.qsize()

    @property
    def is_ailing(self) -> bool:
        """Whether the storage failed three times within a minute without a success: doors close until the minute is over."""
        return len(self._failed_at) >= self.AILING_FAILURES and time.monotonic() - self._failed_at[-1] < self.AILING_SECONDS

    def close(self) -> None:
        """Keep what waits, refuse what comes, end the thread. Blocking."""
        with self._lock:
            if not self._closing:
                self._closing = True
                self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join()

    async def stop(self) -> None:
        """`close` without blocking the loop."""
        await asyncio.to_thread(self.close)

    def _put(self, waiting: _Waiting) -> None:
        with self._lock:
            if self._closing:
                raise Busy("shutting down")
            self._queue.put(waiting)

    def _run(self) -> None:
        while batch := self._next_batch():
            outcomes = self._commit([waiting.received for waiting in batch])
            _tell(batch, outcomes)

    def _next_batch(self) -> list[_Waiting]:
        """All that waits, up to the limits; empty when it is time to end."""
        first = self._queue.get()
        if first is None:
            return []
        batch, size = [first], len(first.received.raw)
        while len(batch) < self._most_mails and size < self._most_bytes:
            try:
                waiting = self._queue.get_nowait()
            except queue.Empty:
                break
            if waiting is None:
                self._queue.put(None)  # nothing is queued behind it any more
                break
            batch.append(waiting)
            size += len(waiting.received.raw)
        return batch

    def _commit(self, mails: list[Received]) -> Sequence[Busy | None]:
        try:
            outcomes = self._attempt(mails)
        except Busy as why:
            # All of them met the same lock or the same full disk: sixty-four times the same wait would help nobody.
            outcomes = [type(why)(*why.args) for _ in mails]
        except Exception as why:
            log.exception("keeping a group of %d mails failed", len(mails))
            outcomes = self._one_by_one(mails) if len(mails) > 1 else [Busy(type(why).__name__)]
        self._note_health(outcomes)
        return outcomes

    def _attempt(self, mails: list[Received]) -> Sequence[Busy | None]:
        outcomes = self._keep_many(mails)
        if len(outcomes) != len(mails):
            raise RuntimeError(f"{len(outcomes)} outcomes for {len(mails)} mails")
        self.commits += 1
        return outcomes

    def _one_by_one(self, mails: list[Received]) -> list[Busy | None]:
        """So that one mail that the store can't take does not keep the others out."""
        give_up_at = time.monotonic() + self.PATIENCE_SECONDS
        outcomes: list[Busy | None] = []
        for received in mails:
            if time.monotonic() > give_up_at:
                outcomes.append(Busy("the store is slow"))
                continue
            try:
                outcomes.extend(self._attempt([received]))
            except Busy as why:
                outcomes.append(why)
            except Exception as why:
                log.exception("keeping a mail of %d bytes from %r failed", len(received.raw), received.envelope.sender)
                outcomes.append(Busy(type(why).__name__))
        return outcomes

    def _note_health(self, outcomes: Sequence[Busy | None]) -> None:
        kept = sum(outcome is None for outcome in outcomes)
        self.kept += kept
        if kept:
            self._failed_at.clear()
        elif any(isinstance(outcome, Failing) for outcome in outcomes):
            now = time.monotonic()
            was_ailing = self.is_ailing
            self._failed_at = [*(at for at in self._failed_at if now - at < self.AILING_SECONDS), now]
            if self.is_ailing and not was_ailing:
                log.critical("the store failed %d times within a minute: the doors are closed for a minute", len(self._failed_at))


def _tell(batch: list[_Waiting], outcomes: Sequence[Busy | None]) -> None:
    """Give each waiting one its answer, with one wake-up per loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Answer]] = {}
    for waiting, outcome in zip(batch, outcomes, strict=True):
        if isinstance(waiting.answer, futures.Future):
            _resolve([(waiting.answer, outcome)])
        elif waiting.loop is not None:
            by_loop.setdefault(waiting.loop, []).append((waiting.answer, outcome))
    for loop, answers in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve, answers)
        except RuntimeError:
            log.warning("the loop ended before %d mails could be answered; they are kept", len(answers))


def _resolve(answers: Sequence[tuple[asyncio.Future[None] | futures.Future[None], Busy | None]]) -> None:
    for answer, outcome in answers:
        if answer.done():
            continue  # the client left; its mail is kept all the same
        if outcome is None:
            answer.set_result(None)
        else:
            answer.set_exception(outcome)
