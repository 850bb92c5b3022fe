"""One mail under decision: the facts that were looked up, and what follows from them at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rules import lexicon, tokens
from rules.actions.base import Scene
from rules.actions.posts import Say
from rules.actions.words import Words
from rules.facts.access import Admission
from rules.facts.mail import Envelope, Machine, Mail
from rules.facts.people import Actor, Agent, Directory, Party, Person, Role, same_party
from rules.facts.policy import Policy
from rules.facts.sent import RecipientKind, Sent
from rules.facts.terms import Address, Level, PostKind, address_key
from rules.facts.things import NOTHING, Device, Things
from rules.facts.ticket import Post, Ticket
from rules.frozen import dataclass, replace
from rules.reading import commands, quoting, signature
from rules.reading import trust as trusting
from rules.reading.forms import Form
from rules.reading.quoting import Written
from rules.reading.threads import Clues, Presented, Thread
from rules.verdict import Allowance, Verdict

SIGNED_BY = frozenset({"pgp", "smime"})
"""Methods of our own check of what a mail's author signed; a server's word of that (RFC 8601 section 2.7.6) has no `proof`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A held mail that a button or a reply is about."""

    id: int
    reason: str
    agent: str = ""
    customer: str = ""
    numbers: tuple[int, ...] = ()
    """Lines that were asked about, in order."""
    is_held: bool = True
    """False when somebody decided already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that a decision about one mail may know."""

    mail: Mail
    envelope: Envelope
    machine: Machine
    at: datetime
    policy: Policy
    directory: Directory
    id: int = 0
    clues: Clues = Clues()
    presented: tuple[Presented, ...] = ()
    thread: Thread | None = None
    person: Person | None = None
    """The person whose address the strict From is."""
    party: Party | None = None
    things: Things = NOTHING
    """What belongs to the party of whoever opens a ticket; looked up only for new conversations."""
    device: Device | None = None
    """The device whose address was written to."""
    form: Form | None = None
    """The form of a website that wrote the mail."""
    requester_keys: frozenset[str] = frozenset()
    """Compared forms of all addresses of the thread's requester."""
    copy_of: int | None = None
    copy_ticket: Ticket | None = None
    again: bool = False
    """True when the mail had a fate before and is handled again."""
    is_ours: bool = False
    """True when the mail's own Message-ID is one that we gave."""
    bounced: Sent | None = None
    bounce_ticket: Ticket | None = None
    used: frozenset[tuple[int, str]] = frozenset()
    """Buttons that were used already, as (outbox id, key)."""
    newer: tuple[Post, ...] = ()
    """Public answers of staff that the mail being answered didn't know of."""
    notes: tuple[str, ...] = ()
    """Texts of internal posts of the thread, for the guard against leaks."""
    earlier: tuple[Written, ...] = ()
    """What the agent wrote in earlier mails: an end that comes again is his signature."""
    pictures: frozenset[str] = frozenset()
    """sha256 of pictures in earlier answers of the agent: what comes again below his name is a logo."""
    about: Post | None = None
    """The post that the answered mail was about, where it was about one alone: a question, a private message."""
    admission: Admission | None = None
    """What is known of access and registration, if the mail may be about them."""
    is_requester: bool = False
    """True when a mail to the control address has a sender whose requests are here; looked up only for such mails."""
    is_blocked: bool = False
    """True when staff has called mail from this sender spam."""
    ours: tuple[str, ...] = ()
    """Texts of ours that may come back quoted."""
    held: Held | None = None
    may_acknowledge: str = ""
    """Name of the limit that forbids an acknowledgement, empty if none does."""
    may_open: str = ""
    """Name of the limit that forbids another ticket, empty if none does."""
    may_append: str = ""
    """Name of the limit that forbids one more mail to a request by somebody who proves nothing, empty if none does."""
    may_reply: str = ""
    """Name of the limit that forbids an answer to what he asked (`status`, `list`, a spent button), empty if none does."""
    allowance: Allowance = Allowance()


