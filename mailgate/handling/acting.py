"""The outcome of a mail that acts: a ticket opened or changed, or many of them, and everybody told who is to know."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from mailgate.handling import belongings, choosing
from mailgate.handling.scenes import DESK, SYSTEM, cause_of, event_of, level_of, put, scene_of
from mailgate.letters import answers, beside, documents, events, letters, questions, receipts, troubles
from mailgate.office import Office
from rules import asides, away, limits, notices, rights
from rules.actions.base import Action, Ask, Refused, Scene
from rules.actions.opening import WrongPerson
from rules.actions.undo import Undo
from rules.asides import Occasion
from rules.case import Case, Facts
from rules.facts.sent import RecipientKind
from rules.facts.terms import Fate, Visibility
from rules.facts.ticket import Ticket
from rules.frozen import replace
from rules.notice import Happened
from rules.perform import Outcome, Step, perform_all
from rules.reading import subject
from rules.reading.threads import Thread
from rules.verdict import Act, Many
from store import journal, ledger, lookup, outbox, records, undoing
from store.inbox import Settlement
from store.ledger import Written
from store.queries import tickets
from templates import documents as layouts

OFFER_AWAY_EVERY = timedelta(days=7)
"""How often an agent whose mailbox says that he is away is asked whether the desk shall know."""


def acted(tx: Connection, office: Office, facts: Facts, act: Act, *, silent: bool) -> Settlement:
    """Do what the mail asks for, and tell everybody who is to know; raises Refused."""
    if act.pressed is not None:
        outbox.press(tx, *act.pressed, facts.at, facts.id or None)
    if act.ticket is None and act.draft is None:
        return _without_ticket(tx, office, facts, act, silent=silent)
    written = _open(tx, office, facts, act) if act.ticket is None else _apply(tx, office, act.ticket, facts, act)
    ledger.remember_ids(tx, written.ticket.id, (facts.mail.message_id,), facts.id or None, is_new=written.before is None)
    if written.before is not None and any(isinstance(a, WrongPerson) for a in act.actions):
        outbox.withhold(tx, written.ticket.id, written.before.requester.address, "taken for the wrong person's")
    if not silent:
        _tell(tx, office, facts, act, written)
        if act.away and not away.is_away(facts.directory.agents[act.actor.name], facts.at, facts.policy.desk.timezone):
            _offer_away(tx, office, facts, act)
        if act.ticket is None and facts.machine.may_answer and facts.may_acknowledge in limits.STORMS:
            _storm(tx, office, facts, act)
    return Settlement(
        fate=act.fate, why=act.why, ticket_id=written.ticket.id, trust=level_of(facts, act.actor), trace=(*act.trace, *_steps(written))
    )


def _offer_away(tx: Connection, office: Office, facts: Facts, act: Act) -> None:
    """Ask an absent agent once a week whether the desk shall know: his mailbox answers each mail of ours."""
    letter = questions.absent(facts, act, event_of(facts, DESK))
    if not outbox.count_to(tx, letter.to.address, letter.template, facts.at - OFFER_AWAY_EVERY):
        put(tx, office, facts, [letter])


def _storm(tx: Connection, office: Office, facts: Facts, act: Act) -> None:
    """One mail a day to the admin about each limit that silences the desk."""
    about = f":{act.actor.address.key}" if facts.may_acknowledge == "pair" else ""
    cause = f"storm:{facts.may_acknowledge}{about}:{facts.at:%Y%m%d}"
    if not outbox.has(tx, cause):
        put(tx, office, facts, troubles.storm(facts, facts.may_acknowledge, event_of(facts, DESK)), cause)


def _steps(written: Written) -> tuple[dict[str, Any], ...]:
    return tuple({"step": "action", "said": step.action[:200], "saw": ", ".join(step.changed)} for step in written.outcome.steps)


def drafted(tx: Connection, office: Office, facts: Facts, act: Act) -> tuple[Ticket, list[Action]]:
    """The ticket that a mail opens, before it has a number, and the actions that have to wait for that. Writes nothing."""
    assert act.draft is not None  # noqa: S101 - told apart by the caller
    draft = act.draft
    system = scene_of(tx, facts, SYSTEM, office)
    later: list[Action] = []
    for action in act.after_opening:
        try:
            done = perform_all(draft, (action,), system)
        except Refused:
            continue
        if done.posts or done.asides or done.records or done.wakes or done.links:
            later.append(action)  # it needs the ticket's number
        else:
            draft = done.ticket
    kind = (draft.type,) if draft.type and act.actor.is_agent else ()
    draft = replace(draft, subject=subject.without(draft.subject, (*facts.clues.ours, *kind)))
    sender = (facts.mail.identity, facts.person, facts.party)
    draft = belongings.settled(tx, draft, facts.policy, facts.directory, facts.at, act.after_opening, facts.mail.text, sender)
    return choosing.held(tx, draft, system), later


def _open(tx: Connection, office: Office, facts: Facts, act: Act) -> Written:
    draft, later = drafted(tx, office, facts, act)
    system = scene_of(tx, facts, SYSTEM, office)
    scene = scene_of(tx, facts, act.actor, office)
    written = ledger.open_ticket(tx, draft, act.actions, scene, cause_of(facts), routed=later, system=system)
    if act.follows:
        journal.link(tx, written.ticket.id, act.follows, "follow-up")
    for ref in act.claims:
        other = lookup.find(tx, ref)
        if other is not None and other.id != act.follows:
            journal.link(tx, written.ticket.id, other.id, "claims")
    return written


def _apply(tx: Connection, office: Office, ticket: Ticket, facts: Facts, act: Act) -> Written:
    actions = act.actions
    if any(isinstance(a, Undo) for a in actions) and len(actions) > 1:
        actions = tuple(a for a in actions if isinstance(a, Undo))
    return ledger.apply(tx, ticket.id, actions, scene_of(tx, facts, act.actor, office), cause_of(facts))


def _tell(tx: Connection, office: Office, facts: Facts, act: Act, written: Written, *, anew: bool = False) -> None:
    by_staff = act.actor.is_agent
    happened = Happened(
        before=written.before,
        after=written.ticket,
        posts=written.posts,
        actor=act.actor,
        quiet=written.outcome.quiet or written.outcome.undo,
        acknowledge=act.acknowledge,
        tell_staff=act.tell_staff and not written.outcome.undo and not beside.is_record(written, facts.policy),
        hold=beside.waits(written, facts.at, facts.policy.hold if by_staff else timedelta()),
        until_closed=written.outcome.leaves_at is not None and not written.outcome.keeps,
        hint=act.hint,
        claims=act.claims,
        wishes=() if act.actor.is_agent else act.wishes,  # he reads of them in his report
        choices=belongings.choices(tx, written.ticket, facts.policy, facts.at) if written.before is None else (),
        uncovered=written.before is None and belongings.uncovered(tx, written.ticket),
        why=written.outcome.why,
        said=beside.handed(tx, written),
    )
    told = notices.tell(happened, facts.policy, facts.directory)
    if not act.tell_customers:
        told = tuple(n for n in told if n.kind is not RecipientKind.customer)
    told += beside.notices(
        tx,
        written,
        actor=act.actor,
        at=facts.at,
        policy=facts.policy,
        directory=facts.directory,
        hold=facts.policy.hold if by_staff else timedelta(),
    )
    told = beside.merged(tx, told, written, actor=act.actor, policy=facts.policy, directory=facts.directory)
    told = away.stood_in(asides.joined(told), facts.directory, facts.at, facts.policy.desk.timezone)
    event = replace(event_of(facts, act.actor, written), ready=beside.ready(written, told, facts.policy, office.site))
    batch = [
        _papered(
            tx,
            office,
            facts,
            letters.letter(n, event, answers.suggested(n, facts, office.knowledge) or answers.taken(tx, n, facts.policy, facts.at)),
            n.ticket,
        )
        for n in told
    ]
    if act.report and by_staff:
        batch.append(_recorded(tx, office, facts, receipts.report(facts, act, written, told, event), written))
    asks = beside.counted(tx, beside.saved(written, facts.policy, office.site))
    batch += _replies(tx, office, facts, act, asks, written.ticket, event)
    put(tx, office, facts, batch, anew=anew)
    if written.split is not None:
        opened = replace(
            happened, before=None, after=written.split.ticket, posts=written.split.posts, acknowledge=True, tell_staff=True, hint=""
        )
        parted = away.stood_in(notices.tell(opened, facts.policy, facts.directory), facts.directory, facts.at, facts.policy.desk.timezone)
        put(tx, office, facts, [letters.letter(n, replace(event, before=None)) for n in parted])


def _replies(
    tx: Connection, office: Office, facts: Facts, act: Act, asks: Sequence[Ask], ticket: Ticket | None, event: events.Event
) -> list[outbox.Letter]:
    """Answers to what was asked; `#print` encloses the document. Raises Refused for a layout that isn't there."""
    out: list[outbox.Letter] = []
    for ask in answers.joined(asks):
        made = answers.replies(tx, facts, act, (ask,), ticket, event, office.knowledge)
        if ask.what == "print" and act.actor.is_agent and ticket is not None:
            made = [
                documents.enclosed(letter, _sheet(tx, office, facts, ask.about or "ticket", ticket, letter.language)) for letter in made
            ]
        out += made
    return out


