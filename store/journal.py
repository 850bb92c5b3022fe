"""What is written beside the row of a ticket: its history, each entry linked to the one before it, its posts, wake-ups, records and links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from rules import chain, rights
from rules.actions.base import Draft, Refused, Scene
from rules.facts.ticket import Post, Ticket
from rules.frozen import dataclass
from rules.perform import Outcome, Step
from store import facts, records, sealing, search, tables
from store.lookup import find
from store.prepared import Prepared, at_most

TICKET, POST, HISTORY, WAKE, LINK = tables.Ticket, tables.Post, tables.History, tables.Wake, tables.Link

_INSERT_POST = Prepared(
    insert(POST),
    takes="ticket_id at author_name author_address agent kind direction subject text quoted parts received_id to about cause".split(),
)
INSERT_ENTRY = Prepared(insert(HISTORY), takes="ticket_id seq at actor action cause received_id changed digest".split())
LAST_ENTRY = Prepared(
    select(HISTORY.c.seq, HISTORY.c.digest).where(HISTORY.c.ticket_id == bindparam("id")).order_by(HISTORY.c.seq.desc()).limit(at_most(1))
)


@lru_cache(maxsize=200)
def update_of(columns: tuple[str, ...]) -> Prepared:
    """Writes these columns of the ticket `row_id`."""
    return Prepared(update(TICKET).where(TICKET.c.id == bindparam("row_id")), takes=columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What made it happen: `mail:17`, `cli:…`, `timer:…`; groups everything that undo takes back together."""

    name: str
    received_id: int | None = None


def append(tx: Connection, ticket: Ticket, steps: Sequence[Step], scene: Scene, cause: Cause) -> None:
    """Write entries after the last one, and the digest of the new last one to the ticket."""
    entries = entries_of(tx, ticket.ref, steps, scene, cause, after=LAST_ENTRY.first(tx, {"id": ticket.id}))
    if entries:
        update_of(("sealed",)).run(tx, {"sealed": entries[-1]["digest"], "row_id": ticket.id})
        INSERT_ENTRY.run_many(tx, [{"ticket_id": ticket.id, **entry} for entry in entries])


def entries_of(
    tx: Connection, ref: str, steps: Sequence[Step], scene: Scene, cause: Cause, *, after: Mapping[Any, Any] | None
) -> list[dict[str, Any]]:
    """What the history will say, each entry linked to the one before it; `after` is the last one so far."""
    seq, before = (after["seq"], after["digest"]) if after is not None else (0, ref)
    keys = sealing.ring(tx)
    entries: list[dict[str, Any]] = []
    for number, step in enumerate(steps, seq + 1):
        entry = {
            "seq": number,
            "at": scene.at,
            "actor": scene.who.name,
            "action": _capped(step.action),
            "cause": cause.name,
            "received_id": cause.received_id,
            "changed": {k: list(v) for k, v in step.changed.items()},
        }
        before = chain.digest(before, entry, keys)
        entries.append(entry | {"digest": before})
    return entries


def _capped(action: str) -> str:
    """An action's line as the history holds it: what somebody wrote stands in the post, not here again."""
    verb, _, rest = action.partition(" ")
    return verb if verb in {"say", "reply", "note"} or len(rest) > 400 else action


def write_posts(tx: Connection, ticket: Ticket, drafts: Sequence[Draft], scene: Scene, cause: Cause) -> tuple[Post, ...]:
    """Store what was written, found by its words from now on."""
    posts: list[Post] = []
    for draft in drafts:
        row = {
            "ticket_id": ticket.id,
            "at": scene.at,
            "author_name": draft.author.name,
            "author_address": draft.author.address,
            "agent": draft.agent,
            "kind": draft.kind.value,
            "direction": draft.direction,
            "subject": draft.subject,
            "text": draft.text,
            "quoted": draft.quoted,
            "parts": [facts.part_json(p) for p in draft.parts],
            "received_id": draft.mail,
            "to": list(draft.to),
            "about": draft.about,
            "cause": cause.name,
        }
        new_id = _INSERT_POST.new_id(tx, row)
        search.put_post(tx, new_id, draft)
        posts.append(
            Post(
                id=new_id,
                at=scene.at,
                author=draft.author,
                agent=draft.agent,
                kind=draft.kind,
                direction=draft.direction,
                subject=draft.subject,
                text=draft.text,
                quoted=draft.quoted,
                parts=draft.parts,
                mail=draft.mail,
                to=draft.to,
                about=draft.about,
            )
        )
    return tuple(posts)


def write_rest(tx: Connection, ticket: Ticket, outcome: Outcome, scene: Scene, cause: Cause) -> None:
    """Store wake-ups, records and links; raises Refused if a ticket to link with is unknown."""
    for wake in outcome.wakes:
        row = {"ticket_id": ticket.id, "kind": wake.kind, "line": wake.line, "due_at": wake.at}
        same = tx.execute(select(WAKE.c.id, WAKE.c.fired_at).where(*(WAKE.c[name] == value for name, value in row.items()))).first()
        if same is None:
            tx.execute(insert(WAKE).values(**row, by=scene.who.name, cause=cause.name))
        elif same.fired_at is not None:
            # one that still waits stays his who asked first: to take back the second asking leaves it
            tx.execute(update(WAKE).where(WAKE.c.id == same.id).values(fired_at=None, by=scene.who.name, cause=cause.name))
    records.write(tx, ticket.id, outcome.records)
    for ref, kind in outcome.links:
        other = find(tx, ref)
        if other is None or not rights.may_name(other, scene):
            raise Refused("no-such-ticket", ref=ref)
        link(tx, ticket.id, other.id, kind)


def link(tx: Connection, ticket_id: int, other_id: int, kind: str) -> None:
    """Note once that two tickets have to do with each other."""
    have = tx.execute(select(LINK.c.kind).where(LINK.c.ticket_id == ticket_id, LINK.c.other_id == other_id, LINK.c.kind == kind)).first()
    if have is None and ticket_id != other_id:
        tx.execute(insert(LINK).values(ticket_id=ticket_id, other_id=other_id, kind=kind))
