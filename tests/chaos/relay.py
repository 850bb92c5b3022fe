"""A relay on loopback for daemons under test: plain SMTP in threads, faults by a function or by chance, a record of every copy.

Standard library alone, and nothing of ours: it has to stand when the daemon that sends to it is killed.
"""

from __future__ import annotations

import random
import re
import socketserver
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

Fault = Callable[[str, int], str]
"""(recipient, how many mails were tried for him before) -> "" to take it, a reply such as "451 not now", "drop" (take it and hang up unheard)."""


def by_chance(shares: Mapping[str, float], seed: int) -> Fault:
    """Faults with these probabilities, the same for the same seed as long as the order is."""
    dice = random.Random(seed)
    lock = threading.Lock()

    def fault(recipient: str, tried: int) -> str:
        with lock:
            throw = dice.random()
        for word, share in shares.items():
            if throw < share:
                return word
            throw -= share
        return ""

    return fault


@dataclass(slots=True)
class Relay:
    """What it took: Message-ID -> the bytes of each copy, oldest first. A context that listens while it is open."""

    fault: Fault = lambda recipient, tried: ""
    port: int = 0
    taken: dict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    tried: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    _server: socketserver.ThreadingTCPServer | None = None

    def __enter__(self) -> Self:
        relay = self

        class Line(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                try:
                    _talk(relay, self)
                except OSError:
                    return  # the daemon was killed

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 64

        self._server = Server(("127.0.0.1", self.port), Line)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    def judge(self, recipient: str, raw: bytes) -> str:
        """Take a mail or not; gives the answer, empty where the line is cut without one."""
        with self.lock:
            tried = self.tried[recipient]
            self.tried[recipient] += 1
        fault = self.fault(recipient, tried)
        if fault:
            self.faults[fault] += 1
        if fault in {"", "drop"}:
            found = re.search(rb"(?im)^message-id:\s*(<[^>\r\n]*>)", raw)
            with self.lock:
                self.taken[found.group(1).decode() if found else ""].append(raw)
        return "250 2.0.0 taken" if not fault else "" if fault == "drop" else fault

    def mails(self) -> list[bytes]:
        """The first copy of each mail."""
        with self.lock:
            return [copies[0] for copies in self.taken.values()]


def _talk(relay: Relay, line: socketserver.StreamRequestHandler) -> None:
    def say(text: str) -> None:
        line.wfile.write(text.encode() + b"\r\n")

    say("220 relay.test")
    recipient = ""
    while command := line.rfile.readline(2000):
        verb = command[:4].upper()
        if verb in {b"EHLO", b"HELO"}:
            say("250-relay.test\r\n250-SMTPUTF8\r\n250 8BITMIME")
        elif verb == b"RCPT":
            recipient = command.decode("utf-8", "replace").partition("<")[2].partition(">")[0]
            say("250 2.1.5 fine")
        elif verb == b"DATA":
            say("354 go on")
            parts = []
            while (part := line.rfile.readline(1 << 20)) not in {b".\r\n", b""}:
                parts.append(part)
            if not part:
                return
            answer = relay.judge(recipient, b"".join(parts))
            if not answer:
                return
            say(answer)
            if answer.startswith("421"):
                return
        elif verb == b"QUIT":
            say("221 2.0.0 bye")
            return
        else:
            say("250 2.0.0 fine")
