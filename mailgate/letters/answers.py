"""The letters that answer what somebody asked: status, history, lists, help, articles; and which article a mail may be answered with.

What his commands did is told by `receipts.py`, what is unclear asked by `questions.py`, what went wrong told by `troubles.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from mailgate.letters import asidecards, letters, links, particulars, readers
from mailgate.letters.events import Event
from mailgate.letters.knowledge import Index, visible
from mailgate.letters.particulars import button
from rules import deadlines, levels, lexicon, rights
from rules import records as made
from rules.actions.base import VERBS, Ask, Refused, Scene
from rules.actions.folding import fold
from rules.admission import REGISTER
from rules.case import Facts
from rules.facts.access import INSIGHTS, OFFICES
from rules.facts.mail import Part
from rules.facts.people import Role
from rules.facts.policy import Policy
from rules.facts.sent import RecipientKind
from rules.facts.terms import Address, Level, PostKind, Status, Visibility, address_key
from rules.facts.ticket import Post, ServiceOrder, Task, Ticket
from rules.frozen import replace
from rules.notices import Notice
from rules.verdict import Act
from store import lookup, people, records, things, timers
from store.outbox import Letter
from store.queries import tickets
from templates import languages

MOST_LISTED, MOST_FOUND = 50, 30
"""Rows of a list that a mail holds."""


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
    if staff and named and (about is None or not _may_see(facts, act, about)):
        # the same words for a ticket that isn't there and for one that he may not know of
        raise Refused("no-such-ticket", ref=ask.about)
    if about is not None and not staff and (ticket is None or about.id != ticket.id or about.visibility is Visibility.internal):
        about = None
    if about is not None and not staff and to.key == levels.end_customer(about).key and ask.what != "status":
        # what a partner and we wrote to each other is not his customer's
        about = None
    language = (
        readers.agent_language(facts, act.actor.name)
        if staff
        else (ticket.language if ticket else facts.person.language if facts.person else "")
    )
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
                {"verbs": [v.rstrip("?") for v in verbs], "offers": [] if staff else _offers(tx, facts, ticket, language)},
            )
        case "faq":
            return _faq(facts, ask, ticket, common, event, index)
        case "party":
            return _of_party(tx, facts, act, ask, common, event)
        case "list" | "find":
            return _list(tx, facts, act, ask, common, event)
        case _ if about is None:
            return _list(tx, facts, act, ask, common, event)
        case "show" | "print" if staff:
            return letters.letter(Notice(template="show-answer", ticket=about, **common), event, _whole(tx, facts, act, about, event))
        case "history" | "show" | "print":
            events = history_events(tx, about, facts, staff=staff)
            return letters.letter(Notice(template="history-answer", ticket=about, **common), event, {"events": events})
        case _:
            extra = {"promise_at": particulars.promised(about, facts.policy), "kept": _kept(tx, about, facts.policy, facts.at, staff=staff)}
            return letters.letter(Notice(template="status-answer", ticket=about, **common), event, extra)


def taken(tx: Connection, notice: Notice, policy: Policy, at: datetime) -> dict[str, Any] | None:
    """When a ticket was taken and how long that took, for the mail that tells a customer under an agreement or a promise."""
    ticket = notice.ticket
    if notice.template != "taken" or notice.kind is not RecipientKind.customer or ticket is None or ticket.taken_at is None:
        return None
    agreed = things.contract(tx, ticket.contract)
    if not (ticket.contract or deadlines.clock_of(ticket, policy, agreed).promise):
        return None
    spent = [each for each in _kept(tx, ticket, policy, at, staff=False) if each["clock"] == "take"]
    return {"taken_at": ticket.taken_at.isoformat(), "kept": spent}


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
        model = policy.device_models.get(device.model)
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
    known = staff or _is_registered(facts)
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


def _is_registered(facts: Facts) -> bool:
    """Whether the desk knows the sender: staff entered him or his organisation, or he has registered himself."""
    person = facts.person
    return facts.party is not None or (person is not None and (person.known or person.confirmed_at is not None))


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
    known = _is_registered(facts)
    found = index.suggest(f"{facts.mail.subject}\n{facts.mail.text[:4000]}", language=language, known=known)
    return {
        "answers": [
            {"title": m.article.title, "text": m.article.text, "button": button(f"solved:{n}", "close")} for n, m in enumerate(found, 1)
        ]
    }


def _may_see(facts: Facts, act: Act, ticket: Ticket) -> bool:
    """Whether the agent who asks may know of a ticket."""
    scene = Scene(who=act.actor, at=facts.at, policy=facts.policy, directory=facts.directory)
    return rights.may_see(ticket, scene, act.actor.name)


HISTORY_RIGHT = INSIGHTS[1]
"""What `person edit --may` calls the right to see all requests of one's organisation."""


