"""Raw bytes in, `Mail` out: the only place that knows mail-parser.

Our own scanner caps fields and parts first (`headers.py`, `mime.py`), text and files come from our own walk (`bodies.py`); mail-parser
reads the address and date fields and names their defects. Runs in a worker process of its own (`reader.py`). Raises `Unreadable` only
where truly nothing can be made of the bytes.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.message import Message
from functools import lru_cache

from mailparser.core import MailParser
from mailparser.dates import parse_mail_date

from mailgate.parsing import bodies, bounces, charsets, headers, mime
from rules.facts.mail import Forwarded, Mail, Unreadable
from rules.facts.terms import Address
from rules.reading import banners
from rules.reading import sender as strict
from rules.reading import subject as subjects

logging.getLogger("mailparser").setLevel(logging.CRITICAL)

_SIGN = re.compile(rb"[^\0 \t\r\n]")
_ADDRESS_FIELDS = ("from", "to", "cc", "reply-to")
_IDS = re.compile(r"<[^<>\s]{1,900}>")
_BARE_ID = re.compile(r"[^\s<>,;()\"]{1,300}@[^\s<>,;()\"]{1,300}")
_MOST_IDS = 100
_FORWARDED_BYTES = 5_000_000


def parse(raw: bytes) -> Mail:
    """Read one message. Time and memory grow with the size of `raw` only. Raises `Unreadable` for empty or blank bytes."""
    if not _SIGN.search(raw):
        raise Unreadable("there is no message: no headers and no text")
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    flaws: set[str] = set()
    top = mime.tree(raw, flaws)
    hint = _declared(top)
    people, date = _structured(top.block, flaws, hint)
    found = bodies.read(top)
    text = found.text()
    flaws |= found.flaws
    shown = tuple([(name, headers.text(value, hint)) for name, value in top.block.fields])
    named: dict[str, list[str]] = {}
    for name, value in shown:
        named.setdefault(name.lower(), []).append(value)
    sender = people["from"][0] if people["from"] else Address()
    # Of `From :` (RFC 5322 section 4.5) some servers see nothing, so that they check nothing either.
    identity, fault = ("", "from-syntax") if "obsolete-from" in top.block.flaws else _identified(top.block.all("from"))
    subject = named.get("subject", [""])[0]
    report = bounces.find(
        top,
        text,
        sender=sender.address,
        sender_name=sender.name,
        subject=subject,
        recipients=frozenset(address.address.lower() for field in ("from", "to", "cc") for address in people[field]),
        returned_to_null=named.get("return-path", ["x"])[0].strip() == "<>",
    )
    return Mail(
        subject=subject,
        sender=sender,
        identity=identity,
        identity_fault=fault,
        to=people["to"],
        cc=people["cc"],
        reply_to=people["reply-to"],
        date=date,
        message_id=_message_id(named.get("message-id", [""])[0]),
        in_reply_to=_ids(named.get("in-reply-to", ())),
        references=_ids(named.get("references", ())),
        headers=shown,
        text=text,
        pictured=found.pictured,
        html_only=found.html_only,
        parts=tuple(found.parts),
        report=report,
        attached_mail=_attached(found.forwarded),
        content_digest=_digest(sender, subject, found),
        flaws=tuple(sorted(flaws)),
    )


def part_bytes(raw: bytes, path: str) -> bytes:
    """The decoded bytes of one file of a kept mail, by its `Part.path`. Raises KeyError if there is no such part."""
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    return bodies.content_of(mime.tree(raw, set()), path)


# --- addresses and dates: mail-parser, and its faults mended ------------------------------------------------------------------------


def _declared(top: mime.Node) -> str:
    """The charset that the first text of the mail declares: programs that put raw bytes into headers mean the same one."""
    return next((leaf.parameters["charset"] for leaf in top.leaves() if leaf.type.startswith("text/") and "charset" in leaf.parameters), "")


def _structured(block: headers.Block, flaws: set[str], hint: str = "") -> tuple[dict[str, tuple[Address, ...]], datetime | None]:
    """Addresses and date as mail-parser reads them from a message that holds only these (already capped) fields."""
    if len(block.all("from")) > 1:
        flaws.add("from-count")
    named = tuple([(key, tuple([_addresses(value, flaws, hint) for value in block.all(key)])) for key in _ADDRESS_FIELDS])
    is_short = sum(len(value) for _, values in named for value in values) < _REMEMBERED_CHARS
    people, found = _remembered_people(named) if is_short else _people(named)
    flaws |= found
    dated = block.first("date")
    date = None if dated is None else headers.text(dated)[:200]
    day = parse_mail_date(date)
    if day.reasons and date is not None:
        flaws.add("bad-date")
    return dict(people), _sensible(day.value)


def _addresses(value: bytes, flaws: set[str], hint: str) -> str:
    """An address field on one line; mail-parser drops a whole address for one raw 8-bit byte, so these are decoded before."""
    unfolded = headers.unfold(headers.addresses_capped(value, flaws))
    if unfolded.isascii() and b"\x1b" not in unfolded:
        return unfolded.decode("ascii")
    return charsets.clean(charsets.decode(unfolded, hint=hint)[0])


_Fields = tuple[tuple[str, tuple[str, ...]], ...]
_REMEMBERED_CHARS = 2000


def _people(fields: _Fields) -> tuple[tuple[tuple[str, tuple[Address, ...]], ...], frozenset[str]]:
    """The addresses of each field, and flaws found in them."""
    message = Message()
    for key, values in fields:
        if values:
            message.set_raw(key, values[0])
    try:
        parsed = MailParser(message)
        found = frozenset({"bad-address"} if "AddressHeaderDefect" in parsed.defects_categories else ())
        return tuple((key, _merged(parsed, key, list(values))) for key, values in fields), found
    except Exception:  # noqa: BLE001 - mail-parser raises many kinds on damaged fields; our own reading takes over
        return tuple((key, _lenient_all(values)) for key, values in fields), frozenset({"bad-header"})


_remembered_people = lru_cache(maxsize=512)(_people)
"""The same people write to the same desk again and again; half of what reading a plain mail costs is spent on their addresses."""


def _identified(fields: list[bytes]) -> tuple[str, str]:
    """What `rules.reading.sender` makes of the From fields."""
    return _remembered_identity(fields[0]) if len(fields) == 1 and len(fields[0]) < _REMEMBERED_CHARS else strict.identify(fields)


@lru_cache(maxsize=512)
def _remembered_identity(field: bytes) -> tuple[str, str]:
    return strict.identify([field])


def _merged(parsed: MailParser, key: str, values: list[str]) -> tuple[Address, ...]:
    """mail-parser's addresses of a field, those it refuses to see read leniently: people are shown what stands there."""
    if not values:
        return ()
    pairs = getattr(parsed, key.replace("-", "_") if key != "from" else "from_") or []
    found = [Address(name=_name(name), address=_bare(address)) for name, address in pairs]
    if key == "from":
        lenient = _lenient_all(values)
        if len(found) == len(lenient) == 1 and found[0].address == lenient[0].address and "," in lenient[0].name:
            # An unquoted comma: mail-parser keeps only what stands behind it.
            return lenient
        if found and "@" not in found[0].address and any("@" in address.address for address in lenient):
            return lenient
        return tuple(found) or lenient
    expected = sum(value.count("@") for value in values)
    if len(found) < expected or len(values) > 1 or (not found and "=?" in values[0]):
        known = {address.address.lower() for address in found}
        lenient = _lenient_all(values)
        if known <= {address.address.lower() for address in lenient}:
            return lenient
        found += [address for address in lenient if address.address.lower() not in known]
    return tuple(found[: headers.ADDRESSES])


