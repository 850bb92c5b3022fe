"""What one client may take, and that the others are served meanwhile."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from mailgate.doors.gate import DiskGuard, Gate, Limits, plain_ip
from mailgate.doors.receiving import Failing, Received
from tests.doors.desk import opened
from tests.servers.ports import free_ports


def soon(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


async def test_the_hundred_and_first_recipient_has_to_wait() -> None:
    """452, not 5xx: the relay sends the rest in another transaction (RFC 5321 section 4.5.3.1.10)."""
    async with opened() as desk:
        client = await desk.client()
        await client.say("MAIL FROM:<kim@client.example>")
        answers = [await client.say(f"RCPT TO:<u{n}@desk.example>") for n in range(101)]
        assert {answer[:9] for answer in answers[:100]} == {"250 2.1.5"}
        assert answers[100].startswith("452 4.5.3")
        assert (await client.say("DATA")).startswith("354")
        client.send(b"x\r\n.\r\n")
        assert await client.reply() == "250 2.0.0 kept"
        assert len(desk.shelf.mails[0].envelope.recipients) == 100


async def test_who_tries_addresses_is_shown_out() -> None:
    """Five guesses a connection make harvesting slow."""
    async with opened() as desk:
        client = await desk.client()
        await client.say("MAIL FROM:<mal@evil.example>")
        answers = [await client.say(f"RCPT TO:<nobody{n}@desk.example>") for n in range(6)]
        assert answers[:5] == ["550 5.1.1 no such address here"] * 5
        assert answers[5].startswith("421 4.7.0")
        assert await client.is_closed()


async def test_we_relay_for_nobody() -> None:
    async with opened() as desk:
        client = await desk.client()
        await client.say("MAIL FROM:<mal@evil.example>")
        assert (await client.say("RCPT TO:<x@other.example>")).startswith("550 5.7.1")
        assert (await client.say("DATA")).startswith("503 5.5.1")


async def test_ten_errors_are_answered_and_no_more() -> None:
    async with opened() as desk:
        client = await desk.client()
        answers = [await client.say("XYZZY") for _ in range(11)]
        assert {answer[:9] for answer in answers[:10]} == {"500 5.5.1"}
        assert answers[10].startswith("421 4.7.0")
        assert await client.is_closed()


async def test_a_mail_that_is_kept_wipes_the_slate() -> None:
    """A relay keeps a connection for many mails; the errors of an hour must not end it."""
    async with opened() as desk:
        client = await desk.client()
        for _ in range(3):
            for _ in range(9):
                assert (await client.say("XYZZY")).startswith("500")
            assert await client.mail() == "250 2.0.0 kept"


async def test_a_client_that_only_says_noop_is_shown_out() -> None:
    async with opened(limits=Limits(idle_commands=20)) as desk:
        client = await desk.client()
        answers = [await client.say("NOOP") for _ in range(20)]
        assert set(answers[:19]) == {"250 2.0.0 OK"}
        assert answers[19].startswith("421 4.7.0")


async def test_one_address_may_not_take_all_connections() -> None:
    """The eleventh of one address is refused, another address is served, and a place that is left can be taken again."""
    async with opened(limits=Limits(per_ip=10, loopback_is_exempt=False)) as desk:
        greedy = [await desk.client() for _ in range(10)]
        eleventh = await desk.connect()
        assert (await eleventh.reply()).startswith("421 4.7.0 too many connections from your address")
        assert await eleventh.is_closed()
        other = await desk.client(source="127.0.0.2")
        assert await other.mail() == "250 2.0.0 kept"
        await greedy[0].say("QUIT")
        while desk.door.gate.inside > 10:
            await asyncio.sleep(0.01)
        assert await (await desk.client()).mail() == "250 2.0.0 kept"


async def test_silent_places_are_counted_for_this_machine_too() -> None:
    """An MTA of ours may open as many sessions as it has mails; a local process that only holds them open gets no more than any other."""
    async with opened(limits=Limits(per_ip=10)) as desk:
        silent = [await desk.connect() for _ in range(10)]
        assert all([(await client.reply()).startswith("220") for client in silent])
        eleventh = await desk.connect()
        assert (await eleventh.reply()).startswith("421 4.7.0 too many silent connections from your address")
        assert await (await desk.client(source="127.0.0.2")).mail() == "250 2.0.0 kept"
        assert (await silent[0].say("EHLO mta.example")).startswith("250")
        busy = [await desk.client() for _ in range(15)]
        assert [await client.mail() for client in busy] == ["250 2.0.0 kept"] * 15


async def test_the_door_holds_a_hundred_in_all() -> None:
    async with opened(limits=Limits(connections=8)) as desk:
        inside = [await desk.client() for _ in range(8)]
        ninth = await desk.connect()
        assert (await ninth.reply()).startswith("421 4.7.0 too many connections")
        assert await inside[0].mail() == "250 2.0.0 kept"


def test_our_own_hops_are_exempt_from_the_limit_for_one_address() -> None:
    gate = Gate(Limits(per_ip=2, loopback_is_exempt=False), ["192.0.2.0/24", "2001:db8::/32"])
    for ip in ("192.0.2.9", "2001:db8::5", ""):
        assert [gate.enter(ip) for _ in range(5)] == [""] * 5
    for ip in ("198.51.100.1", "127.0.0.1", "::1"):
        assert [bool(gate.enter(ip)) for _ in range(3)] == [False, False, True], "this machine is a hop of ours where it is named as one"
    for _ in range(3):
        gate.leave("198.51.100.1")
    assert gate.enter("198.51.100.1") == ""


def test_an_ipv6_network_counts_as_one_address() -> None:
    """Who has one IPv6 address has 2**64 of them, and would be a new client each time."""
    gate = Gate(Limits(per_ip=2))
    assert [bool(gate.enter(f"2001:db8:0:1::{n}")) for n in range(3)] == [False, False, True]
    assert gate.enter("2001:db8:0:2::1") == ""
    for n in range(3):
        gate.leave(f"2001:db8:0:1::{n}")
    assert gate.enter("2001:db8:0:1::77") == ""
    gate.login_failed("2001:db8:0:1::1")
    assert gate.login_failed("2001:db8:0:1::2") == soon(2)


def test_the_address_of_a_peer_is_read_plainly() -> None:
    """An IPv4 client on an IPv6 socket is the same client; a Unix socket has none."""
    assert plain_ip(("::ffff:192.0.2.1", 25, 0, 0)) == "192.0.2.1"
    assert plain_ip(("fe80::1%eth0", 25, 0, 2)) == "fe80::1"
    assert plain_ip(("192.0.2.1", 25)) == "192.0.2.1"
    assert plain_ip("") == ""
    assert plain_ip(None) == ""


async def test_who_says_no_ehlo_is_shown_out_whatever_else_he_says() -> None:
    async with opened(limits=Limits(greeting=soon(0.4), idle=soon(30))) as desk:
        began_at = time.monotonic()
        client = await desk.client(hello="")
        while (answer := await client.say("NOOP")).startswith("250"):
            await asyncio.sleep(0.05)
        assert answer.startswith("421 4.4.2") or answer == ""
        assert 0.3 < time.monotonic() - began_at < 5


async def test_a_silent_client_is_shown_out_and_an_active_one_is_not() -> None:
    async with opened(limits=Limits(idle=soon(2))) as desk:
        client = await desk.client()
        for _ in range(11):
            await asyncio.sleep(0.2)
            assert await client.say("NOOP") == "250 2.0.0 OK"
        assert (await client.reply()).startswith("421 4.4.2")
        assert await client.is_closed()


async def test_content_that_trickles_is_ended_with_421_and_not_kept() -> None:
    """A byte a second holds a connection for days (slow loris)."""
    limits = Limits(data_grace=soon(0.3), data_bytes_per_second=500, idle=soon(30))
    async with opened(limits=limits) as desk:
        client = await desk.client()
        await client.begin()
        began_at = time.monotonic()
        trickle = asyncio.ensure_future(client.reply())
        while not trickle.done():
            client.send(b"x")
            await asyncio.sleep(0.05)
        assert (await trickle).startswith("421 4.4.2")
        assert time.monotonic() - began_at < 5
        assert desk.shelf.mails == []
        assert desk.door.gate.in_hand_bytes == 0


async def test_content_that_stops_is_ended_with_421_and_not_kept() -> None:
    async with opened(limits=Limits(idle=soon(1.5))) as desk:
        client = await desk.client()
        await client.begin()
        client.send(b"Subject: x\r\n\r\n")
        assert (await client.reply()).startswith("421 4.4.2")
        assert desk.shelf.mails == []


async def test_slow_content_that_flows_is_taken_beyond_the_idle_time() -> None:
    """The time-out is for silence: 25 MB over a telephone line take an hour."""
    async with opened(limits=Limits(idle=soon(2))) as desk:
        client = await desk.client()
        await client.begin()
        for _ in range(11):
            client.send(b"y" * 98 + b"\r\n")
            await asyncio.sleep(0.2)
        client.send(b".\r\n")
        assert await client.reply() == "250 2.0.0 kept"


async def test_a_slow_commit_is_not_the_clients_silence() -> None:
    async with opened(limits=Limits(idle=soon(1.5))) as desk:
        desk.shelf.gate.clear()
        client = await desk.client()
        await client.begin()
        client.send(b"x\r\n.\r\n")
        await asyncio.to_thread(desk.shelf.entered.wait, 30)
        await asyncio.sleep(2)
        desk.shelf.gate.set()
        assert await client.reply() == "250 2.0.0 kept"


async def test_content_of_all_clients_together_has_a_limit() -> None:
    """A hundred clients with 25 MB each would take the memory of the machine."""
    async with opened(limits=Limits(in_hand_bytes=3_000_000)) as desk:
        first, second = await desk.client(), await desk.client()
        await first.begin()
        await second.begin()
        first.send(b"a" * 2_500_000)
        await first.writer.drain()
        while desk.door.gate.in_hand_bytes < 2_500_000:
            await asyncio.sleep(0.01)
        second.send(b"b" * 2_500_000)
        assert (await second.reply()).startswith("421 4.7.0 too much mail at once")
        first.send(b"\r\n.\r\n")
        assert await first.reply() == "250 2.0.0 kept"
        assert desk.door.gate.in_hand_bytes == 0


async def test_who_talks_before_the_greeting_is_shown_out() -> None:
    """Robots that send their spam in one packet don't wait for answers."""
    async with opened() as desk:
        # Without a turn of the loop between the two, so that the door finds the bytes when it finds the connection.
        sock = socket.create_connection(("127.0.0.1", desk.door.port))
        sock.sendall(b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<support@desk.example>\r\nDATA\r\nspam\r\n.\r\nQUIT\r\n")
        sock.setblocking(False)
        loop = asyncio.get_running_loop()
        assert (await loop.sock_recv(sock, 1000)).startswith(b"554 5.5.0")
        sock.close()
        assert desk.shelf.mails == []


async def test_who_does_not_wait_for_the_answer_to_ehlo_is_shown_out() -> None:
    async with opened() as desk:
        client = await desk.client(hello="")
        client.send(b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<support@desk.example>\r\nDATA\r\nspam\r\n.\r\n")
        assert (await client.reply()).startswith("554 5.5.0")
        assert await client.is_closed()
        assert desk.shelf.mails == []


async def test_content_before_the_go_ahead_is_refused() -> None:
    async with opened() as desk:
        client = await desk.client()
        client.send(b"MAIL FROM:<a@b.example>\r\nRCPT TO:<support@desk.example>\r\nDATA\r\nspam\r\n.\r\n")
        assert [(await client.reply())[:9] for _ in range(3)] == ["250 2.1.0", "250 2.1.5", "554 5.5.0"]
        assert await client.is_closed()
        assert desk.shelf.mails == []


async def test_a_command_line_without_end_is_refused_and_its_tail_is_no_command() -> None:
    async with opened() as desk:
        client = await desk.client()
        client.send(b"NOOP " + b"x" * 3000 + b"\r\n")
        assert (await client.reply()).startswith("500 5.5.2 command line too long")
        client.send(b"y" * 400_000)
        await client.writer.drain()
        client.send(b"MAIL FROM:<a@b.example>\r\n")
        assert (await client.reply()).startswith("500 5.5.2 command line too long")
        assert (await client.say("RCPT TO:<support@desk.example>")).startswith("503")


async def test_a_browser_is_shown_out() -> None:
    """A web page can make a browser speak to our port; its headers must not be read as commands."""
    async with opened() as desk:
        client = await desk.client(hello="")
        assert (await client.say("POST / HTTP/1.1")).startswith("421 4.7.0")
        assert await client.is_closed()


async def test_chunks_are_refused_and_never_read_as_commands() -> None:
    async with opened() as desk:
        client = await desk.client()
        await client.say("MAIL FROM:<a@b.example>")
        await client.say("RCPT TO:<support@desk.example>")
        client.send(b"BDAT 20 LAST\r\nRSET\r\nDATA\r\n.\r\nQUIT\r\n")
        assert (await client.reply()).startswith("502 5.5.1")
        assert await client.is_closed()


async def test_a_full_disk_is_said_before_the_mail_is_sent() -> None:
    async with opened(store_folder="/") as desk:
        client = await desk.client()
        free = 99_000_000
        desk.door.disk = DiskGuard("/", 1000, free_bytes=lambda folder: free, monotonic=iter(range(100)).__next__)
        assert (await client.say("MAIL FROM:<kim@client.example>")).startswith("452 4.3.1")
        free = 101_000_000
        assert await client.mail() == "250 2.0.0 kept"


def test_the_disk_is_asked_at_most_once_a_second_and_big_mails_want_more_room() -> None:
    asked = []
    now = 0.0

    def free(folder: str) -> int:
        asked.append(folder)
        return 120_000_000

    guard = DiskGuard("var", 25_000_000, free_bytes=free, monotonic=lambda: now)
    assert [guard.is_full() for _ in range(50)] == [True] * 50  # 5 x 25 MB are more than 120 MB
    assert asked == ["var"]
    now = 1.5
    guard.is_full()
    assert len(asked) == 2
    assert not DiskGuard("", 25_000_000, free_bytes=free).is_full()
    assert not DiskGuard("/", 1000).is_full()


async def test_a_store_with_io_errors_closes_the_door_for_a_while() -> None:
    async with opened() as desk:

        def fault(mails: list[Received]) -> None:
            raise Failing("disk I/O error")

        desk.shelf.fault = fault
        client = await desk.client()
        for _ in range(3):
            assert (await client.mail()).startswith("451 4.3.0")
        assert (await client.say("MAIL FROM:<kim@client.example>")).startswith("421 4.3.0")
        assert (await (await desk.connect()).reply()).startswith("421 4.3.0")


FEW_FILES = """
import asyncio, resource, sys, time
from mailgate.doors.receiving import Committer, DoorSettings
from mailgate.doors.smtp import SmtpDoor
resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48))
async def main():
    committer = Committer(lambda mails: [None] * len(mails)); committer.start()
    door = SmtpDoor(DoorSettings(listen="127.0.0.1:0"), is_ours=lambda address: None, committer=committer)
    await door.start()
    begun = time.process_time()
    print(door.port, flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print(time.process_time() - begun, flush=True)
    await asyncio.to_thread(sys.stdin.readline)
kind = sys.argv[1]
factory = asyncio.new_event_loop
if kind == "uvloop":
    import uvloop
    factory = uvloop.new_event_loop
with asyncio.Runner(loop_factory=factory) as runner:
    runner.run(main())
"""


@pytest.mark.parametrize("kind", ["asyncio", "uvloop"])
def test_a_door_without_free_file_descriptors_neither_spins_nor_dies(kind: str) -> None:
    """Out of descriptors, accept() fails at once and for ever; a daemon that tries without pause takes a whole processor."""
    if kind == "uvloop":
        pytest.importorskip("uvloop")
    with subprocess.Popen(
        [sys.executable, "-c", FEW_FILES, kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        port = int(process.stdout.readline())
        sockets = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(80)]
        time.sleep(1.5)  # the span over which processor time is measured
        process.stdin.write("\n")
        process.stdin.flush()
        assert float(process.stdout.readline()) < 0.75, "the rest would be spinning"
        for sock in sockets:
            sock.close()
        deadline = time.monotonic() + 60
        while True:
            with socket.create_connection(("127.0.0.1", port), 30) as sock:
                sock.settimeout(15)
                try:
                    if sock.recv(100).startswith(b"220"):
                        break
                except OSError:
                    pass
            assert time.monotonic() < deadline, "the door did not recover"
            time.sleep(0.1)  # whoever asks without a pause is the next flood
        process.stdin.write("\n")
        process.stdin.flush()


def test_a_flood_while_a_desk_with_few_file_descriptors_starts_does_not_end_it(tmp_path: Path) -> None:
    """Connections that take the last descriptor would keep a desk from reading its own modules."""
    (port,) = free_ports(1)
    (tmp_path / "config.toml").write_text(
        f'[desk]\naddress = "support@desk.example"\n[smtp]\nlisten = "127.0.0.1:{port}"\n[limits]\nper_ip = "off"\n'
    )
    few = "import os, resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)); os.execv(sys.argv[1], sys.argv[1:])"
    words = [sys.executable, "-c", few, str(Path(sys.executable).parent / "mailgate"), "--config", str(tmp_path / "config.toml"), "serve"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as serve:
        try:
            flood: list[socket.socket] = []
            deadline = time.monotonic() + 30
            while len(flood) < 100 and time.monotonic() < deadline:
                try:
                    flood.append(socket.create_connection(("127.0.0.1", port), 5))
                except ConnectionRefusedError:
                    time.sleep(0.02)
            assert len(flood) == 100 and serve.poll() is None
            time.sleep(2)  # so long it starts
            for each in flood:
                each.close()
            with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
                client.sendmail("kim@client.example", "support@desk.example", b"From: kim@client.example\r\nSubject: x\r\n\r\nHello.\r\n")
            assert serve.poll() is None
        finally:
            serve.terminate()