@dataclass(slots=True)
class Case:
    """The facts with what follows from them; carries the trace as it grows."""

    facts: Facts
    agent: Agent | None
    actor: Actor
    trust: trusting.Trust
    written: Written
    found: commands.Found
    asked: list[Mapping[str, Any]]

    @classmethod
    def of(cls, facts: Facts) -> Case:
        """Work out who writes, how surely, and what he wrote himself."""
        mail = facts.mail
        agent, trust = believed(facts)
        level = max(trust.level, facts.allowance.level) if facts.allowance.level is not None else trust.level
        if level is not trust.level:
            trust = replace(trust, level=level)
        if agent is not None:
            actor = Actor(role=Role.agent, name=agent.name, address=agent.address, level=level, door=facts.envelope.door)
        else:
            known = facts.person
            name = mail.sender.name or (known.name if known else "")
            address = mail.identity or mail.sender.address
            actor = Actor(
                role=Role.customer,
                name=address_key(address),
                address=Address(name=name, address=address),
                level=level,
                person=known,
                door=facts.envelope.door,
            )
        # pictures that staff pastes into an answer travel in their place
        written = quoting.written(mail.pictured if agent is not None and mail.pictured else mail.text, facts.ours)
        if agent is not None and facts.earlier:
            written = signature.without_repeated(written, facts.earlier, agent)
        return cls(facts=facts, agent=agent, actor=actor, trust=trust, written=written, found=commands.find(written.text), asked=[])

    def note(self, step: str, said: str, saw: str = "") -> None:
        """Leave a line in the trace."""
        self.asked.append({"step": step, "said": said, "saw": saw[:200]})

    @property
    def scene(self) -> Scene:
        """The scene in which the sender acts."""
        f = self.facts
        return Scene(who=self.actor, at=f.at, policy=f.policy, directory=f.directory, admission=f.admission)

    @property
    def words(self) -> Words:
        """The words that this sender's commands are made of."""
        make = lexicon.words if self.agent is not None else lexicon.customer_words
        return make(self.facts.policy, self.facts.directory)

    @property
    def proves_subject(self) -> bool:
        """Whether the subject is as surely the sender's as the text; a signature covers the text alone."""
        return self.trust.why != trusting.SIGNATURE_ALONE

    @property
    def is_participant(self) -> bool:
        """Whether the sender belongs to the thread: requester or watcher, one of their other addresses, or of their party."""
        thread = self.facts.thread
        if thread is None:
            return False
        mine = _keys(self.facts)
        if self._owns_token(mine):
            return True
        ticket = thread.ticket
        if mine & ({ticket.requester.key} | {address_key(w) for w in ticket.watchers} | self.facts.requester_keys):
            return True
        sender = self.actor.address.address
        if self.facts.party is not None and ticket.party and self.facts.party.key == ticket.party:
            return True
        return bool(self.facts.mail.identity) and same_party(sender, ticket.requester.address)

    @property
    def owns_token(self) -> bool:
        """Whether a genuine token of the thread came back from the one it was made for."""
        return self._owns_token(_keys(self.facts))

    def _owns_token(self, mine: frozenset[str]) -> bool:
        thread = self.facts.thread
        return thread is not None and any(
            p.genuine
            and p.sent.recipient_key in mine
            and p.sent.ticket_id == thread.ticket.id
            and p.sent.recipient_kind is not RecipientKind.other
            for p in self.facts.presented
        )

    @property
    def in_waiting_room(self) -> bool:
        """Whether the sender was in To or Cc of a participant's mail to this ticket."""
        thread = self.facts.thread
        return thread is not None and bool(_keys(self.facts) & {address_key(w) for w in thread.ticket.waiting_room})

    def as_stranger(self) -> Case:
        """The same mail from somebody of whom nothing is believed: what staff's unproven mail is when another lets it in."""
        f = self.facts
        address = f.mail.identity or f.mail.sender.address
        sender = Address(name=f.mail.sender.name, address=address)
        actor = Actor(role=Role.customer, name=address_key(address), address=sender, level=Level.claimed, door=f.envelope.door)
        return replace(self, agent=None, actor=actor, trust=replace(self.trust, level=Level.claimed))

    @property
    def is_own_request(self) -> bool:
        """Whether staff answers a mail that the desk sent it as a customer: an agent's own request, where others are the desk."""
        sent = self.facts.thread.sent if self.facts.thread is not None else None
        if self.agent is None or sent is None:
            return False
        return sent.recipient_kind is RecipientKind.customer and sent.recipient_key in _keys(self.facts)

    def as_customer(self) -> Case:
        """The same mail from somebody who is staff elsewhere, and here whoever the desk works for; he is believed as before."""
        address = self.actor.address
        name = address_key(self.facts.mail.identity or address.address)
        actor = replace(self.actor, role=Role.customer, name=name, person=self.facts.person)
        return replace(self, agent=None, actor=actor)

    def say(self, *, kind: PostKind = PostKind.public, text: str | None = None, keeps_status: bool = False) -> Say:
        """What the sender wrote, as an action."""
        return Say(
            text=self.written.text if text is None else text,
            quoted=self.written.quoted,
            parts=self.facts.mail.parts,
            mail=self.facts.id or None,
            subject=self.facts.mail.subject,
            kind=kind,
            keeps_status=keeps_status,
        )


