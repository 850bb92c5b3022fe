"""Whole messages: what a stranger's client reads is what was meant, or nothing leaves."""

from __future__ import annotations

import binascii
import email
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import policy
from email.utils import getaddresses
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mailgate.letters import mailto
from mailgate.sending import compose, fields, lastgate
from rules.facts.terms import Address
from templates import cards, render, samples
from tests.examples import about

GOLDENS = Path(__file__).parent / "goldens"
AT = datetime(2026, 6, 15, 9, 41, tzinfo=timezone(timedelta(hours=2)))
WORDS = render.Rendered(subject="Re: Printer [T42]", text="Hello\n", html="<!doctype html><p>Hello</p>\n", language="en")
TOKEN = "k5x2m7qa4tzbwy3p"


def outgoing(**changes: object) -> compose.Outgoing:
    mail = compose.Outgoing(
        message_id="<t42-m-3k9-k5x2m7qa4tzbwy3p@desk.example>",
        sender=Address(name="Harbour Desk", address="desk@desk.example"),
        to=Address(name="Maria Keller", address="maria@hafenkontor.example"),
        reply_to=f"desk+t42-r-3k9-{TOKEN}@desk.example",
        date=AT,
        in_reply_to="<one@hafenkontor.example>",
        references=("<one@hafenkontor.example>", "<t42.root@desk.example>"),
        headers=fields.standard(
            template="received",
            automatic="replied",
            to_staff=False,
            ref="T42",
            status="new",
            colour="grey",
            list_spec="desk.example",
            topic="Printer",
            opened_at=datetime(2026, 6, 15, 7, 12, tzinfo=UTC),
        ),
    )
    return replace(mail, **changes)


def read(raw: bytes) -> email.message.EmailMessage:
    message = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, email.message.EmailMessage)
    assert not [defect for part in message.walk() for defect in part.defects]
    return message


def structure(message: email.message.Message) -> object:
    kind = message.get_content_type()
    return [kind, *map(structure, message.get_payload())] if message.is_multipart() else kind


@pytest.mark.parametrize("name", cards.SHAPES)
def test_every_text_becomes_a_mail_that_reads_as_meant(name: str) -> None:
    """What the customer's client shows must be the words that were rendered, in both parts."""
    card = samples.sample(name, "de")
    links = mailto.links(card, "de", lambda key: (f"desk+t2041-{key.replace(':', '')}-3k9-{TOKEN}@desk.example", None))
    words = render.render(name, "de", card, links=links)
    message = read(compose.compose(outgoing(), words))
    assert structure(message) == ["multipart/alternative", "text/plain", "text/html"]
    assert message.get_body(("plain",)).get_content().replace("\r\n", "\n") == words.text
    assert message.get_body(("html",)).get_content().replace("\r\n", "\n") == words.html
    assert message["Subject"] == words.subject


@pytest.mark.parametrize("name", sorted(path.name for path in GOLDENS.glob("*.eml")))
def test_golden_mails_stay_as_they_are(name: str) -> None:
    """A change of the bytes that leave is seen and wanted, header by header; `*` stands for what may differ."""
    meant = (GOLDENS / name).read_text(encoding="ascii").split("\n")
    made = golden_cases()[name].decode("ascii").replace("\r\n", "\n").split("\n")
    for want, got in zip(meant, made, strict=True):
        pattern = ".*".join(map(re.escape, want.split("*")))
        assert re.fullmatch(pattern, got), f"{got!r} is not {want!r}"


def test_every_golden_mail_is_compared() -> None:
    """A golden mail that nobody makes proves nothing."""
    assert sorted(golden_cases()) == sorted(path.name for path in GOLDENS.glob("*.eml"))


