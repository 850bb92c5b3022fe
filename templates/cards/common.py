"""What all cards are made of: people, the desk, the ticket as its reader may see it, posts, buttons, events.

Next: `customers.py`, `staff.py`, `answers.py` and `service.py`, where every text's own card stands.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

Status = Literal["new", "read", "assigned", "working", "waiting", "closed"]
Light = Literal["green", "yellow", "red"]
Meaning = Literal["", "public", "note", "commands"]


class Person(TypedDict):
    """Somebody with an address. `name` may be empty; a name that holds an `@` is not shown."""

    name: str
    address: str


class Logo(TypedDict):
    """The picture beside the desk's name: where it is within the mail, and its size in CSS pixels."""

    content_id: str
    width: int
    height: int


class Desk(TypedDict):
    """The desk (or category) in whose name the mail goes out."""

    name: str
    address: str
    header: str
    """From the config: plain text or Markdown, on top of every mail; empty if none."""
    footer: str
    colour: str
    """The desk's own, as `#rrggbb`; empty for ours."""
    logo: NotRequired[Logo]
    """Put in when a mail leaves, if the desk has one and the mail goes to a customer."""


class Fact(TypedDict):
    """A field of a ticket that the site has made, and its value."""

    name: str
    value: str


class Due(TypedDict):
    """When each running clock ends; empty if it does not run."""

    take: str
    answer: str
    idle: str
    solve: str


class Ticket(TypedDict):
    """The ticket after the event, as this recipient may see it."""

    ref: str
    subject: str
    """The base subject, without `Re:` and tag."""
    status: Status
    colour: str
    """Colour key of the status: grey blue violet teal amber orange red green; another one is shown as the status' usual colour."""
    light: Light
    """Shown to staff only."""
    progress: int
    """0 to 5; the bar fills `progress + 1` of its six cells."""
    priority: Literal["low", "normal", "high"]
    category: str
    """Title; empty if none. So are group, party, contract, project, device."""
    group: str
    assignee: str
    """Display name as this recipient may see it (`[privacy] agent_names`); empty if nobody."""
    requester: Person
    party: str
    contract: str
    project: str
    device: str
    channel: str
    """`mail`, `phone`, `counter`, `web`, `letter` or any word of the site, which is shown as it is."""
    opened_at: str
    due: Due
    """Shown to staff only."""
    fields: list[Fact]
    """What a form or the customer filled in, titles in the reader's language; empty for anybody but staff."""


class ClockSpent(TypedDict):
    """How long a clock took that has stopped, in seconds of working time."""

    clock: Literal["take", "answer", "solve"]
    limit: int
    worked: int


class Attachment(TypedDict):
    """A file of a post."""

    name: str
    bytes: int
    carried: bool
    """Whether it travels with this mail; what does not is named, with a button that asks for it."""
    content_id: str
    """Of an inline picture, without angle brackets; its place in the text is marked `[cid:…]`. Empty for plain files."""


class Post(TypedDict):
    """What somebody wrote."""

    author: Person
    at: str
    text: str
    """As typed: agents' text may be Markdown, which HTML shows formatted and the text part as typed."""
    quoted: str
    """Text quoted in the mail that the desk does not hold, shown to agents; else empty."""
    signature: str
    """The agent's signature as the desk keeps it; empty for customers."""
    attachments: list[Attachment]


class Button(TypedDict):
    """Something to press: a `mailto:` link, and a word that does the same as the first line of a reply."""

    key: str
    """What the token is made for, unique in the mail: `close`, `assign:anna`, `send`, `rate:4`, `q1.2`."""
    line: str
    """The command that it carries out: `close`, `assign anna`."""
    word: str
    """What to write instead of pressing, as it is understood; empty: `line` spelled in the card's language."""
    label: str
    """What stands on it; empty: the usual words for the part of `key` before the colon."""


class Hint(TypedDict):
    """Something an agent should know: `what` names a sentence of `[hints]` in `words.toml`, `value` fills it."""

    what: str
    value: str


class Card(TypedDict):
    """What every card holds."""

    language: str
    """The recipient's; the text may come in another one if this one lacks it."""
    timezone: str
    at: str
    """The event."""
    desk: Desk
    recipient: Person
    subject: str
    """Base subject of the thread: the ticket's, or that of the mail that is answered where there is no ticket."""
    ticket: Ticket | None
    unknown: bool
    """Opened by an unknown sender at level 0: towards him the subject is `Your request` for life and his words are not repeated."""
    reply_meaning: Meaning
    """What a reply means; empty for customers, and only for them."""
    reply_to: Person
    """Whom a public reply goes to: the customer, or at the second level the partner; nobody's name where there is no ticket."""
    reply_also: list[Person]
    """Who gets it besides: those who watch the request."""
    reason: str
    """Why he gets it: a key of `[reason]` in `words.toml`; empty if it need not be said."""
    buttons: list[Button]
    """The most likely first."""


class Event(TypedDict):
    """One entry of the history: `what` names a sentence of `[events]` in `words.toml`."""

    at: str
    actor: str
    what: str
    value: str


class Row(TypedDict):
    """A ticket in a list."""

    ref: str
    subject: str
    status: Status
    colour: str
    light: Light
    progress: int
    opened_at: str
    who: str
    """Requester for staff, assignee for customers; may be empty."""


class Task(TypedDict):
    """A piece of work within a ticket."""

    ref: str
    """`T42.1`."""
    text: str
    assignee: str
    """Display name, or the group's title; empty if nobody."""
    state: str
    """`open`, `doing` or `done`; another word is shown as it is."""
    due_at: str
    """Empty if it has no limit."""
