"""Verbs that add to the conversation: an answer to the customer, a note among staff, a customer's own words."""

from __future__ import annotations

from typing import Any

from rules import flows, levels
from rules.actions.base import Action, Draft, Effect, Refused, Scene, value, verb
from rules.actions.values import Rest
from rules.facts.mail import Part
from rules.facts.terms import Address, Level, PostKind, Status, Visibility, address_key
from rules.facts.ticket import Ticket
from rules.frozen import replace

MOST_WAITING = 50
"""Addresses that a ticket remembers of those who were in copy."""


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
        if levels.speaks_to_partner(scene.who, ticket, scene.policy, scene.directory):
            inside = replace(_draft(self, ticket, scene, PostKind.private, "out"), to=(levels.first(ticket),))
            return Effect(ticket=replace(ticket, **changes), posts=(inside,))
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
    by: Address | None = None
    """Who wrote it, if not the actor: somebody whose mail staff forwarded."""
    partner_ref: str = ""
    """The number that a partner gave his own ticket, where the mail tells it."""
    copied: tuple[str, ...] = ()
    """Addresses in To or Cc who have no part in the ticket yet: staff may include them."""

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        there = {ticket.requester.key, *(address_key(a) for a in (*ticket.watchers, *ticket.waiting_room))}
        new = tuple(a for a in self.copied if address_key(a) not in there)
        changes: dict[str, Any] = {"waiting_room": (*ticket.waiting_room, *new)[:MOST_WAITING]} if new else {}
        if self.partner_ref and not ticket.partner_ref:
            changes["partner_ref"] = self.partner_ref
        if ticket.resolved_at is not None and ticket.is_open and not self.keeps_status and not scene.who.is_agent:
            changes["resolved_at"] = None
        if not self.keeps_status:
            if ticket.status is Status.waiting:
                changes |= {"status": Status.working, "waiting_until": None}
            elif ticket.status is Status.closed:
                changes |= {
                    "status": Status.assigned if ticket.assignee or ticket.group else Status.new,
                    "closed_at": None,
                    "archived_at": None,
                }
        if self.kind is PostKind.public and (self.by is not None or not scene.who.is_agent):
            changes |= {"fields": flows.filled(ticket, scene.policy, self.text, self.quoted).fields}
        post = Draft(
            kind=self.kind,
            author=self.by or scene.who.address,
            agent=scene.who.name if scene.who.is_agent and self.by is None else "",
            direction="in",
            subject=self.subject,
            text=self.text,
            quoted=self.quoted,
            parts=self.parts,
            mail=self.mail,
        )
        return Effect(ticket=replace(ticket, **changes) if changes else ticket, posts=(post,))


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
    """A note by staff shows that somebody has read the ticket; not one that came with its first mail, which everybody else has yet to read."""
    if ticket.status is Status.new and scene.who.is_agent and ticket.id:
        return replace(ticket, status=Status.read, read_at=ticket.read_at or scene.at)
    return ticket
