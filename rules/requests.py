"""A mail from outside that opens a ticket: whether it may, whose it is, and what it begins with."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Any

from rules import belonging, control, customer_lines, levels, lexicon, rights
from rules.actions.base import Action
from rules.actions.folding import fold
from rules.actions.triage import SetCategory
from rules.case import Case, is_known
from rules.facts.people import same_party
from rules.facts.policy import Unknown
from rules.facts.terms import Address, Fate, Level, Priority, address_key
from rules.facts.ticket import Ticket
from rules.reading import partners, subject
from rules.reading.language import detect
from rules.staff import readable, routed
from rules.verdict import Act, Hold, Question, Settle, Verdict


def opened(case: Case, *, claims: tuple[str, ...] = (), follows: int = 0, hint: str = "") -> Verdict:
    """The verdict about a mail that is a request of its own; `claims` are references that it names, `follows` the id of the ticket it continues."""
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
                return Settle(fate=Fate.refused, why="unknown sender", says_no=True, language=language(case))
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
    asked = _confined(case, readable(case, result.actions))
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
        wishes=tuple(dict.fromkeys((*result.wishes, *customer_lines.wished(case)))),
        follows=follows,
        hint=hint or ("claims" if named else unread(case)),
    )


def unread(case: Case) -> str:
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
    if f.thread is not None and case.is_participant:
        base = subject.without(base, (f.thread.ticket.ref,), tags=False)  # the mask of numbers may have changed since
    thread = f.thread if f.thread is not None and f.thread.ticket.deleted_at is None else None
    if thread is not None and thread.by != "subject" and thread.ticket.veiled and case.is_participant:
        base = thread.ticket.subject  # our mails to him are called otherwise, and so is his reply
    requester: Address = case.actor.address
    watchers, room = others(case)
    beside = _partners(case)
    said = f.form.language if f.form is not None and f.form.language in f.policy.languages else language(case)
    spoken = f.person.language if f.person and f.person.language else said
    urgent = f.policy.options.importance_cap is Priority.high and _is_urgent(case)
    return Ticket(
        subject=base,
        requester=requester,
        party=_party(case),
        channel=f.form.channel if f.form is not None and f.form.channel in f.policy.channels else "mail",
        watchers=watchers,
        waiting_room=room,
        language=spoken,
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
    if not is_partner(case):
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


def is_partner(case: Case) -> bool:
    """Whether a partner writes, where the second level has a desk of its own."""
    f = case.facts
    return f.policy.options.second_level and f.party is not None and f.party.kind == levels.PARTNER and is_known(f, case.trust.level)


def _party(case: Case) -> str:
    """Key of the party that a new ticket belongs to: the sender's, else that of the device he wrote to."""
    f = case.facts
    own = (f.person.party if f.person and f.person.party else "") or (f.party.key if f.party else "")
    return own or (f.device.party if f.device is not None else "")


def others(case: Case) -> tuple[tuple[str, ...], tuple[str, ...]]:
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


def _in_party(case: Case, address: str) -> bool:
    party = case.facts.party
    domain = address_key(address).rpartition("@")[2]
    return party is not None and any(domain == d.lower() or domain.endswith("." + d.lower()) for d in party.domains)


def language(case: Case) -> str:
    """The language that somebody writes in, else the one that his program says, if the desk speaks it."""
    spoken = case.facts.policy.languages
    if found := detect(case.written.text, spoken, case.facts.mail.subject):
        return found
    said = case.facts.mail.header("Content-Language").strip().lower()[:2]
    return said if said in spoken else ""


def _is_urgent(case: Case) -> bool:
    mail = case.facts.mail
    return mail.header("Importance").strip().lower() == "high" or mail.header("X-Priority").strip()[:1] in {"1", "2"}
