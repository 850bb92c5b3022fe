"""From the customer's mail program through Postfix, Mailgate and Dovecot to the agents' mail programs, and back. docs/flow.md follows it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.journeys.desk import Desk
from tests.journeys.town import Person, plain

pytestmark = pytest.mark.journey


def test_a_customer_writes_two_agents_answer_and_close(town_desk: Callable[..., Desk], person: Callable[..., Person]) -> None:
    """The product would not do what it is for: a customer asks by mail, is answered by mail, and sees one desk, not its people."""
    kim, anna, ben = person("kim"), person("anna", "staff.example"), person("ben", "staff.example")
    desk = town_desk()
    desk.staff("helpdesk", anna=anna.address, ben=ben.address)
    desk.start()

    kim.writes("The printer on floor 2 blinks orange.\n\nKim", subject="Printer on floor 2")
    received = kim.gets("received")
    assert received["Subject"].endswith("[T1]")

    new = anna.gets("new-in-group")
    assert new["X-Mailgate-Reply"] == "public"
    assert "blinks orange" in plain(new)
    anna.replies(new, "#assign ben\n\nHello Kim, my colleague comes to see it this morning.", client="neomutt")
    assigned = ben.gets("assigned")
    message = kim.gets("message")
    assert "this morning" in plain(message)
    assert "#assign" not in plain(message)

    kim.replies(message, "It works again, but only black and white.")
    appended = ben.gets("appended")
    assert "black and white" in plain(appended)
    ben.replies(appended, "I changed the cartridge.\n\n#close")
    closed = kim.gets("closed")
    assert "changed the cartridge" in plain(closed)

    ticket = desk.cli("ticket", "show", "T1")
    assert (ticket["status"], ticket["assignee"], ticket["group"]) == ("closed", "ben", None)
    assert [(post["kind"], post["direction"]) for post in ticket["posts"] if post["kind"] == "public"] == [
        ("public", "in"), ("public", "out"), ("public", "in"), ("public", "out"),
    ]  # fmt: skip
    assert assigned["X-Mailgate-Ticket"] == "T1"
    account = desk.cli("mail", "fates")
    assert account["ok"]
    assert account["fates"] | {"opened": 1, "appended": 3} == account["fates"]

    mails = kim.mails()
    assert [str(mail["X-Mailgate-Template"]) for mail in mails] == ["received", "message", "closed"]
    assert {str(mail["From"]) for mail in mails} == {"Harbour Desk <support@desk.example>"}
    assert len({str(mail["Subject"]) for mail in mails}) == 1
    assert kim.threads() == [[1, 2, 3]]
    for mail in mails:
        assert "staff.example" not in mail.as_string()
    assert desk.stop() == 0
