"""Verbs about time to come: at, remind, due, away."""

from __future__ import annotations

from rules.actions.amounts import When
from rules.actions.asides import ahead
from rules.actions.base import Action, Aside, Change, Effect, Refused, Scene, WakeUp, value, verb
from rules.actions.values import Choice, Flag, Keyed, Rest
from rules.actions.whom import Holder
from rules.facts.ticket import Ticket
from rules.frozen import replace


@verb("at")
class SendAt(Action):
    """Let what you write leave later: `#at tomorrow 8`, `#at 2026-12-01 08:00`. If the ticket is closed before, it doesn't leave, but with `keep`."""

    when: str = value(When())
    keep: bool = value(Flag("keep", ("trotzdem", "silti", "přesto")), default=False)

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=ticket, leaves_at=ahead(self.when, scene, ends=False), keeps=self.keep)


@verb("remind")
class Remind(Action):
    """Be reminded, and the ticket's owner with you: `#remind 2d ask the supplier`. `#remind customer` asks the customer for his answer now."""

    who: str = value(Choice(("customer", "owner")), default="")
    when: str = value(When(needed=False), default="")
    text: str = value(Rest(), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        if self.when:
            line = f"remind {self.who or 'owner'} {self.text}".strip()
            return Effect(ticket=ticket, wakes=(WakeUp(kind="remind", at=ahead(self.when, scene, ends=False), line=line),))
        if not self.who:
            raise Refused("not-a-time", near=("remind 2d " + self.text, "remind tomorrow 9 " + self.text), word=self.text.partition(" ")[0])
        return Effect(ticket=ticket, asides=(reminder(self.who, self.text, scene.who.name),))


def reminder(who: str, text: str, by: str, *further: str) -> Aside:
    """The mail that reminds the customer of his answer, or the owner of the ticket."""
    if who == "customer":
        return Aside(template="status", to=("customer",), card={"note": text}, by_hand=False, reason="requester")
    return Aside(
        template="fyi",
        to=("owner", *further),
        card={"asker": by, "text": text, "reminder": True},
        excerpt="last",
        by_hand=False,
        reason="reminder",
    )


@verb("due")
class SetDue(Action):
    """Say by when the ticket has to be solved: `#due fri`, `#due 2026-12-01 16:00`; `#due -` goes back to the usual limit."""

    when: str = value(When(needed=False), default="")
    none: bool = value(Flag("-", ("none", "off", "never", "aus", "nie", "pois", "ei", "nikdy")), default=False)

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        if not self.when and not self.none:
            raise Refused("not-a-time", near=("due fri", "due 3d", "due -"), word="")
        return Effect(ticket=replace(ticket, due_by=ahead(self.when, scene, ends=True) if self.when else None))


@verb("away", needs_ticket=False)
class Away(Action):
    """Say that you are away; what you would be told goes to your deputy: `#away fri`, `#away 24.12. to:ben`, `#away off`."""

    to: str = value(Keyed("to", Holder(), ("an",)), default="")
    until: str = value(When(needed=False), default="")
    off: bool = value(Flag("off", ("back", "zurück", "aus", "takaisin", "pois", "zpět")), default=False)

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        agent = scene.directory.agents.get(scene.who.name)
        if agent is None:
            raise Refused("nobody-to-take", name=scene.who.name)
        if not self.until and not self.off:
            raise Refused("not-a-time", near=("away fri", "away 14d", "away off"), word="")
        deputy = self.to or agent.deputy
        if self.to and (self.to not in scene.directory.agents or self.to == agent.name):
            raise Refused(
                "unknown-agent",
                near=tuple(f"away {self.until} to:{a}" for a in scene.directory.agents if a != agent.name)[:3],
                word=self.to,
            )
        until = ahead(self.until, scene, ends=True).isoformat() if self.until else ""
        before = {"away_until": agent.away_until, "deputy": agent.deputy}
        change = Change(kind="agent", ref=agent.name, before=before, after={"away_until": until, "deputy": deputy})
        return Effect(ticket=ticket, records=(change,))
