"""Who of staff hears of what happened, why he of all, and what he can do with one tap."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from rules import belonging, hearers, levels
from rules.facts.people import Actor, Agent, Directory, Role
from rules.facts.policy import Policy
from rules.facts.sent import RecipientKind
from rules.facts.terms import PostKind, Status, Visibility, address_key
from rules.facts.ticket import Post
from rules.frozen import replace
from rules.notice import Happened, Notice, latest


def to_staff(what: Happened, policy: Policy, directory: Directory) -> list[Notice]:
    """A notice for everybody of staff who is to know, the actor left out."""
    if not what.tell_staff:
        return []
    ticket, before = what.after, what.before
    if before is None:
        return _new(what, policy, directory)
    out: list[Notice] = []
    post = next((p for p in what.posts if p.direction == "in" and not p.agent and p.about is None), None)
    note = next((p for p in what.posts if p.agent and p.kind is PostKind.note and not p.to), None)
    if post is not None:
        if before.is_open is not ticket.is_open and not what.hint:
            what = replace(what, hint="reopened" if ticket.is_open else "closed")
        # His words are to be answered, whatever else they did: an answer to `reopened` would stay inside.
        out += [to_agent(a, "appended", reason, what, post) for a, reason in hearers.owners(ticket, directory, everybody=True)]
    out += _colleagues(what, directory)
    beside, is_all = _first_level(what, post, note, policy, directory)
    out += beside
    if is_all:
        return [n for n in out if not is_actor(n, what.actor, directory)]
    is_handed = ticket.assignee in directory.agents and ticket.assignee != before.assignee
    is_moved = ticket.is_open and not ticket.assignee and bool(ticket.group) and ticket.group != before.group
    if is_handed:
        out.append(_handed(directory.agents[ticket.assignee], "assigned", "assigned", what, note))
    elif is_moved:
        out += [_handed(a, "new-in-group", reason, what, note) for a, reason in hearers.department(ticket.group, directory)]
    if is_handed or is_moved or (before.assignee and not ticket.assignee and ticket.group):
        told = {n.to.key for n in out}
        out += [n for n in _former(what, note, directory, is_handed=is_handed) if n.to.key not in told]
    elif ticket.status is not before.status and post is None and (ticket.status is not Status.read or ticket.assignee):
        # that a colleague has read it is nothing that the rest of a group waits for
        template = "closed" if ticket.status is Status.closed else "reopened" if before.status is Status.closed else "status"
        hear = hearers.owners(ticket, directory, everybody=False)
        if not hear and what.actor.role is Role.customer:
            hear = hearers.waiting_for(ticket, policy, directory)  # they would still look for it
        out += [to_agent(a, template, reason, what, note) for a, reason in hear]
    return [n for n in out if not is_actor(n, what.actor, directory)]


def _colleagues(what: Happened, directory: Directory) -> list[Notice]:
    """Work that one of staff asked for is talked about in notes: each reaches him, and whoever has it."""
    ticket = what.after
    asked = directory.agent_of(ticket.requester.address)
    if asked is None or what.before is None or ticket.visibility is not Visibility.internal:
        return []
    note = next((p for p in what.posts if p.agent and p.kind is PostKind.note and not p.to and p.about is None), None)
    if not ticket.is_open and what.before.is_open:
        return [to_agent(asked, "closed", "requester", what, note)]
    if note is None:
        return []
    readers = {asked.name: (asked, "requester")} | {a.name: (a, why) for a, why in hearers.owners(ticket, directory, everybody=False)}
    return [replace(to_agent(a, "appended", why, what, note), buttons=()) for a, why in readers.values()]


def _handed(agent: Agent, template: str, reason: str, what: Happened, note: Post | None) -> Notice:
    """The customer's words to whoever has the ticket now, below what his colleague says of it."""
    if note is None or what.said is None or note.parts:
        return to_agent(agent, template, reason, what, note or latest(what))
    why = "\n\n".join(filter(None, (what.why, note.text)))
    return to_agent(agent, template, reason, replace(what, why=why), what.said)


