"""The verb that opens a ticket for somebody else: after a telephone call, from a forwarded mail."""

from __future__ import annotations

import re

from rules.actions.base import Action, Effect, Scene, value, verb
from rules.actions.values import Rest
from rules.facts.terms import Address, Level
from rules.facts.ticket import Ticket
from rules.frozen import replace


@verb("new", needs_ticket=False)
class New(Action):
    """Open a ticket for somebody: `#new for:jan@customer.example channel:phone`."""

    about: str = value(Rest(), default="")

    def requester(self) -> Address:
        """For whom: an address with the name around it, a bare name, or a telephone number as a name."""
        text = _value(self.about, "for") or re.sub(r"\b\w+:\S+", "", self.about).strip()
        found = re.search(r"[^\s<>]+@[^\s<>]+", text)
        if not found:
            return Address(name=text.strip('" '), address="")
        return Address(name=text.replace(found[0], "").strip('<>" '), address=found[0].strip("<>.,;"))

    def channel(self) -> str:
        """By which way it came; mail where nothing is said."""
        return _value(self.about, "channel") or "mail"

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        who = self.requester()
        if who.address or who.name:
            ticket = replace(ticket, requester=who)
        return Effect(ticket=replace(ticket, channel=self.channel()))


@verb("wrong-person", level=Level.token)
class WrongPerson(Action):
    """Say that a forwarded mail was taken for the wrong person's: nobody is told, and the ticket is yours until you name the right one."""

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=replace(ticket, requester=scene.who.address), quiet=True)


def _value(text: str, key: str) -> str:
    found = re.search(rf'\b{key}:\s*("[^"]*"|[^:]+?)(?=\s+\w+:|$)', text, re.IGNORECASE)
    return found[1].strip().strip('"') if found else ""
