"""The last gate: reads a finished message as a stranger's client would, and lets it pass only if it says what was meant.

Works on the bytes that leave and on a list of what was intended, and knows nothing of how they were made. Next: `mailgate.sending.compose`.
"""

from __future__ import annotations

import binascii
import quopri
import re
from email import message_from_string
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import getaddresses
from functools import lru_cache

from mailgate.sending.fields import Unsendable
from rules.frozen import dataclass

LINE_BYTES = 998
"""The longest line that SMTP carries (RFC 5322 section 2.1.1)."""
WORTH_BYTES = 256
"""Bodies from this size are taken out before the parser runs."""
REMEMBERED_BYTES = 4000
"""Bodies up to this size, what is in their parts taken out, are read by the parser once."""
_BOUNDARY = b"--=_"
_PRINTABLE = bytes([9, *range(32, 127)])
_ADDRESSED = frozenset({"From", "To", "Reply-To", "List-Id"})
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9-]*:")
_ATOM = r"[A-Za-z0-9!#$%&'*+/^_`{|}~-]+"
_SPEC = rf"{_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*"
_PLAIN_MAILBOX = re.compile(rf"{_SPEC}|{_ATOM}(?: {_ATOM})* <{_SPEC}>")
"""What every reader takes for one mailbox, and shows as it stands: atoms alone (RFC 5322 section 3.4), no encoded word among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One leaf of the message as it was meant."""

    type: str
    content: bytes
    """Decoded; text with CRLF line ends, as it travels."""
    encoded: bytes
    """The body as it stands in the message."""
    name: str = ""
    content_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intended:
    """What the message was meant to be."""

    headers: tuple[tuple[str, str], ...]
    """All fields of the message itself in order, with their values as a reader shall see them; an empty value is not compared."""
    parts: tuple[Part, ...]


def gate(raw: bytes, intended: Intended) -> None:
    """Pass a message that reads as intended; raise Unsendable with the reason for any other.

    Bodies are found in the bytes, checked whole, and taken out before the parser sees the rest, for it goes line by line; then each
    is decoded as the header that the parser read for it says.
    """
    _check_bytes(raw)
    light, lifted = _lift(raw, intended.parts)
    head, _, rest = light.partition(b"\r\n\r\n")
    fields = _fields(head.decode("ascii"))
    _check_headers(fields, intended)
    entity = "".join([f"{name}: {value}\r\n" for name, value in fields if name.lower().startswith(("mime-", "content-"))])
    leaves = (_remembered if len(rest) < REMEMBERED_BYTES else _leaves)(entity, rest)
    if len(leaves) != len(intended.parts):
        raise Unsendable(f"{len(leaves)} parts instead of {len(intended.parts)}")
    for number, (leaf, part) in enumerate(zip(leaves, intended.parts, strict=True)):
        _check_leaf(leaf, part, is_lifted=number in lifted)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leaf:
    """What the parser read of a part: nothing here depends on the mail's own fields."""

    type: str
    name: str
    content_id: str
    coding: str
    payload: str
    defect: str


def _leaves(entity: str, rest: bytes) -> tuple[_Leaf, ...]:
    """The parts of a message with these fields of its own content and this body, as the parser reads them."""
    message = message_from_string(f"{entity}\r\n{rest.decode('ascii')}")
    if message.defects:
        raise Unsendable(f"the message has defects: {message.defects[0]!r}")
    return tuple(
        _Leaf(
            type=leaf.get_content_type(),
            name=leaf.get_filename() or "",
            content_id=str(leaf.get("Content-ID", "")).strip("<>"),
            coding=str(leaf.get("Content-Transfer-Encoding", "7bit")).strip().lower(),
            payload=str(leaf.get_payload()),
            defect=repr(leaf.defects[0]) if leaf.defects else "",
        )
        for leaf in message.walk()
        if not leaf.is_multipart()
    )


_remembered = lru_cache(maxsize=64)(_leaves)
"""Without their bodies the mails of a desk are built alike, so the parser reads most of them once."""


def _check_bytes(raw: bytes) -> None:
    ends = raw.translate(None, _PRINTABLE)
    if ends.strip(b"\r\n"):
        raise Unsendable("bytes that are no printable ASCII")
    if len(ends) != 2 * raw.count(b"\r\n"):
        raise Unsendable("a line end that is not CRLF")
    begin = 0
    while begin < len(raw) - LINE_BYTES:  # from the begin of a line to the last end of one that is near enough
        end = raw.rfind(b"\r\n", begin, begin + LINE_BYTES + 2)
        if end < 0:
            raise Unsendable(f"a line of more than {LINE_BYTES} bytes")
        begin = end + 2


