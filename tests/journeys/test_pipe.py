"""Mail by a pipe: what `mailgate mail in -` tells an MTA by its exit code, and that the mail is there when it says 0."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.journeys.desk import Desk

pytestmark = pytest.mark.journey

RAW = b"From: Kim <kim@client.example>\nTo: support@desk.example\nSubject: Piped\nMessage-ID: <1@client.example>\n\nHello\n"


def test_a_pipe_keeps_says_so_and_recognises_a_retry(open_desk: Callable[..., Desk]) -> None:
    """An MTA believes the exit code: 0 for a mail that isn't kept loses it, another for one that is sends it again and again."""
    desk = open_desk()
    done = desk.run("mail", "in", "-", "--from", "kim@client.example", "--to", "support@desk.example", stdin=RAW)
    assert done.returncode == 0, done.stderr
    (kept,) = desk.cli("mail", "in", "-", "--from", "kim@client.example", "--to", "support@desk.example", stdin=RAW)
    assert (kept["id"], kept["fate"], kept["ticket"]) == (1, "opened", "T1")
    assert desk.cli("mail", "fates")["received"] == 1
    raw = desk.run("mail", "raw", "1", as_json=False).stdout
    assert raw == RAW


def test_what_is_no_mail_bounces_and_what_cannot_be_kept_waits(open_desk: Callable[..., Desk]) -> None:
    """65 makes the MTA tell the sender, 75 makes it try again, 78 makes it wait for the operator."""
    desk = open_desk()
    assert desk.run("mail", "in", "-", stdin=b"").returncode == 65
    good = desk.config.read_text()
    desk.write_config(good.replace("[store]", "[stoer]"))
    assert desk.run("mail", "in", "-", stdin=RAW).returncode == 78
    desk.write_config(good.replace("sqlite:///desk.db", "postgresql+psycopg://desk@127.0.0.1:1/desk"))
    assert desk.run("mail", "in", "-", stdin=RAW).returncode == 75
