"""Verbs that move a ticket through its life: take, assign, status, close, reopen, wait, seen."""

from __future__ import annotations

from typing import Any

from rules import levels
from rules.actions.amounts import NONE, Until
from rules.actions.asides import ahead
from rules.actions.base import Action, Effect, Refused, Scene, WakeUp, value, verb
from rules.actions.folding import fold
from rules.actions.timewords import PAST
from rules.actions.values import Flag, Listed, Rest
from rules.actions.whom import Holder
from rules.facts.people import Role
from rules.facts.policy import ArchivedReply
from rules.facts.terms import Status
from rules.facts.ticket import Ticket
from rules.frozen import replace


@verb("take", customers=True)
class Take(Action):
    """Make the ticket yours: `#take`."""

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        holder = scene.who.name
        if scene.who.is_agent and holder not in scene.directory.agents:
            raise Refused("nobody-to-take", name=holder)
        return Effect(ticket=_held_by(ticket, scene, holder, taken=True))


@verb("assign")
class Assign(Action):
    """Give the ticket to an agent or a group: `#assign anna`, `#assign @hardware please check the fan`, `#assign none`."""

    to: str = value(Holder())
    why: str = value(Rest(), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        to = scene.who.name if self.to == "me" else self.to
        if to == "-":
            stays = ticket.status in {Status.closed, Status.waiting}
            status = ticket.status if stays else Status.read
            return Effect(ticket=replace(ticket, assignee="", status=status))
        if to.startswith("@"):
            if to[1:] not in scene.directory.groups:
                raise Refused("unknown-group", near=tuple(f"assign @{g}" for g in scene.directory.groups)[:3], word=to)
            after = Status.assigned if ticket.status in {Status.new, Status.read} else ticket.status
            return Effect(ticket=replace(ticket, group=to[1:], assignee="", status=after), why=self.why)
        if to not in scene.directory.agents:
            raise Refused("unknown-agent", near=tuple(f"assign {a}" for a in scene.directory.agents)[:3], word=to)
        return Effect(ticket=_held_by(ticket, scene, to, taken=to == scene.who.name), why=self.why)


@verb("status")
class SetStatus(Action):
    """Set the status: `#status working`."""

    to: str = value(Listed("status"))

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        to = Status(self.to)
        if to is Status.closed:
            return Close().effect(ticket, scene)
        changes: dict[str, Any] = {"status": to, "closed_at": None}
        if to is not Status.waiting:
            changes["waiting_until"] = None
        if to is Status.new:
            changes["read_at"] = None
        elif ticket.read_at is None:
            changes["read_at"] = scene.at
        if to is Status.working and ticket.taken_at is None:
            changes["taken_at"] = scene.at
        return Effect(ticket=replace(ticket, **changes))


@verb("close", customers=True)
class Close(Action):
    """Close the ticket and tell the customer: `#close`. With `quiet` nobody outside is told; headquarters closes towards its partner alone."""

    quiet: bool = value(Flag("quiet", ("quietly", "silent", "silently", "still", "leise", "hiljaa", "potichu", "tiše")), default=False)
    why: str = value(Rest(), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        if ticket.status is Status.closed:
            return Effect(ticket=ticket, quiet=self.quiet)
        if levels.only_resolves(scene.who, ticket, scene.policy, scene.directory):
            return Effect(ticket=levels.resolved(ticket, scene.at), quiet=self.quiet)
        changes: dict[str, Any] = {"status": Status.closed, "closed_at": scene.at, "waiting_until": None}
        if ticket.read_at is None and scene.who.is_agent:
            changes["read_at"] = scene.at
        if not ticket.assignee and scene.who.name in scene.directory.agents:
            changes["assignee"] = scene.who.name
        return Effect(ticket=replace(ticket, **changes), quiet=self.quiet)


@verb("reopen", customers=True)
class Reopen(Action):
    """Open a closed ticket again: `#reopen`."""

    why: str = value(Rest(), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        if (
            ticket.archived_at is not None
            and scene.who.role is Role.customer
            and scene.policy.options.archived_reply is not ArchivedReply.reopen
        ):
            raise Refused("archived", ref=ticket.ref)
        if ticket.status is not Status.closed:
            return Effect(ticket=ticket)
        status = Status.assigned if ticket.assignee or ticket.group else Status.new
        return Effect(ticket=replace(ticket, status=status, closed_at=None, archived_at=None))


_CUSTOMER = ("kunde", "kunden", "asiakas", "asiakasta", "zákazník", "zákazníka")


@verb("wait")
class Wait(Action):
    """Wait for somebody, by default the customer: `#wait`, `#wait 3d`, `#wait until fri 10`; then the ticket comes back to you."""

    customer: bool = value(Flag("customer", _CUSTOMER), default=False)
    until: str = value(Until(), default="")
    why: str = value(Rest(), default="")

    def spell(self) -> str:
        """As all do; a reason that would read as the flag gets an empty length of time before it."""
        is_flag = fold(self.why.partition(" ")[0]) in {"customer", *map(fold, _CUSTOMER)}
        if is_flag and not self.customer and not self.until:
            return f"wait {NONE} {self.why}"
        return Action.spell(self)

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        if ticket.status is Status.closed:
            raise Refused("closed", ref=ticket.ref)
        if not self.until and fold(self.why.strip(" .!")) in PAST:
            raise Refused("in-the-past", word=self.why)
        until = ahead(self.until, scene, ends=False) if self.until else None
        changes: dict[str, Any] = {"status": Status.waiting, "waiting_until": until}
        if ticket.read_at is None:
            changes["read_at"] = scene.at
        if not ticket.assignee and scene.who.name in scene.directory.agents:
            changes["assignee"] = scene.who.name
        wakes = (WakeUp(kind="waited", at=until),) if until else ()
        return Effect(ticket=replace(ticket, **changes), wakes=wakes)


@verb("archive")
class Archive(Action):
    """Put a closed ticket into the archive: it is read from then on, and no longer worked on. Time does it, or the command line."""

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        if ticket.status is not Status.closed:
            raise Refused("not-closed", ref=ticket.ref)
        return Effect(ticket=replace(ticket, archived_at=scene.at), quiet=True)


@verb("seen")
class Seen(Action):
    """Mark the ticket as read: `#seen`."""

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        if ticket.status is Status.new:
            return Effect(ticket=replace(ticket, status=Status.read, read_at=ticket.read_at or scene.at))
        return Effect(ticket=ticket)


@verb("delete")
class Delete(Action):
    """Put the ticket behind a tombstone; on the command line alone, nobody is told."""

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=replace(ticket, deleted_at=scene.at), quiet=True)


def _held_by(ticket: Ticket, scene: Scene, holder: str, *, taken: bool) -> Ticket:
    changes: dict[str, Any] = {"assignee": holder}
    if ticket.status in {Status.new, Status.read} or (taken and ticket.status is Status.assigned):
        changes["status"] = Status.working if taken else Status.assigned
    if ticket.read_at is None:
        changes["read_at"] = scene.at
    if taken and ticket.taken_at is None:
        changes["taken_at"] = scene.at
    return replace(ticket, **changes)