def _sheet(tx: Connection, office: Office, facts: Facts, name: str, ticket: Ticket, language: str) -> documents.Sheet:
    try:
        layout = layouts.find(name, office.site)
        if layout is None or (layout.name == "order" and not records.of(tx, ticket.id).orders):
            raise Refused("unknown-layout", near=tuple(f"print {each}" for each in layouts.near(name, office.site))[:3], word=name)
        return documents.sheet(
            tx, ticket, layout, policy=facts.policy, directory=facts.directory, at=facts.at, language=language, site=office.site
        )
    except layouts.Unfillable as fault:
        raise Refused("faulty-canned", word=str(fault)) from fault


def _papered(tx: Connection, office: Office, facts: Facts, letter: outbox.Letter, ticket: Ticket | None) -> outbox.Letter:
    return documents.with_order(tx, letter, ticket, policy=facts.policy, directory=facts.directory, at=facts.at, site=office.site)


def _recorded(tx: Connection, office: Office, facts: Facts, letter: outbox.Letter, written: Written) -> outbox.Letter:
    """The report about a record of work that was done, with the record as a document."""
    if not beside.is_record(written, facts.policy):
        return letter
    try:
        return documents.enclosed(letter, _sheet(tx, office, facts, "report", written.ticket, letter.language))
    except Refused:
        return letter  # the site's own layout is at fault; the record stands all the same


