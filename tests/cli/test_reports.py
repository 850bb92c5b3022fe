"""Figures on the command line and by mail: equal to what `ticket list` shows, and clocks counted as reminders count them."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Desk

CLOCKS = '\n[clock]\ntake = "1h"\nanswer = "4h"\nsolve = "8h"\n'


def rows(document: dict, by: str) -> dict:  # type: ignore[type-arg]
    return {row["value"]: row for row in document["rows"] if row["by"] == by}


@pytest.fixture(scope="module")
def worked(begun: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a desk with six requests: three by telephone, two of ACME's, one closed with stars."""
    desk = Desk(tmp_path_factory.mktemp("worked")).like(begun)
    desk.config.write_text(desk.config.read_text() + CLOCKS + "\n[privacy]\nagent_figures = true\n")
    desk.ok("party", "add", "acme", "--name", "Acme Oy", "--domain", "acme.example", "--class", "gold")
    for n, (person, channel, category) in enumerate(
        [
            ("maria@customer.example", "phone", "hardware"),
            ("maria@customer.example", "phone", "hardware/printer"),
            ("kim@acme.example", "phone", "hardware"),
            ("kim@acme.example", "counter", "hardware"),
            ("jo@other.example", "letter", "hardware/printer"),
            ("jo@other.example", "letter", "hardware"),
        ]
    ):
        more = ("--category", category, "--channel", channel)
        desk.ok("--now", f"2026-11-{10 + n}T09:00+02:00", "ticket", "new", "--for", person, "--subject", f"S{n}", "--text", "x", *more)
    desk.ok("--now", "2026-11-10T09:30+02:00", "ticket", "do", "T1", "take", "--as", "anna")
    desk.ok("--now", "2026-11-12T12:00+02:00", "ticket", "reply", "T3", "--text", "We come.", "--as", "anna")
    desk.ok("--now", "2026-11-12T15:00+02:00", "ticket", "do", "T3", "close", "--as", "anna")
    return desk.folder


@pytest.fixture
def seeded(tmp_path: Path, worked: Path) -> Desk:
    """A desk with these six requests."""
    return Desk(tmp_path).like(worked)


def test_figures_are_those_of_the_list(seeded: Desk) -> None:
    """A figure that nobody can look at ticket by ticket is not believed."""
    found = seeded.ok("--now", "2026-11-20T09:00+02:00", "report", "--by", "channel,category,party,class,group,agent,month,rating,status")
    for by, option in (("channel", "--channel"), ("party", "--party"), ("class", "--class"), ("group", "--group"), ("status", "--status")):
        for value, row in rows(found, by).items():
            if value:
                assert row["count"] == len(seeded.ok("ticket", "list", option, value)), (by, value)
    assert {value: row["count"] for value, row in rows(found, "channel").items()} == {"phone": 3, "letter": 2, "counter": 1}
    assert rows(found, "channel")["phone"]["channel"] == "phone"
    assert rows(found, "category")["hardware"]["count"] == 4
    assert rows(found, "party")["acme"]["title"] == "Acme Oy"
    assert rows(found, "agent")["anna"]["count"] == 2
    assert rows(found, "month") == {"2026-11": rows(found, "month")["2026-11"]}
    assert (found["total"]["count"], found["total"]["open"], found["total"]["closed"]) == (6, 5, 1)


def test_clocks_are_counted_as_reminders_count_them(seeded: Desk) -> None:
    """The customer sees 97 % and remembers something else."""
    found = seeded.ok("--now", "2026-11-20T09:00+02:00", "report", "--by", "party")
    # taken: T1 after half an hour; T3 by the answer after three; the others not at all, long after their hour
    assert found["total"]["taken"] == {"kept": 1, "total": 6, "percent": 16.7, "median_seconds": 6300}
    acme = rows(found, "party")["acme"]
    assert acme["answered"] == {"kept": 1, "total": 2, "percent": 50.0, "median_seconds": 3 * 3600}
    assert acme["solved"] == {"kept": 1, "total": 2, "percent": 50.0, "median_seconds": 6 * 3600}
    early = seeded.ok("--now", "2026-11-10T09:40+02:00", "report", "--from", "2026-11-10", "--to", "2026-11-10")
    assert early["total"]["answered"]["total"] == 0, "what still has time is neither kept nor missed"


def test_a_period_is_whole_days_of_the_desk(seeded: Desk) -> None:
    """The last day of a month would be missing."""

    def count(*words: str) -> int:
        return int(seeded.ok("--now", "2026-12-20T09:00+02:00", "report", *words)["total"]["count"])

    assert count("--from", "2026-11-11", "--to", "2026-11-13") == 3
    assert count("--from", "2026-11") == 6
    assert count("--to", "2026-10") == 0
    assert count("--party", "ACME") == 2
    assert seeded.run("report", "--from", "2026-11-13", "--to", "2026-11-12").code == 2
    assert seeded.ok("report", "--by", "channel", "--by", "party")["by"] == ["channel", "party"]
    unknown = seeded.run("report", "--by", "chanel")
    assert (unknown.code, "channel" in unknown.err) == (2, True)


