"""What may be decided about a mail: the closed union that `rules.decide` gives and `mailgate.intake` carries out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from types import MappingProxyType
from typing import Any

from rules.actions.base import Action
from rules.facts.mail import Failed
from rules.facts.people import Actor
from rules.facts.sent import Sent
from rules.facts.terms import Fate, Level, ReplyMeaning
from rules.facts.ticket import Ticket
from rules.frozen import dataclass

Trace = tuple[Mapping[str, Any], ...]
"""Every question that was asked, in order: `{step, saw, said}`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What has been decided about a held mail by somebody entitled to; the guard that is named stands aside for this one mail."""

    replace: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    """Line number -> the line to read instead; an empty one is left out."""
    anyway: bool = False
    """Lines that aren't understood are text."""
    level: Level | None = None
    crossing: bool = False
    guards: frozenset[str] = frozenset()
    """Other reasons to hold that are lifted: `spam`, `rate`, `unknown-sender`, `internal`, `leak`; `proof` only makes staff's mail a stranger's."""
    rounds: int = 0
    """How often somebody decided about the mail."""

    def after(self, earlier: Allowance) -> Allowance:
        """What holds when this was decided on top of what had been decided earlier."""
        levels = [level for level in (self.level, earlier.level) if level is not None]
        return Allowance(
            replace=MappingProxyType({**earlier.replace, **self.replace}),
            anyway=self.anyway or earlier.anyway,
            level=max(levels, default=None),
            crossing=self.crossing or earlier.crossing,
            guards=self.guards | earlier.guards,
            rounds=earlier.rounds + 1,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One thing in a mail that isn't understood."""

    number: int
    line: str
    code: str
    word: str = ""
    near: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What the refusal is about, by name; `word` is all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Do these actions on that ticket, all or none."""

    actor: Actor
    ticket: Ticket | None
    """None opens a new one from `draft`."""
    draft: Ticket | None = None
    actions: tuple[Action, ...] = ()
    after_opening: tuple[Action, ...] = ()
    """By the system itself, from routing; a refused one is left out and noted."""
    lines: tuple[tuple[int, str], ...] = ()
    """(number, line) of each command, for the report; empty when nothing was commanded."""
    fate: Fate = Fate.appended
    why: str = ""
    acknowledge: bool = False
    tell_staff: bool = True
    tell_customers: bool = True
    """False for an answer that reached the customer already."""
    report: bool = False
    on_behalf: bool = False
    claims: tuple[str, ...] = ()
    """References a stranger wrote in the subject: shown to staff, nothing more."""
    wishes: tuple[str, ...] = ()
    """Tags of the subject that the sender has no say in: shown to staff."""
    follows: int = 0
    """Row id of an earlier ticket that this new one continues."""
    pressed: tuple[int, str] | None = None
    """The button that was used: outbox id and key."""
    hint: str = ""
    """Code of a remark for staff: `third-party`, `thanks`, `claims`, `also`, `late-reply` …"""
    unused: str = ""
    """First words of a text that goes nowhere, since the mail answers one where only commands are read."""
    reply_meaning: ReplyMeaning | None = None
    away: tuple[date, ...] = ()
    """The days until which an absent agent is offered to say that he is away."""
    trace: Trace = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One action on one of several tickets."""

    ref: str
    """The ticket's reference."""
    action: Action
    number: int = 0
    """Of the line in the mail that asked for it."""
    line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """Do these actions on these tickets, all or none."""

    actor: Actor
    pieces: tuple[Piece, ...]
    pressed: tuple[int, str] | None = None
    """The button that was used: outbox id and key."""
    unused: str = ""
    """First words that are no line of this kind; they go nowhere."""
    why: str = ""
    trace: Trace = ()

    @property
    def lines(self) -> tuple[tuple[int, str], ...]:
        """(number, line) of each action."""
        return tuple((piece.number, piece.line) for piece in self.pieces)

    @property
    def actions(self) -> tuple[Action, ...]:
        """The actions, in order."""
        return tuple(piece.action for piece in self.pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Keep the mail, touch nothing, and ask whoever can decide."""

    reason: str
    """`unknown-command`, `refused`, `proof`, `crossing`, `leak`, `spam`, `rate`, `unknown-sender`, `no-contract`, `internal`, `identity`, `own`, `loop`, `several`."""
    questions: tuple[Question, ...] = ()
    agent: str = ""
    """Key of the agent to be asked now; empty waits to be announced."""
    customer: str = ""
    """Stored address of the customer to be asked `was this you?`; empty for staff's mail."""
    ticket: Ticket | None = None
    crossing: tuple[Mapping[str, Any], ...] = ()
    """What colleagues answered meanwhile: `{author, text, at}`."""
    text: str = ""
    may_carry_out: bool = False
    trace: Trace = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """Nothing to do but to say what became of it."""

    fate: Fate
    why: str
    ticket: Ticket | None = None
    says_no: bool = False
    """Whether its sender is told that nothing was opened, if he may be answered at all."""
    language: str = ""
    trace: Trace = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounced:
    """A mail of ours could not be delivered."""

    sent: Sent
    failed: tuple[Failed, ...]
    ticket: Ticket | None = None
    trace: Trace = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Somebody decided about a held mail: run it again with this allowance, or put it away."""

    actor: Actor
    held: int
    allowance: Allowance | None
    """None puts it away."""
    pressed: tuple[int, str] | None = None
    trace: Trace = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """A button that does nothing any more, or a token that may not do this: say so to the stored address, politely."""

    why: str
    """`already-done`, `expired`, `bad-token`, `not-yours`, `gone`."""
    actor: Actor
    key: str = ""
    """The button's key in its mail."""
    ticket: Ticket | None = None
    sent: Sent | None = None
    trace: Trace = ()


Verdict = Act | Many | Hold | Settle | Bounced | Decided | Spent
