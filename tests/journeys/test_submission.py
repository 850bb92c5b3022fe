"""An agent writes from his own client by the submission door: password and TLS make him believed for everything."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from tests.journeys.desk import Desk
from tests.journeys.town import Person

pytestmark = pytest.mark.journey

PASSWORD = b"correct horse battery\n"


@pytest.fixture
def certified(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate with its key for localhost, and a client's context that believes it."""
    authority = trustme.CA()
    pem = tmp_path / "cert.pem"
    authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(pem)
    pem.chmod(0o600)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return pem, context


def test_an_agents_own_client_may_include_somebody(
    certified: tuple[Path, ssl.SSLContext], town_desk: Callable[..., Desk], person: Callable[..., Person]
) -> None:
    """Verbs that let others read along need more than a token: without this door agents could not use them by mail at all."""
    pem, context = certified
    kim, anna, lee = person("kim"), person("anna", "staff.example"), person("lee", "partner.example")
    door = f'[submission]\nlisten = "127.0.0.1:{{submission}}"\ntls_cert = "{pem}"\ntls_key = "{pem}"\n'
    desk = town_desk(doors=door)
    desk.staff("helpdesk", anna=anna.address)
    desk.cli("agent", "passwd", "anna", stdin=PASSWORD)
    desk.start()
    kim.writes("The lift is stuck.", subject="Lift")
    new = anna.gets("new-in-group")

    raw = (
        f"From: Anna <{anna.address}>\r\nTo: {new['Reply-To']}\r\nSubject: {new['Subject']}\r\nMessage-ID: <1@staff.example>\r\n"
        f"In-Reply-To: {new['Message-ID']}\r\n\r\n#cc {lee.address}\r\n\r\nOur partner Lee comes at noon.\r\n"
    ).encode()
    with smtplib.SMTP("localhost", desk.submission_port, timeout=20) as client, pytest.raises(smtplib.SMTPException):
        client.sendmail(anna.address, ["support@desk.example"], raw)
    with smtplib.SMTP("localhost", desk.submission_port, timeout=20) as client:
        client.starttls(context=context)
        client.login("anna", PASSWORD.decode().strip())
        client.sendmail(anna.address, [new["Reply-To"].addresses[0].addr_spec], raw)

    kim.gets("message")
    lee.gets("message")
    shown = desk.cli("mail", "show", "2")
    assert (shown["fate"], shown["trust"]) == ("appended", 3)
    ticket = desk.cli("ticket", "show", "T1")
    assert [watcher["address"] if isinstance(watcher, dict) else watcher for watcher in ticket["watchers"]] == [lee.address]


def test_the_same_line_by_plain_mail_is_asked_about(town_desk: Callable[..., Desk], person: Callable[..., Person]) -> None:
    """Whoever got hold of one mail to an agent could read along for ever."""
    kim, anna, lee = person("kim"), person("anna", "staff.example"), person("lee", "partner.example")
    desk = town_desk()
    desk.staff("helpdesk", anna=anna.address)
    desk.start()
    kim.writes("The lift is stuck.", subject="Lift")
    anna.replies(anna.gets("new-in-group"), f"#cc {lee.address}\n\nOur partner Lee comes at noon.")
    anna.gets("held")
    assert desk.cli("mail", "show", "2")["fate"] == "held"
    assert desk.cli("ticket", "show", "T1")["watchers"] == []
    assert not lee.mails()
