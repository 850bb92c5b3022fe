"""Header fields of the mails that we send: cleaned, encoded, folded.

Nothing of an incoming mail is copied here but clean strings: no header object, no raw line (CVE-2024-6923). Reading fields is
`mailgate.parsing.headers`; putting a message together is `mailgate.sending.compose`, and `mailgate.sending.lastgate` reads what came out.
"""

from __future__ import annotations

import base64
import hashlib
import re
from binascii import b2a_base64
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from rules.facts.terms import Address
from templates import clean

LONGEST = 255
"""The most characters that a header value of ours has."""
LINE = 78
"""Where lines are folded (RFC 5322 section 2.1.1)."""
IDS = 20
"""The most message-ids in References: the first, which is the root, and the latest."""

_ID = re.compile(r"<[!-;=?-~]{1,500}>")
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_ASCII = re.compile(r"[!-~]+")
_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_DOMAIN = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?|\[[0-9A-Fa-f:.IPVv]{2,45}\]"
)
_PLAIN_IN_Q = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_LIST_ID = re.compile(r"[A-Za-z0-9._-]{1,200}")


class Unsendable(Exception):
    """A mail that must not leave as it is: an address that can't be written, or a message that does not read as it was meant."""


def clean_header(value: str) -> str:
    """One line that may stand in a header: no control characters, line separators, surrogates or direction tricks; at most 255 characters."""
    return clean.clean_line(value)[:LONGEST].rstrip()


def address(written: str) -> str:
    """An addr-spec that SMTP and headers carry as it is, its domain in A-labels. Raises Unsendable for any other.

    Quoted local parts and those beyond ASCII (RFC 6531) are refused: relays that take both are rare, and each is a way to smuggle.
    """
    local, at, domain = written.strip().rpartition("@")
    if domain and not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            raise Unsendable(f"domain can't be written in A-labels: {clean_header(written)!r}") from None
    if at and (not local.isascii() or local.startswith('"')):
        raise Unsendable(f"letters beyond ASCII or quotation marks before the @ can't be written to: {clean_header(written)!r}")
    if not at or not _LOCAL.fullmatch(local) or len(domain) > 253 or not _DOMAIN.fullmatch(domain):
        raise Unsendable(f"not an address that mail can be sent to: {clean_header(written)!r}")
    return f"{local}@{domain}"


def ids(found: Iterable[str]) -> tuple[str, ...]:
    """The message-ids that may be repeated in our References: well-formed ones, each once, the first and the latest 19."""
    kept = tuple(dict.fromkeys(one for one in found if _ID.fullmatch(one)))
    return kept if len(kept) <= IDS else (kept[0], *kept[1 - IDS :])


def _fold(name: str, words: Sequence[str]) -> str:
    """A field whose line may be broken between any two words, and nowhere else."""
    line, lines = f"{name}:", []
    for word in words:
        if len(line) + 1 + len(word) > LINE and not line.endswith(":"):
            lines.append(line)
            line = ""
        line += f" {word}"
    return "\r\n".join([*lines, line]) + "\r\n"


