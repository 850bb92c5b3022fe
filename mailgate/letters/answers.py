"""The letters that answer what somebody asked: status, history, lists, help, articles; and which article a mail may be answered with.

What his commands did is told by `receipts.py`, what is unclear asked by `questions.py`, what went wrong told by `troubles.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from mailgate.letters import asidecards, letters, links, particulars, readers
from mailgate.letters.accounts import history_events, is_registered, list_of, may_see, of_party
from mailgate.letters.events import Event
from mailgate.letters.knowledge import Index, visible
from mailgate.letters.particulars import button
from rules import deadlines, levels, lexicon
from rules import records as made
from rules.actions.access import REGISTER
from rules.actions.base import VERBS, Ask, Refused
from rules.facts.access import OFFICES
from rules.facts.mail import Part
from rules.facts.people import Role
from rules.facts.policy import Policy
from rules.facts.sent import RecipientKind
from rules.facts.terms import Address, Level, PostKind, Visibility, address_key
from rules.facts.ticket import Post, ServiceOrder, Task, Ticket
from rules.frozen import replace
from rules.notice import Notice
from rules.verdict import Act
from store import lookup, records, things, timers
from store.outbox import Letter
from store.queries import tickets
from templates import languages

if TYPE_CHECKING:
    from rules.case import Facts

REGISTER_FOR = timedelta(days=7)
"""How long the token of a registration is good."""


def replies(tx: Connection, facts: Facts, act: Act, asks: Iterable[Ask], ticket: Ticket | None, event: Event, index: Index) -> list[Letter]:
    """Answers to what was asked, to the stored address of whoever asked."""
    out: list[Letter] = []
    for ask in asks:
        made = _reply(tx, facts, act, ask, ticket, event, index)
        if made is not None:
            out.append(made)
    return out


def joined(asks: Iterable[Ask]) -> list[Ask]:
    """What was asked, with all that is to be said about access in one mail for each kind of news."""
    out: list[Ask] = []
    told: dict[str, list[str]] = {}
    for ask in asks:
        if ask.what != "access":
            out.append(ask)
            continue
        what, value, line = ask.about.split("\n", 2)
        if what not in told:
            told[what] = []
            out.append(ask)
        told[what].append(f"{value} ({line})" if what in {"asked", "voted"} and line else value)
    return [
        replace(ask, about="\n".join((what, ", ".join(told[what]), ask.about.split("\n", 2)[2])))
        if ask.what == "access" and (what := ask.about.partition("\n")[0])
        else ask
        for ask in out
    ]


def _reply(tx: Connection, facts: Facts, act: Act, ask: Ask, ticket: Ticket | None, event: Event, index: Index) -> Letter | None:
    staff = act.actor.role is Role.agent
    to = _stored_address(facts, act, ticket)
    if to is None or (not staff and (facts.may_reply or not facts.machine.may_answer)):
        return None
    kind = RecipientKind.agent if staff else RecipientKind.customer
    named = bool(ask.about) and ask.what in {"show", "status", "history"}
    about = lookup.find(tx, ask.about) if named else ticket
    if staff and named and (about is None or not may_see(facts, act, about)):
        # the same words for a ticket that isn't there and for one that he may not know of
        raise Refused("no-such-ticket", ref=ask.about)
    if about is not None and not staff and not _is_his(about, ticket, to, facts):
        about = None
    if about is not None and not staff and to.key == levels.end_customer(about).key and ask.what != "status":
        # what a partner and we wrote to each other is not his customer's
        about = None
    language = readers.asked_in(facts, act, ticket)
    common: dict[str, Any] = {
        "to": to,
        "kind": kind,
        "reason": "author" if staff else "requester",
        "automatic": "replied",
        "language": language,
    }
    match ask.what:
        case "access" | "register":
            return None if staff else _about_access(ask, ticket, common, event)
        case "help":
            words = lexicon.words(facts.policy, facts.directory) if staff else lexicon.customer_words(facts.policy, facts.directory)
            verbs = [v for v in VERBS if v in set(words.verbs.values()) and v not in {"wrong-person", "confirm"}]
            if not staff:
                mine = frozenset(facts.person.may) if facts.person is not None else frozenset()
                mine |= {"deny"} if "approve" in mine else frozenset()
                verbs = [v for v in verbs if v not in {*OFFICES, "deny"} or v in mine]
            return letters.letter(
                Notice(template="help-answer", ticket=ticket, **common),
                event,
                {
                    "verbs": [v.rstrip("?") for v in verbs],
                    "offers": [] if staff else _offers(tx, facts, ticket, language),
                    "categories": [] if staff else _public(facts),
                },
            )
        case "faq":
            return _faq(facts, ask, ticket, common, event, index)
        case "party":
            return of_party(tx, facts, act, ask, common, event)
        case "list" | "find":
            return list_of(tx, facts, act, ask, common, event)
        case _ if about is None:
            return list_of(tx, facts, act, ask, common, event)
        case "show" | "print" if staff:
            return letters.letter(Notice(template="show-answer", ticket=about, **common), event, _whole(tx, facts, act, about, event))
        case "history" | "show" | "print":
            events = history_events(tx, about, facts, staff=staff, language=language)
            return letters.letter(Notice(template="history-answer", ticket=about, **common), event, {"events": events})
        case _:
            extra = {"promise_at": particulars.promised(about, facts.policy), "kept": _kept(tx, about, facts.policy, facts.at, staff=staff)}
            return letters.letter(Notice(template="status-answer", ticket=about, **common), event, extra)


def taken(tx: Connection, notice: Notice, policy: Policy, at: datetime) -> dict[str, Any] | None:
    """When a ticket was taken and how long that took, for the mail that tells a customer under an agreement or a promise.

    That is `taken`, or the first answer, which takes the ticket by itself.
    """
    ticket = notice.ticket
    if (
        notice.template not in {"taken", "message"}
        or notice.kind is not RecipientKind.customer
        or ticket is None
        or ticket.taken_at is None
    ):
        return None
    if notice.template == "message" and ticket.taken_at != at:
        return None
    agreed = things.contract(tx, ticket.contract)
    if not (ticket.contract or deadlines.clock_of(ticket, policy, agreed).promise):
        return None
    spent = [each for each in _kept(tx, ticket, policy, at, staff=False) if each["clock"] == "take"]
    return {"kept": spent} | ({"taken_at": ticket.taken_at.isoformat()} if notice.template == "taken" else {})


def _kept(tx: Connection, ticket: Ticket, policy: Policy, at: datetime, *, staff: bool) -> list[dict[str, Any]]:
    """What was agreed and how long it took, of the clocks that have stopped: to customers where times are promised or agreed."""
    agreed = things.contract(tx, ticket.contract)
    if not (staff or ticket.contract or deadlines.clock_of(ticket, policy, agreed).promise):
        return []
    reached = {"take": ticket.taken_at, "answer": ticket.answered_at, "solve": ticket.closed_at}
    running = deadlines.clocks(ticket, timers.moments(tx, ticket.id), policy, at, agreed)
    return [
        {"clock": r.name, "limit": int(r.limit.total_seconds()), "worked": int(r.worked.total_seconds())}
        for r in running
        if reached.get(r.name) is not None and r.stopped_at is not None and not (r.name == "solve" and ticket.due_by)
    ]


def _is_his(ticket: Ticket, answered: Ticket | None, to: Address, facts: Facts) -> bool:
    """Whether a customer hears of a ticket that he names: the one that he answers, or another of his own; he whose access is limited, that one."""
    if ticket.visibility is Visibility.internal:
        return False
    if answered is not None and ticket.id == answered.id:
        return True
    return ticket.is_participant(to.address) and not (facts.person is not None and facts.person.limited)


MOST_CATEGORIES = 40
"""Public categories that help names; who has more has links for them."""


def _public(facts: Facts) -> list[list[str]]:
    """The tag and the title of each category that customers may name, with its address if it has one."""
    open_ = [each for each in facts.policy.categories.values() if each.public]
    return [[f"[cat:{each.key}]", " · ".join(x for x in (each.title or each.key, each.address) if x)] for each in open_[:MOST_CATEGORIES]]


MOST_DEVICES = 5
"""Devices of a party whose forms help offers; of more than these nobody reads a list."""


def _offers(tx: Connection, facts: Facts, ticket: Ticket | None, language: str) -> list[dict[str, Any]]:
    """The forms for the device that the mail or its ticket is about, else for those of the sender's party: each a mail that is laid out."""
    policy = facts.policy
    about = facts.device or (things.device(tx, ticket.device) if ticket is not None else None)
    key = facts.person.party if facts.person is not None else ""
    key = key or (facts.party.key if facts.party is not None else "")
    known = (about,) if about is not None else things.of_party(tx, key).devices
    spoken = languages.choose(language, policy.languages)
    out: list[dict[str, Any]] = []
    for device in known[:MOST_DEVICES]:
        model = policy.device_model(device.model)
        for flow in model.flows if model is not None else ():
            link = links.made(policy, spoken, device=device, form=flow)
            title = flow.title if len(known) == 1 else f"{flow.title}, {device.serial}"
            fields = [particulars.field_title(each, spoken) for each in link.fields]
            out.append({"title": title, "address": link.address, "subject": link.subject, "fields": fields})
    return out


