"""What an actor did last, and taking it back: mails that wait are dropped, posts are marked, those that left are named."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from rules import rights
from rules.actions.base import Change, Refused, Scene
from rules.actions.undo import Done, taken_back
from rules.facts.people import Agent
from rules.facts.terms import Fate, Status
from rules.facts.ticket import Ticket, changed
from rules.frozen import dataclass, replace
from rules.perform import Step
from store import facts, records, tables
from store.journal import Cause, append
from store.lists.clocks import UNDO
from store.lookup import find

POST, HISTORY, WAKE, LINK = tables.Post, tables.History, tables.Wake, tables.Link
OUTBOX, RECEIVED, TICKET, KNOWN = tables.Outbox, tables.Received, tables.Ticket, tables.KnownId
CLOSED_BEFORE = "the ticket was closed before"
"""Why a mail that was to leave later was kept back."""


def last_cause(tx: Connection, actor: str, before: str, ticket_id: int | None, wanted: str = "") -> str:
    """The cause of an actor's latest changes that are not undone, on one ticket or any, or the wanted one; empty if there are none."""
    query = (
        select(HISTORY.c.cause, HISTORY.c.action)
        .where(HISTORY.c.actor == actor, HISTORY.c.cause != before, HISTORY.c.cause != "")
        .order_by(HISTORY.c.id.desc())
        .limit(200)
    )
    if ticket_id is not None:
        query = query.where(HISTORY.c.ticket_id == ticket_id)
    undone: set[str] = set()
    for cause, action in tx.execute(query):
        if action.startswith(UNDO):
            undone.add(action.removeprefix(UNDO))
        elif cause not in undone and action != "undo" and wanted in {"", cause}:
            return str(cause)
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """What a mail about no ticket said of its author's absence: the mail, and the agent's values before and after."""

    mail: int
    change: Change


def last_absence(tx: Connection, agent: Agent, mail: int, since: str) -> Absence | None:
    """The agent's latest word about his absence before this mail, not taken back yet and later than the cause `since`; None if there is none."""
    past = (RECEIVED.c.from_address.in_(agent.addresses), RECEIVED.c.id < mail, RECEIVED.c.fate == Fate.executed.value)
    rows = tx.execute(select(RECEIVED.c.id, RECEIVED.c.received_at, RECEIVED.c.trace).where(*past).order_by(RECEIVED.c.id.desc()).limit(50))
    done = tx.execute(select(func.max(HISTORY.c.at), func.max(HISTORY.c.received_id)).where(HISTORY.c.cause == since)).one()
    undone: set[int] = set()
    for row in rows:
        if (row.id <= done[1]) if done[1] is not None else (done[0] is not None and row.received_at <= done[0]):
            return None
        for step in row.trace:
            if step.get("step") == "taken-back":
                undone.add(step["saw"])
            elif step.get("step") == "absence" and row.id not in undone:
                return Absence(mail=row.id, change=Change(kind="agent", ref=agent.name, before=step["saw"][0], after=step["saw"][1]))
    return None


def is_undone(tx: Connection, cause: str, ticket_id: int) -> bool:
    """Whether what a cause did to a ticket was taken back."""
    said = (HISTORY.c.ticket_id == ticket_id, HISTORY.c.action == f"{UNDO}{cause}")
    return tx.execute(select(HISTORY.c.id).where(*said)).first() is not None


def touched_by(tx: Connection, cause: str, actor: str) -> list[int]:
    """Row ids of the tickets that a cause changed."""
    return list(
        tx.execute(
            select(HISTORY.c.ticket_id).where(HISTORY.c.cause == cause, HISTORY.c.actor == actor).distinct().order_by(HISTORY.c.ticket_id)
        ).scalars()
    )


