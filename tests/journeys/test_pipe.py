"""Mail by a pipe: what `mailgate mail in -` tells an MTA by its exit code, and that the mail is there when it says 0."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.journeys.desk import ROOT, Desk, until
from tests.servers import postfix

pytestmark = pytest.mark.journey

RAW = b"From: Kim <kim@client.example>\nTo: support@desk.example\nSubject: Piped\nMessage-ID: <1@client.example>\n\nHello\n"


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that other users may look into; pytest's own they may not."""
    with tempfile.TemporaryDirectory(prefix="mailgate-pipe-", dir="/tmp") as made:
        Path(made).chmod(0o755)
        yield Path(made)


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
    """65 makes the MTA tell the sender, 75 makes it try again, 78 tells the operator's mistake from both."""
    desk = open_desk()
    assert desk.run("mail", "in", "-", stdin=b"").returncode == 65
    good = desk.config.read_text()
    desk.write_config(good.replace("[store]", "[stoer]"))
    assert desk.run("mail", "in", "-", stdin=RAW).returncode == 78
    desk.write_config(good.replace("sqlite:///desk.db", "postgresql+psycopg://desk@127.0.0.1:1/desk"))
    assert desk.run("mail", "in", "-", stdin=RAW).returncode == 75


def test_an_empty_sender_that_the_mta_names_is_the_null_sender(open_desk: Callable[..., Desk]) -> None:
    """Postfix writes `--from ""` for it: whatever comes so must not be answered, or two robots write to each other for ever."""
    desk = open_desk()
    fates = []
    for number, sender in enumerate((["--from", ""], ["--from", "<>"], [])):
        raw = RAW.replace(b"<1@", f"<{number}@".encode()).replace(b"Hello", f"Hello {number}".encode())
        fates += [kept["fate"] for kept in desk.cli("mail", "in", "-", *sender, "--to", "support@desk.example", stdin=raw)]
    assert fates == ["automatic", "automatic", "opened"]
    assert len(desk.cli("outbox", "list")) == 1


def test_a_postfix_set_up_as_told_keeps_what_a_broken_config_can_not_take(open_to_all: Path) -> None:
    """Postfix returns mail to its sender at 78: a slip in the config would turn customers away until somebody sees it."""
    told = (ROOT / "docs/guide/admins.md").read_text()
    service = re.search(r"^(mailgate unix .* )user=mailgate argv=\S+ .*? (mail in .*)$", told, re.MULTILINE)
    assert service is not None
    code, program = open_to_all / "code", open_to_all / "mailgate"
    program.write_text(f"#!/bin/sh\ncat >/dev/null\nexit $(cat {code})\n")  # its user may not run what lies in root's home
    program.chmod(0o755)
    code.write_text("78\n")
    server = postfix.start("mailgate:", services=f"{service[1]}user=nobody argv={program} {service[2]}\n")
    try:
        server.send(RAW, ["support@desk.example"])
        until(server.deliveries, "Postfix tries it")
        assert [mail["queue_name"] for mail in server.queue()] == ["deferred"], server.deliveries()
        code.write_text("0\n")
        server.wait_until_sent()
        assert server.deliveries()[-1].startswith("sent")
    finally:
        server.stop()
