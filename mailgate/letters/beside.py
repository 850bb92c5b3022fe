"""Mail beside the conversation, for all who act: what a change asks to be sent to named people, and the desk's canned answers.

Used by `mailgate.handling.outcomes`, `mailgate.handling.commands` and `mailgate.clock.clerk` alike. Who gets what is decided in `rules.asides`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from mailgate.letters import knowledge, particulars
from rules import asides
from rules import notices as notices_of
from rules.actions.base import Ask, Filled, Refused
from rules.asides import Occasion
from rules.facts.people import Actor, Directory
from rules.facts.policy import Policy
from rules.facts.sent import RecipientKind
from rules.facts.terms import PostKind, Visibility
from rules.facts.ticket import Post, Ticket
from rules.frozen import replace
from rules.notice import Happened, Notice
from store import feedback
from store.ledger import Written
from store.queries import tickets
from templates import canned, languages


def notices(
    tx: Connection, written: Written, *, actor: Actor, at: datetime, policy: Policy, directory: Directory, hold: timedelta = timedelta()
) -> tuple[Notice, ...]:
    """The mails to named people that a change asks for."""
    told = written.asides
    if not told:
        return ()
    shown = any(aside.excerpt in {"last", "first"} for aside, _ in told)
    occasion = Occasion(
        ticket=written.ticket,
        actor=actor,
        at=at,
        policy=policy,
        directory=directory,
        hold=hold,
        leaves_at=written.outcome.leaves_at,
        keeps=written.outcome.keeps,
        said=tickets.posts(tx, written.ticket.id, public_only=True) if shown else (),
        noted=next((p for p in written.posts if p.agent and p.kind is PostKind.note), None),
    )
    return asides.tell(told, occasion)


def merged(
    tx: Connection, told: Sequence[Notice], written: Written, *, actor: Actor, policy: Policy, directory: Directory
) -> tuple[Notice, ...]:
    """What is told of a ticket that went into another: its customers read how that one stands, and whoever has that one hears what came."""
    joined = written.joined
    if joined is None:
        return tuple(told)
    home = joined.home
    stands = replace(written.ticket, status=home.status, closed_at=home.closed_at, light=home.light)
    out = [replace(n, ticket=stands) if n.kind is RecipientKind.customer else n for n in told]
    theirs = [
        p for p in tickets.posts(tx, home.id, public_only=True) if p.direction == "in" and p.author.key == joined.ticket.requester.key
    ]
    owner = directory.agents.get(home.assignee)
    if not theirs or owner is None:
        return tuple(out)
    happened = Happened(before=joined.before, after=home, posts=(theirs[-1],), actor=actor, quiet=True)
    hears = [n for n in notices_of.tell(happened, policy, directory) if n.to.key == owner.address.key]
    return (*(n for n in out if not hears or n.to.key != owner.address.key), *hears)


def handed(tx: Connection, written: Written) -> Post | None:
    """The customer's latest words, where a ticket goes to somebody else and nothing new but notes goes with it."""
    before, after = written.before, written.ticket
    if (
        before is None
        or (before.assignee, before.group) == (after.assignee, after.group)
        or any(p.kind is not PostKind.note for p in written.posts)
    ):
        return None
    said = tickets.posts(tx, after.id, public_only=True)
    return next((p for p in reversed(said) if p.direction == "in" and not p.agent), None)


def waits(written: Written, at: datetime, usual: timedelta) -> timedelta:
    """How long mail to customers waits: till the time that was said, else as usual."""
    leaves_at = written.outcome.leaves_at
    return usual if leaves_at is None else max(leaves_at - at, timedelta())


def is_record(written: Written, policy: Policy) -> bool:
    """Whether what was opened is only a record, closed from the beginning: nobody has to do anything about it."""
    kind = policy.types.get(written.ticket.type)
    return written.before is None and kind is not None and kind.closed


def saved(written: Written, policy: Policy, site: Path | None) -> tuple[Ask, ...]:
    """Keep what an agent wants to have as a canned answer; gives what else was asked. Raises Refused where the desk has no folder for it."""
    rest: list[Ask] = []
    for ask in written.outcome.asks:
        if ask.what != "canned-save":
            rest.append(ask)
            continue
        if site is None:
            raise Refused("no-site-folder")
        name, _, text = ask.about.partition("\n")
        canned.save(name, languages.choose(written.ticket.language, policy.languages), written.ticket.subject, text, site)
    return tuple(rest)


def counted(tx: Connection, asks: Iterable[Ask]) -> tuple[Ask, ...]:
    """Count what readers say of articles; gives what else was asked."""
    rest: list[Ask] = []
    for ask in asks:
        if ask.what in {"helped", "unhelped"}:
            feedback.count(tx, ask.about, helped=ask.what == "helped")
        else:
            rest.append(ask)
    return tuple(rest)


FITTING, MOST_FITTING = 0.15, 5
"""How well a canned answer must fit to be offered to staff, and how many are."""


def ready(written: Written, told: Sequence[Notice], policy: Policy, site: Path | None) -> tuple[tuple[str, str], ...]:
    """Names and titles of the canned answers that may answer what a customer wrote just now, the best first, if staff is told of it."""
    if not any(n.kind is RecipientKind.agent for n in told):
        return ()
    said = next((p for p in reversed(written.posts) if p.kind is PostKind.public and p.direction == "in" and not p.agent), None)
    if said is None or written.ticket.visibility is Visibility.internal:
        return ()
    index = knowledge.shelf("canned", site)
    if not index.articles:
        return ()
    language = languages.choose(written.ticket.language, policy.languages)
    words = f"{written.ticket.subject}\n{said.text[:4000]}"
    found = index.search(words, language=language, staff=True, limit=MOST_FITTING, least=FITTING)
    return tuple((m.article.key, m.article.title) for m in found)


def canned_of(policy: Policy, directory: Directory, site: Path | None) -> Callable[[str, Ticket, Actor], Filled]:
    """What finds a canned answer and fills it for a ticket, as scenes want it. Files are read when one is asked for."""

    def fill(name: str, ticket: Ticket, actor: Actor) -> Filled:
        language = languages.choose(ticket.language, policy.languages)
        found = canned.find(name, language, policy.languages, site)
        if found is None:
            return Filled(near=canned.near(name, site))
        shown = particulars.veil(ticket, language) if ticket.veiled else ticket
        agent = directory.agents.get(actor.name)
        card = {
            "ticket": {
                "ref": shown.ref,
                "subject": shown.subject,
                "category": particulars.ticket_card(shown, policy, directory, staff=False)["category"],
                "device": shown.device,
                "project": shown.project,
                "contract": shown.contract,
            },
            # a person who answers has looked at the name; a rule writes to whoever calls himself so
            "requester": {"name": (ticket if agent else shown).requester.name, "address": shown.requester.address},
            "fields": dict(shown.fields),
            "agent": {
                "name": particulars.shown_name(agent.name, policy, directory, staff=False, group=shown.group) if agent else policy.desk.name
            },
            "desk": {"name": policy.desk.name, "address": policy.address_of(ticket.category) if ticket.category else policy.desk.address},
        }
        try:
            return Filled(title=found.title, text=canned.fill(found, card))
        except canned.Unfillable as fault:
            raise Refused("faulty-canned", word=str(fault)) from fault

    return fill
