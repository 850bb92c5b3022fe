"""What happened to a ticket, and a mail that tells one person of it, before anything is rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from rules.facts.people import Actor
from rules.facts.sent import RecipientKind
from rules.facts.terms import Address, ReplyMeaning, Visibility
from rules.facts.ticket import Post, Ticket
from rules.frozen import dataclass

MEANING: Mapping[str, ReplyMeaning] = MappingProxyType(
    dict.fromkeys(("new-in-group", "new-in-category", "assigned", "appended"), ReplyMeaning.public)
    | dict.fromkeys(("report", "held", "crossing", "digest"), ReplyMeaning.commands)
)
"""What a reply to a mail to staff means; inside (`note`) for every other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One mail to be sent to one person."""

    template: str
    to: Address
    kind: RecipientKind
    reason: str = ""
    """`requester`, `watching`, `assigned`, `group`, `new`, `category`, `actor` …"""
    automatic: str = "generated"
    """`generated`, `replied`, or empty for a person's own words."""
    language: str = ""
    ticket: Ticket | None = None
    post: Post | None = None
    card: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    buttons: tuple[tuple[str, str], ...] = ()
    """(key, line) pairs; the words on them are the language's."""
    after: timedelta = timedelta()
    press_for: timedelta | None = None
    about: str = ""
    """What an answer to it is about where that isn't the whole ticket; see `Sent.about`."""
    until_closed: bool = False
    """Whether it is dropped if the ticket is closed before it has left."""
    excerpt: Post | None = None
    """Another post that is shown beside its own."""

    @property
    def reply(self) -> ReplyMeaning | None:
        """What a reply to it means; None towards customers."""
        if self.card.get("resolved") and self.kind is RecipientKind.agent:
            return ReplyMeaning.public  # the partner's last word to the end customer
        if self.kind is not RecipientKind.agent:
            return None
        meaning = MEANING.get(self.template, ReplyMeaning.note)
        is_inside = self.ticket is not None and self.ticket.visibility is Visibility.internal
        return ReplyMeaning.note if is_inside and meaning is ReplyMeaning.public else meaning


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One change of one ticket, as notices see it."""

    before: Ticket | None
    after: Ticket
    posts: tuple[Post, ...]
    actor: Actor
    quiet: bool = False
    acknowledge: bool = False
    tell_staff: bool = True
    hold: timedelta = timedelta()
    """How long mail to customers waits, so that it can be taken back."""
    until_closed: bool = False
    """Whether mail to customers is dropped if the ticket is closed before it has left."""
    hint: str = ""
    claims: tuple[str, ...] = ()
    wishes: tuple[str, ...] = ()
    choices: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """What staff is asked about a new ticket: a verb and the values to choose from."""
    why: str = ""
    """What whoever has the ticket now is told with it."""
    said: Post | None = None
    """The customer's latest words, where the ticket goes to somebody who may not have read them."""
    uncovered: bool = False
    """Whether a new ticket is of somebody without a contract, where others have one."""


def latest(what: Happened) -> Post | None:
    """What was said last: the newest post, else the one that the change answers."""
    return what.posts[-1] if what.posts else what.said
