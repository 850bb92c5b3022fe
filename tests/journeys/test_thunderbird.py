"""What the real Thunderbird writes: replies with a command and a quote, and the mails of our buttons."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.desk.office import buttons
from tests.journeys.desk import Desk, until
from tests.journeys.thunderbird import Thunderbird
from tests.journeys.town import Person, plain

pytestmark = [pytest.mark.journey, pytest.mark.thunderbird, pytest.mark.timeout(300)]


@pytest.mark.parametrize("html", [True, False], ids=["html", "plain"])
def test_a_customer_and_an_agent_with_thunderbird(town_desk: Callable[..., Desk], person: Callable[..., Person], html: bool) -> None:
    """The most used free mail program: its quotes must be cut, its command lines read, our buttons must arrive with their words."""
    kim, anna = person("kim"), person("anna", "staff.example")
    desk = town_desk(more="[notify]\nclosing = true\n")
    desk.staff("helpdesk", anna=anna.address)
    desk.start()
    kim.writes("The printer on floor 2 blinks orange.\n\nKim", subject="Printer on floor 2")
    received, new = kim.gets("received"), anna.gets("new-in-group")

    with Thunderbird(anna.account, html=html, signature="Anna Berg\nHarbour IT, floor 1") as client:
        client.replies(str(new["Message-ID"]), "#prio high\n\nHello Kim,\n\nis it <orange> all the time?")
        message = kim.gets("message")
    assert "is it <orange> all the time?" in plain(message)
    assert "#prio" not in message.as_string()
    assert "floor 1" not in plain(message), "the client's own signature stays inside"
    assert anna.address not in message.as_string()

    with Thunderbird(kim.account, html=html) as client:
        client.replies(str(message["Message-ID"]), "Yes, since Monday – für immer.")
        appended = anna.gets("appended")
        assert "für immer" in plain(appended)
    ticket = desk.cli("ticket", "show", "T1")
    assert [post["text"].strip() for post in ticket["posts"] if post["kind"] == "public"][-1] == "Yes, since Monday – für immer."
    assert ticket["priority"] == "high"

    with Thunderbird(anna.account, html=html) as client:
        client.replies(str(appended["Message-ID"]), "I changed the cartridge.\n\n#close")
        closed = kim.gets("closed")
    assert "I changed the cartridge." in plain(closed)
    assert "#close" not in closed.as_string()

    assert desk.cli("ticket", "show", "T1")["status"] == "closed"

    with Thunderbird(kim.account, html=html) as client:
        client.presses(buttons(closed)["5"])
        until(lambda: desk.cli("ticket", "show", "T1")["rating"], "the rating")
        client.presses(next(link for label, link in buttons(received).items() if label.startswith("Fewer mails")))
        until(lambda: desk.cli("mail", "fates")["fates"]["executed"] == 2, "both buttons")
    assert desk.cli("ticket", "show", "T1")["rating"]["stars"] == 5
    assert desk.cli("mail", "fates")["ok"]
    assert desk.stop() == 0
