"""The parts of a mail must be shown as a good mail program would, and none may get lost."""

import base64
import hashlib

import pytest

from mailgate.parsing import parse
from tests.parse import build

PNG = b"Content-Type: image/png\r\nContent-ID: <pic1>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n"


def names(raw: bytes) -> list[str]:
    return [part.name for part in parse.parse(raw).parts]


def test_a_plain_mail_is_read_whole() -> None:
    """The ordinary case, field by field."""
    mail = parse.parse(
        build.plain(
            b"Hello\r\ndesk\r\n",
            more=b"Cc: A <a@x.test>, b@x.test\r\nIn-Reply-To: <0@x.test>\r\nReferences: <r1@x.test>\r\n\t<r2@x.test>\r\n",
        )
    )
    assert (mail.subject, mail.text, mail.identity) == ("Printer", "Hello\ndesk", "kim@client.test")
    assert (mail.sender.name, mail.sender.address) == ("Kim Client", "kim@client.test")
    assert [address.address for address in mail.cc] == ["a@x.test", "b@x.test"]
    assert mail.message_id == "<1@client.test>"
    assert (mail.in_reply_to, mail.references) == (("<0@x.test>",), ("<r1@x.test>", "<r2@x.test>"))
    assert mail.date is not None
    assert mail.date.isoformat() == "2026-11-02T09:00:00+00:00"


def test_the_plain_rendition_is_read_unless_it_is_empty() -> None:
    """Some shops send an empty plain part beside their HTML."""
    assert parse.parse(build.multipart(build.TEXT, build.HTML, kind=b"alternative")).text == "Hello desk"
    empty = b"Content-Type: text/plain\r\n\r\n \r\n"
    blank = b"Content-Type: text/plain; charset=utf-8\r\n\r\n\xc2\xa0\xe2\x80\x8b\r\n"
    for nothing in (empty, blank):
        mail = parse.parse(build.multipart(nothing, build.HTML, kind=b"alternative"))
        assert (mail.text, mail.html_only) == ("Hello desk", True)


def test_a_plain_rendition_that_only_points_to_the_other_hides_nothing() -> None:
    """Newsletters and web forms say it so; a customer who writes of HTML in both renditions is shown once."""
    stub = b"Content-Type: text/plain\r\n\r\nYour mail client does not support HTML messages."
    mail = parse.parse(build.multipart(stub, build.HTML, kind=b"alternative"))
    assert mail.text == "Your mail client does not support HTML messages.\nHello desk"
    html = b"Content-Type: text/html\r\n\r\n<html><body><p>Your mail client does not support <b>HTML</b> messages.</p></body></html>"
    for parts in ((stub, html), (html, stub)):
        assert parse.parse(build.multipart(*parts, kind=b"alternative")).text.count("support HTML") in (1, 2)
    assert parse.parse(build.multipart(stub, html, kind=b"alternative")).text == "Your mail client does not support HTML messages."


@pytest.mark.parametrize("more", [b"", b"Content-Type: text/plain; charset=utf-8\r\n", b"Content-Type: html/text\r\n"])
def test_a_document_that_is_not_called_html_is_read_as_one(more: bytes) -> None:
    """Scripts forget to say what they send; nobody types a whole document."""
    mail = parse.parse(build.plain(b"<!DOCTYPE html>\r\n<html><body><p>Hello <b>desk</b></p></body></html>\r\n", more=more))
    assert mail.text == "Hello desk"
    assert parse.parse(build.plain(b"Look: <html><body><p>x</p></body></html>\r\n")).text == "Look: <html><body><p>x</p></body></html>"


def test_text_around_a_picture_is_joined() -> None:
    """Apple Mail sends text, picture, text."""
    mail = parse.parse(build.multipart(build.TEXT, PNG, b"Content-Type: text/plain\r\n\r\nand more"))
    assert mail.text == "Hello desk\nand more"
    assert [(part.name, part.content_id) for part in mail.parts] == [("part-2.png", "pic1")]


