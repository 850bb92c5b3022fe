"""The mechanism of the vocabulary: what an action is, what it gives, and how a line becomes one.

A verb is a frozen dataclass deriving from `Action`, declared with `@verb`; its fields are made by `value(kind)` and stand after the verb in
order. `read` gives an action from a line, `spell` the line from an action.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, field, fields
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar, cast, dataclass_transform

from rules.actions.amounts import When
from rules.actions.folding import fold
from rules.actions.values import Keyed, Rest
from rules.actions.whom import People
from rules.actions.words import Kind, Misread, Words, choose, quoted_if_needed
from rules.facts.access import Admission
from rules.facts.mail import Part
from rules.facts.people import Actor, Directory
from rules.facts.policy import Policy
from rules.facts.terms import Address, Level, PostKind
from rules.facts.ticket import Records, Ticket
from rules.frozen import dataclass


class Refused(Exception):
    """An action that may not be: a code, the words for its sentence, and what may have been meant."""

    def __init__(self, code: str, near: tuple[str, ...] = (), **words: str) -> None:
        super().__init__(code)
        self.code = code
        self.near = near
        self.words = words


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Who acts, when, and under which policy."""

    who: Actor
    at: datetime
    policy: Policy
    directory: Directory
    records: Records = Records()
    """Tasks and orders of the ticket; looked up only for actions that read them."""
    admission: Admission | None = None
    """What is known of access and registration; looked up only for mails that may be about them."""
    canned: Callable[[str, Ticket, Actor], Filled] | None = None
    """Finds a canned answer by its name and fills in its places; None where there are none."""
    stored: Callable[[str, str, Ticket], Stored] | None = None
    """Looks up a `party`, `contract`, `project` or `device` by its key; None where any word will do."""

    known: Callable[[str], Known] | None = None
    """What the desk has on file of whoever reads at an address; None where nothing is looked up."""

    def key_of(self, kind: str, word: str, ticket: Ticket) -> str:
        """The key of a party, contract, project or device that staff names for a ticket, `-` being none; raises Refused with near lines.

        Rules, forms and tags are not asked: what they name is the site's own, or was looked at before.
        """
        if word == "-":
            return ""
        if self.stored is None or not self.who.is_agent:
            return word
        found = self.stored(kind, word, ticket)
        if found.key or not found.is_listed:
            return found.key or word
        raise Refused(f"unknown-{kind}", near=tuple(f"{kind} {quoted_if_needed(each)}" for each in found.near), word=word)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A canned answer for one ticket. An empty text: there is none of that name, `near` are those that resemble it."""

    title: str = ""
    text: str = ""
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is on file of somebody, as far as his mail is about it; empty where nothing is."""

    name: str = ""
    language: str = ""
    party: str = ""
    contract: str = ""
    """The only one in force of his party."""
    project: str = ""
    """The only active one of his party."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the desk has stored under some word. An empty key: nothing, `near` are those that resemble it."""

    key: str = ""
    near: tuple[str, ...] = ()
    is_listed: bool = True
    """False where the desk has entered nothing of the kind, so that any word will do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A post to be written."""

    kind: PostKind
    author: Address
    agent: str = ""
    direction: str = "in"
    subject: str = ""
    text: str = ""
    quoted: str = ""
    parts: tuple[Part, ...] = ()
    mail: int | None = None
    to: tuple[str, ...] = ()
    about: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """A mail to exactly these people beside what the table of notices says."""

    template: str
    to: tuple[str, ...]
    """Agents' names, `@groups`, addresses; `owner` for whoever holds the ticket."""
    draft: Draft | None = None
    """The post that it tells of, if it does."""
    about: str = ""
    """What a reply to it is about, such as `task:T42.1`; for one with a post that post."""
    card: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Keys that only this text has, as JSON values."""
    excerpt: str = ""
    """What of the conversation is shown: `last`, `first`, or nothing."""
    outside: str = ""
    """The same for people outside, who are shown nothing unless somebody says so."""
    by_hand: bool = True
    """Whether it is somebody's own words, which wait to be taken back and say nothing of a machine."""
    reason: str = ""
    customers: bool = False
    """Whether addresses of people outside are customers', whose answers carry customers' verbs; the actor is told as well then."""
    buttons: tuple[tuple[str, str], ...] = ()
    """(key, line) pairs."""
    languages: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Compared form of an address: the language of whoever is known to read there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A record beside the ticket that is made, changed (`before` and `after`) or taken away, as JSON values."""

    kind: str
    """`task`, `order`, `agent`, `blocked`."""
    ref: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def name(self) -> str:
        """As the history calls it, such as `task T42.1`."""
        return f"{self.kind} {self.ref}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Something the actor wants to be told, answered by mail or on the terminal: `help`, `show`, `history`, …"""

    what: str
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeUp:
    """Something to happen later: a line of the vocabulary, or a kind that timers know."""

    kind: str
    at: datetime
    line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What an action gives: the ticket after, posts to write, questions to answer, wakes, and whether to take back or join."""

    ticket: Ticket
    posts: tuple[Draft, ...] = ()
    asks: tuple[Ask, ...] = ()
    wakes: tuple[WakeUp, ...] = ()
    undo: bool = False
    undo_cause: str = ""
    """Which mail or command to take back; empty for the actor's last one on the ticket."""
    merge_into: str = ""
    links: tuple[tuple[str, str], ...] = ()
    """(reference, kind) pairs."""
    quiet: bool = False
    """True when nobody outside shall hear of it."""
    asides: tuple[Aside, ...] = ()
    records: tuple[Change, ...] = ()
    """Tasks, orders, agents, blocked senders that are made or changed."""
    leaves_at: datetime | None = None
    """When mail of this cause leaves, None for as soon as may be."""
    keeps: bool = False
    """Whether it leaves then even if the ticket was closed before."""
    split: Split | None = None
    why: str = ""
    """What whoever has the ticket now is told with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A post that becomes a ticket of its own: its id, 0 for the latest of the customer's, and the new subject."""

    post: int = 0
    subject: str = ""