def _bare(address: str) -> str:
    """An address without the quotes that Outlook puts around it: `'kim@client.test'`."""
    address = headers.one_line(address)
    return address[1:-1] if len(address) > 2 and address[0] == address[-1] == "'" else address


def _name(name: str) -> str:
    """A display name for people: encoded words decoded also within quotes, quotes and clutter gone."""
    if "=?" in name:
        name = headers.text(name.encode("utf-8", "replace"))
    return _INVISIBLE.sub("", headers.one_line(name)).strip(" '\"").strip()


_INVISIBLE = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f]")
_ANGLE = re.compile(r"<([^<>]{0,1000})>")
_LOOKS = re.compile(r"[^\s<>()\[\]:;,\"\\]{1,200}@[^\s<>()\[\]:;,\"\\]{1,255}")


def _lenient_all(values: Iterable[str]) -> tuple[Address, ...]:
    return tuple(address for value in values for address in _lenient(value))[: headers.ADDRESSES]


def _lenient(value: str) -> list[Address]:
    """Addresses of a field that breaks the grammar: whatever stands in angles or looks like an address, with the text before it."""
    found: list[Address] = []
    if "=?" in value and "@" not in value:
        # Whole mailboxes within encoded words.
        value = headers.text(value.encode("utf-8", "replace"))
    for piece in _pieces(value):
        angles = [match for match in _ANGLE.finditer(piece) if "@" in match.group(1)] or list(_ANGLE.finditer(piece))[-1:]
        if angles:
            start = 0
            for match in angles:
                inside = headers.text(match.group(1).encode("utf-8", "replace")) if "=?" in match.group(1) else match.group(1)
                looks = _LOOKS.search(inside)
                address = looks.group() if looks else "" if " " in inside else inside
                found.append(Address(name=_name(piece[start : match.start()].partition("<")[0]), address=_bare(address)))
                start = match.end()
            continue
        looks = _LOOKS.search(piece)
        comment = re.search(r"\(([^()]{0,300})\)", piece)
        if looks:
            rest = comment.group(1) if comment else (piece[: looks.start()] + piece[looks.end() :])
            others = _LOOKS.findall(rest) if not comment else []
            found.append(Address(name="" if others else _name(rest.strip(" <>")), address=_bare(looks.group())))
            found += [Address(address=_bare(other)) for other in others]
        elif comment:
            found.append(Address(name=_name(comment.group(1)), address=_name(piece[: comment.start()]) if "@" in piece else ""))
        elif piece.strip() and not piece.strip().endswith(":;"):
            found.append(Address(name=_name(piece), address=""))
    return [address for address in found if address.name or address.address]