def test_files_without_a_name_are_kept_under_stable_names() -> None:
    """mail-parser loses their bytes or names them by chance; retries must see the same mail."""
    calendar = b"Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    raw = build.multipart(build.TEXT, build.PDF, calendar, b"Content-Type: application/octet-stream\r\n\r\n\x00\x01")
    assert names(raw) == names(raw) == ["part-2.pdf", "part-3.ics", "part-4.bin"]
    pdf = parse.parse(raw).parts[0]
    assert (pdf.bytes, pdf.sha256) == (8, hashlib.sha256(b"%PDF-1.4").hexdigest())
    assert parse.part_bytes(raw, pdf.path) == b"%PDF-1.4"


def test_an_attached_mail_lends_nothing() -> None:
    """A forwarded mail could smuggle commands and references into the outer one."""
    mail = parse.parse(build.multipart(build.TEXT, build.INNER))
    assert mail.text == "Hello desk"
    assert mail.references == ()
    assert [(part.name, part.type) for part in mail.parts] == [("Inner topic.eml", "message/rfc822")]
    assert mail.attached_mail is not None
    assert mail.attached_mail.sender.address == "eve@inner.test"
    assert mail.attached_mail.text == "#close"


def test_a_mail_that_is_a_file_is_kept_as_one() -> None:
    """Scanners send a PDF as the whole mail."""
    mail = parse.parse(
        build.plain(b"JVBERi0xLjQ=", more=b"Content-Type: application/pdf; name=scan.pdf\r\nContent-Transfer-Encoding: base64\r\n")
    )
    assert mail.text == ""
    assert [(part.name, part.bytes) for part in mail.parts] == [("scan.pdf", 8)]


def test_broken_boundaries_lose_no_text() -> None:
    """Gateways cut mails; clients forget the parameter."""
    assert parse.parse(build.multipart(build.TEXT, build.PDF, close=False)).text == "Hello desk"
    missing = build.multipart(build.TEXT).replace(b'; boundary="=_b1"', b"")
    wrong = build.multipart(build.TEXT).replace(b'boundary="=_b1"', b'boundary="other"')
    none = build.plain(b"just text", more=b"Content-Type: multipart/mixed; boundary=x\r\n")
    for raw, text in ((missing, "Hello desk"), (wrong, "Hello desk"), (none, "just text")):
        mail = parse.parse(raw)
        assert mail.text == text
        assert "no-boundary" in mail.flaws


def test_signed_mail_shows_what_was_signed() -> None:
    """The text stands inside the signature's container."""
    signature = b"Content-Type: application/pgp-signature; name=signature.asc\r\n\r\n-----BEGIN PGP SIGNATURE-----\r\n"
    mail = parse.parse(build.multipart(build.TEXT, signature, kind=b"signed"))
    assert (mail.text, [part.name for part in mail.parts]) == ("Hello desk", ["signature.asc"])


def _der(tag: int, *content: bytes) -> bytes:
    body = b"".join(content)
    size = len(body).to_bytes(2, "big")
    return bytes((tag, 0x82)) + size + body


@pytest.mark.parametrize("constructed", [False, True])
def test_an_opaque_signature_is_opened(constructed: bool) -> None:
    """Outlook wraps signed mail so that other programs see only smime.p7m."""
    content = build.entity(build.TEXT, build.PDF)
    octets = _der(0x24, _der(0x04, content[:50]), _der(0x04, content[50:])) if constructed else _der(0x04, content)
    inner = _der(0x30, bytes.fromhex("06092a864886f70d010701"), _der(0xA0, octets))
    cms = _der(0x30, bytes.fromhex("06092a864886f70d010702"), _der(0xA0, _der(0x30, b"\x02\x01\x01", b"\x31\x00", inner)))
    raw = build.plain(
        base64.encodebytes(cms),
        more=b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n",
    )
    mail = parse.parse(raw)
    assert mail.text == "Hello desk"
    assert [part.name for part in mail.parts] == ["smime.p7m", "part-2.pdf"]
    assert parse.part_bytes(raw, mail.parts[1].path) == b"%PDF-1.4"


