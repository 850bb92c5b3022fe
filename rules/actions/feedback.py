"""Verbs by which customers say how it went."""

from __future__ import annotations

from rules.actions.amounts import Stars
from rules.actions.base import Action, Ask, Effect, Refused, Scene, value, verb
from rules.actions.values import Choice, Rest, Word
from rules.facts.terms import Level, Status
from rules.facts.ticket import Ticket
from rules.frozen import replace


@verb("rate", customers=True, customer_level=Level.claimed)
class Rate(Action):
    """Rate a closed ticket from 1 to 5, with a word if you like: `#rate 4 quick, thank you`."""

    stars: int = value(Stars())
    comment: str = value(Rest(), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        if ticket.status is not Status.closed:
            raise Refused("rate-open", ref=ticket.ref)
        if ticket.archived_at is not None:
            raise Refused("archived", ref=ticket.ref)
        # who taps another star afterwards takes back the first one, not what he wrote beside it
        return Effect(ticket=replace(ticket, rating_stars=self.stars, rating_comment=self.comment or ticket.rating_comment))


@verb("feedback", customers=True, customer_level=Level.claimed, needs_ticket=False, changes=False)
class Feedback(Action):
    """Say of an article of the desk's own whether it helped: what its buttons stand for."""

    how: str = value(Choice(("helped", "unhelped")))
    article: str = value(Word("missing-name"))

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=ticket, asks=(Ask(what=self.how, about=self.article),))