MOST_OF_PARTY = 60


def _of_party(tx: Connection, facts: Facts, act: Act, ask: Ask, common: dict[str, Any], event: Event) -> Letter:
    """All tickets of an organisation, the newest first: to staff, and to whoever of its people has the right; others get their own."""
    staff = act.actor.role is Role.agent
    known = {fold(word): party for party in people.parties(tx) for word in (party.name, party.key) if word}
    party = known.get(fold(ask.about))
    if staff and party is None:
        raise Refused("unknown-party", near=tuple(f"history party:{p.key}" for p in dict.fromkeys(known.values()))[:3], word=ask.about)
    mine = facts.person is not None and HISTORY_RIGHT in facts.person.may and party is not None and facts.party == party
    if party is None or not (staff or mine):
        return _list(tx, facts, act, ask, common, event)
    found = tickets.of_party(tx, party.key, public_only=not staff)
    found = [x for x in found if not staff or _may_see(facts, act, x)][:MOST_OF_PARTY]
    return _listed(facts, found, common, event, most_closed=MOST_OF_PARTY)


def _list(tx: Connection, facts: Facts, act: Act, ask: Ask, common: dict[str, Any], event: Event) -> Letter:
    staff = act.actor.role is Role.agent
    if ask.what == "find":
        found = tickets.listed(tx, tickets.Filter(words=ask.about, readers=_readers(act.actor.name, facts), limit=300, sort="-id"))
    elif staff:
        found = tickets.listed(tx, _whose(act.actor.name, ask.about, facts))
    else:
        addresses = facts.person.addresses if facts.person else (act.actor.address.address,)
        found = tickets.of_person(tx, addresses)
    if staff:
        found = [x for x in found if _may_see(facts, act, x)][: MOST_FOUND if ask.what == "find" else MOST_LISTED]
    return _listed(facts, found, common, event)


def _listed(facts: Facts, found: Sequence[Ticket], common: dict[str, Any], event: Event, *, most_closed: int = 10) -> Letter:
    staff = common["kind"] is RecipientKind.agent
    rows = [
        {
            "ref": x.ref,
            "subject": x.subject
            if staff or not x.veiled
            else particulars.veil(x, languages.choose(common["language"], facts.policy.languages)).subject,
            "status": x.status.value,
            "colour": particulars.COLOURS[x.status],
            "light": x.light.value,
            "progress": x.progress,
            "opened_at": x.opened_at.isoformat() if x.opened_at else "",
            "who": (x.requester.name or x.requester.address)
            if staff
            else particulars.shown_name(x.assignee, facts.policy, facts.directory, staff=False, group=x.group),
        }
        for x in found
    ]
    is_open = [r for r, x in zip(rows, found, strict=True) if x.status is not Status.closed]
    closed = [r for r, x in zip(rows, found, strict=True) if x.status is Status.closed]
    return letters.letter(
        Notice(template="list-answer", **common), event, {"open": is_open, "closed": closed[:most_closed], "subject": facts.mail.subject}
    )


