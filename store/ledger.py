"""The only writer of tickets: lock, perform, write what differs, the history and the posts. All inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from rules import chain, deadlines, stays
from rules.actions.base import Action, Aside, Draft, Refused, Scene
from rules.actions.undo import Done, taken_back
from rules.deadlines import Moment
from rules.facts.policy import Policy
from rules.facts.terms import PostKind, Status
from rules.facts.things import Contract
from rules.facts.ticket import Post, Ticket, changed
from rules.frozen import replace
from rules.perform import Outcome, Step, perform_all
from rules.reading import subject as reading
from store import facts, records, sealing, search, tables, things, timers
from store.prepared import Prepared, at_most

TICKET, POST, HISTORY, WAKE, LINK, OLD = tables.Ticket, tables.Post, tables.History, tables.Wake, tables.Link, tables.OldRef
COUNTER, KNOWN, RECEIVED, OUTBOX = tables.Counter, tables.KnownId, tables.Received, tables.Outbox

# Statements of the hot path are made once: building one costs more than running it.
_BY_REF = Prepared(select(TICKET).where(TICKET.c.ref == bindparam("ref")))
_BY_OLD_REF = Prepared(select(TICKET).join(OLD, OLD.c.ticket_id == TICKET.c.id).where(OLD.c.ref == bindparam("ref")))
_BY_ID = Prepared(select(TICKET).where(TICKET.c.id == bindparam("id")))
_HEADLINE = Prepared(select(TICKET.c.ref, TICKET.c.opened_at, TICKET.c.merged_into).where(TICKET.c.id == bindparam("id")))
_LOCKED = Prepared(select(TICKET).where(TICKET.c.id == bindparam("id")).with_for_update())
_REF_TAKEN = Prepared(select(TICKET.c.id).where(TICKET.c.ref == bindparam("ref")))
_COUNT = Prepared(
    update(COUNTER).where(COUNTER.c.name == "ticket").values(value=COUNTER.c.value + 1).returning(COUNTER.c.value), gives=(COUNTER.c.value,)
)
_INSERT = Prepared(insert(TICKET).returning(TICKET.c.id), takes=[*facts.ticket_row(Ticket()), "check_at", "sealed"], gives=(TICKET.c.id,))
_INSERT_POST = Prepared(
    insert(POST).returning(POST.c.id),
    takes="ticket_id at author_name author_address agent kind direction subject text quoted parts received_id to about cause".split(),
    gives=(POST.c.id,),
)
_INSERT_HISTORY = Prepared(insert(HISTORY), takes="ticket_id seq at actor action cause received_id changed digest".split())
_LAST_ENTRY = Prepared(
    select(HISTORY.c.seq, HISTORY.c.digest).where(HISTORY.c.ticket_id == bindparam("id")).order_by(HISTORY.c.seq.desc()).limit(at_most(1))
)
_INSERT_KNOWN = Prepared(insert(KNOWN), takes="message_id ticket_id received_id".split())
_KNOWN = Prepared(
    select(KNOWN.c.message_id).where(KNOWN.c.message_id == bindparam("message_id"), KNOWN.c.ticket_id == bindparam("ticket_id"))
)


@lru_cache(maxsize=200)
def _update(columns: tuple[str, ...]) -> Prepared:
    """Writes these columns of the ticket `row_id`."""
    return Prepared(update(TICKET).where(TICKET.c.id == bindparam("row_id")), takes=columns)


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
    split: Written | None = None
    """The ticket that was made of one of this one's posts."""

    @property
    def asides(self) -> tuple[tuple[Aside, Post | None], ...]:
        """The mails beside the table of notices, each with the post it tells of."""
        stored = {id(draft): post for draft, post in zip(self.outcome.posts, self.posts, strict=False)}
        return tuple((aside, stored.get(id(aside.draft)) if aside.draft is not None else None) for aside in self.outcome.asides)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What made it happen: `mail:17`, `cli:…`, `timer:…`; groups everything that undo takes back together."""

    name: str
    received_id: int | None = None


def find(tx: Connection, ref: str) -> Ticket | None:
    """The ticket of a reference, in any case; an old reference leads to where its ticket went. None if there is none."""
    wanted = ref.strip().upper()
    row = _BY_REF.first(tx, {"ref": wanted})
    if row is None:
        row = _BY_OLD_REF.first(tx, {"ref": wanted})
    if row is None:
        return None
    found = facts.ticket(row)
    return find(tx, found.merged_into) if found.merged_into and found.merged_into != found.ref else found


def get(tx: Connection, ticket_id: int) -> Ticket | None:
    """The ticket of a row id, or the one it was merged into; None if there is none."""
    row = _BY_ID.first(tx, {"id": ticket_id})
    if row is None:
        return None
    found = facts.ticket(row)
    return find(tx, found.merged_into) if found.merged_into else found


def headline(tx: Connection, ticket_id: int) -> tuple[str, datetime | None] | None:
    """Reference and time of opening of a ticket, or of the one it was merged into; None if there is none."""
    row = _HEADLINE.first(tx, {"id": ticket_id})
    if row is None:
        return None
    merged = find(tx, row["merged_into"]) if row["merged_into"] else None
    return (merged.ref, merged.opened_at) if merged is not None else (row["ref"], row["opened_at"])


def next_ref(tx: Connection, scene: Scene) -> str:
    """A reference that no ticket has, by the desk's number mask. The counter is locked until the transaction ends."""
    while True:
        number = _COUNT.scalar(tx, {})
        if number is None:
            tx.execute(insert(COUNTER).values(name="ticket", value=0))
            continue
        ref = scene.policy.desk.reference(number, scene.at).upper()
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
    for action in routed:
        try:
            done = perform_all(blank, (action,), system or scene)
        except Refused:
            continue
        blank = done.ticket
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
    entries = _entries(tx, settled.ref, (opened, *outcome.steps), scene, cause, after=None)
    row = facts.ticket_row(settled) | {"version": 1, "check_at": check_at, "sealed": entries[-1]["digest"]}
    new_id = _INSERT.scalar(tx, row)
    ticket = replace(settled, id=new_id, version=1)
    search.put_ticket(tx, ticket, is_new=True)
    _INSERT_HISTORY.run_many(tx, [{"ticket_id": new_id, **entry} for entry in entries])
    posts = _write_posts(tx, ticket, outcome.posts, scene, cause)
    _write_rest(tx, ticket, outcome, scene, cause)
    if beside and system is not None:
        for extra in beside:
            steps = tuple(replace(step, changed={k: v for k, v in step.changed.items() if " " in k}) for step in extra.steps)
            _append_history(tx, ticket, steps, system, cause)
            posts += _write_posts(tx, ticket, extra.posts, system, cause)
            _write_rest(tx, ticket, extra, system, cause)
            outcome = outcome.joined(extra)
    return Written(before=None, ticket=ticket, outcome=replace(outcome, ticket=ticket), posts=posts)


