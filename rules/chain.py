"""The chain of a ticket's history: each entry's digest covers what it says and the digest before it, so that none can be changed unnoticed.

Pure. The ledger makes the links, `store.sealing` looks for broken ones. A digest without a key proves nothing against somebody who writes all
of them anew; it names what a slip, a fault or a hurried hand has changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC
from typing import Any


def digest(before: str, entry: Mapping[Any, Any]) -> str:
    """The digest (sha256, hexadecimal) of an entry after one whose digest is `before`; the first one follows its ticket's reference."""
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
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