def _about_access(ask: Ask, ticket: Ticket | None, common: dict[str, Any], event: Event) -> Letter:
    """The mail with a token that registers, or what became of a line about access."""
    if ask.what == "register":
        card = {"until": (event.at + REGISTER_FOR).isoformat()}
        notice = Notice(template="register", buttons=(("confirm", "confirm"),), press_for=REGISTER_FOR, card=card, **common)
        return letters.letter(notice, event)
    what, value, line = ask.about.split("\n", 2)
    card = {"what": what, "value": value, "line": line}
    return letters.letter(Notice(template="access-answer", ticket=ticket, card=card, **common), event)


def _whole(tx: Connection, facts: Facts, act: Act, ticket: Ticket, event: Event) -> dict[str, Any]:
    """Everything of a ticket that this agent may read: private words only where he wrote them or is named in them."""
    name, directory = act.actor.name, facts.directory

    def may_read(post: Post) -> bool:
        if post.kind is not PostKind.private or post.agent == name:
            return True
        return any(word == name or (word.startswith("@") and any(a.name == name for a in directory.members(word[1:]))) for word in post.to)

    kept = records.of(tx, ticket.id)
    shown = [p for p in tickets.posts(tx, ticket.id) if may_read(p)]
    return {
        "posts": [
            particulars.post_card(replace(p, parts=()), event, staff=True, ticket=ticket, files=[])
            | {"kind": p.kind.value, "direction": p.direction, "attachments": [_file(part) for part in p.parts]}
            for p in shown
        ],
        "tasks": [
            asidecards.task_card(
                {"ref": t.ref, **made.values(t)}, lambda key: particulars.shown_name(key, facts.policy, directory, staff=True), directory
            )
            for t in (*kept.tasks.values(), *map(_as_task, kept.orders.values()))
        ],
        "fields": [{"name": key, "value": value} for key, value in ticket.fields.items()],
        "watchers": list(ticket.watchers),
        "tags": list(ticket.tags),
        "links": [ref for ref, _ in tickets.links(tx, ticket.id)],
    }


