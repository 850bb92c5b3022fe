"""Verbs that add to the conversation: an answer to the customer, a note among staff, a customer's own words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rules.actions.base import Action, Draft, Effect, Refused, Scene, value, verb
from rules.actions.values import Rest
from rules.facts.mail import Part
from rules.facts.terms import Level, PostKind, Status, Visibility
from rules.facts.ticket import Ticket


@verb("reply")
class Reply(Action):
    """Answer the customer: `#reply We are on it.` - usually you just write above the commands."""

    text: str = value(Rest(needed=True))
    quoted: str = ""
    parts: tuple[Part, ...] = ()
    mail: int | None = None

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        if ticket.visibility is Visibility.internal:
            raise Refused("internal-ticket")
        changes: dict[str, Any] = {"status": Status.working, "waiting_until": None}
        if ticket.status is Status.closed:
            # an answer after closing is an afterthought to the customer; it must not reopen the ticket by itself
            changes = {}
        if not ticket.assignee and scene.who.name in scene.directory.agents:
            changes["assignee"] = scene.who.name
        if ticket.taken_at is None:
            changes["taken_at"] = scene.at
        if ticket.answered_at is None:
            changes["answered_at"] = scene.at
        if ticket.read_at is None:
            changes["read_at"] = scene.at
        return Effect(ticket=replace(ticket, **changes), posts=(_draft(self, ticket, scene, PostKind.public, "out"),))


@verb("note")
class Note(Action):
    """Write something only staff sees: `#note called him, comes on Friday`. Alone on its line it makes the whole mail a note."""

    text: str = value(Rest(), default="")
    quoted: str = ""
    parts: tuple[Part, ...] = ()
    mail: int | None = None

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        if not self.text and not self.parts:
            return Effect(ticket=_seen(ticket, scene))
        return Effect(ticket=_seen(ticket, scene), posts=(_draft(self, ticket, scene, PostKind.note, "in"),))


@verb("say", customers=True, customer_level=Level.claimed)
class Say(Action):
    """What a customer writes; opens, continues or reopens the conversation."""

    text: str = value(Rest(), default="")
    quoted: str = ""
    parts: tuple[Part, ...] = ()
    mail: int | None = None
    subject: str = ""
    kind: PostKind = PostKind.public
    keeps_status: bool = False
    """True for machine mail, thanks after closing, and whoever is no participant."""

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        changes: dict[str, Any] = {}
        if not self.keeps_status:
            if ticket.status is Status.waiting:
                changes |= {"status": Status.working, "waiting_until": None}
            elif ticket.status is Status.closed:
                changes |= {"status": Status.assigned if ticket.assignee or ticket.group else Status.new, "closed_at": None}
        post = Draft(
            kind=self.kind,
            author=scene.who.address,
            agent=scene.who.name if scene.who.is_agent else "",
            direction="in",
            subject=self.subject,
            text=self.text,
            quoted=self.quoted,
            parts=self.parts,
            mail=self.mail,
        )
        return Effect(ticket=replace(ticket, **changes), posts=(post,))


def _draft(action: Reply | Note, ticket: Ticket, scene: Scene, kind: PostKind, direction: str) -> Draft:
    return Draft(
        kind=kind,
        author=scene.who.address,
        agent=scene.who.name if scene.who.is_agent else "",
        direction=direction,
        subject=ticket.subject,
        text=action.text,
        quoted=action.quoted,
        parts=action.parts,
        mail=action.mail,
    )


def _seen(ticket: Ticket, scene: Scene) -> Ticket:
    """A note by staff shows that somebody has read the ticket."""
    if ticket.status is Status.new and scene.who.is_agent:
        return replace(ticket, status=Status.read, read_at=ticket.read_at or scene.at)
    return ticket
