"""`mailgate db check`: every invariant, broken by hand, is reported under its name; a desk that worked has none."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from store import checking
from tests.cli.conftest import Desk

FILES = """From: Maria Keller <maria@customer.example>
To: support@desk.example
Subject: With a file
Message-ID: <file@customer.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=q

--q
Content-Type: text/plain

See the file.
--q
Content-Type: application/pdf; name=a.pdf
Content-Disposition: attachment; filename=a.pdf

%PDF-1.4
--q--
"""
NOTE = "The customer has not paid for three months, so let him wait until Friday."

BROKEN: dict[str, tuple[str, ...]] = {
    "file": ("UPDATE post SET ticket_id = 999 WHERE id = 1",),
    "mail": ("UPDATE raw SET data = x'00' WHERE received_id = 1",),
    "ended": ("UPDATE received SET door = 'smtp' WHERE id = 1", "UPDATE raw SET data = CAST('Subject: torn' AS BLOB) WHERE received_id = 1"),
    "named": ("INSERT INTO used_signature (proof, received_id) VALUES ('0', 999)",),
    "fates": ("UPDATE received SET fate = 'lost' WHERE id = 1",),
    "once": (
        ("UPDATE received SET (message_id, from_address, content_digest, received_at) = (SELECT message_id, from_address, content_digest, received_at"
        " FROM received WHERE id = 1) WHERE id = 2"),
    ),
    "effects": ("UPDATE received SET fate = 'held' WHERE id = 1",),
    "files": ("UPDATE post SET parts = replace(parts, substr(parts, instr(parts, 'sha256') + 10, 8), '00000000') WHERE parts LIKE '%sha256%'",),
    "history": ("UPDATE ticket SET priority = 'high' WHERE id = 1",),
    "chain": ("UPDATE history SET actor = 'somebody' WHERE ticket_id = 1 AND seq = 1",),
    "posts": ("UPDATE post SET kind = 'gossip' WHERE id = 1",),
    "numbers": ("UPDATE counter SET value = 1 WHERE name = 'ticket'",),
    "work": ("UPDATE task SET state = 'done'",),
    "outbox": ("UPDATE outbox SET state = 'lost' WHERE id = 1",),
    "delivered": ("UPDATE outbox SET state = 'dropped' WHERE state = 'sent'",),
    "announced": (
        "UPDATE received SET fate = 'held', announced_at = settled_at WHERE id = 2",
        "UPDATE received SET fate = 'held', settled_at = '2026-11-01 08:00:00.000000' WHERE id = 1",
    ),
    "causes": ("UPDATE outbox SET cause = 'mail:999' WHERE id = 1",),
    "overtaken": ("UPDATE outbox SET state = 'due', due_at = '2026-11-01 08:00:00.000000', created_at = '2026-11-01 08:00:00.000000' WHERE id = 1",),
    "buttons": ("INSERT INTO pressed (outbox_id, key, pressed_at) SELECT id, 'zz9', created_at FROM outbox WHERE buttons <> '{}' LIMIT 1",),
    "recipients": ("UPDATE outbox SET recipient_address = 'spy@evil.example', recipient_key = 'spy@evil.example' WHERE id = (SELECT min(id) FROM outbox WHERE recipient_kind = 'customer')",),
    "inside": (f"UPDATE outbox SET text = 'Hello. {NOTE} Bye.' WHERE id = (SELECT max(id) FROM outbox WHERE recipient_kind = 'customer' AND ticket_id = 1)",),
    "firings": ("INSERT INTO firing (ticket_id, clock, step, started_at, fired_at) VALUES (1, 'take', 50, '2026-12-01 08:00:00.000000', '2026-11-01 08:00:00.000000')",),
    "people": ("DELETE FROM mailbox WHERE agent = 'anna'",),
}  # fmt: skip


@pytest.fixture
def worked(desk: Desk) -> Desk:
    """A desk on which something of everything was done."""
    desk.at("2026-11-23T09:00+02:00")
    desk.ok("mail", "in", str(desk.mail("a")), str(desk.mail("b", subject="Also jams", text="Again.")))
    desk.ok("mail", "in", "-", stdin=FILES)
    desk.ok("ticket", "do", "T1", "assign anna", "task order the part", f"note {NOTE}", "--as", "ben")
    desk.ok("ticket", "reply", "T1", "--text", "We come.", "--as", "anna")
    desk.ok("--now", "2026-11-24T09:00+02:00", "tick")
    return desk


def found(desk: Desk) -> tuple[int, dict[str, list[str]]]:
    result = desk.run("--json", "--now", "2026-11-24T09:05+02:00", "db", "check")
    flaws: dict[str, list[str]] = {}
    for flaw in result.json["flaws"]:
        flaws.setdefault(flaw["check"], []).append(flaw["what"])
    return result.code, flaws


def changed(desk: Desk, statements: tuple[str, ...]) -> None:
    with closing(sqlite3.connect(desk.folder / "var" / "desk.db", isolation_level=None)) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        for statement in statements:
            assert db.execute(statement).rowcount > 0, statement


def test_each_invariant_that_is_broken_by_hand_is_reported(worked: Desk) -> None:
    """A check that is always green is none."""
    assert set(BROKEN) == set(checking.CHECKS), "every invariant is broken here once"
    assert found(worked) == (0, {})
    whole = (worked.folder / "var" / "desk.db").read_bytes()
    for name, statements in BROKEN.items():
        changed(worked, statements)
        code, flaws = found(worked)
        assert code == 1, name
        assert name in flaws, f"{name} was broken, reported was {flaws}"
        assert all(len(what) > 10 for what in flaws[name])
        for leftover in ("desk.db-wal", "desk.db-shm"):
            (worked.folder / "var" / leftover).unlink(missing_ok=True)
        (worked.folder / "var" / "desk.db").write_bytes(whole)
    assert found(worked) == (0, {}), "the whole desk was put back"


def test_a_mail_that_came_back_is_no_flaw(worked: Desk) -> None:
    """It had left, and it failed: both are true."""
    sent = next(row for row in worked.ok("outbox", "list") if row["template"] == "message")
    returned = (
        "From: MAILER-DAEMON@relay.example\nTo: support@desk.example\nMessage-ID: <b@relay.example>\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; relay.example\n\nFinal-Recipient: rfc822; {sent['to']}\nAction: failed\nStatus: 5.1.1\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {sent['message_id']}\n--b--\n"
    )
    worked.ok("--now", "2026-11-24T09:01+02:00", "mail", "in", "-", stdin=returned)
    assert worked.ok("outbox", "show", str(sent["id"]))["state"] == "failed"
    assert found(worked) == (0, {})


MORE: dict[str, tuple[str, str]] = {
    "a mail that waits for an hour": ("fates", "UPDATE received SET fate = NULL, settled_at = NULL, received_at = '2026-11-24 05:00:00.000000' WHERE id = 1"),
    "a gap in a history": ("history", "DELETE FROM history WHERE ticket_id = 1 AND seq = 2"),
    "an opened mail without its post": ("effects", "UPDATE post SET received_id = NULL WHERE received_id = 1"),
    "a file that its mail hasn't": ("files", "UPDATE post SET parts = replace(parts, '\"path\": \"2\"', '\"path\": \"7\"') WHERE parts LIKE '%sha256%'"),
    "a letter to staff that goes to the customer": (
        "recipients",
        "UPDATE outbox SET recipient_address = 'maria@customer.example', recipient_key = 'maria@customer.example', cause = 'cli:x' WHERE recipient_kind = 'agent' AND id = (SELECT min(id) FROM outbox WHERE recipient_kind = 'agent')",
    ),
    "bytes of another mail": ("outbox", "UPDATE outbox SET raw = x'00' WHERE id = 1"),
    "another mail's Message-ID": ("outbox", "UPDATE outbox SET message_id = (SELECT message_id FROM outbox WHERE id = 2) WHERE id = 1"),
    "a letter without a cause": ("causes", "UPDATE outbox SET cause = '' WHERE id = 1"),
    "a mail that a history tells of and that isn't there": ("named", "UPDATE history SET cause = 'mail:999' WHERE cause = 'mail:1'"),
    "a mail that left with other words than are kept": ("delivered", "UPDATE outbox SET raw = CAST('x' || CAST(raw AS TEXT) AS BLOB) WHERE state = 'sent' AND id = (SELECT min(id) FROM outbox WHERE state = 'sent')"),
    "a reminder of what didn't fire": ("firings", "UPDATE outbox SET cause = 'clock:1:take:50:20261101T080000' WHERE id = 1"),
    "a piece of a note in a mail to the customer": (
        "inside", f"UPDATE outbox SET text = 'Hello, {NOTE[20:50]}' WHERE id = (SELECT max(id) FROM outbox WHERE recipient_kind = 'customer' AND ticket_id = 1)"),
    "a note in a mail to somebody outside": (
        "inside", f"UPDATE outbox SET text = '{NOTE}', recipient_kind = 'other', recipient_key = 'parts@supplier.example' WHERE recipient_kind = 'agent' AND template = 'assigned'"),
    "private words in a mail to a colleague": (
        "inside", ("INSERT INTO post (ticket_id, at, author_name, author_address, agent, kind, direction, subject, text, quoted, parts, \"to\", cause)"
        " SELECT ticket_id, '2026-01-01 08:00:00.000000', '', '', 'ben', 'private', 'out', '', substr(text, 1, 200), '', '[]', '[\"eva\"]', ''"
        " FROM outbox WHERE template = 'assigned'")),
    "a number that leads to another ticket": ("numbers", "INSERT INTO old_ref (ref, ticket_id) VALUES ('T1', 2)"),
}  # fmt: skip


def test_the_rarer_ways_to_break_them_are_reported_too(worked: Desk) -> None:
    """An invariant has more than one way to be broken."""
    whole = (worked.folder / "var" / "desk.db").read_bytes()
    for what, (name, statement) in MORE.items():
        changed(worked, (statement,))
        _, flaws = found(worked)
        assert name in flaws, f"{what}: {flaws}"
        for leftover in ("desk.db-wal", "desk.db-shm"):
            (worked.folder / "var" / leftover).unlink(missing_ok=True)
        (worked.folder / "var" / "desk.db").write_bytes(whole)