def take_back(
    tx: Connection, ticket: Ticket, scene: Scene, cause: Cause, wanted: str
) -> tuple[Ticket, tuple[Step, ...], tuple[int, ...], tuple[dict[str, Any], ...]]:
    """The ticket as it was before what the actor did last or as `wanted` names it, the step, and the mails: those dropped, those gone.

    Raises Refused if there is nothing to take back, or it can't be.
    """
    target = last_cause(tx, scene.who.name, cause.name, ticket.id, wanted)
    if not target:
        raise Refused("nothing-to-undo", ref=ticket.ref)
    rows = (
        tx.execute(select(HISTORY).where(HISTORY.c.ticket_id == ticket.id, HISTORY.c.cause == target).order_by(HISTORY.c.seq))
        .mappings()
        .all()
    )
    if any(row["action"] == "open" for row in rows):
        raise Refused("undo-open", near=("close quiet",) if ticket.status is not Status.closed else (), ref=ticket.ref)
    mine = [{k: v for k, v in row["changed"].items() if " " not in k} for row in rows]
    after = taken_back(ticket, [Done(action=row["action"], changed=told) for row, told in zip(rows, mine, strict=True)])
    if any(row["action"].partition(" ")[0] not in rights.FOR_ALL for row in rows):
        # As it was before: who handed a ticket over by mistake may have it back, who left its department changes nothing any more.
        rights.check_other(after, "undo", scene)
    parted = _put_together(tx, ticket, scene, cause, target) if any(row["action"].partition(" ")[0] == "split" for row in rows) else ()
    beside = records.take_back(tx, ticket.id, [row["changed"] for row in rows], ticket.ref)
    mails = (
        tx.execute(
            select(OUTBOX).where(OUTBOX.c.cause == target, OUTBOX.c.ticket_id.in_((ticket.id, *parted)), OUTBOX.c.template != "report")
        )
        .mappings()
        .all()
    )
    due = [row["id"] for row in mails if row["state"] == "due" and row["lease_until"] is None]
    gone = tuple(
        {"to": row["recipient_address"], "subject": row["subject"], "template": row["template"]}
        for row in mails
        if row["id"] not in due and row["state"] != "dropped"
    )
    if due:
        tx.execute(update(OUTBOX).where(OUTBOX.c.id.in_(due)).values(state="dropped", last_answer=f"taken back by {scene.who.name}"))
    left = {row["post_id"] for row in mails if row["id"] not in due and row["post_id"] and row["recipient_kind"] != "agent"}
    tx.execute(
        update(POST)
        .where(POST.c.ticket_id == ticket.id, POST.c.cause == target, POST.c.undone_at.is_(None), POST.c.id.not_in(left))
        .values(undone_at=scene.at)
    )
    tx.execute(
        update(WAKE).where(WAKE.c.ticket_id == ticket.id, WAKE.c.cause == target, WAKE.c.fired_at.is_(None)).values(fired_at=scene.at)
    )
    _unlink(tx, ticket, [row["action"] for row in rows], target)
    _schedule_anew(tx, ticket, {row["at"] for row in rows if row["changed"].get("status", ("", ""))[1] == Status.closed.value}, target)
    undone = changed(ticket, after) | (beside[0] if beside else {})
    return after, (Step(action=f"{UNDO}{target}", changed=undone),), tuple(due), gone


