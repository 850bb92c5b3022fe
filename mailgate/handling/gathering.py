"""Looks up what a decision about one mail may need: who writes, what the clues lead to, what was sent before. Reads only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from mailgate.office import Office
from mailgate.roster import Roster
from rules import belonging, control, levels, limits, probes, tokens
from rules.actions.access import REGISTER
from rules.case import Facts, Held, believed, is_known
from rules.facts.access import Admission
from rules.facts.mail import Envelope, Machine, Mail, Verified
from rules.facts.people import Directory, Party, Person
from rules.facts.policy import Policy
from rules.facts.sent import Sent
from rules.facts.terms import Level, MachineKind, PostKind, address_key
from rules.facts.things import NOTHING, Device, Things
from rules.facts.ticket import Post, Ticket
from rules.frozen import dataclass, replace
from rules.reading import forms, machine, partners, quoting, subject, threads, trust
from rules.verdict import Allowance
from store import access, engine, inbox, lookup, outbox, people, records, settled, signing, things
from store import threads as stored
from store.lists import access as asked
from store.queries import tickets
from templates import languages

__all__ = ["Facts", "facts", "verified"]

ECHO_WITHIN = timedelta(days=1)
"""How long a stranger's mail is compared with what we answered him, to notice robots that send our words back."""


def verified(office: Office, waiting: inbox.Waiting, mail: Mail) -> Mail:
    """The mail with what trusted servers and our own check say of it. May wait for DNS: not within a transaction."""
    policy = office.policy
    believed = trust.believed(
        mail.headers,
        authserv_ids=policy.trust.authserv_ids,
        networks=policy.trust.networks,
        peer=waiting.envelope.peer,
    )
    own: tuple[Verified, ...] = ()
    if policy.trust.verify_dkim and office.lookup is not None and mail.identity and mail.header("DKIM-Signature"):
        from mailgate.trust import signatures  # noqa: PLC0415 - dkimpy is only loaded where a signature asks for it

        own = signatures.verify(waiting.raw, mail.identity.rpartition("@")[2], office.lookup, waiting.received_at)
    own += _signed(office, waiting, mail)
    return replace(mail, verified=(*believed, *own)) if believed or own else mail


def _signed(office: Office, waiting: inbox.Waiting, mail: Mail) -> tuple[Verified, ...]:
    """The verdict on a PGP or S/MIME signature of somebody whose key is on file."""
    from mailgate.trust import sealed  # noqa: PLC0415 - few mails are signed

    if not mail.identity or not sealed.may_be_signed(mail, waiting.raw):
        return ()
    with engine.reading(office.store) as tx:
        keys = signing.keys_of(tx, mail.identity)
    return sealed.verify(waiting.raw, keys, waiting.received_at) if keys else ()


def proofs(mail: Mail) -> tuple[str, ...]:
    """The signatures by keys on file that a mail brings: each counts for the first mail that brings it."""
    return tuple(each.proof for each in mail.verified if each.proof)


def _first_use(tx: Connection, mail: Mail, received_id: int) -> Mail:
    """The mail without the worth of signatures that another one brought before."""
    used = signing.used_by_others(tx, proofs(mail), received_id)
    verified = tuple(replace(v, result="none", why="used-before", proof="") if v.proof in used else v for v in mail.verified)
    return replace(mail, verified=verified) if used else mail


def _of_this_ticket(tx: Connection, mail: Mail, thread: threads.Thread, ours: Sequence[str], policy: Policy) -> Mail:
    """The mail without the worth of its signatures where what it bears within speaks of other tickets than the one it came to.

    A signature covers no In-Reply-To and no recipients: whoever catches a signed answer could bring it to another ticket.
    """
    if not proofs(mail):
        return mail
    places = ([lookup.find(tx, ref) for ref in sorted(refs)[:20]] for refs in threads.spoken_of(mail, ours, policy))
    named = [{ticket.id for ticket in found if ticket is not None} for found in places]
    if not any(ids and thread.ticket.id not in ids for ids in named):
        return mail
    verified = tuple(replace(v, result="none", why="other-ticket", proof="") if v.proof else v for v in mail.verified)
    return replace(mail, verified=verified)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """What a mail says by itself, whatever the desk knows."""

    form: forms.Form | None
    clues: threads.Clues
    machine: Machine


