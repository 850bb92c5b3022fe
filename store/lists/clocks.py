"""What the clocks of a ticket are reckoned from: what its history says of its status and activity, and what was agreed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rules import deadlines
from rules.deadlines import Moment
from rules.facts.policy import Policy
from rules.facts.terms import Status
from rules.facts.ticket import Ticket
from store import plain
from store.lists import things

if TYPE_CHECKING:
    from store.plain import Reading

QUESTIONS = frozenset("show status? history list find faq help print".split())
"""Verbs that ask and change nothing, as they stand in the history: whoever asks how it stands puts off no reminder."""


def moments(tx: Reading, ticket_id: int) -> list[Moment]:
    """What the history says of a ticket's status and activity, in order; timers' own entries and mere questions are no activity."""
    said = "SELECT at, actor, action, cause, changed FROM history WHERE ticket_id = :id ORDER BY seq"
    return moments_of(plain.rows(tx, "history", said, {"id": ticket_id}))


UNDO = "undo "
"""How the entry of an undo begins; the cause that it took back follows."""


def moments_of(rows: Iterable[Mapping[Any, Any]], without: str = "") -> list[Moment]:
    """The same from rows of one ticket's history, in order.

    What was taken back, and the taking back, never were: every clock stands as if nobody had touched the ticket. `without` is a cause
    that is about to be taken back.
    """
    out: list[Moment] = []
    status = Status.new
    entries = list(rows)
    undone = {row["action"].removeprefix(UNDO) for row in entries if row["action"].startswith(UNDO)} | ({without} - {""})
    for row in entries:
        if row["cause"] in undone or row["action"].startswith(UNDO):
            continue
        if "status" in row["changed"]:
            status = Status(row["changed"]["status"][1])
        idle = row["actor"] == "timer" or row["action"].partition(" ")[0] in QUESTIONS
        if not idle or "status" in row["changed"] or not out:
            out.append(Moment(at=row["at"], status=status))
    return out


def as_of(tx: Reading, ticket: Ticket, policy: Policy, at: datetime) -> Ticket:
    """The ticket with due times and light of that moment, if nothing happens until then. Nothing is written."""
    return deadlines.settled(ticket, moments(tx, ticket.id), policy, at, things.contract(tx, ticket.contract))
