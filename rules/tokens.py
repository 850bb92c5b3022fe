"""Tokens: the unguessable words in reply addresses, buttons and Message-IDs that say which mail of ours an answer belongs to.

The text form is `<ref>-<key>-<id36>-<mac>`, such as `t42-r-3k9-k5x2m7qa4tzbwy3p`:

* `ref` is a label for people, the ticket's reference without anything but letters and digits; nothing is looked up by it;
* `key` is `r` (reply address), `m` (Message-ID), or the key of a button of that mail;
* `id36` is the outbox row in base 36, by which the facts (`rules.facts.sent.Sent`) are found;
* `mac` is 80 bits of HMAC-SHA256 over those facts, in base32.

What a token means stands in the row, not in the token: who the recipient is, until when it carries commands, what a button does.
The MAC binds all of that, so a changed row or a changed letter makes the token worthless. Pure: keys are arguments, no clock.
Whether its sender is its owner is `rules.reading.trust`; finding the row is the store's. Next: `rules.facts.sent`.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from rules import macs
from rules.facts.sent import Sent
from rules.frozen import dataclass

VERSION = 1
"""First field under the MAC; raised when the canonical encoding changes."""

REPLY = "r"
"""Key of the token in a reply address."""

ID = "m"
"""Key of the token in a Message-ID."""

ROOM = 43
"""Octets that a token may take: a local part of 64 (RFC 5321 section 4.5.3.1.1) less a desk of 20 and the sub-address sign."""

KEY_BYTES_MIN = 16

_MAC_CHARS = 16  # 80 bits, five to a character
_REF_CHARS = 12
_BUTTON = re.compile(r"[a-z0-9]{1,12}")
_TOKEN = r"([a-z0-9]{1,12})-([a-z0-9]{1,12})-([1-9a-z][0-9a-z]{0,10})-([a-z2-7]{16})"
_FLAGS = re.IGNORECASE | re.ASCII  # ASCII: else U+212A, the Kelvin sign, would pass for a k
_WHOLE = re.compile(_TOKEN, _FLAGS)
_LAST = re.compile(rf"(?:^|[^a-z0-9]){_TOKEN}$", _FLAGS)
_AMONG = re.compile(rf"(?<![a-z0-9]){_TOKEN}(?![a-z0-9])", _FLAGS)
_HYPHENS = 3
"""Signs between the pieces of a token; most texts have fewer."""
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = tuple(high + low for high in _BASE32 for low in _BASE32)
"""Two characters of base32 (RFC 4648 section 6, lower case) for each ten bits."""
_NO_LABEL = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A text that has the form of a token, folded to lower case; worth nothing until `verify` said so."""

    ref: str
    key: str
    outbox_id: int
    mac: str

    @property
    def is_button(self) -> bool:
        """Whether the token is that of a button, not of a reply address or a Message-ID."""
        return self.key not in {REPLY, ID}

    def __str__(self) -> str:
        return _spelled(self.ref, self.key, self.outbox_id, self.mac)


def make(sent: Sent, key: str, keys: Mapping[int, bytes]) -> str:
    """The token of a mail for `REPLY`, `ID` or one of its buttons, signed with the newest key; at most `ROOM` characters.

    Raises KeyError for a button that the mail doesn't have and ValueError for a malformed button key or a weak or empty key ring.
    """
    _check(keys)
    if key not in {REPLY, ID} and not _BUTTON.fullmatch(key):
        raise ValueError(f"a button's key is 1 to 12 of a-z and 0-9, not {key!r}")
    purpose = _purpose(sent, key)
    if purpose is None:
        raise KeyError(key)
    newest = max(keys)
    return _spelled(_label(sent, key), key, sent.outbox_id, _mac(sent, purpose, newest, keys[newest]))


def read(text: str) -> Token | None:
    """The token in a reply address (`desk+token@…`, with any sign before it), in a Message-ID (`<token@…>`) or standing alone.

    Looks at the form only. A Message-ID must hold a token made for one and an address a token made for one, so that
    neither can stand in for the other; a bare token may be of any kind.
    """
    if text.count("-") < _HYPHENS:
        return None
    text = text.strip()
    local, at, _ = text.rpartition("@")
    if not at:
        return _token(_WHOLE.fullmatch(text))
    if text.startswith("<"):
        found = _token(_WHOLE.fullmatch(local[1:]))
        return found if found and found.key == ID else None
    # Some clients quote a local part that needs no quotes.
    found = _token(_LAST.search(local[-ROOM - 2 :].strip('"')))
    return found if found and found.key != ID else None