def alone(mail: Mail, envelope: Envelope, policy: Policy) -> Alone:
    """What a mail says by itself. Asked of all mails of a batch in a row, it takes less time than on each one's way."""
    form = forms.read(mail, envelope)
    if form is not None:
        mail = forms.written_by(mail)
    return Alone(form=form, clues=threads.clues(mail, envelope, policy), machine=machine.classify(mail, envelope, policy.own))


def facts(
    tx: Connection, office: Office, staff: Roster, waiting: inbox.Waiting, mail: Mail, at: datetime, said: Alone | None = None
) -> Facts:
    """Everything that `rules.decide` may know about this mail; `said` is what it says by itself, if that was asked already."""
    policy = office.policy
    said = said or alone(mail, waiting.envelope, policy)
    form, clues, kind = said.form, said.clues, said.machine
    mail = _first_use(tx, mail, waiting.id)
    if form is not None:
        mail = forms.written_by(mail)
    found = _found(tx, office, clues)
    thread = threads.choose(clues, found, mail.in_reply_to)
    is_ours = _is_our_own(tx, office, mail)
    if is_ours:
        kind = replace(kind, kind=MachineKind.own, may_answer=False, why="a mail of ours came back")
    elif probes.is_ours(mail.message_id, office.keys):
        kind = replace(kind, kind=MachineKind.own, may_answer=False, why=machine.PROBE)
    if form is not None and kind.kind not in {MachineKind.own, MachineKind.loop}:
        kind = Machine(why="a form of our own")
    person = on_file = people.person_of(tx, mail.identity) if mail.identity else None
    party = next((p for p in staff.parties if person is not None and p.key == person.party), None) or people.party_of(
        mail.identity, staff.parties
    )
    if party is not None and party.named_only and mail.identity and not (person is not None and person.known):
        # somebody whom neither we nor his organisation named: he may ask what everybody may
        person = replace(person or Person(addresses=(mail.identity,), party=party.key), limited=True, may=())
    if thread is None and party is not None and party.kind == levels.PARTNER and policy.options.second_level:
        thread = _by_partners_number(tx, mail, party, clues)
    copy = inbox.copy_of(tx, waiting.id, mail, at)
    bounced = _bounced(tx, office, waiting, mail, found) if kind.kind in {MachineKind.bounce, MachineKind.report} else None
    agent = staff.directory.agent_of(mail.identity) if mail.identity else None
    ours: tuple[str, ...] = ()
    newer: tuple[Post, ...] = ()
    notes: tuple[str, ...] = ()
    pictures: frozenset[str] = frozenset()
    requester_keys: frozenset[str] = frozenset()
    if thread is not None:
        own = [address_key(a) for a in agent.addresses] if agent is not None else ()
        ours = stored.texts_sent(tx, thread.ticket.id, waiting.received_at, own)
        ours += tuple(p.sent.text for p in found.presented if p.sent.text and p.sent.text not in ours)
        asker = thread.ticket.requester
        is_sender = bool(mail.identity) and asker.key == address_key(mail.identity)
        requester = on_file if is_sender else people.person_of(tx, asker.address) if asker.address else None
        if requester is not None:
            requester_keys = frozenset(address_key(a) for a in requester.addresses)
        if agent is not None and ours and quoting.has_header_block(mail.text):
            # what stands in the HTML alone would look like words of his
            ours += (languages.phrases(languages.choose(agent.language, policy.languages), office.site),)
        if agent is not None:
            newer, notes = _posts(tx, thread, agent.name)
            pictures = stored.pictures_of(tx, agent.name) if mail.pictured else frozenset()
        mail = _of_this_ticket(tx, mail, thread, ours, policy)
    elif mail.identity and agent is None:
        answered = stored.texts_answered(tx, address_key(mail.identity), at - ECHO_WITHIN)
        ours = tuple(quoting.unquoted(text) for text in answered)
    elif found.presented:
        ours = tuple(p.sent.text for p in found.presented if p.sent.text)
    owned, device = _things(tx, office, mail, waiting, person, party) if thread is None else (NOTHING, None)
    made = Facts(
        mail=mail,
        envelope=waiting.envelope,
        machine=kind,
        at=at,
        policy=policy,
        directory=staff.directory,
        id=waiting.id,
        clues=clues,
        presented=found.presented,
        thread=thread,
        person=person,
        party=party,
        things=owned,
        device=device,
        form=form,
        requester_keys=requester_keys,
        copy_of=copy,
        copy_ticket=_ticket_of(tx, copy),
        is_ours=is_ours,
        bounced=bounced,
        bounce_ticket=lookup.get(tx, bounced.ticket_id) if bounced is not None and bounced.ticket_id else None,
        used=frozenset((p.sent.outbox_id, key) for p in found.presented for key in stored.pressed(tx, p.sent.outbox_id))
        if found.presented
        else frozenset(),
        newer=newer,
        notes=notes,
        earlier=stored.written_by(tx, agent.name) if agent is not None else (),
        pictures=pictures,
        ours=ours,
        held=_held(tx, found.presented),
        about=_about(tx, thread),
        admission=_admission(tx, policy, staff.directory, mail, (person, party), found.presented),
        is_requester=bool(
            agent is None and person is None and mail.identity and _is_to_control(mail, policy) and tickets.of_person(tx, (mail.identity,))
        ),
        is_blocked=agent is None and records.is_blocked(tx, mail.identity or mail.sender.address),
    )
    writer, sure = believed(made)
    if writer is not None:
        return made
    known = is_known(made, sure.level)
    ack, reply, opening = _limits(tx, office, mail, at, known=known)
    adding = _may_add(tx, office, mail, at, known=known) if thread is not None and sure.level < Level.domain else ""
    return replace(made, may_acknowledge=ack, may_reply=reply, may_open=opening, may_append=adding)


