"""The only writer of tickets: lock, perform, write what differs, the history and the posts. All inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from rules import deadlines, rights, stays
from rules import records as recording
from rules.actions.base import Action, Aside, Refused, Scene
from rules.actions.undo import Undo
from rules.deadlines import Moment
from rules.facts.policy import Policy
from rules.facts.terms import PostKind, Status
from rules.facts.things import Contract
from rules.facts.ticket import Post, Ticket, changed
from rules.frozen import dataclass, replace
from rules.perform import Outcome, Step, perform_all
from rules.reading import subject as reading
from store import facts, merging, records, search, tables, things, timers
from store.journal import INSERT_ENTRY, LAST_ENTRY, Cause, append, entries_of, link, update_of, write_posts, write_rest
from store.lists import clocks
from store.prepared import Prepared
from store.undoing import drop_scheduled, last_cause, take_back

TICKET, POST = tables.Ticket, tables.Post
COUNTER, KNOWN, RECEIVED = tables.Counter, tables.KnownId, tables.Received

_LOCKED = Prepared(select(TICKET).where(TICKET.c.id == bindparam("id")).with_for_update())
_REF_TAKEN = Prepared(select(TICKET.c.id).where(TICKET.c.ref == bindparam("ref")))
_COUNT = Prepared(update(COUNTER).where(COUNTER.c.name == "ticket").values(value=COUNTER.c.value + 1))
_COUNTED = Prepared(select(COUNTER.c.value).where(COUNTER.c.name == "ticket"))
_INSERT = Prepared(insert(TICKET), takes=[*facts.ticket_row(Ticket()), "check_at", "sealed"])
_INSERT_KNOWN = Prepared(insert(KNOWN), takes="message_id ticket_id received_id".split())
_KNOWN = Prepared(
    select(KNOWN.c.message_id).where(KNOWN.c.message_id == bindparam("message_id"), KNOWN.c.ticket_id == bindparam("ticket_id"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written: the ticket before and after, the posts with their ids, the outcome they came from."""

    before: Ticket | None
    """None when the ticket was opened by this."""
    ticket: Ticket
    outcome: Outcome
    posts: tuple[Post, ...] = ()
    dropped: tuple[int, ...] = ()
    """Outbox rows that undo kept from leaving."""
    gone: tuple[dict[str, Any], ...] = ()
    """Mails that undo came too late for: `{to, subject, template}`."""
    withheld: tuple[dict[str, Any], ...] = ()
    """Mails that were to leave later and don't, since the ticket was closed: `{to, subject, template}`."""
    joined: merging.Merged | None = None
    """What it went into, where it was merged."""
    split: Written | None = None
    """The ticket that was made of one of this one's posts."""

    @property
    def asides(self) -> tuple[tuple[Aside, Post | None], ...]:
        """The mails beside the table of notices, each with the post it tells of."""
        stored = {id(draft): post for draft, post in zip(self.outcome.posts, self.posts, strict=False)}
        return tuple((aside, stored.get(id(aside.draft)) if aside.draft is not None else None) for aside in self.outcome.asides)


def next_ref(tx: Connection, scene: Scene) -> str:
    """A reference that no ticket has, by the desk's number mask. The counter is locked until the transaction ends."""
    while True:
        if not _COUNT.run(tx, {}):
            tx.execute(insert(COUNTER).values(name="ticket", value=0))
            continue
        ref = scene.policy.desk.reference(_COUNTED.scalar(tx, {}), scene.at).upper()
        if _REF_TAKEN.scalar(tx, {"ref": ref}) is None:
            return ref


def open_ticket(
    tx: Connection,
    draft: Ticket,
    actions: Sequence[Action],
    scene: Scene,
    cause: Cause,
    *,
    routed: Sequence[Action] = (),
    system: Scene | None = None,
) -> Written:
    """Store a new ticket and do the actions on it; raises Refused, which leaves nothing if the caller rolls back.

    `routed` is done first, in the scene `system`: what of it is refused is left out.
    """
    blank = replace(draft, ref=next_ref(tx, scene), opened_at=scene.at, id=0)
    beside: list[Outcome] = []
    system = system or scene
    for action in routed:
        try:
            done = perform_all(blank, (action,), system)
        except Refused:
            continue
        blank = done.ticket
        if done.records:  # the next task has the next number
            system = replace(system, records=recording.after(system.records, done.records))
            scene = replace(scene, records=recording.after(scene.records, done.records))
        if done.posts or done.asides or done.records or done.wakes or done.links:
            beside.append(done)
    outcome = perform_all(blank, actions, scene)
    kind = scene.policy.types.get(outcome.ticket.type)
    if kind is not None and kind.closed:
        closed = replace(outcome.ticket, status=Status.closed, closed_at=scene.at)
        steps = (*outcome.steps, Step(action="close", changed=changed(outcome.ticket, closed)))
        outcome = replace(outcome, ticket=closed, steps=steps)
    agreed = things.contract(tx, outcome.ticket.contract)
    settled, check_at = _settled(outcome.ticket, [Moment(at=scene.at, status=outcome.ticket.status)], scene, agreed)
    opened = Step(action="open", changed=changed(Ticket(opened_at=None), blank))
    entries = entries_of(tx, settled.ref, (opened, *outcome.steps), scene, cause, after=None)
    row = facts.ticket_row(settled) | {"version": 1, "check_at": check_at, "sealed": entries[-1]["digest"]}
    new_id = _INSERT.new_id(tx, row)
    ticket = replace(settled, id=new_id, version=1)
    search.put_ticket(tx, ticket, is_new=True)
    INSERT_ENTRY.run_many(tx, [{"ticket_id": new_id, **entry} for entry in entries])
    posts = write_posts(tx, ticket, outcome.posts, scene, cause)
    write_rest(tx, ticket, outcome, scene, cause)
    if beside and system is not None:
        for extra in beside:
            steps = tuple(replace(step, changed={k: v for k, v in step.changed.items() if " " in k}) for step in extra.steps)
            append(tx, ticket, steps, system, cause)
            posts += write_posts(tx, ticket, extra.posts, system, cause)
            write_rest(tx, ticket, extra, system, cause)
            outcome = outcome.joined(extra)
    return Written(before=None, ticket=ticket, outcome=replace(outcome, ticket=ticket), posts=posts)


