"""Mails as a help desk gets them, made up from a seed: the mix that all figures here are measured with.

70 % plain text of 1-4 KB, 20 % text with HTML of 10-40 KB, 10 % with an attachment of 50-500 KB; median 5 KB, mean 32 KB.
Four in ten are replies and name an earlier mail of the run. Lines end in CRLF, as on the wire.
"""

from __future__ import annotations

import base64
import quopri
import random
from collections.abc import Iterator
from dataclasses import dataclass

_WORDS = (
    "printer invoice account password error order delivery phone contract please thanks regards server update screen "
    "Drucker Rechnung Passwort Lieferung Störung Grüße Vertrag Anfrage Bestellung für nächste "
    "tulostin lasku käyttäjä tilaus häiriö yhteys kiitos ystävällisin terveisin päivitys "
    "tiskárna účet faktura objednávka přihlášení děkuji žádost potíže"
).split()
_FIRST = "Anna Kim Olga Timo Väinö Jürgen Lenka Mika Petra Sanna Tomáš Uwe".split()
_LAST = "Aalto Berger Dvořák Fischer Heikkilä Kučera Lehtonen Möller Novotný Rinne Schulz Virta".split()
_PLAIN = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
_FILES = (("application/pdf", "rechnung.pdf"), ("image/png", "screen.png"), ("image/jpeg", "photo.jpg"), ("application/zip", "logs.zip"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A mail of the mix with its envelope sender."""

    sender: str
    raw: bytes
    message_id: str


def mails(count: int, *, seed: int = 1, to: str = "support@desk.example", customers: int = 2000) -> Iterator[Sample]:
    """The first `count` mails of a seed, always the same."""
    dice = random.Random(seed)
    known: list[str] = []
    for number in range(count):
        who = min(int(dice.paretovariate(0.7)), customers)  # a few write most
        name = f"{_FIRST[who % len(_FIRST)]} {_LAST[who // 3 % len(_LAST)]}"
        sender = f"customer{who}@firm{who % 50}.example"
        message_id = f"<{seed}.{number}.{dice.getrandbits(40):x}@firm{who % 50}.example>"
        reply_to = dice.choice(known[-2000:]) if known and dice.random() < 0.4 else ""
        body = _body(dice, dice.random(), _text(dice, 400).replace("\r\n", "\r\n> ") if reply_to else "")
        head = _head(dice, name=name, sender=sender, to=to, message_id=message_id, reply_to=reply_to)
        known.append(message_id)
        yield Sample(sender=sender, raw=(head + body).encode("ascii"), message_id=message_id)


def _head(dice: random.Random, *, name: str, sender: str, to: str, message_id: str, reply_to: str) -> str:
    subject = " ".join(dice.choices(_WORDS, k=dice.randint(3, 8)))
    domain = sender.partition("@")[2]
    day, hour, minute = dice.randint(1, 28), dice.randint(6, 20), dice.randint(10, 59)
    date = f"{day:02} Oct 2026 {hour:02}:{minute:02}:00 +0300"
    lines = [
        f"Received: from mail.{domain} (mail.{domain} [192.0.2.{dice.randint(1, 254)}])",
        f"\tby mx.desk.example (Postfix) with ESMTPS id {dice.getrandbits(44):011X}",
        f"\tfor <{to}>; Thu, {date}",
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=mail;",
        f"\th=from:to:subject:date:message-id; bh={_base64(dice.randbytes(32))};",
        f"\tb={_base64(dice.randbytes(57))}",
        f"\t {_base64(dice.randbytes(57))}",
        f"From: {_word(name)} <{sender}>",
        f"To: {to}",
        f"Subject: {'Re: ' if reply_to else ''}{_word(subject)}",
        f"Date: Thu, {date}",
        f"Message-ID: {message_id}",
        "MIME-Version: 1.0",
    ]
    if reply_to:
        lines += [f"In-Reply-To: {reply_to}", f"References: {reply_to}"]
    return "\r\n".join(lines) + "\r\n"


def _body(dice: random.Random, kind: float, quoted: str) -> str:
    if kind < 0.7:
        return f"{_PLAIN}\r\n{_encoded(_text(dice, dice.randint(900, 3800)) + quoted)}\r\n"
    boundary = f"=_{dice.getrandbits(80):020x}"
    first = f"--{boundary}\r\n{_PLAIN}\r\n{_encoded(_text(dice, dice.randint(800, 2500)) + quoted)}\r\n--{boundary}\r\n"
    if kind < 0.9:
        html, wanted = "<html><body>", dice.randint(9_000, 36_000)
        while len(html) < wanted:
            paragraph = _text(dice, dice.randint(100, 500)).replace("\r\n", "<br>\r\n")
            html += f'<p style="margin:0;font-family:Calibri,sans-serif;font-size:11pt">{paragraph}</p>\r\n'
        second = f"{_PLAIN.replace('plain', 'html')}\r\n{_encoded(html + '</body></html>')}"
        return f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n{first}{second}\r\n--{boundary}--\r\n'
    type_, name = dice.choice(_FILES)
    content = base64.encodebytes(dice.randbytes(dice.randint(37_000, 370_000))).decode().replace("\n", "\r\n")
    second = (
        f'Content-Type: {type_}; name="{name}"\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{content}"
    )
    return f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n{first}{second}\r\n--{boundary}--\r\n'


def _text(dice: random.Random, size: int) -> str:
    lines, line = [], ""
    while size > 0:
        line += dice.choice(_WORDS) + " "
        if len(line) > 65:
            lines.append(line.rstrip())
            size -= len(line) + 2
            line = ""
            if dice.random() < 0.12:
                lines.append("")
    return "\r\n".join([*lines, line]) + "\r\n"


def _encoded(text: str) -> str:
    return quopri.encodestring(text.replace("\r\n", "\n").encode()).decode("ascii").replace("\n", "\r\n")


def _word(text: str) -> str:
    return text if text.isascii() else f"=?utf-8?b?{_base64(text.encode())}?="


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


if __name__ == "__main__":
    sizes = sorted(len(sample.raw) for sample in mails(1000))
    print(f"1000 mails: median {sizes[500] / 1000:.1f} KB, mean {sum(sizes) / 1_000_000:.1f} KB, largest {sizes[-1] / 1000:.0f} KB")
