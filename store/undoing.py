"""What an actor did last, and taking it back: mails that wait are dropped, posts are marked, those that left are named."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from rules.actions.base import Refused, Scene
from rules.actions.undo import Done, taken_back
from rules.facts.ticket import Ticket, changed
from rules.perform import Step
from store import records, tables
from store.journal import Cause

POST, HISTORY, WAKE = tables.Post, tables.History, tables.Wake
OUTBOX = tables.Outbox


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
        if action.startswith("undo "):
            undone.add(action.removeprefix("undo "))
        elif cause not in undone and action != "undo" and wanted in {"", cause}:
            return str(cause)
    return ""


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
        raise Refused("undo-open", ref=ticket.ref)
    if any(row["action"].partition(" ")[0] in {"merge", "merged"} for row in rows):
        # the posts went along: what came since can't be told from them
        raise Refused("undo-merge", ref=ticket.ref)
    if any(row["action"].partition(" ")[0] in {"split", "merge"} for row in rows):
        raise Refused("undo-moved", ref=ticket.ref)
    mine = [{k: v for k, v in row["changed"].items() if " " not in k} for row in rows]
    after = taken_back(ticket, [Done(action=row["action"], changed=told) for row, told in zip(rows, mine, strict=True)])
    beside = records.take_back(tx, ticket.id, [row["changed"] for row in rows], ticket.ref)
    mails = (
        tx.execute(select(OUTBOX).where(OUTBOX.c.cause == target, OUTBOX.c.ticket_id == ticket.id, OUTBOX.c.template != "report"))
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
    undone = changed(ticket, after) | (beside[0] if beside else {})
    return after, (Step(action=f"undo {target}", changed=undone),), tuple(due), gone


def drop_scheduled(tx: Connection, ticket: Ticket, cause: Cause, at: datetime) -> tuple[int, ...]:
    """Keep back what was to leave later, now that the ticket is closed: what was written in the hour of closing itself still leaves."""
    waiting = (OUTBOX.c.ticket_id == ticket.id, OUTBOX.c.state == "due", OUTBOX.c.until_closed.is_(True), OUTBOX.c.cause != cause.name)
    rows = tx.execute(select(OUTBOX.c.id, OUTBOX.c.post_id).where(*waiting, OUTBOX.c.lease_until.is_(None))).all()
    found = tuple(row.id for row in rows)
    if found:
        tx.execute(update(OUTBOX).where(OUTBOX.c.id.in_(found)).values(state="dropped", last_answer="the ticket was closed before"))
        posts = {row.post_id for row in rows if row.post_id is not None}
        tx.execute(update(POST).where(POST.c.id.in_(posts)).values(undone_at=at))
    return found
