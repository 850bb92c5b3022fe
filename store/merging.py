"""A ticket that becomes part of another, and one that comes apart from it again: posts, mails and records go along.

Its reference leads to the other one for ever, or until somebody takes the merging back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, delete, insert, select, update

from rules import rights
from rules.actions.base import Refused, Scene
from rules.actions.undo import Done, taken_back
from rules.facts.terms import Status
from rules.facts.ticket import Ticket, changed
from rules.frozen import dataclass, replace
from rules.perform import Step
from store import facts, records, tables
from store.journal import Cause, append, update_of
from store.lists.clocks import UNDO
from store.lookup import find

TICKET, POST, LINK, OLD = tables.Ticket, tables.Post, tables.Link, tables.OldRef
KNOWN, OUTBOX, HISTORY, RECEIVED = tables.KnownId, tables.Outbox, tables.History, tables.Received


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A ticket that goes into another: itself as it is from now on, and that one before and after."""

    ticket: Ticket
    before: Ticket
    home: Ticket


def merged(tx: Connection, ticket: Ticket, into: str, scene: Scene) -> Merged:
    """What merging gives; raises Refused if the other is unknown or put away. One that is closed opens again for what is still open."""
    target = find(tx, into)
    if target is None or target.id == ticket.id or not rights.may_name(target, scene):
        raise Refused("no-such-ticket", ref=into)
    # His own ticket would carry its people into another department's, and they would read its answers.
    rights.check_other(target, "merge", scene)
    if target.deleted_at is not None or target.archived_at is not None:
        raise Refused("deleted" if target.deleted_at is not None else "archived", ref=target.ref)
    watchers = tuple(
        w
        for w in dict.fromkeys((*target.watchers, ticket.requester.address, *ticket.watchers))
        if w and facts.key(w) != target.requester.key
    )
    home = replace(target, watchers=watchers, version=target.version + 1)
    if ticket.is_open and not target.is_open:
        home = replace(home, status=Status.assigned if target.assignee or target.group else Status.new, closed_at=None)
    gone = replace(ticket, merged_into=target.ref, status=Status.closed, closed_at=ticket.closed_at or scene.at)
    return Merged(ticket=gone, before=target, home=home)


def move(tx: Connection, made: Merged, scene: Scene, cause: Cause) -> None:
    """Write the other ticket, and move everything of the merged one there."""
    ticket, target = made.ticket, made.home
    _write(tx, made.before, target)
    for held in (POST, KNOWN, records.TASK, records.ORDER):
        column = held.c.ticket_id
        if held is KNOWN:
            have = select(KNOWN.c.message_id).where(KNOWN.c.ticket_id == target.id)
            tx.execute(update(KNOWN).where(column == ticket.id, KNOWN.c.message_id.not_in(have)).values(ticket_id=target.id))
        else:
            tx.execute(update(held).where(column == ticket.id).values(ticket_id=target.id))
    tx.execute(update(OUTBOX).where(OUTBOX.c.ticket_id == ticket.id).values(ticket_id=target.id))
    tx.execute(update(OLD).where(OLD.c.ticket_id == ticket.id).values(ticket_id=target.id))
    append(tx, target, (Step(action=f"merged {ticket.ref}", changed=changed(made.before, target)),), scene, cause)
    tx.execute(insert(LINK).values(ticket_id=ticket.id, other_id=target.id, kind="merged"))


def joined_by(tx: Connection, ticket: Ticket, cause: str) -> tuple[Ticket, Ticket] | None:
    """The ticket that a cause merged and the one it went into, where `ticket` is either and they are together still; None otherwise."""
    said = (HISTORY.c.cause == cause, HISTORY.c.action == f"merged {ticket.ref}")
    into = tx.execute(select(HISTORY.c.ticket_id).where(*said)).scalar()
    away = [] if into is not None else _actions(tx, ticket.id, cause)
    ref = next((action.partition(" ")[2] for action in away if action.startswith("merged ")), "")
    if into is None and not ref:
        return None
    gone = ticket if into is not None else _one(tx, TICKET.c.ref == ref)
    home = ticket if into is None else _one(tx, TICKET.c.id == into)
    undone = (HISTORY.c.ticket_id == home.id, HISTORY.c.action == f"{UNDO}{cause}")
    return None if tx.execute(select(HISTORY.c.id).where(*undone)).first() is not None else (gone, home)