def apply(tx: Connection, ticket_id: int, actions: Sequence[Action], scene: Scene, cause: Cause) -> Written:
    """Do the actions on a stored ticket, its row locked; raises Refused, and LookupError if there is no such ticket."""
    row = _LOCKED.first(tx, {"id": ticket_id})
    if row is None:
        raise LookupError(ticket_id)
    before = facts.ticket(row)
    if any(a.reads_records or (scene.who.is_agent and a.verb in rights.FOR_ALL) for a in actions):
        scene = replace(scene, records=records.of(tx, ticket_id))
    outcome = perform_all(before, actions, scene)
    after = outcome.ticket
    joined: merging.Merged | None = None
    steps = outcome.steps
    dropped: tuple[int, ...] = ()
    gone: tuple[dict[str, Any], ...] = ()
    if outcome.undo:
        if (other := _apart(tx, before, scene, cause, outcome.undo_cause)) is not None:
            return other
        after, steps, dropped, gone = take_back(tx, after, scene, cause, outcome.undo_cause)
        outcome = replace(outcome, ticket=after, steps=steps)
    if outcome.merge_into:
        joined = merging.merged(tx, after, outcome.merge_into, scene)
        said = changed(after, joined.ticket)
        steps = tuple(replace(s, changed={**s.changed, **said}) if s.action.partition(" ")[0] == "merge" else s for s in steps)
        after = joined.ticket
        outcome = replace(outcome, ticket=after, steps=steps)
    entries = entries_of(
        tx, after.ref, [s for s in steps if s.changed or s.action], scene, cause, after=LAST_ENTRY.first(tx, {"id": ticket_id})
    )
    values: dict[str, Any] = {"sealed": entries[-1]["digest"]} if entries else {}
    has_moved = bool(changed(before, after) or outcome.posts) or any(step.changed for step in steps)
    # Who says once more what holds already has acted, too: the clock that asks whether anybody does begins anew.
    if has_moved or (
        scene.who.name != "timer" and any(step.action and step.action.partition(" ")[0] not in clocks.QUESTIONS for step in steps)
    ):
        agreed = things.contract(tx, after.contract)
        timed = deadlines.is_timed(after, scene.policy, agreed) or stays.concerns(after, scene.policy)
        undone = steps[-1].action.removeprefix(clocks.UNDO) if outcome.undo else ""
        past = timers.moments(tx, ticket_id, undone) if timed else []
        now = [] if outcome.undo else [Moment(at=scene.at, status=after.status)]
        after, check_at = _settled(after, [*past, *now], scene, agreed)
        if row["check_at"] is not None and row["check_at"] <= scene.at:
            check_at = row["check_at"]  # what was reached before this action is still to be told
        after = replace(after, version=before.version + has_moved)
        new = facts.ticket_row(after) | {"check_at": check_at}
        old = facts.ticket_row(before) | {"check_at": row["check_at"]}
        values = {k: v for k, v in new.items() if v != old[k]} | values
    if values:
        update_of(tuple(values)).run(tx, values | {"row_id": ticket_id})
        if search.differs(before, after):
            search.put_ticket(tx, after, is_new=False)
    INSERT_ENTRY.run_many(tx, [{"ticket_id": ticket_id, **entry} for entry in entries])
    posts = write_posts(tx, after, outcome.posts, scene, cause)
    write_rest(tx, after, outcome, scene, cause)
    if joined is not None:
        merging.move(tx, joined, scene, cause)
        home, _ = refresh(tx, joined.home.id, scene.policy, scene.at)
        joined = replace(joined, home=home)
    withheld: tuple[dict[str, Any], ...] = ()
    if after.status is Status.closed and before.status is not Status.closed and joined is None:
        late, withheld = drop_scheduled(tx, after, cause, scene.at)
        dropped += late
    split = _split(tx, after, outcome.split.post, outcome.split.subject, scene, cause) if outcome.split is not None else None
    return Written(
        before=before,
        ticket=after,
        outcome=replace(outcome, ticket=after),
        posts=posts,
        dropped=dropped,
        gone=gone,
        withheld=withheld,
        joined=joined,
        split=split,
    )