def test_figures_of_single_agents_are_off_until_the_site_wants_them(desk: Desk) -> None:
    """In many countries they may not be made at all."""
    refused = desk.run("report", "--by", "agent")
    assert (refused.code, "agent_figures" in refused.err) == (1, True)


def test_the_table_the_lines_and_the_page_say_the_same(seeded: Desk) -> None:
    """Three ways to look, one truth."""
    at = ("--now", "2026-11-20T09:00+02:00")
    table = seeded.run(*at, "report", "--by", "channel").out
    assert re.search(r"Telephone\s+3\s+2\s+1", table)
    lines = list(csv.DictReader(io.StringIO(seeded.run(*at, "report", "--by", "channel", "--csv").out)))
    assert {line["value"]: line["count"] for line in lines if line["by"] == "channel"} == {"phone": "3", "letter": "2", "counter": "1"}
    page = seeded.folder / "page.html"
    seeded.ok(*at, "report", "--by", "channel", "--html", str(page))
    text = page.read_text()
    assert text.count("<svg") == 3
    assert not re.search(r"(src|href)=|<script|https?://|url\(", text)
    assert "@media print" in text
    assert "viewport" in text
    assert re.search(r"<td[^>]*>Telephone</td><td[^>]*>3</td>", text)
    german = seeded.folder / "seite.html"
    seeded.ok(*at, "report", "--by", "channel", "--html", str(german), "--language", "de")
    assert "Servicebericht" in german.read_text()


def test_a_party_gets_its_own_figures_and_no_others(seeded: Desk) -> None:
    """Row 0-16: the customer follows how response times are kept, and nobody else's requests."""
    at = ("--now", "2026-11-20T09:00+02:00")
    nobody = seeded.run(*at, "report", "send", "--party", "acme")
    assert (nobody.code, "--may" in nobody.err) == (1, True)
    seeded.ok("person", "add", "boss@acme.example", "--name", "Bo Boss", "--party", "acme", "--may", "report")
    assert seeded.ok(*at, "report", "send", "--party", "acme", "--by", "category,agent") == [
        {"to": "boss@acme.example", "template": "evaluation"}
    ]
    (row,) = [row for row in seeded.ok("outbox", "list") if row["template"] == "evaluation"]
    assert row["to"] == "boss@acme.example"
    seeded.ok(*at, "tick")
    from email import message_from_bytes, policy

    mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in (seeded.folder / "var" / "sent" / "new").glob("*")]
    (mail,) = [m for m in mails if m["X-Mailgate-Template"] == "evaluation"]
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    figures = seeded.ok(*at, "report", "--party", "acme", "--by", "category")
    assert f"{figures['total']['answered']['kept']} / {figures['total']['answered']['total']}" in text
    assert "Acme Oy" in text
    assert "nna" not in text
    (file,) = list(mail.iter_attachments())
    lines = list(csv.DictReader(io.StringIO(file.get_content())))
    assert {line["by"] for line in lines} == {"total", "category"}
    assert next(line["count"] for line in lines if line["by"] == "total") == str(figures["total"]["count"]) == "2"


def test_a_report_by_hand_goes_to_whom_is_named(seeded: Desk) -> None:
    """An unknown name must not send to nobody silently."""
    assert seeded.ok("report", "send", "--to", "anna") == [{"to": "anna@staff.example", "template": "evaluation"}]
    assert seeded.run("report", "send", "--to", "nobody-of-that-name").code == 1
    assert seeded.run("report", "send").code == 2


def test_a_contracts_own_limits_count(seeded: Desk) -> None:
    """Two customers with different contracts would be measured by the desk's limit."""
    seeded.ok("contract", "add", "C1", "--party", "acme", "--answer", "2h")
    seeded.ok("--now", "2026-11-12T12:30+02:00", "ticket", "edit", "T3", "--contract", "C1")
    found = seeded.ok("--now", "2026-11-20T09:00+02:00", "report", "--by", "party")
    assert rows(found, "party")["acme"]["answered"] == {"kept": 0, "total": 2, "percent": 0.0, "median_seconds": 3 * 3600}


def test_figures_by_rating(seeded: Desk) -> None:
    """Row 4-16: what customers said at the end, counted by stars."""
    seeded.ok("--now", "2026-11-13T09:00+02:00", "ticket", "do", "T3", "rate 4 quick")
    found = seeded.ok("--now", "2026-11-20T09:00+02:00", "report", "--by", "rating")
    assert {value: row["count"] for value, row in rows(found, "rating").items()} == {"4": 1, None: 5}
    assert (found["total"]["rated"], found["total"]["rating"]) == (1, 4.0)
    assert [row["value"] for row in found["rows"]] == ["4", None]
