"""Forms: what is asked for, how answers fill it in, what help offers, and mail that a website's form wrote."""

from __future__ import annotations

import re
from email.message import EmailMessage
from pathlib import Path

import pytest

from rules.facts.mail import Envelope
from tests.desk.customers import enter_party
from tests.desk.office import Desk, desk, plain, to
from tests.desk.things import enter_device

PARTS = """
[[category]]
key = "parts"
title = "Spare parts"
address = "parts@desk.example"
[[type]]
key = "spare-part"
fields = ["part", {name = "quantity", pattern = '^\\d+$'}, {name = "hurry", title = "Delivery", words = ["normal", "express"], required = false}]
[[rule]]
name = "parts"
when = {to = "parts@desk.example"}
then = ["type spare-part"]
"""
MODELS = """
[[category]]
key = "service"
[[type]]
key = "fault"
[[device_model]]
key = "px7"
flows = [{key = "report", title = "Report a fault", type = "fault", category = "service", fields = ["error"]}, {key = "spare-part", title = "Order a part", fields = ["part"]}]
[[device_model]]
key = "lift"
flows = [{key = "stuck", title = "Somebody is stuck", fields = ["place"]}]
"""


@pytest.mark.parametrize(
    ("language", "part", "quantity", "said"),
    [
        ("en", "Part", "Quantity", "We need it soon."),
        ("de", "Teil", "Menge", "Wir brauchen es bald."),
        ("fi", "Osa", "Määrä", "Tarvitsemme sen pian."),
        ("cs", "Díl", "Množství", "Potřebujeme to brzy."),
    ],
)
def test_the_acknowledgement_asks_for_what_is_missing_and_the_reply_fills_it(
    tmp_path: Path, language: str, part: str, quantity: str, said: str
) -> None:
    """Without the number of the part nobody can order it (4-08)."""
    with desk(tmp_path, more=PARTS, desk=f'languages = ["{language}", "en"]') as d:
        d.write("Kim <kim@client.example>", f"{said}\n\n{quantity}: 2", to="parts@desk.example")
        assert dict(d.ticket().fields) == {"quantity": "2"}
        (ack,) = to(d.post(), "kim@client.example")
        assert f"\n> {part}:\n" in plain(ack)
        assert f"\n> {quantity}:\n" not in plain(ack)
        d.write("Kim <kim@client.example>", f"Here it is.\n{part}: 4711", answer=ack)
        t = d.ticket()
        assert dict(t.fields) == {"quantity": "2", "part": "4711"}
        assert (t.type, t.category) == ("spare-part", "parts")


def test_the_block_may_be_filled_in_where_it_stands_in_the_quote(tmp_path: Path) -> None:
    """People write into the form, below the mark of the quote."""
    with desk(tmp_path, more=PARTS) as d:
        d.write("Kim <kim@client.example>", to="parts@desk.example")
        (ack,) = to(d.post(), "kim@client.example")
        body = "\n".join(f"> {row.strip()} 4711" if row.strip().endswith("Part:") else f"> {row}" for row in plain(ack).splitlines())
        d.write("Kim <kim@client.example>", f"See below.\n\nOn Monday, Harbour Desk wrote:\n{body}", answer=ack)
        assert d.ticket().fields["part"] == "4711"


def test_staff_sees_what_is_still_missing(tmp_path: Path) -> None:
    """Nobody has to compare the text with a list."""
    with desk(tmp_path, more=PARTS) as d:
        d.agent("anna", language="de")
        d.write("Kim <kim@client.example>", "Menge: 2", to="parts@desk.example")
        (new,) = to(d.post(), "anna@staff.example")
        assert "Noch fehlt: Teil." in " ".join(plain(new).split())


def test_a_value_that_does_not_fit_is_not_taken(tmp_path: Path) -> None:
    """`Quantity: some` is no number."""
    with desk(tmp_path, more=PARTS) as d:
        d.write("Kim <kim@client.example>", "Part: 4711\nQuantity: some\nDelivery: Express", to="parts@desk.example")
        assert dict(d.ticket().fields) == {"part": "4711", "hurry": "express"}
        (ack,) = to(d.post(), "kim@client.example")
        assert "Quantity:" in plain(ack)


