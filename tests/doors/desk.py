"""A door opened for a test on a free port, a shelf behind it, and a client that speaks by hand."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from mailgate.doors.door import Door
from mailgate.doors.receiving import Busy, Committer, DoorSettings, NotOurs, Received
from mailgate.doors.smtp import SmtpDoor


class Shelf:
    """Where mails are kept, in memory; `fault` may raise before a group is kept, `gate` holds a commit up until it is set."""

    def __init__(self) -> None:
        self.mails: list[Received] = []
        self.groups: list[int] = []
        self.fault: Callable[[list[Received]], None] | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def keep(self, mails: list[Received]) -> list[Busy | None]:
        self.entered.set()
        if not self.gate.wait(20):
            raise RuntimeError("the test forgot to open the gate")
        if self.fault:
            self.fault(mails)
        self.mails.extend(mails)
        self.groups.append(len(mails))
        return [None] * len(mails)

    @property
    def raws(self) -> list[bytes]:
        return [mail.raw for mail in self.mails]


def ours(address: str) -> str | None:
    """`desk.example` is ours and takes `support`, `u0`, `u1`, … and, as every domain must, `postmaster`."""
    local, _, domain = address.lower().partition("@")
    if domain not in {"desk.example", ""}:
        return NotOurs.foreign
    return None if local in {"support", "postmaster", "jörg"} or (local.startswith("u") and local[1:].isdigit()) else NotOurs.unknown


@dataclass
class Desk:
    door: Any
    shelf: Shelf
    committer: Committer
    clients: list[Client] = field(default_factory=list)

    async def client(self, hello: str = "EHLO", *, source: str | None = None, tls: ssl.SSLContext | None = None) -> Client:
        client = await self.connect(source=source, tls=tls)
        assert (await client.reply()).startswith("220 "), client.heard
        if hello:
            assert (await client.say(f"{hello} client.example")).startswith("250")
        return client

    async def connect(self, *, source: str | None = None, tls: ssl.SSLContext | None = None) -> Client:
        place = self.door.listens_at[0]
        if place.startswith("unix:"):
            reader, writer = await asyncio.open_unix_connection(place.removeprefix("unix:"))
        else:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1",
                self.door.port,
                local_addr=(source, 0) if source else None,
                ssl=tls,
                server_hostname="localhost" if tls else None,
            )
        client = Client(reader, writer)
        self.clients.append(client)
        return client


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.heard: list[str] = []

    def send(self, raw: bytes) -> None:
        self.writer.write(raw)

    async def reply(self) -> str:
        """The next reply with all its lines; empty if the door closed the connection."""
        lines = []
        while True:
            try:
                line = await asyncio.wait_for(self.reader.readline(), 15)
            except ConnectionError:
                line = b""
            lines.append(line.decode().rstrip("\r\n"))
            if not line or line[3:4] != b"-":
                break
        self.heard.append("\n".join(lines))
        return self.heard[-1]

    async def say(self, line: str) -> str:
        self.send(line.encode() + b"\r\n")
        return await self.reply()

    async def begin(self, *recipients: str, sender: str = "kim@client.example") -> None:
        """Up to the go-ahead for the content."""
        assert (await self.say(f"MAIL FROM:<{sender}>")).startswith("250 2.1.0"), self.heard
        for recipient in recipients or ("support@desk.example",):
            assert (await self.say(f"RCPT TO:<{recipient}>")).startswith("250 2.1.5"), self.heard
        assert (await self.say("DATA")).startswith("354"), self.heard

    async def mail(self, content: bytes = b"Subject: x\r\n\r\nhello\r\n", *recipients: str, sender: str = "kim@client.example") -> str:
        """A whole transaction; the reply to its content."""
        await self.begin(*recipients, sender=sender)
        self.send(b"\r\n".join(b"." + line if line.startswith(b".") else line for line in content.split(b"\r\n")) + b".\r\n")
        return await self.reply()

    async def is_closed(self) -> bool:
        try:
            return not await asyncio.wait_for(self.reader.read(1), 15)
        except ConnectionError:
            return True

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except (ConnectionError, ssl.SSLError):
            pass


@asynccontextmanager
async def opened(
    door_type: type[Door] = SmtpDoor,
    *,
    listen: str = "127.0.0.1:0",
    shelf: Shelf | None = None,
    extra: dict[str, object] | None = None,
    **settings: object,
) -> AsyncIterator[Desk]:
    """A door on loopback with a committer and a shelf; everything is closed behind it."""
    shelf = shelf or Shelf()
    committer = Committer(shelf.keep)
    committer.start()
    door = door_type(
        DoorSettings(listen=listen, hostname="desk.example", **settings),  # type: ignore[arg-type]
        is_ours=ours,
        committer=committer,
        **(extra or {}),
    )
    await door.start()
    desk = Desk(door, shelf, committer)
    try:
        yield desk
    finally:
        shelf.gate.set()
        for client in desk.clients:
            await client.close()
        await door.stop(timedelta(seconds=1))
        await committer.stop()