def _things(
    tx: Connection, office: Office, mail: Mail, waiting: inbox.Waiting, person: Person | None, party: Party | None
) -> tuple[Things, Device | None]:
    """What the sender's party has, else that of the device he wrote to; and that device."""
    own = (person.party if person is not None else "") or (party.key if party is not None else "")
    serial = belonging.serial_named(mail, waiting.envelope, office.policy, has_party=bool(own))
    device = things.device(tx, serial)
    return things.of_party(tx, own or (device.party if device is not None else "")), device


def _found(tx: Connection, office: Office, clues: threads.Clues) -> threads.Found:
    every = (*clues.tokens, *clues.id_tokens)
    if not (every or clues.ids or clues.refs):
        return threads.Found()
    sent = stored.sent_of(tx, [token.outbox_id for token in every]) if every else {}
    named = {each.lower() for each in clues.ids}
    presented = tuple(
        threads.Presented(
            token=token,
            sent=(mail := sent[token.outbox_id]),
            # a Message-ID counts as a whole: its domain is no part of the token
            genuine=tokens.verify(token, office.keys, mail) and (token.key != tokens.ID or mail.message_id.lower() in named),
        )
        for token in every
        if token.outbox_id in sent
    )
    by_outbox: dict[int, Ticket] = {}
    for p in presented:
        if p.genuine and p.sent.ticket_id is not None and (ticket := lookup.get(tx, p.sent.ticket_id)) is not None:
            by_outbox[p.sent.outbox_id] = ticket
    by_id = stored.tickets_of_ids(tx, clues.ids) if clues.ids else {}
    by_ref = {ref: ticket for ref in clues.refs if (ticket := lookup.find(tx, ref)) is not None}
    return threads.Found(presented=presented, by_outbox=by_outbox, by_id=by_id, by_ref=by_ref)


def _by_partners_number(tx: Connection, mail: Mail, party: Party, clues: threads.Clues) -> threads.Thread | None:
    """The newest ticket that a partner's own people name by the number that it has with them; to everybody else it is a word."""
    named = partners.numbers(mail.subject, clues.ours)
    ticket = tickets.of_partner(tx, party.key, named) if named else None
    return threads.Thread(ticket=ticket, by="subject") if ticket is not None else None


