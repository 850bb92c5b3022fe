"""Mails that are broken, endless or built to break whoever reads them: each gets its fate, and the next one is read."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import io
import time
import zipfile
from pathlib import Path

import pytest

from rules.facts.mail import Envelope
from tests.desk.office import Desk, desk, plain
from tests.desk.staff import ANNA, KIM, MAL, asked, one, state, to, to_customers

HEAD = b"From: Mal <mal@evil.example>\r\nTo: support@desk.example\r\nMessage-ID: <h@evil.example>\r\n"
UNLIMITED = '[limits]\ntickets_unknown = "off"\nsame_subject = "off"\npair = "off"'
FROM_MAL = Envelope(door="smtp", sender=MAL, recipients=("support@desk.example",), peer="192.0.2.66")


def told_of(d: Desk, raw: bytes) -> bytes:
    """What staff gets of a mail, as it leaves."""
    d.agent("anna")
    d.take(raw, FROM_MAL)
    (mail,) = [m for m in d.left() if b"\nTo: " + ANNA.encode() in m or b"<anna@staff.example>" in m]
    return mail


def test_bare_line_ends_do_not_travel_on(tmp_path: Path) -> None:
    """A server behind ours might take one for the end of a mail, and what follows for the next one."""
    body = b"one\nMAIL FROM:<a@b>\r.\rtwo\n.\nthree\r\n"
    with desk(tmp_path) as d:
        mail = told_of(d, HEAD + b"Subject: bare\rX-Evil: yes\nX-More: no\r\n\r\n" + body)
        assert mail.replace(b"\r\n", b"").count(b"\r") == 0
        parsed = email.message_from_bytes(mail, policy=email.policy.default)
        assert "X-Evil" not in parsed and "X-More" not in parsed


BOMBS = {
    "200 000 parts": HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 200_000,
    "10 000 deep, multipart": HEAD
    + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(10_000))
    + b"\r\nx",
    "10 000 deep, attached mails": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 10_000 + b"x",
    "20 000 addresses": b"To: " + b", ".join(b"u%d@x.example" % n for n in range(20_000)) + b"\r\n" + HEAD + b"\r\nx",
    "20 000 encoded words": HEAD + b"Subject: " + b"\r\n ".join([b"=?utf-8?q?a?="] * 20_000) + b"\r\n\r\nx",
    "20 000 continued parameters": HEAD + b"Content-Type: text/plain;" + b";".join(b" a*%d=x" % n for n in range(20_000)) + b"\r\n\r\nx",
    "a million div": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 1_000_000,
    "a parameter name of 80 letters": HEAD + b"Content-Type: text/plain; " + b"a" * 80 + b"=x\r\n\r\nx",
    "near misses of a quotation": HEAD + b"\r\n" + b"on a at b wrote\r\n" * 60_000,
    "a subject of a megabyte": HEAD + b"Subject: " + b"x" * 1_000_000 + b"\r\n\r\nx",
}


def test_each_bomb_has_its_fate_soon_and_the_next_mail_is_a_request(tmp_path: Path) -> None:
    """One mail would keep everybody else waiting."""
    with desk(tmp_path, more=UNLIMITED) as d:
        d.agent("anna")
        for n, (name, raw) in enumerate(BOMBS.items()):
            begun = time.monotonic()
            i = d.take(raw.replace(b"<h@", b"<b%d@" % n), FROM_MAL)
            assert d.fate(i) in {"opened", "held", "parked"}, name
            assert d.fate(d.write(f"kim{n}@client.example", "Help, please.")) == "opened", name
            d.post()
            assert time.monotonic() - begun < 15, name


def test_a_mail_that_cannot_be_written_anew_is_passed_on_as_it_came(tmp_path: Path) -> None:
    """A parameter name of this length holds the standard library for ever once it writes the mail: we never do."""
    with desk(tmp_path) as d:
        d.agent("anna")
        inner = HEAD + b"Content-Type: text/plain; " + b"a" * 80 + b"=x\r\nSubject: inner\r\n\r\nPlease help.\r\n"
        outer = (
            b"From: anna@staff.example\r\nTo: support@desk.example\r\nSubject: Fwd: inner\r\nMessage-ID: <o@staff.example>\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\nContent-Type: text/plain\r\n\r\nsee below\r\n--q\r\n"
            b"Content-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--q--\r\n"
        )
        begun = time.monotonic()
        i = d.take(outer, Envelope(door="submission", sender=ANNA, login="anna", recipients=("support@desk.example",), peer="192.0.2.9"))
        assert d.fate(i) == "opened"
        d.post_later(300)
        assert time.monotonic() - begun < 10


CHARSETS = [
    "utf-7",
    "idna",
    "punycode",
    "rot13",
    "undefined",
    "unicode_escape",
    "raw_unicode_escape",
    "utf-16",
    "utf-32",
    "hex",
    "zlib",
    "mbcs",
    "x-nobody",
    "",
]


def test_no_charset_breaks_a_request_or_hides_a_command(tmp_path: Path) -> None:
    """A label names a codec, and some codecs run, raise or turn letters into markup."""
    with desk(tmp_path, more=UNLIMITED) as d:
        body = b"+ADw-script+AD4- hello \x00\x01\x1b[31m \xff\xfe caf\xe9\r\n"
        for n, charset in enumerate(CHARSETS, 1):
            head = HEAD.replace(b"<h@", b"<c%d@" % n)
            i = d.take(
                head + f"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset={charset}\r\n\r\n".encode() + body, FROM_MAL
            )
            assert d.fate(i) == "opened", charset
            text = d.posts(f"T{n}")[0].text
            assert not any(sign < " " and sign not in "\n\t" for sign in text), charset
            assert "<script>" not in text, charset


DATES = ["Mon, 1 Jan 0001 00:00:00 +0000", "Fri, 31 Dec 9999 23:59:59 -2359", "1 Jan 99999999999 00:00:00 +9999", "x" * 500, ""]


def test_a_request_was_opened_when_it_came_whatever_its_date_says(tmp_path: Path) -> None:
    """A mail from the year 9999 would stand above all others for ever, or break the arithmetic of clocks."""
    with desk(tmp_path, more=UNLIMITED) as d:
        for n, date in enumerate(DATES, 1):
            d.take(HEAD.replace(b"<h@", b"<d%d@" % n) + f"Subject: x{n}\r\nDate: {date}\r\n\r\nhello\r\n".encode(), FROM_MAL)
            assert d.ticket(f"T{n}").opened_at == d.at, date


def test_nothing_is_unpacked(tmp_path: Path) -> None:
    """Four kilobytes would become four gigabytes, in us or in a virus scanner that we call."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"\0" * 10_000_000)
    data = packed.getvalue()
    part = b"--q\r\nContent-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=a.zip\r\n\r\n"
    raw = (
        HEAD
        + b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n"
        + part
        + base64.encodebytes(data)
        + b"\r\n--q--\r\n"
    )
    with desk(tmp_path) as d:
        d.take(raw, FROM_MAL)
        (part_of_it,) = d.posts()[0].parts
        assert (part_of_it.bytes, part_of_it.sha256) == (len(data), hashlib.sha256(data).hexdigest())


