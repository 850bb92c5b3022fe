"""Passwords of agents for the submission door: kept as scrypt records (RFC 7914), checked in constant time.

A record is `scrypt$n$r$p$salt$hash`, salt and hash in base64; it carries its own costs, so that they may grow.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

_N, _R, _P = 2**15, 8, 1
_MOST_N, _MOST_R, _MOST_P = 2**20, 32, 16
"""A record with higher costs than these isn't ours: checking it would only eat memory."""
_LENGTH = 32


def record(password: str) -> str:
    """The record to store for a password. Takes some 60 ms and 32 MB, as it should."""
    salt = secrets.token_bytes(16)
    digest = _digest(password, salt, _N, _R, _P, _LENGTH)
    return f"scrypt${_N}${_R}${_P}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def verify_password(record: str, password: str) -> bool:
    """Whether a password fits a record; False also for a record that makes no sense."""
    try:
        scheme, n, r, p, salt64, digest64 = record.split("$")
        salt, digest = base64.b64decode(salt64, validate=True), base64.b64decode(digest64, validate=True)
        costs = int(n), int(r), int(p)
        if scheme != "scrypt" or not digest or costs[0] > _MOST_N or costs[1] > _MOST_R or costs[2] > _MOST_P:
            return False
        return hmac.compare_digest(_digest(password, salt, *costs, len(digest)), digest)
    except ValueError:
        return False


def _digest(password: str, salt: bytes, n: int, r: int, p: int, length: int) -> bytes:
    # OpenSSL refuses more than 32 MB unless it is told that they are meant.
    return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, n=n, r=r, p=p, maxmem=132 * n * r * p + 2**20, dklen=length)