def _about(tx: Connection, thread: threads.Thread | None) -> Post | None:
    """The post that the answered mail of ours was about, if it was about one alone and that still belongs to the ticket."""
    if thread is None or thread.sent is None or not thread.sent.about.startswith("post:"):
        return None
    wanted = int(thread.sent.about.removeprefix("post:"))
    return next((p for p in tickets.posts(tx, thread.ticket.id) if p.id == wanted), None)


def _is_our_own(tx: Connection, office: Office, mail: Mail) -> bool:
    """Whether the mail's own Message-ID is one that we gave."""
    token = tokens.read(mail.message_id)
    if token is None:
        return False
    sent = stored.sent_of(tx, [token.outbox_id]).get(token.outbox_id)
    return sent is not None and tokens.verify(token, office.keys, sent)


def _bounced(tx: Connection, office: Office, waiting: inbox.Waiting, mail: Mail, found: threads.Found) -> Sent | None:
    """The mail of ours that a bounce is about: by its address, by the returned Message-ID, by what it refers to."""
    genuine = [p.sent for p in found.presented if p.genuine]
    if genuine:
        return genuine[0]
    if mail.report is None or not mail.report.original_id:
        return None
    token = tokens.read(mail.report.original_id)
    if token is None:
        return None
    sent = stored.sent_of(tx, [token.outbox_id]).get(token.outbox_id)
    return sent if sent is not None and tokens.verify(token, office.keys, sent) else None


def _posts(tx: Connection, thread: threads.Thread, agent: str) -> tuple[tuple[Post, ...], tuple[str, ...]]:
    """Colleagues' answers that the mail being answered didn't know of, and the texts of internal posts."""
    posts = stored.latest_posts(tx, thread.ticket.id)
    newer = tuple(
        post
        for post in posts
        if thread.sent is not None
        and _is_newer(post, thread.sent)
        and post.kind is PostKind.public
        and post.direction == "out"
        and post.agent != agent
    )
    notes = tuple(post.text for post in reversed(posts) if post.kind in {PostKind.note, PostKind.private, PostKind.opinion})
    return newer, notes


def _is_newer(post: Post, sent: Sent) -> bool:
    """Whether a post came after a mail of ours was made; of the same moment, whether it is newer than the newest that stood in it."""
    if post.at == sent.created_at:
        return bool(sent.newest_post) and post.id > sent.newest_post
    return post.at > sent.created_at


_REF = re.compile(r"\bA\d{1,9}\b", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"]{1,64}@[^\s<>()\[\],;:\"]{1,255}")
MOST_NAMED = 500
"""Addresses and requests that one mail about access may name."""


def _admission(
    tx: Connection,
    policy: Policy,
    directory: Directory,
    mail: Mail,
    who: tuple[Person | None, Party | None],
    presented: Sequence[threads.Presented],
) -> Admission | None:
    """What is known of access, for a mail that answers such a mail of ours, holds a command, or went to the address for them."""
    genuine = [p.sent for p in presented if p.genuine]
    answered = next((s.about.removeprefix("access:") for s in genuine if s.about.startswith("access:")), "")
    confirms = next((s.recipient for s in genuine if s.template == REGISTER), "")
    if not (answered or confirms or _is_to_control(mail, policy) or "#" in mail.text or "＃" in mail.text):
        return None
    person, party = who
    named = {ref.upper() for ref in _REF.findall(f"{mail.subject}\n{mail.text}")[:MOST_NAMED]}
    requests = asked.requests(tx, {answered, *named} - {""})
    speaks = person is not None and party is not None and bool({"adduser", "grant"} & set(person.may))
    approvers = access.approvers(tx, party, directory) if speaks and party is not None else ()
    addresses = {address for r in requests.values() for address in (r.person, r.asker, *r.approvers)} | set(approvers)
    addresses |= set(_ADDRESS.findall(mail.text)[:MOST_NAMED]) if speaks else set()
    return Admission(
        party=party,
        approvers=approvers,
        requests=requests,
        answered=answered,
        people=access.known(tx, addresses),
        last=access.last(tx) if speaks else 0,
        confirms=confirms,
    )


