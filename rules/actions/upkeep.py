"""What only the command line does to tasks and orders: an order changed, either of them taken away. Mail has words of its own for the rest.

Changing a task stands beside the other words about tasks, in `tasks.py`.
"""

from __future__ import annotations

from typing import ClassVar

from rules import records
from rules.actions.asides import moment
from rules.actions.base import Action, Change, Effect, Refused, Scene, value, verb
from rules.actions.service import ordered, parts, reported
from rules.actions.tasks import which
from rules.actions.values import Word
from rules.facts.ticket import ORDER_STATES, ServiceOrder, Ticket
from rules.frozen import replace


@verb("change-order")
class ChangeOrder(Action):
    """Change a service order; the technician gets it anew where time, place or person changed. Nobody says it in a mail."""

    reads_records: ClassVar[bool] = True
    ref: str = value(Word("missing-ref"))
    tech: str = ""
    when: str = ""
    text: str = ""
    state: str = ""
    minutes: int = 0
    """Reported time that is added."""
    material: str = ""
    """Reported material that is added, as `#parts` reads it."""
    report: str = ""

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        before = _order(self.ref, ticket, scene)
        if self.state and self.state not in ORDER_STATES:
            raise Refused("unknown-state", near=ORDER_STATES, word=self.state)
        if self.tech and self.tech not in scene.directory.agents:
            raise Refused("unknown-agent", near=tuple(scene.directory.agents)[:3], word=self.tech)
        entry = {"at": scene.at.isoformat(), "who": scene.who.name, "minutes": self.minutes, "text": self.report}
        after = replace(
            before,
            technician=self.tech or before.technician,
            when_at=moment(self.when, scene, ends=False) or before.when_at,
            text=self.text or before.text,
            state=self.state or before.state,
            hours=(*before.hours, entry) if self.minutes or self.report else before.hours,
            parts=(*before.parts, *parts(self.material)),
        )
        if after == before:
            return Effect(ticket=ticket)
        anew = (after.technician, after.when_at, after.text) != (before.technician, before.when_at, before.text) and after.state != "done"
        has_report = (after.hours, after.parts, after.state) != (before.hours, before.parts, before.state)
        return Effect(
            ticket=replace(ticket, minutes=max(0, ticket.minutes + self.minutes)),
            records=(records.changed("order", before, after),),
            asides=(ordered(after, (after.technician,)),) if anew else (reported(after, ticket, scene),) if has_report else (),
        )


@verb("remove-order")
class RemoveOrder(Action):
    """Take a service order away; the history keeps what it said."""

    reads_records: ClassVar[bool] = True
    ref: str = value(Word("missing-ref"))

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        order = _order(self.ref, ticket, scene)
        return Effect(ticket=ticket, records=(Change(kind="order", ref=order.ref, before=records.values(order), after=None),))


@verb("remove-task")
class RemoveTask(Action):
    """Take a task away; the history keeps what it said."""

    reads_records: ClassVar[bool] = True
    ref: str = value(Word("missing-ref"))

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        task = which(self.ref, "done", ticket, scene)
        return Effect(ticket=ticket, records=(Change(kind="task", ref=task.ref, before=records.values(task), after=None),))


def _order(ref: str, ticket: Ticket, scene: Scene) -> ServiceOrder:
    found = scene.records.orders.get(ref.upper())
    if found is None:
        raise Refused("no-such-order", near=tuple(scene.records.orders)[:3], word=ref)
    return found
