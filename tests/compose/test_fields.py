"""Header fields: cleaned, encoded and folded so that every reader sees what was meant."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgate.sending import fields
from rules.facts.terms import Address


def shown(field: str) -> str:
    value = str(message_from_bytes(field.encode("ascii") + b"\r\n")["Subject"]).replace("\r\n", "")
    return str(make_header(decode_header(value))).strip()


@pytest.mark.parametrize(
    ("hostile", "clean"),
    [
        ("x\r\nBcc: v@v.test", "x Bcc: v@v.test"),
        ("a\x00b\x07c\x1bd\x7fe\x9bf", "abcdef"),
        ("a\u2028b\u2029c\x85d", "a b c d"),
        ("inv\u202egnp.exe", "invgnp.exe"),
        ("\u2066x\u2069 \ud800y\udfff", "x y"),
        ("  many   \t blanks  ", "many blanks"),
        ("z" * 300, "z" * 255),
        ("שלום\u200f!", "שלום\u200f!"),
    ],
)
def test_a_header_value_is_one_clean_line(hostile: str, clean: str) -> None:
    """A line break in a subject would start a field of the attacker's own (CVE-2024-6923)."""
    assert fields.clean_header(hostile) == clean


@given(st.text(max_size=300))
def test_any_subject_reads_as_its_clean_self(value: str) -> None:
    """No subject may turn into another one on its way, nor into two fields."""
    field = fields.text("Subject", value)
    assert field.isascii()
    assert field.endswith("\r\n")
    assert all(line.startswith(" ") and line.strip() for line in field.split("\r\n")[1:-1])
    assert shown(field) == fields.clean_header(value)


@given(st.text(alphabet=st.characters(min_codepoint=0xA0, exclude_categories=("Cs", "Cc")), min_size=1, max_size=255))
def test_foreign_subjects_fold_into_short_lines(value: str) -> None:
    """Encoded words are at most 75 characters, and lines 78 (RFC 2047 section 2)."""
    field = fields.text("Subject", value)
    for line in field.split("\r\n"):
        assert len(line) <= 78
        assert all(len(word) <= 75 for word in line.split(" ") if word.startswith("=?"))


def test_what_is_ascii_stays_readable() -> None:
    """Filters and people look at raw headers for the tag."""
    field = fields.text("Subject", "Re: Drucker für den 2. Stock [T42]")
    assert field == "Subject: Re: Drucker =?utf-8?b?ZsO8cg==?= den 2. Stock [T42]\r\n" or field.endswith("den 2. Stock [T42]\r\n")
    assert "Re: Drucker " in field
    assert fields.text("Subject", "Re: =?utf-8?q?x?= [T42]").count("=?utf-8?q?=3D=3F") == 1


def test_ids_are_never_encoded_nor_broken() -> None:
    """Exchange ignores ids in encoded words, and a long Outlook id is longer than a line."""
    long = [f"<{letter * size}@PROD.OUTLOOK.COM>" for letter, size in (("b", 90), ("d", 20), ("e", 60), ("f", 200))]
    field = fields.identifiers("References", long)
    assert "=?" not in field
    assert field.replace("\r\n", "").split()[1:] == long
    for line in field.strip().split("\r\n"):
        assert line.count("<") == line.count(">")


def test_references_keep_the_root_and_the_latest() -> None:
    """Threads of a hundred mails must still hang together, and hostile ids are left out."""
    many = [f"<{n}@x.y>" for n in range(100)]
    kept = fields.ids(["no id", "<a b@x>", "<x@y>\r\nBcc: v@v.test", "<ü@x.y>", "<>", "<a<b>@x>", *many, many[5]])
    assert kept == ("<0@x.y>", *many[-19:])


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "x",
        "@x.test",
        "a@",
        "a@b>\r\nRCPT TO:<c@d",
        "a b@x.test",
        "a@b c",
        "<a@b.test>",
        "a@b@c.test",
        '"a b"@x.test',
        "ü@x.test",
        "a@x..test",
        "a@-x.test",
        "a\x00@x.test",
        "a@x.test,b@y.test",
        "a" * 65 + "@x.test",
        "a@" + "x." * 140 + "test",
    ],
)
def test_an_address_that_could_smuggle_is_refused(bad: str) -> None:
    """An address ends up in RCPT TO; a line break there is a command."""
    with pytest.raises(fields.Unsendable):
        fields.address(bad)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Maria.Keller+x=1@hafen.example", "Maria.Keller+x=1@hafen.example"),
        ("a..b.@docomo.example", "a..b.@docomo.example"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        (" a@[192.0.2.1] ", "a@[192.0.2.1]"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_real_addresses_pass(written: str, sent: str) -> None:
    """Odd but real addresses must get their answers."""
    assert fields.address(written) == sent


@given(st.text(max_size=120))
def test_any_display_name_gives_one_mailbox(name: str) -> None:
    """A name with commas, quotes, angle brackets or an address in it must not add a recipient."""
    field = fields.mailbox("To", Address(name=name, address="a@x.test"))
    parsed = message_from_bytes(field.encode("ascii") + b"\r\n", policy=policy.default)["To"]
    assert [one.addr_spec for one in parsed.addresses] == ["a@x.test"]


def test_the_thread_index_is_what_outlook_reads() -> None:
    """One GUID a ticket, the same for ever; the time as in a real Outlook's header."""
    opened = datetime(2026, 6, 15, 7, 12, tzinfo=UTC)
    root = base64.b64decode(fields.thread_index("T2041", opened))
    assert len(root) == 22
    assert root[0] == 1
    ticks = int.from_bytes(b"\x01" + root[1:6] + b"\0\0", "big")
    seconds = ticks / 10_000_000 - 11_644_473_600
    assert abs(seconds - opened.timestamp()) < 0.01
    assert base64.b64decode(fields.thread_index("T2041", opened, 3)) == root + b"\0\0\0\0\3"
    assert base64.b64decode(fields.thread_index("T2042", opened))[6:] != root[6:]


def test_the_standard_fields_are_those_of_the_contract() -> None:
    """Filters of users and other machines rely on these names and on nothing else."""
    opened = datetime(2026, 6, 15, 7, 12, tzinfo=UTC)
    common = {
        "ref": "T42",
        "status": "new",
        "colour": "grey",
        "light": "red",
        "reply": "public",
        "reason": "group",
        "list_spec": "desk.example",
        "list_title": "Desk",
        "topic": "Printer",
        "opened_at": opened,
    }
    customer = fields.standard(template="received", automatic="replied", to_staff=False, **common)
    assert [name for name, _ in customer] == [
        "X-Mailgate-Ticket",
        "X-Mailgate-Status",
        "X-Mailgate-Colour",
        "X-Mailgate-Template",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "List-Id",
        "Thread-Topic",
        "Thread-Index",
    ]
    assert dict(customer)["Auto-Submitted"] == "auto-replied"
    assert dict(customer)["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    staff = dict(fields.standard(template="new-in-group", automatic="generated", to_staff=True, **common))
    assert (staff["X-Mailgate-Light"], staff["X-Mailgate-Reply"], staff["X-Mailgate-Reason"]) == ("red", "public", "group")
    answer = dict(fields.standard(template="message", automatic=None, to_staff=False, **common))
    assert not {"Auto-Submitted", "X-Auto-Response-Suppress", "List-Id", "Precedence", "X-Mailgate-Light"} & set(answer)
    assert answer["X-Mailgate-Template"] == "message"
    assert dict(fields.standard(template="list-answer", automatic="replied", to_staff=False)) == {
        "X-Mailgate-Template": "list-answer",
        "Auto-Submitted": "auto-replied",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }
