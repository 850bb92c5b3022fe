"""The life of one watched IMAP folder: connect, visit, wait, and begin again after trouble.

What a visit does is in `mailgate.boxes.visits`. A `Mailbox` has a thread of its own under `serve`, and none under `tick`, which calls
`poll_once`.
"""

from __future__ import annotations

import logging
import os
import random
import selectors
import threading
import time
from enum import StrEnum

from mailgate import unreached
from mailgate.boxes import imap, mailboxes
from mailgate.boxes.mailboxes import Desk, ImapSettings
from mailgate.boxes.visits import Visitor
from mailgate.doors.receiving import Busy
from rules.frozen import dataclass, replace

IDLE_SECONDS = 9 * 60.0
"""An IDLE is renewed before servers and address translators forget it: RFC 2177 says 29 minutes, many of them wait 10."""

LASTING_SECONDS = 10.0
"""A connection that broke before this counts as one more failure, though a visit went well: else we'd knock once a second for ever."""

log = logging.getLogger("mailgate.imap")


class State(StrEnum):
    """What a mailbox is doing."""

    new = "new"
    connecting = "connecting"
    fetching = "fetching"
    idling = "idling"
    polling = "polling"
    """Connected, waiting for the next look, since the server has no IDLE or it is off."""
    backing_off = "backing-off"
    login_refused = "login-refused"
    stopped = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a mailbox is, for `doctor` and the log."""

    account: str
    state: State = State.new
    last_error: str = ""
    """In words; empty after a visit that went well."""
    last_success: float | None = None
    """`time.monotonic()` of the end of the last visit that went well, None if there was none yet."""
    failures: int = 0
    """In a row."""
    kept: int = 0
    """Mails handed over since the start."""


class _Wake:
    """A bell that a waiting thread can hear beside a socket."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        os.set_blocking(self._writing, False)

    def fileno(self) -> int:
        return self._reading

    def ring(self) -> None:
        try:
            os.write(self._writing, b"!")
        except BlockingIOError:
            return  # it rings already

    def quieten(self) -> None:
        try:
            while os.read(self._reading, 512):
                pass
        except BlockingIOError:
            return

    def wait(self, seconds: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._reading, selectors.EVENT_READ)
            selector.select(seconds)

    def __del__(self) -> None:
        os.close(self._reading)
        os.close(self._writing)


