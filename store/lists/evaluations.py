"""Reading what figures are made of: the requests of a period with the course of their clocks, and when others were closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rules import deadlines
from rules.deadlines import Moment
from rules.facts.policy import Policy
from rules.facts.terms import Status
from rules.facts.ticket import Ticket
from rules.figures import Counted
from rules.frozen import dataclass
from store import facts, plain
from store.lists import clocks, things

if TYPE_CHECKING:
    from store.plain import Reading, Row

_SOME = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Which requests: opened from `start` on and before `end`, of one party or of all."""

    start: datetime | None = None
    end: datetime | None = None
    party: str = ""


def counted(tx: Reading, wanted: Period, policy: Policy, at: datetime) -> list[Counted]:
    """The requests that were opened in the period, archived ones too, oldest first, with their clocks as of `at`."""
    values: dict[str, Any] = {}
    said = f"SELECT * FROM ticket WHERE {_here(wanted, 'opened_at', values)} ORDER BY opened_at, id"  # noqa: S608 - words of ours
    found = [facts.ticket(row) for row in plain.rows(tx, "ticket", said, values)]
    of_party = {row["key"]: row["class_"] for row in plain.rows(tx, "party", "SELECT key, class_ FROM party WHERE class_ <> ''")}
    of_person = _classes_of_persons(tx)
    agreed = {key: things.contract(tx, key) for key in {ticket.contract for ticket in found}}
    out: list[Counted] = []
    for ticket, moments in _with_moments(tx, found):
        classes = (of_person.get(ticket.requester.key, ""), of_party.get(ticket.party, ""))
        measured = deadlines.measured(ticket, moments, policy, at, agreed[ticket.contract])
        out.append(Counted(ticket=ticket, classes=tuple(dict.fromkeys(c for c in classes if c)), clocks=measured))
    return out


def closings(tx: Reading, wanted: Period) -> list[datetime]:
    """When requests were closed within the period, whenever they were opened."""
    values: dict[str, Any] = {}
    here = f"status = 'closed' AND closed_at IS NOT NULL AND {_here(wanted, 'closed_at', values)}"
    found = plain.rows(tx, "ticket", f"SELECT closed_at FROM ticket WHERE {here} ORDER BY closed_at", values)  # noqa: S608 - words of ours
    return [row["closed_at"] for row in found]


def _here(wanted: Period, column: str, values: dict[str, Any]) -> str:
    """The condition that a request counts: its time in this column lies within the period."""
    said = ["deleted_at IS NULL", "merged_into = ''"]
    if wanted.party:
        values["party"] = wanted.party
        said.append("party = :party")
    if wanted.start is not None:
        values["start"] = wanted.start
        said.append(f"{column} >= :start")
    if wanted.end is not None:
        values["until"] = wanted.end
        said.append(f"{column} < :until")
    return " AND ".join(said)


def _classes_of_persons(tx: Reading) -> dict[str, str]:
    said = "SELECT mailbox.key, person.class_ FROM mailbox JOIN person ON person.id = mailbox.person_id WHERE person.class_ <> ''"
    return {row["key"]: row["class_"] for row in plain.rows(tx, "mailbox", said)}


def _with_moments(tx: Reading, found: Sequence[Ticket]) -> Iterator[tuple[Ticket, list[Moment]]]:
    """Each ticket with what its history says of status and activity; the histories are read for many at once."""
    for start in range(0, len(found), _SOME):
        some = found[start : start + _SOME]
        values: dict[str, Any] = {}
        theirs = plain.among(tx, "ticket_id", [ticket.id for ticket in some], values)
        said = f"SELECT ticket_id, at, actor, action, cause, changed FROM history WHERE {theirs} ORDER BY ticket_id, seq"  # noqa: S608 - words of ours
        rows: dict[int, list[Row]] = {}
        for row in plain.rows(tx, "history", said, values):
            rows.setdefault(row["ticket_id"], []).append(row)
        for ticket in some:
            moments = clocks.moments_of(rows.get(ticket.id, ()))
            yield ticket, moments or ([Moment(at=ticket.opened_at, status=Status.new)] if ticket.opened_at else [])
