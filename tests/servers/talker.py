"""A server of lines on loopback that says what a test tells it to: greets, answers each command by its first word, hangs up, or drips."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping

HANG_UP = "hang up"
"""In place of an answer: the connection ends."""


class Talker:
    """Listens at `port` until it is closed; `answers` go by the command's first word, with `{tag}` for that of an IMAP client."""

    def __init__(self, greeting: str, answers: Mapping[str, str], tls: ssl.SSLContext | None = None) -> None:
        self._greeting, self._answers, self._tls = greeting, answers, tls
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self._over = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = self._door.accept()
                threading.Thread(target=self._meet, args=(line,), daemon=True).start()

    def _meet(self, line: socket.socket) -> None:
        with contextlib.suppress(OSError), line:
            talk = self._tls.wrap_socket(line, server_side=True) if self._tls else line
            if self._greeting == "drip":
                while not self._over.wait(0.5):
                    talk.sendall(b"*")
                return
            talk.sendall(f"{self._greeting}\r\n".encode())
            for raw in talk.makefile("rb"):
                words = raw.decode("latin-1").split()
                tag, verb = (words[0], words[1]) if len(words) > 1 and words[1].upper() in self._answers else ("", words[0])
                said = self._answers.get(verb.upper(), "500 what?")
                if said == HANG_UP:
                    return
                talk.sendall(f"{said.format(tag=tag)}\r\n".encode())

    def close(self) -> None:
        """Take nobody any more."""
        self._over.set()
        self._door.close()


@contextlib.contextmanager
def talking(greeting: str, answers: Mapping[str, str] | None = None, tls: ssl.SSLContext | None = None) -> Iterator[Talker]:
    """One of them for the length of a test."""
    talker = Talker(greeting, answers or {}, tls)
    try:
        yield talker
    finally:
        talker.close()
