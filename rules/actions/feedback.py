"""Verbs by which customers say how it went."""

from __future__ import annotations

from dataclasses import replace

from rules.actions.base import Action, Effect, Refused, Scene, value, verb
from rules.actions.values import Rest, Stars
from rules.facts.terms import Level, Status
from rules.facts.ticket import Ticket


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
        return Effect(ticket=replace(ticket, rating_stars=self.stars, rating_comment=self.comment))
