"""What was kept and waits to be handled: all of it at once, or by a thread that takes it as it comes and lets the doors go first.

What handling one mail is, is `mailgate.intake`'s; who starts and stops the thread, `mailgate.daemon`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime

from mailgate import intake
from mailgate.doors.front import Clock
from mailgate.office import Office
from store import engine

log = logging.getLogger("mailgate.daemon")

FEW = 4
"""Mails that are handled together at most while the doors are busy: a commit of theirs waits for no longer than these take."""
TOGETHER_SECONDS = 0.5
"""So long the mails of one batch may take together, by what the last ones took: meanwhile nobody else writes."""
RESTS = ((15.0, 9.0), (60.0, 3.0), (float("inf"), 1.0))
"""How long the handler rests then, in times of what it worked, by how many seconds the doors have been busy without a lull: a burst is
taken first and handled after it; where it doesn't end, a tenth, a quarter and at last half of the time are the handler's own."""


def handle_all(office: Office, at: datetime) -> int:
    """Handle until nothing waits; a mail that fails is tried as often as it may and then parked."""
    total = 0
    while n := intake.handle(office, at):
        total += n
    return total


class Handler(threading.Thread):
    """Handles kept mail as it comes, in one thread; wakes on `poke` and looks every second besides."""

    def __init__(self, office: Office, clock: Clock, after: Callable[[], None], busy: Callable[[], bool]) -> None:
        super().__init__(name="handler", daemon=True)
        self._office, self._clock, self._after, self._busy = office, clock, after, busy
        self._bell = threading.Event()
        self._stopping = False
        self._crowded_since: float | None = None
        self._each_seconds = TOGETHER_SECONDS / FEW

    def poke(self) -> None:
        """Something was kept."""
        self._bell.set()

    def stop(self) -> None:
        """End after the batch at hand."""
        self._stopping = True
        self._bell.set()
        self.join()

    def run(self) -> None:
        """Handle, rest, handle."""
        try:
            self._office.reader.read([b"Subject: warming up\r\n\r\n"])
        except Exception:
            log.exception("the reader can't be started")
        while not self._stopping:
            self._bell.wait(1.0)
            self._bell.clear()
            self._drain()

    def _drain(self) -> None:
        while not self._stopping:
            began, crowded = time.monotonic(), self._busy()
            self._crowded_since = (self._crowded_since or began) if crowded else None
            try:
                n = intake.handle(self._office, self._clock(), limit=self._most(crowded=crowded))
            except engine.Busy as busy:
                log.warning("handling waits: %s", busy)
                time.sleep(0.5)
                return
            except Exception:
                log.exception("handling a batch failed")
                time.sleep(1.0)
                return
            if not n:
                return
            self._each_seconds = (self._each_seconds + (time.monotonic() - began) / n) / 2
            self._after()
            if crowded:
                self._rest(began)

    def _most(self, *, crowded: bool) -> int:
        """How many mails to handle together."""
        return max(1, min(FEW if crowded else intake.BATCH, int(TOGETHER_SECONDS / self._each_seconds)))

    def _rest(self, began: float) -> None:
        """The doors go first: whoever hands us mail waits for an answer, the writer of a mail that is kept doesn't."""
        now = time.monotonic()
        lasting = now - (self._crowded_since or now)
        deadline = now + (now - began) * next(times for until, times in RESTS if lasting < until)
        while not self._stopping and self._busy() and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, 0.02))