def test_uuencoded_files_are_files() -> None:
    """Old programs put them into the text."""
    raw = build.plain(b"see file\r\nbegin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\n")
    mail = parse.parse(raw)
    assert [(part.name, part.bytes) for part in mail.parts] == [("cat.txt", 3)]
    assert parse.part_bytes(raw, mail.parts[0].path) == b"Cat"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (b'filename="../../etc/passwd"', "passwd"),
        (b'filename="C:\\\\temp\\\\x.pdf"', "x.pdf"),
        ('filename="a\u202efdp.exe"'.encode(), "afdp.exe"),
        (b"filename*0*=utf-8''%C5%BDlu%C5%A5; filename*1=\"_ok.pdf\"", "Žluť_ok.pdf"),
        (b'filename="=?utf-8?B?xb1sdcWlLnBkZg==?="', "Žluť.pdf"),
        ('filename="Žluť.pdf"'.encode(), "Žluť.pdf"),
        (b"filename=two words.pdf", "two words.pdf"),
        (b'filename="..."', "part-2.pdf"),
        (b'filename="x\r\n\t y.pdf"', "x y.pdf"),
    ],
)
def test_file_names_are_clean_labels(written: bytes, shown: str) -> None:
    """A name must never become a path, nor hide its ending."""
    part = b"Content-Type: application/pdf\r\nContent-Disposition: attachment; " + written + b"\r\n\r\nx"
    assert [" ".join(name.split()) for name in names(build.multipart(build.TEXT, part))] == [shown]


def test_flowed_text_is_joined() -> None:
    """RFC 3676: a space at the end of a line means that the paragraph goes on."""
    more = b"Content-Type: text/plain; format=flowed\r\n"
    mail = parse.parse(build.plain(b"one long \r\nline\r\n> a \r\n> b\r\n-- \r\nKim\r\n stuffed\r\n", more=more))
    assert mail.text == "one long line\n> a b\n-- \nKim\nstuffed"


def test_copies_over_different_paths_have_one_digest() -> None:
    """The same mail over two paths must be known as a duplicate; another one must not."""
    one = parse.parse(b"Received: from a\r\n" + build.plain(b"Hello\r\n"))
    two = parse.parse(b"Received: from b\r\nX-Spam: no\r\n" + build.plain(b"Hello\n"))
    other = parse.parse(build.plain(b"Hello!\r\n"))
    assert one.content_digest == two.content_digest != other.content_digest
    spaced = "one\u2003 two\u00a0\tth\u3000ree\u2028four\u1680\x85five".encode()
    close, wide = (
        parse.parse(build.plain(text, more=b"Content-Type: text/plain; charset=utf-8\r\n")) for text in (b"onetwothreefourfive", spaced)
    )
    assert close.content_digest == wide.content_digest


def _tnef(name: bytes, data: bytes, text: bytes = b"", count: int = 1) -> bytes:
    def attribute(number: int, content: bytes, level: bytes = b"\x02") -> bytes:
        return (
            level
            + number.to_bytes(4, "little")
            + len(content).to_bytes(4, "little")
            + content
            + (sum(content) & 0xFFFF).to_bytes(2, "little")
        )

    rendering = b"\x01\x00" + b"\xff" * 4 + b"\x00" * 8
    return (
        b"\x78\x9f\x3e\x22\x01\x00"
        + attribute(0x0002800C, text, b"\x01") * count
        + attribute(0x00069002, rendering)
        + attribute(0x00018010, name + b"\0")
        + attribute(0x0006800F, data)
    )


