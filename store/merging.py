"""A ticket that becomes part of another: posts, mails and records go along, its reference leads there for ever."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from rules import rights
from rules.actions.base import Refused, Scene
from rules.facts.terms import Status
from rules.facts.ticket import Ticket, changed
from rules.frozen import replace
from rules.perform import Step
from store import facts, records, tables
from store.journal import Cause, append
from store.lookup import find

TICKET, POST, LINK, OLD = tables.Ticket, tables.Post, tables.Link, tables.OldRef
KNOWN, OUTBOX = tables.KnownId, tables.Outbox


def merge(tx: Connection, ticket: Ticket, into: str, scene: Scene, cause: Cause) -> Ticket:
    """Move everything of a ticket to another; gives it closed, and raises Refused if the other is unknown."""
    target = find(tx, into)
    if target is None or target.id == ticket.id or not rights.may_name(target, scene):
        raise Refused("no-such-ticket", ref=into)
    # His own ticket would carry its people into another department's, and they would read its answers.
    rights.check_other(target, "merge", scene)
    watchers = tuple(
        w
        for w in dict.fromkeys((*target.watchers, ticket.requester.address, *ticket.watchers))
        if w and facts.key(w) != target.requester.key
    )
    merged = replace(target, watchers=watchers, version=target.version + 1)
    tx.execute(update(TICKET).where(TICKET.c.id == target.id).values(watchers=list(watchers), version=merged.version))
    for held in (POST, KNOWN, records.TASK, records.ORDER):
        column = held.c.ticket_id
        if held is KNOWN:
            have = select(KNOWN.c.message_id).where(KNOWN.c.ticket_id == target.id)
            tx.execute(update(KNOWN).where(column == ticket.id, KNOWN.c.message_id.not_in(have)).values(ticket_id=target.id))
        else:
            tx.execute(update(held).where(column == ticket.id).values(ticket_id=target.id))
    tx.execute(update(OUTBOX).where(OUTBOX.c.ticket_id == ticket.id).values(ticket_id=target.id))
    tx.execute(update(OLD).where(OLD.c.ticket_id == ticket.id).values(ticket_id=target.id))
    append(tx, merged, (Step(action=f"merged {ticket.ref}", changed=changed(target, merged)),), scene, cause)
    tx.execute(insert(LINK).values(ticket_id=ticket.id, other_id=target.id, kind="merged"))
    return replace(ticket, merged_into=target.ref, status=Status.closed, closed_at=scene.at)
