"""Verbs about who a ticket is for and who hears of it: requester, cc, mute, include, merge."""

from __future__ import annotations

from collections.abc import Callable

from rules.actions.base import Action, Effect, Known, Refused, Scene, value, verb
from rules.actions.values import Reference, Rest
from rules.actions.whom import Mailbox
from rules.facts.terms import Address, Level, address_key
from rules.facts.ticket import Ticket
from rules.frozen import replace


@verb("requester", level=Level.both)
class SetRequester(Action):
    """Say for whom the ticket is: `#requester jan@customer.example Jan Novak`. He gets the answers from now on."""

    address: str = value(Mailbox())
    name: str = value(Rest(), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        if scene.policy.is_own(self.address):
            raise Refused("own-address", word=self.address)
        is_same = address_key(self.address) == ticket.requester.key
        on_file = scene.known(self.address) if scene.known is not None and not is_same else Known()
        name = self.name or (ticket.requester.name if is_same else on_file.name)
        language = on_file.language if on_file.language in scene.policy.languages else ticket.language
        after = replace(ticket, requester=Address(name=name, address=self.address), language=language)
        if scene.known is not None and not is_same and _was_his(ticket, scene.known) and on_file.party != ticket.party:
            # whose colleagues may read it, and which agreement covers it, came with the one it was for
            after = replace(after, party=on_file.party, contract=on_file.contract, project=on_file.project)
        return Effect(ticket=after)


def _was_his(ticket: Ticket, known: Callable[[str], Known]) -> bool:
    """Whether the ticket's party came with its requester, and wasn't said by staff."""
    if not ticket.party or not ticket.requester.address:
        return not ticket.party
    return known(ticket.requester.address).party == ticket.party


@verb("cc", level=Level.both, customers=True)
class Cc(Action):
    """Let somebody follow the ticket, or no longer: `#cc eva@customer.example`, `#cc -eva@customer.example`."""

    address: str = value(Mailbox(signed=True))

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        bare = self.address.lstrip("-")
        if scene.policy.is_own(bare):
            raise Refused("own-address", word=bare)
        key = address_key(bare)
        others = tuple(w for w in ticket.watchers if address_key(w) != key)
        waiting = tuple(w for w in ticket.waiting_room if address_key(w) != key)
        if self.address.startswith("-"):
            return Effect(ticket=replace(ticket, watchers=others))
        if key == ticket.requester.key:
            return Effect(ticket=ticket)
        return Effect(ticket=replace(ticket, watchers=(*others, bare), waiting_room=waiting))


@verb("mute", customers=True, customer_level=Level.claimed)
class Mute(Action):
    """Get no more status mails about this ticket; answers still come."""

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        key = scene.who.address.key
        others = tuple(m for m in ticket.muted if m != key)
        return Effect(ticket=replace(ticket, muted=(*others, key)))


@verb("merge", level=Level.both)
class Merge(Action):
    """Put this ticket into another one: `#merge T41`. Its mails, old and new, go there from now on."""

    into: str = value(Reference())

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        if self.into == ticket.ref.upper():
            raise Refused("merge-itself", ref=ticket.ref)
        return Effect(ticket=ticket, merge_into=self.into, quiet=True)


@verb("link")
class LinkTo(Action):
    """Note that two tickets have to do with each other: `#link T41`."""

    other: str = value(Reference())

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        if self.other == ticket.ref.upper():
            raise Refused("link-itself", ref=ticket.ref)
        return Effect(ticket=ticket, links=((self.other, "related"),))
