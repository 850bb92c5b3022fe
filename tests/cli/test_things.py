"""Contracts, projects, devices and links by the command line."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path
from urllib.parse import parse_qs, unquote

import pytest

from tests.cli.conftest import Desk

CONTRACT = {"key", "party", "from", "to", "take", "answer", "idle", "solve", "hours"}
MORE = """
[hours.office]
week = {"mon-fri" = "08:00-16:00"}
[hours.oncall]
week = {"mon-sun" = "00:00-24:00"}
[[category]]
key = "parts"
title = "Spare parts"
address = "parts@desk.example"
[[category]]
key = "board"
public = false
[[type]]
key = "fault"
fields = ["error"]
[[device_model]]
key = "px7"
flows = [{key = "spare-part", title = "Order a part", type = "fault", category = "parts", fields = ["part"]}]
"""


@pytest.fixture
def shop(desk: Desk) -> Desk:
    """The desk with hours, forms and a customer."""
    desk.config.write_text(desk.config.read_text() + MORE)
    desk.ok("party", "add", "asg", "--domain", "customer.example")
    return desk


def test_a_contract_lives_from_add_to_remove(shop: Desk) -> None:
    """What was agreed is entered, changed and ended by these commands alone (0-01, 0-12)."""
    added = shop.ok(
        "contract", "add", "C1", "--party", "ASG", "--from", "2026-01-01", "--to", "2026-12-31", "--take", "4h", "--answer", "8h",
        "--idle", "3d", "--solve", "10d", "--hours", "office", "--hours", "oncall",
    )  # fmt: skip
    assert set(added) >= CONTRACT
    assert (added["party"], added["from"], added["to"], added["answer"]) == ("asg", "2026-01-01", "2026-12-31", "8h")
    assert (added["hours"], added["oncall"]) == ("office", "oncall")
    assert [c["key"] for c in shop.ok("contract", "list", "--party", "asg")] == ["C1"]
    edited = shop.ok("contract", "edit", "c1", "--to", "", "--take", "")
    assert (edited["to"], edited["take"], edited["answer"]) == (None, None, "8h")
    assert shop.ok("contract", "remove", "C1")["removed"] is True
    assert shop.run("contract", "show", "C1").code == 3


def test_a_changed_contract_moves_what_is_open(shop: Desk) -> None:
    """Customers would wait by the old agreement until somebody touched their tickets."""
    shop.ok("contract", "add", "C1", "--party", "asg", "--answer", "8h")
    opened = shop.ok("--now", "2026-11-23T10:00", "ticket", "new", "--for", "maria@customer.example", "--subject", "Jam")
    assert opened["contract"] == "C1"
    assert opened["due"]["answer"] == "2026-11-23T18:00:00+02:00"
    shop.ok("--now", "2026-11-23T10:30", "contract", "edit", "C1", "--answer", "2h")
    assert shop.ok("ticket", "show", "T1")["due"]["answer"] == "2026-11-23T12:00:00+02:00"
    assert [t["ref"] for t in shop.ok("ticket", "list", "--contract", "C1")] == ["T1"]
    explained = shop.ok("--now", "2026-11-23T11:00", "ticket", "history", "T1", "--clock")
    assert [(c["clock"], c["due_at"]) for c in explained] == [("answer", "2026-11-23T12:00:00+02:00")]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("C1", "--party", "asq"), 3, "asg"),
        (("C1", "--party", "asg", "--hours", "offise"), 3, "office"),
        (("C1", "--party", "asg", "--answer", "soon"), 2, "span of time"),
        (("C1", "--party", "asg", "--from", "tomorrow"), 2, "2026-01-31"),
        (("C1", "--party", "asg", "--from", "2026-02-01", "--to", "2026-01-01"), 1, "before it begins"),
        (("C1",), 2, "--party"),
    ],
)
def test_a_contract_that_cannot_be_is_refused(shop: Desk, words: tuple[str, ...], code: int, said: str) -> None:
    """A clock that nobody meant would run for months."""
    result = shop.run("contract", "add", *words)
    assert result.code == code
    assert said in result.err
    assert shop.ok("contract", "list") == []


def test_projects_and_devices_are_entered_and_found(shop: Desk) -> None:
    """A serial number is typed in any case, and a wrong one gets the nearest (0-03, 4-06)."""
    assert shop.ok("project", "add", "P7", "--party", "asg", "--title", "New hall")["active"] is True
    assert shop.ok("project", "edit", "p7", "--over")["active"] is False
    assert shop.run("project", "add", "p7").code == 1
    added = shop.ok("device", "add", "SN123", "--party", "asg", "--model", "px7", "--fleet", "hw")
    assert added == {"serial": "SN123", "party": "asg", "model": "px7", "fleet": "hw", "flows": ["spare-part"]}
    assert shop.ok("device", "edit", "SN123", "--model", "PX7")["flows"] == ["spare-part"]
    assert [each["serial"] for each in shop.ok("device", "list", "--model", "px7")] == ["SN123"]
    assert shop.ok("device", "show", "sn123")["serial"] == "SN123"
    missed = shop.run("device", "show", "SN132")
    assert (missed.code, "SN123" in missed.err) == (3, True)
    assert shop.run("device", "edit", "SN123", "--party", "nobody").code == 3
    assert shop.ok("device", "edit", "SN123", "--fleet", "")["fleet"] is None
    assert shop.ok("device", "remove", "SN123")["removed"] is True
    assert shop.ok("project", "remove", "P7")["removed"] is True


def test_a_ticket_by_telephone_knows_the_customers_things(shop: Desk) -> None:
    """Whoever calls has the same contract as whoever writes (3-12)."""
    shop.ok("project", "add", "P7", "--party", "asg")
    shop.ok("device", "add", "SN123", "--party", "asg", "--fleet", "hw")
    opened = shop.opened(subject="Our SN123 jams")
    assert (opened["party"], opened["project"], opened["device"], opened["group"]) == ("asg", "P7", "SN123", "hw")


def by_link(shop: Desk, *words: str) -> dict[str, object]:
    """The ticket that a mail opens which somebody wrote by such a link, with what his client makes of it."""
    made = shop.ok("link", "mailto", *words)
    address, _, query = made["link"].removeprefix("mailto:").partition("?")
    fields = parse_qs(query)
    mail = EmailMessage()
    mail["From"] = "Pat <pat@elsewhere.example>"
    mail["To"] = unquote(address)
    mail["Subject"] = fields["subject"][0]
    mail["Message-ID"] = "<1@elsewhere.example>"
    mail.set_content(fields.get("body", ["Hello."])[0].replace(": \r\n", ": 4711\r\n", 1))
    (taken,) = shop.ok("mail", "in", "-", "--from", "pat@elsewhere.example", "--to", unquote(address), stdin=mail.as_bytes())
    return dict(shop.ok("ticket", "show", taken["ticket"]))


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("--category", "hardware"), {"category": "hardware"}),
        (("--cat", "parts", "--type", "fault"), {"category": "parts", "type": "fault", "fields": {"error": "4711"}}),
        (("--device", "SN123", "--category", "parts"), {"device": "SN123", "category": "parts", "party": "asg"}),
        (("--device", "SN123", "--form", "spare-part"), {"device": "SN123", "type": "fault", "category": "parts"}),
    ],
)
@pytest.mark.parametrize("separator", ["+", ""])
def test_a_mail_by_a_printed_link_goes_where_it_should(
    shop: Desk, separator: str, words: tuple[str, ...], wanted: dict[str, object]
) -> None:
    """A sign on the machine needs no account and no explanation (1-16)."""
    shop.config.write_text(shop.config.read_text().replace("[desk]\n", f'[desk]\nsubaddress = "{separator}"\n', 1))
    shop.ok("device", "add", "SN123", "--party", "asg", "--model", "px7")
    ticket = by_link(shop, *words)
    assert {key: ticket[key] for key in wanted} == wanted
    assert "[" not in str(ticket["subject"])


def test_a_link_to_what_customers_may_not_name_is_refused(shop: Desk) -> None:
    """It would be printed a thousand times and do nothing."""
    assert shop.run("link", "mailto", "--category", "board").code == 1
    assert shop.run("link", "mailto", "--form", "spare-parts").code == 3
    assert shop.run("link", "mailto").code == 2
    page = shop.folder / "link.html"
    shop.ok("link", "mailto", "--category", "parts", "--html", str(page))
    assert 'href="mailto:parts@desk.example?subject=Spare%20parts"' in page.read_text()


def test_the_doctor_sees_what_contracts_and_devices_lack(shop: Desk) -> None:
    """A contract whose hours were deleted from the config runs day and night, and nobody would notice."""
    shop.ok("contract", "add", "C1", "--party", "asg", "--hours", "office")
    shop.ok("device", "add", "SN123", "--party", "asg", "--fleet", "nobodys")
    shop.ok("party", "remove", "asg")
    shop.config.write_text(shop.config.read_text().replace("[hours.office]", "[hours.bureau]"))
    result = shop.run("doctor")
    assert result.code == 1
    for said in ("[hours.office]", "party asg", "fleet nobodys"):
        assert said in " ".join(result.out.split()), said


def test_a_link_may_be_scanned(shop: Desk, tmp_path: Path) -> None:
    """Nobody types an address from a sign on a machine."""
    drawing, page = tmp_path / "lift.svg", tmp_path / "lift.html"
    shop.ok("link", "mailto", "--subject", "Lift", "--svg", str(drawing), "--html", str(page))
    assert drawing.read_text().count("<path") == 1
    assert "<svg" in page.read_text()
    assert 'href="mailto:' in page.read_text()
    shown = shop.run("link", "mailto", "--subject", "Lift", "--qr").out
    assert "█" in shown
    nowhere = shop.run("link", "mailto", "--subject", "Lift", "--svg", str(tmp_path / "no" / "lift.svg"))
    assert nowhere.code == 1
    assert "can't be written" in nowhere.err
