"""Cards of the texts that customers get while their request lives: received, message, taken, status, closed, reopened, rate.

Some of them also tell the owner (`reply_meaning` is not empty then). What customers get as an answer to a question of theirs is in
`answers.py`.
"""

from __future__ import annotations

from typing import TypedDict

from templates.cards.common import Button, Card, ClockSpent, Person, Post, Status


class Answer(TypedDict):
    """A text of the desk's own that may already help."""

    title: str
    text: str
    button: Button


class Asked(TypedDict):
    """Something that we need to know."""

    title: str
    words: list[str]
    """What may be answered; empty for anything."""


class Received(Card):
    """Acknowledgement to the customer."""

    post: Post | None
    """What we received; None where it must not be repeated."""
    promise_at: str
    """When somebody answers; empty unless promised."""
    answers: list[Answer]
    asked: list[Asked]
    """What is missing: a reply with a line `title: value` for each gives it."""
    follows: str
    """Number of his earlier request that this one goes on from, where he is to know why it has a new number; empty otherwise."""
    follows_why: str
    """`deleted` or `done`, with it."""
    wished: bool
    """He asked for what staff alone may set."""


class Message(Card):
    """An agent's answer to the customer, or his words to somebody beside him."""

    post: Post
    outside: bool
    """The reader is not concerned with the ticket: how it stands is not for him."""
    kept: list[ClockSpent]
    """How long taking it up has taken, in the answer that took it, where a time was agreed."""


class Taken(Card):
    """Somebody took the ticket."""

    actor: str
    """Display name as the recipient may see it; empty: nobody is named."""
    promise_at: str
    taken_at: str
    """When it was taken; empty where customers hear no times."""
    kept: list[ClockSpent]
    """How long that took, where a time was agreed."""


class StatusChanged(Card):
    """The status changed; to the customer, or to the owner."""

    actor: str
    before: Status
    note: str
    """A reason in words; empty if none."""
    promise_at: str
    handed_to: str
    """Who has the ticket now, to whoever had it before; empty for every other change."""


class Closed(Card):
    """The ticket was closed; carries the closing answer and asks for a rating."""

    actor: str
    post: Post | None
    """The closing answer, if one was written."""
    ratings: list[Button]
    """Five, from 1 to 5, or none."""
    reopen_days: int
    """How long a reply reopens it; 0: not said."""
    resolved: bool
    """The second level is done, and the reader, a partner, closes it towards the end customer himself."""
    end: Person
    """That end customer, where the partner is the requester; empty if the requester is meant."""


class Reopened(Card):
    """The ticket is open again."""

    actor: str
    post: Post | None


class Archived(Card):
    """A reply came to a ticket in the archive, and the site wants it answered and no more."""


class NoContract(Card):
    """To somebody unknown whose mail the desk does not take: nothing was opened."""


class Rate(Card):
    """Asks for a rating, once the request has been closed for a while."""

    actor: str
    """Who closed it, as the customer may see it; empty: nobody is named."""
    closed_at: str
    ratings: list[Button]
    """Five, from 1 to 5."""
