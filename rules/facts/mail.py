"""All that the rules may know of a message: `Mail`, its `Part`s, its `Envelope`, what a `Bounce` says.

Made by `mailgate.parsing.parse` from raw bytes, or from nothing in tests. Text here is clean: NFC-free but valid Unicode without control
characters other than newline and tab, no lone surrogates, bounded in size. Next: `rules.reading`.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime

from rules.facts.terms import Address, MachineKind
from rules.frozen import dataclass

SIGNATURES = frozenset(
    {
        "application/pgp-signature",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "application/pkcs7-mime",
        "application/x-pkcs7-mime",
    }
)
"""Types of parts that sign a mail and say nothing themselves; what an opaque one holds was read as the mail."""


class Unreadable(ValueError):
    """Nothing can be made of some bytes: no message is in them, or reading broke its limits. The mail is parked for an operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """How a mail came in. `sender` is empty for the null reverse-path (RFC 5321 section 4.5.5).

    From files and pipes it is empty for one that nobody named, and `<>` for the null one.
    """

    door: str
    """`smtp`, `submission`, `lmtp`, `pipe`, `file`, or `imap:` and the account; part of what makes a retry the same reception."""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    peer: str = ""
    """IP address of the client, empty where there is none."""
    helo: str = ""
    login: str = ""
    """Authenticated login of the submission door, or the agent named by `mail in --as`; empty if none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A file in a mail: a range of the kept raw bytes, addressed by its path in the MIME tree (`1.2`), never a copy."""

    path: str
    name: str
    """A clean label, never a path; stable from parse to parse also for nameless parts (`part-2.pdf`)."""
    type: str
    bytes: int
    """Size after decoding the transfer encoding."""
    sha256: str
    """Of the decoded bytes."""
    inline: bool = False
    content_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """One recipient that a bounce is about (RFC 3464 section 2.3)."""

    address: str
    action: str = "failed"
    """`failed`, `delayed`, `delivered`, `relayed` or `expanded`."""
    status: str = ""
    """Enhanced status code such as `5.1.1`, empty if none was found."""
    diagnostic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a delivery report, read receipt or complaint says, found in its parts or in its prose (RFC 3462, 3464, 5965, 8098)."""

    kind: str
    """`delivery` (bounce or delay), `disposition` (read receipt), `feedback` (complaint) or `tls`/`dmarc` (statistics)."""
    failed: tuple[Failed, ...] = ()
    original_id: str = ""
    """Message-ID of the returned mail, empty if it can't be found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What `rules.reading.machine` makes of a mail: whether a program wrote the mail and whether it may be answered automatically (RFC 3834 sections 2 and 5)."""

    kind: MachineKind = MachineKind.human
    may_answer: bool = True
    why: str = ""
    """Name of the row of the decision table that matched, for the trace."""
    failed: tuple[Failed, ...] = ()
    original_id: str = ""
    """Message-ID of the returned mail inside a bounce or report, empty if it can't be found."""
    generated: bool = False
    """`Auto-Submitted: auto-generated` (monitoring, shops, forms) as against `auto-replied`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """One signature or authentication verdict about the mail, by us or by a server that is trusted."""

    method: str
    """`dkim`, `dmarc`, `spf`, `pgp` or `smime`."""
    result: str
    """`pass`, `fail`, `none`, `temperror` or `permerror` (RFC 8601 section 2.7)."""
    domain: str = ""
    why: str = ""
    by: str = "us"
    """`us`, or the authserv-id of the server that said so."""
    proof: str = ""
    """Of a signature by a key on file: what tells it from every other. It counts for the first mail that brings it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarded:
    """The mail inside a forward, inline or attached: who wrote it and what."""

    sender: Address
    subject: str = ""
    text: str = ""
    """What the forwarded sender wrote, in full."""
    above: str = ""
    """What the forwarder wrote above it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A message as a good mail client would show it, plus what only programs look at."""

    subject: str = ""
    sender: Address = Address()
    """The first From as shown to people; says nothing about identity."""
    identity: str = ""
    """The addr-spec that the strict reader of From accepts, empty if From is missing, repeated or ambiguous."""
    identity_fault: str = ""
    """Why `identity` is empty: `from-count`, `from-syntax` or `from-missing`."""
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    date: datetime | None = None
    """The Date header if it makes sense, aware; only ever shown."""
    message_id: str = ""
    """With angle brackets, empty if there is none."""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    """Message-ids with angle brackets, oldest first."""
    headers: tuple[tuple[str, str], ...] = ()
    """All fields in order, names as written, values unfolded, decoded and capped."""
    text: str = ""
    """The whole text as shown to a reader: plain parts or HTML turned to text; quoted blocks of HTML carry `> `."""
    pictured: str = ""
    """The same from its HTML, with `[cid:…]` in the place of each picture that came with it; empty if it shows none."""
    html_only: bool = False
    parts: tuple[Part, ...] = ()
    report: Report | None = None
    verified: tuple[Verified, ...] = ()
    attached_mail: Forwarded | None = None
    """The first attached message/rfc822, for mails that agents forward."""
    content_digest: str = ""
    """sha256 over From, Subject and the decoded bodies: equal for copies that took different paths."""
    flaws: tuple[str, ...] = ()
    """What was odd or cut while reading (`limits`, `no-boundary`, `bad-charset`, …), for people who look into a mail."""

    @property
    def files(self) -> tuple[Part, ...]:
        """What was attached: no pictures of the text, no signature."""
        return tuple(p for p in self.parts if not p.inline and p.type.lower() not in SIGNATURES)

    def header(self, name: str) -> str:
        """First value of a header field, empty if absent; names compare without case."""
        return next(iter(self.header_all(name)), "")

    def header_all(self, name: str) -> tuple[str, ...]:
        """All values of a header field in order, topmost first."""
        return _by_name(self.headers).get(name.lower(), ())

    @property
    def fields(self) -> AbstractSet[str]:
        """The names of its header fields in lower case."""
        return _by_name(self.headers).keys()


_Headers = tuple[tuple[str, str], ...]
_KEPT, _MANY = 160, 1000
_asked: dict[int, tuple[_Headers, Mapping[str, tuple[str, ...]]]] = {}
"""The headers of the last mails by name: one is asked for a dozen fields, and to hash all of them each time is dear. Of huge ones the last alone."""


def _by_name(headers: _Headers) -> Mapping[str, tuple[str, ...]]:
    """The values of each header field."""
    known = _asked.get(id(headers))
    if known is not None and known[0] is headers:
        return known[1]
    found = _named(headers)
    if len(_asked) >= _KEPT or len(headers) > _MANY:
        _asked.clear()
    _asked[id(headers)] = (headers, found)
    return found


def _named(headers: _Headers) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, value in headers:
        key = name.lower()
        found[key] = (*found.get(key, ()), value)
    return found
