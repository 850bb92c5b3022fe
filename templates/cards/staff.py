"""Cards of the texts that tell staff of work: new and assigned requests, reminders, opinions, notes, tasks, the day's digest.

Reports of commands and other answers are in `answers.py`.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from templates.cards.common import Button, Card, Event, Hint, Post, Row, Task


class Appended(Card):
    """A customer's follow-up, to staff."""

    post: Post
    hints: list[Hint]
    ready: list[Button]
    """The desk's canned answers that fit, each with its title as label; up to five."""


class Assigned(Card):
    """The ticket was given to the recipient."""

    actor: str
    """Who gave it; empty if a rule did."""
    why: str
    post: Post
    """The opening post or the latest one."""
    hints: list[Hint]
    ready: list[Button]


class NewIn(Card):
    """A new ticket in the recipient's group or category."""

    actor: str
    """Who gave it to the group, or forwarded the customer's mail; empty if a rule did."""
    why: str
    """What was said of it when it was given to the group; empty for one that just came."""
    post: Post
    hints: list[Hint]
    ready: list[Button]
    members: list[Button]
    """One `assign` button a colleague, labelled with the name."""


class Candidate(TypedDict):
    """A colleague who could take the ticket."""

    name: str
    open: int
    """How many open tickets he has."""
    button: Button
    """`assign NAME`; its key is `assign:NAME`."""


class Reminder(Card):
    """A clock of the ticket has reached a step: `due-soon` before the limit, `not-started` and `overdue` after it."""

    clock: Literal["take", "answer", "idle", "solve"]
    limit: int
    """Of this clock, in seconds of working time; 0 where the date was named by hand, and no time was agreed."""
    worked: int
    """Working time used of it, in seconds; may be more than the limit."""
    due_at: str
    """When the limit is or was reached; empty while the clock stands still."""
    step: int
    """The step that was reached, in per cent of the limit."""
    escalated: bool
    """The recipient leads the group or was named as the one to tell; the owner has a mail of his own."""
    told: list[str]
    """Display names of others who are told of this step; may be empty."""
    last: Post | None
    """The words that wait for us: the latest of the customer's, without files; None if there are none."""
    activity: Event | None
    """The last thing that happened to the ticket; None if nothing did."""
    candidates: list[Candidate]
    """Whom the recipient can give it to; empty if he may not."""


class OpinionAsked(Card):
    """Somebody is asked what he thinks; he may be a stranger to the desk (`reply_meaning` is empty then)."""

    asker: str
    """Display name."""
    question: str
    """In the asker's words; empty if he just sent the request."""
    by: str
    """When the answer is wanted; empty if not said."""
    excerpt: Post | None
    """What of the request the asked person is shown; None if nothing was chosen."""
    late: bool
    """The second asking, after `by` has passed."""


class OpinionGiven(Card):
    """The opinion, to whoever asked."""

    question: str
    post: Post
    """What the asked person wrote; its author is who was asked."""


class Fyi(Card):
    """For information; no answer is expected, one becomes a note."""

    sender: str
    """Display name of who sends it."""
    text: str
    """His own words; may be empty."""
    excerpt: Post | None
    reminder: Literal["", "own", "other"]
    """Whether it comes since it was set for now, by the reader himself or by somebody else."""


class PrivateMessage(Card):
    """A note that only those who are named can read; or what somebody outside wrote beside the conversation, for staff."""

    post: Post
    """Its author is who wrote it."""
    others: list[str]
    """Display names of the others who can read it; may be empty."""
    outside: bool
    """It comes from somebody outside: all of staff can read it, the customer can't."""


class TaskTold(Card):
    """A task, to whom it concerns."""

    event: Literal["given", "due-soon", "overdue", "done"]
    """`given`, `due-soon` and `overdue` go to the assignee, `overdue` and `done` to the ticket's owner or the head of the group as well."""
    task: Task
    actor: str
    """Who gave it or did it; empty if a rule or the clock did."""
    mine: bool
    """The recipient is the one who has to do it."""


class DigestRow(Row):
    """A ticket, or a task of one, in a digest."""

    number: int
    """Its number in this mail, from 1 and running on through all sections: the reply `3 close` means this row."""
    due_at: str
    """When the clock that is due first ends or ended; empty if none runs."""
    since: str
    """Since when it waits for the customer; empty if it does not."""
    task: str
    """The task's words where the row is a task; empty for tickets."""
    buttons: list[Button]
    """One or two. `key` is `close:3`, `line` names the ticket (`close T2041`), `word` begins with the number (`3 close`), the verb of
    which is spelled in the card's language and without `#`."""


class Section(TypedDict):
    """Rows of a digest that belong together; one without rows is not shown."""

    kind: Literal["overdue", "due", "new", "waiting", "tasks", "open"]
    """`due` within the day, `new` and unassigned, `waiting` for the customer, the recipient's `tasks`, other `open` ones."""
    rows: list[DigestRow]
    """The most urgent first."""
    more: int
    """How many further ones are not listed."""


class Digest(Card):
    """The day's work, to one agent. Has no ticket."""

    sections: list[Section]
    held: int
    """Mails that wait for a decision of the recipient or his groups."""


class Absent(Card):
    """To an agent whose out-of-office note came in: a button for each day until which the desk may note that he is away."""


class Welcome(Card):
    """To a new agent: first steps with a request that is there to practise on, which is the card's ticket."""

    agent: str
    """The name by which colleagues give him work: `anna` in `#assign anna`."""
    group: str
    """Title of his group; empty if none."""
    control: str
    """Address that takes commands for many requests; empty if the desk has none."""