def _encoded(text: str, first: int) -> list[str]:
    """Encoded words of at most 75 characters, the first one shorter by `first`; characters stay whole (RFC 2047 section 5)."""
    raw = text.encode("utf-8")
    quoted = sum(byte < 0x80 for byte in raw) * 2 > len(raw)
    words, word, room = [], "", 63 - first
    cost = 0
    for char in text:
        size = (
            sum(1 if byte in _PLAIN_IN_Q or byte == 0x20 else 3 for byte in char.encode("utf-8")) if quoted else len(char.encode("utf-8"))
        )
        if word and (cost + size > room if quoted else -(-(cost + size) // 3) * 4 > room):
            words.append(word)
            word, cost, room = "", 0, 63
        word += char
        cost += size
    return [_q(part) if quoted else f"=?utf-8?b?{base64.b64encode(part.encode('utf-8')).decode('ascii')}?=" for part in [*words, word]]


def _q(text: str) -> str:
    coded = "".join(chr(byte) if byte in _PLAIN_IN_Q else "_" if byte == 0x20 else f"={byte:02X}" for byte in text.encode("utf-8"))
    return f"=?utf-8?q?{coded}?="


def text(name: str, value: str) -> str:
    """An unstructured field. What is ASCII stays readable, from the first to the last other word it becomes encoded words."""
    shown = clean_header(value)
    if len(name) + 2 + len(shown) <= LINE and shown.isascii() and "=?" not in shown:
        return f"{name}: {shown}\r\n"
    words = shown.split(" ")
    foreign = [place for place, word in enumerate(words) if word and (not _ASCII.fullmatch(word) or "=?" in word)]
    if foreign:
        start, end = foreign[0], foreign[-1] + 1
        taken = len(name) + 2 if start == 0 else 0
        words[start:end] = _encoded(" ".join(words[start:end]), min(taken, 40))
    return _fold(name, words)


def _phrase(name: str) -> str:
    """A display name as atoms, quoted string or encoded words (RFC 5322 section 3.2.5, RFC 2047 section 5 rule 3)."""
    if "=?" in name or not name.isascii() or len(name) > LINE - 10:
        return " ".join(_encoded(name, 10))
    if _PHRASE.fullmatch(name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def mailbox(name: str, who: Address) -> str:
    """A field with exactly one mailbox. Raises Unsendable for an address that can't be written."""
    spec, shown = address(who.address), clean_header(who.name)
    return _fold(name, [*_phrase(shown).split(" "), f"<{spec}>"] if shown else [spec])


def identifiers(name: str, found: Iterable[str]) -> str:
    """A field of message-ids: never encoded, folded only between them, so that Exchange and Outlook can read long ones."""
    return _fold(name, list(found))


def list_id(name: str, spec: str, title: str = "") -> str:
    """A List-Id field (RFC 2919 section 2). Raises Unsendable for an identifier that is none."""
    if not _LIST_ID.fullmatch(spec):
        raise Unsendable(f"not a list identifier: {clean_header(spec)!r}")
    shown = clean_header(title)
    return _fold(name, [*(_phrase(shown).split(" ") if shown else ()), f"<{spec}>"])


def date(name: str, at: datetime) -> str:
    """A date field; `at` is aware."""
    if at.tzinfo is None:
        raise Unsendable("a date without time zone")
    return f"{name}: {format_datetime(at)}\r\n"


def further(name: str, value: str) -> str:
    """A field of ours by name and value. `List-Id` takes `Title <identifier>`. Raises Unsendable for a name that is none."""
    if not _NAME.fullmatch(name):
        raise Unsendable(f"not a field name: {clean_header(name)!r}")
    if name == "List-Id":
        title, _, spec = value.rpartition("<")
        return list_id(name, spec.rstrip("> "), title)
    return text(name, value)


def thread_topic(subject: str) -> str:
    """The value of Thread-Topic: the base subject, the same in every mail of a ticket."""
    return clean_header(subject)


def thread_index(ref: str, opened_at: datetime, n: int = 0) -> str:
    """The value of Thread-Index, by which Outlook groups a conversation (MS-OXOMSG section 2.2.1.3).

    A byte 1, five bytes of the time at which the ticket was opened, a GUID made of its reference; for the n-th mail of the thread
    (n > 0) one child block of five bytes. The same arguments give the same value.
    """
    ticks = (opened_at.astimezone(UTC) - datetime(1601, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 10
    head = b"\x01" + (ticks >> 16).to_bytes(6, "big")[1:] + hashlib.md5(ref.encode("utf-8"), usedforsecurity=False).digest()
    child = n.to_bytes(5, "big") if n > 0 else b""
    return b2a_base64(head + child, newline=False).decode("ascii")


def standard(
    *,
    template: str,
    automatic: str | None,
    to_staff: bool,
    ref: str = "",
    status: str = "",
    colour: str = "",
    light: str = "",
    reply: str = "",
    reason: str = "",
    list_spec: str = "",
    list_title: str = "",
    topic: str = "",
    opened_at: datetime | None = None,
    n: int = 0,
) -> tuple[tuple[str, str], ...]:
    """The fields that every mail of ours carries besides the addresses, in their fixed order.

    automatic: `generated` or `replied` (RFC 3834 section 5); None for an agent's own answer, which looks like a person's mail and
    has neither Auto-Submitted nor List-Id. ref: empty where no ticket is concerned. light, reply and reason go to staff only.
    """
    made = [("X-Mailgate-Ticket", ref), ("X-Mailgate-Status", status), ("X-Mailgate-Colour", colour), ("X-Mailgate-Template", template)]
    if to_staff:
        made += [("X-Mailgate-Light", light), ("X-Mailgate-Reply", reply), ("X-Mailgate-Reason", reason)]
    if automatic:
        made += [("Auto-Submitted", f"auto-{automatic}"), ("X-Auto-Response-Suppress", "OOF, AutoReply")]
        made.append(("List-Id", f"{clean_header(list_title)} <{list_spec}>".strip() if list_spec else ""))
    if ref and opened_at is not None:
        made += [("Thread-Topic", thread_topic(topic)), ("Thread-Index", thread_index(ref, opened_at, n))]
    return tuple((name, value) for name, value in made if value)
