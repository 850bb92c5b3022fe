"""The path of a mail: `keep` makes it ours, `handle` settles what becomes of it.

Accepting doesn't parse: the door is fast, and a mail that breaks the reader is still ours. Handling happens after the 250, a batch at a
time: read in the worker process, decided as values, all effects of one mail in one transaction with its fate.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from types import MappingProxyType

from sqlalchemy import Connection

from mailgate import maillog
from mailgate.doors.keeping import keep, keeper
from mailgate.handling import gathering, outcomes
from mailgate.office import Office
from mailgate.parsing.reader import Broken
from mailgate.roster import Roster
from rules import admission, customers, rights
from rules.actions.base import Refused, Scene
from rules.case import Case
from rules.decide import decide
from rules.facts.mail import Envelope, Mail
from rules.facts.policy import Policy
from rules.facts.terms import Fate
from rules.frozen import dataclass, replace
from rules.verdict import Act, Allowance, Hold, Many, Question, Spent, Verdict
from store import engine, inbox, signing
from store.prepared import savepoint

__all__ = ["BATCH", "again", "handle", "keep", "keeper"]

BATCH = 64
"""Mails that are read and settled together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    waiting: inbox.Waiting
    mail: Mail | None
    said: gathering.Alone | None = None
    fault: str = ""


def handle(office: Office, at: datetime, *, ids: Sequence[int] | None = None, limit: int = BATCH) -> int:
    """Settle up to `limit` waiting mails, and one whose handling was begun before; gives how many were tried.

    Call again until it gives 0. Raises `engine.Busy` or `reader.Broken` where nothing can be handled now.
    """
    with engine.reading(office.store) as tx:
        groups = inbox.waiting(tx, limit, ids=ids)
    for group in groups:
        if group[0].attempts < inbox.MOST_ATTEMPTS:
            _attempt(office, group, at)
        else:
            _park(office, group[0], at, "handling it failed three times", "")
    return sum(map(len, groups))


def _attempt(office: Office, group: Sequence[inbox.Waiting], at: datetime) -> None:
    numbers = [w.id for w in group]
    with engine.transaction(office.store) as tx:
        inbox.count_attempt(tx, numbers)
    try:
        _settle_all(office, _read(office, group), at)
    except (engine.Busy, Broken):
        # the database or the machine, not these mails; if this can't be written either, the count of one is no harm
        with suppress(engine.Busy), engine.transaction(office.store) as tx:
            inbox.uncount_attempt(tx, numbers)
        raise


def _read(office: Office, batch: Sequence[inbox.Waiting]) -> list[_Read]:
    results = office.reader.read([w.raw for w in batch])
    out: list[_Read] = []
    for w, result in zip(batch, results, strict=True):
        if isinstance(result, Mail):
            mail = gathering.verified(office, w, result)
            out.append(_Read(waiting=w, mail=mail, said=_alone(mail, w.envelope, office.policy)))
        else:
            out.append(_Read(waiting=w, mail=None, fault=str(result)))
    return out


def _alone(mail: Mail, envelope: Envelope, policy: Policy) -> gathering.Alone | None:
    """What the mail says by itself; None where asking fails, which is asked again on the mail's own way and then told as its fault."""
    try:
        return gathering.alone(mail, envelope, policy)
    except Exception:  # noqa: BLE001 - the others of the batch have nothing to do with it
        return None


def _settle_all(office: Office, reads: Sequence[_Read], at: datetime) -> None:
    """All of a batch in one transaction, each mail within a savepoint of its own; the log hears of it when it counts."""
    failed: list[tuple[_Read, str, str]] = []
    told: list[Callable[[], None]] = []
    with engine.transaction(office.store) as tx:
        staff = office.roster = Roster.load(tx, office.roster)
        ours = inbox.claim(tx, [read.waiting.id for read in reads])
        for read in reads:
            if read.waiting.id not in ours:
                continue
            if read.mail is None:
                if read.waiting.attempts + 1 >= inbox.MOST_ATTEMPTS:
                    inbox.settle(tx, read.waiting.id, inbox.Settlement(fate=Fate.parked, why=f"can't be read: {read.fault}"), at)
                    told.append(partial(maillog.settled, read.waiting.id, "", Fate.parked.value, "", read.fault, 0.0))
                continue
            signing.use(tx, gathering.proofs(read.mail), read.waiting.id, at)  # held or failed, it has brought them
            try:
                with savepoint(tx, "one_mail") as take_back:
                    said = _one(tx, office, staff, read, read.mail, at, take_back)
                told.append(said)
            except (engine.Busy, MemoryError):
                raise
            except Exception as fault:  # noqa: BLE001 - one of the three loops that must not die
                failed.append((read, f"{type(fault).__name__}: {fault}", traceback.format_exc(limit=-6)))
    for say in told:
        say()
    for read, why, trace in failed:
        maillog.failed(read.waiting.id, why, trace)
        if read.waiting.attempts + 1 >= inbox.MOST_ATTEMPTS:
            _park(office, read.waiting, at, why, trace, read.mail)


