"""Who is told of what: one table from what happened to recipient and text. Pure; the words themselves are in `templates/`.

One cause, one person, one mail: `closed` > `message` > `taken` > `status`, the answer included. The actor is not told of his own act.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from rules import belonging, levels
from rules.facts.people import Actor, Agent, Directory, Role
from rules.facts.policy import Policy
from rules.facts.sent import RecipientKind
from rules.facts.terms import Address, PostKind, ReplyMeaning, Status, Visibility, address_key
from rules.facts.ticket import Post, Ticket
from rules.frozen import dataclass, replace

RANK = {
    name: n
    for n, name in enumerate(
        ("closed", "message", "received", "reopened", "taken", "status", "assigned", "new-in-group", "new-in-category", "appended")
    )
}
"""Which of several texts to one person about one cause is sent: the first."""

MEANING: Mapping[str, ReplyMeaning] = MappingProxyType(
    dict.fromkeys(("new-in-group", "new-in-category", "assigned", "appended"), ReplyMeaning.public)
    | dict.fromkeys(("report", "held", "crossing", "digest"), ReplyMeaning.commands)
)
"""What a reply to a mail to staff means; inside (`note`) for every other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One mail to be sent to one person."""

    template: str
    to: Address
    kind: RecipientKind
    reason: str = ""
    """`requester`, `watching`, `assigned`, `group`, `new`, `category`, `actor` …"""
    automatic: str = "generated"
    """`generated`, `replied`, or empty for a person's own words."""
    language: str = ""
    ticket: Ticket | None = None
    post: Post | None = None
    card: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    buttons: tuple[tuple[str, str], ...] = ()
    """(key, line) pairs; the words on them are the language's."""
    after: timedelta = timedelta()
    press_for: timedelta | None = None
    about: str = ""
    """What an answer to it is about where that isn't the whole ticket; see `Sent.about`."""
    until_closed: bool = False
    """Whether it is dropped if the ticket is closed before it has left."""
    excerpt: Post | None = None
    """Another post that is shown beside its own."""

    @property
    def reply(self) -> ReplyMeaning | None:
        """What a reply to it means; None towards customers."""
        if self.card.get("resolved") and self.kind is RecipientKind.agent:
            return ReplyMeaning.public  # the partner's last word to the end customer
        return MEANING.get(self.template, ReplyMeaning.note) if self.kind is RecipientKind.agent else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One change of one ticket, as notices see it."""

    before: Ticket | None
    after: Ticket
    posts: tuple[Post, ...]
    actor: Actor
    quiet: bool = False
    acknowledge: bool = False
    tell_staff: bool = True
    hold: timedelta = timedelta()
    """How long mail to customers waits, so that it can be taken back."""
    until_closed: bool = False
    """Whether mail to customers is dropped if the ticket is closed before it has left."""
    hint: str = ""
    claims: tuple[str, ...] = ()
    wishes: tuple[str, ...] = ()
    choices: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """What staff is asked about a new ticket: a verb and the values to choose from."""
    why: str = ""
    """What whoever has the ticket now is told with it."""
    said: Post | None = None
    """The customer's latest words, where the ticket goes to somebody who may not have read them."""
    uncovered: bool = False
    """Whether a new ticket is of somebody without a contract, where others have one."""


def tell(what: Happened, policy: Policy, directory: Directory) -> tuple[Notice, ...]:
    """Every mail that a change causes, each person once."""
    made = _redirected([*_customers(what, policy, directory), *_staff(what, policy, directory)], what, policy, directory)
    best: dict[str, Notice] = {}
    for notice in made:
        if not notice.to.address or not _switched_on(notice, policy):
            continue
        key = notice.to.key
        if key not in best or RANK.get(notice.template, 99) < RANK.get(best[key].template, 99):
            best[key] = notice
    return tuple(best.values())


