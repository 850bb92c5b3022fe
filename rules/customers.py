"""Mail from everybody who is not staff: new requests, replies, thanks, strangers, customers' own verbs."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Any

from rules import admission, belonging, conditions, control, levels, lexicon, rights, sideways
from rules.actions.base import Action, read
from rules.actions.folding import fold
from rules.actions.people import Cc
from rules.actions.triage import SetCategory
from rules.actions.words import Misread
from rules.case import Case, is_known
from rules.facts.people import same_party
from rules.facts.policy import ArchivedReply, Unknown
from rules.facts.terms import Address, Fate, Level, PostKind, Priority, Status, address_key
from rules.facts.ticket import Ticket
from rules.frozen import replace
from rules.reading import partners, subject
from rules.reading.language import detect
from rules.reading.thanks import is_only_thanks
from rules.staff import _readable, routed
from rules.verdict import Act, Hold, Question, Settle, Verdict


def decide(case: Case) -> Verdict:
    """The verdict about a mail whose sender is not staff."""
    f = case.facts
    guards = f.allowance.guards
    if not f.mail.identity and f.mail.identity_fault in {"from-count", "from-syntax"} and "identity" not in guards:
        return Hold(reason="identity", questions=(Question(number=0, line=f.mail.sender.address, code=f.mail.identity_fault),))
    if "spam" not in guards and (why := conditions.spam(f.mail, f.policy)):
        case.note("spam", "held", why)
        return Hold(reason="spam", questions=(Question(number=0, line=why, code="spam"),))
    if f.is_blocked and "spam" not in guards:
        case.note("spam", "held", "called spam by staff")
        return Hold(reason="spam", questions=(Question(number=0, line=case.actor.address.address, code="spam"),))
    actions, lines, body = _commands(case)
    if (about := admission.decide(case, actions, lines, body)) is not None:
        return about
    if f.thread is not None:
        return _threaded(case, f.thread.ticket)
    if control.is_to_control(case) and (done := control.by_customer(case)) is not None:
        return done
    if any(a.verb in admission.VERBS for a in actions):
        opened = _opened(case)
        return replace(opened, actions=(*opened.actions, *actions), lines=tuple(lines)) if isinstance(opened, Act) else opened
    if lines and not body.strip() and not f.mail.parts and all(not a.changes for a in actions):
        return Act(actor=case.actor, ticket=None, actions=tuple(actions), lines=tuple(lines), fate=Fate.executed, why="asked")
    if (asked := _asked_by_subject(case, body)) is not None:
        return asked
    return _opened(case)


def _asked_by_subject(case: Case, body: str) -> Act | None:
    """A question that stands in the subject of a mail without text: `#list`, or `FAQ toner`. Any other word alone is a request."""
    read_subject = subject.read(case.facts.mail.subject)
    said = read_subject.base.strip()
    is_marked = said[:1] in {"#", "＃"} and said[1:2].isalpha()
    if body.strip() or case.facts.mail.parts or read_subject.is_reply or not (is_marked or fold(said.partition(" ")[0]) == "faq"):
        return None
    line = said.lstrip("#＃")
    if fold(line.partition(" ")[0]) not in case.words.verbs:
        return None
    try:
        action = read(line, case.words)
    except Misread:
        return None
    if action.changes or case.trust.level < rights.level_needed(action, case.scene):
        return None
    return Act(actor=case.actor, ticket=None, actions=(action,), lines=((1, line),), fate=Fate.executed, why="asked")


def as_request(case: Case) -> Verdict:
    """The mail as a request of its own: what becomes of commands about tickets that aren't the sender's."""
    return _opened(case)


def kept_as_text(case: Case, ticket: Ticket, why: str) -> Verdict:
    """A mail whose command may not be now: all of it is text for staff, so that nothing a customer wrote waits unseen."""
    say = case.say(keeps_status=ticket.status is Status.closed)
    return Act(actor=case.actor, ticket=ticket, actions=(say,), fate=Fate.appended, why=f"not done: {why}")


def _threaded(case: Case, ticket: Ticket) -> Verdict:
    f = case.facts
    assert f.thread is not None  # noqa: S101
    if f.may_append and not case.owns_token and "rate" not in f.allowance.guards:
        case.note("limit", f.may_append)
        return Hold(reason="rate", questions=(Question(number=0, line=f.may_append, code="rate"),), ticket=ticket)
    if (beside := sideways.from_outside(case, ticket)) is not None:
        return beside
    if not case.is_participant:
        if f.thread.by == "subject":
            return _opened(case, claims=(ticket.ref,), hint="claims")
        if case.in_waiting_room:
            return Act(
                actor=case.actor,
                ticket=ticket,
                actions=(case.say(kind=PostKind.third_party, keeps_status=True),),
                fate=Fate.appended,
                why="was in copy",
                hint="in-copy",
            )
        return Act(
            actor=case.actor,
            ticket=ticket,
            actions=(case.say(kind=PostKind.third_party, keeps_status=True),),
            fate=Fate.appended,
            why="not a participant: kept among staff",
            hint="third-party",
        )
    if f.machine.generated or f.machine.kind.value in {"bulk", "list"}:
        say = case.say(kind=PostKind.auto, keeps_status=True)
        return Act(actor=case.actor, ticket=ticket, actions=(say,), fate=Fate.appended, why=f"machine: {f.machine.why}", tell_staff=True)
    actions, lines, body = _commands(case)
    for (number, line), action in zip(lines, actions, strict=True):
        if case.trust.level < rights.level_needed(action, case.scene):
            case.note("level", f"line {number} needs more", line)
            question = Question(number=number, line=line, code="proof")
            allowed = bool(f.mail.identity) and case.trust.why != "dmarc-fail"
            return Hold(reason="proof", questions=(question,), customer=_stored(case, ticket), ticket=ticket, may_carry_out=allowed)
    files = f.mail.files
    has_words = bool(body.strip()) or bool(files)
    if lines and not has_words:
        return Act(actor=case.actor, ticket=ticket, actions=tuple(actions), lines=tuple(lines), fate=Fate.executed, why="asked")
    gone = ticket.archived_at is not None or ticket.deleted_at is not None
    if gone or (ticket.status is Status.closed and not any(a.verb == "reopen" for a in actions)):
        return _to_closed(case, ticket, actions, lines, body)
    watching, copied = _copied_in(case, ticket)
    ref = partners.reference(f.mail.subject, case.written.text, (*f.clues.ours, ticket.ref)) if _is_partner(case) else ""
    say = replace(case.say(text=body.strip("\n")), copied=copied, partner_ref=ref)
    return Act(
        actor=case.actor,
        ticket=ticket,
        actions=(say, *actions, *watching),
        lines=tuple(lines),
        fate=Fate.appended,
        why=f"reply by {f.thread.by}",
        wishes=_wished(case),
        hint=_unread(case),
    )


def _to_closed(case: Case, ticket: Ticket, actions: list[Action], lines: list[tuple[int, str]], body: str) -> Verdict:
    f = case.facts
    if ticket.deleted_at is None and is_only_thanks(body, has_files=bool(f.mail.files)):
        say = case.say(text=body.strip("\n"), keeps_status=True)
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
    if (
        ticket.archived_at is not None
        and ticket.deleted_at is None
        and verified
        and f.policy.options.archived_reply is not ArchivedReply.new
    ):
        return _to_archived(case, ticket, actions, lines, body)
    if ticket.archived_at is not None or ticket.deleted_at is not None or late or not verified:
        why = "archived" if ticket.archived_at else "deleted" if ticket.deleted_at else "late" if late else "unverified"
        return _opened(case, follows=ticket.id, hint=f"follows-{why}", claims=(ticket.ref,))
    say = case.say(text=body.strip("\n"))
    return Act(actor=case.actor, ticket=ticket, actions=(say, *actions), lines=tuple(lines), fate=Fate.appended, why="reopened by a reply")


def _to_archived(case: Case, ticket: Ticket, actions: list[Action], lines: list[tuple[int, str]], body: str) -> Verdict:
    """What the site has said of replies to the archive: the ticket comes back, or the reply is kept and answered."""
    f = case.facts
    if f.policy.options.archived_reply is ArchivedReply.reopen:
        say = case.say(text=body.strip("\n"))
        return Act(
            actor=case.actor, ticket=ticket, actions=(say, *actions), lines=tuple(lines), fate=Fate.appended, why="back from the archive"
        )
    if f.may_reply:
        case.note("acknowledge", "no", f.may_reply)
    return Act(
        actor=case.actor,
        ticket=ticket,
        actions=(case.say(text=body.strip("\n"), keeps_status=True),),
        fate=Fate.appended,
        why="archived: kept and answered",
        acknowledge=f.machine.may_answer and not f.may_reply and bool(case.actor.address.address),
        hint="archived",
    )


def _opened(case: Case, *, claims: tuple[str, ...] = (), follows: int = 0, hint: str = "") -> Verdict:
    f = case.facts
    known = is_known(f, case.trust.level)
    if f.may_open and "rate" not in f.allowance.guards:
        case.note("limit", f.may_open)
        return Hold(reason="rate", questions=(Question(number=0, line=f.may_open, code="rate"),))
    person = f.person
    if person is not None and not rights.may_function(person, "create", Ticket()) and "no-right" not in f.allowance.guards:
        return Hold(reason="no-right", questions=(Question(number=0, line=case.actor.address.address, code="no-right"),))
    if f.policy.unknown is Unknown.contract_only and "unknown-sender" not in f.allowance.guards:
        is_staffs_own = f.person is not None and f.person.known and not _party(case)
        if not is_staffs_own and not f.things.in_force(belonging.day_of(f.at, f.policy)):
            return _let_in_by_staff(case, "no-contract" if known else "unknown-sender")
    elif not known and "unknown-sender" not in f.allowance.guards:
        match f.policy.unknown:
            case Unknown.refuse:
                return Settle(fate=Fate.refused, why="unknown sender", says_no=True, language=_language(case))
            case Unknown.approve:
                return _let_in_by_staff(case, "unknown-sender")
            case Unknown.accept | Unknown.contract_only:
                pass
    named = claims or tuple(dict.fromkeys(ref.upper() for ref in f.clues.ours))[:3]
    if not case.actor.address.address:
        case.note("sender", "none")
    draft = _draft(case, known=known)
    result = routed(case)
    case.asked.extend(result.trace)
    asked = _confined(case, _readable(case, result.actions))
    echo = _is_echo(case)
    answers = f.machine.may_answer and not f.may_acknowledge and bool(case.actor.address.address) and not echo
    if echo:
        case.note("acknowledge", "no", "our own words came back")
    if f.may_acknowledge:
        case.note("acknowledge", "no", f.may_acknowledge)
    return Act(
        actor=case.actor,
        ticket=None,
        draft=draft,
        actions=(case.say(),),
        after_opening=tuple(asked),
        fate=Fate.opened,
        why=hint or "new request",
        acknowledge=answers,
        claims=named,
        wishes=tuple(dict.fromkeys((*result.wishes, *_wished(case)))),
        follows=follows,
        hint=hint or ("claims" if named else _unread(case)),
    )


STAFFS = frozenset({"prio", "severity", "type", "category", "assign", "due", "internal", "level"})
"""Verbs of staff that a customer who says them means as a wish."""


def _wished(case: Case) -> tuple[str, ...]:
    """What a customer says in a line that only staff may say, such as `prio high`: text like all he writes, and shown as what it is."""
    if not case.found.lines:
        return ()
    words = lexicon.words(case.facts.policy, case.facts.directory)
    out: list[str] = []
    for line in case.found.lines:
        try:
            action = read(line.text, words)
        except Misread:
            continue
        if action.verb in STAFFS:
            out.append(action.spell())
    return tuple(dict.fromkeys(out))


def _unread(case: Case) -> str:
    """The hint to staff that nobody here can read what a customer sent."""
    return "encrypted" if "encrypted" in case.facts.mail.flaws else ""


def _let_in_by_staff(case: Case, reason: str) -> Hold:
    """Held until an agent says yes."""
    return Hold(reason=reason, questions=(Question(number=0, line=case.actor.address.address, code=reason),))


def _confined(case: Case, routed: list[Action]) -> list[Action]:
    """The actions of routing, without a category that the sender has no access to: his first one stands for it."""
    person = case.facts.person
    if person is None or not person.limited or not person.categories:
        return routed
    mine = [c for c in person.categories if c in case.facts.policy.categories]
    if any(isinstance(a, SetCategory) and rights.in_categories(person, a.to) for a in routed) or not mine:
        return routed
    return [SetCategory(to=mine[0]), *(a for a in routed if not isinstance(a, SetCategory))]


def _is_echo(case: Case) -> bool:
    """Whether a mail without a thread is mostly what we answered its sender lately: a robot that hides what it is."""
    written = case.written
    if case.facts.thread is not None or not case.facts.ours or not written.quoted:
        return False
    return len(_WORD.findall(written.quoted)) > 2 * len(_WORD.findall(written.text))


_WORD = re.compile(r"\w+")


def _draft(case: Case, *, known: bool) -> Ticket:
    f = case.facts
    desk = next(
        (a for a in (*f.envelope.recipients, *(x.address for x in f.mail.to), *(x.address for x in f.mail.cc)) if f.policy.is_own(a)), ""
    )
    base = subject.read(f.mail.subject).base
    if control.is_to_control(case):
        base = _named_new(case, base)
    if f.thread is not None and f.thread.by != "subject" and f.thread.ticket.veiled and case.is_participant:
        base = f.thread.ticket.subject  # our mails to him are called otherwise, and so is his reply
    requester: Address = case.actor.address
    watchers, room = _others(case)
    beside = _partners(case)
    said = f.form.language if f.form is not None and f.form.language in f.policy.languages else _language(case)
    language = f.person.language if f.person and f.person.language else said
    urgent = f.policy.options.importance_cap is Priority.high and _is_urgent(case)
    return Ticket(
        subject=base,
        requester=requester,
        party=_party(case),
        channel=f.form.channel if f.form is not None and f.form.channel in f.policy.channels else "mail",
        watchers=watchers,
        waiting_room=room,
        language=language,
        desk_address=f.policy.own_base(desk),
        veiled=not known and case.trust.level is Level.claimed,
        quiet=bool(f.party and f.party.quiet),
        priority=Priority.high if urgent else Priority.normal,
        **beside,
    )


def _named_new(case: Case, base: str) -> str:
    """The subject of a request that begins with `new …` at the address for commands, where a subject may be the mail's first line."""
    line = base or next(iter(case.written.text.strip().splitlines()), "")
    head, _, rest = line.strip().lstrip("#＃").partition(" ")
    verbs = lexicon.words(case.facts.policy, case.facts.directory).verbs
    return rest.strip() if rest.strip() and verbs.get(fold(head)) == "new" else base


