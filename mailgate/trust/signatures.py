"""DKIM on the way in: our own check of the signatures of a mail (RFC 6376, 8301, 8463).

dkimpy does the canonical forms, keys and arithmetic; which signatures count is decided here, before it sees any, and more narrowly
than the RFC: a signature is only taken as proof that the domain of the From line sent exactly this mail. A check takes milliseconds
of CPU and may wait for DNS: call it in a thread or a worker process, never in the loop. The lookup of keys with its cache is
`mailgate.trust.nameserver`; what a verdict is worth is `rules.reading.trust`; our own signature is `mailgate.trust.signing`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import dkim
from dkim.util import InvalidTagValueList, parse_tag_value

from rules.facts.mail import Verified
from rules.reading import domains

Lookup = Callable[[str], bytes | None]
"""Gives the TXT record at a name, None if there is none; raises `Unanswered` if that can't be told now."""

SIGNATURES_MAX = 8
"""Signatures of one mail that are looked at; the rest don't count."""

KEY_BITS_MIN, KEY_BITS_GOOD, KEY_BITS_MAX = 1024, 2048, 4096
"""RFC 8301 section 3.2. A longer key, or an exponent of its length, would let a stranger's DNS keep our processor busy for minutes."""

CLOCK_SKEW = timedelta(minutes=10)

SINGLE = frozenset(
    b"from sender reply-to to cc subject date message-id in-reply-to references mime-version content-type content-transfer-encoding".split()
)
"""Fields that may stand once (RFC 5322 section 3.6, RFC 2045), and whose second instance would change what people see."""

HEAD_END = re.compile(rb"\r?\n\r?\n")

_BLANKS = re.compile(rb"\t[\t ]*| [\t ]+")  # not a single space: most of a text would match, only to stay as it is
_EXPONENT_BITS_MAX = 64
_FIELD_MAX = 8192
_RECORD_MAX = 2048
_HOST = re.compile(rb"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63}){0,20}")


class Unanswered(Exception):
    """No nameserver gave a usable answer; asking again later may help."""


class _Refused(Exception):
    """Why a signature is no proof; the word goes into the verdict."""

    def __init__(self, why: str, result: str = "none") -> None:
        super().__init__(why)
        self.why, self.result = why, result


def verify(raw: bytes, identity_domain: str, lookup: Lookup, at: datetime) -> tuple[Verified, ...]:
    """The verdict on each DKIM signature of a mail, topmost first; empty where there is none or no identity to be aligned with.

    `at` is when the mail was received, for what a signature says of times. A pass needs: `d=` aligned with the From domain, From
    signed and the only one, no field repeated that may stand only once, no `l=`, times that make sense, rsa-sha256 or ed25519 with a
    key that is long enough and in use. Then `why` is empty, or `weak-key` below 2048 bits. A digest that doesn't match is a `fail`;
    everything else, trouble with DNS included, is `none` with its reason.
    """
    cut = HEAD_END.search(raw)
    head, body = (raw[: cut.start()], raw[cut.end() :]) if cut else (raw, b"")
    if not identity_domain or b"dkim-signature" not in head.lower():
        return ()
    checker = dkim.DKIM(minkey=KEY_BITS_MIN)
    try:
        checker.headers, _ = dkim.rfc822_parse(head + b"\r\n\r\n")
    except (dkim.MessageFormatError, IndexError):
        return (Verified(method="dkim", result="none", why="header-form"),)
    signatures = [(name, value) for name, value in checker.headers if name.lower() == b"dkim-signature"]
    verdicts = []
    for field in signatures[:SIGNATURES_MAX]:
        tags: dict[bytes, bytes] = {}
        try:
            tags = _tags(field[1])
            _check(tags, checker.headers, identity_domain, at)
            checker.body, form = _canonical(body, tags)
            why = _ask(checker, {**tags, b"c": form}, field, lookup)
            verdicts.append(Verified(method="dkim", result="pass", domain=_text(tags[b"d"]), why=why))
        except _Refused as refused:
            verdicts.append(Verified(method="dkim", result=refused.result, domain=_text(tags.get(b"d", b"")), why=refused.why))
    return tuple(verdicts)


def _tags(field: bytes) -> dict[bytes, bytes]:
    # dkimpy's patterns take time in the square of a run of white space, which no signer writes.
    if len(field) > _FIELD_MAX or re.search(rb"\s{64}", field):
        raise _Refused("signature-form")
    try:
        tags: dict[bytes, bytes] = parse_tag_value(field)
        # Without times: dkimpy would compare them with a clock of its own.
        dkim.validate_signature_fields({tag: value for tag, value in tags.items() if tag not in {b"t", b"x"}})
    except (InvalidTagValueList, dkim.ValidationError, IndexError) as fault:
        raise _Refused("signature-form") from fault
    if not _HOST.fullmatch(tags[b"d"]) or not _HOST.fullmatch(tags[b"s"]):
        raise _Refused("signature-form")
    return tags