def many_done(tx: Connection, office: Office, facts: Facts, many: Many, *, silent: bool) -> Settlement:
    """One action after the other, each on its ticket; a refused one raises Refused with its `index`, and the caller rolls all of them back."""
    if many.pressed is not None:
        outbox.press(tx, *many.pressed, facts.at, facts.id or None)
    scene = scene_of(tx, facts, many.actor, office)
    done: list[Written] = []
    for n, piece in enumerate(many.pieces):
        try:
            if not piece.ref:
                act = Act(actor=many.actor, ticket=None, actions=(piece.action,), lines=((piece.number, piece.line),))
                outcome, batch = _on_no_ticket(tx, office, facts, act)
                done.append(Written(before=None, ticket=Ticket(), outcome=outcome))
                if not silent:
                    put(tx, office, facts, batch, anew=True)
                continue
            ticket = _numbered(tx, facts, piece.ref)
            if ticket is None or not _may_name(ticket, facts, scene):
                raise Refused("no-such-ticket", ref=piece.ref)
            act = Act(actor=many.actor, ticket=ticket, actions=(piece.action,), fate=Fate.executed)
            written = _apply(tx, office, ticket, facts, act)
        except Refused as refusal:
            refusal.index = n  # type: ignore[attr-defined]  # tells which line it was
            raise
        done.append(written)
        if not silent:
            _tell(tx, office, facts, act, written, anew=n > 0)
    if not silent and many.actor.is_agent and (many.unused or not many.pieces or any(a.changes for a in many.actions)):
        put(tx, office, facts, [receipts.report_of_many(facts, many, done, event_of(facts, many.actor))])
    touched = {written.ticket.id for written in done if written.ticket.id}
    single = touched.pop() if len(touched) == 1 else None
    steps = tuple(step for written in done for step in _steps(written))
    return Settlement(fate=Fate.executed, why=many.why, ticket_id=single, trust=level_of(facts, many.actor), trace=(*many.trace, *steps))


def _numbered(tx: Connection, facts: Facts, ref: str) -> Ticket | None:
    """The ticket of a reference; a bare number is the one of the desk's mask, else the only one that ends in it."""
    found = lookup.find(tx, ref)
    if found is not None or not ref.isdigit():
        return found
    found = lookup.find(tx, facts.policy.desk.reference(int(ref), facts.at))
    if found is not None:
        return found
    ending = [each for each in tickets.all_refs(tx) if re.search(rf"(?<!\d)0*{int(ref)}$", each)]
    return lookup.find(tx, ending[0]) if len(ending) == 1 else None


