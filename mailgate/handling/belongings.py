"""Finds what a new ticket belongs to: its requester's party, and that party's contract, project and device. What follows is `rules.belonging`'s."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from rules import belonging
from rules.actions.base import Action, Known, Stored
from rules.actions.folding import fold
from rules.actions.state import Assign
from rules.actions.words import near_words
from rules.facts.people import Directory, Party, Person
from rules.facts.policy import Policy
from rules.facts.terms import address_key
from rules.facts.ticket import Ticket
from rules.frozen import replace
from store import people, things

Sender = tuple[str, Person | None, Party | None]
"""An address, the person whose it is, and the party that this person or the address belongs to."""


def settled(
    tx: Connection,
    draft: Ticket,
    policy: Policy,
    directory: Directory,
    at: datetime,
    routed: Sequence[Action] = (),
    said: str = "",
    sender: Sender | None = None,
) -> Ticket:
    """A ticket that is about to be opened, with all that it belongs to. `routed` is what rules and tags asked for, `said` what its mail says.

    `sender` is who was looked up already.
    """
    after = draft if draft.party else _of_requester(tx, draft, directory, sender)
    device = things.device(tx, after.device)
    after = replace(after, party=after.party or (device.party if device is not None else ""))
    after = belonging.linked(after, things.of_party(tx, after.party), belonging.day_of(at, policy), f"{draft.subject}\n{said}", policy)
    device = device or things.device(tx, after.device)
    if device is None:
        return after
    return belonging.looked_after(after, device, policy, directory, is_given=any(isinstance(each, Assign) for each in routed))


def stored_in(tx: Connection) -> Callable[[str, str, Ticket], Stored]:
    """What looks up parties, contracts, projects and devices as scenes want it; one by its key in any case, or by its title."""

    def look_up(kind: str, word: str, ticket: Ticket) -> Stored:
        found = things.resembling(tx, kind, word, ticket.party) if kind != "party" else {p.key: p.name for p in people.parties(tx)} or None
        if found is None:
            return Stored(is_listed=False)
        wanted = {fold(name): key for key, title in found.items() for name in (title, key) if name}
        if fold(word) in wanted:
            return Stored(key=wanted[fold(word)])
        return Stored(near=near_words(fold(word), wanted))

    return look_up


def known_in(tx: Connection, policy: Policy, directory: Directory, at: datetime) -> Callable[[str], Known]:
    """What looks up whom staff names, as scenes want it: staff itself, persons on file, and whoever writes from a party's domain."""

    def look_up(address: str) -> Known:
        agent = directory.agent_of(address)
        if agent is not None:
            return Known(name=agent.address.name, language=agent.language)
        person = people.person_of(tx, address)
        found = people.party_of(address, people.parties(tx)) if person is None or not person.party else None
        party = found.key if found is not None else person.party if person is not None else ""
        theirs = belonging.linked(Ticket(party=party), things.of_party(tx, party), belonging.day_of(at, policy))
        return Known(
            name=person.name if person is not None else "",
            language=person.language if person is not None else "",
            party=party,
            contract=theirs.contract,
            project=theirs.project,
        )

    return look_up


def choices(tx: Connection, ticket: Ticket, policy: Policy, at: datetime) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What staff is asked about a new ticket."""
    return belonging.choices(ticket, things.of_party(tx, ticket.party), belonging.day_of(at, policy))


def _of_requester(tx: Connection, draft: Ticket, directory: Directory, sender: Sender | None) -> Ticket:
    """The ticket that staff opens for somebody, with what is known of him."""
    address = draft.requester.address
    if not address or directory.agent_of(address) is not None:
        return draft
    if sender is not None and address_key(sender[0]) == draft.requester.key:
        _, person, party = sender
    else:
        parties = people.parties(tx)
        person = people.person_of(tx, address)
        party = next((each for each in parties if person is not None and each.key == person.party), None) or people.party_of(
            address, parties
        )
    return replace(
        draft,
        party=party.key if party is not None else person.party if person is not None else "",
        quiet=draft.quiet or bool(party is not None and party.quiet),
        language=draft.language or (person.language if person is not None else ""),
    )


def uncovered(tx: Connection, ticket: Ticket) -> bool:
    """Whether a customer's ticket has no contract on a desk that has made some; where staff is asked which one, it hasn't either."""
    return not ticket.contract and ticket.origin != "internal" and things.any_contract(tx)