def _check(tags: dict[bytes, bytes], headers: list[list[bytes]], identity_domain: str, at: datetime) -> None:
    """What can be refused without asking anybody; the cheap and telling reasons first."""
    if not domains.aligned(_text(tags[b"d"]), identity_domain):
        raise _Refused("other-domain")
    names = Counter(name.lower() for name, _ in headers)
    if names[b"from"] != 1:
        raise _Refused("from-count")
    # A second Subject or Content-Type above the signed one would be shown in its place.
    if any(names[name] > 1 for name in SINGLE):
        raise _Refused("repeated-field")
    if b"from" not in re.split(rb"\s*:\s*", tags[b"h"].lower()):
        raise _Refused("from-not-signed")
    if b"l" in tags:
        raise _Refused("body-length")
    if tags[b"a"] not in {b"rsa-sha256", b"ed25519-sha256"}:
        raise _Refused("algorithm")
    signed_at, expires_at = (_moment(tags, tag) for tag in (b"t", b"x"))
    if expires_at is not None and at.timestamp() > expires_at + CLOCK_SKEW.total_seconds():
        raise _Refused("expired")
    if signed_at is not None and (signed_at > at.timestamp() + CLOCK_SKEW.total_seconds() or signed_at > (expires_at or signed_at)):
        raise _Refused("times")


def _moment(tags: dict[bytes, bytes], tag: bytes) -> int | None:
    if tag not in tags:
        return None
    if not re.fullmatch(rb"\d{1,12}", tags[tag]):
        raise _Refused("times")
    return int(tags[tag])


def _ask(checker: Any, tags: dict[bytes, bytes], field: tuple[bytes, bytes], lookup: Lookup) -> str:  # noqa: ANN401 -- dkimpy's own object
    """Fetch the key and do the arithmetic; gives the flaw of a signature that passes, empty if there is none."""
    try:
        record = lookup(f"{_text(tags[b's'])}._domainkey.{_text(tags[b'd'])}")
    except Unanswered as silence:
        raise _Refused("dns") from silence
    if record is None:
        raise _Refused("no-key")
    weak = _check_key(record, tags)
    try:
        signed = [name.lower() for name in re.split(rb"\s*:\s*", tags[b"h"])]
        good = checker.verify_sig(tags, signed, field, lambda _name, **_: record)
    except dkim.ValidationError as fault:
        raise _Refused("body-changed", "fail") from fault
    except (dkim.DKIMException, ValueError, AssertionError) as fault:
        raise _Refused("signature-form") from fault
    if not good:
        raise _Refused("signature-wrong", "fail")
    return "weak-key" if weak else ""


def _check_key(record: bytes, tags: dict[bytes, bytes]) -> bool:
    """Whether the key is a weak one; raises for one that mustn't be used."""
    if len(record) > _RECORD_MAX:
        raise _Refused("key-form")
    try:
        key, bits, kind, for_reports = dkim.evaluate_pk(b"", record)
        fields: dict[bytes, bytes] = parse_tag_value(record)
    except (dkim.DKIMException, InvalidTagValueList, ValueError, TypeError, LookupError, AssertionError) as fault:
        # An empty p= is how a key is revoked (RFC 6376 section 3.6.1).
        raise _Refused("key-revoked" if re.search(rb"(?:^|;)\s*p\s*=\s*(?:;|$)", record) else "key-form") from fault
    if key is None or for_reports:
        raise _Refused("key-service")
    flags = fields.get(b"t", b"").split(b":")
    if b"y" in (flag.strip() for flag in flags):
        raise _Refused("key-testing")
    if b"s" in (flag.strip() for flag in flags) and tags.get(b"i", b"@" + tags[b"d"]).rpartition(b"@")[2].lower() != tags[b"d"].lower():
        raise _Refused("key-strict")
    if b"h" in fields and b"sha256" not in (name.strip() for name in fields[b"h"].split(b":")):
        raise _Refused("algorithm")
    if not tags[b"a"].startswith(kind):
        raise _Refused("algorithm")
    if kind == b"rsa" and (not KEY_BITS_MIN <= bits <= KEY_BITS_MAX or not 3 <= key["publicExponent"] < 1 << _EXPONENT_BITS_MAX):
        raise _Refused("key-size")
    return bool(kind == b"rsa" and bits < KEY_BITS_GOOD)


def _canonical(body: bytes, tags: dict[bytes, bytes]) -> tuple[bytes, bytes]:
    """The body in the form that `c=` asks for, and the `c=` under which dkimpy leaves it like that."""
    head_form, _, body_form = tags.get(b"c", b"simple").partition(b"/")
    body = body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if body_form == b"relaxed" and (body := relaxed(body)) == b"\r\n":
        return body, head_form + b"/relaxed"  # empty: one line end in the simple form, nothing in the relaxed one
    if body_form not in {b"", b"simple", b"relaxed"}:
        raise _Refused("signature-form")
    return _one_line_end(body), head_form + b"/simple"


def relaxed(body: bytes) -> bytes:
    """A body with CRLF line ends in the relaxed form of RFC 6376 section 3.4.4."""
    # dkimpy does this too, but in the square of the length of a run of blanks. Done before, its own pass finds nothing left to do.
    return _one_line_end(_BLANKS.sub(b" ", body + b"\r\n").replace(b" \r\n", b"\r\n"))


def _one_line_end(body: bytes) -> bytes:
    # Likewise: dkimpy takes empty lines off one at a time. From behind, so that bare CRs among them cost nothing either.
    tail = body[len(body.rstrip(b"\r\n")) :][::-1].replace(b"\n\r", b"\0")
    pairs = len(tail) - len(tail.lstrip(b"\0"))
    return body[: len(body) - 2 * pairs] + b"\r\n"


def _text(value: bytes) -> str:
    return value.decode("ascii", "replace").strip().lower()
