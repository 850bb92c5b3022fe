"""Which ticket a mail belongs to: the clues it carries, and the choice among what they lead to.

Four routes, each enough alone: token in the reply address, In-Reply-To, References, `[T42]` in the subject. Looking things up is the
store's; what follows from the choice is decided in `rules.decide`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import lru_cache
from types import MappingProxyType

from rules import tokens
from rules.facts.mail import Envelope, Mail
from rules.facts.policy import Policy
from rules.facts.sent import Sent
from rules.facts.ticket import Ticket
from rules.frozen import dataclass
from rules.reading import quoting, subject
from rules.tokens import Token

MOST_IDS = 50
"""Message-ids looked at per mail; the latest ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clues:
    """All that may lead to a ticket, each in order of preference."""

    tokens: tuple[Token, ...] = ()
    """From addresses and subject: reply tokens and buttons."""
    id_tokens: tuple[Token, ...] = ()
    """From Message-IDs of ours that the mail names."""
    ids: tuple[str, ...] = ()
    """Message-ids named, the direct parent first."""
    refs: tuple[str, ...] = ()
    """References in the subject, upper case, the last one first: ours stands at the end of what we send."""
    ours: tuple[str, ...] = ()
    """Bracketed words of the subject that are references of this desk by the form of its numbers, as written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """A token that came with a mail: what it claims and whether that is true."""

    token: Token
    sent: Sent
    genuine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the store knows of the clues."""

    presented: tuple[Presented, ...] = ()
    by_outbox: Mapping[int, Ticket] = field(default_factory=lambda: MappingProxyType({}))
    by_id: Mapping[str, Ticket] = field(default_factory=lambda: MappingProxyType({}))
    by_ref: Mapping[str, Ticket] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """The ticket that a mail belongs to, by which route, and the mail of ours that it answers if that is known."""

    ticket: Ticket
    by: str
    """`token`, `in-reply-to`, `references` or `subject`."""
    sent: Sent | None = None
    also: tuple[Ticket, ...] = ()
    """Other tickets that reply addresses in the same mail lead to."""


def clues(mail: Mail, envelope: Envelope, policy: Policy) -> Clues:
    """What a mail carries; forged and foreign things included, since nothing is believed here."""
    addresses = [*envelope.recipients, *(a.address for a in (*mail.to, *mail.cc))]
    addresses += [value for name in ("Delivered-To", "X-Original-To", "Envelope-To") for value in mail.header_all(name)]
    found = [token for address in dict.fromkeys(addresses) if policy.is_own(address) and (token := tokens.read(address))]
    found += tokens.find_all(mail.subject)
    named = tuple(dict.fromkeys((*mail.in_reply_to, *reversed(mail.references))))[:MOST_IDS]
    ours = [token for i in named if (token := tokens.read(i))]
    bracketed = [ref for ref in subject.read(mail.subject).refs if any(c.isdigit() for c in ref)]
    refs = tuple(dict.fromkeys(ref.upper() for ref in reversed(bracketed)))
    mask = shape_of(policy.desk.number)
    return Clues(
        tokens=tuple(dict.fromkeys(found)),
        id_tokens=tuple(dict.fromkeys(ours)),
        ids=named,
        refs=refs[:10],
        ours=tuple(r for r in bracketed if mask.fullmatch(r)),
    )


def spoken_of(mail: Mail, ours: Sequence[str], policy: Policy) -> tuple[frozenset[str], frozenset[str]]:
    """References, upper case, that a mail bears within: in its subject, and in what it quotes of ours, whose last line names its ticket.

    What somebody signed can be laid into another thread; what he answered stays in it.
    """
    shape = shape_of(policy.desk.number).pattern
    pattern = re.compile(rf"\[({shape})\]|\u00b7[ \u00a0]({shape})[ \t]*$", re.IGNORECASE | re.ASCII | re.MULTILINE)
    places = (mail.subject, quoting.written(mail.text, ours).quoted)
    in_subject, in_quotes = (frozenset((one or other).upper() for one, other in pattern.findall(place)) for place in places)
    return in_subject, in_quotes


@lru_cache(maxsize=8)
def shape_of(number: str) -> re.Pattern[str]:
    """What a reference looks like by a number mask such as `TS{yy}{mm}-{seq:04}`."""
    pieces = re.split(r"(\{\w+(?::[^{}]*)?\})", number)
    return re.compile("".join(r"\d+" if piece.startswith("{") else re.escape(piece) for piece in pieces), re.IGNORECASE | re.ASCII)


def choose(given: Clues, found: Found, parents: Sequence[str]) -> Thread | None:
    """The ticket, by the best route that leads to one; `parents` are the ids of In-Reply-To. None for a new conversation."""
    genuine = [p for p in found.presented if p.genuine]
    answered = next((p.sent for p in genuine if not p.token.is_button), None)
    # a button acts on its own ticket, whatever else the mail is addressed to
    for p in sorted(genuine, key=lambda p: not p.token.is_button):
        if p.token.key != tokens.ID and p.sent.outbox_id in found.by_outbox:
            return Thread(ticket=found.by_outbox[p.sent.outbox_id], by="token", sent=p.sent, also=_also(p, genuine, found))
    by_token = {str(p.token): p for p in genuine if p.token.key == tokens.ID}
    for wanted, route in ((parents, "in-reply-to"), ([i for i in given.ids if i not in parents], "references")):
        for message_id in wanted:
            token = tokens.read(message_id)
            presented = by_token.get(str(token)) if token else None
            if presented and presented.sent.outbox_id in found.by_outbox:
                return Thread(ticket=found.by_outbox[presented.sent.outbox_id], by=route, sent=presented.sent)
            if message_id in found.by_id:
                return Thread(ticket=found.by_id[message_id], by=route, sent=answered)
    for ref in given.refs:
        if ref in found.by_ref:
            return Thread(ticket=found.by_ref[ref], by="subject", sent=answered)
    return None


def _also(first: Presented, genuine: Sequence[Presented], found: Found) -> tuple[Ticket, ...]:
    """The tickets beside the chosen one that somebody wrote to by their reply addresses; a button is about its own alone."""
    if first.token.is_button:
        return ()
    answered = [p.sent.outbox_id for p in genuine if p.token.key != tokens.ID and not p.token.is_button]
    every = {ticket.id: ticket for outbox_id in answered if (ticket := found.by_outbox.get(outbox_id)) is not None}
    return tuple(ticket for ticket in every.values() if ticket.id != found.by_outbox[first.sent.outbox_id].id)
