"""The daemon's life as its operator sees it: signals, locks, neighbours, and mail that is made to hurt it."""

from __future__ import annotations

import re
import signal
import smtplib
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.journeys.desk import MAILGATE, Desk, environment, until
from tests.journeys.town import parsed, plain, smtp
from tests.servers.ports import free_ports

pytestmark = pytest.mark.journey


def mail(name: str, text: str = "Hello") -> bytes:
    """A customer's mail, known by its name."""
    return f"From: {name}@client.example\r\nTo: support@desk.example\r\nSubject: {name}\r\nMessage-ID: <{name}@client.example>\r\n\r\n{text}\r\n".encode()


def sent(desk: Desk) -> list[EmailMessage]:
    """The mails that left into the Maildir."""
    return [parsed(path.read_bytes()) for path in (desk.folder / "sent" / "new").glob("*")]


def test_sigterm_under_load_loses_nothing_and_ends_well(open_desk: Callable[..., Desk]) -> None:
    """Every upgrade would cost some customer his mail, and systemd would report a failure."""
    stopped_under_load(open_desk, 1, at_least=20)


def stopped_under_load(open_desk: Callable[..., Desk], times: int, *, at_least: int) -> None:
    """SIGTERM so often while four senders deliver; each time after some mails more."""
    desk = open_desk()
    acknowledged: list[str] = []
    for turn in range(times):
        desk.start()
        enough = len(acknowledged) + at_least + turn % 7
        started = threading.Event()
        workers = [threading.Thread(target=_load, args=(desk, f"{turn}-{n}", acknowledged, enough, started)) for n in range(4)]
        for worker in workers:
            worker.start()
        assert started.wait(30)
        began = time.monotonic()
        assert desk.stop() == 0
        assert time.monotonic() - began < 10
        for worker in workers:
            worker.join(20)

    desk.start()
    desk.settled(len(acknowledged))
    assert desk.cli("mail", "fates")["ok"]
    kept = {row["message_id"] for row in desk.cli("mail", "list", "--limit", "1000000")}
    assert {f"<{name}@client.example>" for name in acknowledged} - kept == set()
    assert desk.stop() == 0


def _load(desk: Desk, name: str, acknowledged: list[str], enough: int, started: threading.Event) -> None:
    try:
        with smtplib.SMTP("127.0.0.1", desk.smtp_port, timeout=15) as door:
            for n in range(500):
                each = f"load-{name}-{n}"
                door.sendmail(f"{each}@client.example", ["support@desk.example"], mail(each, "x" * 3000))
                acknowledged.append(each)
                if len(acknowledged) >= enough:
                    started.set()
    except (smtplib.SMTPException, OSError):
        return  # told 421, or cut off without an answer: a relay keeps such a mail


def test_a_log_that_cannot_be_written_stops_no_mail(open_desk: Callable[..., Desk]) -> None:
    """A full log disk would be a desk that refuses mail, and says so nowhere."""
    desk = open_desk()
    with Path("/dev/full").open("wb") as full:
        process = subprocess.Popen(
            [MAILGATE, "--config", desk.config, "serve"],
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=full,
            env=environment(),
            start_new_session=True,
        )
    try:
        until(lambda: _answers(desk.smtp_port), "the door is open", 60)
        for n in range(3):
            smtp(desk.smtp_port, mail(f"unlogged-{n}"))
        until(lambda: desk.cli("mail", "fates")["fates"].get("opened") == 3, "every mail has its fate", 60)
        until(lambda: len(sent(desk)) >= 3, "acknowledgements leave", 60)
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as line:
            return line.recv(3) == b"220"
    except OSError:
        return False


def test_sighup_takes_the_new_rules_and_refuses_faulty_ones(open_desk: Callable[..., Desk]) -> None:
    """A typing error in a rule would stop the desk, or silently keep yesterday's rules for ever."""
    desk = open_desk()
    desk.start()
    good = desk.config.read_text()
    rule = '[[rule]]\nname = "printers"\nwhen = {subject = "printer"}\nthen = ["prio high"]\n'
    desk.write_config(good + rule)
    desk.signal(signal.SIGHUP)
    desk.logs("config reread")
    smtp(desk.smtp_port, mail("printer"))
    desk.settled(1)
    assert desk.cli("ticket", "show", "T1")["priority"] == "high"

    desk.write_config(good + rule.replace("prio high", "pryo high"))
    desk.signal(signal.SIGHUP)
    desk.logs("config not taken")
    alert = until(lambda: next((m for m in sent(desk) if m["X-Mailgate-Template"] == "alert"), None), "the admin hears of it")
    assert alert is not None
    assert alert["To"] == "root@staff.example"
    assert "pryo" in plain(alert)
    smtp(desk.smtp_port, mail("printer2"))
    desk.write_config(good + rule)
    desk.settled(2)
    assert desk.cli("ticket", "show", "T2")["priority"] == "high"


