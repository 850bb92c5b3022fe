"""Who among the customers hears of what happened, by which text and with which buttons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from rules import levels
from rules.facts.people import Directory, Role
from rules.facts.policy import Policy
from rules.facts.sent import RecipientKind
from rules.facts.terms import Address, PostKind, Status, Visibility, address_key
from rules.facts.ticket import Ticket
from rules.frozen import replace
from rules.notice import Happened, Notice


def to_customers(what: Happened, policy: Policy, directory: Directory) -> list[Notice]:
    """What requester and watchers are told: at most one text, with the answer in it if there is one."""
    ticket = what.after
    if ticket.visibility is Visibility.internal or levels.speaks_to_partner(what.actor, ticket, policy, directory):
        return []
    answer = next((p for p in what.posts if p.kind is PostKind.public and p.direction == "out"), None)
    template = _customers_text(what, policy)
    if answer is not None and template != "closed" and (what.before is not None or answer.agent):
        # what a rule answers to a new request stands in its acknowledgement, and is as silent as that one
        template = "message"
    if not template:
        return []
    by_hand = answer is not None and template != "received" and what.actor.role is not Role.system
    automatic = "" if by_hand else "replied" if template in {"received", "archived"} else "generated"
    post = (what.posts[0] if what.posts else None) if template == "received" else answer
    canned = [{"title": answer.subject, "text": answer.text}] if answer is not None and template == "received" else []
    card: dict[str, Any] = {"canned": canned} if canned else {}
    if template == "received":
        card |= _followed(what)
    if template == "closed" and ticket.is_open:
        card["resolved"] = True
    return [
        Notice(
            template=template,
            to=address,
            kind=RecipientKind.customer,
            reason=reason,
            automatic=automatic,
            language=ticket.language,
            ticket=ticket,
            post=post,
            buttons=_buttons(template, ticket, is_resolved=bool(card.get("resolved"))),
            after=what.hold,
            until_closed=what.until_closed and template == "message",
            card=card,
        )
        for address, reason in _audience(ticket)
        if _hears(address, reason, template, what)
    ] + _end_customer(what, template, policy)


FOLLOWED: Mapping[str, str] = MappingProxyType({"follows-deleted": "deleted", "follows-archived": "done", "follows-late": "done"})
"""Hint of a mail that goes on from a request which is no more: what became of that one, as its requester may know."""


def _followed(what: Happened) -> dict[str, Any]:
    """Why a reply of his has a new number, and that what he asked for is not his to set."""
    why = FOLLOWED.get(what.hint, "")
    return ({"follows": what.claims[0], "follows_why": why} if why and what.claims else {}) | ({"wished": True} if what.wishes else {})


def _end_customer(what: Happened, template: str, policy: Policy) -> list[Notice]:
    """The end customer of a partner hears of the end alone, and only when the partner himself closes."""
    ticket = what.after
    to = levels.end_customer(ticket)
    if not policy.options.second_level or not to.address or template != "closed" or ticket.is_open or what.actor.is_agent:
        return []
    words = next((p for p in what.posts if p.kind is PostKind.public and p.direction == "in" and not p.agent), None)
    return [
        Notice(
            template="closed",
            to=to,
            kind=RecipientKind.customer,
            reason="requester",
            automatic="" if words is not None else "generated",
            language=ticket.language,
            ticket=ticket,
            post=replace(words, subject="") if words is not None and words.text.strip() else None,
            buttons=CUSTOMERS_BUTTONS["closed"],
        )
    ]


def _buttons(template: str, ticket: Ticket, *, is_resolved: bool) -> tuple[tuple[str, str], ...]:
    """What a customer may press: what is closed can't be called solved once more, but opened again."""
    if is_resolved:
        return (("close", "close"),)
    if template == "message" and not ticket.is_open:
        return (("reopen", "reopen"),)
    return CUSTOMERS_BUTTONS.get(template, ())


CUSTOMERS_BUTTONS: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "received": (("close", "close"), ("mute", "mute")),
        "message": (("close", "close"),),
        "taken": (("status", "status?"), ("mute", "mute")),
        "status": (("close", "close"), ("mute", "mute")),
        "reopened": (("status", "status?"), ("close", "close")),
        "closed": (*((f"rate:{n}", f"rate {n}") for n in range(1, 6)), ("reopen", "reopen")),
    }
)
"""(key, line) of the buttons in mails to customers."""


def _customers_text(what: Happened, policy: Policy) -> str:
    """The text that a change of status alone gives customers; empty for none."""
    before, ticket = what.before, what.after
    if what.quiet or ticket.quiet:
        return ""
    if before is None:
        if not what.acknowledge:
            return ""
        # solved on the telephone: there is nothing that anybody would still read or answer
        return "closed" if what.actor.is_agent and not ticket.is_open and policy.notify.closing else "received"
    if what.hint == "archived":
        return "archived" if what.acknowledge else ""
    was, now = before.status, ticket.status
    if ticket.resolved_at is not None and before.resolved_at is None:
        # headquarters is done: the partner is told, who is the requester himself or works at the first level
        return "" if levels.first(ticket) else "closed"
    if ticket.level != before.level:
        return ""
    if now is Status.closed and was is not Status.closed:
        return "closed" if policy.notify.closing else ""
    if was is Status.closed and now is not Status.closed:
        return "reopened"
    if what.actor.role is Role.customer:
        return "taken" if ticket.taken_at is not None and before.taken_at is None else ""
    if now is Status.waiting and was is not now:
        return "status"
    if ticket.taken_at is not None and before.taken_at is None and ticket.is_open:
        return "taken"
    return "status" if now is not was and now not in {Status.new, Status.read, Status.assigned} else ""


def _hears(address: Address, reason: str, template: str, what: Happened) -> bool:
    """Whether one of the audience gets this text: not the actor of his own act, not the muted but for answers."""
    if template == "received":
        return reason == "requester"
    actor = what.actor
    is_actor = address.key in {actor.address.key, *(address_key(a) for a in (actor.person.addresses if actor.person else ()))}
    if template == "archived":
        return is_actor
    if is_actor:
        return False
    return address.key not in what.after.muted or template in {"message", "closed"}


def _audience(ticket: Ticket) -> Iterable[tuple[Address, str]]:
    if ticket.requester.address:
        yield ticket.requester, "requester"
    for watcher in ticket.watchers:
        if address_key(watcher) != ticket.requester.key:
            yield Address(address=watcher), "watching"