def _may_name(ticket: Ticket, facts: Facts, scene: Scene) -> bool:
    """Whether whoever names a ticket may know of it: staff by their reach, customers if it is theirs."""
    if scene.who.is_agent:
        return rights.may_see(ticket, scene, scene.who.name)
    named = replace(facts, thread=Thread(ticket=ticket, by="subject"), requester_keys=frozenset())
    return ticket.visibility is not Visibility.internal and ticket.deleted_at is None and Case.of(named).is_participant


def _without_ticket(tx: Connection, office: Office, facts: Facts, act: Act, *, silent: bool) -> Settlement:
    """Questions, and undo of whatever one's last mail did."""
    event = event_of(facts, act.actor)
    batch: list[outbox.Letter] = []
    ticket_id = None
    if any(isinstance(a, Undo) for a in act.actions):
        cause = undoing.last_cause(tx, act.actor.name, cause_of(facts).name, None)
        agent = facts.directory.agents.get(act.actor.name)
        absence = undoing.last_absence(tx, agent, facts.id, cause) if agent is not None and not _named_cause(act) else None
        if absence is not None:
            return _present_again(tx, office, facts, act, absence, silent=silent)
        tickets = undoing.touched_by(tx, cause, act.actor.name) if cause else []
        if not tickets:
            raise Refused("nothing-to-undo", ref="")
        for touched in tickets:
            if undoing.is_undone(tx, cause, touched):
                continue  # it was merged with one before, and came apart from it
            try:
                written = ledger.apply(tx, touched, (Undo(cause=cause),), scene_of(tx, facts, act.actor), cause_of(facts))
            except Refused as refusal:
                refusal.near = ()  # what may be done instead needs a ticket, which this mail isn't about
                raise
            ticket_id = written.ticket.id
            batch.append(receipts.report(facts, act, written, (), event))
    else:
        outcome, batch = _on_no_ticket(tx, office, facts, act)
        if outcome.records and act.actor.is_agent:
            batch.insert(0, receipts.report(facts, act, Written(before=None, ticket=Ticket(), outcome=outcome), (), event))
        trace = tuple({"step": "absence", "said": c.ref, "saw": [c.before, c.after]} for c in outcome.records if c.kind == "agent")
        act = replace(act, trace=(*act.trace, *trace))
    if not silent:
        put(tx, office, facts, batch)
    return Settlement(fate=act.fate, why=act.why, ticket_id=ticket_id, trust=level_of(facts, act.actor), trace=act.trace)


def _named_cause(act: Act) -> bool:
    return any(isinstance(a, Undo) and a.cause for a in act.actions)


def _present_again(tx: Connection, office: Office, facts: Facts, act: Act, absence: undoing.Absence, *, silent: bool) -> Settlement:
    """What one's last mail said of one's absence is taken back; a request that an earlier mail was about isn't touched."""
    said, agent = absence.change, facts.directory.agents[act.actor.name]
    if said.after != {"away_until": agent.away_until, "deputy": agent.deputy}:
        raise Refused("changed-since", field=said.name, ref="")
    records.write(tx, None, (replace(said, before=said.after, after=said.before),))
    step = Step(action=f"undo mail:{absence.mail}", changed={said.name: (said.after, said.before)})
    outcome = Outcome(before=Ticket(), ticket=Ticket(), steps=(step,), undo=True)
    if not silent:
        report = receipts.report(facts, act, Written(before=None, ticket=Ticket(), outcome=outcome), (), event_of(facts, act.actor))
        put(tx, office, facts, [report])
    trace = {"step": "taken-back", "said": act.actor.name, "saw": absence.mail}
    return Settlement(fate=act.fate, why=act.why, trust=level_of(facts, act.actor), trace=(*act.trace, trace))


def _on_no_ticket(tx: Connection, office: Office, facts: Facts, act: Act) -> tuple[Outcome, list[outbox.Letter]]:
    """What lines that need no ticket do, and the letters that follow."""
    event = event_of(facts, act.actor)
    outcome = perform_all(Ticket(), act.actions, scene_of(tx, facts, act.actor, office))
    records.write(tx, None, outcome.records)
    occasion = Occasion(ticket=Ticket(), actor=act.actor, at=facts.at, policy=facts.policy, directory=facts.directory)
    batch = [letters.letter(n, event) for n in asides.tell(((aside, None) for aside in outcome.asides), occasion)]
    return outcome, batch + _replies(tx, office, facts, act, beside.counted(tx, outcome.asks), None, event)