def _put_together(tx: Connection, ticket: Ticket, scene: Scene, cause: Cause, target: str) -> tuple[int, ...]:
    """Give the ticket back what was split off; the new one leads to it from now on. Raises Refused where somebody worked on that since."""
    opened = select(HISTORY.c.ticket_id).where(HISTORY.c.cause == target, HISTORY.c.action == "open")
    split = (LINK.c.other_id == ticket.id, LINK.c.kind == "split", LINK.c.ticket_id.in_(opened))
    ids = tuple(tx.execute(select(LINK.c.ticket_id).where(*split)).scalars())
    others = select(HISTORY.c.id).where(HISTORY.c.ticket_id.in_(ids), HISTORY.c.cause != target)
    if not ids or tx.execute(others.limit(1)).first() is not None:
        raise Refused("undo-moved", ref=ticket.ref)
    for table in (POST, KNOWN, RECEIVED):
        tx.execute(update(table).where(table.c.ticket_id.in_(ids)).values(ticket_id=ticket.id))
    tx.execute(delete(LINK).where(LINK.c.other_id == ticket.id, LINK.c.kind == "split", LINK.c.ticket_id.in_(ids)))
    for row in tx.execute(select(TICKET).where(TICKET.c.id.in_(ids))).mappings().all():
        before = facts.ticket(row)
        after = replace(before, merged_into=ticket.ref, status=Status.closed, closed_at=scene.at, version=before.version + 1)
        old, new = facts.ticket_row(before), facts.ticket_row(after)
        values = {name: value for name, value in new.items() if value != old[name]} | {"check_at": None}
        tx.execute(update(TICKET).where(TICKET.c.id == before.id).values(**values))
        append(tx, after, (Step(action=f"{UNDO}{target}", changed=changed(before, after)),), scene, cause)
    return ids


def _unlink(tx: Connection, ticket: Ticket, actions: Sequence[str], target: str) -> None:
    """Take away the links that the target made: those that no other entry asked for."""
    for action in dict.fromkeys(a for a in actions if a.startswith("link ")):
        before = select(HISTORY.c.id).where(HISTORY.c.ticket_id == ticket.id, HISTORY.c.action == action, HISTORY.c.cause != target)
        other = find(tx, action.removeprefix("link "))
        if other is not None and tx.execute(before.limit(1)).first() is None:
            mine = (LINK.c.ticket_id == ticket.id, LINK.c.other_id == other.id, LINK.c.kind == "related")
            tx.execute(delete(LINK).where(*mine))


def _schedule_anew(tx: Connection, ticket: Ticket, closed_at: Collection[datetime], target: str) -> None:
    """What was to leave later and was kept back by the closing that is taken back leaves after all; what is late by now, at once."""
    if not closed_at:
        return
    theirs = (POST.c.ticket_id == ticket.id, POST.c.undone_at.in_(closed_at), POST.c.cause != target)
    posts = list(tx.execute(select(POST.c.id).where(*theirs)).scalars())
    kept = (OUTBOX.c.post_id.in_(posts), OUTBOX.c.state == "dropped", OUTBOX.c.last_answer == CLOSED_BEFORE)
    again = set(tx.execute(select(OUTBOX.c.post_id).where(*kept)).scalars())
    tx.execute(update(OUTBOX).where(*kept).values(state="due", last_answer=""))
    tx.execute(update(POST).where(POST.c.id.in_(again)).values(undone_at=None))


def drop_scheduled(tx: Connection, ticket: Ticket, cause: Cause, at: datetime) -> tuple[tuple[int, ...], tuple[dict[str, Any], ...]]:
    """Keep back what was to leave later, now that the ticket is closed: what was written in the hour of closing itself still leaves.

    Gives the outbox rows, and what each was: `{to, subject, template}`.
    """
    waiting = (OUTBOX.c.ticket_id == ticket.id, OUTBOX.c.state == "due", OUTBOX.c.until_closed.is_(True), OUTBOX.c.cause != cause.name)
    rows = tx.execute(select(OUTBOX).where(*waiting, OUTBOX.c.lease_until.is_(None))).all()
    found = tuple(row.id for row in rows)
    if found:
        tx.execute(update(OUTBOX).where(OUTBOX.c.id.in_(found)).values(state="dropped", last_answer=CLOSED_BEFORE))
        posts = {row.post_id for row in rows if row.post_id is not None}
        tx.execute(update(POST).where(POST.c.id.in_(posts)).values(undone_at=at))
    return found, tuple({"to": row.recipient_address, "subject": row.subject, "template": row.template} for row in rows)
