"""Verbs that ask and change nothing: show, status?, history, list, find, help."""

from __future__ import annotations

from rules.actions.base import Action, Ask, Effect, Scene, value, verb
from rules.actions.values import Keyed, Reference, Rest, Word
from rules.facts.terms import Level
from rules.facts.ticket import Ticket


@verb("show", changes=False)
class Show(Action):
    """Get everything of a ticket by mail: `#show`, `#show T42`."""

    ref: str = value(Reference(needed=False), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=ticket, asks=(Ask(what="show", about=self.ref or ticket.ref),))


@verb("status?", customers=True, customer_level=Level.claimed, changes=False)
class AskStatus(Action):
    """Ask how a ticket stands: `#status?`."""

    ref: str = value(Reference(needed=False), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=ticket, asks=(Ask(what="status", about=self.ref or ticket.ref),))


@verb("history", customers=True, customer_level=Level.claimed, changes=False)
class AskHistory(Action):
    """Get the history of a ticket: `#history`; of an organisation, all its tickets: `#history party:acme`."""

    party: str = value(Keyed("party", Word("missing-party"), ("firma", "asiakas", "zakaznik")), default="")
    ref: str = value(Reference(needed=False), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        if self.party:
            return Effect(ticket=ticket, asks=(Ask(what="party", about=self.party),))
        return Effect(ticket=ticket, asks=(Ask(what="history", about=self.ref or ticket.ref),))


@verb("list", customers=True, customer_level=Level.claimed, needs_ticket=False, changes=False)
class AskList(Action):
    """Get your open tickets: `#list`."""

    what: str = value(Rest(), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=ticket, asks=(Ask(what="list", about=self.what),))


@verb("find", needs_ticket=False, changes=False)
class Find(Action):
    """Search tickets: `#find paper jam`."""

    words: str = value(Rest(needed=True))

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=ticket, asks=(Ask(what="find", about=self.words),))


@verb("faq", customers=True, customer_level=Level.claimed, needs_ticket=False, changes=False)
class Faq(Action):
    """Search the desk's own answers: `#faq paper jam`; without words you get all titles."""

    words: str = value(Rest(), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=ticket, asks=(Ask(what="faq", about=self.words),))


@verb("help", customers=True, customer_level=Level.claimed, needs_ticket=False, changes=False)
class Help(Action):
    """Get this help: `#help`, `#help assign`."""

    about: str = value(Rest(), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=ticket, asks=(Ask(what="help", about=self.about),))


CUSTOMER_ALIASES = {"status": "status?"}
"""Where a customer's word means another verb than an agent's: his `status` asks, an agent's sets."""

__all__ = ["CUSTOMER_ALIASES", "AskHistory", "AskList", "AskStatus", "Faq", "Find", "Help", "Level", "Show"]
