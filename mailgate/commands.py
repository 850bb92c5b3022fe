"""What staff does to tickets past the mail: the same verbs, the same ledger, the same letters, in one transaction of its own.

Used by the desk's commands. What mail asks for is carried out in `mailgate.outcomes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Protocol

from sqlalchemy import Connection

from mailgate import letters
from rules import lexicon, notices
from rules.actions.base import Action, Refused, Scene, read
from rules.actions.undo import Undo
from rules.actions.values import Misread
from rules.facts.people import ADMIN, Actor, Directory, Role
from rules.facts.policy import Policy
from rules.facts.terms import Address, Level
from rules.facts.ticket import Ticket
from rules.notices import Happened, Notice
from rules.perform import perform_all
from store import ledger, outbox
from store.ledger import Cause, Written

SYSTEM = Actor(role=Role.system, name="rule")


class Counter(Protocol):
    """What acting on tickets needs of an office."""

    policy: Policy
    keys: Mapping[int, bytes]
    random: Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line that can't be read, with what stands in it."""

    line: str
    miss: Misread


class Unread(Exception):
    """Lines that aren't understood; nothing was done."""

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__("; ".join(f"{each.line}: {each.miss.code}" for each in lines))
        self.lines = tuple(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of it: the ticket before and after, who is told by which text, the outbox rows made."""

    written: Written
    told: tuple[Notice, ...] = ()
    letters: tuple[int, ...] = field(default=())


def actor(policy: Policy, directory: Directory, name: str) -> Actor | None:
    """The agent of a name as somebody at the terminal; for an empty one the administrator, who writes in the desk's name. None if there is no such agent."""
    if not name:
        return replace(ADMIN, address=Address(name=policy.desk.name, address=policy.desk.address))
    agent = directory.agents.get(name) or directory.agent_of(name)
    return Actor(role=Role.agent, name=agent.name, address=agent.address, level=Level.both, door="cli") if agent else None


def cause(at: datetime, randomness: Random) -> Cause:
    """The cause of one command: unique, in the order of time."""
    return Cause(name=f"cli:{int(at.timestamp() * 1000):012x}{randomness.getrandbits(40):010x}")


def understood(lines: Sequence[str], policy: Policy, directory: Directory) -> tuple[Action, ...]:
    """The actions of lines as written in a mail, with or without `#`; raises Unread with all that aren't understood."""
    words = lexicon.words(policy, directory)
    actions: list[Action] = []
    missed: list[Line] = []
    for line in lines:
        bare = line.strip().removeprefix("#").strip()
        try:
            actions.append(read(bare, words))
        except Misread as miss:
            missed.append(Line(line=bare, miss=miss))
    if missed:
        raise Unread(missed)
    return tuple(actions)


def act(
    tx: Connection,
    desk: Counter,
    ticket: Ticket,
    actions: Sequence[Action],
    *,
    who: Actor,
    directory: Directory,
    at: datetime,
    leaves_at: datetime | None = None,
) -> Done:
    """Do the actions on a ticket, all or none, and put down the letters; raises Refused, after which the caller rolls back.

    Mail to customers leaves at `leaves_at`, else after the desk's hold, so that it can be taken back.
    """
    if any(isinstance(a, Undo) for a in actions) and len(actions) > 1:
        raise Refused("undo-alone", ref=ticket.ref)
    why = cause(at, desk.random)
    scene = Scene(who=who, at=at, policy=desk.policy, directory=directory)
    written = ledger.apply(tx, ticket.id, actions, scene, why)
    hold = desk.policy.hold if leaves_at is None else max(leaves_at - at, timedelta())
    return _tell(tx, desk, written, scene, why, hold=hold)


def open_ticket(
    tx: Connection,
    desk: Counter,
    draft: Ticket,
    actions: Sequence[Action],
    *,
    who: Actor,
    directory: Directory,
    at: datetime,
    routed: Sequence[Action] = (),
    acknowledge: bool = True,
) -> Done:
    """Open a ticket for somebody; raises Refused. `routed` is done by the system first: what category and type bring with them."""
    system = Scene(who=SYSTEM, at=at, policy=desk.policy, directory=directory)
    draft = perform_all(replace(draft, opened_at=at), routed, system).ticket
    scene = replace(system, who=who)
    why = cause(at, desk.random)
    written = ledger.open_ticket(tx, draft, actions, scene, why)
    return _tell(tx, desk, written, scene, why, acknowledge=acknowledge)


def _tell(
    tx: Connection, desk: Counter, written: Written, scene: Scene, why: Cause, *, hold: timedelta = timedelta(), acknowledge: bool = False
) -> Done:
    happened = Happened(
        before=written.before,
        after=written.ticket,
        posts=written.posts,
        actor=scene.who,
        quiet=written.outcome.quiet or written.outcome.undo,
        acknowledge=acknowledge,
        tell_staff=not written.outcome.undo,
        hold=hold,
    )
    told = notices.tell(happened, scene.policy, scene.directory)
    newest = max((p.id for p in written.posts), default=0)
    event = letters.Event(
        at=scene.at, policy=scene.policy, directory=scene.directory, actor=scene.who, before=written.before, newest_post=newest
    )
    made = letters.sendable([letters.letter(n, event) for n in told], scene.policy)
    ids = outbox.put(tx, made, cause=why.name, at=scene.at, keys=desk.keys, domain=scene.policy.desk.domain)
    return Done(written=written, told=told, letters=tuple(ids))