def test_files_within_winmail_dat_are_files() -> None:
    """Outlook wraps attachments so that other programs show only winmail.dat."""
    content = base64.encodebytes(_tnef(b"plan.txt", b"the plan"))
    part = b"Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n" + content
    raw = build.multipart(build.TEXT, part)
    mail = parse.parse(raw)
    assert [(part.name, part.bytes) for part in mail.parts][1:] == [("plan.txt", 8)]
    assert mail.parts[0].name == "winmail.dat"
    assert parse.part_bytes(raw, mail.parts[1].path) == b"the plan"
    assert mail.text == "Hello desk"
    broken = b"Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\nno such thing"
    assert names(build.multipart(build.TEXT, broken)) == ["winmail.dat"]


def test_text_within_winmail_dat_is_read_where_there_is_no_other() -> None:
    """Some servers pack the whole mail into it; one that is made to keep the reader busy stays a file."""
    more = b"MIME-Version: 1.0\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n"
    mail = parse.parse(build.plain(base64.encodebytes(_tnef(b"a.txt", b"x", b"Gr\xfc\xdfe\r\nKim\0")), more=more))
    assert mail.text == "Grüße\nKim"
    assert [part.name for part in mail.parts] == ["winmail.dat", "a.txt"]
    busy = parse.parse(build.plain(base64.encodebytes(_tnef(b"a.txt", b"x", b"", 100_000)), more=more))
    assert [part.name for part in busy.parts] == ["winmail.dat"]


def test_a_subject_below_very_many_recipients_is_read() -> None:
    """A mail to a whole company names thousands of them, and the subject often comes last."""
    crowd = b",\r\n ".join(b"someone.%d@client.test" % number for number in range(8000))
    mail = parse.parse(b"From: kim@client.test\r\nTo: " + crowd + b"\r\nSubject: Printer\r\n\r\nHello\r\n")
    assert (mail.subject, mail.text, len(mail.to)) == ("Printer", "Hello", 200)


def test_text_that_claims_to_be_base64_is_read() -> None:
    """Some scripts set the field and forget the encoding."""
    raw = build.plain(b"The printer on floor two jams again\r\n", more=b"Content-Transfer-Encoding: base64\r\n")
    assert parse.parse(raw).text == "The printer on floor two jams again"


@pytest.mark.parametrize("encoding", [b"quoted/printable", b"quotedprintable", b'"quoted-printable"', b"Quoted_Printable (x)"])
def test_misspelled_transfer_encodings_are_undone(encoding: bytes) -> None:
    """Old gateways and home-made programs."""
    raw = build.plain(b"gr=C3=BCn\r\n", more=b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: " + encoding + b"\r\n")
    assert parse.parse(raw).text == "gr\u00fcn"


@pytest.mark.parametrize("body", [b"Hello desk", b"Hello, desk!", b"<html><body><p>Hello desk</p></body></html>"])
def test_short_text_that_claims_to_be_base64_is_read(body: bytes) -> None:
    """Two words are no base64, though a decoder makes something of them."""
    kind = b"text/html" if body.startswith(b"<") else b"text/plain"
    raw = build.plain(body + b"\r\n", more=b"Content-Type: " + kind + b"\r\nContent-Transfer-Encoding: base64\r\n")
    assert "Hello" in parse.parse(raw).text


def test_percent_signs_and_raw_bytes_in_file_names_are_read() -> None:
    """Web mailers write them so; the text of the mail says which charset its program uses."""
    text = "Content-Type: text/plain; charset=windows-1251\r\n\r\nПривет".encode("cp1251")
    raw_name = b'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="' + "счёт.pdf".encode("cp1251") + b'"\r\n\r\nx'
    percent = b'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="%D1%81%D1%87%D1%91%D1%82%20100%25.pdf"\r\n\r\nx'
    plain = b'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="100%25 sure.pdf"\r\n\r\nx'
    assert names(build.multipart(text, raw_name, percent, plain)) == ["счёт.pdf", "счёт 100%.pdf", "100%25 sure.pdf"]
