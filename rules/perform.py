"""The one gate: an action is allowed or refused here, takes effect, and what follows from it is settled."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from rules import records, rights
from rules.actions import access
from rules.actions.base import Action, Aside, Ask, Change, Draft, Effect, Refused, Scene, Split, WakeUp
from rules.facts.terms import Light, Status
from rules.facts.ticket import Ticket, changed
from rules.frozen import dataclass, replace

_DIGITS: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One action done: its line and what it changed."""

    action: str
    changed: Mapping[str, tuple[Any, Any]]
    wakes: tuple[WakeUp, ...] = ()
    asides: tuple[Aside, ...] = ()
    did: bool = True
    """False where everything was as it was asked for already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All that a list of actions gave on one ticket."""

    before: Ticket
    ticket: Ticket
    steps: tuple[Step, ...] = ()
    posts: tuple[Draft, ...] = ()
    asks: tuple[Ask, ...] = ()
    wakes: tuple[WakeUp, ...] = ()
    undo: bool = False
    undo_cause: str = ""
    merge_into: str = ""
    links: tuple[tuple[str, str], ...] = ()
    quiet: bool = False
    asides: tuple[Aside, ...] = ()
    records: tuple[Change, ...] = ()
    leaves_at: datetime | None = None
    keeps: bool = False
    split: Split | None = None
    why: str = ""

    def joined(self, other: Outcome) -> Outcome:
        """This with what another one on the same ticket gave beside the ticket itself: its posts, wakes and mails, not its steps."""
        return replace(
            self,
            posts=(*self.posts, *other.posts),
            asks=(*self.asks, *other.asks),
            wakes=(*self.wakes, *other.wakes),
            links=(*self.links, *other.links),
            asides=(*self.asides, *other.asides),
            records=(*self.records, *other.records),
            quiet=self.quiet or other.quiet,
        )


def perform(ticket: Ticket, action: Action, scene: Scene) -> Effect:
    """The effect of one action, its derived facts settled; raises Refused."""
    rights.check(ticket, action, scene)
    if scene.who.is_agent:
        _about_this_one(ticket, action)
    if action.changes:
        _legal_at_all(ticket, action)
    effect = action.effect(ticket, scene)
    if effect.ticket.status is not ticket.status and not _follows(ticket, action, scene):
        _legal_step(ticket, effect.ticket.status, scene)
    settled = settle(effect.ticket)
    return effect if settled is effect.ticket else replace(effect, ticket=settled)


def _about_this_one(ticket: Ticket, action: Action) -> None:
    """Who writes `#close T1` in a mail about T5 means T1; as a reason of T5 it would be obeyed wrongly and without a word."""
    said = str(getattr(action, "why", "")).replace(",", " ").upper().split()
    named = [word.strip("[]#.;:") for word in said]
    form = _DIGITS.sub("0", ticket.ref.upper())
    if named and form and all(_DIGITS.sub("0", word) == form for word in named) and named != [ticket.ref.upper()]:
        raise Refused("another-ticket", word=" ".join(named))


def perform_all(ticket: Ticket, actions: Sequence[Action], scene: Scene) -> Outcome:
    """What a list of actions gives, in order; raises Refused with `index` (an int) of the one that may not be."""
    made = Outcome(before=ticket, ticket=ticket)
    for index, action in enumerate(actions):
        try:
            effect = perform(made.ticket, action, scene)
        except Refused as refusal:
            refusal.index = index  # type: ignore[attr-defined]  # tells the caller which line it was
            raise
        noted: dict[str, tuple[Any, Any]] = changed(made.ticket, effect.ticket)
        if effect.records:
            noted |= {c.name: (c.before, c.after) for c in effect.records}
            scene = replace(
                scene,
                records=records.after(scene.records, effect.records),
                admission=access.after(scene.admission, effect.records),
            )
        step = Step(
            action=action.noted(),
            changed=noted,
            wakes=effect.wakes,
            asides=effect.asides,
            did=not action.changes or bool(noted or effect.posts) or effect != Effect(ticket=effect.ticket),
        )
        made = replace(
            made,
            ticket=effect.ticket,
            steps=(*made.steps, step),
            posts=made.posts + effect.posts,
            asks=made.asks + effect.asks,
            wakes=made.wakes + effect.wakes,
            links=made.links + effect.links,
            asides=made.asides + effect.asides,
            records=made.records + effect.records,
            undo=made.undo or effect.undo,
            undo_cause=effect.undo_cause or made.undo_cause,
            merge_into=effect.merge_into or made.merge_into,
            quiet=made.quiet or effect.quiet,
            leaves_at=effect.leaves_at or made.leaves_at,
            keeps=made.keeps or effect.keeps,
            split=effect.split or made.split,
            why=effect.why or made.why,
        )
    if made.leaves_at is not None and not made.asides and not any(p.direction == "out" for p in made.posts):
        raise Refused("nothing-to-send")
    return made


def settle(ticket: Ticket) -> Ticket:
    """The ticket with what follows from its state: a closed one is green."""
    if ticket.status is Status.closed and ticket.light is not Light.green:
        return replace(ticket, light=Light.green)
    return ticket


def _legal_at_all(ticket: Ticket, action: Action) -> None:
    if ticket.deleted_at is not None:
        raise Refused("deleted", ref=ticket.ref)
    if ticket.archived_at is not None and action.verb not in {"reopen", "note", "say", "aside", "undo", "show", "rate", "delete"}:
        raise Refused("archived", ref=ticket.ref)


_WORDS = frozenset({"say", "reply", "canned", "note", "seen"})
"""Verbs of who reads and writes: no workflow keeps a mail from arriving, or an answer from leaving."""


def _follows(ticket: Ticket, action: Action, scene: Scene) -> bool:
    """Whether a step follows from words, or from a waiting that is over, instead of being taken by somebody."""
    return action.verb in _WORDS or (scene.who.name == "timer" and ticket.status is Status.waiting)


def _legal_step(ticket: Ticket, to: Status, scene: Scene) -> None:
    kind = scene.policy.types.get(ticket.type)
    if kind is None or kind.workflow is None or not ticket.id:
        return
    steps = kind.steps(ticket.status)
    allowed = {step.to for step in steps}
    if to not in allowed:
        raise Refused(
            "workflow",
            near=tuple(f"status {s.value}" for s in Status if s in allowed),
            was=ticket.status.value,
            to=to.value,
            type=kind.title or kind.key,
        )
    roles = next(step.roles for step in steps if step.to is to)
    agent = scene.directory.agents.get(scene.who.name)
    if roles and scene.who.is_agent and agent is not None and agent.role not in roles:
        raise Refused("workflow-role", to=to.value, roles=", ".join(roles))