class Action:
    """What every verb derives from."""

    verb: ClassVar[str] = ""
    level: ClassVar[Level] = Level.token
    customers: ClassVar[bool] = False
    """Whether customers may say it; theirs must be exact."""
    customer_level: ClassVar[Level] = Level.token
    needs_ticket: ClassVar[bool] = True
    changes: ClassVar[bool] = True
    """False for verbs that only ask."""
    right: ClassVar[str] = ""
    takes_body: ClassVar[bool] = False
    """Whether the text of the mail it stands in is its own; no answer to the customer is made of that then."""
    reads_records: ClassVar[bool] = False
    """Whether it asks for the tasks and orders of the ticket."""

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        """What this does to the ticket; raises Refused."""
        raise NotImplementedError  # every verb says its own

    def noted(self) -> str:
        """The line as the history has it: what somebody wrote stands in a post, not there again."""
        return self.spell()

    def spell(self) -> str:
        """The line, without `#`, that reads as this action again."""
        line = ""
        for name, kind in _spoken(cast("Any", type(self))):
            spelled = kind.spell(getattr(self, name))
            if isinstance(kind, Keyed | People | When):
                spelled = kind.apart(spelled, line)
            line = f"{spelled} {line}".strip() if line else spelled
        return f"{self.verb} {line}".strip()


@lru_cache(maxsize=256)
def _spoken(own: type[Any]) -> tuple[tuple[str, Kind[Any]], ...]:
    """The fields of a verb that stand in its line, each with its kind, the last one first."""
    return tuple((f.name, f.metadata["kind"]) for f in reversed(fields(own)) if "kind" in f.metadata)


def value(kind: Kind[Any], *, default: Any = MISSING) -> Any:  # noqa: ANN401 - as dataclasses.field
    """A field of a verb that stands in its line, read and spelled by its kind."""
    return field(default=default, metadata={"kind": kind}) if default is not MISSING else field(metadata={"kind": kind})


VERBS: dict[str, type[Action]] = {}
"""Every verb by its canonical name, in the order of the families."""


def ends_in_text(action: Action) -> str:
    """The name of the field with the free text that an action's line ends in; empty where there is none, or nothing in it."""
    kinds = [(f.name, f.metadata["kind"]) for f in fields(cast("Any", action)) if "kind" in f.metadata]
    name, kind = kinds[-1] if kinds else ("", None)
    return name if isinstance(kind, Rest) and getattr(action, name) else ""


C = TypeVar("C", bound="Action")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(value, field))
def verb(
    name: str,
    *,
    level: Level = Level.token,
    customers: bool = False,
    customer_level: Level = Level.token,
    needs_ticket: bool = True,
    changes: bool = True,
) -> Callable[[type[C]], type[C]]:
    """Declare a class as the verb of that name; the class becomes a frozen dataclass."""

    def declare(cls: type[C]) -> type[C]:
        made = dataclass(frozen=True, slots=True, kw_only=True)(cls)
        made.verb, made.level, made.customers = name, level, customers
        made.customer_level, made.needs_ticket, made.changes = customer_level, needs_ticket, changes
        made.right = name
        VERBS[name] = made
        return made

    return declare


def _typed(rest: str) -> str:
    """Values as they were typed, before a program made a dash of a minus sign and a link of an address."""
    rest = _LINKED.sub("", rest) if "<mailto:" in rest.lower() else rest
    return f"-{rest[1:]}" if rest[:1] in {"–", "—", "−"} else rest


_LINKED = re.compile(r"(?<=\S)[ ]?<mailto:[^<>\s]*>", re.IGNORECASE)


def read(line: str, words: Words) -> Action:
    """The action that a line (without `#`) says; raises Misread, its near matches being whole lines."""
    head, _, rest = line.strip().partition(" ")
    head, colon, tail = head.partition(":")
    if colon and fold(head + ":") not in words.verbs:
        rest = f"{tail} {rest}".strip()
    try:
        name = choose(head.rstrip(".,;!") or head, words.verbs, "unknown-verb")
    except Misread as miss:
        raise Misread(miss.code, head, tuple(f"{v} {rest}".strip() for v in miss.near)) from None
    rest = _typed(rest)
    try:
        return read_values(name, rest, words)
    except Misread:
        bare = rest.rstrip(".!")
        if bare == rest or not bare.strip():
            raise
        try:
            return read_values(name, bare.rstrip(), words)  # telephones end a line with a full stop
        except Misread:
            pass
        raise


def read_values(name: str, rest: str, words: Words) -> Action:
    """The action of a known verb from what stands after it; raises Misread with near whole lines."""
    cls = VERBS[name]
    values: dict[str, Any] = {}
    done: list[str] = [name]
    for f in fields(cast("Any", cls)):
        kind: Kind[Any] | None = f.metadata.get("kind")
        if kind is None:
            continue
        if not rest and f.default is not MISSING:
            continue
        try:
            values[f.name], left = kind.read(rest, words)
        except Misread as miss:
            after = rest.partition(" ")[2]
            raise Misread(miss.code, miss.word, tuple(" ".join([*done, n, after]).strip() for n in miss.near)) from None
        spelled = kind.spell(values[f.name])
        if spelled:
            done.append(spelled)
        rest = left
    if rest:
        raise Misread("too-much", rest, (" ".join(done),))
    return cls(**values)
