"""Who gets a mail that somebody meant for exactly these people, and how: opinions, notes, private messages, tasks, orders.

Pure; what happens to everybody else is `rules.notices`. The cards are filled in `mailgate.letters.letters`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field
from datetime import datetime, timedelta

from rules.actions.base import Aside
from rules.facts.people import Actor, Agent, Directory
from rules.facts.policy import Policy
from rules.facts.sent import RecipientKind
from rules.facts.terms import Address, PostKind, Visibility, address_key
from rules.facts.ticket import Post, Ticket
from rules.frozen import dataclass, replace
from rules.notice import Notice

Told = tuple[Aside, Post | None]
"""What is to be said, with the post that it tells of as it was stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What all of them share: the ticket after, who acts, when, and how long their own words wait."""

    ticket: Ticket
    actor: Actor
    at: datetime
    policy: Policy
    directory: Directory
    hold: timedelta = timedelta()
    """How long mail to people outside waits, so that it can be taken back."""
    leaves_at: datetime | None = None
    keeps: bool = False
    said: Sequence[Post] = field(default=())
    """The conversation, oldest first, to show a piece of it."""
    noted: Post | None = None
    """What the actor wrote inside beside his lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """One of those who are meant."""

    address: Address
    kind: RecipientKind
    agent: Agent | None = None
    reason: str = ""


def tell(asides: Iterable[Told], what: Occasion) -> tuple[Notice, ...]:
    """One mail to each who is meant; the actor gets none of what he does himself. Of several lines about one order the last says it all."""
    found = [notice for aside, post in asides for notice in _each(aside, post, what)]
    last = {(n.to.key, n.about): place for place, n in enumerate(found) if n.template == "order"}
    return tuple(n for place, n in enumerate(found) if n.template != "order" or last[n.to.key, n.about] == place)


HANDS_OVER = frozenset({"assigned", "new-in-group", "new-in-category"})
"""The texts by which an agent hears of a ticket that may be his from now on."""


def joined(told: Sequence[Notice]) -> tuple[Notice, ...]:
    """The mails of one cause: a task that is given is named in the mail by which its owner hears of the ticket at the same moment."""
    heads = {n.to.key for n in told if n.template in HANDS_OVER and n.kind is RecipientKind.agent}
    given = [n for n in told if n.template == "task" and n.card.get("event") == "given" and n.to.key in heads]
    if not given:
        return tuple(told)
    out: list[Notice] = []
    for one in told:
        mine = [n for n in given if n.to.key == one.to.key]
        if one in given:
            continue
        if mine and one.template in HANDS_OVER:
            pressed = tuple((f"{key}:{n.card['task']['ref']}", line) for n in mine for key, line in n.buttons)
            one = replace(one, card={**one.card, "tasks": [n.card["task"] for n in mine]}, buttons=(*one.buttons, *pressed))
        out.append(one)
    return tuple(out)


def _each(aside: Aside, post: Post | None, what: Occasion) -> Iterable[Notice]:
    own = set() if aside.customers else {what.actor.address.key, *_keys(what.directory.agents.get(what.actor.name))}
    found: dict[str, Receiver] = {}
    for word in aside.to:
        for one in receivers(word, what.ticket, what.directory, what.policy):
            if one.address.address and one.address.key not in own:
                is_theirs = aside.customers and one.kind is RecipientKind.other
                found.setdefault(one.address.key, replace(one, kind=RecipientKind.customer) if is_theirs else one)
    for one in found.values():
        outside = one.kind is not RecipientKind.agent
        card = dict(aside.card)
        if aside.template == "private-message":
            card["others"] = [_name(other) for other in found.values() if other is not one] + _others(post, what, found)
        wait = (
            what.leaves_at - what.at
            if what.leaves_at is not None and aside.by_hand
            else what.hold
            if outside and aside.by_hand
            else timedelta()
        )
        yield Notice(
            template=aside.template,
            to=one.address,
            kind=one.kind,
            reason=one.reason or (aside.reason if not outside or aside.customers else ""),
            automatic="" if aside.by_hand else "generated",
            language=one.agent.language
            if one.agent
            else aside.languages.get(one.address.key) or str(card.get("language") or what.ticket.language)
            if one.kind is RecipientKind.customer
            else "",
            ticket=what.ticket if what.ticket.id else None,
            post=post,
            card=card,
            buttons=aside.buttons or buttons(aside, one, what),
            after=max(wait, timedelta()),
            about=aside.about or (f"post:{post.id}" if post is not None and (aside.template != "fyi" or outside) else ""),
            until_closed=what.leaves_at is not None and aside.by_hand and not what.keeps,
            excerpt=what.noted
            if card.get("by") and "order" in card
            else excerpt(aside.excerpt if not outside else aside.outside, what.said),
        )


