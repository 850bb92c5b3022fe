"""The doors with other people's programs in front: Postfix, swaks, smtplib, aiosmtplib."""

from __future__ import annotations

import asyncio
import shutil
import smtplib
import ssl
import subprocess
from datetime import timedelta
from pathlib import Path

import aiosmtplib
import pytest

from mailgate.doors.gate import Limits
from mailgate.doors.lmtp import LmtpDoor
from mailgate.doors.receiving import Busy, Received
from mailgate.doors.smtp import SmtpDoor
from mailgate.doors.submission import SubmissionDoor
from tests.doors.desk import Desk, opened
from tests.doors.test_submission import Passwords
from tests.servers import postfix

Certificate = tuple[Path, ssl.SSLContext]

RAW = (
    b"From: Kim <kim@client.example>\r\nTo: support@desk.example\r\nSubject: =?utf-8?q?P=C5=99=C3=ADloha?=\r\nMessage-ID: <1@client.example>\r\n\r\n"
    b".a line with a dot\r\n..two\r\nFrom the start\r\n" + b"long " * 180 + b"\r\n\r\n"
)


async def arrived(desk: Desk, count: int) -> None:
    while len(desk.shelf.mails) < count:
        await asyncio.sleep(0.02)


def body(raw: bytes) -> bytes:
    return raw.split(b"\r\n\r\n", 1)[1]


@pytest.mark.parametrize("kind", ["inet", "unix"])
async def test_postfix_delivers_by_lmtp_once_for_two_recipients(kind: str) -> None:
    """With one reply for two recipients Postfix waits, times out, and sends the mail again every few minutes."""
    server = None
    async with opened(LmtpDoor) as inet, opened(LmtpDoor, listen=f"unix:{_public_folder()}/lmtp.sock") as unix:
        desk = inet if kind == "inet" else unix
        place = desk.door.listens_at[0] if kind == "unix" else f"inet:{desk.door.listens_at[0]}"
        server = await asyncio.to_thread(postfix.start, f"lmtp:{place}")
        try:
            await asyncio.to_thread(server.send, RAW, ["support@desk.example", "u1@desk.example"])
            await arrived(desk, 1)
            await asyncio.to_thread(server.wait_until_sent)
            assert [each.split(" ", 1)[0] for each in server.deliveries()] == ["sent", "sent"]
            assert "250 2.0.0 kept" in server.deliveries()[0]
        finally:
            await asyncio.to_thread(server.stop)
    shutil.rmtree(Path(unix.door.listens_at[0].removeprefix("unix:")).parent)
    (mail,) = desk.shelf.mails
    assert set(mail.envelope.recipients) == {"support@desk.example", "u1@desk.example"}
    assert mail.envelope.sender == "kim@client.example"
    assert body(mail.raw) == body(RAW)


def _public_folder() -> str:
    """A folder that Postfix's own user can look into; pytest's are private."""
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="mailgate-lmtp-", dir="/tmp"))
    folder.chmod(0o755)
    return str(folder)


async def test_postfix_delivers_by_smtp_with_tls_and_keeps_what_we_refuse_for_now(certificate: Certificate) -> None:
    """A store that is busy delays mail; it neither loses nor bounces nor doubles it. An unknown recipient bounces at once."""
    async with opened(SmtpDoor, tls_cert=str(certificate[0])) as desk:
        busy_times = 2

        def fault(mails: list[Received]) -> None:
            nonlocal busy_times
            if busy_times:
                busy_times -= 1
                raise Busy("locked")

        desk.shelf.fault = fault
        server = await asyncio.to_thread(postfix.start, ("127.0.0.1", desk.door.port), tls="encrypt")
        try:
            await asyncio.to_thread(server.send, RAW, ["support@desk.example", "nobody@desk.example"])
            await asyncio.to_thread(server.send, b"Subject: dsn\r\n\r\nbounce\r\n", ["u2@desk.example"], sender="")
            await arrived(desk, 2)  # which under `encrypt` they can do by STARTTLS only
            await asyncio.to_thread(server.wait_until_sent)
            deliveries = [each.split(" ", 1)[0] for each in server.deliveries()]
            assert "deferred" in deliveries
            assert "bounced" in deliveries
        finally:
            await asyncio.to_thread(server.stop)
        by_sender = {mail.envelope.sender: mail for mail in desk.shelf.mails}
        assert sorted(by_sender) == ["", "kim@client.example"]
        assert by_sender["kim@client.example"].envelope.recipients == ("support@desk.example",)
        assert body(by_sender["kim@client.example"].raw) == body(RAW)


