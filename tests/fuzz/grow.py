"""Inputs from dice: mails with a plausible shape and something wrong with it, texts with commands, header values."""

from __future__ import annotations

import base64
import quopri
import random
from collections.abc import Callable

CHARSETS = (
    "utf-8",
    "us-ascii",
    "iso-8859-1",
    "windows-1252",
    "iso-2022-jp",
    "utf-7",
    "utf-16",
    "gb18030",
    "koi8-r",
    "idna",
    "rot13",
    "x-none",
    "",
    "\xff",
)
CODINGS = ("7bit", "8bit", "base64", "quoted-printable", "x-uuencode", "binary", "BASE64 ", "none")
TYPES = (
    "text/plain", "text/html", "multipart/mixed", "multipart/alternative", "multipart/related", "multipart/report; report-type=delivery-status",
    "multipart/signed", "message/rfc822", "message/delivery-status", "message/global", "message/external-body", "text/rfc822-headers", "text/calendar",
    "text/enriched", "text/plain; format=flowed; delsp=yes", "application/pkcs7-mime; smime-type=signed-data", "application/ms-tnef", "application/pdf",
    "application/octet-stream", "image/png", "text/", "/", "text", "multipart/", "multipart/x; boundary=", "TEXT/HTML; CHARSET=\"utf-8",
)  # fmt: skip
NAMES = (
    "From", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Reply-To", "Sender", "Return-Path", "Received", "List-Id",
    "Auto-Submitted", "Precedence", "X-Auto-Response-Suppress", "Authentication-Results", "DKIM-Signature", "Content-Type", "Content-Disposition",
    "Content-Transfer-Encoding", "MIME-Version", "X-Failed-Recipients", "X-Spam-Flag", "Thread-Index", "X-Mailgate-Reply", "headers", "__class__", "",
    "X", "Resent-From", "Bcc", "Content-ID", "Content-Description", "Importance", "Original-Recipient", "Final-Recipient", "Action", "Status",
)  # fmt: skip
ATOMS = (
    "kim@client.example", "Kim <kim@client.example>", '"a@b" <c@d.example>', "<>", "<<a@b>>", "a@b@c", "undisclosed-recipients:;", "a, b; c:d;",
    "=?utf-8?q?=0D=0ABcc:_v@v.example?=", "=?utf-8?b?", "=?x?y?z?=", "=?iso-2022-jp?b?GyRC?=", "=?utf-8?q?" + "=" * 60 + "?=", "\u202e gpj.exe", "\x00", "\x1b[31m",
    "<" + "x" * 300 + "@y>", "<1@client.example> <2@client.example>", "Mon, 32 Foo 99999 25:61:61 +9999", "Sun, 22 Nov 2026 08:00:00 +0200", "no", "auto-replied",
    "mx.desk.example; dkim=pass header.d=client.example", "1; 2; 3", "(((((", '"""', "\\" * 20, "%s%n{0}{{7*7}}", "support+t1-r-1-aaaa@desk.example", "[T1]", "Re: AW: SV: [T1] [T2]",
    "filename*0*=utf-8''%ff%fe; filename*1=x", 'filename="../../etc/passwd"', "name=" + "a" * 80, 'boundary="b"', "boundary=b; boundary=c", "charset=utf-8", "\u00e4\u00f6\u4f60\U0001f600",
    "rfc822; kim@client.example", "5.1.1", "failed", "inline", "attachment", "<script>", "; ; ;", "=", "*=*", "x*1*=%", "0", "-1", "9" * 400,
)  # fmt: skip
WORDS = (
    "hello", "printer", "jams", "#close", "#assign anna", "# apt update", "##x", "#!/bin/sh", "#fff", "\uff03close", "#wait 3d", "#prio high", "```", "~~~", "> quoted", ">> twice", "--", "-- ",
    "Best regards,", "Mit freundlichen Gr\u00fc\u00dfen", "Yst\u00e4v\u00e4llisin terveisin", "S pozdravem", "On Mon, 2 Nov 2026 at 10:00, Kim <kim@client.example> wrote:",
    "Am 02.11.2026 um 10:00 schrieb Kim:", "-----Original Message-----", "________________________________", "From: Kim <kim@client.example>", "Sent: Monday", "To: support@desk.example",
    "Subject: x", "Von: Kim", "Gesendet: Montag", "L\u00e4hett\u00e4j\u00e4: Kim", "Odes\u00edlatel: Kim", "Begin forwarded message:", "---------- Forwarded message ---------", "thanks", "kiitos", "d\u011bkuji", "danke", "?", "",
    "", "", "begin 644 x", "end", "`", "M" * 61, "550 5.1.1 <kim@client.example>: no such user", "could not be delivered", "Diagnostic-Code: smtp; 550", "https://x.example/" + "a" * 90, "\u200b#close", "\ufeff", "x" * 300,
    "support+t1-r-1-aaaaaaaaaaaaaaaa@desk.example", "Sent from my iPhone", "Von meinem iPhone gesendet", "L\u00e4hetetty iPhonesta", "[T1]", "take", "close 42 43 50-53", "rate 5", "thanks", "===", "| a | b |",
)  # fmt: skip
TAGS = (
    "<p>", "</p>", "<br>", "<div>", "</div>", "<div style='display:none'>", "<blockquote>", "</blockquote>", "<table>", "<tr>", "<td>", "</table>", "<!--", "-->", "<script>", "</script>", "<style>", "</style>",
    "<pre>", "</pre>", "<a href='javascript:x'>", "<img src=cid:x>", "<svg>", "<![CDATA[", "<div class=gmail_quote>", "<hr>", "<ul>", "<li>", "<o:p>", "&nbsp;", "&#0;", "&#x110000;", "<font color=white>", "<" * 30, "<b", "'", '"',
    "<template>", "<math>", "<textarea>", "<title>", "<noscript>", "<span hidden>", "<p style='font-size:0'>", "<div id=divRplyFwdMsg>", "<plaintext>",
)  # fmt: skip


