"""Cards of the texts that answer somebody: reports of commands, held mail, status, lists, help, FAQ, spent buttons, files.

Access and orders are in `service.py`.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from templates.cards.common import Button, Card, ClockSpent, Event, Fact, Hint, Person, Post, Row, Task


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
    scheduled: bool
    """Somebody has said when, so that it is not only held for a moment."""
    answer_to: list[Person]
    """Who gets the answer; empty if none."""
    opened_for: Person | None
    """For whom a forwarded mail opened a ticket."""
    noted: bool
    """The text above that mail became a note."""
    undone: bool
    """The mail itself was an `undo`."""
    kept_back: bool
    idle: bool
    """Whether there was nothing in the mail that could be done."""
    """Mail that had not left was kept from leaving by it."""


class Question(TypedDict):
    """A line that was not understood."""

    number: int
    """Of the line in the mail, from 1; 0 if unknown."""
    line: str
    problem: str
    """A key of `[problems]` in `words.toml`."""
    value: str
    known: list[str]
    """What the value could have been, where that is a short list."""
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
    unsent: bool
    """True where it never left; else it came back."""
    post: Post | None
    """What was in it."""


class StatusAnswer(Card):
    """Answer to `status`."""

    promise_at: str
    kept: list[ClockSpent]
    """What was agreed and how long it took, where the reader may hear of it; may be empty."""


class HistoryAnswer(Card):
    """Answer to `history`."""

    events: list[Event]


class ListAnswer(Card):
    """Answer to `list`."""

    open: list[Row]
    closed: list[Row]


class Spent(Card):
    """A button that does nothing any more; to the address that its mail went to."""

    why: Literal["already-done", "expired", "not-yours", "bad-token", "gone"]
    line: str
    """What the button was for, as its command."""
    presser: Person
    """Who used it, as far as his mail tells."""


class Alert(Card):
    """To the admin: something that needs a person's eye. Has no ticket and no buttons."""

    what: Literal["storm", "config", "token"]
    """`storm`: a limit on automatic answers was reached. `config`: a changed config was refused. `token`: a login's access token can't be renewed."""
    value: str
    """What it is about: the limit's name in the config, the sender where there is one; every mistake on a line of its own."""


class Offer(TypedDict):
    """A way of reporting something: a mail that is laid out already."""

    title: str
    address: str
    """Where the mail goes."""
    subject: str
    """With the tags that say what it is about."""
    fields: list[str]
    """What is to be filled in, in words."""


class HelpAnswer(Card):
    """Answer to `help`."""

    verbs: list[str]
    """The recipient's verbs; those without a line in `[help]` are shown as they are."""
    offers: list[Offer]
    """What he may report about his devices; empty if there is nothing."""
    categories: list[list[str]]
    """Tag and title of each category that a customer may name; empty for staff."""


class ShownPost(Post):
    """A post among all of a ticket's."""

    kind: Literal["public", "note", "private", "opinion", "third-party", "auto"]
    direction: Literal["in", "out"]


class ShowAnswer(Card):
    """Answer to `show`: everything of one ticket, to staff."""

    posts: list[ShownPost]
    """All that the reader may see, oldest first."""
    tasks: list[Task]
    fields: list[Fact]
    watchers: list[str]
    """Addresses."""
    tags: list[str]
    links: list[str]
    """References."""


class Article(TypedDict):
    """A text of the desk's own answers."""

    title: str
    text: str
    """Markdown; empty where only titles are listed."""
    buttons: list[Button]
    """`helped:N` and `unhelped:N` under a text, `article:N` (get it) under a title; may be empty."""


class FaqAnswer(Card):
    """Answer to `faq`."""

    query: str
    """The words that were looked for; empty: all titles were asked for."""
    articles: list[Article]
    """The best first; none: nothing was found."""
    registered: bool
    """False: the answers are for registered customers, and he isn't one; `articles` is empty then."""


class File(TypedDict):
    """A file by name."""

    name: str
    bytes: int


class TooLarge(Card):
    """Files could not come along: in a mail of ours (`out`), or a mail to us was larger than we take (`in`)."""

    direction: Literal["in", "out"]
    files: list[File]
    """With a `files` button where we still have them; empty if they are not known."""
    limit: int
    """What a mail may weigh, in bytes; 0: not said."""
    post: Post | None
    """The words of the mail that they belong to; None where they need not or must not be repeated."""