def golden_cases() -> dict[str, bytes]:
    picture = compose.Attachment(name="screen.png", type="image/png", content=b"\x89PNG" + bytes(40), content_id="shot1@desk.example")
    file = compose.Attachment(
        name="Prüfbericht für Frau Keller, Hafenkontor GmbH & Co. KG (endgültig).pdf", type="application/pdf", content=b"%PDF-1.7\n"
    )
    foreign = replace(
        WORDS,
        subject="Re: Drucker im zweiten Stock: nichts geht mehr, Gerät meldet „Störung“ seit heute früh um sieben [T42]",
        text="Grüße,\n\nFrom here on it is =20 percent.\n-- \n.\nMaria\n",
    )
    return {
        "acknowledgement.eml": compose.compose(outgoing(), WORDS),
        "answer-with-picture-and-file.eml": compose.compose(
            outgoing(
                headers=fields.standard(
                    template="message", automatic=None, to_staff=False, ref="T42", status="working", colour="teal", topic="Printer"
                ),
                attachments=(picture, file),
            ),
            replace(WORDS, html='<p>See <img src="cid:shot1@desk.example"></p>\n'),
        ),
        "foreign-words-and-long-ids.eml": compose.compose(
            outgoing(
                sender=Address(name="Häfen, Kontor „Süd“", address="desk@desk.example"),
                to=Address(name='Keller, "Mia" Maria', address="maria@hafenkontor.example"),
                in_reply_to=f"<{'c' * 100}@PROD.OUTLOOK.COM>",
                references=tuple(f"<{letter * size}@x.y>" for letter, size in (("b", 90), ("d", 20), ("e", 60), ("f", 100))),
            ),
            foreign,
        ),
        "plain-only.eml": compose.compose(outgoing(reply_to="", in_reply_to="", references=(), headers=()), replace(WORDS, html="")),
    }


def test_pictures_stand_beside_the_html_and_files_around_all() -> None:
    """A pasted picture shows at its place, and a report is found as an attachment."""
    picture = compose.Attachment(name="a.png", type="image/png", content=b"p", content_id="a@x")
    file = compose.Attachment(name="b.txt", type="text/plain", content=b"bare\nlines\rand \xff")
    message = read(compose.compose(outgoing(attachments=(file, picture)), WORDS))
    assert structure(message) == [
        "multipart/mixed",
        ["multipart/alternative", "text/plain", ["multipart/related", "text/html", "image/png"]],
        "text/plain",
    ]
    (attached,) = message.iter_attachments()
    assert attached.get_payload(decode=True) == b"bare\nlines\rand \xff"
    inline = next(part for part in message.walk() if part.get_content_type() == "image/png")
    assert (inline["Content-ID"], inline.get_content_disposition(), inline.get_content()) == ("<a@x>", "inline", b"p")


@pytest.mark.parametrize(
    ("given_name", "written"),
    [
        ("../../etc/cron.d/x", "_.._etc_cron.d_x"),
        ("C:\\Windows\\a.exe", "C__Windows_a.exe"),
        ("inv\u202egnp.exe", "invgnp.exe"),
        ('a"; filename="b.exe', "a_; filename=_b.exe"),
        ("x\r\nContent-Type: text/html", "x Content-Type_ text_html"),
        ("", "file"),
        ("...", "file"),
        ("Ä" * 200 + ".pdf", "Ä" * 100 + ".pdf"),
        ("日本語の報告書.docx", "日本語の報告書.docx"),
    ],
)
def test_file_names_are_labels(given_name: str, written: str) -> None:
    """A name must not become a path, a second parameter or a header of its own."""
    message = read(
        compose.compose(outgoing(attachments=(compose.Attachment(name=given_name, type="application/pdf", content=b"x"),)), WORDS)
    )
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == written
    assert set(attached.keys()) == {"Content-Type", "Content-Transfer-Encoding", "Content-Disposition"}


