"""What lies inside an S/MIME signature: the signed bytes of a CMS SignedData, who signed and when (RFC 5652), unverified.

Only reads; whether the signature holds is asked in `mailgate.trust.smime`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from rules.frozen import dataclass

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("06092a864886f70d010701")
_OCTETS = 0x04
_DEPTH = 40
_MOST = 2000
_PIECES = 250_000
"""Elements of one signature that are looked at: mail of the greatest size in pieces of a kilobyte, walked through once a level, has half of them."""
_SIGNING_TIME = bytes.fromhex("06092a864886f70d010905")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """What a SignerInfo says of itself."""

    digest: str
    """Number of the digest, as `2.16.840.1.101.3.4.2.1`."""
    at: datetime | None
    """The signed attribute of RFC 5652 section 11.3; None if there is none, or more than one."""


def signers(data: bytes) -> tuple[Signer, ...]:
    """Everybody who signed, in DER or BER. Raises ValueError for what is no SignedData of RFC 5652 section 5.1."""
    try:
        seen: Counter[str] = Counter()
        outer = _only(data, 0, len(data), 0x30, seen)
        inner = list(_pieces(data, outer.begin, outer.end, seen))
        if len(inner) != 2 or data[inner[0].at : inner[0].end] != _SIGNED_DATA or inner[1].tag != 0xA0:
            raise ValueError("no SignedData")
        body = _only(data, inner[1].begin, inner[1].end, 0x30, seen)
        last = list(_pieces(data, body.begin, body.end, seen))[-1]
        if last.tag != 0x31:
            raise ValueError("no signers")
        return tuple(_signer(data, each, seen) for each in _pieces(data, last.begin, last.end, seen))
    except IndexError:
        raise ValueError("cut off") from None


@dataclass(frozen=True, slots=True)
class _Piece:
    tag: int
    at: int
    begin: int
    end: int
    """Where the content ends; of the indefinite form before its end mark."""


def _pieces(data: bytes, at: int, end: int, seen: Counter[str]) -> Iterator[_Piece]:
    """The elements that stand in a row."""
    for _ in range(_MOST):
        if at >= end:
            return
        piece, at = _piece(data, at, end, 0, seen)
        yield piece
    raise ValueError("too many elements")


def _piece(data: bytes, at: int, end: int, depth: int, seen: Counter[str]) -> tuple[_Piece, int]:
    """An element, and where the next one begins."""
    _count(seen)
    tag = data[at]
    if tag & 0x1F == 0x1F or depth > _DEPTH:
        raise ValueError("no such tag here")
    begin, length = _length(data, at + 1)
    if length >= 0:
        if begin + length > end:
            raise ValueError("longer than what it stands in")
        return _Piece(tag, at, begin, begin + length), begin + length
    inner = begin
    while data[inner : inner + 2] != b"\0\0":
        if inner >= end:
            raise ValueError("without end")
        _, inner = _piece(data, inner, end, depth + 1, seen)
    return _Piece(tag, at, begin, inner), inner + 2


def _only(data: bytes, at: int, end: int, tag: int, seen: Counter[str]) -> _Piece:
    piece, _ = _piece(data, at, end, 0, seen)
    if piece.tag != tag:
        raise ValueError("another structure")
    return piece


def _count(seen: Counter[str]) -> None:
    seen["elements"] += 1
    if seen["elements"] > _PIECES:
        raise ValueError("too many elements")


def _signer(data: bytes, info: _Piece, seen: Counter[str]) -> Signer:
    """A SignerInfo: version, who, digest, [0] signed attributes, algorithm, signature, [1] other attributes."""
    if info.tag != 0x30:
        raise ValueError("no SignerInfo")
    fields = list(_pieces(data, info.begin, info.end, seen))
    digest = _piece(data, fields[2].begin, fields[2].end, 0, seen)[0]
    moments = []
    if fields[3].tag == 0xA0:
        for attribute in _pieces(data, fields[3].begin, fields[3].end, seen):
            kind, values = list(_pieces(data, attribute.begin, attribute.end, seen))[:2]
            if data[kind.at : kind.end] == _SIGNING_TIME:
                moments += [_moment(each.tag, data[each.begin : each.end]) for each in _pieces(data, values.begin, values.end, seen)]
    return Signer(digest=_number(data[digest.begin : digest.end]), at=moments[0] if len(moments) == 1 else None)


def _moment(tag: int, text: bytes) -> datetime | None:
    """UTCTime or GeneralizedTime in the one form that RFC 5652 section 11.3 allows."""
    form = {0x17: "%y%m%d%H%M%SZ", 0x18: "%Y%m%d%H%M%SZ"}.get(tag)
    if form is None or len(text) != {0x17: 13, 0x18: 15}[tag] or not text[:-1].isdigit():
        return None
    try:
        return datetime.strptime(text.decode(), form).replace(tzinfo=UTC)
    except ValueError:
        return None


def _number(octets: bytes) -> str:
    """An object identifier in dots."""
    values, value = [], 0
    for octet in octets:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            values.append(value)
            value = 0
    first = min(values[0] // 40, 2) if values else 0
    return ".".join(map(str, (first, values[0] - 40 * first, *values[1:]))) if values else ""


def signed_content(data: bytes) -> bytes | None:
    """The content of a SignedData in DER or BER, or None if it is something else, for instance encrypted."""
    where = data.find(_SIGNED_DATA, 0, 60)
    inner = data.find(_DATA, where, where + 400) if where >= 0 else -1
    if inner < 0:
        return None
    at = inner + len(_DATA)
    try:
        if data[at] != 0xA0:
            return None
        at, _ = _length(data, at + 1)
        return _octets(data, at, 0, Counter())[1]
    except (IndexError, ValueError):
        return None


def _length(data: bytes, at: int) -> tuple[int, int]:
    """Where the content begins and how long it is; -1 for the indefinite form."""
    first = data[at]
    if first < 0x80:
        return at + 1, first
    if first == 0x80:
        return at + 1, -1
    size = first & 0x7F
    if size > 8:
        raise ValueError
    return at + 1 + size, int.from_bytes(data[at + 1 : at + 1 + size], "big")


def _octets(data: bytes, at: int, depth: int, seen: Counter[str]) -> tuple[int, bytes]:
    """An OCTET STRING, primitive or constructed: where it ends and its bytes."""
    tag = data[at]
    if tag & 0x1F != _OCTETS or depth > _DEPTH:
        raise ValueError
    _count(seen)
    at, length = _length(data, at + 1)
    if not tag & 0x20:
        if length < 0:
            raise ValueError
        return at + length, data[at : at + length]
    out: list[bytes] = []
    end = len(data) if length < 0 else at + length
    while at < end:
        if length < 0 and data[at : at + 2] == b"\0\0":
            return at + 2, b"".join(out)
        at, piece = _octets(data, at, depth + 1, seen)
        out.append(piece)
    return end, b"".join(out)
