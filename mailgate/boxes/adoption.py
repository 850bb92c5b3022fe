"""Takes over a shared mailbox that people answered from by hand: one ticket for each conversation, silently.

`conversations` sorts what a survey found, `take_over` keeps the mails of one and makes its ticket. Nobody is told of anything, and
clocks start now. Next: `errands.py` for the survey.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from mailgate.boxes.errands import Surveyed
from mailgate.boxes.mailboxes import Role as Folder
from mailgate.office import Office
from rules.actions.base import Action, Draft, Effect, Scene
from rules.actions.state import Close
from rules.facts.mail import Envelope, Mail
from rules.facts.people import Actor, Directory, Role
from rules.facts.terms import Address, Fate, PostKind, address_key
from rules.facts.ticket import Ticket
from rules.frozen import dataclass, replace
from rules.reading import quoting, subject
from store import adopting, engine, inbox, ledger, people
from store.inbox import Settlement
from store.journal import Cause
from store.ledger import Written

WHY = "adopted from the mailbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """Mails that belong together, oldest first, with a customer among their writers."""

    mails: tuple[Surveyed, ...]
    customer: Address
    subject: str
    is_open: bool
    """Whether the customer wrote last."""

    @property
    def last_at(self) -> datetime | None:
        """When its last mail came or went."""
        return self.mails[-1].internal_at

    @property
    def message_ids(self) -> tuple[str, ...]:
        """Of its own mails and of those that they refer to."""
        return tuple(dict.fromkeys(i for each in self.mails for i in _ids(each)))


def conversations(found: Sequence[Surveyed], ours: Callable[[str], bool]) -> list[Conversation]:
    """The conversations among surveyed mails, oldest first; `ours` says whose address is the desk's or an agent's.

    What machines wrote among themselves, and what we sent without an answer, is none.
    """
    groups: dict[int, list[Surveyed]] = {}
    owner: dict[str, int] = {}
    for number, each in enumerate(found):
        joined = {owner[i] for i in _ids(each) if i in owner}
        first = min(joined, default=number)
        mails = [mail for group in sorted(joined) for mail in groups.pop(group)]
        groups[first] = [*mails, each]
        for mail in groups[first]:
            owner |= dict.fromkeys(_ids(mail), first)
    made = [_conversation(mails, ours) for _, mails in sorted(groups.items())]
    return [each for each in made if each is not None]


def _conversation(mails: list[Surveyed], ours: Callable[[str], bool]) -> Conversation | None:
    def is_customers(each: Surveyed) -> bool:
        return (
            each.role is Folder.inbox and not each.head.automatic and bool(each.head.sender.address) and not ours(each.head.sender.address)
        )

    theirs = [each for each in mails if is_customers(each)]
    if not theirs:
        return None
    spoken = [each for each in mails if each.role is Folder.sent or not each.head.automatic]
    return Conversation(
        mails=tuple(mails),
        customer=theirs[0].head.sender,
        subject=subject.read(theirs[0].head.subject).base,
        is_open=is_customers(spoken[-1]),
    )


def _ids(each: Surveyed) -> tuple[str, ...]:
    return tuple(i for i in (each.head.message_id, *each.head.in_reply_to, *each.head.references) if i)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past(Action):
    """What was written before the desk was there; changes nothing but the conversation."""

    draft: Draft

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=ticket, posts=(self.draft,))

    def spell(self) -> str:
        return "say"


def take_over(
    office: Office, account: str, conversation: Conversation, raws: Mapping[tuple[str, int], bytes], at: datetime
) -> Ticket | None:
    """Keep the mails of a conversation and make its ticket, in one transaction; None where the desk knows it already, or nothing of it can be read.

    `raws` has the bytes by folder and UID; what has gone from the mailbox meanwhile may be missing.
    """
    there = [each for each in conversation.mails if (each.folder, each.uid) in raws]
    read = office.reader.read([raws[each.folder, each.uid] for each in there])
    with engine.transaction(office.store) as tx:
        if adopting.known(tx, [each.head.message_id for each in there if each.head.message_id]):
            return None
        envelopes = [Envelope(door=f"imap:{account}", sender=each.head.sender.address) for each in there]
        ids = inbox.keep(tx, [(e, raws[each.folder, each.uid]) for e, each in zip(envelopes, there, strict=True)], at, silent=True)
        written: Written | None = None
        dates: dict[int, datetime] = {}
        for received_id, each, mail in zip(ids, there, read, strict=True):
            if not isinstance(mail, Mail):
                inbox.settle(tx, received_id, Settlement(fate=Fate.parked, why=f"can't be read: {mail}"), at)
                continue
            fate = Fate.opened if written is None else Fate.appended
            written = _write(tx, office, conversation, written, _draft(each, mail, received_id), at)
            ledger.remember_ids(tx, written.ticket.id, (mail.message_id,), received_id)
            inbox.settle(tx, received_id, Settlement(fate=fate, why=WHY, ticket_id=written.ticket.id), at, mail)
            if each.internal_at is not None:
                dates |= {post.id: each.internal_at for post in written.posts}
        if written is None:
            return None
        adopting.date_posts(tx, dates)
        if not conversation.is_open:
            scene = _scene(tx, office, "desk", at)
            written = ledger.apply(tx, written.ticket.id, (Close(quiet=True),), scene, Cause(name=f"adopt:{written.ticket.ref}"))
        return written.ticket


def _write(tx: Connection, office: Office, conversation: Conversation, before: Written | None, draft: Draft, at: datetime) -> Written:
    """One mail of the past, as the ticket's first post or a further one."""
    scene = _scene(tx, office, address_key(draft.author.address) or "desk", at)
    cause = Cause(name=f"mail:{draft.mail}", received_id=draft.mail)
    if before is not None:
        return ledger.apply(tx, before.ticket.id, (Past(draft=draft),), scene, cause)
    return ledger.open_ticket(tx, _ticket(tx, office, conversation), (Past(draft=draft),), scene, cause)


def _scene(tx: Connection, office: Office, name: str, at: datetime) -> Scene:
    return Scene(who=Actor(role=Role.system, name=name), at=at, policy=office.policy, directory=people.directory(tx))


def _ticket(tx: Connection, office: Office, conversation: Conversation) -> Ticket:
    customer = conversation.customer
    person = people.person_of(tx, customer.address)
    party = people.party_of(customer.address, people.parties(tx))
    return Ticket(
        subject=conversation.subject,
        requester=replace(customer, name=customer.name or (person.name if person else "")),
        party=(person.party if person else "") or (party.key if party else ""),
        language=person.language if person else "",
        desk_address=office.policy.desk.address,
    )


def _draft(each: Surveyed, mail: Mail, received_id: int) -> Draft:
    words = quoting.written(mail.text)
    automatic = each.head.automatic and each.role is not Folder.sent
    return Draft(
        kind=PostKind.auto if automatic else PostKind.public,
        author=mail.sender,
        direction="out" if each.role is Folder.sent else "in",
        subject=mail.subject,
        text=words.text,
        quoted=words.quoted,
        parts=mail.parts,
        mail=received_id,
    )


def is_ours(office: Office, directory: Directory) -> Callable[[str], bool]:
    """Whether an address is the desk's or an agent's."""
    return lambda address: office.policy.is_own(address) or directory.agent_of(address) is not None
