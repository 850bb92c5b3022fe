"""Probes: mails that `doctor --send` writes to the desk itself, known by a Message-ID that nobody else can make. They open nothing."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping

from rules import macs

_ID = re.compile(r"<?probe-([a-z2-7]{8,32})-(\d{1,4})-([a-z2-7]{16})@[^<>@\s]+>?", re.IGNORECASE)


def message_id(word: str, keys: Mapping[int, bytes], domain: str) -> str:
    """The Message-ID of a probe, with angle brackets; `word` is 8 to 32 letters of base32 that no other probe has."""
    newest = max(keys)
    return f"<probe-{word}-{newest}-{_code(word, keys[newest])}@{domain}>"


def is_ours(found: str, keys: Mapping[int, bytes]) -> bool:
    """Whether a Message-ID is one of a probe that was made with these keys."""
    if (match := _ID.fullmatch(found.strip())) is None:
        return False
    key = keys.get(int(match[2]))
    return key is not None and hmac.compare_digest(_code(match[1].lower(), key), match[3].lower())


def _code(word: str, key: bytes) -> str:
    return base64.b32encode(macs.mac(key, b"mailgate probe\0" + word.encode())[:10]).decode().lower()