@pytest.mark.parametrize("kind", ["message/rfc822", "multipart/mixed", "text/html; charset=x", "image/png\r\nX: y", "", "weird"])
def test_odd_types_of_files_are_just_bytes(kind: str) -> None:
    """An attached mail must not be parsed as part of ours, and a type must not carry a header."""
    file = compose.Attachment(name="a.eml", type=kind, content=b"From: x\n\ny")
    message = read(compose.compose(outgoing(attachments=(file,)), WORDS))
    (attached,) = message.iter_attachments()
    assert attached.get_content_type() == "application/octet-stream"
    assert attached.get_payload(decode=True) == b"From: x\n\ny"


any_text = st.text(max_size=80)
ids = st.one_of(st.text(max_size=40), st.from_regex(r"<[!-~]{1,300}@[a-z]{1,20}>", fullmatch=True))


@settings(max_examples=about(60), suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    subject=any_text,
    sender=any_text,
    to=any_text,
    body=st.text(max_size=400),
    name=any_text,
    references=st.lists(ids, max_size=25),
    topic=any_text,
)
def test_no_words_make_a_field_that_was_not_meant(
    subject: str, sender: str, to: str, body: str, name: str, references: list[str], topic: str
) -> None:
    """Whatever strangers write: the mail has exactly the fields we meant, one sender, one recipient, and their words as words."""
    mail = outgoing(
        sender=Address(name=sender, address="desk@desk.example"),
        to=Address(name=to, address="maria@hafenkontor.example"),
        subject=subject or "x",
        references=tuple(references),
        headers=(("Thread-Topic", topic), ("X-Mailgate-Template", "received")),
        attachments=(compose.Attachment(name=name, type="text/plain", content=body.encode("utf-8", "replace")),),
    )
    try:
        raw = compose.compose(mail, replace(WORDS, text=body, html=f"<p>{body}</p>"))
    except compose.Unsendable:
        pytest.fail("words alone must never hold a mail")
    message = email.message_from_bytes(raw)
    names = [
        "From",
        "To",
        "Reply-To",
        "Subject",
        "Date",
        "Message-ID",
        "In-Reply-To",
        "References",
        "Thread-Topic",
        "X-Mailgate-Template",
        "MIME-Version",
        "Content-Type",
    ]
    assert message.keys() == [one for one in names if one != "References" or fields.ids(references)]
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|[^\t\r\n -~]", raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@given(address=st.text(max_size=60), where=st.sampled_from(["sender", "to", "reply_to", "message_id"]))
def test_any_address_is_written_or_refused(address: str, where: str) -> None:
    """An address that can't be written safely holds the mail; it never becomes another one."""
    value = Address(address=address) if where in {"sender", "to"} else address
    try:
        raw = compose.compose(outgoing(**{where: value}), WORDS)
    except compose.Unsendable:
        return
    message = email.message_from_bytes(raw)
    assert message.get_all("From") == [message["From"]]
    assert message.get_all("To") == [message["To"]]
    assert "\n" not in message["To"].replace("\r\n ", "")


@pytest.mark.parametrize(
    "changes",
    [
        {"message_id": "no id"},
        {"message_id": "<x@y>\r\nBcc: v@v.test"},
        {"to": Address(address="a@b>\r\nRCPT TO:<c@d")},
        {"date": datetime(2026, 6, 15, 9, 41)},
        {"headers": (("X-Bad: v\r\nBcc", "v@v.test"),)},
        {"headers": (("From", "second@desk.example"),)},
        {"headers": (("To", "second@desk.example"),)},
        {"headers": (("List-Id", "Desk <not an id>"),)},
        {"attachments": (compose.Attachment(name="a.png", type="image/png", content=b"p", content_id="a>\r\nX: y"),)},
    ],
)
def test_what_cannot_be_written_safely_is_unsendable(changes: dict[str, object]) -> None:
    """The postman must get a reason instead of a mail with a hole."""
    with pytest.raises(compose.Unsendable):
        compose.compose(outgoing(**changes), WORDS)


