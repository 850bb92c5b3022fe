"""The chain of a ticket's history: each entry's digest covers what it says and the digest before it, so that none can be changed unnoticed.

Pure. The ledger makes the links, `store.sealing` looks for broken ones. A digest without a key proves nothing against somebody who writes all
of them anew; it names what a slip, a fault or a hurried hand has changed. With a key, only who has it can make a link: `number:digest`, where
the number is that of the key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC
from types import MappingProxyType
from typing import Any

from rules import macs

_ENCODED = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode

Ring = Mapping[int, bytes]
"""Keys by number, the highest one sealing; empty where the site has none."""


def digest(before: str, entry: Mapping[Any, Any], ring: Ring = MappingProxyType({})) -> str:
    """The digest of an entry after one whose digest is `before`; the first one follows its ticket's reference.

    Hexadecimal: sha256, or with keys HMAC-SHA256 (RFC 2104) by the newest one behind its number.
    """
    number = max(ring, default=None)
    return _link(before, entry, number, ring)


def holds(before: str, entry: Mapping[Any, Any], ring: Ring = MappingProxyType({})) -> bool:
    """Whether an entry has the digest that it must have; where there are keys, one that was made without any doesn't count."""
    named, colon, _ = entry["digest"].partition(":")
    number = int(named) if colon and named.isdigit() else None
    if bool(ring) is not (number is not None) or (number is not None and number not in ring):
        return False
    return hmac.compare_digest(_link(before, entry, number, ring).encode(), entry["digest"].encode())


def _link(before: str, entry: Mapping[Any, Any], number: int | None, ring: Ring) -> str:
    said = [
        before,
        entry["seq"],
        entry["at"].astimezone(UTC).isoformat(timespec="microseconds"),
        entry["actor"],
        entry["action"],
        entry["cause"],
        entry["received_id"],
        entry["changed"],
    ]
    text = _ENCODED(said).encode()
    if number is None:
        return hashlib.sha256(text).hexdigest()
    return f"{number}:{macs.mac(ring[number], text).hex()}"
