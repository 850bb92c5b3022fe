"""One mail that comes twice is one mail; two mails that look alike are two."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from rules.facts.mail import Envelope
from tests.desk.customers import account, enter_person, templates
from tests.desk.office import desk, to

KIM = "kim@client.example"
HEAD = b"From: kim@client.example\r\nTo: support@desk.example\r\nSubject: Printer\r\n"
WITH_ID = HEAD + b"Message-ID: <one@client.example>\r\n\r\nIt burns.\r\n"


def door(name: str = "smtp", *to_: str) -> Envelope:
    """The envelope of a mail by some door."""
    return Envelope(door=name, sender=KIM, recipients=to_ or ("support@desk.example",), peer="192.0.2.1")


def test_a_relays_retry_is_the_same_reception_for_five_days(tmp_path: Path) -> None:
    """The relay never heard our 250 and comes again (RFC 5321 section 4.5.4.1)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        first = d.take(WITH_ID, door())
        d.at += timedelta(days=4, hours=23)
        assert d.take(WITH_ID, door()) == first
        assert (account(d).received, len(d.tickets())) == (1, 1)
        d.at += timedelta(days=1)
        later = d.take(WITH_ID, door())
        assert later != first
        assert (d.fate(later), len(d.tickets())) == ("duplicate", 1), "after that it is a copy, and still no second request"


def test_without_a_message_id_two_equal_mails_are_two_after_an_hour(tmp_path: Path) -> None:
    """A monitor says `disk full` again: that is news."""
    raw = HEAD + b"\r\nDisk full.\r\n"
    with desk(tmp_path) as d:
        d.agent("anna")
        first = d.take(raw, door())
        d.at += timedelta(minutes=59)
        assert d.take(raw, door()) == first
        d.at += timedelta(minutes=2)
        second = d.take(raw, door())
        assert second != first
        assert (d.fate(second), len(d.tickets())) == ("opened", 2)


def test_the_same_mail_by_another_path_is_a_duplicate(tmp_path: Path) -> None:
    """To: support@, Cc: hardware@ comes as two deliveries: one request, one answer (threat 64)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.take(b"Received: from a by b; Mon, 23 Nov 2026 08:00:00 +0000\r\n" + WITH_ID, door())
        copies = [
            d.take(b"Received: from a by c; Mon, 23 Nov 2026 08:00:01 +0000\r\n" + WITH_ID, door("smtp", "control@desk.example")),
            d.take(WITH_ID, door("imap:support")),
        ]
        assert [(d.fate(c), d.mail(c)["ticket_id"]) for c in copies] == [("duplicate", d.ticket().id)] * 2
        assert templates(d.post()) == [("new-in-group", "anna@staff.example"), ("received", KIM)]
        assert (account(d).received, account(d).fates["duplicate"]) == (3, 2)


@pytest.mark.parametrize(
    "subject", [b"[EXTERNAL] Printer", b"[EXT]  Printer", b"***SPAM*** Printer", b"Extern: Printer", b"[EXTERNAL]\r\n Printer"]
)
def test_a_gateway_that_marks_the_subject_on_one_path_makes_no_second_mail(tmp_path: Path, subject: bytes) -> None:
    """One address passes a gateway, the other doesn't: the customer had two requests and two answers."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.take(WITH_ID, door())
        assert d.fate(d.take(WITH_ID.replace(b"Printer", subject), door("lmtp"))) == "duplicate"
        for other in (b"Re: Printer", b"[T1] Printer", b"Printer [EXTERNAL]", b"External printer"):
            assert d.fate(d.take(WITH_ID.replace(b"Printer", other), door("lmtp"))) != "duplicate"


def test_after_a_week_the_same_mail_is_a_new_one(tmp_path: Path) -> None:
    """Somebody sends it again on purpose."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.take(WITH_ID, door())
        d.at += timedelta(days=7, minutes=1)
        again = d.take(b"X-Again: yes\r\n" + WITH_ID, door("lmtp"))
        assert d.fate(again) == "opened"


def test_a_stolen_message_id_with_other_words_is_another_mail(tmp_path: Path) -> None:
    """Who sends our customer's Message-ID first must not make his mail vanish (threat 65)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        enter_person(d, KIM)
        d.take(WITH_ID.replace(b"kim@client.example\r\nTo", b"mal@evil.example\r\nTo").replace(b"burns", b"is fine"), door())
        mine = d.take(WITH_ID, door())
        assert d.fate(mine) == "opened"
        assert len(d.tickets()) == 2


def test_mails_without_id_that_differ_by_a_word_are_two(tmp_path: Path) -> None:
    """Nothing stands for the missing id but the whole mail."""
    with desk(tmp_path) as d:
        d.agent("anna")
        for word in (b"one", b"two"):
            assert d.fate(d.take(HEAD + b"\r\nJob " + word + b" failed.\r\n", door())) == "opened"
        assert len(d.tickets()) == 2


def test_a_command_mail_that_comes_by_five_paths_acts_once(tmp_path: Path) -> None:
    """Threat 16: one history entry, one report."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM)
        told = to(d.post(), "anna@")[0]
        address = str(told["Reply-To"].addresses[0].addr_spec)
        raw = f"From: anna@staff.example\r\nTo: {address}\r\nSubject: x\r\nMessage-ID: <c1@staff.example>\r\n\r\n#prio high\r\n".encode()
        for name in ("smtp", "smtp", "lmtp", "lmtp", "imap:support"):
            d.take(raw, Envelope(door=name, sender="anna@staff.example", recipients=(address,), peer="192.0.2.1"))
        assert [t for t, _ in templates(d.post_later())] == ["report"]
        assert (account(d).received, account(d).fates["duplicate"]) == (4, 2)
