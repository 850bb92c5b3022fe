"""One sender who never stops, and everybody else, at the real doors."""

from __future__ import annotations

import smtplib
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime

import pytest

from tests.journeys.desk import Desk, until

BOMBER = "bomber@evil.example"


def bombed(open_desk: Callable[..., Desk], *, bombs: int, others: int, threads: int) -> None:
    """So many mails of one sender as fast as the door takes them, and in between some of others; what became of both."""
    desk = open_desk()
    # the limits as they come: tickets and answers for strangers are few
    desk.write_config(desk.config.read_text().partition("[limits]")[0])
    desk.start()
    answers: Counter[int] = Counter()
    lock = threading.Lock()

    def bomb(worker: int) -> None:
        door = smtplib.SMTP("127.0.0.1", desk.smtp_port, local_hostname="mx.evil.example", timeout=30)
        for n in range(worker, bombs, threads):
            code = _offer(door, BOMBER, f"bomb-{n}")
            with lock:
                answers[code] += 1
        door.close()

    workers = [threading.Thread(target=bomb, args=(n,)) for n in range(threads)]
    for worker in workers:
        worker.start()
    door = smtplib.SMTP("127.0.0.1", desk.smtp_port, local_hostname="mx.client.example", timeout=30)
    for n in range(others):
        assert _offer(door, f"kim{n}@client{n}.example", f"other-{n}") == 250
        time.sleep(0.3)
    for worker in workers:
        worker.join()
    door.close()
    assert set(answers) <= {250, 452, 451, 421}, answers
    until(lambda: desk.cli("mail", "fates")["waiting"] == 0, "every mail has its fate", 600)
    rows = desk.cli("mail", "list", "--limit", "1000000")
    assert len(rows) == answers[250] + others
    opened = Counter(str(row["from"]["address"]).partition("@")[0][:3] for row in rows if row["fate"] == "opened")
    assert opened["kim"] == others, opened
    assert 0 < opened["bom"] <= 20, opened
    waits = sorted(
        _seconds(row) for row in desk.cli("ticket", "list", "--limit", "1000000") if str(row["requester"]["address"]).startswith("kim")
    )
    print(f"bombs={bombs} answers={dict(answers)} others={others} opened={dict(opened)}")
    assert len(waits) == others
    told = [row for row in desk.cli("outbox", "list", "--limit", "1000000") if BOMBER in str(row["to"])]
    assert len(told) <= 1, "a bomb in somebody's name comes back to him"
    assert desk.stop(20) == 0
    assert desk.run("db", "check").returncode == 0


def _offer(door: smtplib.SMTP, sender: str, name: str) -> int:
    raw = f"From: {sender}\r\nTo: support@desk.example\r\nSubject: {name}\r\nMessage-ID: <{name}@x.example>\r\n\r\nHello\r\n"
    try:
        door.ehlo_or_helo_if_needed()
        for command in (f"MAIL FROM:<{sender}>", "RCPT TO:<support@desk.example>"):
            code, _ = door.docmd(command)
            if code >= 400:
                return code
        return door.data(raw.encode())[0]
    except smtplib.SMTPResponseException as fault:
        return int(fault.smtp_code)


def _seconds(row: dict[str, object]) -> float:
    return datetime.fromisoformat(str(row["opened_at"])).timestamp()


@pytest.mark.timeout(170)
def test_a_bomber_takes_nothing_from_others(open_desk: Callable[..., Desk]) -> None:
    """Whoever sends enough would shut the desk for everybody."""
    bombed(open_desk, bombs=150, others=4, threads=2)


@pytest.mark.chaos
@pytest.mark.timeout(3600)
def test_twenty_thousand_mails_of_one_sender(open_desk: Callable[..., Desk]) -> None:
    """The same for longer than any queue is deep."""
    bombed(open_desk, bombs=20_000, others=100, threads=6)
