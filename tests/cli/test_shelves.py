"""The desk's own texts on the command line: listed, shown, searched, checked."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Desk


@pytest.fixture
def shelf(desk: Desk) -> Desk:
    """A site's folder with an article in two languages, one for staff, and two canned answers, one of them faulty."""
    desk.config.write_text(desk.config.read_text().replace("[desk]\n", '[desk]\ntexts = "texts"\n'))
    files = {
        "faq/en/jam.md": "---\ntitle: Paper jam\naudience: public\nkeywords: printer jams, flap B\n---\nOpen **flap B**.\n",
        "faq/de/jam.md": "---\ntitle: Papierstau\naudience: public\n---\nKlappe B öffnen.\n",
        "faq/en/vpn.md": "---\ntitle: VPN drops\naudience: staff\n---\nRestart it.\n",
        "canned/en/toner.md": "---\ntitle: How to change the toner\n---\nHello {{ requester.name }}.\n",
        "canned/en/broken.md": "---\ntitle: Broken\n---\nHello {{ requester.name.\n",
    }
    for name, text in files.items():
        path = desk.folder / "texts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return desk


def test_articles_are_listed_shown_and_found(shelf: Desk) -> None:
    """Nobody would know what is written down already."""
    rows = {row["name"]: row for row in shelf.ok("faq", "list")}
    assert set(rows["jam"]["languages"]) == {"en", "de"}
    assert (rows["vpn"]["audience"], rows["vpn"]["helped"]) == ("staff", 0)
    assert shelf.ok("faq", "show", "JAM", "--language", "de")["text"] == "Klappe B öffnen."
    assert shelf.run("faq", "show", "jma").code == 3
    assert [row["name"] for row in shelf.ok("faq", "search", "the printer is jammed")] == ["jam"]
    assert shelf.ok("faq", "search", "vpn")[0]["name"] == "vpn"
    assert shelf.ok("faq", "search", "vpn", "--customer") == []
    assert "Paper jam" in shelf.run("faq", "list").out
    assert shelf.ok("faq", "check") == []


def test_faulty_texts_are_named_with_their_place(shelf: Desk) -> None:
    """The fault would show in front of a customer."""
    assert {row["name"] for row in shelf.ok("canned", "list")} == {"toner", "broken"}
    assert "requester.name" in shelf.run("canned", "show", "toner").out
    rules = "".join(
        f'\n[[rule]]\nname = "{name}"\nwhen = {{subject = "x"}}\nthen = ["tag x", "canned {name}"]\n' for name in ("Toner", "vpn")
    )
    shelf.config.write_text(shelf.config.read_text() + rules)
    (warned,) = [each for each in shelf.ok("config", "check")["warnings"] if "canned" in each["what"]]
    assert "'vpn'" in warned["what"] and shelf.config.read_text().splitlines()[warned["line"] - 1].endswith('"canned vpn"]')
    result = shelf.run("--json", "canned", "check")
    assert result.code == 1
    (fault,) = result.json
    assert fault["path"].endswith("canned/en/broken.md")
    (shelf.folder / "texts" / "faq" / "en" / "bad.md").write_text("no head\n")
    assert shelf.run("faq", "check").code == 1


def test_a_file_that_nobody_would_read_is_named(shelf: Desk) -> None:
    """It lies beside the languages' folders, its author believes it is offered, and no customer ever sees it."""
    for name in ("faq/toner.md", "faq/en/fan.txt", "faq/README.md", "faq/.gitkeep"):
        (shelf.folder / "texts" / name).write_text("---\ntitle: Toner\n---\nText.\n")
    result = shelf.run("--json", "faq", "check")
    assert result.code == 1
    assert [row["path"].rpartition("faq/")[2] for row in result.json] == ["en/fan.txt", "toner.md"]
    assert "faq/LANGUAGE/NAME.md" in result.json[0]["what"]


def test_an_empty_shelf_says_where_its_texts_belong(desk: Desk) -> None:
    """ "0 files are well" helps nobody who has just written one into the wrong folder."""
    assert "[desk] texts" in desk.run("faq", "check").out
    desk.config.write_text(desk.config.read_text().replace("[desk]\n", '[desk]\ntexts = "texts"\n'))
    (desk.folder / "texts").mkdir(exist_ok=True)
    assert "texts/canned/LANGUAGE/NAME.md" in desk.run("canned", "check").out.replace("\n", "")
