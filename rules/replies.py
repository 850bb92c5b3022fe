"""Mail from outside that belongs to a ticket: replies, thanks, strangers, and what comes to a ticket that is closed, archived or deleted."""

from __future__ import annotations

from rules import customer_lines, requests, rights, sideways
from rules.actions.access import Decline
from rules.actions.base import Action
from rules.actions.people import Cc
from rules.case import Case
from rules.facts.policy import ArchivedReply
from rules.facts.terms import Fate, Level, PostKind, Status, Visibility, address_key
from rules.facts.ticket import Ticket
from rules.frozen import replace
from rules.reading import partners
from rules.reading.thanks import is_only_thanks
from rules.verdict import Act, Hold, Question, Settle, Verdict


def threaded(case: Case, ticket: Ticket) -> Verdict:
    """The verdict about a mail that belongs to a ticket by one of its clues; staff hears of other tickets that it was sent to, too."""
    verdict = _threaded(case, ticket)
    others = tuple(each.ref for each in case.facts.thread.also) if case.facts.thread is not None else ()
    if not others or not isinstance(verdict, Act) or verdict.ticket is None or verdict.claims:
        return verdict
    case.note("thread", "also", ", ".join(others))
    return replace(verdict, claims=others, hint=verdict.hint or "also")


def _threaded(case: Case, ticket: Ticket) -> Verdict:
    f = case.facts
    assert f.thread is not None  # noqa: S101
    if f.may_append and not case.owns_token and "rate" not in f.allowance.guards:
        case.note("limit", f.may_append)
        return Hold(reason="rate", questions=(Question(number=0, line=f.may_append, code="rate"),), ticket=ticket)
    if ticket.deleted_at is not None:
        return _to_deleted(case, ticket)
    if (beside := sideways.from_outside(case, ticket)) is not None:
        return beside
    if not case.is_participant:
        if f.thread.by == "subject":
            return requests.opened(case, claims=(ticket.ref,), hint="claims")
        return Act(
            actor=case.actor,
            ticket=ticket,
            actions=(case.say(kind=PostKind.third_party, keeps_status=True),),
            fate=Fate.appended,
            why="was in copy" if case.in_waiting_room else "not a participant: kept among staff",
            hint="in-copy" if case.in_waiting_room else "third-party",
        )
    if f.machine.generated or f.machine.kind.value in {"bulk", "list"}:
        say = case.say(kind=PostKind.auto, keeps_status=True)
        return Act(actor=case.actor, ticket=ticket, actions=(say,), fate=Fate.appended, why=f"machine: {f.machine.why}", tell_staff=True)
    if ticket.visibility is Visibility.internal and not case.actor.is_agent and "internal" not in f.allowance.guards:
        # he was told nothing of it since staff took it inside: whether his words belong there is staff's to say
        case.note("guard", "internal", ticket.ref)
        return Hold(reason="internal", ticket=ticket)
    actions, lines, body = customer_lines.commands(case)
    for (number, line), action in zip(lines, actions, strict=True):
        if case.trust.level < rights.level_needed(action, case.scene):
            case.note("level", f"line {number} needs more", line)
            question = Question(number=number, line=line, code="proof")
            allowed = bool(f.mail.identity) and case.trust.why != "dmarc-fail"
            return Hold(reason="proof", questions=(question,), customer=_stored(case, ticket), ticket=ticket, may_carry_out=allowed)
    files = f.mail.files
    has_words = bool(body.strip()) or bool(files)
    if lines and not has_words:
        if ticket.archived_at is not None and (done := _asked_of_archived(case, ticket, actions, lines, body.strip("\n"))) is not None:
            return done
        return Act(actor=case.actor, ticket=ticket, actions=tuple(actions), lines=tuple(lines), fate=Fate.executed, why="asked")
    said = body.strip("\n")
    if ticket.archived_at is None and (rated := customer_lines.misrated(case)) is not None:
        no = Decline(code="not-a-rating" if ticket.status is Status.closed else "rate-open")
        body = customer_lines.without(body, rated)
        if not body.strip() and not files:
            return Act(actor=case.actor, ticket=ticket, actions=(no,), fate=Fate.refused, why=f"not done: {no.code}")
        actions, lines = [no, *actions], [(0, rated), *lines]
    if ticket.archived_at is not None or (ticket.status is Status.closed and not any(a.verb == "reopen" for a in actions)):
        return _to_closed(case, ticket, actions, lines, body, said)
    watching, copied = _copied_in(case, ticket)
    ref = partners.reference(f.mail.subject, case.written.text, (*f.clues.ours, ticket.ref)) if requests.is_partner(case) else ""
    say = replace(case.say(text=said), copied=copied, partner_ref=ref)
    return Act(
        actor=case.actor,
        ticket=ticket,
        actions=(say, *customer_lines.told_of(wishes := customer_lines.wished(case)), *watching, *actions),
        lines=tuple(lines),
        fate=Fate.appended,
        why=f"reply by {f.thread.by}",
        wishes=wishes,
        hint=requests.unread(case),
    )