def _lift(raw: bytes, parts: tuple[Part, ...]) -> tuple[bytes, set[int]]:
    """The message without the bodies that were found in their order, and their numbers; small ones stay."""
    pieces, lifted, at = [], set(), 0
    for number, part in enumerate(parts):
        if len(part.encoded) < WORTH_BYTES:
            continue
        if _BOUNDARY in part.encoded:
            raise Unsendable(f"a body of type {part.type} holds something like a boundary")
        start = _start(raw, part.encoded, at)
        if start < 0:
            raise Unsendable(f"a body of type {part.type} is not where it should be")
        pieces.append(raw[at:start])
        at = start + len(part.encoded)
        lifted.add(number)
    return b"".join([*pieces, raw[at:]]), lifted


def _start(raw: bytes, body: bytes, at: int) -> int:
    """Where a body begins, behind an empty line; negative if it is nowhere. Comparing is quicker than searching for something so long."""
    while (at := raw.find(b"\r\n\r\n", at) + 4) > 3:
        if raw.startswith(body, at):
            return at
        at -= 2  # the next one may share a line end
    return -1


def _fields(head: str) -> list[tuple[str, str]]:
    """The fields of a header block of printable ASCII, each on one line; whatever isn't a name, a colon and a value is no header."""
    lines = head.replace("\r\n ", " ").replace("\r\n\t", "\t").split("\r\n")
    if not all(map(_FIELD.match, lines)):
        raise Unsendable(f"a line that is no header field: {next(line for line in lines if not _FIELD.match(line))[:60]!r}")
    return [(name, value.strip()) for name, _, value in [line.partition(":") for line in lines]]


def _read(value: str) -> str:
    """A value as a reader sees it, encoded words decoded."""
    if "=?" not in value:
        return value
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError) as fault:
        raise Unsendable(f"an encoded word that can't be read: {fault}") from None


def _check_headers(fields: list[tuple[str, str]], intended: Intended) -> None:
    names, found = [name for name, _ in intended.headers], [name for name, _ in fields]
    if found != names:
        raise Unsendable(f"header fields are {found} instead of {names}")
    lowered = [name.lower() for name in names]
    for wanted in ("From", "To"):
        if lowered.count(wanted.lower()) != 1:
            raise Unsendable(f"not exactly one {wanted}")
    for (name, wanted), (_, value) in zip(intended.headers, fields, strict=True):
        read = _read_mailbox(value) if name in _ADDRESSED else _read(value)
        if wanted and read != wanted:
            raise Unsendable(f"{name} reads {read!r} instead of {wanted!r}")


def _read_mailbox(value: str) -> str:
    """The one mailbox of a field as a reader sees it; empty if there is none or more."""
    return value if _PLAIN_MAILBOX.fullmatch(value) else _parsed_mailbox(value)


@lru_cache(maxsize=512)
def _parsed_mailbox(value: str) -> str:
    """The same as the standard library reads it. Senders and recipients recur, hence the cache."""
    found = getaddresses([value])
    if len(found) != 1:
        return ""
    name, address = _read(found[0][0]), found[0][1]
    return f"{name} <{address}>" if name else address


def _check_leaf(leaf: _Leaf, part: Part, *, is_lifted: bool) -> None:
    if leaf.defect:
        raise Unsendable(f"a part has defects: {leaf.defect}")
    if leaf.type != part.type:
        raise Unsendable(f"a part is {leaf.type} instead of {part.type}")
    if leaf.name != part.name:
        raise Unsendable(f"a file is named {leaf.name!r} instead of {part.name!r}")
    if leaf.content_id != part.content_id:
        raise Unsendable(f"a part has another Content-ID than {part.content_id!r}")
    if is_lifted and leaf.payload.strip():
        raise Unsendable(f"something beside the body of a part of type {part.type}")
    if _decoded(part.encoded if is_lifted else leaf.payload.encode("ascii"), leaf.coding) != part.content:
        raise Unsendable(f"a part of type {part.type} does not decode to what was meant")


def _decoded(body: bytes, coding: str) -> bytes:
    """A body as a reader decodes it (RFC 2045 section 6)."""
    match coding:
        case "quoted-printable":
            return quopri.decodestring(body)
        case "base64":
            try:
                return binascii.a2b_base64(body, strict_mode=False)
            except binascii.Error as fault:
                raise Unsendable(f"base64 that can't be read: {fault}") from None
        case _:
            return body