def _partners(case: Case) -> dict[str, Any]:
    """What a partner's request has beside: with two desks it is the second level's from the beginning, and somebody else's."""
    f = case.facts
    if not _is_partner(case):
        return {}
    text = case.written.text
    group = f.policy.options.second_level_group
    return {
        "origin": levels.PARTNER,
        "level": 2,
        "group": group if group in f.directory.groups else "",
        "partner_ref": partners.reference(f.mail.subject, text, f.clues.ours),
        "endcustomer": MappingProxyType({k: v for k, v in partners.end_customer(text).items() if k != "address" or not f.policy.is_own(v)}),
    }


def _is_partner(case: Case) -> bool:
    f = case.facts
    return f.policy.options.second_level and f.party is not None and f.party.kind == levels.PARTNER and is_known(f, case.trust.level)


def _party(case: Case) -> str:
    """Key of the party that a new ticket belongs to: the sender's, else that of the device he wrote to."""
    f = case.facts
    own = (f.person.party if f.person and f.person.party else "") or (f.party.key if f.party else "")
    return own or (f.device.party if f.device is not None else "")


def _others(case: Case) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who else was in To or Cc: watchers of the sender's own party, and those who have to be included first."""
    f = case.facts
    sender = f.mail.identity
    watchers: dict[str, str] = {}
    room: dict[str, str] = {}
    for a in (*f.mail.to, *f.mail.cc):
        key = address_key(a.address)
        if (
            not a.address
            or "@" not in key
            or key == case.actor.address.key
            or f.policy.is_own(a.address)
            or f.directory.agent_of(a.address)
        ):
            continue
        own = sender and a in f.mail.cc and (same_party(a.address, sender) or _in_party(case, a.address))
        (watchers if own else room)[key] = a.address
    return tuple(watchers.values())[:20], tuple(v for k, v in room.items() if k not in watchers)[:50]