def test_hostile_subjects_and_names_reach_the_reader_as_text() -> None:
    """The attacks that were live on this interpreter: encoded line breaks, separators, NUL."""
    for attack in (
        "=?utf-8?q?x=0D=0ABcc:_v@v.test?=",
        "x\nBcc: v@v.test",
        "x\u2028Bcc: v@v.test",
        "x\x00Bcc: v@v.test",
        "x\udcffBcc: v@v.test",
    ):
        raw = compose.compose(outgoing(subject=attack, sender=Address(name=attack, address="desk@desk.example")), WORDS)
        message = email.message_from_bytes(raw)
        assert "Bcc" not in message
        assert message["Reply-To"].count("@desk.example") == 1


def intended(raw: bytes) -> lastgate.Intended:
    """What a composed mail of `outgoing()` was meant to be, taken from the composer itself."""
    caught: list[lastgate.Intended] = []
    real = lastgate.gate

    def spy(made: bytes, meant: lastgate.Intended) -> None:
        caught.append(meant)
        real(made, meant)

    lastgate.gate, keep = spy, lastgate.gate
    try:
        assert compose.compose(outgoing(), WORDS) == raw
    finally:
        lastgate.gate = keep
    return caught[0]


@settings(max_examples=about(300), deadline=None)
@given(added=st.text(alphabet='\r\n\t :;,.<>=?@-"()aB0', max_size=5), place=st.integers(0, 2000), taken=st.integers(0, 3))
@example(added="\r\n\r\n", place=0, taken=0)
@example(added="\r\n \t", place=6, taken=0)
@example(added=" :", place=4, taken=1)
@example(added=" ", place=0, taken=0)
def test_what_the_gate_passes_the_standard_library_reads_as_meant(added: str, place: int, taken: int) -> None:
    """The gate takes headers apart by itself: none may pass that another reader takes for other fields or other values."""
    raw = compose.compose(outgoing(), WORDS)
    meant = intended(raw)
    at = place % raw.index(b"\r\n\r\n")
    changed = raw[:at] + added.encode() + raw[at + taken :]
    try:
        lastgate.gate(changed, meant)
    except compose.Unsendable:
        return
    message = email.message_from_bytes(changed)
    assert not message.defects
    assert message.keys() == [name for name, _ in meant.headers]
    for name, wanted in meant.headers:
        value = str(message[name]).replace("\r\n", "").strip()
        if name in {"From", "To", "Reply-To"}:
            ((who, address),) = getaddresses([value])
            value = f"{who} <{address}>"
        assert not wanted or value.strip("<>" if name == "List-Id" else "") == wanted


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw.replace(b"Subject:", b"Bcc: v@v.test\r\nSubject:"),
        lambda raw: raw.replace(b"Subject:", b"To: second@x.test\r\nSubject:"),
        lambda raw: raw.replace(b"Subject: Re: Printer", b"Subject: Re: Scanner"),
        lambda raw: raw.replace(b"maria@hafenkontor.example", b"mal@evil.test"),
        lambda raw: raw.replace(b"To: Maria Keller <", b"To: x@y.test, Maria Keller <"),
        lambda raw: raw.replace(b"<one@hafenkontor.example>\r\nReferences", b"<two@hafenkontor.example>\r\nReferences"),
        lambda raw: raw.replace(b"\r\n", b"\n"),
        lambda raw: raw.replace(b"Hello", b"Hel\x00o"),
        lambda raw: raw.replace(b"Hello", b"Hel\nlo"),
        lambda raw: raw.replace(b"Hello", b"H\xc3\xa4llo"),
        lambda raw: raw.replace(b"Hello", b"Help!", 1),
        lambda raw: raw.replace(b"Hello", b"x" * 999, 1),
        lambda raw: raw.replace(b"text/html", b"text/plain"),
        lambda raw: raw.replace(b"quoted-printable", b"base64", 1),
        lambda raw: raw[: raw.rindex(b"--=_")],
        lambda raw: raw.replace(b"--=_alternative", b"--=_alternativ", 1),
        lambda raw: raw.replace(b"multipart/alternative", b"text/plain"),
    ],
)
def test_the_gate_stops_a_message_that_reads_differently(damage) -> None:
    """Should the composer ever be wrong, the mail waits instead of leaving."""
    raw = compose.compose(outgoing(), WORDS)
    meant = intended(raw)
    lastgate.gate(raw, meant)
    broken = damage(raw)
    assert broken != raw
    with pytest.raises(compose.Unsendable):
        lastgate.gate(broken, meant)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "\n",
        "a",
        "x" * 5000,
        "ä" * 3000,
        "\n.\n.\n",
        "From me\nFrom you\n",
        "a  \n\t\n b",
        "--=_alternative\n--x--\n" * 40,
        "日本" * 900,
        "=3D=20=\n" * 60,
    ],
)
def test_bodies_travel_unchanged(body: str) -> None:
    """Lines of any length, dots, boundaries in the text and foreign scripts arrive as they were."""
    message = read(compose.compose(outgoing(), replace(WORDS, text=body, html=body or "x")))
    for part in message.iter_parts():
        assert part.get_payload(decode=True).decode().replace("\r\n", "\n") in {body, body or "x"}