def _former(what: Happened, note: Post | None, directory: Directory, *, is_handed: bool) -> list[Notice]:
    """To whoever had a ticket: that it is somebody else's now, with the reason, or that he who took it has closed it.

    A group that had it is told when one agent has it, since all of them wait for each of its steps; not where it goes to another group.
    """
    ticket, before = what.after, what.before
    assert before is not None  # noqa: S101 - the caller's promise
    if before.assignee not in directory.agents and not is_handed:
        return []
    if ticket.status is Status.closed and before.status is not Status.closed:
        return [to_agent(a, "closed", reason, what, note) for a, reason in hearers.owners(before, directory, everybody=False)]
    said = "\n\n".join(filter(None, (what.why, note.text if note is not None else "")))
    card = {"handed_to": ticket.assignee or f"@{ticket.group}", "note": said}
    bare = replace(what, why="", choices=())
    return [
        replace(to_agent(a, "status", "former" if reason == "assigned" else reason, bare, None), card=card, buttons=())
        for a, reason in hearers.owners(before, directory, everybody=False)
    ]


def _first_level(what: Happened, post: Post | None, note: Post | None, policy: Policy, directory: Directory) -> tuple[list[Notice], bool]:
    """What a change between two levels, or a customer who takes the ticket himself, means to staff, and whether that is all."""
    ticket, before = what.after, what.before
    assert before is not None  # noqa: S101 - the caller's promise
    partners = levels.firsts(ticket, directory)
    said = next((p for p in what.posts if p.kind is PostKind.private and p.to == (levels.first(ticket),)), None)
    if ticket.resolved_at is not None and before.resolved_at is None:
        return [replace(to_agent(a, "closed", "assigned", what, said or note), **RESOLVED) for a in partners], True
    if what.actor.role is Role.customer and ticket.assignee and ticket.assignee != before.assignee:
        return [to_agent(a, "taken", reason, what, post) for a, reason in hearers.owners(before, directory, everybody=True)], True
    if ticket.level == 2 and before.level != 2 and partners and not ticket.group:
        return [
            to_agent(a, "new-in-group", "new", what, note or latest(what)) for a in directory.agents.values() if a not in partners
        ], True
    if said is not None:
        return [replace(to_agent(a, "private-message", "private", what, said), about=f"post:{said.id}") for a in partners], False
    if post is not None and levels.is_second(ticket, policy) and ticket.resolved_at is None:
        return [to_agent(a, "appended", "watching", what, post) for a in partners], False
    return [], False


RESOLVED: Mapping[str, Any] = MappingProxyType({"card": MappingProxyType({"resolved": True}), "buttons": (("close", "close"),)})
"""What the partner is told beside the usual when headquarters is done: the end customer is his to tell."""


def _new(what: Happened, policy: Policy, directory: Directory) -> list[Notice]:
    ticket = what.after
    post = what.posts[0] if what.posts else None
    note = next((p for p in what.posts[1:] if p.agent and p.kind is PostKind.note and not p.to), None)
    if note is not None and not what.why:
        what = replace(what, why=note.text)  # what an agent wrote above a mail that he forwarded
    out: list[Notice] = []
    if ticket.assignee in directory.agents:
        out.append(to_agent(directory.agents[ticket.assignee], "assigned", "assigned", what, post))
    elif ticket.group and hearers.department(ticket.group, directory):
        out += [to_agent(a, "new-in-group", reason, what, post) for a, reason in hearers.department(ticket.group, directory)]
    else:
        category = policy.categories.get(ticket.category)
        out += [
            to_agent(a, "new-in-group" if reason == "new" else "new-in-category", reason, what, post)
            for a, reason in hearers.left_to(category, directory)
        ]
    for each, reason in hearers.told_of_new(ticket, policy, directory):
        agent = directory.agent_of(each.address)
        kind = RecipientKind.agent if agent else RecipientKind.other
        out.append(
            Notice(
                template="new-in-category",
                to=each,
                kind=kind,
                reason=reason,
                ticket=ticket,
                post=post,
                buttons=_buttons("new-in-category", is_his=False) if agent else (),
            )
        )
    return [n for n in out if not is_actor(n, what.actor, directory)]


def to_agent(agent: Agent, template: str, reason: str, what: Happened, post: Post | None) -> Notice:
    """The notice to one agent, with the buttons that are his."""
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
    if what.hint == "thanks" or (template == "appended" and not what.after.is_open):
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


def is_actor(notice: Notice, actor: Actor, directory: Directory) -> bool:
    """Whether a notice would go to him who did it."""
    if notice.to.key == actor.address.key:
        return True
    me = directory.agents.get(actor.name)
    return me is not None and notice.to.key in {address_key(a) for a in me.addresses}