def test_a_second_daemon_on_one_file_is_refused_and_a_killed_one_is_no_hindrance(open_desk: Callable[..., Desk]) -> None:
    """Two daemons would answer everybody twice; a lock that outlives its owner would keep the desk down after a crash."""
    desk = open_desk()
    desk.start()
    assert desk.process is not None
    second = subprocess.run([MAILGATE, "--config", desk.config, "serve"], capture_output=True, env=environment(), timeout=30, check=False)
    assert second.returncode == 1
    assert str(desk.process.pid) in second.stderr.decode()
    desk.kill()
    desk.start()
    smtp(desk.smtp_port, mail("after"))
    desk.settled(1)


def test_two_desks_on_one_machine_do_not_see_each_other(open_desk: Callable[..., Desk]) -> None:
    """A tenant's mail would be another tenant's."""
    one, two = open_desk("one"), open_desk("two")
    one.start()
    two.start()
    smtp(one.smtp_port, mail("first"))
    one.settled(1)
    assert [t["subject"] for t in one.cli("ticket", "list")] == ["first"]
    assert two.cli("ticket", "list") == []
    assert two.cli("mail", "fates")["received"] == 0
    token = next(iter(until(lambda: list((one.folder / "sent" / "new").glob("*")), "the acknowledgement leaves"))).read_bytes()
    found = re.search(rb"^Reply-To: .*?(support\+[\w-]+@desk\.example)", token, re.MULTILINE)
    assert found
    address = found.group(1).decode()
    smtp(two.smtp_port, mail("stray"), to=address)
    two.settled(1)
    assert [t["subject"] for t in two.cli("ticket", "list")] == ["stray"], "a token of the other desk is no token here"
    assert one.stop() == two.stop() == 0


def test_a_mail_of_twenty_thousand_header_fields_holds_nobody_up(open_desk: Callable[..., Desk]) -> None:
    """One such mail would keep all others waiting for as long as the parser takes."""
    desk = open_desk()
    desk.start()
    smtp(desk.smtp_port, mail("warm"))
    desk.settled(1)
    fields = b"".join(b"X-Field-%d: value %d\r\n" % (n, n) for n in range(20_000))
    began = time.monotonic()
    smtp(desk.smtp_port, fields + mail("heavy"))
    smtp(desk.smtp_port, mail("next"))
    until(lambda: "message-id=<next@client.example>" in desk.log(), "the next mail is handled", 10)
    desk.settled(3)
    assert time.monotonic() - began < 10
    heavy, following = (row for row in reversed(desk.cli("mail", "list")) if row["id"] > 1)
    assert heavy["fate"] in {"held", "parked", "opened"}
    assert following["fate"] == "opened"


def test_a_hangup_while_the_daemon_starts_is_answered_when_it_can_be(open_desk: Callable[..., Desk]) -> None:
    """Whoever writes the config and reloads at once would end the desk that he has just started."""
    desk = open_desk()
    desk.start(wait=False)
    assert desk.process is not None
    until(lambda: _catches_hangups(desk.process.pid), "the daemon looks after itself")
    assert "listening" not in desk.log()
    desk.signal(signal.SIGHUP)
    desk.logs("config reread")
    assert desk.process.poll() is None
    assert desk.stop() == 0


def _catches_hangups(pid: int) -> bool:
    """Whether a process does something else at SIGHUP than end; the first bit of a mask is signal 1."""
    said = re.search(r"^SigCgt:\s*([0-9a-f]+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return said is not None and bool(int(said[1], 16) & 1)


def test_the_figures_are_served_while_the_desk_runs(open_desk: Callable[..., Desk]) -> None:
    """Who isn't told that mail waits hears it from his customers."""
    port = free_ports(1)[0]
    desk = open_desk(more=f'[metrics]\nlisten = "127.0.0.1:{port}"\n')
    desk.start()
    with smtplib.SMTP("127.0.0.1", desk.smtp_port, timeout=15) as door:
        door.sendmail("kim@client.example", ["support@desk.example"], mail("kim"))
    desk.settled(1)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        page = answer.read().decode()
    assert 'mailgate_mails{fate="opened"} 1.0' in page
    assert desk.stop() == 0
