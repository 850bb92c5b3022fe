"""In which scene somebody acts by a mail, for which cause, and how its letters are put into the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from mailgate.handling import belongings
from mailgate.letters import beside, events, letters
from mailgate.office import Office
from rules.actions.base import Scene
from rules.case import Facts
from rules.facts.people import Actor, Role
from rules.facts.sent import RecipientKind
from rules.notice import Notice
from store import outbox
from store.journal import Cause
from store.ledger import Written

SYSTEM = Actor(role=Role.system, name="rule")
DESK = Actor(role=Role.system, name="desk")


def scene_of(tx: Connection, facts: Facts, actor: Actor, office: Office | None = None) -> Scene:
    """In which scene somebody acts by a mail; with `office`, the canned answers stand ready, too."""
    canned = beside.canned_of(facts.policy, facts.directory, office.site) if office is not None else None
    return Scene(
        who=actor,
        at=facts.at,
        policy=facts.policy,
        directory=facts.directory,
        admission=facts.admission,
        canned=canned,
        stored=belongings.stored_in(tx),
        known=belongings.known_in(tx, facts.policy, facts.directory, facts.at),
    )


def cause_of(facts: Facts) -> Cause:
    """The mail, as the cause of what it does."""
    return Cause(name=f"mail:{facts.id}", received_id=facts.id or None)


def level_of(facts: Facts, actor: Actor) -> Any:  # noqa: ANN401 - the level, or None for nobody's mail
    """How far the sender was believed, as the row of the mail notes it."""
    return actor.level if facts.mail.identity or actor.is_agent else None


def event_of(facts: Facts, actor: Actor, written: Written | None = None) -> events.Event:
    """What the letters about an outcome share; `written` is what became of the ticket."""
    newest = max((p.id for p in written.posts), default=0) if written else 0
    return events.Event(
        at=facts.at,
        policy=facts.policy,
        directory=facts.directory,
        actor=actor,
        before=written.before if written else None,
        received_id=facts.id or None,
        newest_post=newest,
    )


def put(tx: Connection, office: Office, facts: Facts, batch: Sequence[outbox.Letter], cause: str = "", *, anew: bool = False) -> None:
    """Into the outbox, what may go out at all; `anew` where an earlier line of the same mail may have said it already."""
    sendable = letters.sendable(batch, facts.policy)
    if anew:
        outbox.overtake(tx, sendable, cause or cause_of(facts).name)
    outbox.put(
        tx,
        sendable,
        cause=cause or cause_of(facts).name,
        at=facts.at,
        keys=office.keys,
        domain=facts.policy.desk.domain,
    )


def told_customers(told: Sequence[Notice]) -> tuple[Notice, ...]:
    """Those of the notices that go to customers."""
    return tuple(n for n in told if n.kind is RecipientKind.customer)


def leaves_at(facts: Facts, told: Sequence[Notice]) -> datetime | None:
    """When the answer to the customer leaves, None if there is none."""
    waiting = [facts.at + n.after for n in told_customers(told) if n.template in {"message", "closed"}]
    return max(waiting, default=None)
