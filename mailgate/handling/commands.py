"""What staff does to tickets past the mail: the same verbs, the same ledger, the same letters, in one transaction of its own.

Used by the desk's commands. What mail asks for is carried out in `mailgate.handling.outcomes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Protocol

from sqlalchemy import Connection

from mailgate.handling import belongings
from mailgate.letters import answers, beside, documents, events, letters
from rules import asides, away, lexicon, notices
from rules.actions.base import Action, Refused, Scene, read
from rules.actions.posts import Reply, Say
from rules.actions.undo import Undo
from rules.actions.words import Misread, Words
from rules.facts.people import Actor, Directory, Role
from rules.facts.policy import Policy
from rules.facts.ticket import Ticket
from rules.frozen import dataclass, replace
from rules.notice import Happened, Notice
from rules.perform import perform_all
from store import ledger, outbox
from store.journal import Cause
from store.ledger import Written

SYSTEM = Actor(role=Role.system, name="rule")


class Counter(Protocol):
    """What acting on tickets needs of an office."""

    policy: Policy
    keys: Mapping[int, bytes]
    random: Random
    site: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line that can't be read, with what stands in it."""

    line: str
    miss: Misread


class Unread(Exception):
    """Lines that aren't understood; nothing was done."""

    def __init__(self, lines: Sequence[Line], whole: str = "") -> None:
        super().__init__("; ".join(f"{each.line}: {each.miss.code}" for each in lines))
        self.lines = tuple(lines)
        self.whole = whole
        """The one line that all of them are together, where it was given without quotes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of it: the ticket before and after, who is told by which text, the outbox rows made."""

    written: Written
    told: tuple[Notice, ...] = ()
    letters: tuple[int, ...] = field(default=())


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
        raise Unread(missed, _whole(lines, words))
    return tuple(actions)


def _whole(lines: Sequence[str], words: Words) -> str:
    """Single words as the one line that they are together; empty where they are none."""
    whole = " ".join(line.strip() for line in lines).removeprefix("#").strip()
    if len(lines) < 2 or any(" " in line.strip() for line in lines[:-1]):
        return ""
    try:
        read(whole, words)
    except Misread:
        return ""
    return whole


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
    scene = _scene(tx, desk, who, directory, at)
    written = ledger.apply(tx, ticket.id, actions, scene, why)
    if leaves_at is not None:
        written = replace(written, outcome=replace(written.outcome, leaves_at=written.outcome.leaves_at or leaves_at))
    return _tell(tx, desk, written, scene, why, hold=desk.policy.hold)


def _scene(tx: Connection, desk: Counter, who: Actor, directory: Directory, at: datetime) -> Scene:
    return Scene(
        who=who,
        at=at,
        policy=desk.policy,
        directory=directory,
        canned=beside.canned_of(desk.policy, directory, desk.site),
        stored=belongings.stored_in(tx),
        known=belongings.known_in(tx, desk.policy, directory, at),
    )


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
    system = _scene(tx, desk, SYSTEM, directory, at)
    draft = perform_all(replace(draft, opened_at=at), routed, system).ticket
    said = next((action.text for action in actions if isinstance(action, Say | Reply)), "")
    draft = belongings.settled(tx, draft, desk.policy, directory, at, routed, said)
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
        tell_staff=not written.outcome.undo and not beside.is_record(written, scene.policy),
        hold=beside.waits(written, scene.at, hold),
        until_closed=written.outcome.leaves_at is not None and not written.outcome.keeps,
        choices=belongings.choices(tx, written.ticket, scene.policy, scene.at) if written.before is None else (),
        uncovered=written.before is None and belongings.uncovered(tx, written.ticket),
        why=written.outcome.why,
        said=beside.handed(tx, written),
    )
    told = notices.tell(happened, scene.policy, scene.directory)
    told += beside.notices(tx, written, actor=scene.who, at=scene.at, policy=scene.policy, directory=scene.directory, hold=hold)
    told = beside.merged(tx, told, written, actor=scene.who, policy=scene.policy, directory=scene.directory)
    told = away.stood_in(asides.joined(told), scene.directory, scene.at, scene.policy.desk.timezone)
    asks = beside.saved(written, scene.policy, desk.site)
    written = replace(written, outcome=replace(written.outcome, asks=asks))
    newest = max((p.id for p in written.posts), default=0)
    event = events.Event(
        at=scene.at,
        policy=scene.policy,
        directory=scene.directory,
        actor=scene.who,
        before=written.before,
        newest_post=newest,
        ready=beside.ready(written, told, scene.policy, desk.site),
    )

    def written_up(notice: Notice) -> outbox.Letter:
        letter = letters.letter(notice, event, answers.taken(tx, notice, scene.policy, scene.at))
        return documents.with_order(tx, letter, notice.ticket, policy=scene.policy, directory=scene.directory, at=scene.at, site=desk.site)

    made = letters.sendable([written_up(n) for n in told], scene.policy)
    if written.split is not None:
        opened = replace(happened, before=None, after=written.split.ticket, posts=written.split.posts, acknowledge=True, tell_staff=True)
        parted = notices.tell(opened, scene.policy, scene.directory)
        parted = away.stood_in(parted, scene.directory, scene.at, scene.policy.desk.timezone)
        told += parted
        made += letters.sendable([letters.letter(n, replace(event, before=None)) for n in parted], scene.policy)
    ids = outbox.put(tx, made, cause=why.name, at=scene.at, keys=desk.keys, domain=scene.policy.desk.domain)
    return Done(written=written, told=told, letters=tuple(ids))
