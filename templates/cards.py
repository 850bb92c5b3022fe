"""The shape of the cards: all that a text is made of, frozen at the event as plain data that survives JSON.

A card is a dict of strings, numbers, booleans, lists and dicts; `Card` says what every card holds, the class named after a text what
that text holds besides. All keys are always there: an empty string or list means "nothing", `None` stands only where said. Times are
ISO 8601 text with an offset, sizes are bytes. `SHAPES` maps names of texts to shapes; `faults` tells what is wrong with a card.
Samples are in `samples.py`, the texts in `mail/<language>/<name>.j2`.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from typing import Literal, TypedDict

Status = Literal["new", "read", "assigned", "working", "waiting", "closed"]
Meaning = Literal["", "public", "note", "commands"]


class Person(TypedDict):
    """Somebody with an address. `name` may be empty; a name that holds an `@` is not shown."""

    name: str
    address: str


class Desk(TypedDict):
    """The desk (or category) in whose name the mail goes out."""

    name: str
    address: str
    header: str
    """From the config: plain text or Markdown, on top of every mail; empty if none."""
    footer: str


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
    light: Literal["green", "yellow", "red"]
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
    reason: str
    """Why he gets it: a key of `[reason]` in `words.toml`; empty if it need not be said."""
    buttons: list[Button]
    """The most likely first."""


class Answer(TypedDict):
    """A text of the desk's own that may already help."""

    title: str
    text: str
    button: Button


class Received(Card):
    """Acknowledgement to the customer."""

    post: Post | None
    """What we received; None where it must not be repeated."""
    promise_at: str
    """When somebody answers; empty unless promised."""
    answers: list[Answer]


class Appended(Card):
    """A customer's follow-up, to staff."""

    post: Post
    hints: list[Hint]


class Message(Card):
    """An agent's answer to the customer."""

    post: Post


class Taken(Card):
    """Somebody took the ticket."""

    actor: str
    """Display name as the recipient may see it; empty: nobody is named."""
    promise_at: str


class StatusChanged(Card):
    """The status changed; to the customer, or to the owner."""

    actor: str
    before: Status
    note: str
    """A reason in words; empty if none."""
    promise_at: str


class Closed(Card):
    """The ticket was closed; carries the closing answer and asks for a rating."""

    actor: str
    post: Post | None
    """The closing answer, if one was written."""
    ratings: list[Button]
    """Five, from 1 to 5, or none."""
    reopen_days: int
    """How long a reply reopens it; 0: not said."""


class Reopened(Card):
    """The ticket is open again."""

    actor: str
    post: Post | None


class Assigned(Card):
    """The ticket was given to the recipient."""

    actor: str
    """Who gave it; empty if a rule did."""
    why: str
    post: Post
    """The opening post or the latest one."""
    hints: list[Hint]


class NewIn(Card):
    """A new ticket in the recipient's group or category."""

    post: Post
    hints: list[Hint]
    members: list[Button]
    """One `assign` button a colleague, labelled with the name."""


class Line(TypedDict):
    """One line of a command mail and what became of it."""

    line: str
    """As written."""
    ok: bool
    result: str
    """One sentence: what it did, or why not; empty if nothing is to be said."""


class Report(Card):
    """What an agent's mail did."""

    lines: list[Line]
    leaves_at: str
    """When the answer leaves for the customer; empty if none waits."""
    answer_to: list[Person]
    """Who gets the answer; empty if none."""
    opened_for: Person | None
    """For whom a forwarded mail opened a ticket."""
    undone: bool
    """The mail itself was an `undo`."""


class Question(TypedDict):
    """A line that was not understood."""

    number: int
    """Of the line in the mail, from 1; 0 if unknown."""
    line: str
    problem: str
    """A key of `[problems]` in `words.toml`."""
    value: str
    matches: list[Button]
    """The nearest lines that would be understood."""


