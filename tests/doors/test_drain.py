"""The end of a door: in order, in time, with every mail either answered 250 and kept or neither."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

from tests.doors.desk import Client, Desk, opened

GRACE = timedelta(seconds=20)


async def test_idle_clients_hear_421_at_once_and_nobody_comes_in() -> None:
    async with opened() as desk:
        client = await desk.client()
        began_at = time.monotonic()
        await desk.door.stop(GRACE)
        assert time.monotonic() - began_at < GRACE.total_seconds() / 2
        assert (await client.reply()).startswith("421 4.3.2")
        assert await client.is_closed()
        try:
            late = await desk.connect()
        except OSError:
            return
        assert not (await late.reply()).startswith("220")


async def test_a_mail_on_its_way_is_finished_and_then_the_client_is_sent_off() -> None:
    async with opened() as desk:
        client = await desk.client()
        await client.begin()
        client.send(b"Subject: x\r\n\r\nfirst half\r\n")
        stopping = asyncio.ensure_future(desk.door.stop(GRACE))
        await asyncio.sleep(0.1)
        client.send(b"second half\r\n.\r\n")
        assert await client.reply() == "250 2.0.0 kept"
        assert (await client.reply()).startswith("421 4.3.2")
        await stopping
        assert len(desk.shelf.mails) == 1


async def test_a_mail_that_does_not_end_within_the_grace_is_answered_421_and_not_kept() -> None:
    async with opened() as desk:
        client = await desk.client()
        await client.begin()
        client.send(b"Subject: x\r\n\r\nhalf\r\n")
        began_at = time.monotonic()
        await desk.door.stop(timedelta(seconds=0.3))
        assert time.monotonic() - began_at < 10
        assert (await client.reply()).startswith("421 4.3.2")
        assert desk.shelf.mails == []


async def test_a_commit_under_way_is_waited_for() -> None:
    async with opened() as desk:
        desk.shelf.gate.clear()
        client = await desk.client()
        await client.begin()
        client.send(b"x\r\n.\r\n")
        await asyncio.to_thread(desk.shelf.entered.wait, 30)
        stopping = asyncio.ensure_future(desk.door.stop(GRACE))
        await asyncio.sleep(0.2)
        desk.shelf.gate.set()
        assert await client.reply() == "250 2.0.0 kept"
        await stopping


async def test_a_commit_that_outlasts_the_grace_is_kept_and_never_refused() -> None:
    """A 421 for a mail that is then kept would be a lie; without an answer the client tries again, and that is recognised."""
    async with opened() as desk:
        desk.shelf.gate.clear()
        client = await desk.client()
        await client.begin()
        client.send(b"x\r\n.\r\n")
        await asyncio.to_thread(desk.shelf.entered.wait, 30)
        await desk.door.stop(timedelta(seconds=0.1))
        assert await client.reply() == ""
        desk.shelf.gate.set()
        await desk.committer.stop()
        assert desk.shelf.raws == [b"x\r\n"]


async def test_stopping_under_load_loses_nothing() -> None:
    """Twenty clients send as fast as they can while the door closes: kept is exactly what was answered 250."""
    async with opened() as desk:
        answered: list[bytes] = []

        async def load(desk: Desk, client: Client, number: int) -> None:
            for count in range(1000):
                raw = b"Subject: %d-%d\r\n\r\nhello\r\n" % (number, count)
                if not (await client.say("MAIL FROM:<kim@client.example>")).startswith("250"):
                    return
                await client.say("RCPT TO:<support@desk.example>")
                if not (await client.say("DATA")).startswith("354"):
                    return
                client.send(raw + b".\r\n")
                if await client.reply() != "250 2.0.0 kept":
                    return
                answered.append(raw)

        loads = [asyncio.ensure_future(load(desk, await desk.client(), number)) for number in range(20)]
        while len(desk.shelf.mails) < 100:
            await asyncio.sleep(0.01)
        began_at = time.monotonic()
        await desk.door.stop(GRACE)
        assert time.monotonic() - began_at < GRACE.total_seconds()
        await asyncio.gather(*loads)
        await desk.committer.stop()
        assert sorted(desk.shelf.raws) == sorted(answered)
        assert desk.door.gate.inside == 0
