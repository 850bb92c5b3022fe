"""Agents' own mail clients: TLS first, then the password, then the mail. And TLS at the other doors."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import ssl
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailgate.doors.gate import Gate, Limits
from mailgate.doors.smtp import SmtpDoor
from mailgate.doors.submission import SubmissionDoor
from tests.doors.desk import Client, Desk, opened

Certificate = tuple[Path, ssl.SSLContext]
QUICK = Limits(login_delay=timedelta(milliseconds=10))


class Passwords:
    """Checks one agent's password with scrypt, as the desk does, and notes in which threads."""

    def __init__(self) -> None:
        self.threads: set[str] = set()
        self._kept = self._digest("sesame")

    @staticmethod
    def _digest(password: str) -> bytes:
        return hashlib.scrypt(password.encode(), salt=b"0123456789abcdef", n=2**14, r=8, p=1)

    def fits(self, login: str, password: str) -> bool:
        self.threads.add(threading.current_thread().name)
        return login == "anna" and self._digest(password) == self._kept


def plain(login: str, password: str) -> str:
    return base64.b64encode(f"\0{login}\0{password}".encode()).decode()


def submission(certificate: Certificate | None, **settings: object) -> dict[str, Any]:
    passwords = Passwords()
    return {
        "door_type": SubmissionDoor,
        "extra": {"authenticate": passwords.fits},
        "tls_cert": str(certificate[0]) if certificate else "",
        "limits": QUICK,
        **settings,
    }


async def under_tls(client: Client, context: ssl.SSLContext, hello: str = "EHLO") -> str:
    """STARTTLS from the client's side; what the second EHLO offers."""
    assert (await client.say("STARTTLS")).startswith("220")
    await client.writer.start_tls(context, server_hostname="localhost")
    return await client.say(f"{hello} client.example")


async def test_an_agent_logs_in_under_tls_and_the_mail_bears_the_login(certificate: Certificate) -> None:
    """The login is why the mail is believed to be hers (level 3)."""
    async with opened(**submission(certificate)) as desk:
        client = await desk.client()
        assert "STARTTLS" in client.heard[-1]
        assert "AUTH" not in client.heard[-1]
        offers = await under_tls(client, certificate[1])
        assert "AUTH PLAIN LOGIN" in offers
        assert "STARTTLS" not in offers
        assert await client.say(f"AUTH PLAIN {plain('anna', 'sesame')}") == "235 2.7.0 Authentication successful"
        assert await client.mail(sender="anna@desk.example") == "250 2.0.0 kept"
        envelope = desk.shelf.mails[0].envelope
        assert (envelope.door, envelope.login) == ("submission", "anna")


async def test_without_a_login_there_is_no_mail(certificate: Certificate) -> None:
    async with opened(**submission(certificate)) as desk:
        client = await desk.client()
        assert (await client.say("MAIL FROM:<anna@desk.example>")).startswith("530 5.7.0 STARTTLS")
        await under_tls(client, certificate[1])
        assert (await client.say("MAIL FROM:<anna@desk.example>")).startswith("530 5.7.0")
        assert (await client.say("DATA")).startswith("530 5.7.0")


async def test_no_password_is_taken_in_clear(certificate: Certificate) -> None:
    async with opened(**submission(certificate)) as desk:
        client = await desk.client()
        assert (await client.say(f"AUTH PLAIN {plain('anna', 'sesame')}")).startswith("538 5.7.11")


async def test_a_password_in_clear_is_taken_on_loopback_if_the_desk_says_so() -> None:
    async with opened(**submission(None, auth_in_clear=True)) as desk:
        client = await desk.client()
        assert "AUTH PLAIN LOGIN" in client.heard[-1]
        assert (await client.say(f"AUTH PLAIN {plain('anna', 'sesame')}")).startswith("235")
        assert await client.mail() == "250 2.0.0 kept"


async def test_without_require_auth_loopback_needs_no_login() -> None:
    async with opened(**submission(None, require_auth=False)) as desk:
        client = await desk.client()
        assert await client.mail() == "250 2.0.0 kept"
        assert desk.shelf.mails[0].envelope.login == ""


