"""Headers come from strangers and old programs; what stands in them is shown, never obeyed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailgate.parsing import charsets, headers, parse
from tests.examples import about
from tests.parse import build


def subject(raw: bytes) -> str:
    return parse.parse(build.plain(b"x", subject=raw)).subject


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Příliš žluťoučký".encode(), "Příliš žluťoučký"),
        ("Tiskárna nefunguje, děkuji".encode("cp1250"), "Tiskárna nefunguje, děkuji"),
        ("Od včerejška neběží".encode("iso-8859-2"), "Od včerejška neběží"),
        ("Yazıcı çalışmıyor".encode("cp1254"), "Yazıcı çalışmıyor"),
        ("Nem működik, sürgős".encode("cp1250"), "Nem működik, sürgős"),
        ("プリンターが動きません".encode("euc_jp"), "プリンターが動きません"),
        ("プリンターが動きません".encode("cp932"), "プリンターが動きません"),
        (b"=?utf-8?B?w6TDtsO8w?=\r\n =?utf-8?B?5/DpA==?=", "äöüßä"),
        (b"=?utf-8?B?w6Q=w7Y=?=", "äö"),
        ("Grüße aus Köln".encode("latin-1"), "Grüße aus Köln"),
        ("Привет мир".encode("koi8-r"), "Привет мир"),
        (b"=?utf-8?B?xb4=?= =?utf-8?Q?lu=C5?= =?utf-8?Q?=A5ou?=", "žluťou"),
        (b"=?utf-8?Q?Pr=C3=AD?==?utf-8?Q?li=C5=A1?= x", "Príliš x"),
        (b"=?iso-8859-1*de?q?Gr=FC=DFe?=", "Grüße"),
        (b"=?utf-8?q?a b c?=", "a b c"),
        ("=?utf-8?q?Gr\u00fc\u00dfe?=".encode(), "Grüße"),
        (b"=?gb2312?B?6UY=?=", "镕"),
        (b"=?ISO-2022-JP?B?" + b"GyRCRnxLXDhsGyhC?=", "日本語"),
        (b"=?utf-8?q?hello=0D=0ABcc:_v@x.test?=", "hello Bcc: v@x.test"),
        (b"a\0b\x07c", "abc"),
        (b"=?utf-8?q?unfinished", "unfinished"),
        (b"=?x-nonsense?q?plain?=", "plain"),
        (b"1 =? 2 ?= 3", "1 =? 2 ?= 3"),
    ],
)
def test_subjects_are_shown_as_meant(raw: bytes, shown: str) -> None:
    """Agents read subjects; an encoded line break must not become a header of ours."""
    assert subject(raw) == shown


def test_raw_bytes_are_read_as_the_mail_declares_elsewhere() -> None:
    """Old programs mean the charset of the body."""
    raw = build.plain(
        "Zażółć".encode("iso-8859-2"), subject="Gęślą".encode("iso-8859-2"), more=b"Content-Type: text/plain; charset=iso-8859-2\r\n"
    )
    assert parse.parse(raw).subject == "Gęślą"


@pytest.mark.parametrize(
    ("field", "name", "address"),
    [
        (b"Novak, Jiri <j@n.test>", "Novak, Jiri", "j@n.test"),
        (b"=?utf-8?Q?Nov=C3=A1k,_Ji=C5=99=C3=AD?= <j@n.test>", "Novák, Jiří", "j@n.test"),
        (b'"=?utf-8?Q?Nov=C3=A1k?=" <j@n.test>', "Novák", "j@n.test"),
        (b"j@n.test (Jiri Novak)", "Jiri Novak", "j@n.test"),
        (b"boss@bank.test <evil@x.test>", "boss@bank.test", "evil@x.test"),
        (b"MAILER-DAEMON (Mail Delivery System)", "Mail Delivery System", ""),
        (b"Kim Client <kim@c.test", "Kim Client", "kim@c.test"),
        (b"=?utf-8?q?Kim_=3Ckim=40c=2Etest=3E?=", "Kim", "kim@c.test"),
        (b"Kim <=?utf-8?q?kim=40c=2Etest?=>", "Kim", "kim@c.test"),
        (b"\x1b$B;3ED\x1b(B <y@n.test>", "山田", "y@n.test"),
        ("Ji\u0159\u00ed <ji\u0159\u00ed@p\u0159\u00edklad.test>".encode(), "Jiří", "jiří@příklad.test"),
        (b'"a\xe2\x80\xaeb" <a@b.test>', "ab", "a@b.test"),
    ],
)
def test_senders_are_shown_to_people(field: bytes, name: str, address: str) -> None:
    """mail-parser drops or garbles these; agents must still see who wrote."""
    mail = parse.parse(b"From: " + field + b"\r\nSubject: s\r\n\r\nx")
    assert (mail.sender.name, mail.sender.address) == (name, address)


@pytest.mark.parametrize(
    ("field", "addresses"),
    [
        (b"a@x.test; B <b@x.test>", ["a@x.test", "b@x.test"]),
        (b"a@x.test b@x.test", ["a@x.test", "b@x.test"]),
        (b"A <a@x.test>B <b@x.test>", ["a@x.test", "b@x.test"]),
        (b"'a@x.test'", ["a@x.test"]),
        (b"=?utf-8?q?a=40x=2Etest?=", ["a@x.test"]),
        (b"undisclosed-recipients:;", []),
    ],
)
def test_recipients_are_found_however_they_are_listed(field: bytes, addresses: list[str]) -> None:
    """Whoever is missing here gets no copy and joins no ticket."""
    mail = parse.parse(b"From: kim@client.test\r\nTo: " + field + b"\r\nSubject: s\r\n\r\nx")
    assert [each.address for each in mail.to] == addresses


def test_junk_before_the_headers_is_skipped() -> None:
    """Editors and mailboxes leave marks there."""
    for junk in (b"\xef\xbb\xbf", b"\r\n", b"From kim Mon Nov  2 10:00:00 2026\r\n", b"\n\n\n"):
        assert parse.parse(junk + build.plain(b"x")).subject == "Printer"


def test_text_without_an_empty_line_before_it_is_the_body() -> None:
    """Some scripts forget it."""
    mail = parse.parse(b"From: a@b.test\nSubject: s\nThis is the text\nand more\n")
    assert (mail.subject, mail.text) == ("s", "This is the text\nand more")


def test_mails_ended_by_bare_carriage_returns_are_read() -> None:
    """Old Macs."""
    assert parse.parse(build.plain(b"x\r\ny").replace(b"\r\n", b"\r")).text == "x\ny"


@pytest.mark.parametrize("name", ["headers", "parse", "attachments", "__class__", "x_json", "message", "defects"])
def test_headers_named_like_attributes_are_only_headers(name: str) -> None:
    """mail-parser once took them for its own."""
    mail = parse.parse(build.plain(b"text", more=name.encode() + b": evil\r\n"))
    assert (mail.text, mail.header(name)) == ("text", "evil")


@pytest.mark.parametrize("date", [b"Mon, 1 Jan 0001 00:00:00 +0000", b"Mon, 1 Jan 9999 00:00:00 -2400", b"99999999999", b"yesterday", b""])
def test_nonsense_dates_are_no_dates(date: bytes) -> None:
    """They once stopped whole list servers."""
    assert parse.parse(b"From: a@b.test\r\nDate: " + date + b"\r\n\r\nx").date is None


@pytest.mark.parametrize(
    "label",
    [
        "utf-7",
        "idna",
        "rot13",
        "undefined",
        "unicode_escape",
        "x-unknown",
        "utf-16",
        "hex",
        "punycode",
        "",
        "base64",
        "zip",
        "raw_unicode_escape",
        "mbcs",
    ],
)
def test_no_charset_label_runs_a_codec_of_its_choice(label: str) -> None:
    """Some Python codecs raise, some hide markup; UTF-7 stays as it was sent."""
    mail = parse.parse(
        build.plain(b"+ADw-script+AD4- \\u003c plain", more=b"Content-Type: text/plain; charset=" + label.encode() + b"\r\n")
    )
    assert mail.text == "+ADw-script+AD4- \\u003c plain" or label == "utf-16"
    assert "<" not in mail.text


@pytest.mark.parametrize(
    ("text", "codec", "label"),
    [
        ("日本語と半角", "iso-2022-jp", "iso-2022-jp"),
        ("日本語", "cp932", "shift_jis"),
        ("朱镕基", "gbk", "gb2312"),
        ("한국말", "cp949", "ks_c_5601-1987"),
        ("Привет", "koi8-r", "koi8-r"),
        ("Žluťoučký", "cp1250", "windows-1250"),
        ("“quotes” – €", "cp1252", "iso-8859-1"),
        ("Größe", "utf-8", "iso-8859-1"),
        ("Größe", "latin-1", "us-ascii"),
        ("žluť", "utf-16", "utf-16"),
        ("안녕하세요", "iso2022_kr", ""),
        ("お世話になっております", "euc_jp", "unknown-8bit"),
        ("Příšerně žluťoučký kůň", "iso-8859-2", ""),
    ],
)
def test_texts_of_all_charsets_are_read(text: str, codec: str, label: str) -> None:
    """Right labels, narrow labels and wrong labels."""
    assert charsets.decode(text.encode(codec), label)[0].lstrip("\ufeff") == text


def test_circled_digits_survive_in_japanese_mail() -> None:
    """Phones send them in ISO-2022-JP though it has none."""
    assert charsets.decode(b"\x1b$B-!#1ET\x1b(B ok", "iso-2022-jp")[0] == "①１都 ok"


odd_bytes = st.text(alphabet="aB:- \t\r\n=?;\xe4", max_size=12).map(lambda text: text.encode("latin-1"))


@settings(max_examples=about(400), deadline=None)
@given(
    st.lists(st.one_of(odd_bytes, st.sampled_from([b"Subject: x\r\n", b"To: a\n b\r\n\tc\r\n", b"X-Empty:\n"])), max_size=6).map(b"".join)
)
def test_an_odd_line_among_the_headers_changes_no_other(block: bytes) -> None:
    """A block without one is read at one go, all others line by line: both must find the same fields."""
    if b"\n\r\n" in block or b"\n\n" in block or block[:1] in b" \t\r\n":
        return
    whole = headers.read(block + b"Date: x\r\n\r\n")
    odd = headers.read(block + b"an odd line\r\nDate: x\r\n\r\n")
    assert odd.fields == whole.fields or block[-1:] != b"\n"
    assert odd.flaws == whole.flaws | {"bad-header"} or block[-1:] != b"\n"
    assert whole.first("subject") == next((value for name, value in whole.fields if name.lower() == "subject"), None)