def _pieces(value: str) -> list[str]:
    """A field cut at the commas and semicolons outside quotes and angles; a piece without an address joins the next."""
    pieces: list[str] = []
    start, quoted, angle = 0, False, False
    for at, sign in enumerate(value):
        if sign == '"':
            quoted = not quoted
        elif sign == "<":
            angle = True
        elif sign == ">":
            angle = False
        elif sign in ",;" and not quoted and not angle and ("@" in value[start:at] or "@" not in value[at:]):
            pieces.append(value[start:at])
            start = at + 1
    return [*pieces, value[start:]]


def _sensible(date: object) -> datetime | None:
    """An aware date between 1970 and 2100, else nothing: it is only shown."""
    if not isinstance(date, datetime):
        return None
    try:
        aware = date if date.tzinfo else date.replace(tzinfo=UTC)
        return aware.astimezone(UTC) if 1970 <= aware.year < 2100 else None
    except (OverflowError, ValueError):
        return None


# --- threads, digest, forward -------------------------------------------------------------------------------------------------------


def _message_id(value: str) -> str:
    match = _IDS.search(value) or _BARE_ID.search(value)
    if not match:
        return ""
    found = match.group()
    return found if found.startswith("<") else f"<{found}>"


def _ids(values: Iterable[str]) -> tuple[str, ...]:
    """Message-ids of all fields of a name, in order, each once; without angles if their client forgot them."""
    joined = " ".join(values)
    if not joined:
        return ()
    found = _IDS.findall(joined) or [f"<{bare}>" for bare in _BARE_ID.findall(joined)]
    kept = list(dict.fromkeys(found))
    return tuple(kept[:1] + kept[-_MOST_IDS + 1 :]) if len(kept) > _MOST_IDS else tuple(kept)


def _digest(sender: Address, subject: str, found: bodies.Bodies) -> str:
    """What copies of a mail have in common by whatever path they come: white space and the subject's warnings are the path's."""
    digest = hashlib.sha256(f"{sender.key}\n{subjects.unwarned(subject)}\n".encode("utf-8", "replace"))
    for text in found.texts:
        digest.update(_squeezed(banners.without(text)))
    for part in found.parts:
        digest.update(part.sha256.encode())
    return digest.hexdigest()


def _squeezed(text: str) -> bytes:
    """A text without white space of any kind, in UTF-8."""
    octets = text.encode("utf-8", "replace")
    if any(map(octets.__contains__, _WIDE_SPACES)):
        return "".join(text.split()).encode("utf-8", "replace")
    return octets.translate(None, b"\t\n\v\f\r\x1c\x1d\x1e\x1f ")


_WIDE_SPACES = b"\xc2\xe1\xe2\xe3"
"""Octets with which white space beyond ASCII begins."""


def _attached(node: mime.Node | None) -> Forwarded | None:
    """The attached message as a forward: its sender, subject and text. Nothing of it reaches the outer mail."""
    if node is None or node.end - node.start > _FORWARDED_BYTES:
        return None
    content = node.content()
    if not content.strip():
        return None
    flaws: set[str] = set()
    inner = mime.tree(content, flaws)
    people, _ = _structured(inner.block, flaws)
    if not people["from"]:
        return None
    return Forwarded(
        sender=people["from"][0], subject=headers.text(inner.block.first("subject") or b""), text=banners.without(bodies.read(inner).text())
    )