def find_all(text: str) -> tuple[Token, ...]:
    """Every token of a reply or button in running text such as a subject, in order, each once."""
    if text.count("-") < _HYPHENS:
        return ()
    found = (_token(match) for match in _AMONG.finditer(text))
    return tuple(dict.fromkeys(token for token in found if token and token.key != ID))


def verify(token: Token, keys: Mapping[int, bytes], sent: Sent) -> bool:
    """Whether we made this token for exactly this mail: any key of the ring may have signed it.

    Says nothing of time, see `is_live`. All keys are always tried and compared in constant time, so that the duration tells nothing.
    """
    _check(keys)
    purpose = _purpose(sent, token.key)
    known = purpose is not None and token.outbox_id == sent.outbox_id and token.ref == _label(sent, token.key)
    given = token.mac.encode("ascii", "replace")
    matched = False
    for key_id, key in keys.items():
        matched |= hmac.compare_digest(_mac(sent, purpose or "", key_id, key).encode("ascii"), given)
    return matched and known


def is_live(token: Token, sent: Sent, at: datetime) -> bool:
    """Whether a verified token may still act at `at`: a button within its life, a reply as long as it carries commands.

    Threading doesn't ask: a token leads to its ticket for ever.
    """
    return sent.may_press(at) if token.is_button else sent.may_command(at)


def address(desk: str, token: str, sign: str) -> str:
    """The desk's address with the token as sub-address (RFC 5233); the plain address where the desk has no sign for it."""
    local, _, domain = desk.rpartition("@")
    return f"{local}{sign}{token}@{domain}" if sign else desk


def message_id(token: str, domain: str) -> str:
    """The Message-ID that carries a token made for `ID`, with angle brackets."""
    return f"<{token}@{domain}>"


def _check(keys: Mapping[int, bytes]) -> None:
    if not keys:
        raise ValueError("no key to sign tokens with")
    if weak := [key_id for key_id, key in keys.items() if len(key) < KEY_BYTES_MIN]:
        raise ValueError(f"key {weak[0]} is shorter than {KEY_BYTES_MIN} bytes")


def _purpose(sent: Sent, key: str) -> str | None:
    if key == REPLY:
        return "reply"
    if key == ID:
        return "id"
    line = sent.buttons.get(key)
    return None if line is None else f"button:{line}"


def _label(sent: Sent, key: str) -> str:
    room = ROOM - _MAC_CHARS - 3 - len(key) - len(_base36(sent.outbox_id))
    ref = sent.ticket_ref.lower()
    kept = ref if ref.isalnum() and ref.isascii() else _NO_LABEL.sub("", ref)
    return kept[: max(1, min(_REF_CHARS, room))] or "0"


def _mac(sent: Sent, purpose: str, key_id: int, key: bytes) -> str:
    until = sent.command_until if purpose in {"reply", "id"} else sent.buttons_end
    expires = 0 if until is None else int(until.timestamp())
    fields = (str(VERSION), str(key_id), purpose, sent.ticket_ref, sent.recipient_key, str(sent.outbox_id), str(expires))
    # A length before each field: no two lists of fields share an encoding, however their contents are moved about.
    framed = b""
    for field in fields:
        octets = field.encode("utf-8", "surrogatepass")
        framed += len(octets).to_bytes(4, "big") + octets
    number = int.from_bytes(macs.mac(key, framed)[: _MAC_CHARS * 5 // 8], "big")
    return "".join([_PAIRS[number >> shift & 1023] for shift in range((_MAC_CHARS - 2) * 5, -1, -10)])


def _spelled(ref: str, key: str, outbox_id: int, mac: str) -> str:
    return f"{ref}-{key}-{_base36(outbox_id)}-{mac}"


@lru_cache(maxsize=256)  # for the few tokens of one mail
def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits


def _token(match: re.Match[str] | None) -> Token | None:
    if match is None:
        return None
    ref, key, id36, mac = (group.lower() for group in match.groups())
    return Token(ref=ref, key=key, outbox_id=int(id36, 36), mac=mac)
