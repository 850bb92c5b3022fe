"""Makes the bytes of a mail: words and facts in, a finished message out, read once more before it may leave.

Assembled directly, since the standard generator encodes long message-ids and costs a millisecond a mail; `mailgate.sending.lastgate` proves
each result instead. What the fields look like is `mailgate.sending.fields`, the words come from `templates.render`, links of buttons from
`mailgate.letters.mailto`. Signing and sending are not here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote

from mailgate.sending import fields, lastgate
from mailgate.sending.fields import Unsendable
from rules import steps
from rules.facts.terms import Address
from rules.frozen import dataclass
from rules.steps import Steps
from templates import clean
from templates.render import Rendered

__all__ = ["Attachment", "Outgoing", "Unsendable", "compose"]

_ASCII = bytes(range(128))
_LONG = 200
NAME_CHARS = 120
"""The longest file name that is written; longer ones keep their ending."""
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}")
_TEXT_NAME = re.compile(r"[A-Za-z0-9 ._()+,@-]{1,60}")
_CONTENT_ID = re.compile(r"[A-Za-z0-9._@$=+-]{1,200}")
_NOT_IN_NAMES = re.compile(r'[/\\:*?"<>|]')


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that travels with the mail; with a content id, a picture at its place in the HTML part."""

    name: str
    type: str
    content: bytes
    content_id: str = ""
    """Without angle brackets; empty for plain files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """All of a mail but its words: one sender, one recipient."""

    message_id: str
    """With angle brackets."""
    sender: Address
    to: Address
    reply_to: str = ""
    """Address with the token for this recipient; shown with the sender's name. Empty: no Reply-To."""
    subject: str = ""
    """Empty: that of the rendered text."""
    date: datetime
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    """Oldest first; ids that are none are left out."""
    headers: tuple[tuple[str, str], ...] = ()
    """Further fields in order, such as `fields.standard` gives."""
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entity:
    """A part with its own header block, ready to be put into another."""

    head: str
    body: bytes
    leaves: tuple[lastgate.Part, ...]

    @property
    def raw(self) -> bytes:
        return self.head.encode("ascii") + b"\r\n" + self.body


def compose(outgoing: Outgoing, rendered: Rendered) -> bytes:
    """The message with CRLF line ends, 7-bit throughout, the same bytes for the same arguments.

    text/plain and text/html as alternatives; pictures with a content id stand beside the HTML as `related`, files in `mixed` around
    all. Raises Unsendable if anything can't be written safely or the finished message does not read as meant.
    """
    return steps.done(composing(outgoing, rendered))


def composing(outgoing: Outgoing, rendered: Rendered) -> Steps[bytes]:
    """`compose` in steps."""
    try:
        body = _body(outgoing, rendered)
        yield
        head, meant = _head(outgoing, outgoing.subject or rendered.subject)
        raw = (head + body.head).encode("ascii") + b"\r\n" + body.body
    except UnicodeError as fault:
        raise Unsendable(f"text that can't be encoded: {fault}") from None
    entity = tuple((line.partition(":")[0], "") for line in body.head.split("\r\n") if line and line[0] not in " \t")
    yield
    lastgate.gate(raw, lastgate.Intended(headers=(*meant, ("MIME-Version", "1.0"), *entity), parts=body.leaves))
    return raw


