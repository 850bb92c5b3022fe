"""While the doors are busy the handler stands back, and yet every mail gets its fate."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from mailgate import intake
from mailgate.doors.receiving import Received
from mailgate.handling import backlog
from rules.facts.mail import Envelope
from tests.desk.customers import account
from tests.desk.office import desk


def _kept(number: int) -> Received:
    raw = f"From: kim{number}@client.example\r\nTo: support@desk.example\r\nSubject: Matter {number}\r\n\r\nHelp.\r\n"
    envelope = Envelope(door="smtp", sender=f"kim{number}@client.example", recipients=("support@desk.example",), peer="192.0.2.1")
    return Received(envelope=envelope, raw=raw.encode())


@pytest.mark.inside("the handler is stepped by hand")
def test_doors_that_are_never_quiet_starve_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under a flood customers would be told that their mail is taken, and nobody would ever hear of it."""
    monkeypatch.setattr(backlog, "TOGETHER_SECONDS", 1000.0)  # however slow the machine is
    with desk(tmp_path) as d:
        d.agent("anna")
        intake.keep(d.office.store, [_kept(n) for n in range(10)], d.at)
        batches: list[int] = []
        through = threading.Event()

        def handled() -> None:
            batches.append(account(d).waiting)
            if not batches[-1]:
                through.set()

        handler = backlog.Handler(d.office, lambda: d.at, handled, lambda: True)
        handler.start()
        try:
            assert through.wait(20)
        finally:
            handler.stop()
        assert account(d).fates["opened"] == 10
        assert batches == [6, 2, 0], "few at a time, so that a commit at the door never waits long"


@pytest.mark.inside("the handler is stepped by hand")
def test_a_quiet_desk_handles_all_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backlog would take longer than it must."""
    monkeypatch.setattr(backlog, "TOGETHER_SECONDS", 1000.0)  # however slow the machine is
    with desk(tmp_path) as d:
        d.agent("anna")
        intake.keep(d.office.store, [_kept(n) for n in range(10)], d.at)
        through = threading.Event()
        handler = backlog.Handler(d.office, lambda: d.at, through.set, lambda: False)
        handler.start()
        try:
            assert through.wait(20)
        finally:
            handler.stop()
        assert account(d).waiting == 0