def _redirected(made: list[Notice], what: Happened, policy: Policy, directory: Directory) -> list[Notice]:
    """The notices after `[notify]` has said who gets a text instead of the usual ones; the owner gets his whatever stands there."""
    out: list[Notice] = []
    for template in dict.fromkeys(n.template for n in made):
        usual = [n for n in made if n.template == template]
        told = policy.notify.told(template)
        if told is None or not told.on or not told.to:
            out += usual
            continue
        words = {_ROLES.get(word, word) for word in told.to}
        out += [n for n in usual if n.reason in words or n.reason == "assigned"]
        ticket = what.after
        for word in told.to:
            found = directory.leaders(ticket.group) if word == "manager" else ()
            for each in (*(a.address for a in found), *named(word, directory, policy)):
                agent = directory.agent_of(each.address)
                if agent is not None:
                    out.append(replace(_to(agent, template, "manager" if found else "category", what, usual[0].post), after=usual[0].after))
                else:
                    copy = replace(usual[0], to=each, kind=RecipientKind.other, reason="category", language="", buttons=())
                    out.append(copy)
    return [n for n in out if n.kind is RecipientKind.customer or not _is_actor(n, what.actor, directory)]


_ROLES = {"watchers": "watching", "assignee": "assigned"}
"""Words of the config for reasons of notices; `requester` and `group` are the same."""


def _switched_on(notice: Notice, policy: Policy) -> bool:
    told = policy.notify.told(notice.template)
    return told is None or told.on or notice.reason == "assigned"


def _customers(what: Happened, policy: Policy, directory: Directory) -> list[Notice]:
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
            buttons=(("close", "close"),) if card.get("resolved") else CUSTOMERS_BUTTONS.get(template, ()),
            after=what.hold,
            until_closed=what.until_closed and template == "message",
            card=card,
        )
        for address, reason in _audience(ticket)
        if _hears(address, reason, template, what)
    ] + _end_customer(what, template, policy)


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
        return "received" if what.acknowledge else ""
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
    if ticket.taken_at is not None and before.taken_at is None:
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


def _staff(what: Happened, policy: Policy, directory: Directory) -> list[Notice]:
    if not what.tell_staff:
        return []
    ticket, before = what.after, what.before
    if before is None:
        return _new(what, policy, directory)
    out: list[Notice] = []
    post = next((p for p in what.posts if p.direction == "in" and not p.agent and p.about is None), None)
    note = next((p for p in what.posts if p.agent and p.kind is PostKind.note and not p.to), None)
    if post is not None:
        template = "reopened" if before.status is Status.closed and ticket.is_open else "appended"
        out += [_to(a, template, reason, what, post) for a, reason in _owners(ticket, directory, everybody=True)]
    beside, is_all = _first_level(what, post, note, policy, directory)
    out += beside
    if is_all:
        return [n for n in out if not _is_actor(n, what.actor, directory)]
    is_handed = ticket.assignee in directory.agents and ticket.assignee != before.assignee
    is_moved = not ticket.assignee and bool(ticket.group) and ticket.group != before.group
    if is_handed:
        out.append(_handed(directory.agents[ticket.assignee], "assigned", "assigned", what, note))
    elif is_moved:
        out += [_handed(a, "new-in-group", reason, what, note) for a, reason in department(ticket.group, directory)]
    if is_handed or is_moved or (before.assignee and not ticket.assignee and ticket.group):
        told = {n.to.key for n in out}
        out += [n for n in _former(what, note, directory, is_handed=is_handed) if n.to.key not in told]
    elif ticket.status is not before.status and post is None:
        template = "closed" if ticket.status is Status.closed else "reopened" if before.status is Status.closed else "status"
        out += [_to(a, template, reason, what, note) for a, reason in _owners(ticket, directory, everybody=False)]
    return [n for n in out if not _is_actor(n, what.actor, directory)]


def _handed(agent: Agent, template: str, reason: str, what: Happened, note: Post | None) -> Notice:
    """The customer's words to whoever has the ticket now, below what his colleague says of it."""
    if note is None or what.said is None or note.parts:
        return _to(agent, template, reason, what, note or _latest(what))
    why = "\n\n".join(filter(None, (what.why, note.text)))
    return _to(agent, template, reason, replace(what, why=why), what.said)