def apply(tx: Connection, ticket_id: int, actions: Sequence[Action], scene: Scene, cause: Cause) -> Written:
    """Do the actions on a stored ticket, its row locked; raises Refused, and LookupError if there is no such ticket."""
    row = _LOCKED.first(tx, {"id": ticket_id})
    if row is None:
        raise LookupError(ticket_id)
    before = facts.ticket(row)
    if any(a.reads_records for a in actions):
        scene = replace(scene, records=records.of(tx, ticket_id))
    outcome = perform_all(before, actions, scene)
    after = outcome.ticket
    steps = outcome.steps
    dropped: tuple[int, ...] = ()
    gone: tuple[dict[str, Any], ...] = ()
    if outcome.undo:
        after, steps, dropped, gone = _undo(tx, after, scene, cause, outcome.undo_cause)
        outcome = replace(outcome, ticket=after, steps=steps)
    if outcome.merge_into:
        after = _merge(tx, after, outcome.merge_into, scene, cause)
        outcome = replace(outcome, ticket=after)
    entries = _entries(
        tx, after.ref, [s for s in steps if s.changed or s.action], scene, cause, after=_LAST_ENTRY.first(tx, {"id": ticket_id})
    )
    values: dict[str, Any] = {"sealed": entries[-1]["digest"]} if entries else {}
    has_moved = bool(changed(before, after) or outcome.posts) or any(step.changed for step in steps)
    # Who says once more what holds already has acted, too: the clock that asks whether anybody does begins anew.
    if has_moved or (
        scene.who.name != "timer" and any(step.action and step.action.partition(" ")[0] not in timers.QUESTIONS for step in steps)
    ):
        agreed = things.contract(tx, after.contract)
        timed = deadlines.is_timed(after, scene.policy, agreed) or stays.concerns(after, scene.policy)
        past = timers.moments(tx, ticket_id) if timed else []
        after, check_at = _settled(after, [*past, Moment(at=scene.at, status=after.status)], scene, agreed)
        if row["check_at"] is not None and row["check_at"] <= scene.at:
            check_at = row["check_at"]  # what was reached before this action is still to be told
        after = replace(after, version=before.version + has_moved)
        new = facts.ticket_row(after) | {"check_at": check_at}
        old = facts.ticket_row(before) | {"check_at": row["check_at"]}
        values = {k: v for k, v in new.items() if v != old[k]} | values
    if values:
        _update(tuple(values)).run(tx, values | {"row_id": ticket_id})
        if search.differs(before, after):
            search.put_ticket(tx, after, is_new=False)
    _INSERT_HISTORY.run_many(tx, [{"ticket_id": ticket_id, **entry} for entry in entries])
    posts = _write_posts(tx, after, outcome.posts, scene, cause)
    _write_rest(tx, after, outcome, scene, cause)
    if after.status is Status.closed and before.status is not Status.closed:
        dropped += _drop_scheduled(tx, after, cause, scene.at)
    split = _split(tx, after, outcome.split.post, outcome.split.subject, scene, cause) if outcome.split is not None else None
    return Written(
        before=before, ticket=after, outcome=replace(outcome, ticket=after), posts=posts, dropped=dropped, gone=gone, split=split
    )


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


