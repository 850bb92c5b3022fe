"""Mail by SMTP, spoken by hand on a real socket."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct

import pytest

from mailgate.doors import listening
from mailgate.doors.receiving import Busy, Received
from tests.doors.desk import Client, opened


async def test_a_mail_is_kept_byte_for_byte_with_its_envelope() -> None:
    """Everything later, from signatures to `mail raw`, rests on the bytes being those that were sent."""
    raw = b"Subject: x\r\n\r\n.dot\r\n..two\r\n.\r\nbare \n and \r and \x00 and \xe4\r\n\r\n\r\n"
    async with opened() as desk:
        client = await desk.client()
        assert await client.mail(raw, "support@desk.example", "u1@desk.example") == "250 2.0.0 kept"
        (mail,) = desk.shelf.mails
        assert mail.raw == raw
        envelope = mail.envelope
        assert (envelope.door, envelope.sender, envelope.recipients) == (
            "smtp",
            "kim@client.example",
            ("support@desk.example", "u1@desk.example"),
        )
        assert (envelope.peer, envelope.helo, envelope.login) == ("127.0.0.1", "client.example", "")


async def test_what_ehlo_offers() -> None:
    """A relay decides by these words what it may send, how big and how fast."""
    async with opened(max_size_bytes=12_345) as desk:
        client = await desk.client(hello="")
        offers = await client.say("EHLO client.example")
        assert offers.split("\n") == [
            "250-desk.example", "250-SIZE 12345", "250-8BITMIME", "250-SMTPUTF8", "250-PIPELINING", "250 ENHANCEDSTATUSCODES",
        ]  # fmt: skip
        assert await client.say("HELO client.example") == "250 desk.example"


async def test_the_null_sender_is_empty() -> None:
    """A bounce comes from `<>`; taken for an address it would be answered, and answered back."""
    async with opened() as desk:
        client = await desk.client()
        await client.mail(b"Subject: dsn\r\n\r\n", sender="")
        assert desk.shelf.mails[0].envelope.sender == ""


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("<support@desk.example>", "support@desk.example"),
        ("<@relay.example,@b.example:support@desk.example>", "support@desk.example"),
        ("support@desk.example", "support@desk.example"),
        (" <support@desk.example> ", "support@desk.example"),
        ("<Postmaster>", "Postmaster"),
        ("<jörg@desk.example>", "jörg@desk.example"),
    ],
)
async def test_recipients_are_read_as_they_are_written_in_the_wild(path: str, address: str) -> None:
    async with opened() as desk:
        client = await desk.client()
        assert (await client.say("MAIL FROM:<kim@client.example> SMTPUTF8 BODY=8BITMIME SIZE=100")).startswith("250")
        assert (await client.say(f"RCPT TO:{path}")).startswith("250")
        assert (await client.say("DATA")).startswith("354")
        client.send(b"x\r\n.\r\n")
        await client.reply()
        assert desk.shelf.mails[0].envelope.recipients == (address,)


@pytest.mark.parametrize(
    "sender", ['"a b"@client.example', "a=b+c/d?e!f@[192.0.2.1]", "bounce-1=kim=desk.example@lists.example", "x@[IPv6:2001:db8::1]"]
)
async def test_senders_with_rare_addresses_are_taken(sender: str) -> None:
    async with opened() as desk:
        client = await desk.client()
        await client.mail(sender=sender)
        assert desk.shelf.mails[0].envelope.sender == sender


@pytest.mark.parametrize(
    "path",
    [
        b"<a@b>\rRCPT TO:<c@d>", b"<a b@client.example>", b"<a@b> <c@d>", b"<a@b", b"a>@b", b"<a@b\x00>", b"<a@b\x1b[31m>", b"<\xe4@client.example>",
        b"<" + b"a" * 600 + b"@client.example>", b"", b"<@>", b"<a@>", b"<nobody>",
    ],
)  # fmt: skip
async def test_what_is_no_address_never_gets_into_an_envelope(path: bytes) -> None:
    """An address with a line end in it becomes a command of its own when a later mail is sent to it."""
    async with opened() as desk:
        client = await desk.client()
        client.send(b"MAIL FROM:" + path + b"\r\n")
        assert (await client.reply())[:8] in {"553 5.1.", "501 5.5."}
        assert (await client.say("RCPT TO:<support@desk.example>")).startswith("503 5.5.1")
        assert "\x1b" not in client.heard[-2]


SMUGGLED = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r.\r",
    b"\r\n.\n",
    b"\r.\r\n",
    b"\r\n.\r",
    b"\r\n\x00.\r\n",
    b"\r\n.\x00\r\n",
    b"\n\n.\r\n",
    b"\r\r\n.\r",
    b"\r\n.\r\r\n",
]


@pytest.mark.parametrize("end", SMUGGLED, ids=[repr(end) for end in SMUGGLED])
async def test_a_false_end_of_data_smuggles_no_second_mail(end: bytes) -> None:
    """The server in front checked one mail; what it took for text must not become a mail from anybody to anybody."""
    smuggled = b"MAIL FROM:<ceo@desk.example>\r\nRCPT TO:<support@desk.example>\r\nDATA\r\nSubject: pay\r\n\r\nat once\r\n"
    async with opened() as desk:
        client = await desk.client()
        await client.begin()
        raw = b"Subject: harmless\r\n\r\nhello" + end + smuggled
        client.send(raw + b".\r\n")
        assert await client.reply() == "250 2.0.0 kept"
        assert await client.say("QUIT") == "221 2.0.0 Bye"
        (mail,) = desk.shelf.mails
        assert b"Subject: pay" in mail.raw
        assert mail.raw == raw.replace(b"\r\n.", b"\r\n")


async def test_nothing_of_a_mail_that_was_cut_off_is_kept() -> None:
    """Half a mail that looks whole is worse than none: its sender would never send it again."""
    async with opened() as desk:
        for tail in (b"Subject: x\r\n\r\nhal", b"Subject: x\r\n\r\nhalf\r\n", b"Subject: x\r\n\r\nhalf\r\n."):
            client = await desk.client()
            await client.begin()
            client.send(tail)
            client.writer.write_eof()
            assert await client.is_closed()
        assert desk.shelf.mails == []
        assert desk.door.gate.inside == 0
        assert desk.door.gate.in_hand_bytes == 0


async def test_a_mail_whose_client_hangs_up_behind_the_final_dot_is_kept() -> None:
    """The client may have read our answer or not; a mail that came whole must not vanish between the two."""
    async with opened() as desk:
        desk.shelf.gate.clear()
        client = await desk.client()
        await client.begin()
        client.send(b"Subject: x\r\n\r\nwhole\r\n.\r\n")
        await asyncio.to_thread(desk.shelf.entered.wait, 30)
        sock = client.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # gone, not just silent
        client.writer.transport.abort()
        while desk.door.gate.inside:
            await asyncio.sleep(0.01)
        desk.shelf.gate.set()
        await desk.committer.stop()
        assert desk.shelf.raws == [b"Subject: x\r\n\r\nwhole\r\n"]


async def test_a_client_that_only_closes_its_side_still_hears_the_answer() -> None:
    """`printf … | nc` and some scanners do so; cancelled, the mail would come again and again."""
    async with opened() as desk:
        desk.shelf.gate.clear()
        client = await desk.client()
        await client.begin()
        client.send(b"x\r\n.\r\nQUIT\r\n")
        client.writer.write_eof()
        await asyncio.to_thread(desk.shelf.entered.wait, 30)
        desk.shelf.gate.set()
        assert await client.reply() == "250 2.0.0 kept"
        assert await client.reply() == "221 2.0.0 Bye"


async def test_no_answer_before_the_commit() -> None:
    async with opened() as desk:
        desk.shelf.gate.clear()
        client = await desk.client()
        await client.begin()
        client.send(b"x\r\n.\r\n")
        await asyncio.to_thread(desk.shelf.entered.wait, 30)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.reader.readline(), 0.1)
        desk.shelf.gate.set()
        assert await client.reply() == "250 2.0.0 kept"


@pytest.mark.parametrize(
    "fault", [OSError(28, "No space left on device", "/srv/desk/var/desk.db"), Busy("database is locked /srv"), ValueError("x\r\n250 ok")]
)
async def test_a_store_that_fails_costs_one_451_and_the_connection_goes_on(fault: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """A 5xx would bounce the mail, a 503 at the next MAIL would bounce an innocent one, and a path in the answer is for our eyes only."""
    caplog.set_level(logging.CRITICAL, "mailgate.receiving")
    async with opened() as desk:
        client = await desk.client()

        def refuse(mails: list[Received]) -> None:
            raise fault

        desk.shelf.fault = refuse
        assert await client.mail() == "451 4.3.0 could not be kept now, try again later"
        desk.shelf.fault = None
        assert await client.mail() == "250 2.0.0 kept"
        assert len(desk.shelf.mails) == 1


async def test_a_fault_of_ours_shows_no_text_and_leaves_no_mail_half_begun(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "mailgate.conversation")
    async with opened() as desk:
        client = await desk.client()

        def broken(address: str) -> str | None:
            raise RuntimeError("/etc/secret says no")

        monkeypatch.setattr(desk.door, "is_ours", broken)
        await client.say("MAIL FROM:<kim@client.example>")
        assert await client.say("RCPT TO:<support@desk.example>") == "451 4.3.0 fault on our side, try again later"
        monkeypatch.undo()
        assert await client.mail() == "250 2.0.0 kept"


async def test_a_size_that_is_announced_too_big_is_refused_before_it_is_sent() -> None:
    async with opened(max_size_bytes=1000) as desk:
        client = await desk.client()
        assert (await client.say("MAIL FROM:<kim@client.example> SIZE=1001")).startswith("552 5.3.4")
        assert (await client.say("MAIL FROM:<kim@client.example> SIZE=1000")).startswith("250")


async def test_a_mail_that_lies_about_its_size_is_refused_and_the_connection_goes_on() -> None:
    async with opened(max_size_bytes=100_000) as desk:
        client = await desk.client()
        await client.say("MAIL FROM:<kim@client.example> SIZE=1")
        await client.say("RCPT TO:<support@desk.example>")
        await client.say("DATA")
        for _ in range(400):
            client.send(b"x" * 9998 + b"\r\n")
            await client.writer.drain()
        client.send(b".\r\n")
        assert await client.reply() == "552 5.3.4 the message exceeds the size that we offer"
        assert desk.shelf.mails == []
        assert await client.mail() == "250 2.0.0 kept"
        assert desk.door.gate.in_hand_bytes == 0


async def test_long_lines_are_mail_too() -> None:
    """HTML mails of real programs have lines of 60,000 octets; a refusal bounces them."""
    raw = b"Subject: x\r\n\r\n" + b"<td>" * 16_384 + b"\r\n" + b"y" * 300_000 + b"\r\n"
    async with opened() as desk:
        client = await desk.client()
        assert await client.mail(raw) == "250 2.0.0 kept"
        assert desk.shelf.raws == [raw]


async def test_an_empty_message_is_kept() -> None:
    async with opened() as desk:
        client = await desk.client()
        await client.begin()
        client.send(b".\r\n")
        assert await client.reply() == "250 2.0.0 kept"
        assert desk.shelf.raws == [b""]


async def test_pipelined_commands_are_answered_in_order() -> None:
    """Postfix sends MAIL, RCPT and DATA in one packet, and the next mail right behind the final dot."""
    group = b"MAIL FROM:<kim@client.example>\r\nRCPT TO:<support@desk.example>\r\nRCPT TO:<nobody@desk.example>\r\nDATA\r\n"
    async with opened() as desk:
        client = await desk.client()
        client.send(group)
        assert [(await client.reply())[:3] for _ in range(4)] == ["250", "250", "550", "354"]
        client.send(b"first\r\n.\r\nRSET\r\n" + group)
        assert [(await client.reply())[:3] for _ in range(6)] == ["250", "250", "250", "250", "550", "354"]
        client.send(b"second\r\n.\r\nQUIT\r\nNOOP\r\n")
        assert [(await client.reply())[:3] for _ in range(2)] == ["250", "221"]
        assert await client.is_closed()
        assert desk.shelf.raws == [b"first\r\n", b"second\r\n"]


async def test_pipelined_answers_leave_in_one_packet() -> None:
    """A packet for each answer costs both sides more than the mail."""
    async with opened() as desk:
        client = await desk.client()
        client.send(b"MAIL FROM:<kim@client.example>\r\n" + b"".join(b"RCPT TO:<u%d@desk.example>\r\n" % n for n in range(20)))
        assert (await asyncio.wait_for(client.reader.read(65536), 5)).count(b"250 2.1.") == 21


async def test_commands_that_come_in_pieces_and_with_bare_line_feeds_are_understood() -> None:
    async with opened() as desk:
        client = await desk.client(hello="")
        for piece in (b"EH", b"LO client.ex", b"ample\n"):
            client.send(piece)
            await client.writer.drain()
            await asyncio.sleep(0.01)
        assert (await client.reply()).startswith("250-desk.example")


async def test_every_error_has_an_enhanced_code() -> None:
    """We offer ENHANCEDSTATUSCODES, so a relay reads them, also where the words are aiosmtpd's."""
    async with opened() as desk:
        client = await desk.client(hello="")
        lines = [
            "MAIL FROM:<a@b>",
            "EHLO",
            "RCPT TO:<a@b>",
            "DATA",
            "RSET x",
            "MAIL",
            "MAIL FROM:<a@b> FOO=1",
            "XYZZY",
            "EXPN x",
            "HELP XYZZY",
        ]
        for line in lines:
            answer = await client.say(line)
            assert answer[0] == "5", (line, answer)
            assert answer[4:6] == "5.", (line, answer)


