"""Mail by LMTP from the MTA beside us."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import pytest

from mailgate.doors.lmtp import LmtpDoor
from mailgate.doors.receiving import Busy, Received
from tests.doors.desk import opened


@pytest.mark.parametrize("count", [1, 2, 50])
async def test_each_recipient_has_its_reply_and_the_connection_goes_on(count: int) -> None:
    """One reply too few and the relay waits, times out, and delivers again and again."""
    async with opened(LmtpDoor) as desk:
        client = await desk.client("LHLO")
        recipients = [f"u{n}@desk.example" for n in range(count)]
        for _ in range(2):
            replies = [await client.mail(b"x\r\n", *recipients), *[await client.reply() for _ in range(count - 1)]]
            assert replies == ["250 2.0.0 kept"] * count
        assert await client.say("NOOP") == "250 2.0.0 OK"
        assert [mail.envelope.recipients for mail in desk.shelf.mails] == [tuple(recipients)] * 2
        assert {mail.envelope.door for mail in desk.shelf.mails} == {"lmtp"}


async def test_a_recipient_that_is_named_twice_has_two_replies() -> None:
    async with opened(LmtpDoor) as desk:
        client = await desk.client("LHLO")
        assert await client.mail(b"x\r\n", "u1@desk.example", "u1@desk.example", "u2@desk.example") == "250 2.0.0 kept"
        assert [await client.reply() for _ in range(2)] == ["250 2.0.0 kept"] * 2
        assert await client.say("NOOP") == "250 2.0.0 OK"
        assert desk.shelf.mails[0].envelope.recipients == ("u1@desk.example", "u2@desk.example")


async def test_refused_recipients_have_no_reply_after_the_content() -> None:
    """RFC 2033 section 4.2: for each RCPT that was accepted, and for no other; nor do many of them end the relay's session."""
    async with opened(LmtpDoor) as desk:
        client = await desk.client("LHLO")
        await client.say("MAIL FROM:<kim@client.example>")
        for n in range(20):
            assert (await client.say(f"RCPT TO:<nobody{n}@desk.example>")).startswith("550 5.1.1")
        for n in range(2):
            assert (await client.say(f"RCPT TO:<u{n}@desk.example>")).startswith("250")
        await client.say("DATA")
        client.send(b"x\r\n.\r\nNOOP\r\n")
        assert [await client.reply() for _ in range(3)] == ["250 2.0.0 kept", "250 2.0.0 kept", "250 2.0.0 OK"]


async def test_without_an_accepted_recipient_there_is_no_content() -> None:
    async with opened(LmtpDoor) as desk:
        client = await desk.client("LHLO")
        client.send(b"MAIL FROM:<kim@client.example>\r\nRCPT TO:<nobody@desk.example>\r\nDATA\r\n")
        assert [(await client.reply())[:3] for _ in range(3)] == ["250", "550", "503"]


async def test_a_refused_content_is_refused_for_each_recipient() -> None:
    async with opened(LmtpDoor, max_size_bytes=1000) as desk:
        client = await desk.client("LHLO")
        assert (await client.mail(b"x" * 2000 + b"\r\n", "u1@desk.example", "u2@desk.example")).startswith("552 5.3.4")
        assert (await client.reply()).startswith("552 5.3.4")

        def fault(mails: list[Received]) -> None:
            raise Busy("locked")

        desk.shelf.fault = fault
        assert (await client.mail(b"x\r\n", "u1@desk.example", "u2@desk.example")).startswith("451 4.3.0")
        assert (await client.reply()).startswith("451 4.3.0")
        desk.shelf.fault = None
        assert await client.mail(b"x\r\n") == "250 2.0.0 kept"


async def test_lmtp_begins_with_lhlo_only() -> None:
    async with opened(LmtpDoor) as desk:
        client = await desk.client(hello="")
        assert (await client.say("EHLO client.example")).startswith("500 5.5.2")
        assert (await client.say("HELO client.example")).startswith("500 5.5.2")
        offers = await client.say("LHLO client.example")
        assert "PIPELINING" in offers
        assert "8BITMIME" in offers


async def test_a_unix_socket_is_made_anew_each_time_and_taken_away(tmp_path: Path) -> None:
    """After a kill the old file is still there; a door that stumbles over it leaves the desk without mail."""
    path = tmp_path / "var" / "lmtp.sock"
    listen = f"unix:{path}"
    async with opened(LmtpDoor, listen=listen) as desk:
        assert stat.S_ISSOCK(path.stat().st_mode)
        assert stat.S_IMODE(path.stat().st_mode) == 0o666
        client = await desk.client("LHLO")
        assert await client.mail(b"x\r\n") == "250 2.0.0 kept"
        assert desk.shelf.mails[0].envelope.peer == ""
        with pytest.raises(OSError, match="another program listens there"):
            async with opened(LmtpDoor, listen=listen):
                pass
        assert await client.mail(b"y\r\n") == "250 2.0.0 kept"
    assert not path.exists()
    left_behind = await asyncio.to_thread(_socket_of_a_dead_process, path)
    assert left_behind.exists()
    async with opened(LmtpDoor, listen=listen, socket_mode=0o660) as desk:
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert await (await desk.client("LHLO")).mail(b"x\r\n") == "250 2.0.0 kept"


def _socket_of_a_dead_process(path: Path) -> Path:
    import socket

    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(os.fspath(path))
    return path


async def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    """A slip in the config must not delete somebody's file."""
    path = tmp_path / "desk.db"
    path.write_text("precious")
    with pytest.raises(OSError, match="in use"):
        async with opened(LmtpDoor, listen=f"unix:{path}"):
            pass
    assert path.read_text() == "precious"
