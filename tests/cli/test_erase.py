"""Data protection: what would go is shown first; then no byte of the person is in any file of the desk."""

from __future__ import annotations

import base64
import re
import subprocess
from pathlib import Path

from tests.cli.conftest import Desk
from tests.servers.postgres import binary

KIM = "kim.virtanen@client.example"
MAIL = """From: Kim Virtanen <kim.virtanen@client.example>
To: support@desk.example
Cc: Maria <maria@customer.example>
Subject: Kim's printer
Message-ID: <1@client.example>
Date: Sun, 22 Nov 2026 08:00:00 +0200

My printer is broken. Kim Virtanen, +358 40 1234567
"""
CODED = """From: Maria <maria@customer.example>
To: support@desk.example
Subject: A colleague
Message-ID: <2@customer.example>
Date: Sun, 22 Nov 2026 08:00:00 +0200
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

{text}
"""


def bytes_of(folder: Path) -> bytes:
    """All files of the desk, one after the other, but what the operator wrote himself."""
    return b"\0".join(p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file() and p.name != "config.toml")


WORDS = (
    b"kim.virtanen",
    b"virtanen",
    b"kim@home",
    b"1234567",
    b"my printer is broken",
    b"kim, we come",
    b"kim's printer",
    b"the cellar door",
    base64.b64encode(b"kim.virtanen@c")[:12].lower(),
)
"""What stood in Kim's mails, in hers and in ours, as it is and as it travels."""


def gone(desk: Desk, left: bytes) -> None:
    """Nothing of Kim is in what the desk has left, others are still there, and all of it holds together."""
    assert [word for word in WORDS if word in left.lower()] == []
    assert b"maria@customer.example" in left.lower()
    other = desk.ok("ticket", "show", "T2")
    assert other["watchers"] == [] and other["requester"]["address"] == "maria@customer.example"
    assert [p["text"] for p in other["posts"]] == ["Please add erased in copy, erased knows more.", "erased called"]
    assert desk.ok("audit", "verify")["ok"] is True and desk.ok("db", "check")["ok"] is True
    assert desk.run("erase", KIM).code == 3


def written(desk: Desk) -> None:
    """Kim has a request of his own and is named in one of Maria's."""
    desk.at("2027-01-04T10:00+02:00")
    desk.ok("person", "add", KIM, "--name", "Kim Virtanen", "--address", "kim@home.example", "--phone", "+358 40 1234567")
    desk.ok("mail", "in", "-", stdin=MAIL)
    desk.ok("ticket", "do", "T1", "assign anna", "task call Kim Virtanen back", "--as", "anna")
    desk.ok("ticket", "reply", "T1", "--text", "Hello Kim, we come.", "--as", "anna")
    coded = base64.b64encode(f"Please add {KIM} in copy, Kim Virtanen knows more.".encode()).decode()
    desk.ok("mail", "in", "-", stdin=CODED.format(text=coded))
    desk.ok("ticket", "do", "T2", f"cc {KIM}", "note Kim Virtanen called", "--as", "anna")
    desk.ok(
        "mail",
        "in",
        "-",
        "--from",
        KIM,
        "--to",
        "support@desk.example",
        stdin=MAIL.replace("<1@", "<3@").replace("Kim's printer", "My list").replace("My printer is broken.", "#list"),
    )
    desk.ok(
        "mail",
        "in",
        "-",
        "--from",
        KIM,
        stdin=f"From: {KIM}\nFrom: {KIM}\nMessage-ID: <4@client.example>\nSubject: The cellar door\n\nIt is open.\n",
    )
    desk.ok("tick", "--now", "2027-01-05T10:00+02:00")


def test_what_would_go_is_shown_and_nothing_done(desk: Desk) -> None:
    """A slip of the keyboard would erase the wrong person."""
    written(desk)
    shown = desk.ok("erase", KIM)
    assert (shown["done"], shown["tickets"], shown["named_in"], shown["names"]) == (False, ["T1"], ["T2"], ["Kim Virtanen"])
    assert sorted(shown["addresses"]) == ["kim.virtanen@client.example", "kim@home.example"]
    assert shown["mails"] == 4 and shown["letters"] > 0 and shown["sent_files"] > 0
    assert desk.ok("ticket", "show", "T1")["requester"]["address"] == KIM
    assert "nothing was done" in desk.run("erase", KIM).err


def test_no_byte_of_an_erased_person_is_left(desk: Desk) -> None:
    """The law's promise to Kim would be broken by a backup copy of a free page."""
    written(desk)
    assert b"Virtanen" in bytes_of(desk.folder)
    assert desk.ok("erase", "kim@home.example", "--yes")["done"] is True
    gone(desk, bytes_of(desk.folder))
    assert desk.ok("ticket", "show", "T2")["history"][-1]["action"] == "erased"


def dumped(url: str) -> bytes:
    """All that pg_dump writes, what it writes in hexadecimal beside it as bytes."""
    made = subprocess.run([binary("pg_dump"), url.replace("+psycopg", "")], capture_output=True, check=True).stdout
    coded = b" ".join(bytes.fromhex(found.decode()) for found in re.findall(rb"\\\\x((?:[0-9a-f]{2})+)", made))
    return (made + coded).lower()


def test_agents_are_not_erased_by_their_address(desk: Desk) -> None:
    """Half of the history would have nobody who did it."""
    assert desk.run("erase", "anna@staff.example", "--yes").code == 1
    assert desk.run("erase", "nobody@nowhere.example", "--yes").code == 3