def test_models_offer_their_own_forms_in_help(tmp_path: Path) -> None:
    """Whoever has a lift is not asked for a cartridge (4-09)."""
    with desk(tmp_path, more=MODELS) as d:
        for party, model, serial in (("asg", "PX7", "SN1"), ("bsg", "lift", "L1")):
            enter_party(d, party, f"{party}.example")
            enter_device(d, serial, party, model=model)
            d.write(f"Kim <kim@{party}.example>", "#help", subject="help")
        one, two = (
            plain(to([m for m in mails if m["X-Mailgate-Template"] == "help-answer"], f"kim@{p}.example")[0])
            for mails in (d.post(),)
            for p in ("asg", "bsg")
        )
        assert "Report a fault" in one
        assert "Order a part" in one
        assert "stuck" not in one
        assert "Somebody is stuck" in two
        assert "dev+L1@desk.example [form:stuck]" in " ".join(two.split())


def test_a_form_may_be_named_by_its_type_alone(tmp_path: Path) -> None:
    """What a type already says need not be written again; a word that is no type is a form of its own."""
    more = """
[[type]]
key = "fault"
title = "Something is broken"
[[device_model]]
key = "px7"
flows = ["fault", "spare-part"]
"""
    with desk(tmp_path, more=more) as d:
        flows = d.office.policy.device_models["px7"].flows
        assert [(f.key, f.title, f.type) for f in flows] == [("fault", "Something is broken", "fault"), ("spare-part", "spare-part", "")]


def test_a_form_brings_type_category_and_questions(tmp_path: Path) -> None:
    """One tag in a printed link is all that the customer needs (1-16, 4-08)."""
    with desk(tmp_path, more=MODELS) as d:
        enter_device(d, "SN1", model="px7")
        d.write("Kim <kim@client.example>", "It beeps.\nError: E42", to="dev+SN1@desk.example", subject="[form:report] Fault")
        t = d.ticket()
        assert (t.type, t.category, t.device, t.subject) == ("fault", "service", "SN1", "Fault")
        assert dict(t.fields) == {"form": "report", "error": "E42"}


def form_mail(**fields: str) -> bytes:
    """What a website's form handler writes."""
    m = EmailMessage()
    m["From"] = "Website <www-data@site.example>"
    m["To"] = "support@desk.example"
    m["Subject"] = "Contact form"
    m["Message-ID"] = f"<{len(fields)}.form@site.example>"
    for name, value in fields.items():
        m[f"X-Mailgate-{name.replace('_', '-')}"] = value
    m.set_content("The lift is stuck.")
    return m.as_bytes()


FORM = {"Channel": "web", "Customer": "Kim <kim@client.example>", "Category": "service", "Field_error": "E42"}


def take(d: Desk, door: str, raw: bytes, received: str = "") -> None:
    d.take(
        received.encode() + raw, Envelope(door=door, sender="www-data@site.example", recipients=("support@desk.example",), peer="127.0.0.1")
    )


def test_a_form_of_our_own_website_speaks_for_the_customer(tmp_path: Path) -> None:
    """The answer must go to whoever filled in the form, not to the web server (1-15)."""
    with desk(tmp_path, more=MODELS) as d:
        d.agent("anna")
        take(d, "pipe", form_mail(**FORM))
        t = d.ticket()
        assert (t.requester.address, t.requester.name, t.channel, t.category) == ("kim@client.example", "Kim", "web", "service")
        assert dict(t.fields) == {"error": "E42"}
        assert len(to(d.post(), "kim@client.example")) == 1


@pytest.mark.parametrize(
    ("door", "received"), [("smtp", ""), ("lmtp", ""), ("pipe", "Received: from x by mx.desk.example; Mon, 23 Nov 2026 08:00:00 +0000\r\n")]
)
def test_the_same_fields_from_the_internet_are_nothing(tmp_path: Path, door: str, received: str) -> None:
    """Anybody could write in anybody's name."""
    with desk(tmp_path, more=MODELS) as d:
        take(d, door, form_mail(**FORM), received)
        t = d.ticket()
        assert (t.requester.address, t.channel, t.category) == ("www-data@site.example", "mail", "")
        assert dict(t.fields) == {}


def test_what_was_filled_in_stands_among_the_facts_of_staffs_mail(tmp_path: Path) -> None:
    """Whoever orders the part would have to look for its number in the text, or on the terminal."""
    with desk(tmp_path, more=PARTS) as d:
        d.agent("anna", language="fi")
        d.write("Kim <kim@client.example>", "We need it soon.\n\nPart: 4711\nQuantity: 2", to="parts@desk.example")
        mails = d.post()
        facts = plain(to(mails, "anna@staff.example")[0])
        assert re.search(r"^Osa:? +4711$", facts, re.MULTILINE) and re.search(r"^Määrä:? +2$", facts, re.MULTILINE)
        assert not re.search(r"^Part:? +4711$", plain(to(mails, "kim@client.example")[0]), re.MULTILINE)