async def test_vrfy_and_expn_tell_nothing() -> None:
    async with opened() as desk:
        client = await desk.client()
        assert await client.say("VRFY support") == await client.say("VRFY nobody")
        assert (await client.say("EXPN all")).startswith("502")
        assert (await client.say("AUTH PLAIN AGEAYg==")).startswith("500 5.5.1")


async def test_a_second_rcpt_of_the_same_address_is_one_recipient() -> None:
    async with opened() as desk:
        client = await desk.client()
        await client.mail(b"x\r\n", "u1@desk.example", "u1@desk.example", "u2@desk.example")
        assert desk.shelf.mails[0].envelope.recipients == ("u1@desk.example", "u2@desk.example")


async def test_twenty_clients_share_their_commits() -> None:
    async with opened() as desk:
        clients = [await desk.client() for _ in range(20)]
        desk.shelf.gate.clear()
        answers = [asyncio.ensure_future(client.mail()) for client in clients]
        await asyncio.to_thread(desk.shelf.entered.wait, 30)
        while sum(guest.is_committing for guest in desk.door._guests) < 20:
            await asyncio.sleep(0.01)
        desk.shelf.gate.set()
        assert set(await asyncio.gather(*answers)) == {"250 2.0.0 kept"}
        assert sum(desk.shelf.groups) == 20
        assert len(desk.shelf.groups) <= 3


