"""Message authentication codes: HMAC-SHA256 (RFC 2104). Next: `rules.tokens` and `rules.chain`, which sign with them."""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache
from typing import Any


def mac(key: bytes, octets: bytes) -> bytes:
    """The 32 bytes that only who has the key can make of these octets."""
    code = _begun(key).copy()
    code.update(octets)
    return code.digest()


@lru_cache(maxsize=16)
def _begun(key: bytes) -> hmac.HMAC:
    """The code begun with a key, to be copied for each text.

    The hash is given as a function, so that the library takes the key in once and copies what came of it; given by name, it asks OpenSSL for the
    algorithm anew each time, which costs more than the hash.
    """
    return hmac.new(key, digestmod=_sha256)


def _sha256(octets: bytes = b"") -> Any:  # noqa: ANN401 - the type of a hash has no public name
    return hashlib.sha256(octets)
