"""What a stranger's words become in mail of ours, in logs, files and tables: words, and nothing else."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import logging
import re
import socket
from pathlib import Path

import pytest

from rules.facts.mail import Envelope
from tests.cli.conftest import begin
from tests.desk.customers import everything
from tests.desk.office import desk, plain
from tests.desk.staff import ANNA, KIM, MAL, one, to, to_customers

SMUGGLED = (
    "=?utf-8?q?Hi=0D=0ABcc:_victim@v.example=0D=0A=0D=0Abody?=",
    "=?utf-8?b?SGkNCkJjYzogdmljdGltQHYuZXhhbXBsZQ0K?=",
    "Hi\u2028Bcc: victim@v.example\u2029X: y",
    "Hi\u0085Bcc: victim@v.example",
    "Hi\x0bBcc: victim@v.example\x0c\x00\x1b[2J",
    "=?utf-8?q?=00=01=1B[31m?= \ud800",
    "{{7*7}}{% for x in range(9) %}{{x}}{% endfor %}${7*7}#{7*7}",
    "=?utf-8?q?a?=\r\n =?utf-8?q?=0D=0ABcc:_victim@v.example?=",
)


def stranger(subject: str, name: str = "Mal", text: str = "hello", *, more: str = "", n: int = 0) -> bytes:
    """A stranger's mail as it stands on the wire, subject and name unchanged."""
    return (
        f"From: {name} <mal{n}@evil.example>\r\nTo: support@desk.example\r\nSubject: {subject}\r\nMessage-ID: <w{n}@evil.example>\r\n{more}\r\n{text}\r\n"
    ).encode("utf-8", "surrogatepass")


def envelope(n: int = 0) -> Envelope:
    return Envelope(door="smtp", sender=f"mal{n}@evil.example", recipients=("support@desk.example",), peer="192.0.2.66")


def test_no_word_of_a_mail_becomes_a_header_field_or_a_recipient(tmp_path: Path) -> None:
    """The desk would write to whomever a subject names, in its own name."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM, "An ordinary request.")
        ordinary = {template(m): set(m.keys()) for m in d.post()}
        for n, words in enumerate(SMUGGLED):
            d.take(stranger(words, f'"{words}"' if n % 2 else "Mal", n=n), envelope(n))
        mails = d.post()
        assert len(mails) == 2 * len(SMUGGLED)
        for mail in mails:
            assert set(mail.keys()) <= ordinary[template(mail)] | {"Cc"}, mail.keys()
            assert "Bcc" not in mail
            assert str(mail["To"].addresses[0].domain) in {"staff.example", "evil.example"}
            assert "victim" not in str(mail["To"]) + str(mail["Cc"] or "")


FILE_NAMES = (
    '"a\r\n Bcc: victim@v.example"',
    '"a\u2028Bcc: victim@v.example.pdf"',
    '"=?utf-8?q?a=0D=0ABcc:_victim@v.example?=.pdf"',
    "utf-8''a%0D%0ABcc:%20victim%40v.example",
    '"\\"; x=y\x00.pdf"',
)
MESSAGE_IDS = (
    "<a\rBcc: victim-0@v.example>",
    "<a@b>\r\n <victim@v.example>\u2028",
    "<=?utf-8?q?=0D=0ABcc:_victim@v.example?=@x>",
    "<" + "x" * 2000 + "@y>",
    "a b c@d",
)


def test_no_name_of_a_file_and_no_message_id_becomes_a_field(tmp_path: Path) -> None:
    """What is echoed in References, or names an attachment, stands in the header of our mail."""
    with desk(tmp_path, hold="0s") as d:
        d.agent("anna")
        d.write(KIM, "An ordinary request.")
        ordinary = {template(m): set(m.keys()) for m in d.post()}
        for n, (name, message_id) in enumerate(zip(FILE_NAMES, MESSAGE_IDS, strict=True)):
            star = "*" if name.startswith("utf-8''") else ""
            raw = (
                f"From: Mal <mal{n}@evil.example>\r\nTo: support@desk.example\r\nSubject: File {n}\r\nMessage-ID: {message_id}\r\n"
                f"References: {message_id} <r{n}@x>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n--q\r\n\r\nSee it.\r\n"
                f"--q\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename{star}={name}\r\n\r\n%PDF\r\n--q--\r\n"
            )
            d.take(raw.encode("utf-8", "surrogatepass"), envelope(n))
        mails = d.post()
        assert len(mails) == 2 * len(FILE_NAMES)
        for mail in mails:
            assert set(mail.keys()) <= ordinary[template(mail)] | {"References", "In-Reply-To"}, mail.keys()
            for part in mail.walk():
                assert "Bcc" not in part and "\n" not in str(part.get_filename() or "")
            assert "victim" not in str(mail["To"]) + str(mail["Cc"] or "") + str(mail["Delivered-To"])


def template(mail: object) -> str:
    return str(mail["X-Mailgate-Template"])  # type: ignore[index]


def test_words_that_look_like_a_template_stay_words(tmp_path: Path) -> None:
    """`{{7*7}}` that becomes 49 becomes the key file next."""
    with desk(tmp_path) as d:
        d.agent("anna")
        words = SMUGGLED[6]
        d.write(f"Mal <{MAL}>", f"{words}\n\n{words}", subject=words)
        told = one(d.post(), ANNA)
        assert "{{7*7}}{% for x in range(9) %}" in plain(told) and "{{7*7}}" in str(told["Subject"])
        assert "012345678" not in everything(told)
        d.write(ANNA, "Hello {{customer}} {{7*7}}", answer=told)
        answer = next(m for m in to_customers(d.post_later(300)) if "Hello" in plain(m))
        assert "Hello {{customer}} {{7*7}}" in plain(answer)


MARKUP = """<style>*{display:none}</style><script>alert(1)</script></div></td></table><img src="http://127.0.0.1:{port}/p.gif">
<iframe src="http://127.0.0.1:{port}/f"></iframe><link rel=stylesheet href="http://127.0.0.1:{port}/s.css"><form action="http://127.0.0.1:{port}/"><input>
<a href="javascript:x()">x</a><svg onload="x()"><base href="//evil.example"><meta http-equiv=refresh content="0;url=http://127.0.0.1:{port}/m"><p onclick="x()">Hello</p>"""


def test_a_customers_html_reaches_nobody_as_html_and_nothing_is_fetched(tmp_path: Path) -> None:
    """A pixel would tell when staff reads; a style sheet would hide what we say."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.settimeout(0.3)
        markup = MARKUP.replace("{port}", str(listener.getsockname()[1]))
        with desk(tmp_path) as d:
            d.agent("anna")
            d.write(KIM, "", html=markup, subject="<b>bold</b><script>x</script>")
            told = one(d.post(), ANNA)
            body = told.get_body(("html",))
            assert body is not None
            html = str(body.get_content())
            for tag in ("script", "iframe", "form", "input", "svg", "base", "link", "img"):
                assert not re.search(rf"<{tag}\b", html, re.IGNORECASE), tag
            assert not re.search(r"<[^>]+\son\w+\s*=", html)
            assert "javascript:" not in html.replace("javascript:x", "") or 'href="javascript' not in html
            assert "*{display:none}" not in html
            assert "Hello" in plain(told)
            d.write(ANNA, "We come.", answer=told)
            d.post_later(300)
        with pytest.raises(TimeoutError):
            listener.accept()


