"""`ticket print`: the same document as text, page and PDF, in our layouts and in the site's own."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import CONFIG, Desk

FRIDAY = ("--now", "2026-11-23T10:00+02:00")


def test_a_ticket_is_printed_as_text_page_and_pdf(desk: Desk, tmp_path: Path) -> None:
    """There would be nothing to hand out, to file, or to sign."""
    desk.opened("--device", "SN-4711|<b>")
    desk.ok("ticket", "note", "T1", "--text", "He never pays.", "--as", "anna")
    kinds = {"a.txt": "text/plain", "a.html": "text/html", "a.pdf": "application/pdf"}
    for name, kind in kinds.items():
        done = desk.ok("ticket", "print", "T1", "--to", str(tmp_path / name))
        assert (done["ref"], done["template"], done["type"]) == ("T1", "ticket", kind)
        assert done["bytes"] == (tmp_path / name).stat().st_size
    text, page = (tmp_path / "a.txt").read_text(), (tmp_path / "a.html").read_text()
    for shown in (text, page):
        assert all(x in shown for x in ("T1", "Printer jams", "It jams.", "maria@customer.example")) and "never pays" not in shown
    assert "SN-4711|<b>" in text and "SN-4711|&lt;b&gt;" in page and "<b>" not in page
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    assert "He never pays." in desk.run("ticket", "print", "T1", "--inside").out
    desk.ok("ticket", "print", "T1", "--to", str(tmp_path / "a.pdf"))


def test_an_order_takes_over_the_tickets_fields(desk: Desk) -> None:
    """The technician would have half of what he needs on paper."""
    desk.opened("--device", "SN4711")
    desk.ok("ticket", "edit", "T1", "--project", "P7", "--contract", "C1", "--party", "")
    assert desk.run("ticket", "print", "T1", "--template", "order").code == 3
    desk.ok("order", "add", "T1", "--tech", "anna", "--when", "fri 9", "--text", "Change the pump\n1. first\n# not a title", *FRIDAY)
    desk.ok("order", "edit", "T1-1", "--hours", "1.5", "--parts", "2xSN-99", "--report", "changed it", "--as", "anna", *FRIDAY)
    out = desk.run("ticket", "print", "T1", "--template", "order").out
    assert all(
        x in out for x in ("Service order T1-1", "Anna Berg", "SN4711", "P7", "C1", "27 November 2026, 09:00", "1 hour 30 minutes", "SN-99")
    )
    assert "Change the pump\n1. first\n# not a title" in out
    german = desk.run("ticket", "print", "T1", "--template", "order", "--language", "de").out
    assert "Serviceauftrag T1-1" in german and "Unterschrift" in german


def test_two_layouts_of_the_sites_own_look_different(desk: Desk, tmp_path: Path) -> None:
    """The first customer who wants his own form would need a programmer."""
    folder = desk.folder / "texts" / "documents"
    folder.mkdir(parents=True)
    desk.config.write_text(CONFIG.replace('name = "Help"', 'name = "Help"\ntexts = "texts"'))
    (folder / "short.md").write_text("# {{ ticket.ref }}\n\n{{ ticket.subject }}\n")
    (folder / "long.md").write_text("| Who | What |\n|---|---|\n{% for p in posts %}\n| {{ p.author }} | {{ p.text }} |\n{% endfor %}\n")
    (folder / "long.css").write_text("td { color: navy }\n")
    (folder / "long.typ").write_text('#set page(paper: "a5")\n')
    desk.opened()
    assert desk.run("ticket", "print", "T1", "--template", "short").out == "T1\n==\n\nPrinter jams\n"
    long = desk.run("ticket", "print", "T1", "--template", "long").out
    assert long == "Who   What\nHelp  It jams.\n"
    for name in ("short", "long"):
        desk.ok("ticket", "print", "T1", "--template", name, "--to", str(tmp_path / f"{name}.pdf"))
        desk.ok("ticket", "print", "T1", "--template", name, "--to", str(tmp_path / f"{name}.html"))
    assert (tmp_path / "short.pdf").read_bytes() != (tmp_path / "long.pdf").read_bytes()
    assert "color: navy" in (tmp_path / "long.html").read_text()
    (folder / "short.md").write_text("{{ ticket.ref ")
    broken = desk.run("ticket", "print", "T1", "--template", "short")
    assert broken.code == 1 and "short" in broken.err


def test_what_can_not_be_printed_is_said(desk: Desk, tmp_path: Path) -> None:
    """A wrong name would give an empty page."""
    desk.opened()
    assert desk.run("ticket", "print", "T9").code == 3
    unknown = desk.run("ticket", "print", "T1", "--template", "raport")
    assert unknown.code == 3 and "report" in unknown.err
    assert desk.run("ticket", "print", "T1", "--to", "a.docx").code == 2
    assert desk.run("ticket", "print", "T1", "--template", "../../secret").code == 3