def _apart(tx: Connection, ticket: Ticket, scene: Scene, cause: Cause, wanted: str) -> Written | None:
    """Take back what merged the ticket, or merged another into it; gives what was written to the other, None where `ticket` is the merged one or none."""
    target = last_cause(tx, scene.who.name, cause.name, ticket.id, wanted)
    pair = merging.joined_by(tx, ticket, target) if target else None
    if pair is None:
        return None
    gone, home = pair
    merging.take_apart(tx, gone, home, scene, cause, target)
    refresh(tx, home.id, scene.policy, scene.at)
    return None if ticket.id == gone.id else apply(tx, gone.id, (Undo(cause=target),), scene, cause)


def refresh(tx: Connection, ticket_id: int, policy: Policy, at: datetime) -> tuple[Ticket, tuple[deadlines.Running, ...]]:
    """Bring due times and light of a ticket up to now, without a history entry: nobody did anything. Gives the clocks as they run."""
    row = _LOCKED.first(tx, {"id": ticket_id})
    if row is None:
        raise LookupError(ticket_id)
    before = facts.ticket(row)
    past = timers.moments(tx, ticket_id)
    agreed = things.contract(tx, before.contract)
    after = deadlines.settled(before, past, policy, at, agreed)
    running = deadlines.clocks(after, past, policy, at, agreed)
    check_at = _earlier(deadlines.next_check(after, running, policy, at), stays.next_at(after, past, policy, at))
    values = {"due": dict(after.due), "light": after.light.value, "check_at": check_at}
    tx.execute(update(TICKET).where(TICKET.c.id == ticket_id).values(**values))
    return after, running


def _settled(ticket: Ticket, moments: Sequence[Moment], scene: Scene, agreed: Contract | None) -> tuple[Ticket, datetime | None]:
    """The ticket with due times and light, and when time alone changes something next."""
    stay = stays.next_at(ticket, moments, scene.policy, scene.at)
    if not deadlines.is_timed(ticket, scene.policy, agreed):
        return (replace(ticket, due=MappingProxyType({})) if ticket.due else ticket), stay
    after = deadlines.settled(ticket, moments, scene.policy, scene.at, agreed)
    running = deadlines.clocks(after, moments, scene.policy, scene.at, agreed)
    if deadlines.is_behind(after, running, scene.policy, scene.at):
        return after, scene.at
    return after, _earlier(deadlines.next_check(after, running, scene.policy, scene.at), stay)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at is not None), default=None)


def remember_ids(tx: Connection, ticket_id: int, message_ids: Sequence[str], received_id: int | None, *, is_new: bool = False) -> None:
    """Note message-ids as belonging to a ticket, so that answers to them find it for ever. Of a new ticket none can be noted yet."""
    for message_id in dict.fromkeys(i for i in message_ids if i):
        row = {"message_id": message_id, "ticket_id": ticket_id}
        if is_new or _KNOWN.first(tx, row) is None:
            _INSERT_KNOWN.run(tx, row | {"received_id": received_id})


def _split(tx: Connection, ticket: Ticket, wanted: int, subject: str, scene: Scene, cause: Cause) -> Written:
    """Make a ticket of one of the customer's posts: the post, its mail and the answers to that mail belong to the new one from now on."""
    theirs = (POST.c.ticket_id == ticket.id, POST.c.kind == PostKind.public.value, POST.c.direction == "in", POST.c.undone_at.is_(None))
    found = tx.execute(select(POST).where(*theirs).order_by(POST.c.id)).mappings().all()
    row = next((r for r in reversed(found) if wanted in {0, r["id"]}), None)
    if row is None or len(found) < 2:  # one stays where it is
        raise Refused("nothing-to-split", ref=ticket.ref)
    author = facts.post(row).author
    is_requester = author.key == ticket.requester.key or not author.address
    blank = replace(
        Ticket(
            subject=subject or reading.without(reading.read(row["subject"]).base, (ticket.ref,)) or ticket.subject,
            requester=ticket.requester if is_requester else author,
        ),
        **{
            name: getattr(ticket, name)
            for name in (
                "party", "group", "category", "type", "severity", "contract", "project", "device", "language", "desk_address", "visibility",
                "channel", "origin", "veiled", "quiet",
            )
        },
    )  # fmt: skip
    opened = open_ticket(tx, blank, (), scene, cause)
    tx.execute(update(POST).where(POST.c.id == row["id"]).values(ticket_id=opened.ticket.id))
    if row["received_id"] is not None:
        moved = (KNOWN.c.ticket_id == ticket.id, KNOWN.c.received_id == row["received_id"])
        tx.execute(update(KNOWN).where(*moved).values(ticket_id=opened.ticket.id))
        tx.execute(update(RECEIVED).where(RECEIVED.c.id == row["received_id"]).values(ticket_id=opened.ticket.id))
    link(tx, opened.ticket.id, ticket.id, "split")
    return replace(opened, posts=(facts.post(row),))
