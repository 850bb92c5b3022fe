"""What lies inside an opaque S/MIME signature: the signed bytes of a CMS SignedData (RFC 5652), unverified.

Only reads; whether the signature holds is not asked here.
"""

from __future__ import annotations

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("06092a864886f70d010701")
_OCTETS = 0x04
_DEPTH = 40


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
        return _octets(data, at, 0)[1]
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


def _octets(data: bytes, at: int, depth: int) -> tuple[int, bytes]:
    """An OCTET STRING, primitive or constructed: where it ends and its bytes."""
    tag = data[at]
    if tag & 0x1F != _OCTETS or depth > _DEPTH:
        raise ValueError
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
        at, piece = _octets(data, at, depth + 1)
        out.append(piece)
    return end, b"".join(out)
