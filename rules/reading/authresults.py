"""What servers that are trusted say of a mail: Authentication-Results (RFC 8601), read leniently and believed strictly.

Anybody can write the field into a mail, so `believed` counts only what stands where nobody outside can write: above the `Received`
of the server that took the mail from outside. What follows from the verdicts is `rules.reading.trust`; our own check of DKIM is
`mailgate.trust.signatures`.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

from rules.facts.mail import Verified
from rules.facts.terms import domain_of
from rules.frozen import dataclass
from rules.reading.domains import organisational

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# RFC 8601 section 2.7; what is no clear word for or against counts as none. Exchange Online guesses passes for domains without DMARC.
_RESULTS = {"pass": "pass", "fail": "fail", "hardfail": "fail", "temperror": "temperror", "permerror": "permerror"}
_METHODS = {"dkim": ("header.d", "header.i"), "dmarc": ("header.from",), "spf": ("smtp.mailfrom", "smtp.helo")}
_METHOD = re.compile(r"\s*([A-Za-z0-9-]{1,40})\s*(?:/\s*\d{1,4}\s*)?=\s*([A-Za-z]{1,40})")
_PROPERTY = re.compile(
    r"""([A-Za-z]{1,40}(?:\s?\.\s?[A-Za-z0-9-]{1,40})?)\s?=\s?((?:"(?:[^"\\]|\\.)*"|[^\s"])+)"""
    r"""|"(?:[^"\\]|\\.)*\""""  # stray quoted text is skipped whole: what looks like a property in it is none
)
_ADDRESS = re.compile(r"[0-9A-Fa-f:.]{2,45}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """One Authentication-Results field. `authserv_id` is empty where the server leaves it out, as Exchange Online does."""

    authserv_id: str
    verified: tuple[Verified, ...]


def read(value: str) -> Results | None:
    """What one field says, in its order; None if it can't be told who says it or in which version of the format.

    Reads what real servers write: nested comments, quoted ids and values, empty results, no id at all. Time is linear in its length.
    """
    parts = _split(without_comments(value)[0])
    if not parts:
        return None
    first, *rest = parts
    if _METHOD.match(first):
        authserv_id, rest = "", [first, *rest]
    else:
        words = first.split()
        if not words or (len(words) > 1 and words[1] != "1"):
            return None
        authserv_id = _unquoted(words[0]).lower().rstrip(".")
    verdicts = (_verdict(part, authserv_id) for part in rest)
    return Results(authserv_id=authserv_id, verified=tuple(verdict for verdict in verdicts if verdict))


def believed(
    headers: Sequence[tuple[str, str]],
    authserv_ids: Collection[str],
    networks: Collection[Network],
    peer: str,
    own_hostnames: Collection[str] = (),
) -> tuple[Verified, ...]:
    """The verdicts that count: those of configured servers, standing above the `Received` by which such a server took the mail in.

    `peer` is the address that the mail came to us from, empty where it came from a mailbox, a pipe or a local socket; a peer that is
    not in `networks` makes nothing believed, and this machine is a peer like others where networks are named. Further down, a `Received` by one of the servers from an address in
    `networks`, or by LMTP, is a step inside the house and is passed over. A server that speaks twice vouches for nothing, yet is heard
    where it says that a check failed (RFC 8601 section 5 and 7.1). A field without an id is taken for the server's in the next `Received`, if that is configured.
    """
    ids = {name.lower().rstrip(".") for name in authserv_ids}
    if not ids or (peer and not _is_hop(peer, networks)):
        return ()
    houses = {organisational(name) for name in ids}
    hosts = {name.lower().rstrip(".") for name in own_hostnames}
    above: list[Results] = []
    nameless: list[Results] = []
    for name, value in headers:
        match name.lower():
            case "authentication-results":
                said = read(value)
                if said is None:
                    continue
                (above if said.authserv_id else nameless).append(said)
            case "received":
                step = received(value)
                if not step.by or (step.by not in hosts and organisational(step.by) not in houses):
                    return ()
                above += [Results(authserv_id=_owner(step.by, ids), verified=said.verified) for said in nameless]
                nameless.clear()
                if not _is_inner(step, networks):
                    return _once_each(above, ids)
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One `Received` field (RFC 5321 section 4.4): who took the mail, from which addresses, by which protocol."""

    by: str = ""
    protocol: str = ""
    addresses: tuple[str, ...] = ()