def _copied_in(case: Case, ticket: Ticket) -> tuple[tuple[Action, ...], tuple[str, ...]]:
    """People whom a participant copies in later: they watch if they are of his own party and he is surely himself, else they wait for staff."""
    watchers, room = _others(case)
    if case.trust.level < Level.token:
        return (), (*watchers, *room)
    return tuple(Cc(address=w) for w in watchers if not ticket.is_participant(w)), room


def _in_party(case: Case, address: str) -> bool:
    party = case.facts.party
    domain = address_key(address).rpartition("@")[2]
    return party is not None and any(domain == d.lower() or domain.endswith("." + d.lower()) for d in party.domains)


def _commands(case: Case) -> tuple[list[Action], list[tuple[int, str]], str]:
    """A customer's verbs, exactly spelled; every other `#` line stays text, in its place."""
    words = case.words
    actions: list[Action] = []
    lines: list[tuple[int, str]] = []
    taken: set[int] = set()
    replaced = case.facts.allowance.replace
    for line in case.found.lines:
        text = replaced.get(line.number, line.text)
        if fold(text.partition(" ")[0]) not in words.verbs:
            continue
        try:
            actions.append(read(text, words))
        except Misread:
            continue
        lines.append((line.number, text))
        taken.add(line.number)
    if not actions:
        actions, lines = admission.controlled(case)
        taken = {number for number, _ in lines}
    rows = case.written.text.split("\n")
    body = "\n".join(row for n, row in enumerate(rows, 1) if n not in taken)
    return actions, lines, body


def _stored(case: Case, ticket: Ticket) -> str:
    """The address on file of the one who claims to write."""
    f = case.facts
    if f.person is not None and f.person.addresses:
        return f.person.addresses[0]
    key = case.actor.address.key
    return next((a for a in (ticket.requester.address, *ticket.watchers) if address_key(a) == key), "")


def _language(case: Case) -> str:
    """The language that somebody writes in, else the one that his program says, if the desk speaks it."""
    spoken = case.facts.policy.languages
    if found := detect(f"{case.facts.mail.subject}\n{case.written.text}", spoken):
        return found
    said = case.facts.mail.header("Content-Language").strip().lower()[:2]
    return said if said in spoken else ""


def _is_urgent(case: Case) -> bool:
    mail = case.facts.mail
    return mail.header("Importance").strip().lower() == "high" or mail.header("X-Priority").strip()[:1] in {"1", "2"}