def _readers(name: str, facts: Facts) -> tuple[str, ...]:
    """An agent and the groups whose mail he gets, as private words name whom they are for."""
    groups = facts.directory.groups
    return (name, *(f"@{key}" for key in groups if any(agent.name == name for agent in facts.directory.members(key))))


def _whose(name: str, said: str, facts: Facts) -> tickets.Filter:
    """The open tickets that an agent means by `list`: his own, what nobody has yet in his groups, and all of the departments that he leads.

    `list mine` is his own alone, `list @hardware` one group's, `list all` everything that he may see.
    """
    directory = facts.directory
    agent = directory.agents.get(name)
    word = fold(said.strip().removeprefix("group:").lstrip("@"))
    group = next((g.key for g in directory.groups.values() if word and word in {fold(g.key), fold(g.title)}), "")
    blank = tickets.Filter(open_only=True, sort="light", limit=300)
    if group:
        return replace(blank, groups=tuple(directory.under((group,))))
    if word == "all":
        return blank
    if agent is None or word in {"mine", "own"}:
        return replace(blank, mine=name)
    led = directory.under(agent.manager_of)
    staff = {a.name for a in directory.agents.values() if led & set(a.groups)} | {name}
    return replace(blank, any_of=(tuple(sorted(staff)), tuple(sorted(led)), tuple(sorted(directory.under(agent.groups)))))


EVENTS = {"say": "wrote", "reply": "answered", "note": "note", "open": "opened", "take": "taken", "close": "closed", "reopen": "reopened"}


TOLD_TO_CUSTOMERS = frozenset({"open", "say", "reply", "take", "close", "reopen", "rate", "wait", "status", "assign"})
"""Verbs in the history that customers read of."""


def history_events(tx: Connection, ticket: Ticket, facts: Facts, *, staff: bool) -> list[dict[str, str]]:
    """The history as the reader may see it: staff all of it, customers the public part."""
    out: list[dict[str, str]] = []
    said = {p.mail: p for p in tickets.posts(tx, ticket.id) if p.kind is PostKind.public and p.direction == "in"}
    opened_by = ""
    for row in tickets.history(tx, ticket.id):
        verb = str(row["action"]).partition(" ")[0]
        changed = row["changed"]
        if not staff and (verb not in TOLD_TO_CUSTOMERS or (verb == "say" and row["received_id"] not in said)):
            continue
        name = "" if ticket.veiled and not staff else ticket.requester.name
        if verb == "say" and row["cause"] == opened_by and out:
            continue  # the mail that opened it is one step, not two
        opened_by = str(row["cause"]) if verb == "open" else opened_by
        actor = (
            (name if str(row["actor"]) == ticket.requester.key else "")
            or particulars.shown_name(str(row["actor"]), facts.policy, facts.directory, staff=staff, group=ticket.group)
            or (name or ticket.requester.address if not staff or "@" in str(row["actor"]) else str(row["actor"]))
        )
        at = row["at"]
        assert isinstance(at, datetime)  # noqa: S101 - the column is not nullable
        what, value = EVENTS.get(verb, "changed"), str(row["action"])
        if not staff and verb == "say" and not ticket.veiled:
            author = said[row["received_id"]].author
            actor = author.name or author.address
        if verb == "assign":
            holder = str(changed["assignee"][1]) if "assignee" in changed else ""
            to = particulars.shown_name(holder, facts.policy, facts.directory, staff=False, group=ticket.group)
            what, value = (
                "assigned",
                to or particulars.group_title(ticket.group, facts.directory) if not staff else str(row["action"]).partition(" ")[2],
            )
        elif verb == "wait":
            what = "waiting"
        elif verb == "rate":
            what, value = "rated", str(row["action"]).split(" ")[1]
        elif what == "changed" and "status" in changed:
            what, value = "status", str(changed["status"][1])
        out.append({"at": at.isoformat(), "actor": actor, "what": what, "value": value})
    return out


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
