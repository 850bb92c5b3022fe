"""Who a mail claims to be from, by one strict reader of From: exactly one field, exactly one mailbox, no room for two opinions.

Mail programs and libraries disagree about odd From fields, so nothing here is forgiving: what is not plainly one address gives no
identity (RFC 5322 section 3.4 without comments, groups and obsolete forms). What is *shown* as sender is decided elsewhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_FOLD = re.compile(r"\r?\n(?=[ \t])")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+"
_DOT_ATOM = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = r"[A-Za-z0-9_\x80-\U0010ffff](?:[A-Za-z0-9_\x80-\U0010ffff-]*[A-Za-z0-9_\x80-\U0010ffff])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_QUOTED_LOCAL = re.compile(r'"[A-Za-z0-9!#$%&\'*+/=?^_`{|}~. -]{1,64}"')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ENCODED = re.compile(r"=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=")
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]")
_DOTS = re.compile("[.\u3002\uff0e\uff61]")
_LONGEST = 2000


def identify(fields: Sequence[str | bytes]) -> tuple[str, str]:
    """The addr-spec of the only mailbox in the only From field, and why there is none: `from-missing`, `from-count` or `from-syntax`.

    Takes the raw values of all From fields, still folded. Exactly one of the two strings is empty.
    """
    if not fields:
        return "", "from-missing"
    if len(fields) > 1:
        return "", "from-count"
    first = fields[0]
    if isinstance(first, str):
        value = first
    else:
        try:
            value = first.decode("utf-8")
        except UnicodeDecodeError:
            # Legacy 8-bit bytes may stand in the name, never in the address, where their meaning would be a guess.
            value = first.decode("latin-1")
            if not value.rpartition("<")[2].isascii():
                return "", "from-syntax"
    value = _FOLD.sub("", value.rstrip("\r\n")).strip(" \t")
    if not value:
        return "", "from-missing"
    found = _mailbox(value) if len(value) <= _LONGEST else ""
    return (found, "") if found else ("", "from-syntax")


def _mailbox(value: str) -> str:
    """The address if `value` is `addr-spec` or `phrase <addr-spec>`, else nothing."""
    if not value.endswith(">"):
        return value if _is_address(value) else ""
    phrase, angle, inner = _at_angle(value)
    if not angle or not _is_phrase(phrase.strip(" \t")):
        return ""
    address = inner.removesuffix(">").strip(" \t")
    return address if _is_address(address) else ""


def _at_angle(value: str) -> tuple[str, str, str]:
    """Split before the first `<` that stands outside quotes."""
    at = 0
    while at < len(value):
        if value[at] == '"':
            match = _QUOTED.match(value, at)
            if not match:
                break
            at = match.end()
            continue
        if value[at] == "<":
            return value[:at], "<", value[at + 1 :]
        at += 1
    return value, "", ""


def _is_phrase(phrase: str) -> bool:
    """Whether a display name leaves no doubt: quoted strings may hold anything printable, the rest neither specials nor an `@`."""
    outside = _QUOTED.sub(" ", phrase)
    if any(("\x00" <= sign < " " and sign != "\t") or sign == "\x7f" for sign in phrase):
        return False
    return not any(sign in '"()<>[]:;@,\\' for sign in _ENCODED.sub(" ", outside))


def _is_address(address: str) -> bool:
    """Whether it is one plain addr-spec: dot-atom or simply quoted local part, a domain name, nothing invisible, nothing encoded."""
    if _INVISIBLE.search(address) or _ENCODED.search(address) or "=?" in address:
        return False
    local, at, domain = address.rpartition("@")
    if not at or len(local) > 64 or len(domain) > 255:
        return False
    if not (_DOT_ATOM.fullmatch(local) or _QUOTED_LOCAL.fullmatch(local)):
        return False
    return _DOMAIN.fullmatch(domain) is not None and not _is_disguised(domain)


def _is_disguised(domain: str) -> bool:
    """Whether signs of other alphabets stand for plain ones: `ｓtaff.example` is compared as the domain that it isn't checked as (DMARC, DKIM)."""
    if domain.isascii():
        return False
    labels = _DOTS.split(domain)
    return labels != domain.split(".") or any(
        unicodedata.normalize("NFKC", label.casefold()).isascii() for label in labels if not label.isascii()
    )
