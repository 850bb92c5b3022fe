"""The content of one message between `354` and CRLF.CRLF, taken as it comes from the network, a block at a time.

No sockets and no replies here: bytes in, message out. Next: `mailgate/doors/smtp.py`, which feeds it.
"""

from __future__ import annotations

_START = b"\r\n"
_END = b"\r\n.\r\n"


class Content:
    """Collects a message until its end and gives it back as it was before it was sent (RFC 5321 sections 4.1.1.4 and 4.5.2).

    Only CRLF.CRLF ends a message, and only a dot behind CRLF is one that the client has doubled; any other mixture of CR, LF, NUL
    and dots is content and stays as it is. A reader that took `LF.LF` or `CR.CR` for the end would see two mails where the server in
    front of it saw one (SMTP smuggling, CVE-2023-51764). Beyond the limit the rest is counted, looked through for the end, and dropped.
    """

    __slots__ = ("_buffer", "_end", "_limit", "is_too_big", "received_bytes")

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        # The CRLF that ends the DATA command stands in front, so that a dot in the first line needs no case of its own.
        self._buffer = bytearray(_START)
        self._end = -1
        self.received_bytes = 0
        self.is_too_big = False

    def feed(self, block: bytes) -> bytes | None:
        """Take a block; None while the end has not come, else the bytes that follow it (usually none)."""
        buffer = self._buffer
        seen = max(len(buffer) - len(_END) + 1, 0)
        buffer += block
        self.received_bytes += len(block)
        end = buffer.find(_END, seen)
        if end < 0:
            # Doubled dots don't count (RFC 1870 section 3); exactly is decided at the end, here only what memory may be spent.
            if len(buffer) > self._limit + self._limit // 3 + 1024:
                self.is_too_big = True
                del buffer[: -len(_END)]
            return None
        self._end = end + len(_START)
        rest = bytes(memoryview(buffer)[end + len(_END) :])
        self.received_bytes -= len(rest)
        return rest

    @property
    def held_bytes(self) -> int:
        """Memory that is spent on this message now."""
        return len(self._buffer)

    def message(self) -> bytes | None:
        """The message without the doubled dots, the CRLF of its last line included; None if it is bigger than the limit."""
        if self.is_too_big:
            return None
        view = memoryview(self._buffer)
        if self._buffer.find(b"\r\n.", 0, self._end) < 0:
            raw = bytes(view[len(_START) : self._end])
        else:
            raw = bytes(view[: self._end]).replace(b"\r\n.", _START)[len(_START) :]
        return raw if len(raw) <= self._limit else None
