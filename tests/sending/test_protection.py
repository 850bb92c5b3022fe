"""TLS, certificates and logins on the way to a relay: nothing is said without protection, no secret is told."""

from __future__ import annotations

import asyncio
import logging
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from mailgate.sending.courier import Answer, Later, Sent
from mailgate.sending.hop import Security
from mailgate.sending.relay import SmtpCourier
from tests.sending.relays import RAW, hop, mail, send
from tests.sending.sink import Sink, scripted


@pytest.mark.parametrize("security", [Security.starttls, Security.auto])
def test_starttls_that_is_refused_ends_the_attempt(certified: ssl.SSLContext, security: Security) -> None:
    """Somebody on the way could answer 454 to read everything: not a byte of login or mail follows."""
    sink = Sink(starttls_answer="454 4.7.0 TLS not available")
    (answer,) = send(sink, mail(), tls=certified, sink_login=True, security=security, user="desk", password=lambda: "right")
    assert isinstance(answer, Later)
    assert answer.relay_down
    assert "454 4.7.0" in answer.why
    assert sink.commands == ["STARTTLS"]


def test_starttls_that_is_not_offered_ends_the_attempt() -> None:
    """The offer can be filtered out on the way just as well."""
    sink = Sink()
    (answer,) = send(sink, mail(), security=Security.starttls)
    assert isinstance(answer, Later)
    assert answer.relay_down
    assert "STARTTLS" in answer.why
    assert sink.commands == []


def test_a_password_does_not_leave_the_machine_unprotected() -> None:
    """`auto` is for relays nearby; with a login to one elsewhere it means STARTTLS."""
    sink = Sink()
    (answer,) = send(sink, mail(), sink_login=True, user="desk", password=lambda: "right", host="0.0.0.0")
    assert isinstance(answer, Later)
    assert answer.relay_down
    assert sink.commands == []
    assert sink.logins == []


@pytest.mark.parametrize("smtps", [False, True], ids=["starttls", "tls"])
def test_protected_and_logged_in_mail_arrives(certified: ssl.SSLContext, ca_file: Path, smtps: bool) -> None:
    """The usual way to a provider, with its certificate checked."""
    sink = Sink()
    security = Security.tls if smtps else Security.starttls
    answers = send(
        sink,
        mail(),
        tls=certified,
        sink_smtps=smtps,
        sink_login=True,
        security=security,
        ca_file=ca_file,
        host="localhost",
        user="desk",
        password=lambda: "right",
    )
    assert isinstance(answers[0], Sent), answers
    assert sink.logins == [("desk", "right")]


@pytest.mark.parametrize("security", [Security.starttls, Security.tls, Security.auto])
def test_an_unknown_certificate_ends_the_attempt(certified: ssl.SSLContext, security: Security) -> None:
    """Without this check anybody on the way could collect the password."""
    sink = Sink()
    answers = send(
        sink,
        mail(),
        tls=certified,
        sink_smtps=security is Security.tls,
        sink_login=True,
        security=security,
        user="desk",
        password=lambda: "right",
    )
    (answer,) = answers
    assert isinstance(answer, Later)
    assert answer.relay_down
    assert "certificate" in answer.why.lower()
    assert [each for each in sink.commands if each != "STARTTLS"] == []


def test_a_certificate_for_another_name_ends_the_attempt(authority: trustme.CA, ca_file: Path) -> None:
    """A valid certificate of somebody else proves nothing."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("other.test").configure_cert(context)
    sink = Sink()
    (answer,) = send(sink, mail(), tls=context, security=Security.starttls, ca_file=ca_file)
    assert isinstance(answer, Later)
    assert answer.relay_down
    assert sink.commands == ["STARTTLS"]


def test_a_local_relay_with_its_own_certificate_is_used(certified: ssl.SSLContext) -> None:
    """Every freshly installed Postfix has one; the mail is encrypted, and no password is at stake."""
    sink = Sink()
    (answer,) = send(sink, mail(), tls=certified)
    assert isinstance(answer, Sent)
    assert sink.commands[0] == "STARTTLS"


def test_a_refused_login_is_loud_and_tells_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    """After a changed password mail waits, the operator reads why, and the password is in no log."""
    sink = Sink()
    with caplog.at_level(logging.DEBUG):
        (answer,) = send(sink, mail(), sink_login=True, user="desk", password=lambda: "hunter2-wrong")
    assert isinstance(answer, Later)
    assert answer.relay_down
    assert "login of desk" in answer.why
    assert any(record.levelno >= logging.WARNING and "desk" in record.getMessage() for record in caplog.records)
    assert "hunter2-wrong" not in f"{answer} {caplog.text} {hop(1, password=lambda: 'hunter2-wrong')}"
    assert not any(each.startswith("MAIL") for each in sink.commands)


def test_a_secret_or_certificate_that_cannot_be_read_is_later(tmp_path: Path) -> None:
    """A file that is just being replaced must not cost a mail."""

    def gone() -> str:
        return (tmp_path / "password").read_text()

    cases: list[dict[str, Any]] = [{"user": "desk", "password": gone}, {"ca_file": tmp_path / "ca.pem", "security": Security.starttls}]
    for options in cases:
        (answer,) = send(Sink(), mail(), sink_login=True, **options)
        assert isinstance(answer, Later)
        assert answer.relay_down
        assert "No such file" in answer.why


def test_a_token_is_fetched_for_each_login() -> None:
    """Providers are leaving passwords; a token lives for an hour."""
    fetched: list[str] = []

    async def token() -> str:
        fetched.append("ya29.token")
        return fetched[-1]

    async def go() -> tuple[Answer, list[bytes]]:
        script = (b"220 hi\r\n", b"250-sink\r\n250 AUTH XOAUTH2\r\n", b"235 2.7.0 fine\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n")
        async with scripted(*script, *[b""] * (RAW.count(b"\n")), b"250 2.0.0 queued\r\n", b"221 bye\r\n") as (port, heard):
            courier = SmtpCourier(hop(port, user="desk@corp.test", token=token))
            answer = await courier.deliver(mail())
            await courier.close()
            return answer, heard

    answer, heard = asyncio.run(go())
    assert isinstance(answer, Sent), answer
    assert heard[1].startswith(b"AUTH XOAUTH2 ")
    assert len(fetched) == 1