def received(value: str) -> Step:
    """What a `Received` field says; parts that can't be found are empty."""
    text, comments = without_comments(value)
    words = text.partition(";")[0].split()
    clauses: dict[str, str] = {}
    for key, word in pairwise(words):
        if key.lower() in {"from", "by", "with"}:
            clauses.setdefault(key.lower(), word)
    # Everywhere, for a client chooses its own name and so can add a comment of its own to the server's. An address too many does no
    # harm: it only makes a step count as one from outside.
    found = (match.group() for place in (*words, *comments) for match in _ADDRESS.finditer(place))
    addresses = tuple(each for each in found if _parsed(each) is not None)
    return Step(by=clauses.get("by", "").lower().rstrip(".,"), protocol=clauses.get("with", "").upper(), addresses=addresses)


def _is_hop(peer: str, networks: Collection[Network]) -> bool:
    """Whether a peer is one of our own mail hops: those that are named, and this machine where none is."""
    address = _parsed(peer)
    return address is not None and (any(address in network for network in networks) or (not networks and address.is_loopback))


def _is_inside(peer: str, networks: Collection[Network]) -> bool:
    """Whether an address in a `Received` field is this machine's or in one of the networks."""
    address = _parsed(peer)
    return address is not None and (address.is_loopback or any(address in network for network in networks))


def without_comments(value: str) -> tuple[str, tuple[str, ...]]:
    """A structured field without its comments (RFC 5322 section 3.2.2), and the outermost comments in order.

    A comment that doesn't end swallows the rest; a quoted string that doesn't end is quoted to the end. Linear in length.
    """
    kept: list[str] = []
    comments: list[str] = []
    comment: list[str] = []
    depth, quoted, escaped = 0, False, False
    for char in value:
        where = comment if depth else kept
        if escaped:
            escaped = False
            where.append(char)
        elif char == "\\" and (depth or quoted):
            escaped = True
            where.append(char)
        elif char == '"' and not depth:
            quoted = not quoted
            kept.append(char)
        elif char == "(" and not quoted:
            depth += 1
            comment.append(" ")
        elif char == ")" and depth:
            depth -= 1
            comment.append(" ")
            if not depth:
                comments.append("".join(comment))
                comment.clear()
                kept.append(" ")
        else:
            where.append(char)
    return "".join(kept), (*comments, *(["".join(comment)] if comment else ()))


def _split(text: str) -> list[str]:
    """The text between semicolons; nothing if a quoted string never ends, for then nobody knows what was meant."""
    parts, quoted, start, escaped = [], False, 0, False
    for place, char in enumerate(text):
        if escaped:
            escaped = False
        elif char == "\\" and quoted:
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char == ";" and not quoted:
            parts.append(text[start:place])
            start = place + 1
    return [] if quoted else [*parts, text[start:]]


def _verdict(part: str, authserv_id: str) -> Verified | None:
    found = _METHOD.match(part)
    if found is None or (method := found[1].lower()) not in _METHODS:
        return None
    properties: dict[str, str] = {}
    for name, value in _PROPERTY.findall(" ".join(part[found.end() :].split())):
        properties.setdefault(name.replace(" ", "").lower(), _unquoted(value))
    named = next((properties[name] for name in _METHODS[method] if name in properties), "")
    domain = domain_of(named if "@" in named else f"@{named}")
    word = found[2].lower()
    return Verified(method=method, result=_RESULTS.get(word, "none"), domain=domain, why=word, by=authserv_id)


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if len(value) > 1 and value[0] == value[-1] == '"' else value


def _owner(host: str, ids: Iterable[str]) -> str:
    return next((name for name in sorted(ids) if host == name or host.endswith(f".{name}")), "")


def _is_inner(step: Step, networks: Collection[Network]) -> bool:
    if step.addresses:
        return all(_is_inside(address, networks) for address in step.addresses)
    return step.protocol.startswith("LMTP")


def _once_each(fields: Sequence[Results], ids: Collection[str]) -> tuple[Verified, ...]:
    count = Counter(said.authserv_id for said in fields)
    return tuple(
        Verified(method=each.method, result=each.result, domain=each.domain, why=each.why, by=said.authserv_id)
        for said in fields
        if said.authserv_id in ids
        for each in said.verified
        if each.result == "fail" or count[said.authserv_id] == 1
    )


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address