class Held(Card):
    """A mail waits for a decision."""

    audience: Literal["author", "owner", "group"]
    """`author`: his own mail has lines that are not understood. `owner`: a mail in his name needs his word. `group`: somebody decides."""
    sender: Person
    received_at: str
    reasons: list[str]
    """Keys of `[held]` in `words.toml`."""
    questions: list[Question]
    text: str
    """The held mail's text; empty where it must not be repeated."""
    hints: list[Hint]


class Crossing(Card):
    """A colleague answered since; the recipient's answer waits."""

    post: Post
    """His own, which waits."""
    others: list[Post]
    """What was written meanwhile."""


class Failure(TypedDict):
    """An address that a mail did not reach."""

    address: str
    status: str
    diagnostic: str


class Bounced(Card):
    """One of our mails did not arrive, to staff."""

    failed: list[Failure]
    post: Post | None
    """What was in it."""


class StatusAnswer(Card):
    """Answer to `status`."""

    promise_at: str


class Event(TypedDict):
    """One entry of the history: `what` names a sentence of `[events]` in `words.toml`."""

    at: str
    actor: str
    what: str
    value: str


class HistoryAnswer(Card):
    """Answer to `history`."""

    events: list[Event]


class Row(TypedDict):
    """A ticket in a list."""

    ref: str
    subject: str
    status: Status
    colour: str
    light: Literal["green", "yellow", "red"]
    progress: int
    opened_at: str
    who: str
    """Requester for staff, assignee for customers; may be empty."""


class ListAnswer(Card):
    """Answer to `list`."""

    open: list[Row]
    closed: list[Row]


class HelpAnswer(Card):
    """Answer to `help`."""

    verbs: list[str]
    """The recipient's verbs; those without a line in `[help]` are shown as they are."""


SHAPES: Mapping[str, type] = {
    "received": Received,
    "appended": Appended,
    "message": Message,
    "taken": Taken,
    "status": StatusChanged,
    "closed": Closed,
    "reopened": Reopened,
    "assigned": Assigned,
    "new-in-group": NewIn,
    "new-in-category": NewIn,
    "report": Report,
    "held": Held,
    "crossing": Crossing,
    "bounced": Bounced,
    "status-answer": StatusAnswer,
    "history-answer": HistoryAnswer,
    "list-answer": ListAnswer,
    "help-answer": HelpAnswer,
}
"""Name of a text: shape of its card."""


def faults(name: str, card: Mapping[str, object]) -> list[str]:
    """What is wrong with a card for this text: missing keys, keys too many, wrong types; each with its place. Empty if all is well."""
    return list(_faults(card, SHAPES[name], "card"))


def _faults(value: object, wanted: object, place: str) -> typing.Iterator[str]:
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if typing.is_typeddict(wanted):
        if not isinstance(value, Mapping):
            yield f"{place}: {type(value).__name__} instead of a table"
            return
        hints = typing.get_type_hints(wanted)
        yield from (f"{place}.{key}: missing" for key in hints if key not in value)
        yield from (f"{place}.{key}: unknown" for key in value if key not in hints)
        for key, hint in hints.items():
            if key in value:
                yield from _faults(value[key], hint, f"{place}.{key}")
    elif origin in {types.UnionType, typing.Union}:
        inner = next(one for one in arguments if one is not type(None))
        if value is not None:
            yield from _faults(value, inner, place)
    elif origin is Literal:
        if value not in arguments:
            yield f"{place}: {value!r} is none of {', '.join(map(repr, arguments))}"
    elif origin is list:
        if isinstance(value, list):
            for number, one in enumerate(value):
                yield from _faults(one, arguments[0], f"{place}[{number}]")
        else:
            yield f"{place}: {type(value).__name__} instead of a list"
    elif not isinstance(value, typing.cast("type", wanted)) or (wanted is int and isinstance(value, bool)):
        yield f"{place}: {type(value).__name__} instead of {typing.cast('type', wanted).__name__}"