def test_header_fields_that_are_called_like_things_of_ours_are_only_fields(tmp_path: Path) -> None:
    """A library that offers header fields as attributes lets a mail replace its methods."""
    names = (
        "headers",
        "parse",
        "attachments",
        "__class__",
        "x_json",
        "_message",
        "X-Mailgate-Ticket",
        "X-Mailgate-Class",
        "X-Mailgate-Reply",
        "to_domains",
    )
    with desk(tmp_path) as d:
        d.agent("anna")
        i = d.write(KIM, "Hello.", headers=dict.fromkeys(names, "T9 closed public"))
        assert d.fate(i) == "opened"
        assert (d.ticket().status, d.ticket().priority) == ("new", "normal")


def test_a_quoted_or_hidden_command_of_the_right_agent_does_nothing(tmp_path: Path) -> None:
    """The customer writes `#close` into his mail and lets the agent's answer quote it."""
    hidden = '<p>Hello Kim</p><div style="display:none">#close</div><div style="font-size:0">#prio high</div><p>bye</p>'
    with desk(tmp_path) as d:
        mail = asked(d, "anna", text="#close\n\nThe printer is on fire.")
        d.write(ANNA, "We come.\n\nOn Monday, Kim wrote:\n> #close\n> #prio high\n", answer=mail)
        d.write(ANNA, "", html=hidden, answer=mail)
        assert (d.ticket().status, d.ticket().priority) == ("working", "normal")
        answers = [plain(m) for m in to(d.post_later(300), KIM)]
        assert not any("#close" in text.split("On Monday")[0] for text in answers)