async def swaks(*arguments: str) -> str:
    program = shutil.which("swaks")
    if program is None:
        pytest.fail("swaks isn't installed: run `make test`, or packaging/test-servers.sh")
    process = await asyncio.to_thread(
        subprocess.run,
        [program, "--server", "127.0.0.1", "--helo", "client.example", *arguments],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


async def test_swaks_sends_by_smtp_and_starttls(certificate: Certificate) -> None:
    async with opened(SmtpDoor, tls_cert=str(certificate[0])) as desk:
        port = str(desk.door.port)
        to = ["--from", "kim@client.example", "--to", "support@desk.example,u1@desk.example"]
        await swaks("-p", port, *to)
        assert "TLS started" in await swaks("-p", port, *to, "--tls")
        await swaks("-p", port, *to, "--pipeline")
        assert [mail.envelope.recipients for mail in desk.shelf.mails] == [("support@desk.example", "u1@desk.example")] * 3


async def test_swaks_submits_with_a_password_under_tls(certificate: Certificate) -> None:
    passwords = Passwords()
    limits = Limits(login_delay=timedelta(milliseconds=10))
    common = {"extra": {"authenticate": passwords.fits}, "tls_cert": str(certificate[0]), "limits": limits}
    to = ["--from", "anna@desk.example", "--to", "support@desk.example", "--auth-user", "anna", "--auth-password", "sesame"]
    async with opened(SubmissionDoor, **common) as desk, opened(SubmissionDoor, implicit_tls=True, **common) as implicit:
        await swaks("-p", str(desk.door.port), *to, "--tls", "--auth", "PLAIN")
        await swaks("-p", str(desk.door.port), *to, "--tls", "--auth", "LOGIN")
        await swaks("-p", str(implicit.door.port), *to, "--tlsc", "--auth", "PLAIN")
        assert [mail.envelope.login for mail in (*desk.shelf.mails, *implicit.shelf.mails)] == ["anna"] * 3


async def test_swaks_sends_by_lmtp() -> None:
    async with opened(LmtpDoor) as desk:
        out = await swaks("-p", str(desk.door.port), "--protocol", "LMTP", "--from", "kim@client.example", "--to", "support@desk.example")
        assert "250 2.0.0 kept" in out
        assert len(desk.shelf.mails) == 1


async def test_pythons_own_clients_submit(certificate: Certificate) -> None:
    passwords = Passwords()
    async with opened(SubmissionDoor, extra={"authenticate": passwords.fits}, tls_cert=str(certificate[0])) as desk:

        def by_smtplib() -> None:
            with smtplib.SMTP("localhost", desk.door.port, timeout=10) as client:
                client.starttls(context=certificate[1])
                client.login("anna", "sesame")
                client.sendmail("anna@desk.example", ["support@desk.example"], RAW)

        await asyncio.to_thread(by_smtplib)
        await aiosmtplib.send(
            RAW, sender="anna@desk.example", recipients=["support@desk.example"], hostname="localhost", port=desk.door.port,
            start_tls=True, tls_context=certificate[1], username="anna", password="sesame",
        )  # fmt: skip
        assert desk.shelf.raws == [RAW, RAW]
        assert {mail.envelope.login for mail in desk.shelf.mails} == {"anna"}