def _former(what: Happened, note: Post | None, directory: Directory, *, is_handed: bool) -> list[Notice]:
    """To whoever had a ticket: that it is somebody else's now, with the reason, or that he who took it has closed it.

    A group that had it is told when one agent has it, since all of them wait for each of its steps; not where it goes to another group.
    """
    ticket, before = what.after, what.before
    assert before is not None  # noqa: S101 - the caller's promise
    if before.assignee not in directory.agents and not is_handed:
        return []
    if ticket.status is Status.closed and before.status is not Status.closed:
        return [_to(a, "closed", reason, what, note) for a, reason in _owners(before, directory, everybody=False)]
    said = "\n\n".join(filter(None, (what.why, note.text if note is not None else "")))
    card = {"handed_to": ticket.assignee or f"@{ticket.group}", "note": said}
    bare = replace(what, why="", choices=())
    return [
        replace(_to(a, "status", "former" if reason == "assigned" else reason, bare, None), card=card, buttons=())
        for a, reason in _owners(before, directory, everybody=False)
    ]


def _first_level(what: Happened, post: Post | None, note: Post | None, policy: Policy, directory: Directory) -> tuple[list[Notice], bool]:
    """What a change between two levels, or a customer who takes the ticket himself, means to staff, and whether that is all."""
    ticket, before = what.after, what.before
    assert before is not None  # noqa: S101 - the caller's promise
    partners = levels.firsts(ticket, directory)
    said = next((p for p in what.posts if p.kind is PostKind.private and p.to == (levels.first(ticket),)), None)
    if ticket.resolved_at is not None and before.resolved_at is None:
        return [replace(_to(a, "closed", "assigned", what, said or note), **RESOLVED) for a in partners], True
    if what.actor.role is Role.customer and ticket.assignee and ticket.assignee != before.assignee:
        return [_to(a, "taken", reason, what, post) for a, reason in _owners(before, directory, everybody=True)], True
    if ticket.level == 2 and before.level != 2 and partners and not ticket.group:
        return [_to(a, "new-in-group", "new", what, note or _latest(what)) for a in directory.agents.values() if a not in partners], True
    if said is not None:
        return [replace(_to(a, "private-message", "private", what, said), about=f"post:{said.id}") for a in partners], False
    if post is not None and levels.is_second(ticket, policy) and ticket.resolved_at is None:
        return [_to(a, "appended", "watching", what, post) for a in partners], False
    return [], False


RESOLVED: Mapping[str, Any] = MappingProxyType({"card": MappingProxyType({"resolved": True}), "buttons": (("close", "close"),)})
"""What the partner is told beside the usual when headquarters is done: the end customer is his to tell."""


def _new(what: Happened, policy: Policy, directory: Directory) -> list[Notice]:
    ticket = what.after
    post = what.posts[0] if what.posts else None
    note = next((p for p in what.posts[1:] if p.agent and p.kind is PostKind.note and not p.to), None)
    if note is not None and not what.why:
        what = replace(what, why=note.text)  # what an agent wrote above a mail that he forwarded
    category = policy.categories.get(ticket.category)
    out: list[Notice] = []
    if ticket.assignee in directory.agents:
        out.append(_to(directory.agents[ticket.assignee], "assigned", "assigned", what, post))
    elif ticket.group and department(ticket.group, directory):
        out += [_to(a, "new-in-group", reason, what, post) for a, reason in department(ticket.group, directory)]
    elif category is None or not category.notify:
        # nobody would hear of it: those who may work on it, else everybody
        members = department(category.group, directory) if category is not None and category.group else []
        out += [_to(a, "new-in-category", reason if reason == "manager" else "category", what, post) for a, reason in members]
        out += [_to(a, "new-in-group", "new", what, post) for a in directory.agents.values()] if not members else []
    for address in (*(category.notify if category else ()), *policy.notify.new_to):
        for each in named(address, directory, policy):
            agent = directory.agent_of(each.address)
            kind = RecipientKind.agent if agent else RecipientKind.other
            out.append(
                Notice(
                    template="new-in-category",
                    to=each,
                    kind=kind,
                    reason="category",
                    ticket=ticket,
                    post=post,
                    buttons=_buttons("new-in-category", is_his=False) if agent else (),
                )
            )
    return [n for n in out if not _is_actor(n, what.actor, directory)]