def text(dice: random.Random, most: int = 30) -> str:
    """Lines as people and programs write them, in no sensible order."""
    out = []
    for _ in range(dice.randrange(most)):
        line = " ".join(dice.choice(WORDS) if dice.random() < 0.9 else _noise(dice) for _ in range(dice.choice((1, 1, 1, 2, 5))))
        out.append(dice.choice(("", "", "", "> ", "    ", "\t", ">>> ", "| ")) + line)
    return dice.choice(("\n", "\n", "\n", "\r\n", "\n\n", "\r", " ")).join(out)


def markup(dice: random.Random, most: int = 40) -> str:
    """HTML that nobody closes."""
    return "".join(
        dice.choice((dice.choice(TAGS), dice.choice(TAGS), dice.choice(WORDS), _noise(dice))) for _ in range(dice.randrange(most))
    )


def value(dice: random.Random) -> str:
    """What a header field may say."""
    glue = dice.choice((" ", ", ", "; ", "\r\n ", "\t", "", "\n"))
    return glue.join(dice.choice(ATOMS) if dice.random() < 0.85 else _noise(dice) for _ in range(dice.choice((1, 1, 1, 2, 3, 12))))


def mail(dice: random.Random) -> bytes:
    """A mail, most often with something wrong."""
    head = f"From: {dice.choice(ATOMS[:8])}\r\nTo: support@desk.example\r\nSubject: {value(dice)}\r\nMessage-ID: <{dice.randrange(9**9)}@client.example>\r\n"
    raw = (head if dice.random() < 0.8 else "").encode("utf-8", "surrogateescape") + entity(dice, dice.randrange(5))
    return spoiled(dice, raw) if dice.random() < 0.5 else raw


def entity(dice: random.Random, depth: int) -> bytes:
    """A MIME entity with its own headers; may hold others."""
    fields = [f"{dice.choice(NAMES)}: {value(dice)}" for _ in range(dice.choice((0, 0, 1, 2, 6)))]
    kind = dice.choice(TYPES)
    boundary = dice.choice(("b", "=_b", "b b", "-", "", '"'))
    coding = dice.choice(CODINGS)
    fields.append(
        f"Content-Type: {kind}; charset={dice.choice(CHARSETS)}; boundary={dice.choice(('', chr(34)))}{boundary}{dice.choice(('', chr(34)))}; {value(dice)}"
    )
    if dice.random() < 0.6:
        fields.append(f"Content-Transfer-Encoding: {coding}")
    if dice.random() < 0.3:
        fields.append(f"Content-Disposition: {dice.choice(('inline', 'attachment', ''))}; {value(dice)}")
    dice.shuffle(fields)
    head = "\r\n".join(fields).encode("utf-8", "surrogateescape") + dice.choice((b"\r\n\r\n", b"\r\n\r\n", b"\n\n", b"\r\n", b"\r\r"))
    if depth and dice.random() < 0.7:
        mark = boundary.encode()
        parts = [b"--" + mark + b"\r\n" + entity(dice, depth - 1) + b"\r\n" for _ in range(dice.choice((0, 1, 2, 2, 3)))]
        return head + b"".join(parts) + dice.choice((b"--" + mark + b"--\r\n", b"--" + mark + b"\r\n", b""))
    body = _bytes(dice, (markup(dice) if "html" in kind.lower() else text(dice)))
    match coding:
        case "base64":
            body = base64.encodebytes(body)
        case "quoted-printable":
            body = quopri.encodestring(body)
    return head + body


