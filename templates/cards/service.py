"""Cards of what goes with the service: access that is asked for and decided, service orders, figures of a period."""

from __future__ import annotations

from typing import Literal, TypedDict

from templates.cards.common import Button, Card, Person


class AccessAsked(Card):
    """Somebody wants rights for somebody; to one who may approve. Has no ticket."""

    number: str
    """Of the request for access: `A7`."""
    asker: Person
    person: Person
    """Who shall get them; the same as `asker` where he asks for himself."""
    party: str
    """Title; empty if none."""
    functions: list[str]
    """The rights, as people call them."""
    note: str
    """Why, in the asker's words; may be empty."""
    needed: int
    """How many have to agree."""
    approved: list[str]
    """Who has agreed so far."""


class AccessDecided(Card):
    """What became of a request for access; to whoever asked and whom it is for. Has no ticket."""

    number: str
    person: Person
    functions: list[str]
    granted: bool
    by: list[str]
    """Who decided; empty: nobody is named."""
    note: str


class Register(Card):
    """The token by which somebody registers his address; answering the mail is enough. Has no ticket."""

    until: str
    """Until when the token is good."""


class AccessAnswer(Card):
    """What became of a line about access, or why somebody may not do what he wrote; to whoever wrote it."""

    what: str
    """A key of `[access]` in `words.toml`: `asked`, `voted`, `registered`, `no-function`, `not-entitled` …"""
    value: str
    """Numbers, addresses or words that it is about; may be empty."""
    line: str
    """The line as it was written; may be empty."""
    ratings: list[Button]
    """Five, from 1 to 5, where he gave another; else none."""


class OrderLine(TypedDict):
    """A piece of work to be done."""

    text: str
    done: bool


class Hours(TypedDict):
    """Time that was reported."""

    at: str
    who: str
    minutes: int
    text: str
    """May be empty."""


class Part(TypedDict):
    """Material that was used or is to be taken along."""

    number: str
    """Article number; may be empty."""
    text: str
    amount: float
    unit: str
    """May be empty."""


class Order(Card):
    """A service order made of the ticket, to the technician; with hours and parts once they are reported."""

    number: str
    """Of the order: `T42-1`."""
    technician: str
    when: str
    """The appointment; empty if none is made."""
    site: str
    """Where to go, in lines; empty if not known."""
    phone: str
    """Of somebody there; may be empty."""
    text: str
    """What is the matter."""
    lines: list[OrderLine]
    hours: list[Hours]
    parts: list[Part]
    finished: bool
    mine: bool
    """Whether the reader is the technician, who has to report."""
    reporter: str
    """Who reports on it, to whoever gave it; empty when it is given."""
    report: str
    """What he wrote beside his hours; may be empty."""


class Figure(TypedDict):
    """One number of a report."""

    what: str
    """A key of `[figures]` in `words.toml`: `requests`, `closed`, `open`, `reopened`, `answer_time`, `solve_time`, `on_time`, `rating`."""
    kind: Literal["count", "seconds", "percent", "stars"]
    value: float | None
    """Seconds of working time, per cent from 0 to 100, stars from 1 to 5; None: there was nothing to measure."""
    change: float | None
    """Against the period before, in the same unit; None if there is nothing to compare with."""


class Week(TypedDict):
    """What came in and what was closed in one stretch of the period."""

    week: int
    """Its number (ISO 8601); 0 where `label` says it."""
    label: str
    """What stands under it instead of the number of the week; else empty."""
    received: int
    closed: int


class Kept(TypedDict):
    """How many promises were kept in one category, group or contract."""

    name: str
    kept: int
    total: int


class Count(TypedDict):
    """How many requests had this value."""

    name: str
    count: int


class Breakdown(TypedDict):
    """The requests of the period by one of their properties."""

    by: str
    """A key of `[by]` in `words.toml`: `channel`, `category`, `type` …"""
    rows: list[Count]
    """The most frequent first."""


class Voice(TypedDict):
    """What a customer said with his rating."""

    stars: int
    comment: str
    ref: str
    who: str
    """May be empty."""


class Evaluation(Card):
    """The figures of a period, to whoever gets the report. Has no ticket."""

    name: str
    """Of the report, from the config; empty: the usual one."""
    from_at: str
    """First moment of the period."""
    to_at: str
    """First moment after it."""
    party: str
    """Title of the customer whose figures these are; empty: all of the desk's."""
    figures: list[Figure]
    """Up to four, which stand large at the top."""
    weeks: list[Week]
    kept: list[Kept]
    breakdowns: list[Breakdown]
    voices: list[Voice]
    csv: str
    """Name of the file that is attached; empty if none is."""
