"""A desk of many tickets goes out, is wiped and comes back the same; a desk that is being written to can be copied at any moment.

`make moving` does both at full size: 5,000 tickets, and twenty backups.
"""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

import cli
from tests.cli.conftest import ROOT, Desk

TICKETS = int(os.environ.get("MOVED_TICKETS", "8"))
BACKUPS = int(os.environ.get("BACKUPS", "2"))
MAILS = 80 * BACKUPS
"""So many that they are still being handled when the first of so many backups is made, however busy the machine is."""
pytestmark = pytest.mark.timeout(120 if TICKETS < 100 and BACKUPS < 5 else 7200)
LATER = ("--now", "2027-01-05T10:00+02:00")


def mails(path: Path, count: int, *, answered: bool = True) -> Path:
    """An mbox with the requests of as many customers, each third followed by another mail of his, each fifth with a file."""
    with path.open("w", encoding="utf-8") as box:
        for n in range(count):
            box.write(
                f"From kim{n}@client.example Sun Nov 22 08:00:00 2026\nFrom: Kim {n} <kim{n}@client.example>\nTo: support@desk.example\n"
                f"Subject: Printer {n} jams\nMessage-ID: <first-{n}@client.example>\nDate: Sun, 22 Nov 2026 08:00:00 +0200\n"
            )
            if n % 5 == 0:
                box.write('Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n')
            else:
                box.write("Content-Type: text/plain; charset=utf-8\n\n")
            box.write(f"Paper everywhere in room {n}. Žluťoučký kůň.\n")
            if n % 5 == 0:
                box.write(f'--b\nContent-Type: text/csv\nContent-Disposition: attachment; filename="log-{n}.csv"\n\n{n};jam\n--b--\n')
            box.write("\n")
            if answered and n % 3 == 0:
                box.write(
                    f"From kim{n}@client.example Sun Nov 22 09:00:00 2026\nFrom: Kim {n} <kim{n}@client.example>\nTo: support@desk.example\n"
                    f"Subject: Re: Printer {n} jams\nMessage-ID: <second-{n}@client.example>\nIn-Reply-To: <first-{n}@client.example>\n\nIt is worse now.\n\n"
                )
    return path


def told(desk: Desk) -> tuple[object, list[object]]:
    """The list of tickets and everything of each."""
    listed = desk.ok("ticket", "list", *LATER)
    return listed, [desk.ok("ticket", "show", each["ref"], *LATER) for each in listed]


def test_a_desk_of_many_tickets_comes_back_identical(desk: Desk, tmp_path: Path) -> None:
    """Whoever moves to another machine must find each ticket as he left it."""
    desk.ok("mail", "in", "--silent", str(mails(tmp_path / "all.mbox", TICKETS)))
    for ref, line in (("T1", "take"), ("T2", "close"), ("T4", "prio high")):
        desk.ok("ticket", "do", ref, line, "--as", "anna", *LATER)
    before = told(desk)
    assert len(before[1]) == TICKETS
    done = desk.ok("export", str(tmp_path / "out"))
    for path in (desk.folder / "var").glob("desk.db*"):
        path.unlink()
    assert desk.ok("import", str(tmp_path / "out"))["rows"] == done["rows"]
    assert told(desk) == before


def test_a_backup_of_a_desk_at_work_is_a_sound_desk(desk: Desk, tmp_path: Path) -> None:
    """A copy with half a mail in it would be found out on the day when it is needed."""
    # small mails in great number: the copies are made while they are handled
    box = mails(tmp_path / "all.mbox", MAILS)
    env = {**os.environ, "MAILGATE_CONFIG": str(desk.config), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", "from cli import run; run()", "--json", "mail", "in", str(box)]
    counts: list[int] = []
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as writing:
        while not desk.ok("ticket", "list", "--limit", "1"):
            assert writing.poll() is None
        for number in range(BACKUPS):
            copy = tmp_path / f"copy-{number}" / "var" / "desk.db"
            desk.ok("db", "backup", str(copy))
            there = Desk(copy.parent.parent)
            there.config.write_text(desk.config.read_text())
            assert there.ok("db", "check")["ok"] is True
            assert there.run("mail", "fates").code == cli.OK
            counts.append(len(there.ok("ticket", "list")))
        at_work = writing.poll() is None
        _, said = writing.communicate(timeout=600)
    assert writing.returncode == 0, said
    assert counts == sorted(counts)
    assert len(set(counts)) > 1 or at_work
    assert len(desk.ok("ticket", "list")) == MAILS


def test_long_work_shows_how_far_it_is_on_a_terminal_alone(desk: Desk, tmp_path: Path) -> None:
    """Minutes without a sign look like a hang; a bar in a log file is noise."""
    desk.opened()
    env = {**os.environ, "MAILGATE_CONFIG": str(desk.config), "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    command = [sys.executable, "-c", "from cli import run; run()", "--json"]
    master, slave = pty.openpty()
    try:
        done = subprocess.run([*command, "export", str(tmp_path / "out")], env=env, stdout=subprocess.PIPE, stderr=slave, check=True)
        os.close(slave)
        seen = b""
        with contextlib.suppress(OSError):  # Linux says so at the end of a terminal
            while piece := os.read(master, 65536):
                seen += piece
    finally:
        os.close(master)
    assert b"rows" in seen
    assert b"1/1" in seen
    assert json.loads(done.stdout)["tickets"] == 1
    quiet = desk.process("db", "check", "--json")
    assert "checks" not in quiet.err
    assert json.loads(quiet.raw)["ok"] is True
