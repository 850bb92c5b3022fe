"""Verbs that say what a ticket is: priority, severity, type, category, tags, fields, visibility."""

from __future__ import annotations

from types import MappingProxyType

from rules import flows
from rules.actions.base import Action, Effect, Refused, Scene, value, verb
from rules.actions.folding import fold
from rules.actions.values import Flag, Listed, Rest, Signed, Word
from rules.facts.service import AssignHow
from rules.facts.terms import Priority, Status, Visibility
from rules.facts.ticket import Ticket, restored
from rules.frozen import replace


@verb("prio")
class SetPriority(Action):
    """Set the priority: `#prio high` (low, normal, high)."""

    to: str = value(Listed("priority"))

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=replace(ticket, priority=Priority(self.to)))


@verb("severity")
class SetSeverity(Action):
    """Set the severity from the desk's own list: `#severity blocking`."""

    to: str = value(Listed("severity"))

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=replace(ticket, severity=self.to))


@verb("type")
class SetType(Action):
    """Set the type from the desk's own list: `#type fault`."""

    to: str = value(Listed("type"))

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=replace(ticket, type=self.to))


@verb("category")
class SetCategory(Action):
    """Move the ticket to a category, and with it to the category's group: `#category hardware/printer`."""

    to: str = value(Listed("category"))

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        if ticket.status is Status.closed and not scene.policy.options.reclassify_closed:
            raise Refused("closed-category", ref=ticket.ref)
        after = replace(ticket, category=self.to)
        category = scene.policy.categories.get(self.to)
        if category is None or category.assign is AssignHow.none:
            return Effect(ticket=after)
        if category.assign is AssignHow.agent and category.agent in scene.directory.agents:
            status = Status.assigned if after.status in {Status.new, Status.read} else after.status
            return Effect(ticket=replace(after, group=category.group, assignee=category.agent, status=status))
        gives = scene.policy.options.assign_category_group or category.assign is not AssignHow.group
        if category.group and gives and category.group != ticket.group:
            keeps = ticket.assignee and category.group in getattr(scene.directory.agents.get(ticket.assignee), "groups", ())
            after = replace(after, group=category.group, assignee=ticket.assignee if keeps else "")
            if not keeps and after.status is Status.working:
                after = replace(after, status=Status.assigned)
        return Effect(ticket=after)


@verb("tag")
class Tag(Action):
    """Put a tag on the ticket, or take it off with a minus: `#tag vip`, `#tag -vip`."""

    tag: str = value(Signed())

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        name = self.tag.lstrip("-")
        others = tuple(t for t in ticket.tags if fold(t) != fold(name))
        return Effect(ticket=replace(ticket, tags=others if self.tag.startswith("-") else (*others, name)))


@verb("field")
class SetField(Action):
    """Set a field of the ticket, or clear it: `#field serial SN-4711`, `#field serial`."""

    name: str = value(Word("missing-field"))
    text: str = value(Rest(), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        name = flows.known_name(self.name, ticket, scene.policy)
        kept = {k: v for k, v in ticket.fields.items() if fold(k) != fold(name)}
        if self.text:
            kept[name] = self.text
        return Effect(ticket=replace(ticket, fields=MappingProxyType(kept)))


@verb("internal")
class MakeInternal(Action):
    """Keep the ticket among staff: customers hear nothing more of it, and their replies wait until you let them in."""

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=replace(ticket, visibility=Visibility.internal))


@verb("public")
class MakePublic(Action):
    """Let customers hear of the ticket again."""

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=replace(ticket, visibility=Visibility.public))


@verb("quiet")
class Quiet(Action):
    """Send the customer no status mails about this ticket; `#quiet off` sends them again."""

    off: bool = value(Flag("off", ("aus", "pois", "ne")), default=False)

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=replace(ticket, quiet=not self.off))


@verb("project")
class SetProject(Action):
    """Say which project the ticket belongs to: `#project P7`."""

    to: str = value(Word("missing-project"))

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=replace(ticket, project=scene.key_of("project", self.to, ticket)))


@verb("device")
class SetDevice(Action):
    """Say which device the ticket is about: `#device SN123`."""

    to: str = value(Word("missing-device"))

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=replace(ticket, device=scene.key_of("device", self.to, ticket)))


@verb("party")
class SetParty(Action):
    """Say which customer or partner the ticket belongs to: `#party acme`."""

    to: str = value(Word("missing-party"))

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=replace(ticket, party=scene.key_of("party", self.to, ticket)))


SETTABLE = ("subject", "group", "level", "channel", "origin", "language", "partner_ref", "contract")
"""Fields that have no verb of their own, and yet may be set at any time."""


@verb("set")
class SetAny(Action):
    """Set a field that has no verb of its own, as `ticket edit` does; nobody says it in a mail."""

    name: str = value(Word("missing-field"))
    text: str = value(Rest(), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        if self.name not in SETTABLE:
            raise Refused("unknown-field", near=tuple(f"set {n}" for n in SETTABLE), word=self.name)
        if self.name == "group" and self.text and self.text not in scene.directory.groups:
            raise Refused("unknown-group", near=tuple(scene.directory.groups)[:3], word=self.text)
        if self.name == "level" and self.text not in {"1", "2"}:
            raise Refused("unknown-level", near=("1", "2"), word=self.text)
        if self.name == "subject" and not self.text:
            raise Refused("empty-subject", ref=ticket.ref)
        if self.name == "contract":
            return Effect(ticket=replace(ticket, contract=scene.key_of("contract", self.text or "-", ticket)))
        return Effect(ticket=restored(ticket, {self.name: int(self.text) if self.name == "level" else self.text}))
