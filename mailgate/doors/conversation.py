"""One client's conversation, below its commands: lines and content in, replies out, time, errors, the end.

`aiosmtpd.smtp.SMTP` is the base and carries sessions, envelopes and commands. Replaced are the parts that fail under real
traffic: it reads content line by line, shows clients the text of exceptions, cancels a mail whose client hangs up early, and counts the
idle time over all of DATA. Next: `mailgate/doors/smtp.py` for the commands.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from typing import AnyStr, cast

from aiosmtpd import smtp as aiosmtpd

from mailgate.doors import gate
from mailgate.doors.content import Content
from mailgate.doors.door import Door
from mailgate.doors.replies import Reply, enhanced

log = logging.getLogger("mailgate.conversation")
# aiosmtpd has a line for every command and address of every client; what is worth a line is written here.
logging.getLogger("mail.log").setLevel(logging.ERROR)

_HTTP = frozenset({"GET", "POST", "PUT", "HEAD", "CONNECT", "OPTIONS"})
_LOOKS, _LOOKS_EVERY = 20, 0.05
"""How often, and after how many seconds each, it is looked whether the sessions of an address greet at last."""
_GREETINGS = frozenset({"EHLO", "HELO", "LHLO"})
_IDLING = frozenset({"NOOP", "RSET", "VRFY", "HELP", "EXPN", "HELO", "EHLO", "LHLO"})


class Conversation(aiosmtpd.SMTP):
    """Connection, command loop and clock of one session."""

    COMMAND_LENGTH = 2048
    """Octets; RFC 5321 section 4.5.3.1.4 asks for 512, long addresses with SMTPUTF8 need more."""
    line_length_limit = 128 * 1024  # here: how much may wait unread before the client has to wait too

    def __init__(self, door: Door, hooks: object) -> None:
        self.command_size_limits = defaultdict(lambda: self.COMMAND_LENGTH)  # aiosmtpd shares one dict among all sessions
        limits = door.settings.limits
        super().__init__(
            hooks,
            data_size_limit=door.settings.max_size_bytes,
            enable_SMTPUTF8=True,
            hostname=door.settings.hostname,
            tls_context=door.tls,
            timeout=limits.idle.total_seconds(),
            auth_required=door.requires_auth,
            loop=asyncio.get_running_loop(),
        )
        self.door = door
        self.limits = limits
        self.ip = ""
        self.refused_because = ""
        self.has_greeted = False
        self.is_encrypted = False
        self.is_committing = False
        """Whether a whole mail has come and its commit is awaited."""
        self._content: Content | None = None
        self._content_is_whole: asyncio.Future[bool] = self.loop.create_future()
        self._content_began_at = 0.0
        self._deadline: float | None = None
        self._greeting_deadline = 0.0
        self._is_lost = False
        self._unsent = bytearray()
        self._errors = 0
        self._idle_commands = 0

    @property
    def client(self) -> aiosmtpd.Session:
        """What is known of the client since its EHLO."""
        return cast("aiosmtpd.Session", self.session)

    @property
    def mail(self) -> aiosmtpd.Envelope:
        """The envelope that is being filled."""
        return cast("aiosmtpd.Envelope", self.envelope)

    @property
    def is_in_transaction(self) -> bool:
        """Whether a mail is on its way that deserves its answer."""
        return self.is_committing or self._content is not None or bool(self.envelope and self.envelope.mail_from)

    # The connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.ip = gate.plain_ip(transport.get_extra_info("peername"))
        self.is_encrypted = transport.get_extra_info("ssl_object") is not None
        self._greeting_deadline = self.loop.time() + self.limits.greeting.total_seconds()
        self.door.enter(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._is_lost = True
        self.door.leave(self)
        self._put_content_away(is_whole=False)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        """Content goes past the stream reader: one search a block instead of one coroutine step a line."""
        content = self._content
        if content is None:
            super().data_received(data)
            return
        held_bytes = content.held_bytes
        rest = content.feed(data)
        self.door.gate.in_hand_bytes += content.held_bytes - held_bytes
        if rest is None:
            self._check_pace(content)
        else:
            self._put_content_away(is_whole=True)
            if rest:
                super().data_received(rest)

    def eof_received(self) -> bool | None:
        """A client that has said all it wants still gets its answer; one that leaves within a message has sent none."""
        self._put_content_away(is_whole=False)
        self._reader.feed_eof()
        return not self.is_encrypted

    def part(self, reply: str) -> None:
        """Say a last word and close; what the client still sends is not read."""
        transport = cast("asyncio.Transport | None", self.transport)  # uvloop's are none by isinstance
        if transport is None or transport.is_closing():
            return
        transport.write(bytes(self._unsent) + reply.encode("ascii") + b"\r\n")
        self._unsent.clear()
        transport.close()
        self.loop.call_later(5, self.abort)  # close() waits for ever for a client that doesn't read
        self._put_content_away(is_whole=False)

    def abort(self) -> None:
        """Close without a word."""
        transport = cast("asyncio.Transport | None", self.transport)
        if transport is not None and not self._is_lost:
            transport.abort()

    # Content

    async def read_content(self) -> tuple[bool, bytes | None]:
        """Say 354 and read a message: whether it came to its end, and the message, None if it is too big."""
        content = self._content = Content(self.door.settings.max_size_bytes)
        is_whole = self._content_is_whole = self.loop.create_future()
        self._content_began_at = self.loop.time()
        self.door.gate.in_hand_bytes += content.held_bytes
        try:
            await self.push(Reply.go_ahead)
            if not await is_whole:
                return False, None
        finally:
            self._put_content_away(is_whole=False)
        return True, content.message()

    def _put_content_away(self, *, is_whole: bool) -> None:
        if self._content is not None:
            self.door.gate.in_hand_bytes -= self._content.held_bytes
            self._content = None
            if not self._content_is_whole.done():
                self._content_is_whole.set_result(is_whole)

    def _check_pace(self, content: Content) -> None:
        self._reset_timeout()
        elapsed = self.loop.time() - self._content_began_at
        limits = self.limits
        is_slow = elapsed > limits.data_grace.total_seconds() and content.received_bytes < elapsed * limits.data_bytes_per_second
        is_endless = content.received_bytes > 4 * self.door.settings.max_size_bytes + 64_000_000
        if is_slow or is_endless or elapsed > limits.data_total.total_seconds():
            log.info("slow or endless door=%s peer=%s bytes=%d seconds=%d", self.door.name, self.ip, content.received_bytes, elapsed)
            self.part(Reply.too_slow)
        elif self.door.gate.in_hand_bytes > limits.in_hand_bytes > 0 and content.held_bytes > 1_000_000:
            self.part(Reply.crowded.format(why="too much mail at once"))

    # Time

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Move the deadline. One timer follows it late: to move a timer with every block would cost more than to read the block."""
        if self._is_lost:
            return
        deadline = self.loop.time() + (duration or self._timeout_duration)
        if self.session is not None and not self.session.host_name:
            deadline = min(deadline, self._greeting_deadline)
        self._deadline = deadline
        timer = self._timeout_handle
        if timer is None or timer.cancelled() or timer.when() > deadline:
            if timer is not None:
                timer.cancel()
            self._timeout_handle = self.loop.call_at(deadline, self._timeout_cb)

    def stop_clock(self) -> None:
        """The client waits for us now; until `_reset_timeout`, which the next command brings."""
        self._deadline = None

    def _timeout_cb(self) -> None:
        if self._is_lost:
            return
        now = self.loop.time()
        if self._deadline is None or self._deadline > now:
            self._timeout_handle = self.loop.call_at(self._deadline or now + self._timeout_duration, self._timeout_cb)
            return
        log.info("silent door=%s peer=%s", self.door.name, self.ip)
        self.part(Reply.too_late)

    # The conversation

    async def _handle_client(self) -> None:
        try:
            if await self._welcome():
                while self.transport is not None and not self.transport.is_closing():
                    line = await self._next_line()
                    if line is None:
                        break
                    await self._obey(line)
                    if self.door.is_draining and not self.is_in_transaction:
                        self.part(Reply.shutting_down)
        except ConnectionError:
            pass  # the client left and needs no answer
        finally:
            if self.transport is not None:
                self.transport.close()

    async def _welcome(self) -> bool:
        """Greet, unless the door is full or closing, or the client talks first, as only robots do."""
        for _ in range(3):  # what came together with the connection is read within these turns of the loop
            await asyncio.sleep(0)
        for _ in range(_LOOKS):  # who opens many sessions at once has greeted in most of them by then
            if not self.door.is_sat_out(self):
                break
            await asyncio.sleep(_LOOKS_EVERY)
        else:
            self.refused_because = self.refused_because or "too many silent connections from your address"
        refusal = self.door.refusal(self) or (Reply.out_of_turn if self.has_input() else "")
        if refusal:
            log.info("refused door=%s peer=%s why=%r", self.door.name, self.ip, refusal)
            self.part(refusal)
            return False
        await self.push(Reply.greeting.format(hostname=self.hostname))
        return True

    async def _next_line(self) -> bytes | None:
        """The next command without its line end, of one that is far too long only its length; None when there is no more."""
        is_overlong = False
        while True:
            try:
                line: bytes = await self._reader.readuntil(b"\n")
            except asyncio.IncompleteReadError:
                return None
            except asyncio.LimitOverrunError as overrun:
                await self._reader.read(overrun.consumed)
                is_overlong = True  # its tail must not pass for a command
                continue
            return bytes(self.COMMAND_LENGTH + 1) if is_overlong else line.rstrip(b"\r\n")

    async def _obey(self, line: bytes) -> None:
        if len(line) > self.COMMAND_LENGTH:
            await self.push(Reply.line_too_long)
            return
        word, _, value = line.partition(b" ")
        verb = word.decode("ascii", "replace").upper()
        if verb in _HTTP:
            self.part(Reply.not_http)
            return
        command = self._smtp_methods.get(verb)
        if command is None:
            await self.push(Reply.unknown_command if verb.isalpha() else Reply.not_understood)
            return
        self.has_greeted = self.has_greeted or verb in _GREETINGS
        if verb in _IDLING:
            self._idle_commands += 1
            if 0 < self.limits.idle_commands < self._idle_commands:
                self.part(Reply.too_much_idling)
                return
        if verb == "QUIT":
            self.drop_input()  # nothing counts behind it, nor may it keep the answer waiting
        self._reset_timeout()
        try:
            # What isn't UTF-8 becomes surrogates, which no address may have.
            await command(value.strip().decode("utf-8", "surrogateescape") or None)
        except ConnectionError:
            raise
        except Exception:
            log.exception("fault door=%s peer=%s command=%s", self.door.name, self.ip, verb)
            self.forget_mail()
            await self.push(Reply.fault)

    async def push(self, status: AnyStr) -> None:
        """Answer. Replies to pipelined commands leave together (RFC 2920 section 3.2); 421, or one error too many, ends the session."""
        if isinstance(status, bytes):
            answer = status
        elif status.startswith("421"):
            self.part(status)
            return
        else:
            if status[0] == "5" and status not in {Reply.unknown_recipient, Reply.relaying_denied}:
                self._errors += 1
                if 0 < self.limits.errors < self._errors:
                    self.part(Reply.too_many_errors)
                    return
            answer = enhanced(status).encode("utf-8", "replace")
        self._unsent += answer + b"\r\n"
        if not self._has_command():
            self._writer.write(bytes(self._unsent))
            self._unsent.clear()
            await self._writer.drain()

    def forget_mail(self) -> None:
        """Back to before MAIL."""
        self.envelope = self._create_envelope()

    def has_input(self) -> bool:
        """Whether the client has sent more than was read."""
        return bool(self._reader._buffer)  # type: ignore[attr-defined]  # noqa: SLF001  # asyncio gives no other way to ask

    def _has_command(self) -> bool:
        return b"\n" in self._reader._buffer  # type: ignore[attr-defined]  # noqa: SLF001

    def drop_input(self) -> None:
        """Forget what the client has sent and nobody has read."""
        self._reader._buffer.clear()  # type: ignore[attr-defined]  # noqa: SLF001