def remember_ids(tx: Connection, ticket_id: int, message_ids: Sequence[str], received_id: int | None) -> None:
    """Note message-ids as belonging to a ticket, so that answers to them find it for ever."""
    for message_id in dict.fromkeys(i for i in message_ids if i):
        row = {"message_id": message_id, "ticket_id": ticket_id}
        if _KNOWN.first(tx, row) is None:
            _INSERT_KNOWN.run(tx, row | {"received_id": received_id})


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


def _undo(
    tx: Connection, ticket: Ticket, scene: Scene, cause: Cause, wanted: str
) -> tuple[Ticket, tuple[Step, ...], tuple[int, ...], tuple[dict[str, Any], ...]]:
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


def _drop_scheduled(tx: Connection, ticket: Ticket, cause: Cause, at: datetime) -> tuple[int, ...]:
    """Keep back what was to leave later, now that the ticket is closed: what was written in the hour of closing itself still leaves."""
    waiting = (OUTBOX.c.ticket_id == ticket.id, OUTBOX.c.state == "due", OUTBOX.c.until_closed.is_(True), OUTBOX.c.cause != cause.name)
    rows = tx.execute(select(OUTBOX.c.id, OUTBOX.c.post_id).where(*waiting, OUTBOX.c.lease_until.is_(None))).all()
    found = tuple(row.id for row in rows)
    if found:
        tx.execute(update(OUTBOX).where(OUTBOX.c.id.in_(found)).values(state="dropped", last_answer="the ticket was closed before"))
        posts = {row.post_id for row in rows if row.post_id is not None}
        tx.execute(update(POST).where(POST.c.id.in_(posts)).values(undone_at=at))
    return found


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


def _merge(tx: Connection, ticket: Ticket, into: str, scene: Scene, cause: Cause) -> Ticket:
    target = find(tx, into)
    if target is None or target.id == ticket.id:
        raise Refused("no-such-ticket", ref=into)
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
    _append_history(tx, merged, (Step(action=f"merged {ticket.ref}", changed=changed(target, merged)),), scene, cause)
    tx.execute(insert(LINK).values(ticket_id=ticket.id, other_id=target.id, kind="merged"))
    return replace(ticket, merged_into=target.ref, status=Status.closed, closed_at=scene.at)


def _append_history(tx: Connection, ticket: Ticket, steps: Sequence[Step], scene: Scene, cause: Cause) -> None:
    """Write entries after the last one, and the digest of the new last one to the ticket."""
    entries = _entries(tx, ticket.ref, steps, scene, cause, after=_LAST_ENTRY.first(tx, {"id": ticket.id}))
    if entries:
        _update(("sealed",)).run(tx, {"sealed": entries[-1]["digest"], "row_id": ticket.id})
        _INSERT_HISTORY.run_many(tx, [{"ticket_id": ticket.id, **entry} for entry in entries])


def _entries(
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


def _write_posts(tx: Connection, ticket: Ticket, drafts: Sequence[Draft], scene: Scene, cause: Cause) -> tuple[Post, ...]:
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
        new_id = _INSERT_POST.scalar(tx, row)
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


def _write_rest(tx: Connection, ticket: Ticket, outcome: Outcome, scene: Scene, cause: Cause) -> None:
    for wake in outcome.wakes:
        row = {"ticket_id": ticket.id, "kind": wake.kind, "line": wake.line, "due_at": wake.at}
        same = tx.execute(select(WAKE.c.id).where(*(WAKE.c[name] == value for name, value in row.items()))).first()
        if same is None:
            tx.execute(insert(WAKE).values(**row, by=scene.who.name, cause=cause.name))
        else:
            tx.execute(update(WAKE).where(WAKE.c.id == same.id).values(fired_at=None, by=scene.who.name, cause=cause.name))
    records.write(tx, ticket.id, outcome.records)
    for ref, kind in outcome.links:
        other = find(tx, ref)
        if other is None:
            raise Refused("no-such-ticket", ref=ref)
        link(tx, ticket.id, other.id, kind)


def link(tx: Connection, ticket_id: int, other_id: int, kind: str) -> None:
    """Note once that two tickets have to do with each other."""
    have = tx.execute(select(LINK.c.kind).where(LINK.c.ticket_id == ticket_id, LINK.c.other_id == other_id, LINK.c.kind == kind)).first()
    if have is None and ticket_id != other_id:
        tx.execute(insert(LINK).values(ticket_id=ticket_id, other_id=other_id, kind=kind))
