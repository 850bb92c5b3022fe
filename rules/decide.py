"""What shall happen to a received mail: the order of the questions, and nothing else.

`decide(facts) -> Verdict` is pure; every question asked leaves a line in the trace. Staff's mail goes on in `rules.staff`, everybody
else's in `rules.customers`; held mail that somebody decided about in `rules.buttons`.
"""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from rules import buttons, customers, staff
from rules.actions.posts import Reply
from rules.case import Case, Facts, traced
from rules.facts.people import Actor, Role
from rules.facts.terms import Fate, Level, MachineKind, PostKind
from rules.reading import absence
from rules.reading.machine import PROBE
from rules.verdict import Act, Bounced, Hold, Question, Settle, Verdict

__all__ = ["Facts", "decide"]


def decide(facts: Facts) -> Verdict:
    """The one verdict about a mail."""
    case = Case.of(facts)
    verdict = _ask(case)
    return traced(verdict, case)


def _ask(case: Case) -> Verdict:
    f = case.facts
    if f.copy_of is not None and not f.again:
        return Settle(fate=Fate.duplicate, why=f"same mail as {f.copy_of} by another path", ticket=f.copy_ticket)
    case.note("duplicate", "no", f.mail.message_id)
    if f.envelope.door.startswith("imap-sent:"):
        return _written_past_us(case)
    machine = f.machine
    case.note("machine", machine.kind.value, machine.why)
    if machine.why == PROBE:
        return Settle(fate=Fate.ignored, why="a probe of doctor came back")
    if machine.kind in {MachineKind.own, MachineKind.loop} and machine.kind.value not in f.allowance.guards:
        return Hold(reason=machine.kind.value)
    if machine.kind is MachineKind.bounce or (machine.kind is MachineKind.report and f.bounced is not None and machine.failed):
        return _bounce(case)
    if f.thread is not None:
        case.note("thread", f.thread.ticket.ref, f.thread.by)
    else:
        case.note("thread", "none", ", ".join(f.clues.refs) or "no clue")
    for said in f.mail.verified:
        case.note(said.method, said.result, " ".join(word for word in (said.domain, said.why, f"by {said.by}") if word))
    case.note("trust", str(int(case.trust.level)), case.trust.why)
    if machine.kind in {MachineKind.auto_reply, MachineKind.report}:
        return _automatic(case)
    if "limits" in f.mail.flaws and "limits" not in f.allowance.guards:
        # what we read of it may not be what it says
        return Hold(reason="limits", agent=case.agent.name if case.agent is not None and case.trust.level >= Level.token else "")
    if "encrypted" in f.mail.flaws and case.agent is not None and "encrypted" not in f.allowance.guards:
        # what he wants can't be read, and what lies beside the ciphertext may be anybody's
        question = Question(number=0, line="", code="encrypted")
        return Hold(reason="encrypted", questions=(question,), agent=case.agent.name if case.trust.level >= Level.token else "")
    if case.is_own_request:
        case.note("staff", "as a customer", "answers a mail about his own request")
        case = case.as_customer()
    if (pressed := buttons.pressed(case)) is not None:
        return pressed
    if case.agent is not None and case.trust.level < Level.token and "proof" in f.allowance.guards:
        return customers.decide(case.as_stranger())
    if case.agent is not None:
        return staff.decide(case)
    return customers.decide(case)


def _written_past_us(case: Case) -> Verdict:
    """A mail found in the Sent folder of a shared mailbox: an answer to a request counts as one, anything else is left alone."""
    f = case.facts
    if f.is_ours:
        return Settle(fate=Fate.ignored, why="a mail that the desk sent itself")
    if f.thread is None:
        return Settle(fate=Fate.ignored, why="answers no request")
    agent = case.agent
    actor = (
        case.actor
        if agent is not None
        else Actor(role=Role.agent, name="mailbox", address=f.mail.sender, level=Level.both, door=f.envelope.door)
    )
    reply = Reply(text=case.written.text, quoted=case.written.quoted, parts=f.mail.parts, mail=f.id or None)
    return Act(
        actor=actor, ticket=f.thread.ticket, actions=(reply,), fate=Fate.appended, why="answered from the mailbox", tell_customers=False
    )


def _bounce(case: Case) -> Verdict:
    f = case.facts
    if f.bounced is None:
        # nobody's mail came back: nothing to tell anybody, but it stays findable
        return Settle(fate=Fate.bounce, why="about no mail of ours that is known", ticket=f.thread.ticket if f.thread else None)
    return Bounced(sent=f.bounced, failed=f.machine.failed, ticket=f.thread.ticket if f.thread else f.bounce_ticket)


def _automatic(case: Case) -> Verdict:
    """Out-of-office and receipts are kept with their ticket and change nothing; without one they are only kept."""
    f = case.facts
    if f.thread is None:
        if f.machine.generated and f.machine.kind is not MachineKind.report:
            return customers.decide(case)
        return Settle(fate=Fate.automatic, why=f.machine.why, ticket=f.bounce_ticket)
    ticket = f.thread.ticket
    if ticket.deleted_at is not None:
        return Settle(fate=Fate.automatic, why=f"{f.machine.why}, about {ticket.ref}, which was deleted", ticket=ticket)
    kind, away = PostKind.auto, tuple[date, ...]()
    if case.agent is not None:
        # whoever is away says so to us, not to the customer; and nobody writes notes in an agent's name by calling himself a machine
        if case.trust.level < Level.token:
            return Settle(fate=Fate.automatic, why=f"{f.machine.why}, in an agent's name and unproven", ticket=ticket)
        kind = PostKind.note
        away = absence.offered(f"{f.mail.subject}\n{f.mail.text}", f.at.astimezone(ZoneInfo(f.policy.desk.timezone)).date())
    elif not case.is_participant:
        if f.thread.by == "subject":
            return Settle(fate=Fate.automatic, why=f"{f.machine.why}, from somebody without a part in {ticket.ref}")
        kind = PostKind.third_party
    return Act(
        actor=case.actor,
        ticket=ticket,
        actions=(case.say(kind=kind, keeps_status=True),),
        fate=Fate.appended,
        why=f"automatic: {f.machine.why}",
        tell_staff=False,
        away=away if f.machine.kind is MachineKind.auto_reply else (),
    )