@settings(max_examples=about(200), deadline=None)
@given(st.lists(st.text(alphabet='===<a>. \t"ü', max_size=12), max_size=12), st.integers(1, 40))
def test_long_lines_are_quoted_as_the_standard_library_does(words: list[str], times: int) -> None:
    """Lines of HTML are long and full of `=`: each is broken where every other program would break it, and reads the same."""
    line = "".join(words) * times
    raw = compose.compose(outgoing(), replace(WORDS, text=line, html=""))
    if b"quoted-printable" in raw:
        quoted = binascii.b2a_qp(line.encode(), istext=True, header=False).replace(b"\n", b"\r\n")
        assert raw.endswith(b"\r\n\r\n" + quoted)


def test_the_same_mail_has_the_same_bytes() -> None:
    """A retry must be told from a second mail by nobody (the same Message-ID, the same bytes)."""
    assert compose.compose(outgoing(), WORDS) == compose.compose(outgoing(), WORDS)


def test_a_big_file_is_composed_in_time() -> None:
    """Ten megabytes to five agents must not stop the desk."""
    content = bytes(range(256)) * 8000
    raw = compose.compose(outgoing(attachments=(compose.Attachment(name="a.bin", type="application/zip", content=content),)), WORDS)
    (attached,) = read(raw).iter_attachments()
    assert attached.get_content() == content


def test_button_links_survive_every_client() -> None:
    """The plus sign, the umlauts and the tag must come back as they were, and no link may be cut by a client."""
    link = mailto.href("desk+t42-close-3k9-abc@desk.example", "[T42] Das ist gelöst & „fertig“ + 100%")
    assert (
        link
        == "mailto:desk%2Bt42-close-3k9-abc@desk.example?subject=%5BT42%5D%20Das%20ist%20gel%C3%B6st%20%26%20%E2%80%9Efertig%E2%80%9C%20%2B%20100%25"
    )
    assert len(mailto.href("a@b.test", "ü" * 5000)) <= 2000
    assert unquote(mailto.href("a@b.test", "ü" * 5000)).endswith("ü")


def test_every_button_of_a_card_gets_its_link() -> None:
    """Buttons inside questions and answers count, and without sub-addressing the token stands in the subject."""
    card = samples.sample("held", "de")
    asked: list[str] = []

    def address(key: str) -> tuple[str, str | None]:
        asked.append(key)
        return "desk@desk.example", f"t2041-{key.replace('.', '')}-3k9-{TOKEN}"

    links = mailto.links(card, "de", address)
    assert sorted(asked) == sorted(links) == ["drop", "q1.1", "q2.1", "q2.2", "send"]
    assert unquote(links["send"]) == f"mailto:desk@desk.example?subject=[T2041] t2041-send-3k9-{TOKEN} Trotzdem senden"
    assert render.render("held", "de", card, links=links).html.count("mailto:") == 5
