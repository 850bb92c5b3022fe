"""The whole desk out as plain files and back in, to the identical state."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Desk

LATER = ("--now", "2027-01-05T10:00+02:00")


def worked(desk: Desk) -> None:
    """A desk with everything in it: mails with files, tasks, orders, notes, people, a merged, a closed and a deleted ticket."""
    desk.ok("party", "add", "acme", "--name", "Acme", "--domain", "customer.example")
    desk.ok("person", "add", "maria@customer.example", "--name", "Maria Keller", "--phone", "+358 1")
    desk.ok("mail", "in", str(desk.mail("a")))
    desk.ok("mail", "in", str(desk.mail("b", subject="Ääkköset", text="Ä\udcff".encode("utf-8", "replace").decode())))
    for _ in range(3):
        desk.opened("--device", "SN1")
    desk.ok("ticket", "do", "T1", "take", "prio high", "tag vip", "remind 2d ask", "--as", "anna")
    desk.ok("task", "add", "order the part", "--ticket", "T1", "--agent", "ben", "--by", "3d")
    desk.ok("order", "add", "T1", "--tech", "ben", "--when", "3d", "--text", "Go there")
    desk.ok("order", "edit", "T1-1", "--hours", "1.5", "--parts", "2xSN-9", "--as", "ben")
    desk.ok("ticket", "reply", "T1", "--text", "We come.", "--as", "anna")
    desk.ok("ticket", "do", "T3", "merge T1", "--as", "anna")
    desk.ok("ticket", "do", "T4", "close", "--as", "anna")
    desk.ok("ticket", "delete", "T5", "--yes")
    desk.ok("tick", *LATER)


def state(desk: Desk) -> dict[str, object]:
    """All that the command line can tell of the desk."""
    return {
        "list": desk.ok("ticket", "list", *LATER),
        "show": [desk.ok("ticket", "show", ref, *LATER) for ref in ("T1", "T2", "T3", "T5")],
        "mails": desk.ok("mail", "list"),
        "raw": [desk.run("mail", "raw", str(number)).raw for number in (1, 2)],
        "outbox": desk.ok("outbox", "list"),
        "people": [desk.ok(noun, "list") for noun in ("agent", "person", "order")],
        "found": [t["ref"] for t in desk.ok("ticket", "list", "--search", "jam")],
        "fates": desk.ok("mail", "fates", *LATER)["fates"],
        "head": desk.ok("audit", "verify")["head"],
    }


def wipe(desk: Desk) -> None:
    for path in (desk.folder / "var").glob("desk.db*"):
        path.unlink()


def test_a_desk_goes_out_and_comes_back_identical(desk: Desk, tmp_path: Path) -> None:
    """Whoever leaves, or moves to another database, would lose what his customers wrote."""
    worked(desk)
    before = state(desk)
    out = tmp_path / "out"
    done = desk.ok("export", str(out))
    assert done["tickets"] == 5 and done["mails"] == len(list(out.glob("mails/*/*.eml")))
    assert sorted(p.read_bytes() for p in out.glob("mails/received/*.eml")) == sorted(before["raw"])
    assert b"Subject: Printer jams" in (out / "tickets" / "T1.mbox").read_bytes()
    rows = [json.loads(line) for line in (out / "tables" / "ticket.jsonl").read_text().splitlines()]
    assert [r["ref"] for r in rows] == ["T1", "T2", "T3", "T4", "T5"]
    assert all(p.stat().st_mode & 0o077 == 0 for p in (out, *out.rglob("*.*")))
    wipe(desk)
    back = desk.ok("import", str(out))
    assert back["rows"] == done["rows"] and back["mails"] == done["mails"]
    assert state(desk) == before
    assert desk.ok("db", "check")["ok"] is True
    assert desk.opened()["ref"] == "T6"


def test_an_import_overwrites_nothing_and_believes_no_damaged_file(desk: Desk, tmp_path: Path) -> None:
    """Half a desk over another one would be two ruined ones."""
    worked(desk)
    out = tmp_path / "out"
    desk.ok("export", str(out))
    assert desk.run("export", str(out)).code == 1
    assert desk.run("import", str(out)).code == 1
    assert desk.run("import", str(tmp_path / "nothing")).code == 3
    wipe(desk)
    mail = next(out.glob("mails/received/*.eml"))
    whole = mail.read_bytes()
    mail.write_bytes(whole + b"more")
    refused = desk.run("import", str(out))
    assert refused.code == 1 and "nothing was imported" in refused.err
    mail.write_bytes(whole)
    history = out / "tables" / "history.jsonl"
    lines = history.read_text()
    history.write_text(lines.replace('"actor": "anna"', '"actor": "eve"', 1))
    assert "entry" in desk.run("import", str(out)).err
    history.write_text("\n".join(lines.splitlines()[:-1]) + "\n")
    assert desk.run("import", str(out)).code == 1
    assert desk.ok("ticket", "list") == []
    history.write_text(lines)
    desk.ok("import", str(out))