def spoiled(dice: random.Random, raw: bytes) -> bytes:
    """A few accidents: bytes changed, left out, doubled, cut off."""
    data = bytearray(raw)
    for _ in range(dice.choice((1, 1, 2, 5, 20))):
        if not data:
            break
        at = dice.randrange(len(data))
        _ACCIDENTS[dice.randrange(len(_ACCIDENTS))](dice, data, at)
    return bytes(data[:400_000])


def lines(dice: random.Random) -> str:
    """Something that might be a command."""
    verb = dice.choice(VERBS) if dice.random() < 0.8 else _noise(dice)
    rest = " ".join(dice.choice(VALUES) if dice.random() < 0.8 else _noise(dice) for _ in range(dice.choice((0, 1, 1, 2, 3, 6))))
    return f"{verb} {rest}".strip() if dice.random() < 0.9 else f"{verb}{rest}"


VERBS = (
    "take", "assign", "status", "close", "reopen", "wait", "prio", "severity", "type", "category", "note", "private", "ask", "fyi", "send", "at", "canned", "task", "done", "order", "hours", "device",
    "contract", "project", "party", "requester", "endcustomer", "cc", "due", "remind", "level", "internal", "public", "quiet", "merge", "split", "link", "time", "tag", "field", "spam", "undo", "new", "show", "print",
    "find", "status?", "history", "list", "faq", "away", "help", "rate", "mute", "lang", "adduser", "grant", "approve", "register", "clo", "ass", "schlie\u00dfen", "sulje", "zav\u0159\u00edt", "CLOSE", "asign", "",
)  # fmt: skip
VALUES = (
    "anna", "@hardware", '@"front desk"', "me", "nobody", "-", "quiet", "off", "customer", "3d", "90m", "0d", "-1d", "9" * 30 + "d", "T41", "[T7]", "t41.2", "T41-1", "kim@client.example", "-eva@client.example", "<a@b>", "to:anna",
    "to:", "to:a@b,c", "by:fri", "by:2026-02-30", "by:99999-01-01", "show:last", "working", "high", "hw/printer", "1", "0", "6", "#x", "-x", "+x", '"two words"', '"open', "\u201czitat\u201d", "tomorrow", "25:00", "08:00", "2026-12-01", "2026-12-01T99:99",
    "de", "for:Jan", "channel:phone", "a:b", "=", "x=y", "16%", "--", ".", "50-53", "1-999999", "\u0661\u0662", "\u00bd", "1e999", "until:", "mon", "31.12.", "31.2.2026", "every", "\u0130", "\u00df",
)  # fmt: skip


def _noise(dice: random.Random) -> str:
    return "".join(
        chr(dice.choice((dice.randrange(32, 127), dice.randrange(256), dice.randrange(0x3000), dice.randrange(0xD800), 0x202E, 0)))
        for _ in range(dice.randrange(12))
    )


def _bytes(dice: random.Random, words: str) -> bytes:
    return words.encode(dice.choice(("utf-8", "utf-8", "utf-8", "latin-1", "utf-16")), "replace")


def _change(dice: random.Random, data: bytearray, at: int) -> None:
    data[at] = dice.randrange(256)


def _leave_out(dice: random.Random, data: bytearray, at: int) -> None:
    del data[at : at + dice.choice((1, 2, 30))]


def _again(dice: random.Random, data: bytearray, at: int) -> None:
    data[at:at] = data[at : at + dice.choice((1, 20, 200))] * dice.choice((1, 2, 50))


def _put_in(dice: random.Random, data: bytearray, at: int) -> None:
    data[at:at] = dice.choice(
        (b"\r\n", b"\n", b"\r", b"\0", b"\r\n\r\n", b"--b\r\n", b"--b--", b'"', b"(", b"<", b"=?", b"?=", b"\xff", b";", b"\r\n.\r\n")
    )


def _cut_off(dice: random.Random, data: bytearray, at: int) -> None:
    del data[at:]


_ACCIDENTS: tuple[Callable[[random.Random, bytearray, int], None], ...] = (_change, _leave_out, _again, _put_in, _put_in, _cut_off)
