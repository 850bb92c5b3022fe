"""Taking back what one's last mail did: generic, because the history holds every field before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rules.actions.base import Action, Effect, Refused, Scene, value, verb
from rules.actions.values import Rest
from rules.facts.ticket import DERIVED, Ticket, plain, restored
from rules.frozen import dataclass


@verb("undo")
class Undo(Action):
    """Take back everything your last mail did: `#undo`. Mails that have not left yet are not sent."""

    cause: str = value(Rest(), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=ticket, undo=True, undo_cause=self.cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One history entry to be taken back."""

    action: str
    changed: Mapping[str, Sequence[Any]]


def taken_back(ticket: Ticket, entries: Sequence[Done]) -> Ticket:
    """The ticket as before the entries (oldest first); raises Refused when one of their fields changed since.

    Derived fields (the light, due times) are restored without asking, since they follow from the others.
    """
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for entry in entries:
        for name, (was, became) in entry.changed.items():
            before.setdefault(name, was)
            after[name] = became
    for name, became in after.items():
        if name not in DERIVED and plain(getattr(ticket, name)) != became:
            raise Refused("changed-since", field=name, ref=ticket.ref)
    return restored(ticket, before)