def test_a_text_that_is_attached_commands_nothing_even_alone(tmp_path: Path) -> None:
    """An agent passes a file on from his telephone, and what the file says would be done."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        head = f"From: {ANNA}\r\nTo: {mail['Reply-To']}\r\nMessage-ID: <att@staff.example>\r\nSubject: {mail['Subject']}\r\n"
        part = 'Content-Type: text/plain; name="todo.txt"\r\nContent-Disposition: attachment; filename="todo.txt"\r\n\r\n#close\r\n'
        to_address = str(mail["Reply-To"].addresses[0].addr_spec)
        d.take((head + part).encode(), Envelope(door="smtp", sender=ANNA, recipients=(to_address,), peer="192.0.2.1"))
        assert state(d)["status"] != "closed"


SEEN_AT_THE_START_OF_A_LINE = (
    "\u202e#prio high",
    "\u2066#prio high\u2069",
    "Fine.\u2028\u2028#prio high",
    "Fine.\n\n\u200b#prio high",
    "Fine.\x0b\x0b#prio high",
)


@pytest.mark.parametrize("text", SEEN_AT_THE_START_OF_A_LINE)
def test_no_sign_that_nobody_sees_carries_a_command_line_to_the_customer(tmp_path: Path, text: str) -> None:
    """He would read what the agent meant for the desk."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        d.write(ANNA, text, answer=mail)
        assert state(d)["priority"] == "high"
        assert not any("#prio" in plain(m) for m in to_customers(d.post_later(300)))


def test_a_reply_with_its_token_twice_at_once_is_done_once(tmp_path: Path) -> None:
    """A relay that answers too late sends again; a second door sees the same mail."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna")
        told = one([mail], ANNA)
        target = str(told["Reply-To"].addresses[0].addr_spec)
        raw = f"From: {ANNA}\r\nTo: {target}\r\nSubject: {told['Subject']}\r\nMessage-ID: <once@staff.example>\r\n\r\nWe come.\n\n#time 25m\n".replace(
            "\n", "\r\n"
        ).replace("\r\r", "\r")
        for door in ("smtp", "smtp", "lmtp", "lmtp", "imap"):
            d.take(raw.encode(), Envelope(door=door, sender=ANNA, recipients=(target,), peer="192.0.2.9"))
        assert d.ticket().minutes == 25
        assert sum(p.text == "We come." for p in d.posts()) == 1


NEAR_MISS = "on a at b wrote\nOn Mon, 1 Jan 2026 at 10:00 Kim wrote\n> on a at b wrote:\n-----Original Message\nAm 1.1. schrieb x\n"


def test_a_megabyte_of_near_misses_and_a_careless_rule_hold_nobody_up(tmp_path: Path) -> None:
    """One pattern that goes back and forth would stop the handler for hours."""
    rules = "\n".join(
        f'[[rule]]\nname = "careless {n}"\nwhen = {{{where} = \'/{pattern}/\'}}\nthen = ["prio high"]'
        for n, (where, pattern) in enumerate((("body", "(a+)+$"), ("body", "(x|x?)*y$"), ("subject", "^(([a-z])+.)+[A-Z]$")))
    )
    with desk(tmp_path, more=rules) as d:
        began = time.process_time()
        for n, text in enumerate((NEAR_MISS * 9000, "a" * 1_000_000 + "!", "> " * 400_000, "x" * 1_000_000)):
            raw = (
                f"From: k{n}@client.example\r\nTo: support@desk.example\r\nSubject: {'a' * 900}\r\nMessage-ID: <nm{n}@x>\r\n\r\n{text}\r\n"
            )
            i = d.take(raw.encode())
            assert d.fate(i) == "opened", d.mail(i)["why"]
        assert time.process_time() - began < 8, "two seconds for each at most, on a machine that does other things too"
