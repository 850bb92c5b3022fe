"""Taking over a mailbox that people answered from by hand, from a real Dovecot."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from tests.cli.conftest import Desk
from tests.servers.dovecot import PASSWORD, Dovecot, dovecot

__all__ = ["dovecot"]

AT = "2026-11-22T09:00Z"


def _mail(id: str, sender: str, subject: str, *, answers: str = "", **fields: str) -> bytes:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = "support@desk.example" if "customer" in sender else "maria@customer.example"
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{id}@x.example>"
    if answers:
        mail["In-Reply-To"] = f"<{answers}@x.example>"
    for name, value in fields.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(f"Text of {id}.\n")
    return mail.as_bytes().replace(b"\n", b"\r\n")


MARIA, KIM, US = "Maria <maria@customer.example>", "kim@customer.example", "Support <support@desk.example>"


@pytest.fixture
def shared(desk: Desk, dovecot: Dovecot) -> str:
    """A mailbox with one conversation that waits for us, one that is answered, and a machine's mail."""
    user = dovecot.fresh_user("shared")
    dovecot.append(user, [_mail("q1", MARIA, "Printer jams")], at='"20-Nov-2026 08:00:00 +0000"')
    dovecot.append(user, [_mail("p1", KIM, "Chair squeaks")], at='"20-Nov-2026 09:00:00 +0000"')
    dovecot.create(user, "Sent")
    dovecot.append(user, [_mail("q2", US, "Re: Printer jams", answers="q1")], "Sent", at='"20-Nov-2026 10:00:00 +0000"')
    dovecot.append(user, [_mail("p2", US, "Re: Chair squeaks", answers="p1")], "Sent", at='"20-Nov-2026 11:00:00 +0000"')
    dovecot.append(user, [_mail("q3", MARIA, "Re: Printer jams", answers="q2")], at='"21-Nov-2026 08:00:00 +0000"')
    dovecot.append(
        user, [_mail("n1", "cron@customer.example", "Backup done", Auto_Submitted="auto-generated")], at='"21-Nov-2026 09:00:00 +0000"'
    )
    dovecot.append(user, [_mail("o1", MARIA, "Last year")], at='"20-Nov-2025 08:00:00 +0000"')
    secret = desk.folder / "imap-password"
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    block = f'\n[[imap]]\nname = "shared"\nhost = "127.0.0.1"\nport = {dovecot.imap_port}\nsecurity = "none"\nuser = "{user}"\npassword_file = "imap-password"\n'
    desk.config.write_text(desk.config.read_text() + block)
    return user


def test_looking_changes_nothing(desk: Desk, shared: str) -> None:
    """A preview that makes tickets is no preview."""
    rows = desk.ok("adopt", "--sent", "Sent", "--now", AT)
    assert [(row["subject"], row["mails"], row["open"], row["ticket"]) for row in rows] == [
        ("Printer jams", 3, True, None),
        ("Chair squeaks", 2, False, None),
    ]
    assert desk.ok("ticket", "list") == []
    assert desk.ok("mail", "fates")["received"] == 0


def test_each_conversation_becomes_one_ticket_and_nobody_is_told(desk: Desk, shared: str) -> None:
    """On the first day a hundred customers would get a hundred acknowledgements."""
    rows = desk.ok("adopt", "--sent", "Sent", "--yes", "--now", AT)
    assert [row["ticket"] for row in rows] == ["T1", "T2"]
    assert desk.ok("outbox", "list") == []
    waits = desk.ok("ticket", "show", "T1")
    assert (waits["status"], waits["requester"]["address"]) == ("new", "maria@customer.example")
    assert waits["opened_at"] == "2026-11-22T11:00:00+02:00"
    assert [(post["direction"], post["text"].strip()) for post in waits["posts"]] == [
        ("in", "Text of q1."),
        ("out", "Text of q2."),
        ("in", "Text of q3."),
    ]
    assert waits["posts"][0]["at"] == "2026-11-20T10:00:00+02:00"
    assert desk.ok("ticket", "show", "T2")["status"] == "closed"
    account = desk.ok("mail", "fates")
    assert (account["ok"], account["received"], account["fates"]["opened"], account["fates"]["appended"]) == (True, 5, 2, 3)
    assert desk.ok("db", "check")["ok"]


def test_adopting_twice_makes_nothing_twice(desk: Desk, shared: str) -> None:
    """Who isn't sure whether it worked does it again."""
    desk.ok("adopt", "--sent", "Sent", "--yes", "--now", AT)
    again = desk.ok("adopt", "--sent", "Sent", "--yes", "--now", AT)
    assert [row["known"] for row in again] == [True, True]
    assert len(desk.ok("ticket", "list")) == 2


def test_an_answer_to_an_adopted_mail_finds_its_ticket(desk: Desk, shared: str) -> None:
    """The customer answers what was written by hand last week."""
    desk.ok("adopt", "--sent", "Sent", "--yes", "--now", AT)
    raw = _mail("q4", MARIA, "Re: Printer jams", answers="q2")
    (row,) = desk.ok("mail", "in", "--now", AT, stdin=raw)
    assert (row["fate"], row["ticket"]) == ("appended", "T1")


def test_without_a_mailbox_there_is_nothing_to_adopt(desk: Desk) -> None:
    """The reason must be said."""
    result = desk.run("adopt")
    assert result.code == 1
    assert "[[imap]]" in result.err