def _as_task(order: ServiceOrder) -> Task:
    """A service order as a row among the tasks: what is to be done, and what was reported on it."""
    hours = [f"{int(h['minutes']) // 60}:{int(h['minutes']) % 60:02} h {h['text']}".strip() for h in order.hours]
    used = [f"{p['amount']:g} × {' '.join(filter(None, (str(p['number']), str(p['text']))))}" for p in order.parts]
    text = " · ".join(filter(None, (order.text, *hours, *used)))
    return Task(ref=order.ref, text=text, assignee=order.technician, state=order.state, due_at=order.when_at)


def _file(part: Part) -> dict[str, Any]:
    """A file by its name alone."""
    return {"name": part.name, "bytes": part.bytes, "carried": False, "content_id": ""}


def _faq(facts: Facts, ask: Ask, ticket: Ticket | None, common: dict[str, Any], event: Event, index: Index) -> Letter:
    """The best articles in full, or all titles; nothing that the reader may not see."""
    staff = common["kind"] is RecipientKind.agent
    known = staff or is_registered(facts)
    language = languages.choose(str(common["language"]), facts.policy.languages)
    shown: list[dict[str, Any]]
    if ask.about:
        found = [m.article for m in index.search(ask.about, language=language, staff=staff, known=known, limit=3)]
        shown = [{"title": a.title, "text": a.text, "buttons": _feedback(n, a.key, language)} for n, a in enumerate(found, 1)]
    else:
        shown = [
            {"title": a.title, "text": "", "buttons": [button(f"faq:{n}", f"faq {a.title}")]}
            for n, a in enumerate((a for a in index.articles if a.language == language and visible(a, staff=staff, known=known)), 1)
            if n <= 40
        ]
    extra = {
        "query": ask.about,
        "articles": shown,
        "registered": known or bool(shown),
        "subject": facts.mail.subject if ticket is None else ticket.subject,
    }
    buttons = () if extra["registered"] else ((REGISTER, REGISTER),)
    return letters.letter(Notice(template="faq-answer", ticket=ticket, buttons=buttons, **common), event, extra)


def _feedback(number: int, article: str, language: str) -> list[dict[str, str]]:
    """Whether the article helped: two buttons, with its number in their words where several stand in one mail."""
    return [
        button(f"{what}:{number}", f"{what} {article}", word=f"{languages.forms(language, 'verbs', what)[0]} {number}")
        for what in ("helped", "unhelped")
    ]


def suggested(notice: Notice, facts: Facts, index: Index) -> dict[str, Any] | None:
    """The articles that an acknowledgement carries: in full, with a button that closes the request, and none where none fits well."""
    if notice.template != "received" or not index.articles:
        return None
    language = languages.choose(notice.language, facts.policy.languages)
    known = is_registered(facts)
    found = index.suggest(f"{facts.mail.subject}\n{facts.mail.text[:4000]}", language=language, known=known)
    return {
        "answers": [
            {"title": m.article.title, "text": m.article.text, "button": button(f"solved:{n}", "close")} for n, m in enumerate(found, 1)
        ]
    }


def _stored_address(facts: Facts, act: Act, ticket: Ticket | None) -> Address | None:
    """Where answers about somebody's tickets go: the address on file, never one that a mail merely names."""
    if act.actor.is_agent:
        return readers.agent_address(facts, act.actor.name)
    key = act.actor.address.key
    if facts.person is not None and key in {address_key(a) for a in facts.person.addresses}:
        return facts.person.address
    if ticket is not None:
        if key == ticket.requester.key:
            return ticket.requester
        return next(
            (Address(address=w) for w in ticket.watchers if Address(address=w).key == key), ticket.requester if act.pressed else None
        )
    if not facts.mail.identity:
        return None
    return act.actor.address if act.actor.level >= Level.domain else Address(address=act.actor.address.address)
