"""Verbs that move a ticket out of the way or take it apart: split, spam."""

from __future__ import annotations

from rules.actions.amounts import Number
from rules.actions.base import Action, Change, Effect, Refused, Scene, Split, value, verb
from rules.actions.folding import fold
from rules.actions.state import Close
from rules.actions.values import Flag, Rest
from rules.facts.ticket import Ticket
from rules.frozen import replace


@verb("split")
class SplitOff(Action):
    """Make a ticket of its own of the customer's latest mail: `#split Another thing`. Answers to that mail belong there from now on."""

    post: int = value(Number(), default=0)
    subject: str = value(Rest(), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=ticket, split=Split(post=self.post, subject=self.subject))


@verb("spam")
class MarkSpam(Action):
    """Close the ticket as spam, tell nobody, and hold what comes from that address: `#spam`; `#spam off` takes it back."""

    off: bool = value(Flag("off", ("nein", "aus", "ei", "pois", "ne")), default=False)

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        sender = ticket.requester.address
        others = tuple(t for t in ticket.tags if fold(t) != "spam")
        if self.off:
            change = (Change(kind="blocked", ref=sender, before={}, after=None),) if sender else ()
            return Effect(ticket=replace(ticket, tags=others), records=change)
        if scene.directory.agent_of(sender) is not None or scene.policy.is_own(sender):
            raise Refused("own-address", word=sender)
        closed = Close(quiet=True).effect(ticket, scene)
        by = {"by": scene.who.name, "at": scene.at.isoformat()}
        return replace(
            closed,
            ticket=replace(closed.ticket, tags=(*others, "spam")),
            quiet=True,
            records=(Change(kind="blocked", ref=sender, before=None, after=by),) if sender else (),
        )