def _to_deleted(case: Case, ticket: Ticket) -> Verdict:
    """Mail to a ticket that was deleted: it stays so, whoever writes. Words open a new one, which says so to him whose the old one was."""
    f = case.facts
    if not case.is_participant or (ticket.visibility is Visibility.internal and not case.owns_token):
        return requests.opened(case, claims=(ticket.ref,), hint="claims")
    actions, lines, body = customer_lines.commands(case)
    if lines and not body.strip() and not f.mail.files:
        asked = tuple(a for a in actions if not a.changes)
        no = Decline(code="deleted", about=ticket.ref)
        if asked:
            return Act(actor=case.actor, ticket=None, actions=asked, fate=Fate.executed, why="asked")
        return Act(actor=case.actor, ticket=None, actions=(no,), fate=Fate.refused, why="not done: deleted")
    return requests.opened(case, follows=ticket.id, hint="follows-deleted", claims=(ticket.ref,))


def _to_closed(case: Case, ticket: Ticket, actions: list[Action], lines: list[tuple[int, str]], body: str, said: str) -> Verdict:
    """A reply to a closed or archived ticket; `body` is what counts of the text that is kept, `said`."""
    f = case.facts
    if is_only_thanks(body, has_files=bool(f.mail.files)):
        say = case.say(text=said, keeps_status=True)
        return Act(
            actor=case.actor,
            ticket=ticket,
            actions=(say, *actions),
            lines=tuple(lines),
            fate=Fate.appended,
            why="thanks; stays closed",
            hint="thanks",
        )
    late = ticket.closed_at is not None and f.at - ticket.closed_at > f.policy.options.reopen_for
    verified = case.trust.level >= Level.domain or case.owns_token
    if ticket.archived_at is not None and verified and f.policy.options.archived_reply is not ArchivedReply.new:
        return _to_archived(case, ticket, actions, lines, said)
    if ticket.archived_at is not None or late or not verified:
        why = "archived" if ticket.archived_at else "late" if late else "unverified"
        return requests.opened(case, follows=ticket.id, hint=f"follows-{why}", claims=(ticket.ref,))
    return Act(
        actor=case.actor,
        ticket=ticket,
        actions=(case.say(text=said), *customer_lines.told_of(wishes := customer_lines.wished(case)), *actions),
        lines=tuple(lines),
        fate=Fate.appended,
        why="reopened by a reply",
        wishes=wishes,
    )


def _to_archived(case: Case, ticket: Ticket, actions: list[Action], lines: list[tuple[int, str]], said: str) -> Verdict:
    """What the site has said of replies to the archive: the ticket comes back, or the reply is kept and answered."""
    f = case.facts
    if f.policy.options.archived_reply is ArchivedReply.reopen:
        say = case.say(text=said)
        return Act(
            actor=case.actor, ticket=ticket, actions=(say, *actions), lines=tuple(lines), fate=Fate.appended, why="back from the archive"
        )
    if f.may_reply:
        case.note("acknowledge", "no", f.may_reply)
    return Act(
        actor=case.actor,
        ticket=ticket,
        actions=(case.say(text=said, keeps_status=True),),
        fate=Fate.appended,
        why="archived: kept and answered",
        acknowledge=f.machine.may_answer and not f.may_reply and bool(case.actor.address.address),
        hint="archived",
    )


def _asked_of_archived(case: Case, ticket: Ticket, actions: list[Action], lines: list[tuple[int, str]], said: str) -> Verdict | None:
    """Lines alone in a mail to the archive: what is closed and silent stays so, who wants it open is treated as if he had said it in words,
    and whoever wants anything else is told that it comes too late.
    """
    verbs = {action.verb for action in actions if action.changes}
    option = case.facts.policy.options.archived_reply
    asked = tuple(action for action in actions if not action.changes)
    if verbs and verbs <= {"close", "mute"}:
        if not asked:
            return Settle(fate=Fate.executed, why="closed already", ticket=ticket)
        return Act(actor=case.actor, ticket=ticket, actions=asked, fate=Fate.executed, why="asked; closed already")
    if verbs and not asked and "reopen" not in verbs:
        no = Decline(code="archived", about=ticket.ref)
        return Act(actor=case.actor, ticket=None, actions=(no,), fate=Fate.refused, why="not done: archived")
    if "reopen" not in verbs or option is ArchivedReply.reopen:
        return None
    if option is ArchivedReply.answer:
        return _to_archived(case, ticket, actions, lines, said or case.written.text.strip("\n"))
    return requests.opened(case, follows=ticket.id, hint="follows-archived", claims=(ticket.ref,))


def _copied_in(case: Case, ticket: Ticket) -> tuple[tuple[Action, ...], tuple[str, ...]]:
    """People whom a participant copies in later: they watch if they are of his own party and he is surely himself, else they wait for staff."""
    watchers, room = requests.others(case)
    if case.trust.level < Level.token:
        return (), (*watchers, *room)
    return tuple(Cc(address=w) for w in watchers if not ticket.is_participant(w)), room


def _stored(case: Case, ticket: Ticket) -> str:
    """The address on file of the one who claims to write."""
    f = case.facts
    if f.person is not None and f.person.addresses:
        return f.person.addresses[0]
    key = case.actor.address.key
    return next((a for a in (ticket.requester.address, *ticket.watchers) if address_key(a) == key), "")
