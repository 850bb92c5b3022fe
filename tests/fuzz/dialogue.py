"""Talks nonsense to real doors in every state of the protocol; what must hold stands in `Talk.run`.

A dialogue is made of steps from dice: commands in and out of order, halves of commands, content, lengths that lie, bytes that are no text.
The doors are opened once for many dialogues, as a daemon's are.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import random
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from mailgate.doors.gate import Limits
from mailgate.doors.lmtp import LmtpDoor
from mailgate.doors.smtp import SmtpDoor
from mailgate.doors.submission import SubmissionDoor
from tests.doors.desk import Desk, opened
from tests.fuzz import grow

DOORS = ("smtp", "lmtp", "submission")
MAILS = b"Subject: whole\r\n\r\nhello\r\n"
_REPLY = re.compile(r"[2-5][0-9][0-9](-| |$)")
_NAKED = re.compile(r"Traceback|[a-z]Error\b|Exception|File \"|/mailgate/|<class")
_ENHANCED = re.compile(r"[45][0-9][0-9][- ][45]\.[0-9]{1,3}\.[0-9]{1,3} ")
_WHOLE = (
    b"EHLO client.example\r\n",
    b"LHLO client.example\r\n",
    b"MAIL FROM:<kim@client.example>\r\n",
    b"RCPT TO:<support@desk.example>\r\n",
    b"DATA\r\n",
)
_ODD = (
    b"HELO\r\n", b"EHLO [127.0.0.1]\r\n", b"RSET\r\n", b"NOOP x y\r\n", b"QUIT\r\n", b"VRFY kim\r\n", b"EXPN list\r\n", b"HELP MAIL\r\n", b"STARTTLS\r\n", b"STARTTLS now\r\n", b"TURN\r\n",
    b"MAIL FROM:<>\r\n", b"MAIL FROM:kim@client.example SIZE=1\r\n", b"MAIL FROM:<kim@client.example> SIZE=99999999999\r\n", b"MAIL FROM:<kim@client.example> BODY=8BITMIME SMTPUTF8\r\n", b"MAIL FROM:<a b@c>\r\n",
    b"MAIL FROM:<kim@client.example> SIZE=x FOO=BAR\r\n", b"RCPT TO:<x@other.example>\r\n", b"RCPT TO:<nobody@desk.example>\r\n", b"RCPT TO:<postmaster>\r\n", b"RCPT TO:<u1@desk.example> NOTIFY=NEVER\r\n",
    b"RCPT TO:<\"a b\"@desk.example>\r\n", b"RCPT TO:<@a,@b:support@desk.example>\r\n", b"RCPT TO:\r\n", b"BDAT 5 LAST\r\nhello", b"AUTH PLAIN\r\n", b"AUTH PLAIN AGEAYg==\r\n", b"AUTH LOGIN\r\n", b"AUTH CRAM-MD5\r\n", b"AUTH PLAIN ====\r\n", b"*\r\n",
    b"AUTH\r\n", b"\r\n", b"\n", b"\0\r\n", b"GET / HTTP/1.1\r\n", b"DATA x\r\n", b".\r\n", b"..\r\n", b"MAIL FROM:<kim@client.example>\n", b"XCLIENT ADDR=1\r\n", b"ETRN x\r\n", b"LHLO\r\n", b"mail from:<KIM@client.example>\r\n",
    b"Received: x\r\n", b"MAIL FROM:<" + b"a" * 600 + b"@client.example>\r\n", b"RCPT TO:<" + b"\xff\xfe" + b"@desk.example>\r\n", b"X" * 5000 + b"\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
)  # fmt: skip


class Talk:
    """Doors of all kinds that stay open, and dialogues with them."""

    def __init__(self, desks: dict[str, Desk], faults: list[str]) -> None:
        self.desks = desks
        self.faults = faults

    async def run(self, raw: bytes) -> None:
        """One dialogue: the first byte chooses the door, the rest is what is said, in packets parted by `\\xff\\x00`."""
        name = DOORS[raw[0] % len(DOORS)]
        desk = self.desks[name]
        client = await desk.connect()
        ear = asyncio.create_task(client.reader.read(-1))
        try:
            for packet in raw[1:].split(b"\xff\x00"):
                client.send(packet)
                await asyncio.wait_for(client.writer.drain(), 15)
                await asyncio.sleep(0.001)
            client.writer.write_eof()
        except (ConnectionError, OSError, RuntimeError):
            pass  # shown out, which is an answer too
        try:
            heard = await asyncio.wait_for(ear, 20)
        except ConnectionError:
            heard = b""
        await client.close()
        desk.clients.remove(client)
        self._judge(heard)
        await self._still_takes_mail(name, desk)

    def _judge(self, heard: bytes) -> None:
        assert not self.faults, self.faults
        for line in heard.decode("utf-8").split("\r\n")[:-1]:
            if line.startswith("\x15"):  # a TLS alert: it began to speak TLS with us
                return
            assert _REPLY.match(line), f"no reply of SMTP: {line!r}"
            assert not _NAKED.search(line), f"tells of our insides: {line!r}"
            if line[0] in "45" and not line.startswith(("421 ", "521 ")):
                assert _ENHANCED.match(line), f"without an enhanced code: {line!r}"

    async def _still_takes_mail(self, name: str, desk: Desk) -> None:
        kept = len(desk.shelf.mails)
        client = await desk.client({"lmtp": "LHLO"}.get(name, "EHLO"))
        if name == "submission":
            login = base64.b64encode(b"\0anna\0sesame").decode()
            assert (await client.say(f"AUTH PLAIN {login}")).startswith("235"), client.heard
        assert (await client.mail(MAILS)).startswith("250"), client.heard
        await client.close()
        desk.clients.remove(client)
        assert len(desk.shelf.mails) == kept + 1
        assert desk.shelf.mails[-1].raw == MAILS
        desk.shelf.mails.clear()


class _Faults(logging.Handler):
    """Notes what the doors complain of about themselves."""

    def __init__(self, found: list[str]) -> None:
        super().__init__(logging.ERROR)
        self.found = found

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(record.getMessage() + (str(record.exc_info[1]) if record.exc_info else ""))


@asynccontextmanager
async def open_doors() -> AsyncIterator[Talk]:
    """A door of each kind, to be talked to."""
    faults: list[str] = []
    handler = _Faults(faults)
    for name in ("mailgate", "asyncio", "mail.log"):
        logging.getLogger(name).addHandler(handler)
    limits: dict[str, Any] = {"limits": Limits()}
    extra = {"authenticate": lambda login, password: (login, password) == ("anna", "sesame")}
    try:
        async with AsyncExitStack() as stack:
            desks = {
                "smtp": await stack.enter_async_context(opened(SmtpDoor, **limits)),
                "lmtp": await stack.enter_async_context(opened(LmtpDoor, **limits)),
                "submission": await stack.enter_async_context(opened(SubmissionDoor, extra=extra, auth_in_clear=True, **limits)),
            }
            yield Talk(desks, faults)
    finally:
        for name in ("mailgate", "asyncio", "mail.log"):
            logging.getLogger(name).removeHandler(handler)


def made(dice: random.Random) -> bytes:
    """A dialogue: most often the right order up to some state, then something else."""
    order = [each for each in _WHOLE if not each.startswith(dice.choice((b"LHLO", b"EHLO")))]
    said = list(order[: dice.randrange(len(order) + 1)])
    for _ in range(dice.randrange(6)):
        said.insert(dice.randrange(len(said) + 1), _step(dice))
    out = b""
    for each in said:
        out += each + (b"\xff\x00" if dice.random() < 0.8 else b"")
    return bytes([dice.randrange(256)]) + out


def _step(dice: random.Random) -> bytes:
    kinds: tuple[Callable[[], bytes], ...] = (
        lambda: dice.choice(_WHOLE),
        lambda: dice.choice(_ODD),
        lambda: dice.choice(_ODD),
        lambda: grow.spoiled(dice, dice.choice(_WHOLE + _ODD)),
        lambda: grow.mail(dice).replace(b"\n.", b"\n..") + b"\r\n.\r\n",
        lambda: dice.randbytes(dice.randrange(40)),
        lambda: dice.choice((b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n\x00.\r\n", b"\r\n.\r\n")),
    )
    return dice.choice(kinds)()