def department(group: str, directory: Directory) -> list[tuple[Agent, str]]:
    """The members of a group, then those who lead it or a group above it, each once, with the reason why they are told."""
    members = directory.members(group)
    return [(a, "group") for a in members] + [(a, "manager") for a in directory.leaders(group) if a not in members]


def candidates(agent: Agent, ticket: Ticket, directory: Directory) -> tuple[Agent, ...]:
    """Whom an agent may give a new ticket to at once: the members of its group if he leads that, or all of his groups where it has none."""
    if ticket.group:
        return directory.members(ticket.group) if agent in directory.leaders(ticket.group) else ()
    found = {a.name: a for group in agent.manager_of for a in directory.members(group)}
    return tuple(found[name] for name in sorted(found))


def named(word: str, directory: Directory, policy: Policy) -> tuple[Address, ...]:
    """Whom a word of the config means: `@group`, an agent's name, `admin`, or an address."""
    if word.startswith("@"):
        return tuple(a.address for a in directory.members(word[1:]))
    if word in directory.agents:
        return (directory.agents[word].address,)
    if word == "admin":
        return tuple(Address(address=a) for a in policy.desk.admin)
    return (Address(address=word),) if "@" in word else ()


def _owners(ticket: Ticket, directory: Directory, *, everybody: bool) -> list[tuple[Agent, str]]:
    """The assignee, else the group, else (where asked for) all agents."""
    if ticket.assignee in directory.agents:
        return [(directory.agents[ticket.assignee], "assigned")]
    if ticket.group and directory.members(ticket.group):
        return [(a, "group") for a in directory.members(ticket.group)]
    return [(a, "new") for a in directory.agents.values()] if everybody else []


def _to(agent: Agent, template: str, reason: str, what: Happened, post: Post | None) -> Notice:
    card: dict[str, Any] = {}
    if what.hint:
        card["hint"] = what.hint
    if what.claims:
        card["claims"] = list(what.claims)
    if what.wishes:
        card["wishes"] = list(what.wishes)
    buttons = _buttons(template, is_his=what.after.assignee == agent.name)
    if what.uncovered:
        card["uncovered"] = True
    if what.why:
        card["why"] = what.why
    if what.choices:
        card["choices"] = [[verb, list(names)] for verb, names in what.choices]
        buttons += tuple((line.replace(" ", ":", 1), line) for line in belonging.lines(what.choices))
    if template in {"new-in-group", "new-in-category", "assigned", "appended"} and what.after.waiting_room:
        buttons += tuple((f"include:{n}", f"cc {a}") for n, a in enumerate(what.after.waiting_room[:3], 1))
    if what.hint == "thanks":
        buttons = (("reopen", "reopen"),)
    return Notice(
        template=template,
        to=agent.address,
        kind=RecipientKind.agent,
        reason=reason,
        language=agent.language,
        ticket=what.after,
        post=post,
        card=card,
        buttons=buttons,
    )


def _buttons(template: str, *, is_his: bool) -> tuple[tuple[str, str], ...]:
    """What is likely next; nobody is offered to take what he has."""
    take = () if is_his else (("take", "take"),)
    match template:
        case "new-in-group" | "new-in-category":
            return (*take, ("close", "close"))
        case "appended" | "reopened":
            return (*take, ("wait", "wait 3d"), ("close", "close"))
        case "assigned":
            return (("wait", "wait 3d"), ("close", "close"))
        case "closed":
            return (("reopen", "reopen"),)
        case "taken":
            return take
        case _:
            return ()


def _is_actor(notice: Notice, actor: Actor, directory: Directory) -> bool:
    if notice.to.key == actor.address.key:
        return True
    me = directory.agents.get(actor.name)
    return me is not None and notice.to.key in {address_key(a) for a in me.addresses}


def _latest(what: Happened) -> Post | None:
    return what.posts[-1] if what.posts else what.said