@pytest.mark.parametrize("mechanism", ["plain", "Plain", "PLAIN"])
async def test_mechanisms_compare_without_case_and_may_come_with_a_challenge(certificate: Certificate, mechanism: str) -> None:
    """Clients write them as they like (RFC 4422 section 3.1)."""
    async with opened(**submission(certificate)) as desk:
        client = await desk.client()
        await under_tls(client, certificate[1])
        assert await client.say(f"auth {mechanism}") == "334 "
        assert (await client.say(plain("anna", "sesame"))).startswith("235")


async def test_auth_login_as_outlook_does_it(certificate: Certificate) -> None:
    async with opened(**submission(certificate)) as desk:
        client = await desk.client()
        await under_tls(client, certificate[1])
        assert base64.b64decode((await client.say("AUTH login"))[4:]) == b"Username:"
        assert base64.b64decode((await client.say(base64.b64encode(b"anna").decode()))[4:]) == b"Password:"
        assert (await client.say(base64.b64encode(b"sesame").decode())).startswith("235")
        assert (await client.say(f"AUTH PLAIN {plain('anna', 'sesame')}")).startswith("503")
        await client.mail()
        assert desk.shelf.mails[0].envelope.login == "anna"


@pytest.mark.parametrize(
    "lines",
    [
        ["AUTH PLAIN ###"],
        ["AUTH PLAIN", "*"],
        ["AUTH PLAIN YQ=="],
        ["AUTH CRAM-MD5"],
        ["AUTH"],
        ["AUTH LOGIN", "", "*"],
        ["AUTH PLAIN a b"],
        ["AUTH LOGIN ###"],
    ],
)
async def test_a_login_that_is_no_login_is_refused_and_the_session_goes_on(certificate: Certificate, lines: list[str]) -> None:
    async with opened(**submission(certificate)) as desk:
        client = await desk.client()
        await under_tls(client, certificate[1])
        answers = [await client.say(line) for line in lines]
        assert answers[-1][:2] == "50", client.heard
        assert (await client.say("MAIL FROM:<anna@desk.example>")).startswith("530")
        assert (await client.say(f"AUTH PLAIN {plain('anna', 'sesame')}")).startswith("235")