def _is_to_control(mail: Mail, policy: Policy) -> bool:
    return control.is_control([a.address for a in mail.to], policy)


def allowed(tx: Connection, received_id: int) -> Allowance:
    """What was decided about a held mail so far, which a later decision adds to."""
    found = settled.standing(tx, received_id)
    said = (found.record.get("allowed") if found is not None else None) or {}
    level = said.get("level")
    return Allowance(
        replace={int(number): str(line) for number, line in (said.get("replace") or {}).items()},
        anyway=bool(said.get("anyway")),
        level=None if level is None else Level(level),
        crossing=bool(said.get("crossing")),
        guards=frozenset(said.get("guards") or ()),
        rounds=int(said.get("rounds", 0)),
    )


def recorded(allowance: Allowance) -> dict[str, Any]:
    """An allowance as a held mail's record keeps it."""
    return {
        "replace": {str(number): line for number, line in allowance.replace.items()},
        "anyway": allowance.anyway,
        "level": None if allowance.level is None else int(allowance.level),
        "crossing": allowance.crossing,
        "guards": sorted(allowance.guards),
        "rounds": allowance.rounds,
    }


def _held(tx: Connection, presented: Sequence[threads.Presented]) -> Held | None:
    """The held mail that a question of ours was about, if the mail answers one."""
    for p in presented:
        line = next((line for line in p.sent.buttons.values() if line.startswith("held ")), "")
        if not p.genuine or not line:
            continue
        held_id = int(line.split(" ")[1])
        found = settled.standing(tx, held_id)
        if found is None:
            continue
        hold = found.record
        return Held(
            id=held_id,
            reason=str(hold.get("reason", "")),
            agent=str(hold.get("agent", "")),
            customer=str(hold.get("customer", "")),
            numbers=tuple(q["number"] for q in hold.get("questions", ()) if q.get("number")),
            is_held=found.is_held,
        )
    return None


def _limits(tx: Connection, office: Office, mail: Mail, at: datetime, *, known: bool) -> tuple[str, str, str]:
    """Names of the limits that forbid an acknowledgement, another answer and another ticket, empty where none does."""
    rates = office.policy.limits
    sender = mail.identity or mail.sender.address
    if not sender:
        return "no-sender", "no-sender", ""
    key = address_key(sender)
    answers = {span: outbox.answered_since(tx, at - span, key) for span in limits.spans(rates.acks_known, rates.acks_unknown)}
    total = {span: outbox.answered_since(tx, at - span) for span in limits.spans(rates.acks_total)}
    exchanged = {span: inbox.count_from(tx, mail.sender.address, at - span) + 1 for span in limits.spans(rates.pair)}
    same: dict[timedelta, int] = {}
    if rates.same_subject:
        wanted = limits.subject_key(subject.read(mail.subject).base)
        for span in limits.spans(rates.same_subject):
            same[span] = sum(limits.subject_key(x) == wanted for x in outbox.subjects_answered_since(tx, at - span, key))
    traffic = limits.Traffic(answers=answers, answers_total=total, exchanged=exchanged, same_subject=same)
    tickets = limits.spans(rates.tickets_known if known else rates.tickets_unknown)
    opened = {span: stored.count_opened(tx, key, at - span) for span in tickets}
    # an answer holds nothing of the asker's words and goes to the stored address alone: strangers get as many as acquaintances
    reply = limits.answer_barred_by(rates, traffic, known=True)
    return limits.answer_barred_by(rates, traffic, known=known), reply, limits.opening_barred_by(rates, opened, known=known)


def _may_add(tx: Connection, office: Office, mail: Mail, at: datetime, *, known: bool) -> str:
    rates = office.policy.limits
    sent = {
        span: inbox.count_from(tx, mail.sender.address, at - span)
        for span in limits.spans(rates.tickets_known if known else rates.tickets_unknown)
    }
    return limits.adding_barred_by(rates, sent, known=known)


def _ticket_of(tx: Connection, received_id: int | None) -> Ticket | None:
    if received_id is None:
        return None
    ticket_id = settled.ticket_id(tx, received_id)
    return lookup.get(tx, ticket_id) if ticket_id else None
