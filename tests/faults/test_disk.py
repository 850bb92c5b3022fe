"""A disk that is full, broken, slow or cut off: what was answered with 250 is there, and all else hears that it shall try again."""

from __future__ import annotations

import re
import smtplib
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.drill import CONFIG, Drill, judge
from tests.chaos.load import Senders, numbered
from tests.chaos.relay import Relay
from tests.faults.disk import Disk
from tests.journeys.desk import Desk


class Line:
    """One connection that lives through everything, as a relay's does."""

    def __init__(self, desk: Desk) -> None:
        self._port = desk.smtp_port
        self._line: smtplib.SMTP | None = None
        self._connect()
        self.kept: list[str] = []
        self._number = 0

    def _connect(self) -> None:
        self.close()
        self._line = smtplib.SMTP("127.0.0.1", self._port, local_hostname="mx.client.example", timeout=30)
        self._line.ehlo()

    def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            self._line.close()

    def offer(self) -> tuple[int, str]:
        """A mail without RSET before or after it; its last answer. Connects again where we were shown out."""
        self._number += 1
        sender = f"c{self._number}@client.example"
        assert self._line is not None
        try:
            for command in (f"MAIL FROM:<{sender}>", "RCPT TO:<support@desk.example>", "DATA"):
                code, text = self._line.docmd(command)
                if code >= 400:
                    return self._said(code, text)
            raw = f"From: {sender}\r\nTo: support@desk.example\r\nSubject: mail {self._number}\r\nMessage-ID: <{sender}>\r\n\r\nhello\r\n.\r\n"
            self._line.send(raw.encode())
            code, text = self._line.getreply()
        except (smtplib.SMTPServerDisconnected, ConnectionError):
            self._connect()
            return 421, "disconnected"
        if code == 250:
            self.kept.append(f"<{sender}>")
        return self._said(code, text)

    def _said(self, code: int, text: bytes) -> tuple[int, str]:
        said = text.decode()
        assert code < 500, f"{code} {said}: a fault of ours would bounce the mail"
        assert not re.search(r"Errno|Error|/|sqlite|Traceback", said), f"tells of our insides: {said}"
        if code == 421:
            self._connect()
        return code, said

    def until_kept(self, seconds: float) -> float:
        """Offer again and again; gives the seconds that it took."""
        began = time.monotonic()
        while self.offer()[0] != 250:
            assert time.monotonic() - began < seconds, "the door doesn't come back"
            time.sleep(0.1)
        return time.monotonic() - began


def on_disk(open_desk: Callable[..., Desk], tmp_path: Path, *, remembers: bool = False, **how: object) -> tuple[Desk, Disk]:
    """A desk on a faulty disk, everything that it has now being durable."""
    desk = open_desk(**how)
    desk.run("doctor")
    desk.run("agent", "add", "anna", "--address", "anna@staff.example")
    disk = Disk(desk.folder, tmp_path / "steer", remembers=remembers)
    desk.surroundings |= disk.environment
    return desk, disk


def test_a_full_broken_or_slow_disk_bounces_nothing_and_loses_nothing(open_desk: Callable[..., Desk], tmp_path: Path) -> None:
    """A mail that is answered 5xx because our disk is full is lost to its sender; one that is answered 250 is lost to us."""
    desk, disk = on_disk(open_desk, tmp_path)
    desk.start()
    line = Line(desk)
    assert line.offer()[0] == 250
    with disk.fault("full"):
        assert {line.offer()[0] for _ in range(4)} <= {451, 452, 421}
    assert line.until_kept(40) < 40
    with disk.fault("broken"):
        assert {line.offer()[0] for _ in range(5)} <= {451, 452, 421}
    line.until_kept(90)
    with disk.fault("slow"):
        began = time.monotonic()
        assert line.offer()[0] == 250
        assert time.monotonic() - began >= 0.5, "the answer waited for the disk"
    line.until_kept(40)
    line.close()
    assert desk.stop() == 0
    desk.cli("tick")
    kept = [row["message_id"] for row in desk.cli("mail", "list", "--limit", "1000")]
    assert sorted(kept) == sorted(line.kept), "what was answered with 250, once each, and nothing else"
    assert desk.run("db", "check").returncode == 0
    assert "CRIT" in desk.log() or "disk" in desk.log()


def test_a_database_that_somebody_else_holds_delays_mail_and_says_so(open_desk: Callable[..., Desk]) -> None:
    """A backup tool that locks the file for a minute would bounce the mail of that minute."""
    desk = open_desk()
    desk.start()
    line = Line(desk)
    line.until_kept(40)
    other = sqlite3.connect(desk.folder / "desk.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    code, _ = line.offer()
    assert code == 451
    said = desk.run("ticket", "new", "--for", "kim@client.example", "--subject", "x", "--text", "x", as_json=False)
    assert said.returncode == 1
    assert b"try again" in said.stderr.lower() or b"busy" in said.stderr.lower(), said.stderr
    other.execute("ROLLBACK")
    other.close()
    assert line.until_kept(40) < 40
    line.close()
    assert desk.stop() == 0
    desk.cli("tick")
    assert sorted(row["message_id"] for row in desk.cli("mail", "list")) == sorted(line.kept)


@pytest.mark.timeout(170)
@pytest.mark.parametrize("journal", ["wal", pytest.param("truncate", marks=pytest.mark.chaos)])
def test_a_power_loss_loses_nothing_that_was_answered(open_desk: Callable[..., Desk], tmp_path: Path, journal: str) -> None:
    """A kill leaves what the kernel has; a power cut doesn't, and a daemon that never syncs passes every drill but this one."""
    losses_drilled(open_desk, tmp_path, journal=journal, losses=3, seconds=6, seed=5)


@pytest.mark.chaos
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("journal", ["wal", "truncate"])
def test_three_hundred_power_losses(open_desk: Callable[..., Desk], tmp_path: Path, journal: str) -> None:
    """The same, long enough to meet the rare moments."""
    losses_drilled(open_desk, tmp_path, journal=journal, losses=300, seconds=3000, seed=300)


def losses_drilled(open_desk: Callable[..., Desk], tmp_path: Path, *, journal: str, losses: int, seconds: float, seed: int) -> None:
    """Cut the power so often, then compare what senders and relay saw with what the desk says."""
    with Relay() as relay:
        desk, disk = on_disk(open_desk, tmp_path, remembers=True, relay=f"smtp://127.0.0.1:{relay.port}")
        if journal == "truncate":
            desk.surroundings["PYTHONPATH"] = f"{without_wheel(tmp_path)}:{ROOT}"
        desk.write_config(desk.config.read_text().partition("[limits]")[0] + CONFIG)
        disk.is_durable()
        drill = Drill(desk, Senders(desk.smtp_port, numbered(seed), threads=3, seed=seed), relay, seed, after_kill=disk.power_off)
        drill.run(losses, seconds=seconds)
        drill.settle(max(60.0, seconds / 2))
        verdict = judge(desk, drill.senders.items, relay)
        print(f"journal={journal} losses={drill.kills} mails={len(drill.senders.items)} broke={dict(drill.senders.moments)}")
        assert verdict.faults == {}
        assert drill.kills >= 2
        assert desk.run("db", "check").returncode == 0


ROOT = Path(__file__).resolve().parents[2]


def without_wheel(tmp_path: Path) -> Path:
    """A folder that hides the SQLite which comes with Mailgate, so that the interpreter's own is used, with a rollback journal."""
    folder = tmp_path / "hides" / "pysqlite3"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text('raise ImportError("hidden by a test")\n')
    return folder.parent