async def test_the_third_wrong_password_ends_the_session(certificate: Certificate, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with opened(**submission(certificate)) as desk:
        client = await desk.client()
        await under_tls(client, certificate[1])
        answers = [await client.say(f"AUTH PLAIN {plain('anna', wrong)}") for wrong in ("Sesame", "", "sésame")]
        assert answers[:2] == ["535 5.7.8 Authentication credentials invalid"] * 2
        assert answers[2].startswith("421 4.7.0")
        assert await client.is_closed()
    assert "wrong password" in caplog.text
    assert "Sesame" not in caplog.text


def test_each_wrong_password_of_an_address_makes_the_next_answer_slower() -> None:
    """New connections don't help who guesses; another address, and time, are not punished."""
    now = 0.0
    gate = Gate(Limits(), monotonic=lambda: now)
    assert [gate.login_failed("192.0.2.1").total_seconds() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert gate.login_failed("192.0.2.2").total_seconds() == 1
    now = 601.0
    assert gate.login_failed("192.0.2.1").total_seconds() == 1
    gate.login_succeeded("192.0.2.1")
    assert gate.login_failed("192.0.2.1").total_seconds() == 1


async def test_passwords_are_checked_beside_the_loop(certificate: Certificate) -> None:
    """A check takes 66 ms; in the loop, ten logins would hold up all mail for most of a second."""
    passwords = Passwords()
    async with opened(**submission(certificate, extra={"authenticate": passwords.fits})) as desk:
        client = await desk.client()
        await under_tls(client, certificate[1])
        assert (await client.say(f"AUTH PLAIN {plain('anna', 'sesame')}")).startswith("235")
    assert passwords.threads
    assert all(name.startswith("passwords") for name in passwords.threads)


async def test_who_offers_auth_takes_auth_in_mail(certificate: Certificate) -> None:
    """RFC 4954 section 5; Thunderbird and relays send `AUTH=<>`."""
    async with opened(**submission(None, auth_in_clear=True)) as desk:
        client = await desk.client()
        await client.say(f"AUTH PLAIN {plain('anna', 'sesame')}")
        assert (await client.say("MAIL FROM:<anna@desk.example> AUTH=<> SIZE=20")).startswith("250")
        assert (await client.say(f"AUTH PLAIN {plain('anna', 'sesame')}")).startswith("503")
        assert (await client.say("RSET")).startswith("250")


async def test_tls_from_the_first_byte(certificate: Certificate) -> None:
    """Port 465, which RFC 8314 wants clients to prefer."""
    async with opened(**submission(certificate, implicit_tls=True)) as desk:
        client = await desk.client(tls=certificate[1])
        assert "AUTH PLAIN LOGIN" in client.heard[-1]
        assert "STARTTLS" not in client.heard[-1]
        assert (await client.say("STARTTLS")).startswith("503 5.5.1")
        assert (await client.say(f"AUTH PLAIN {plain('anna', 'sesame')}")).startswith("235")
        assert await client.mail(b"x" * 100_000 + b"\r\n") == "250 2.0.0 kept"


async def test_what_was_said_before_tls_is_forgotten(certificate: Certificate) -> None:
    """RFC 3207 section 4.2: a man in the middle may have said it."""
    async with opened(SmtpDoor, tls_cert=str(certificate[0])) as desk:
        client = await desk.client()
        await client.say("MAIL FROM:<mal@evil.example>")
        assert (await client.say("STARTTLS")).startswith("220")
        await client.writer.start_tls(certificate[1], server_hostname="localhost")
        assert (await client.say("RCPT TO:<support@desk.example>")).startswith("503")
        await client.say("EHLO client.example")
        assert (await client.say("RCPT TO:<support@desk.example>")).startswith("503")
        assert await client.mail() == "250 2.0.0 kept"


async def test_a_command_injected_behind_starttls_is_not_answered_within_tls(certificate: Certificate) -> None:
    async with opened(SmtpDoor, tls_cert=str(certificate[0])) as desk:
        client = await desk.client()
        client.send(b"STARTTLS\r\nNOOP injected\r\n")
        assert (await client.reply()).startswith("220")
        await client.writer.start_tls(certificate[1], server_hostname="localhost")
        assert (await client.say("EHLO client.example")).startswith("250-desk.example")
        assert (await client.say("NOOP")) == "250 2.0.0 OK"
        client.send(b"QUIT\r\n")
        assert (await client.reply()).startswith("221")
        assert await client.is_closed()


async def test_without_a_certificate_there_is_no_starttls() -> None:
    async with opened() as desk:
        client = await desk.client()
        assert "STARTTLS" not in client.heard[-1]
        assert (await client.say("STARTTLS")).startswith("502 5.5.1")
        assert await client.mail() == "250 2.0.0 kept"


async def test_a_client_that_speaks_no_tls_after_all_leaves_nothing_behind(certificate: Certificate) -> None:
    async with opened(SmtpDoor, tls_cert=str(certificate[0])) as desk:
        client = await desk.client()
        assert (await client.say("STARTTLS")).startswith("220")
        client.send(b"this is no ClientHello, this is text that goes on for a while\r\n" * 4)
        while await client.reply():
            pass
        await _until_empty(desk)


async def _until_empty(desk: Desk) -> None:
    deadline = time.monotonic() + 30
    while desk.door.gate.inside:
        assert time.monotonic() < deadline, "a session was left behind"
        await asyncio.sleep(0.01)


async def test_a_certificate_is_renewed_without_closing_the_door(certificate: Certificate, tmp_path: Path) -> None:
    """Certificates live for weeks; the desk must not be down each time."""
    copy = tmp_path / "server.pem"
    copy.write_bytes(certificate[0].read_bytes())
    async with opened(SmtpDoor, tls_cert=str(copy)) as desk:
        copy.write_text("not a certificate")
        with pytest.raises(OSError, match="no certificate"):
            desk.door.reload_certificate()
        client = await desk.client()
        assert (await under_tls(client, certificate[1])).startswith("250")
        copy.write_bytes(certificate[0].read_bytes())
        desk.door.reload_certificate()
        assert (await under_tls(await desk.client(), certificate[1])).startswith("250")
