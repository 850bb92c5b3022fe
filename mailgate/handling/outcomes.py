"""Carries out what was decided about a mail, inside the transaction of its fate: tickets by the ledger, letters into the outbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from mailgate.handling import gathering
from mailgate.handling.acting import acted, many_done
from mailgate.handling.scenes import DESK, cause_of, event_of, level_of, put, scene_of
from mailgate.letters import questions, troubles
from mailgate.office import Office
from rules.actions.posts import Note
from rules.case import Facts
from rules.facts.sent import RecipientKind
from rules.facts.terms import Address, Fate, MachineKind, address_key
from rules.frozen import replace
from rules.verdict import Act, Allowance, Bounced, Decided, Hold, Many, Settle, Spent, Verdict
from store import inbox, ledger, outbox
from store.inbox import Settlement

MOST_ASKED, ASK_WITHIN = 10, timedelta(hours=1)

Again = Callable[[Connection, int, Allowance], Settlement]
"""Runs a held mail again with what was decided about it; given by `mailgate.intake`, whose path it takes."""


def carry_out(tx: Connection, office: Office, facts: Facts, verdict: Verdict, *, again: Again, silent: bool = False) -> Settlement:
    """Do it all; raises Refused, after which the caller rolls back and holds the mail."""
    match verdict:
        case Act():
            return acted(tx, office, facts, verdict, silent=silent)
        case Many():
            return many_done(tx, office, facts, verdict, silent=silent)
        case Hold():
            return _hold(tx, office, facts, verdict, silent=silent)
        case Settle():
            if verdict.says_no and not silent and facts.machine.may_answer and not facts.may_acknowledge:
                put(tx, office, facts, [troubles.no_contract(facts, verdict, event_of(facts, DESK))])
            return Settlement(
                fate=verdict.fate, why=verdict.why, ticket_id=verdict.ticket.id if verdict.ticket else None, trace=verdict.trace
            )
        case Bounced():
            return _bounced(tx, office, facts, verdict, silent=silent)
        case Decided():
            return _decided(tx, facts, verdict, again)
        case Spent():
            return _spent(tx, office, facts, verdict, silent=silent)


def _hold(tx: Connection, office: Office, facts: Facts, hold: Hold, *, silent: bool) -> Settlement:
    record = {
        "reason": hold.reason,
        "questions": [{"number": q.number, "line": q.line, "code": q.code, "word": q.word, "near": list(q.near)} for q in hold.questions],
        "agent": hold.agent,
        "customer": hold.customer,
        "ticket": hold.ticket.ref if hold.ticket else "",
        "group": _group_of(facts, hold),
        "may_carry_out": hold.may_carry_out,
        "allowed": gathering.recorded(facts.allowance),
    }
    if not silent and facts.machine.kind is MachineKind.human:
        rounds = facts.allowance.rounds
        cause = f"{cause_of(facts).name}:{rounds}" if rounds else ""
        batch = [x for x in questions.held(facts, hold, event_of(facts, DESK)) if hold.reason != "proof" or _may_ask(tx, facts, x)]
        put(tx, office, facts, batch, cause)
    level = facts_level(facts, hold)
    words = "; ".join(f"line {q.number}: {q.line}" if q.number else q.code for q in hold.questions)
    return Settlement(fate=Fate.held, why=f"{hold.reason}: {words}" if words else hold.reason, trust=level, trace=hold.trace, hold=record)


def _group_of(facts: Facts, hold: Hold) -> str:
    """Key of the group that decides about a held mail: its ticket's, else that of the category it was written to; empty if there is none."""
    if hold.ticket is not None and hold.ticket.group:
        return hold.ticket.group
    policy = facts.policy
    written = hold.ticket.category if hold.ticket is not None else ""
    key = written or next((k for each in facts.envelope.recipients if (k := policy.category_of_address(each))), "")
    return policy.categories[key].group if key in policy.categories else ""


def _may_ask(tx: Connection, facts: Facts, letter: outbox.Letter) -> bool:
    """Whether somebody may be asked `was this you?` once more: whoever forges his name shall not be able to flood him."""
    asked = outbox.count_to(tx, letter.to.address, letter.template, facts.at - ASK_WITHIN)
    return asked < MOST_ASKED


def facts_level(facts: Facts, hold: Hold) -> Any:  # noqa: ANN401
    """The level as the trace noted it, None where there is no identity."""
    if not facts.mail.identity:
        return None
    said = next((step["said"] for step in hold.trace if step.get("step") == "trust"), "0")
    from rules.facts.terms import Level  # noqa: PLC0415

    return Level(int(said))


def _bounced(tx: Connection, office: Office, facts: Facts, bounced: Bounced, *, silent: bool) -> Settlement:
    failed = [f for f in bounced.failed if f.action == "failed"] or list(bounced.failed if not facts.mail.report else ())
    final = bool(failed) or not bounced.failed
    ticket = bounced.ticket if bounced.ticket is None or bounced.ticket.deleted_at is None else None
    why = "; ".join(f"{f.address} {f.status} {f.diagnostic}".strip() for f in failed)[:300] or "returned"
    if final:
        outbox.bounced(tx, bounced.sent.outbox_id, why)
    if ticket is None:
        return Settlement(fate=Fate.bounce, why=why, trace=bounced.trace)
    say = Note(text=f"Not delivered to {bounced.sent.recipient}: {why}", mail=facts.id or None)
    auto = replace(say)
    draft_actor = replace(DESK, address=Address(name=facts.policy.desk.name, address=facts.policy.desk.address))
    written = ledger.apply(tx, ticket.id, (auto,), scene_of(tx, facts, draft_actor), cause_of(facts))
    ledger.remember_ids(tx, ticket.id, (facts.mail.message_id,), facts.id or None)
    if final and not silent and bounced.sent.recipient_kind is not RecipientKind.agent:
        event = event_of(facts, draft_actor, written)
        put(tx, office, facts, troubles.bounced(facts, bounced, written.ticket, event))
    return Settlement(fate=Fate.bounce, why=why, ticket_id=ticket.id, trace=bounced.trace)


def _decided(tx: Connection, facts: Facts, decided: Decided, again: Again) -> Settlement:
    """Somebody decided about a held mail: it runs again here, in the same transaction, or is put away."""
    if decided.pressed is not None:
        outbox.press(tx, *decided.pressed, facts.at, facts.id or None)
    if decided.allowance is None:
        inbox.put_away(tx, decided.held, f"dropped by {decided.actor.name}", facts.at)
        return Settlement(fate=Fate.executed, why=f"put away mail {decided.held}", trust=decided.actor.level, trace=decided.trace)
    result = again(tx, decided.held, decided.allowance)
    return Settlement(
        fate=Fate.executed,
        why=f"mail {decided.held} ran again: {result.fate.value}",
        ticket_id=result.ticket_id,
        trust=decided.actor.level,
        trace=decided.trace,
    )


def _spent(tx: Connection, office: Office, facts: Facts, spent: Spent, *, silent: bool) -> Settlement:
    if not silent and facts.machine.may_answer and not facts.may_reply:
        about = spent.sent.outbox_id if spent.sent is not None else address_key(facts.mail.identity)
        cause = f"spent:{about}:{spent.key}:{spent.why}:{facts.at:%Y%m%d}"
        if not outbox.has(tx, cause):
            put(tx, office, facts, questions.spent(facts, spent, event_of(facts, DESK)), cause)
    return Settlement(
        fate=Fate.ignored,
        why=f"button: {spent.why}",
        ticket_id=spent.ticket.id if spent.ticket else None,
        trust=level_of(facts, spent.actor),
        trace=spent.trace,
    )
