"""Reading what figures are made of: the requests of a period with the course of their clocks, and when others were closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select

from rules import deadlines
from rules.deadlines import Moment
from rules.facts.policy import Policy
from rules.facts.terms import Status
from rules.facts.ticket import Ticket
from rules.figures import Counted
from rules.frozen import dataclass
from store import facts, tables, things
from store.lists import clocks

TICKET, HISTORY = tables.Ticket, tables.History
PARTY, PERSON, MAILBOX = tables.Party, tables.Person, tables.Mailbox
_SOME = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Which requests: opened from `start` on and before `end`, of one party or of all."""

    start: datetime | None = None
    end: datetime | None = None
    party: str = ""


def counted(tx: Connection, wanted: Period, policy: Policy, at: datetime) -> list[Counted]:
    """The requests that were opened in the period, archived ones too, oldest first, with their clocks as of `at`."""
    query = select(TICKET).where(and_(*_here(wanted), *_within(TICKET.c.opened_at, wanted))).order_by(TICKET.c.opened_at, TICKET.c.id)
    found = [facts.ticket(row) for row in tx.execute(query).mappings()]
    of_party = {row.key: row.class_ for row in tx.execute(select(PARTY.c.key, PARTY.c.class_).where(PARTY.c.class_ != ""))}
    of_person = _classes_of_persons(tx)
    agreed = {key: things.contract(tx, key) for key in {ticket.contract for ticket in found}}
    out: list[Counted] = []
    for ticket, moments in _with_moments(tx, found):
        classes = (of_person.get(ticket.requester.key, ""), of_party.get(ticket.party, ""))
        clocks = deadlines.measured(ticket, moments, policy, at, agreed[ticket.contract])
        out.append(Counted(ticket=ticket, classes=tuple(dict.fromkeys(c for c in classes if c)), clocks=clocks))
    return out


def closings(tx: Connection, wanted: Period) -> list[datetime]:
    """When requests were closed within the period, whenever they were opened."""
    query = select(TICKET.c.closed_at).where(
        and_(*_here(wanted), TICKET.c.status == "closed", TICKET.c.closed_at.is_not(None), *_within(TICKET.c.closed_at, wanted))
    )
    return list(tx.execute(query.order_by(TICKET.c.closed_at)).scalars())


def _here(wanted: Period) -> list[Any]:
    conditions: list[Any] = [TICKET.c.deleted_at.is_(None), TICKET.c.merged_into == ""]
    return [*conditions, TICKET.c.party == wanted.party] if wanted.party else conditions


def _within(column: Any, wanted: Period) -> list[Any]:  # noqa: ANN401 - a column of times
    conditions: list[Any] = []
    if wanted.start is not None:
        conditions.append(column >= wanted.start)
    if wanted.end is not None:
        conditions.append(column < wanted.end)
    return conditions


def _classes_of_persons(tx: Connection) -> dict[str, str]:
    query = select(MAILBOX.c.key, PERSON.c.class_).join(PERSON, PERSON.c.id == MAILBOX.c.person_id).where(PERSON.c.class_ != "")
    return {row.key: row.class_ for row in tx.execute(query)}


def _with_moments(tx: Connection, found: Sequence[Ticket]) -> Iterator[tuple[Ticket, list[Moment]]]:
    """Each ticket with what its history says of status and activity; the histories are read for many at once."""
    for start in range(0, len(found), _SOME):
        some = found[start : start + _SOME]
        query = (
            select(HISTORY.c.ticket_id, HISTORY.c.at, HISTORY.c.actor, HISTORY.c.action, HISTORY.c.changed)
            .where(HISTORY.c.ticket_id.in_([ticket.id for ticket in some]))
            .order_by(HISTORY.c.ticket_id, HISTORY.c.seq)
        )
        rows: dict[int, list[Any]] = {}
        for row in tx.execute(query).mappings():
            rows.setdefault(row["ticket_id"], []).append(row)
        for ticket in some:
            moments = clocks.moments_of(rows.get(ticket.id, ()))
            yield ticket, moments or ([Moment(at=ticket.opened_at, status=Status.new)] if ticket.opened_at else [])