def _head(outgoing: Outgoing, subject: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The fields up to MIME-Version, and each with the value that a reader must see."""
    if not fields.ids([outgoing.message_id]) or "@" not in outgoing.message_id:
        raise Unsendable(f"not a message-id: {fields.clean_header(outgoing.message_id)!r}")
    reply_to = Address(name=outgoing.sender.name, address=outgoing.reply_to)
    meant: list[tuple[str, str]] = []
    lines: list[str] = []
    boxes = [("From", outgoing.sender), ("To", outgoing.to), *([("Reply-To", reply_to)] if outgoing.reply_to else [])]
    for name, box in boxes:
        line, wanted = _box(name, box)
        meant.append((name, wanted))
        lines.append(line)
    meant.append(("Subject", fields.clean_header(subject)))
    lines.append(fields.text("Subject", subject))
    meant.append(("Date", ""))
    lines.append(fields.date("Date", outgoing.date))
    references = fields.ids(outgoing.references)
    for name, found in (
        ("Message-ID", [outgoing.message_id]),
        ("In-Reply-To", fields.ids([outgoing.in_reply_to])),
        ("References", references),
    ):
        if found:
            meant.append((name, " ".join(found)))
            lines.append(fields.identifiers(name, found))
    for name, value in outgoing.headers:
        line, wanted = _further(name, value)
        meant.append((name, wanted))
        lines.append(line)
    return "".join(lines) + "MIME-Version: 1.0\r\n", tuple(meant)


@lru_cache(maxsize=512)
def _box(name: str, who: Address) -> tuple[str, str]:
    """A field of one mailbox, and what a reader must see there. Senders and recipients recur."""
    shown, spec = fields.clean_header(who.name), fields.address(who.address)
    return fields.mailbox(name, who), f"{shown} <{spec}>" if shown else spec


@lru_cache(maxsize=512)
def _further(name: str, value: str) -> tuple[str, str]:
    """A field of ours, and the value that a reader must see. Most say the same in mail after mail."""
    wanted = fields.clean_header(value)
    return fields.further(name, value), wanted[1:-1] if name == "List-Id" and wanted.startswith("<") else wanted


def _body(outgoing: Outgoing, rendered: Rendered) -> _Entity:
    # The same for all mails of a desk: what reads a mail by pattern, as the last gate's parser does, makes that pattern once.
    seed = _seed(outgoing.message_id.rpartition("@")[2])
    entity = _text("plain", rendered.text)
    if rendered.html:
        pictures = [_file(one) for one in outgoing.attachments if one.content_id]
        html = _text("html", rendered.html)
        rich = _multipart("related", seed, [html, *pictures], '; type="text/html"') if pictures else html
        entity = _multipart("alternative", seed, [entity, rich])
    files = [_file(one) for one in outgoing.attachments if not one.content_id or not rendered.html]
    return _multipart("mixed", seed, [entity, *files]) if files else entity


@lru_cache(maxsize=8)
def _seed(domain: str) -> str:
    return hashlib.sha256(domain.encode("utf-8")).hexdigest()[:24]


def _text(subtype: str, text: str) -> _Entity:
    """A text part in quoted-printable, or in base64 where that is shorter (RFC 2045 sections 6.7 and 6.8)."""
    lines = list(map(_line, text.split("\n")))
    if None in lines:
        lines = list(map(_line, clean.clean_text(text).split("\n")))
    plain, quoted = zip(*filter(None, lines), strict=True)
    crlf = b"\r\n".join(plain)
    if not crlf.isascii() and len(crlf.translate(None, _ASCII)) * 3 > len(crlf) - len(lines) + 1:
        coding, encoded = "base64", _base64(crlf)
    else:
        coding, encoded = "quoted-printable", b"\r\n".join(quoted)
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: {coding}\r\n'
    return _Entity(head=head, body=encoded, leaves=(lastgate.Part(type=f"text/{subtype}", content=crlf, encoded=encoded),))


@lru_cache(maxsize=512)
def _line(line: str) -> tuple[bytes, bytes] | None:
    """A line in UTF-8 and in quoted-printable; None for one that has to be cleaned first. Most of a page is the same in every mail."""
    if clean.clean_text(line) != line:
        return None
    plain = line.encode("utf-8")
    quoted = _quoted(plain)
    # Mailbox files of old take a line that begins with "From " for a new message.
    if b"From " in quoted:
        quoted = re.sub(rb"^From ", b"=46rom ", quoted, flags=re.MULTILINE)
    return plain, quoted.replace(b"\n", b"\r\n")


def _quoted(line: bytes) -> bytes:
    """A line in quoted-printable as `binascii` has it, which goes byte by byte and takes three times as long for a long one in ASCII."""
    if len(line) < _LONG or not line.isascii() or line.endswith((b" ", b"\t", b".", b"=")):
        return binascii.b2a_qp(line, istext=True, header=False)
    coded = line.replace(b"=", b"=3D")
    pieces, at, last = [], 0, len(coded) - 76
    while at < last:
        end = at + 75
        if (escape := coded.rfind(b"=", end - 2, end)) >= 0:
            end = escape
        pieces.append(coded[at:end])
        at = end
    return b"=\n".join([*pieces, coded[at:]])


def _base64(content: bytes) -> bytes:
    encoded = base64.b64encode(content)
    return b"\r\n".join(encoded[start : start + 76] for start in range(0, len(encoded), 76)) + b"\r\n"


def _multipart(subtype: str, seed: str, entities: list[_Entity], parameter: str = "") -> _Entity:
    """Entities between boundaries. `=_` can't occur in quoted-printable nor in base64, so no body can hold a boundary."""
    boundary = f"=_{subtype}_{seed}"
    line = f"--{boundary}".encode("ascii")
    pieces = [line + b"\r\n" + entity.raw for entity in entities]
    body = b"\r\n".join([*pieces, line + b"--\r\n"])
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"{parameter}\r\n'
    return _Entity(head=head, body=body, leaves=tuple(leaf for entity in entities for leaf in entity.leaves))


def file_name(name: str) -> str:
    """A file's name as we write it: one clean label without path, device or control characters, at most 120 characters."""
    label = _NOT_IN_NAMES.sub("_", fields.clean_header(name)).strip(". ")
    if len(label) > NAME_CHARS:
        stem, dot, ending = label.rpartition(".")
        label = f"{stem[: NAME_CHARS - 20]}.{ending[:16]}" if dot else label[:NAME_CHARS]
    return label or "file"


def _file(attachment: Attachment) -> _Entity:
    """A file in base64. A mail as a file is no `message/rfc822`, which must not be encoded (RFC 2046 section 5.2.1)."""
    kind = attachment.type.strip().lower()
    if not _TYPE.fullmatch(kind) or kind.startswith(("multipart/", "message/")):
        kind = "application/octet-stream"
    name = file_name(attachment.name)
    head = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n"
    head += f"Content-Disposition: {'inline' if attachment.content_id else 'attachment'}{_name_parameter(name)}\r\n"
    if attachment.content_id:
        if not _CONTENT_ID.fullmatch(attachment.content_id):
            raise Unsendable(f"not a content id: {fields.clean_header(attachment.content_id)!r}")
        head += f"Content-ID: <{attachment.content_id}>\r\n"
    encoded = _base64(attachment.content)
    leaf = lastgate.Part(type=kind, content=attachment.content, encoded=encoded, name=name, content_id=attachment.content_id)
    return _Entity(head=head, body=encoded, leaves=(leaf,))


def _name_parameter(name: str) -> str:
    """The `filename` parameter: quoted where plain, else in pieces (RFC 2231 sections 3 and 4)."""
    if _TEXT_NAME.fullmatch(name):
        return f';\r\n filename="{name}"'
    coded = quote(name, safe="")
    if len(coded) <= 55:
        return f";\r\n filename*=utf-8''{coded}"
    pieces, rest = [], coded
    while rest:
        end = min(50, len(rest))
        if "%" in rest[end - 2 : end] and end < len(rest):  # a coded byte stays whole
            end -= 2 if rest[end - 2] == "%" else 1
        pieces.append(rest[:end])
        rest = rest[end:]
    pieces[0] = f"utf-8''{pieces[0]}"
    return "".join(f";\r\n filename*{n}*={piece}" for n, piece in enumerate(pieces))
