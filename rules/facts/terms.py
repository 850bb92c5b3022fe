"""Words that everything else is said in: statuses, priorities, levels of trust, fates, addresses.

No behaviour beyond reading and normalising a single word. Next: `mail.py` for messages, `ticket.py` for tickets.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from functools import lru_cache
from types import MappingProxyType

from rules.frozen import dataclass


class Status(StrEnum):
    """Where a ticket stands, in the order of its life."""

    new = "new"
    read = "read"
    assigned = "assigned"
    working = "working"
    waiting = "waiting"
    closed = "closed"


COLOURS: Mapping[Status, str] = MappingProxyType(
    dict(zip(Status, ("blue", "blue", "violet", "teal", "amber", "green"), strict=True)),
)
"""Colour key of each status: in mails, in X-Mailgate-Colour and in JSON."""


class Priority(StrEnum):
    """How urgent staff takes a ticket to be."""

    low = "low"
    normal = "normal"
    high = "high"


class Visibility(StrEnum):
    """Whether customers hear of a ticket at all."""

    public = "public"
    internal = "internal"


class Light(StrEnum):
    """The traffic light computed from the running clocks."""

    green = "green"
    yellow = "yellow"
    red = "red"


class PostKind(StrEnum):
    """What a post in a ticket is, and so who may read it: `public` and `auto` for customers, the rest for staff."""

    public = "public"
    note = "note"
    private = "private"
    opinion = "opinion"
    third_party = "third-party"
    auto = "auto"


class Fate(StrEnum):
    """What became of a received mail; every kept mail ends with exactly one."""

    opened = "opened"
    appended = "appended"
    executed = "executed"
    held = "held"
    parked = "parked"
    duplicate = "duplicate"
    automatic = "automatic"
    bounce = "bounce"
    refused = "refused"
    ignored = "ignored"


class MachineKind(StrEnum):
    """Who or what wrote a mail, as far as its form tells."""

    human = "human"
    auto_reply = "auto-reply"
    bounce = "bounce"
    report = "report"
    list = "list"
    bulk = "bulk"
    own = "own"
    loop = "loop"


class ReplyMeaning(StrEnum):
    """What a reply to one of our mails to staff means; printed in its first line and its X-Mailgate-Reply header."""

    public = "public"
    note = "note"
    commands = "commands"


class Level(IntEnum):
    """How surely a mail is from whom it says; the only scale of trust.

    claimed: the From line alone. domain: aligned DKIM or DMARC passed. token: a per-person token came back with its
    owner's From. both: domain and token, or authenticated submission, or vouched for on the command line.
    signed: a PGP or S/MIME signature by a key on file.
    """

    claimed = 0
    domain = 1
    token = 2
    both = 3
    signed = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A mailbox: display name (may be empty) and addr-spec as written (RFC 5322 section 3.4)."""

    name: str = ""
    address: str = ""

    @property
    def key(self) -> str:
        """The form in which addresses are compared; see `address_key`."""
        return address_key(self.address)


@lru_cache(maxsize=4096)
def address_key(address: str) -> str:
    """The form in which addresses are compared: case folded, domain as A-labels without a trailing dot.

    The local part is folded too: no provider our users meet tells `Anna@` from `anna@` (RFC 5321 section 2.4 would allow it).
    Characters that only look alike stay different, and a `+tag` stays part of the address.
    """
    local, at, domain = address.strip().rpartition("@")
    domain = domain.rstrip(".").lower()
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            pass
    return f"{local.lower()}{at}{domain}" if at else domain


def domain_of(address: str) -> str:
    """The domain of an address in its compared form, empty if there is none."""
    _, at, domain = address_key(address).rpartition("@")
    return domain if at else ""
