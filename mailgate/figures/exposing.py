"""Serves the desk's figures where `[metrics] listen` says: one page over HTTP/1.1 (RFC 9112), read anew at each request.

Nothing else is served, nothing is taken in, and a connection is answered once. Whoever may reach the place may read: bind it to where the
monitoring is. The figures are `mailgate.figures.metrics`'s.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from http import HTTPStatus

from mailgate.doors import listening

log = logging.getLogger("mailgate.exposing")

PATHS = frozenset({"/metrics", "/"})
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MOST_BYTES, SECONDS, AT_ONCE = 8192, 5.0, 4
"""Of a request's head, for it to arrive, and how many are answered at a time."""

Figures = Callable[[], bytes]
"""Reads the figures of this moment; blocking."""


class Exposer:
    """The listening place of the figures."""

    def __init__(self, listen: str, figures: Figures) -> None:
        self.listen = listen
        self.figures = figures
        self.listens_at: list[str] = []
        """Where it listens, once started."""
        self._servers: list[asyncio.Server] = []
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def start(self) -> None:
        """Begin to listen. Raises OSError if the place is taken or forbidden."""
        for sock in listening.sockets(self.listen, mode=0o660):
            server = await asyncio.start_server(self._answer, sock=sock, limit=MOST_BYTES)
            self._servers.append(server)
            name = sock.getsockname()
            self.listens_at.append(f"{name[0]}:{name[1]}" if isinstance(name, tuple) else f"unix:{name}")

    async def stop(self) -> None:
        """Listen no more. Safe to call again."""
        for server in self._servers:
            server.close()
        self._servers.clear()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with self._turns:
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), SECONDS)
                writer.write(await self._made(head))
                await asyncio.wait_for(writer.drain(), SECONDS)
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass  # it spoke no HTTP, or has gone; there is nobody to tell
        except Exception:
            log.exception("the figures can't be read")
            with contextlib.suppress(ConnectionError):
                writer.write(_response(HTTPStatus.SERVICE_UNAVAILABLE, b"see the log\n"))
        finally:
            writer.close()

    async def _made(self, head: bytes) -> bytes:
        method, _, rest = head.split(b"\r\n", 1)[0].decode("latin-1").partition(" ")
        path = rest.partition(" ")[0].partition("?")[0]
        if method not in {"GET", "HEAD"}:
            return _response(HTTPStatus.METHOD_NOT_ALLOWED, b"", "Allow: GET, HEAD")
        if path not in PATHS:
            return _response(HTTPStatus.NOT_FOUND, b"the figures are at /metrics\n")
        return _response(HTTPStatus.OK, await asyncio.to_thread(self.figures), is_head=method == "HEAD")


def _response(status: HTTPStatus, body: bytes, *more: str, is_head: bool = False) -> bytes:
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        f"Content-Type: {CONTENT_TYPE}",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "Connection: close",
        *more,
    ]
    return "\r\n".join((*lines, "", "")).encode() + (b"" if is_head else body)