class Mailbox:
    """One `[[imap]]` folder. Hands every new mail to the desk, once, whatever the network does; `randomness` spreads reconnects."""

    def __init__(self, settings: ImapSettings, desk: Desk, *, randomness: random.Random) -> None:
        self.settings = settings
        self._random = randomness
        self._health = Health(account=settings.account)
        self._wake = _Wake()
        self._stopping = threading.Event()
        self._session: imap.Session | None = None
        self._thread: threading.Thread | None = None
        self._not_before = 0.0
        self._refusals = 0
        self._breaks = 0
        self._visitor = Visitor(settings, desk, stopping=self._stopping.is_set)

    # --- for the daemon -----------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to watch in a thread of its own. Once in a life."""
        self._thread = threading.Thread(target=self._live, name=f"imap:{self.settings.account}", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> bool:
        """End the watching; a mail that is just being kept is still kept. False if the thread is not through within `timeout` seconds."""
        self._stopping.set()
        self._wake.ring()
        if self._thread is not None:
            self._thread.join(min(2.0, timeout / 2))
            session = self._session
            if self._thread.is_alive() and session is not None:
                session.kill()
            self._thread.join(max(timeout / 2, timeout - 2.0))
        over = self._thread is None or not self._thread.is_alive()
        if over:
            self._note(state=State.stopped)
        return over

    def poke(self) -> None:
        """Look for new mail now, unless the server refuses our login."""
        if self._health.state is not State.login_refused:
            self._wake.ring()

    def looked(self, timeout: float) -> bool:
        """Wait until a mail that comes from now on is taken for new; False if there is trouble, or nothing is known in so many seconds."""
        end = time.monotonic() + timeout
        begun = self._visitor.knows_where_to_begin
        while not begun.wait(min(0.05, timeout)) and not self._health.failures and not self._stopping.is_set() and time.monotonic() < end:
            pass
        return begun.is_set()

    def health(self) -> Health:
        """How it goes; may be asked from any thread."""
        return replace(self._health, kept=self._visitor.kept)

    def poll_once(self) -> int:
        """Connect, fetch all that is new, do what `done` asks, log out; gives how many mails were handed over.

        Raises `imap.ImapTrouble` or `Busy`; what was kept until then stays kept. After a refused login it raises without connecting
        until the pause is over. Where the thread runs it is only poked, and the answer is 0.
        """
        if self._thread is not None and self._thread.is_alive():
            self.poke()
            return 0
        wait = self._not_before - time.monotonic()
        if wait > 0:
            raise imap.LoginRefused(f"{self._health.last_error} (next try in {wait:.0f} s)")
        try:
            with self._connected() as session:
                count = self._visit(session)
        except Exception as trouble:
            self._trouble(trouble)
            raise
        self._note(state=State.stopped)
        return count

    # --- the thread ---------------------------------------------------------------------------------------------------------------

    def _live(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                with self._connected() as session:
                    self._watch(session)
            except Exception as trouble:  # noqa: BLE001  # this thread must not die of anything
                if self._stopping.is_set():
                    break
                if time.monotonic() - began > LASTING_SECONDS:
                    self._breaks = 0
                self._breaks += 1
                self._rest(self._trouble(trouble))
        self._note(state=State.stopped)

    def _connected(self) -> imap.Session:
        self._note(state=State.connecting)
        self._session = imap.connect(self.settings)
        self._refusals = 0
        return self._session

    def _watch(self, session: imap.Session) -> None:
        may_idle = self.settings.idle and session.can_idle
        while True:
            self._wake.quieten()
            if self._stopping.is_set():
                return
            try:
                self._visit(session)
            except Busy as trouble:
                # Nothing is wrong with the connection, and logging in anew each time would be rude.
                self._rest(self._trouble(trouble))
                continue
            if session.news_came:
                continue
            if may_idle:
                self._note(state=State.idling)
                try:
                    session.idle(IDLE_SECONDS, self._wake)
                except imap.ServerRefused as refusal:
                    log.warning("imap idle refused account=%s why=%r", self.settings.account, str(refusal))
                    may_idle = False
            else:
                self._note(state=State.polling)
                self._wake.wait(self.settings.poll_seconds)

    def _rest(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._stopping.is_set() and (left := end - time.monotonic()) > 0:
            self._wake.quieten()
            if not self._stopping.is_set():
                self._wake.wait(left)
            if self._health.state is not State.login_refused:
                return  # poked, or over

    def _trouble(self, trouble: Exception) -> float:
        """Note what went wrong; gives the seconds to wait before the next try."""
        failures = self._health.failures + 1
        if isinstance(trouble, imap.LoginRefused):
            self._refusals += 1
            seconds = mailboxes.pause_after_refusal(self._refusals, self._random)
            self._not_before = time.monotonic() + seconds
            state = State.login_refused
        else:
            seconds = mailboxes.pause(max(failures, self._breaks), self._random)
            state = State.backing_off
        said = str(trouble) or type(trouble).__name__
        expected = isinstance(trouble, (imap.ImapTrouble, Busy))
        self._note(state=state, last_error=said if expected else f"{type(trouble).__name__}: {said}", failures=failures)
        mend = unreached.mend(trouble, section="[[imap]]", security=self.settings.security) if isinstance(trouble, imap.ImapTrouble) else ""
        log.warning(
            "imap trouble account=%s failures=%d next_try_s=%.0f why=%r mend=%r", self.settings.account, failures, seconds, said, mend,
            exc_info=None if expected else trouble,
        )  # fmt: skip
        return seconds

    def _note(self, **changes: object) -> None:
        self._health = replace(self._health, **changes)  # type: ignore[arg-type]  # names of Health's own fields

    def _visit(self, session: imap.Session) -> int:
        self._note(state=State.fetching)
        count = self._visitor.visit(session)
        self._note(last_error="", failures=0, last_success=time.monotonic())
        return count
