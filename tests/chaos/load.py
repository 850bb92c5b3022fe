"""Senders that behave as relays do: a mail without a final answer is sent again, byte for byte, until there is one.

Each remembers what it was told, which the verdict compares with what the desk kept. Next: `drill.py`.
"""

from __future__ import annotations

import hashlib
import random
import smtplib
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Told(StrEnum):
    """What a sender last heard of a mail."""

    nothing = "nothing"
    kept = "kept"
    """250."""
    refused = "refused"
    """5xx, for good."""
    cut = "cut"
    """He hung up in the middle on purpose and gave up: nobody may keep half a mail."""


@dataclass(slots=True, kw_only=True)
class Item:
    """One mail on its way to the desk."""

    message_id: str
    raw: bytes = field(repr=False)
    sender: str
    recipient: str = "support@desk.example"
    is_cut: bool = False
    told: Told = Told.nothing
    ended: int = 0
    """How often its last dot was sent, so that it may be kept."""
    answer: str = ""

    @property
    def sha256(self) -> str:
        """Digest of the whole mail."""
        return hashlib.sha256(self.raw).hexdigest()


def numbered(seed: int, most_bytes: int = 60_000) -> Iterator[Item]:
    """Mails without end, each from somebody else, some with lines that begin with a dot, one in thirty to be cut off."""
    dice = random.Random(seed)
    number = 0
    while True:
        number += 1
        name = f"drill-{seed}-{number}"
        size = int(200 * (most_bytes / 200) ** dice.random())
        lines: list[str] = []
        while sum(map(len, lines)) < size:
            lines.append(dice.choice(("", ".", "..", " ")) + dice.randbytes(dice.randrange(36)).hex())
        sender = f"{name}@client.example"
        text = "\r\n".join(lines)
        raw = f"From: {sender}\r\nTo: support@desk.example\r\nSubject: {name}\r\nMessage-ID: <{sender}>\r\n\r\n{text}\r\n".encode()
        yield Item(message_id=f"<{sender}>", raw=raw, sender=sender, is_cut=dice.random() < 1 / 30)


class Senders:
    """Threads that share one stream of mails; `items` holds all that was begun."""

    def __init__(self, port: int, stream: Iterable[Item], *, threads: int = 4, seed: int = 0) -> None:
        self.port = port
        self.items: list[Item] = []
        self.moments: Counter[str] = Counter()
        """Where the senders were when something broke."""
        self._stream = iter(stream)
        self._lock = threading.Lock()
        self._enough = threading.Event()
        self._hopeless = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(random.Random(seed * 100 + n),), daemon=True) for n in range(threads)]

    def start(self) -> None:
        """Begin to send."""
        for thread in self._threads:
            thread.start()

    @property
    def is_through(self) -> bool:
        """Whether every mail has its answer and no more is coming."""
        return not any(thread.is_alive() for thread in self._threads)

    def finish(self, seconds: float) -> bool:
        """Begin no new mail and wait until those begun have their answer; False if some have none by then."""
        self._enough.set()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        done = self.is_through
        self._hopeless.set()
        return done

    def _next(self) -> Item | None:
        with self._lock:
            item = None if self._enough.is_set() else next(self._stream, None)
            if item is not None:
                self.items.append(item)
            return item

    def _work(self, dice: random.Random) -> None:
        line: smtplib.SMTP | None = None
        while (item := self._next()) is not None:
            while item.told is Told.nothing and not self._hopeless.is_set():
                try:
                    if line is None:
                        self._moment = "connecting"
                        line = smtplib.SMTP("127.0.0.1", self.port, local_hostname="mx.client.example", timeout=20)
                        line.ehlo()
                    if not self._offer(line, item, dice):
                        line.close()
                        line = None
                except (OSError, smtplib.SMTPException):
                    if line is not None:
                        line.close()
                    line = None
                    time.sleep(0.02 + 0.08 * dice.random())
        if line is not None:
            line.close()

    def _offer(self, line: smtplib.SMTP, item: Item, dice: random.Random) -> bool:
        """One attempt; False if the connection is of no more use."""
        where = "command"
        try:
            for command in (f"MAIL FROM:<{item.sender}>", f"RCPT TO:<{item.recipient}>"):
                code, text = line.docmd(command)
                if code >= 400:
                    return self._answered(item, code, text)
            code, text = line.docmd("DATA")
            if code != 354:
                return self._answered(item, code, text)
            where = "content"
            stuffed = item.raw.replace(b"\r\n.", b"\r\n..")
            if item.is_cut:
                line.send(stuffed[: dice.randrange(len(stuffed))])
                item.told = Told.cut
                return False
            line.send(stuffed)
            where = "answer"
            item.ended += 1
            line.send(b".\r\n")
            return self._answered(item, *line.getreply())
        except (OSError, smtplib.SMTPException):
            with self._lock:
                self.moments[where] += 1
            raise

    def _answered(self, item: Item, code: int, text: bytes) -> bool:
        item.answer = f"{code} {text.decode('utf-8', 'replace')}"
        if code < 300:
            item.told = Told.kept
            return True
        if code >= 500:
            item.told = Told.refused
        else:
            time.sleep(0.1)
        return False