def _one(
    tx: Connection, office: Office, staff: Roster, read: _Read, mail: Mail, at: datetime, take_back: Callable[[], None]
) -> Callable[[], None]:
    """What is to be said of it once it is committed."""
    began = time.monotonic()
    waiting = read.waiting
    facts = gathering.facts(tx, office, staff, waiting, mail, at, read.said)
    verdict = decide(facts)
    settlement = _carry_out(tx, office, facts, verdict, waiting, take_back)
    inbox.settle(tx, waiting.id, settlement, at, mail)
    return partial(
        maillog.settled,
        waiting.id,
        mail.message_id,
        settlement.fate.value,
        str(settlement.ticket_id or ""),
        settlement.why,
        time.monotonic() - began,
    )


def _carry_out(
    tx: Connection, office: Office, facts: gathering.Facts, verdict: Verdict, waiting: inbox.Waiting, take_back: Callable[[], None]
) -> inbox.Settlement:
    """The effects of a verdict; a refused action turns it into a held mail, and `take_back` leaves nothing of it done."""

    def rerun(tx: Connection, received_id: int, allowance: Allowance) -> inbox.Settlement:
        return again(tx, office, received_id, allowance, facts.at)

    try:
        return outcomes.carry_out(tx, office, facts, verdict, again=rerun, silent=waiting.silent)
    except Refused as refusal:
        take_back()
        return outcomes.carry_out(tx, office, facts, refused(facts, verdict, refusal), again=rerun, silent=waiting.silent)


def refused(facts: gathering.Facts, verdict: Verdict, refusal: Refused) -> Verdict:
    """What a refused action turns a verdict into: a question to staff; for a customer his words kept as text, or a button that is spent."""
    actor = getattr(verdict, "actor", None)
    if isinstance(verdict, Act) and not verdict.actor.is_agent and refusal.code in admission.DECLINED:
        return admission.declined(verdict, refusal)
    if isinstance(verdict, Act) and not verdict.actor.is_agent and verdict.ticket is not None and verdict.lines:
        if verdict.pressed is not None:
            sent = next((p.sent for p in facts.presented if p.sent.outbox_id == verdict.pressed[0]), None)
            return Spent(why="expired", actor=verdict.actor, ticket=verdict.ticket, sent=sent, trace=verdict.trace)
        return replace(customers.kept_as_text(Case.of(facts), verdict.ticket, refusal.code), trace=verdict.trace)
    if isinstance(verdict, Many) and not verdict.actor.is_agent:
        return replace(customers.as_request(Case.of(facts)), trace=(*verdict.trace, {"step": "refused", "said": refusal.code, "saw": ""}))
    lines = getattr(verdict, "lines", ())
    ticket = getattr(verdict, "ticket", None)
    index = getattr(refusal, "index", 0)
    offset = len(getattr(verdict, "actions", ())) - len(lines)
    number, line = lines[index - offset] if 0 <= index - offset < len(lines) else (0, "")
    words = {name: str(value) for name, value in refusal.words.items()}
    question = Question(
        number=number, line=line, code=refusal.code, word=", ".join(words.values()), near=refusal.near, words=MappingProxyType(words)
    )
    is_agent = actor is not None and actor.is_agent
    if ticket is not None and actor is not None and is_agent:
        scene = Scene(who=actor, at=facts.at, policy=facts.policy, directory=facts.directory)
        ticket = ticket if rights.may_see(ticket, scene, actor.name) else None
    return Hold(
        reason="refused",
        questions=(question,),
        agent=actor.name if is_agent and actor is not None else "",
        customer="",  # what staff's rules forbid is no question to somebody outside; staff hears of it
        ticket=ticket,
        trace=(*verdict.trace, {"step": "refused", "said": refusal.code, "saw": line}),
    )


def _park(office: Office, waiting: inbox.Waiting, at: datetime, why: str, trace: str, mail: Mail | None = None) -> None:
    with engine.transaction(office.store) as tx:
        if inbox.claim(tx, [waiting.id]):
            settlement = inbox.Settlement(
                fate=Fate.parked, why=why, trace=({"step": "parked", "said": why, "saw": trace[-1500:]},) if trace else ()
            )
            inbox.settle(tx, waiting.id, settlement, at, mail)
        else:
            return
    maillog.settled(waiting.id, mail.message_id if mail else "", Fate.parked.value, "", why, 0.0)


def again(tx: Connection, office: Office, received_id: int, allowance: Allowance, at: datetime) -> inbox.Settlement:
    """Run a held or parked mail again within the caller's transaction, with what was decided about it; raises LookupError, or Refused for one that can't be read."""
    waiting = inbox.one(tx, received_id)
    if waiting is None:
        raise LookupError(received_id)
    mail = office.reader.read([waiting.raw])[0]
    if not isinstance(mail, Mail):
        raise Refused("unreadable", why=str(mail))
    staff = Roster.load(tx)
    mail = gathering.verified(office, waiting, mail)
    signing.use(tx, gathering.proofs(mail), waiting.id, at)
    decided = allowance.after(gathering.allowed(tx, received_id))
    facts = replace(gathering.facts(tx, office, staff, waiting, mail, at), allowance=decided, again=True)
    with savepoint(tx, "once_more") as take_back:
        settlement = _carry_out(tx, office, facts, decide(facts), waiting, take_back)
    inbox.settle(tx, received_id, settlement, at, mail)
    return settlement