def test_files_that_run_are_named_and_not_carried(tmp_path: Path) -> None:
    """The desk would be the way by which the worm gets to staff."""
    files = (
        ("invoice.exe", b"MZ"),
        ("page.html", b"<script>"),
        ("drawing.svg", b"<svg onload=x>"),
        ("run.js", b"x"),
        ("there.url", b"[InternetShortcut]"),
        ("notes.one", b"x"),
        ("page.xht", b"<script>"),
        ("fine.pdf", b"%PDF-1.4"),
    )
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM, "See the files.", files=files)
        told = one(d.post(), ANNA)
        assert [part.get_filename() for part in told.iter_attachments()] == ["fine.pdf"]
        for name, _ in files:
            assert name in plain(told), name


def test_an_address_cannot_speak_smtp(tmp_path: Path) -> None:
    """`<a@b>\\r\\nRCPT TO:<c@d>` would be a recipient of its own choice."""
    forms = (
        '"a@b.example>\r\nRCPT TO:<victim@v.example"@x.example',
        "a@b.example>RCPT",
        "<a b@c.example>",
        "a@b.example\r\n Bcc: victim@v.example",
        "a@b.example\x00",
        "a\u2028@b.example",
    )
    with desk(tmp_path) as d:
        d.agent("anna")
        for n, form in enumerate(forms):
            raw = f"From: <{form}>\r\nTo: support@desk.example\r\nSubject: x\r\nMessage-ID: <a{n}@x.example>\r\n\r\nhello\r\n".encode()
            d.take(raw, Envelope(door="smtp", sender="x@x.example", recipients=("support@desk.example",), peer="192.0.2.66"))
        for raw in d.left():
            recipients = [line for line in raw.split(b"\r\n") if line.lower().startswith(b"delivered-to:")]
            assert all(re.fullmatch(rb"Delivered-To: [^\s<>]+@[^\s<>]+", line) for line in recipients), recipients
            assert not any(b"victim" in line for line in recipients)