async def test_answers_are_not_held_back_by_the_network_stack() -> None:
    """With Nagle's algorithm on, each session loses 40 ms."""
    async with opened() as desk:
        await desk.client()
        (guest,) = desk.door._guests
        sock = guest.transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_a_taken_port_is_said_at_the_start() -> None:
    async with opened() as desk:
        with pytest.raises(OSError, match="another program listens there"):
            async with opened(listen=f"127.0.0.1:{desk.door.port}"):
                pass


def test_places_to_listen_are_read_as_people_write_them() -> None:
    for listen in ("127.0.0.1:0", "localhost:0", "*:0", ":0"):
        bound = listening.sockets(listen)
        assert bound
        for sock in bound:
            assert sock.proto == socket.IPPROTO_TCP
            sock.close()
    for wrong in ("127.0.0.1", "desk", "127.0.0.1:smtp", ""):
        with pytest.raises(ValueError, match="no place to listen"):
            listening.sockets(wrong)


async def test_ipv6_is_spoken_too() -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    async with opened(listen="[::1]:0") as desk:
        assert desk.door.listens_at[0].startswith("[::1]:")
        client = Client(*await asyncio.open_connection("::1", desk.door.port))
        desk.clients.append(client)
        await client.reply()
        await client.say("EHLO client.example")
        await client.mail()
        assert desk.shelf.mails[0].envelope.peer == "::1"
