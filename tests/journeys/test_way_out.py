"""Mail that cannot leave: the relay is down, delays, or refuses for good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.chaos.relay import Relay
from tests.journeys.desk import Desk, until
from tests.journeys.town import parsed, smtp
from tests.servers.ports import free_ports

pytestmark = pytest.mark.journey


def mail(n: int) -> bytes:
    """A mail of one of several customers."""
    return f"From: c{n}@client.example\r\nTo: support@desk.example\r\nSubject: Mail {n}\r\nMessage-ID: <{n}@client.example>\r\n\r\nHello\r\n".encode()


def in_an_hour() -> str:
    """A time as `--now` takes it."""
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()


def test_a_relay_that_comes_back_gets_everything_once(open_desk: Callable[..., Desk]) -> None:
    """A night without a relay would cost the night's answers, or send them twice in the morning."""
    (port,) = free_ports(1)
    desk = open_desk(relay=f"smtp://127.0.0.1:{port}")
    desk.start()
    for n in range(5):
        smtp(desk.smtp_port, mail(n), sender=f"c{n}@client.example")
    desk.settled(5)
    desk.logs("mail delayed")
    rows = desk.cli("outbox", "list")
    assert {row["state"] for row in rows} == {"due"}
    assert any(row["last_answer"] for row in rows)

    with Relay(port=port) as relay:
        desk.cli("--now", in_an_hour(), "tick")
        rows = desk.cli("outbox", "list")
        assert {row["state"] for row in rows} == {"sent"}
        assert desk.stop() == 0
        assert sorted(relay.taken) == sorted(row["message_id"] for row in rows)
        assert [len(copies) for copies in relay.taken.values()] == [1] * 5


def test_a_delay_is_tried_again_and_a_refusal_reaches_the_owner(open_desk: Callable[..., Desk]) -> None:
    """An answer that never arrived would look like an answer."""

    def fault(recipient: str, tried: int) -> str:
        if recipient == "c1@client.example" and not tried:
            return "451 4.3.0 not now"
        return "550 5.1.1 nobody here" if recipient == "c2@client.example" else ""

    with Relay(fault=fault) as relay:
        desk = open_desk(relay=f"smtp://127.0.0.1:{relay.port}")
        desk.staff("helpdesk", anna="anna@staff.example")
        desk.start()
        for n in (1, 2):
            smtp(desk.smtp_port, mail(n), sender=f"c{n}@client.example")
        desk.settled(2)

        def outbox() -> dict[str, dict[str, object]]:
            return {str(row["to"]): row for row in desk.cli("outbox", "list") if "client.example" in str(row["to"])}

        desk.logs("mail undeliverable")
        desk.logs("mail delayed")
        rows = outbox()
        refused, delayed = rows["c2@client.example"], rows["c1@client.example"]
        assert refused["state"] == "failed"
        assert "550" in str(refused["last_answer"])
        assert (delayed["state"], delayed["attempts"]) == ("due", 1)
        assert "451" in str(delayed["last_answer"])

        notes = [post for post in desk.cli("ticket", "show", "T2")["posts"] if post["kind"] == "note"]
        assert len(notes) == 1
        assert "c2@client.example" in notes[0]["text"]
        until(lambda: any(parsed(raw)["X-Mailgate-Template"] == "bounced" for raw in relay.mails()), "the owner hears of it")

        desk.cli("--now", in_an_hour(), "tick")
        assert outbox()["c1@client.example"]["state"] == "sent"
        copies = [copies for copies in relay.taken.values() if parsed(copies[0])["To"] == "c1@client.example"]
        assert [len(each) for each in copies] == [1]
        assert relay.tried["c2@client.example"] == 1, "what was refused for good isn't tried again"