def take_apart(tx: Connection, gone: Ticket, home: Ticket, scene: Scene, cause: Cause, target: str) -> Ticket:
    """Give a merged ticket back what was its own; what came since stays where it came to. Gives the other one as it is then.

    Raises Refused where the other one's fields changed since, or words can't be told apart: those of one mail to both.
    """
    rows = tx.execute(select(HISTORY).where(HISTORY.c.ticket_id == home.id, HISTORY.c.cause == target).order_by(HISTORY.c.seq)).mappings()
    entries = [Done(action=row["action"], changed=row["changed"]) for row in rows]
    if any(entry.action != f"merged {gone.ref}" for entry in entries):
        raise Refused("undo-merge", ref=home.ref)
    before = replace(taken_back(home, entries), version=home.version + 1)
    ids, refs = _family(tx, gone)
    posts = _posts(tx, home, ids, target)
    tx.execute(update(POST).where(POST.c.id.in_(posts)).values(ticket_id=gone.id))
    theirs = select(RECEIVED.c.id).where(RECEIVED.c.ticket_id.in_(ids))
    tx.execute(update(KNOWN).where(KNOWN.c.ticket_id == home.id, KNOWN.c.received_id.in_(theirs)).values(ticket_id=gone.id))
    for held, mark in ((records.TASK, "."), (records.ORDER, "-")):
        found = tx.execute(select(held.c.ref).where(held.c.ticket_id == home.id)).scalars()
        own = [ref for ref in found if ref.rpartition(mark)[0] in refs]
        tx.execute(update(held).where(held.c.ref.in_(own)).values(ticket_id=gone.id))
    mails = tx.execute(select(OUTBOX.c.id, OUTBOX.c.card).where(OUTBOX.c.ticket_id == home.id)).all()
    own_mails = [row.id for row in mails if row.card.get("token_ref") in refs]
    tx.execute(update(OUTBOX).where(OUTBOX.c.id.in_(own_mails)).values(ticket_id=gone.id))
    tx.execute(delete(LINK).where(LINK.c.ticket_id == gone.id, LINK.c.other_id == home.id, LINK.c.kind == "merged"))
    _write(tx, home, before)
    append(tx, before, (Step(action=f"{UNDO}{target}", changed=changed(home, before)),), scene, cause)
    return before


def _posts(tx: Connection, home: Ticket, ids: Collection[int], target: str) -> list[int]:
    """Row ids of the posts that came with the merged tickets: by the request that their mail belonged to, else by what caused them."""
    query = select(POST.c.id, POST.c.cause, RECEIVED.c.ticket_id).join_from(
        POST, RECEIVED, RECEIVED.c.id == POST.c.received_id, isouter=True
    )
    causes = _causes(tx, ids)
    own = _causes(tx, [home.id]) - {target}
    found: list[int] = []
    for row in tx.execute(query.where(POST.c.ticket_id == home.id)):
        if row.ticket_id is None and row.cause in causes & own:
            raise Refused("undo-merge", ref=home.ref)
        if row.ticket_id in ids or (row.ticket_id is None and row.cause in causes):
            found.append(row.id)
    return found


def _causes(tx: Connection, ids: Collection[int]) -> set[str]:
    return set(tx.execute(select(HISTORY.c.cause).where(HISTORY.c.ticket_id.in_(ids)).distinct()).scalars())


def _family(tx: Connection, ticket: Ticket) -> tuple[set[int], set[str]]:
    """A ticket and all that were merged into it before: row ids and references."""
    ids, refs = {ticket.id}, {ticket.ref}
    new = [ticket.ref]
    while new:
        rows: Sequence[tuple[int, str]] = [
            (r.id, r.ref) for r in tx.execute(select(TICKET.c.id, TICKET.c.ref).where(TICKET.c.merged_into.in_(new)))
        ]
        new = [ref for _, ref in rows if ref not in refs]
        ids |= {each for each, _ in rows}
        refs |= {ref for _, ref in rows}
    return ids, refs


def _actions(tx: Connection, ticket_id: int, cause: str) -> list[str]:
    return list(tx.execute(select(HISTORY.c.action).where(HISTORY.c.ticket_id == ticket_id, HISTORY.c.cause == cause)).scalars())


def _one(tx: Connection, which: object) -> Ticket:
    return facts.ticket(tx.execute(select(TICKET).where(which)).mappings().one())  # type: ignore[arg-type]


def _write(tx: Connection, before: Ticket, after: Ticket) -> None:
    old, new = facts.ticket_row(before), facts.ticket_row(after)
    values = {name: value for name, value in new.items() if value != old[name]}
    update_of(tuple(values)).run(tx, values | {"row_id": after.id})