def believed(facts: Facts) -> tuple[Agent | None, trusting.Trust]:
    """The agent that a mail is from, if it is staff's, and how surely it is from whom it says."""
    mail = facts.mail
    vouched = facts.directory.agents.get(facts.envelope.login) if facts.envelope.door in {"file", "pipe"} else None
    agent = vouched or (facts.directory.agent_of(mail.identity) if mail.identity else None)
    said = facts.envelope.login
    login = (facts.directory.agents.get(said) or facts.directory.agent_of(said)) if facts.envelope.door == "submission" and said else None
    return agent, trusting.level(
        identity=mail.identity,
        verified=mail.verified,
        token_owner_matches=bool(facts.presented) and _brings_own(facts, agent),
        login_matches=login is not None and login is agent,
        vouched=vouched is not None,
        signed=any(v.method in SIGNED_BY and v.result == "pass" and v.proof for v in mail.verified),
    )


def _brings_own(facts: Facts, agent: Agent | None) -> bool:
    """Whether a genuine token came back from its owner, in its time and to its ticket."""
    mine = {address_key(a) for a in agent.addresses} if agent else _keys(facts)
    return any(p.genuine and p.sent.recipient_key in mine and _live(p, facts.at) and _is_of(p, facts) for p in facts.presented)


def is_known(facts: Facts, level: Level) -> bool:
    """Level 1 or more, or a person or party domain that staff entered."""
    return level >= Level.domain or (facts.person is not None and facts.person.known) or facts.party is not None


def traced(verdict: Verdict, case: Case) -> Verdict:
    """The verdict with the case's trace before its own."""
    return replace(verdict, trace=(*case.asked, *verdict.trace))


def _keys(facts: Facts) -> frozenset[str]:
    """Compared forms of every address that is the sender's."""
    own = {address_key(facts.mail.identity)} if facts.mail.identity else set()
    if facts.person is not None and own:
        own |= {address_key(a) for a in facts.person.addresses}
    if own and (agent := facts.directory.agent_of(facts.mail.identity)) is not None:
        own |= {address_key(a) for a in agent.addresses}
    return frozenset(own)


def _is_of(presented: Presented, facts: Facts) -> bool:
    """Whether a token is of the ticket that the mail is about: one of another ticket proves nothing here, one of none (a list, a digest) does."""
    about = presented.sent.ticket_id
    return about is None or facts.thread is None or about == facts.thread.ticket.id


def _live(presented: Presented, at: datetime) -> bool:
    return tokens.is_live(presented.token, presented.sent, at)


ANNOUNCE_AFTER = timedelta(minutes=15)
"""How long held mail waits before its group or the admin is told."""
