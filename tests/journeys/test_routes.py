"""Which request a reply belongs to, seen from outside: any one of four routes is enough, and plus-addresses are a convenience."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from tests.journeys.desk import Desk, until
from tests.journeys.town import parsed, smtp

pytestmark = pytest.mark.journey


def outgoing(desk: Desk, template: str, number: int = 1) -> EmailMessage:
    """A mail that left into the Maildir, the first of that template or another."""

    def look() -> EmailMessage | None:
        mails = [parsed(path.read_bytes()) for path in sorted((desk.folder / "sent" / "new").glob("*"), key=lambda p: p.stat().st_mtime_ns)]
        found = [mail for mail in mails if mail["X-Mailgate-Template"] == template]
        return found[number - 1] if len(found) >= number else None

    mail = until(look, f"{template} leaves")
    assert mail is not None
    return mail


def reply(
    desk: Desk, sender: str, text: str, *, number: int, to: str = "support@desk.example", subject: str = "Hello again", **headers: str
) -> None:
    """A reply by exactly the routes that are given."""
    fields = {"From": sender, "To": to, "Subject": subject, "Message-ID": f"<{number}@{sender.partition('@')[2]}>"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    raw = "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + f"\r\n{text}\r\n"
    smtp(desk.smtp_port, raw.encode(), sender=sender, to=to)


@pytest.mark.parametrize("sign", ["+", ""], ids=["plus-addresses", "no-plus-addresses"])
def test_each_route_alone_finds_the_request(open_desk: Callable[..., Desk], sign: str) -> None:
    """One mail program drops In-Reply-To, another the address, people change the subject: each loss would open a second ticket."""
    desk = open_desk(desk=f'subaddress = "{sign}"')
    desk.staff("helpdesk", anna="anna@staff.example")
    desk.start()
    kim = "kim@client.example"
    reply(desk, kim, "The copier beeps.", number=1, subject="Copier")
    received, new = outgoing(desk, "received"), outgoing(desk, "new-in-group")
    address = received["Reply-To"].addresses[0].addr_spec
    assert address.startswith("support+") if sign else address == "support@desk.example"

    if sign:
        reply(desk, kim, "By the address alone.", number=2, to=address)
    reply(desk, kim, "By In-Reply-To alone.", number=3, In_Reply_To=str(received["Message-ID"]))
    reply(desk, kim, "By References alone.", number=4, References="<1@client.example>")
    reply(desk, kim, "By the subject alone.", number=5, subject=f"AW: something [{received['X-Mailgate-Ticket']}]")
    reply(desk, kim, "By nothing.", number=6, subject="Something else")
    reply(
        desk, "anna@staff.example", "We know.\r\n\r\n#close", number=7,
        to=new["Reply-To"].addresses[0].addr_spec, subject=str(new["Subject"]), In_Reply_To=str(new["Message-ID"]),
    )  # fmt: skip
    desk.settled(7 if sign else 6)

    texts = [post["text"].strip() for post in desk.cli("ticket", "show", "T1")["posts"] if post["direction"] == "in"]
    ways = ["The copier beeps.", "By the address alone.", "By In-Reply-To alone.", "By References alone.", "By the subject alone."]
    assert texts == [way for way in ways if sign or "address" not in way]
    assert [(t["ref"], t["status"]) for t in desk.cli("ticket", "list")] in (
        [("T1", "closed"), ("T2", "new")],
        [("T2", "new"), ("T1", "closed")],
    )
    assert "We know." in outgoing(desk, "closed").get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_an_address_that_a_rule_sorts_by_is_taken_at_the_door(open_desk: Callable[..., Desk]) -> None:
    """The rule would wait for mail that the door refuses as nobody's; what no rule names is still nobody's."""
    rules = [("complaints@desk.example", "complaint"), ("bugs-*@desk.example", "fault"), ("praise@", "praise"), ("@desk.example", "other")]
    more = "".join(
        f'[[type]]\nkey = "{key}"\n[[rule]]\nname = "{key}"\nwhen = {{to = "{to}"}}\nthen = ["type {key}"]\nstop = true\n'
        for to, key in rules
    )
    desk = open_desk(more=more)
    desk.start()
    for number, to in enumerate(("complaints@desk.example", "Bugs-printer@desk.example", "support@desk.example", "Praise@desk.example"), 1):
        reply(desk, "kim@client.example", "Well.", number=number, to=to)
    with pytest.raises(smtplib.SMTPRecipientsRefused, match=r"5\.1\.1"):
        reply(desk, "kim@client.example", "Well.", number=5, to="sales@desk.example")
    with pytest.raises(smtplib.SMTPRecipientsRefused, match=r"5\.7\.1"):
        reply(desk, "kim@client.example", "Well.", number=6, to="praise@elsewhere.example")
    until(lambda: len(desk.cli("ticket", "list")) == 4, "four requests")
    assert sorted(t["type"] for t in desk.cli("ticket", "list")) == ["complaint", "fault", "other", "praise"]
