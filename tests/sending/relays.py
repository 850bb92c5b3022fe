"""How mail is sent to a relay of these tests: mails, the way to it, and answers that it gives once or always. The relay: `sink.py`."""

from __future__ import annotations

import asyncio
import itertools
import ssl
from typing import Any

from mailgate.sending.courier import Answer, Ready
from mailgate.sending.hop import Hop
from mailgate.sending.relay import SmtpCourier
from tests.sending.sink import Fault, Sink, running

RAW = b"From: support@desk.example\r\nTo: kim@client.test\r\nSubject: Re: printer [T42]\r\n\r\nHello\r\n.\r\n..dots\r\n"
NUMBERS = itertools.count(1)


def mail(recipient: str = "kim@client.test", *, sender: str = "support@desk.example", raw: bytes = RAW) -> Ready:
    return Ready(envelope_from=sender, recipient=recipient, raw=raw, message_id=f"<{next(NUMBERS)}@desk.example>")


def hop(port: int, **options: Any) -> Hop:
    return Hop(host=options.pop("host", "127.0.0.1"), port=port, hello="desk.example", **{"wait": 5.0, "wait_taken": 5.0, **options})


def send(sink: Sink, *mails: Ready, rounds: int = 1, tls: ssl.SSLContext | None = None, **options: Any) -> list[Answer]:
    """Deliver the mails at once, `rounds` times over; `sink_…` options are the sink's."""

    async def go() -> list[Answer]:
        serving = {name.removeprefix("sink_"): options.pop(name) for name in [*options] if name.startswith("sink_")}
        async with running(sink, tls=tls, **serving) as up:
            courier = SmtpCourier(hop(up.port, **options))
            answers: list[Answer] = []
            for _ in range(rounds):
                answers += await asyncio.gather(*(courier.deliver(each) for each in mails))
            await courier.close()
            return answers

    return asyncio.run(go())


def once(answer: str, step: str = "DATA") -> Fault:
    """Give this answer the first time only."""
    left = [answer]
    return lambda wire, at: left.pop() if at.startswith(step) and left else None


def always(answer: str, step: str = "DATA") -> Fault:
    return lambda wire, at: answer if at.startswith(step) else None