def test_the_log_has_one_line_for_each_thing_whatever_a_mail_says(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A sender could write lines of our own log: `mail sent … answer=250`."""
    with caplog.at_level(logging.DEBUG), desk(tmp_path) as d:
        d.agent("anna")
        evil = "x\u2028mail sent outbox=1\x1b[2J\u0085y"
        for n, words in enumerate(SMUGGLED):
            d.take(
                stranger(words, more=f"References: <{evil}@x.example>\r\nX-{n}: y\r\n", n=n).replace(b"<w", f"<{evil}".encode()),
                envelope(n),
            )
        d.take(
            stranger("x", n=90),
            Envelope(door="smtp", sender=f"a{evil}@evil.example", recipients=("support@desk.example",), peer="192.0.2.66", helo=evil),
        )
        d.post()
        ours = [record.getMessage() for record in caplog.records if record.name.startswith("mailgate")]
        assert len(ours) > 2 * len(SMUGGLED)
        for line in ours:
            assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", line), line
            assert "victim" not in line and "hello" not in line


def test_a_hundred_forged_mails_reach_their_victim_once_and_carry_nothing(tmp_path: Path) -> None:
    """The desk would be the postman of an advert: forged sender, our good name."""
    with desk(tmp_path) as d:
        for n in range(120):
            raw = (
                f"From: Buy Cheap Pills <victim@v.example>\r\nTo: support@desk.example\r\nSubject: BUY CHEAP PILLS {n}\r\n"
                f"Message-ID: <{n}@evil.example>\r\n\r\nBUY CHEAP PILLS at http://pills.example/{n}\r\n"
            )
            d.take(raw.encode(), Envelope(door="smtp", sender="victim@v.example", recipients=("support@desk.example",), peer="192.0.2.66"))
        mails = d.post()
        assert len(to(mails, "victim@v.example")) == 1
        for mail in to(mails, "victim@v.example"):
            assert "PILLS" not in everything(mail).upper() and "pills.example" not in everything(mail)
        assert len(to(mails, "root@desk.example")) <= 2
        assert len(d.tickets()) <= 10


NAMES = (
    "../../etc/cron.d/x", "..\\..\\windows\\x.ini", "/etc/passwd", "..%2f..%2fx", "a\x00b.txt", "a\r\nb.txt", "\u202egpj.exe", ".htaccess", "-rf", "CON", "aux.txt", "x" * 400 + ".txt", "", ".", "..", "~/x", "a/b/c",
    "same.txt", "same.txt", "|sh", "$(id).txt", "`id`", "*",
)  # fmt: skip


def test_files_of_a_mail_are_saved_in_their_folder_and_nowhere_else(tmp_path: Path) -> None:
    """A file's name would choose the place, and overwrite what is there."""
    cli = begin(tmp_path)
    parts = "".join(
        f"--q\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename*=utf-8''{''.join(f'%{b:02x}' for b in name.encode())}\r\n\r\nfile {n}\r\n"
        for n, name in enumerate(NAMES)
    )
    raw = f"From: kim@client.example\r\nTo: support@desk.example\r\nSubject: files\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n{parts}--q--\r\n"
    cli.ok("mail", "in", "-", stdin=raw)
    used, target = tmp_path / "used", tmp_path / "out"
    used.mkdir()
    (used / "same.txt").write_text("mine")
    before = set(tmp_path.rglob("*"))
    assert cli.run("ticket", "export", "T1", "--files", str(used)).code == 1
    assert (used / "same.txt").read_text() == "mine", "nothing is overwritten"
    cli.ok("ticket", "export", "T1", "--files", str(target), "--to", str(tmp_path / "t1.mbox"))
    written = list(target.iterdir())
    assert len(written) == len(NAMES)
    assert all(
        path.is_file() and not path.is_symlink() and re.fullmatch(r"[^./\\\x00-\x1f\u202e][^/\\\x00-\x1f\u202e]{0,199}", path.name)
        for path in written
    )
    outside = {path for path in tmp_path.rglob("*") if not {target, used} & {path, *path.parents}} - before
    assert {path.name for path in outside} <= {"t1.mbox", "desk.db-wal", "desk.db-shm", "desk.db-journal"}


def test_a_cell_of_a_table_is_never_a_formula(tmp_path: Path) -> None:
    """A spreadsheet that opens the figures would run what a customer called his organisation."""
    cli = begin(tmp_path)
    for n, name in enumerate(("=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\uff1d1")):
        cli.ok("party", "add", f"p{n}", "--name", name, "--domain", f"p{n}.example")
        cli.ok("ticket", "new", "--for", f"kim@p{n}.example", "--subject", "x", "--text", "x")
    rows = list(csv.reader(io.StringIO(cli.run("report", "--by", "party", "--csv").out)))
    titles = [row[2] for row in rows if row[0] == "party" and row[2]]
    assert len(titles) == 6
    assert all(title.startswith("'") or title[0].isalnum() for title in titles), titles


def test_a_line_of_the_log_is_one_document_with_format_json() -> None:
    """A program that reads the log would stumble over a line that a stranger wrote."""
    from mailgate.desk import logs

    record = logging.LogRecord("mailgate", logging.INFO, "", 1, "from=%s", ("a\r\nb\u2028c\x1b[2J",), None)
    line = logs.Json().format(record)
    assert "\n" not in line and json.loads(line)["message"].startswith("from=a")
    assert all(32 <= ord(sign) < 127 for sign in line)