def receivers(word: str, ticket: Ticket, directory: Directory, policy: Policy) -> tuple[Receiver, ...]:
    """Whom a word means: an agent, `@group`, an address, `owner` (assignee, else group, else all agents), `customer`, `leaders`."""
    if word == "owner":
        return tuple(_staff(agent, reason) for agent, reason in owners(ticket, directory))
    if word == "customer":
        if ticket.visibility is Visibility.internal or ticket.quiet or ticket.requester.key in ticket.muted:
            return ()
        return (Receiver(address=ticket.requester, kind=RecipientKind.customer, reason="requester"),)
    if word.startswith("@"):
        return tuple(_staff(agent, "") for agent in directory.members(word[1:]))
    agent = directory.agents.get(word) or (directory.agent_of(word) if "@" in word else None)
    if agent is not None:
        return (_staff(agent, ""),)
    return (Receiver(address=Address(address=word), kind=RecipientKind.other),) if "@" in word and not policy.is_own(word) else ()


def owners(ticket: Ticket, directory: Directory) -> list[tuple[Agent, str]]:
    """The assignee, else the group's members, else everybody, with the reason."""
    if ticket.assignee in directory.agents:
        return [(directory.agents[ticket.assignee], "assigned")]
    members = directory.members(ticket.group) if ticket.group else ()
    return [(a, "group") for a in members] or [(a, "new") for a in directory.agents.values()]


def excerpt(which: str, said: Sequence[Post]) -> Post | None:
    """The customer's latest or first words; None where nothing is to be shown or was said."""
    theirs = [p for p in said if p.kind is PostKind.public and p.direction == "in"]
    if not theirs or which not in {"last", "first"}:
        return None
    return theirs[-1] if which == "last" else theirs[0]


def buttons(aside: Aside, one: Receiver, what: Occasion) -> tuple[tuple[str, str], ...]:
    """(key, line) of what the receiver may do at once: strangers to the desk nothing."""
    if one.agent is None:
        return ()
    match aside.template, aside.card.get("event"):
        case "task", "given" | "due-soon" | "overdue":
            return (("done", f"done {aside.about.partition(':')[2]}"), ("doing", f"doing {aside.about.partition(':')[2]}"))
        case ("fyi", _) if aside.reason == "reminder" and what.ticket.is_open:
            return (
                (("take", "take"), ("close", "close"))
                if what.ticket.assignee != one.agent.name
                else (("wait", "wait 3d"), ("close", "close"))
            )
        case _:
            return ()


def _staff(agent: Agent, reason: str) -> Receiver:
    return Receiver(address=agent.address, kind=RecipientKind.agent, agent=agent, reason=reason)


def _keys(agent: Agent | None) -> frozenset[str]:
    return frozenset(address_key(a) for a in agent.addresses) if agent else frozenset()


def _name(one: Receiver) -> str:
    return one.address.name or one.address.address


def _others(post: Post | None, what: Occasion, found: dict[str, Receiver]) -> list[str]:
    """Names of those who can read a private post beside the receivers of this mail: its author, whoever is named in it."""
    if post is None:
        return []
    out: list[str] = []
    for word in post.to:
        for one in receivers(word, what.ticket, what.directory, what.policy):
            if one.address.key not in found and one.address.key != what.actor.address.key and _name(one) not in out:
                out.append(_name(one))
    return out
