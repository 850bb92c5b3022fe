"""Any bytes must give a mail or a plain refusal, within bounds of time and size."""

import hashlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgate.parsing import packing, parse, reading
from rules.facts.mail import Mail, Unreadable
from tests.parse import build


def nested(depth: int) -> bytes:
    return (
        build.HEAD + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (at, at) for at in range(depth)) + b"\r\nx"
    )


FLOODS = {
    "200 000 parts": build.HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * 200_000,
    "20 000 From addresses": b"From: " + b", ".join(b"u%d@x.test" % at for at in range(20_000)) + b"\r\n\r\nx",
    "20 000 encoded words": build.plain(b"x", subject=b"\r\n ".join([b"=?utf-8?q?a?="] * 20_000)),
    "20 000 parameters": build.plain(
        b"x", more=b"Content-Type: text/plain;" + b";".join(b" a*%d=x" % at for at in range(20_000)) + b"\r\n"
    ),
    "60 parameters": build.plain(b"x", more=b"Content-Type: text/plain;" + b";".join(b" a%d=x" % at for at in range(60)) + b"\r\n"),
    "300 addresses": b"From: a@b.test\r\nTo: " + b", ".join(b"u%d@x.test" % at for at in range(300)) + b"\r\n\r\nx",
    "20 000 fields": b"".join(b"X-%d: y\r\n" % at for at in range(20_000)) + b"\r\nx",
    "a long field": build.plain(b"x", subject=b"x" * 200_000),
    "nesting": nested(10_000),
}


@pytest.mark.parametrize("raw", FLOODS.values(), ids=FLOODS.keys())
def test_floods_are_cut_and_marked(raw: bytes) -> None:
    """Each of these holds the standard library for 10 to 34 seconds, or breaks it."""
    begun = time.process_time()
    mail = parse.parse(raw)
    assert time.process_time() - begun < 2
    assert "limits" in mail.flaws
    assert len(mail.to) <= 200
    assert len(mail.headers) <= 1000
    assert len(mail.parts) <= 501
    assert all(len(value) <= 32 * 1024 for _, value in mail.headers)


@pytest.mark.parametrize(
    "raw",
    [
        build.HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 10_000 + b"x",
        build.plain(b"x", more=b"Content-Type: text/plain; " + b"a" * 80 + b"=x\r\n"),
        build.plain(b"x", more=b"Content-Type: text/plain" + b";" * 30_000 + b"\r\n"),
        b"From: " + b'"' * 20_000 + b"a@b.test\r\n\r\nx",
        b"From: " + b"(" * 30_000 + b"\r\n\r\nx",
        b"Message-ID: " + b"<" * 30_000 + b"\r\nDate: " + b"(" * 30_000 + b"\r\n\r\nx",
        build.multipart(build.TEXT, boundary=b"b") + b"--bx" * 300_000,
        build.plain(b"begin 644 x\n" * 50_000),
        daemon := b"From: mailer-daemon@x.test\r\nSubject: failure notice\r\n\r\n" + b"a@b.test\n" * 100_000,
        daemon.replace(b"a@b.test\n", b"could not "),
        build.plain(b"\x1b$B!!\x1b(B" * 50_000, more=b"Content-Type: text/plain; charset=iso-2022-jp\r\n"),
        build.plain(b"QQ==\r\n" * 100_000, more=b"Content-Transfer-Encoding: base64\r\n"),
        build.plain(b"= \r\n" * 100_000, more=b"Content-Transfer-Encoding: quoted-printable\r\n"),
        build.plain(b"a \r\n" * 100_000, more=b"Content-Type: text/plain; format=flowed\r\n"),
    ],
    ids=range(14),
)
def test_hostile_mails_cost_little(raw: bytes) -> None:
    """Every one of them stopped some mail program once."""
    begun = time.process_time()
    reading.described(parse.parse(raw), raw)
    assert time.process_time() - begun < 5


def test_endless_text_is_cut_and_says_so() -> None:
    """A log of 20 MB pasted into a mail must not fill the store's index."""
    mail = parse.parse(build.plain(b"hello world \r\n" * 400_000))
    assert len(mail.text) <= 1024 * 1024
    assert "text-cut" in mail.flaws


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\n", b"\0\0\0", b"  \n"])
def test_nothing_is_unreadable(raw: bytes) -> None:
    """There is no mail to make a ticket of; an operator decides."""
    with pytest.raises(Unreadable):
        parse.parse(raw)


PIECES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [
                b"From: a@b.test\r\n",
                b"Subject: =?utf-8?q?a?=\r\n",
                b"Content-Type: multipart/mixed; boundary=b\r\n",
                b"Content-Type: text/html\r\n",
                b"\r\n",
                b"--b\r\n",
                b"--b--\r\n",
                b"Content-Type: message/rfc822\r\n",
                b"Content-Transfer-Encoding: base64\r\n",
                b"Content-Transfer-Encoding: quoted-printable\r\n",
                b"<div style='display:none'>",
                b"<blockquote>",
                b"Content-Type: text/plain; charset=iso-2022-jp\r\n",
                b"\x1b$B",
                b"begin 644 x\r\n",
                b"end\r\n",
                b"Content-Disposition: attachment; filename*0*=utf-8''%ff\r\n",
                b"Content-Type: application/pkcs7-mime\r\n",
                b"Content-Type: application/ms-tnef\r\n",
                b"Content-Type: message/delivery-status\r\n",
                b"Final-Recipient: rfc822;a@b.test\r\n",
            ]
        ),
    ),
    max_size=25,
)


@given(PIECES)
def test_any_bytes_give_a_clean_mail_or_unreadable(pieces: list[bytes]) -> None:
    """Nothing that a stranger sends may break the reader, or put control characters into the store or a terminal."""
    raw = b"".join(pieces)
    try:
        mail = parse.parse(raw)
    except Unreadable:
        return
    texts = [
        mail.subject,
        mail.text,
        mail.sender.name,
        mail.sender.address,
        *(value for _, value in mail.headers),
        *(part.name for part in mail.parts),
    ]
    for text in texts:
        assert not any((sign < " " and sign not in "\n\t") or "\x7f" <= sign < "\xa0" or "\ud800" <= sign < "\ue000" for sign in text)
    assert all("/" not in part.name and "\\" not in part.name and part.name for part in mail.parts)
    for part in mail.parts:
        assert hashlib.sha256(parse.part_bytes(raw, part.path)).hexdigest() == part.sha256
    assert packing.unpack(packing.pack(mail)) == mail
    reading.described(mail, raw)


def test_packing_keeps_everything() -> None:
    """What the worker saw must arrive."""
    raw = build.multipart(build.TEXT, build.PDF, build.INNER)
    mail = parse.parse(raw)
    assert mail.attached_mail
    assert isinstance(packing.unpack(packing.pack(mail)), Mail)
    assert packing.unpack(packing.pack(mail)) == mail
