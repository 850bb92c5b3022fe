"""What answers to `#list` and `#history` say, each reader his own part of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from mailgate.letters import changes, letters, particulars
from mailgate.letters.events import Event
from rules import rights
from rules.actions.access import REGISTER
from rules.actions.base import VERBS, Ask, Refused, Scene
from rules.actions.folding import fold
from rules.facts.access import INSIGHTS
from rules.facts.people import Role
from rules.facts.sent import RecipientKind
from rules.facts.terms import COLOURS, PostKind, Status
from rules.facts.ticket import Ticket
from rules.frozen import replace
from rules.notice import Notice
from rules.verdict import Act
from store import people
from store.outbox import Letter
from store.queries import tickets
from templates import languages
from templates.times import Times, times

if TYPE_CHECKING:
    from rules.case import Facts

MOST_LISTED, MOST_FOUND = 50, 30


def may_see(facts: Facts, act: Act, ticket: Ticket) -> bool:
    """Whether the agent who asks may know of a ticket."""
    scene = Scene(who=act.actor, at=facts.at, policy=facts.policy, directory=facts.directory)
    return rights.may_see(ticket, scene, act.actor.name)


HISTORY_RIGHT = INSIGHTS[1]
"""What `person edit --may` calls the right to see all requests of one's organisation."""
MOST_OF_PARTY = 60


def of_party(tx: Connection, facts: Facts, act: Act, ask: Ask, common: dict[str, Any], event: Event) -> Letter:
    """All tickets of an organisation, the newest first: to staff, and to whoever of its people has the right; others get their own."""
    staff = act.actor.role is Role.agent
    known = {fold(word): party for party in people.parties(tx) for word in (party.name, party.key) if word}
    party = known.get(fold(ask.about))
    if staff and party is None:
        raise Refused("unknown-party", near=tuple(f"history party:{p.key}" for p in dict.fromkeys(known.values()))[:3], word=ask.about)
    mine = facts.person is not None and HISTORY_RIGHT in facts.person.may and party is not None and facts.party == party
    if party is None or not (staff or mine):
        return list_of(tx, facts, act, ask, common, event)
    found = tickets.of_party(tx, party.key, public_only=not staff)
    found = [x for x in found if not staff or may_see(facts, act, x)][:MOST_OF_PARTY]
    return _listed(facts, found, common, event, most_closed=MOST_OF_PARTY)


def list_of(tx: Connection, facts: Facts, act: Act, ask: Ask, common: dict[str, Any], event: Event) -> Letter:
    """The answer to `#list` or `#find`: of staff what he may read, of a customer his own and what he may see of his party."""
    staff = act.actor.role is Role.agent
    if ask.what == "find":
        found = tickets.listed(tx, tickets.Filter(words=ask.about, readers=_readers(act.actor.name, facts), limit=300, sort="-id"))
    elif staff:
        found = tickets.listed(tx, _whose(act.actor.name, ask.about, facts))
    else:
        addresses = facts.person.addresses if facts.person else (act.actor.address.address,)
        found = tickets.of_person(tx, addresses)
    if staff:
        found = [x for x in found if may_see(facts, act, x)][: MOST_FOUND if ask.what == "find" else MOST_LISTED]
    return _listed(facts, found, common, event)


def is_registered(facts: Facts) -> bool:
    """Whether the desk knows the sender: staff entered him or his organisation, or he has registered himself."""
    person = facts.person
    return facts.party is not None or (person is not None and (person.known or person.confirmed_at is not None))


def _listed(facts: Facts, found: Sequence[Ticket], common: dict[str, Any], event: Event, *, most_closed: int = 10) -> Letter:
    staff = common["kind"] is RecipientKind.agent
    rows = [
        {
            "ref": x.ref,
            "subject": x.subject
            if staff or not x.veiled
            else particulars.veil(x, languages.choose(common["language"], facts.policy.languages)).subject,
            "status": x.status.value,
            "colour": COLOURS[x.status],
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
    buttons = () if staff or is_registered(facts) else ((REGISTER, REGISTER),)
    return letters.letter(
        Notice(template="list-answer", buttons=buttons, **common),
        event,
        {"open": is_open, "closed": closed[:most_closed], "subject": facts.mail.subject},
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


def history_events(tx: Connection, ticket: Ticket, facts: Facts, *, staff: bool, language: str) -> list[dict[str, str]]:
    """The history as the reader may see it: staff all of it, customers the public part."""
    out: list[dict[str, str]] = []
    said = {p.mail: p for p in tickets.posts(tx, ticket.id) if p.kind is PostKind.public and p.direction == "in"}
    opened_by = ""
    code = languages.choose(language, facts.policy.languages)
    told = times(code, facts.policy.desk.timezone, facts.at.isoformat())
    for row in tickets.history(tx, ticket.id):
        verb = str(row["action"]).partition(" ")[0]
        changed = row["changed"]
        if not staff and (verb not in TOLD_TO_CUSTOMERS or (verb == "say" and row["received_id"] not in said)):
            continue
        if verb in VERBS and not VERBS[verb].changes:
            continue  # who asked for the history is no part of it
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
        if not staff and verb == "say" and not ticket.veiled:
            author = said[row["received_id"]].author
            actor = author.name or author.address
        what, value = _step(str(row["action"]), changed, ticket, facts, told, staff=staff)
        out.append({"at": at.isoformat(), "actor": actor, "what": what, "value": value})
    return out


def _step(action: str, changed: Mapping[str, Sequence[Any]], ticket: Ticket, facts: Facts, told: Times, *, staff: bool) -> tuple[str, str]:
    """What one step of the history was, as a key of the words for it, and the value that stands in them."""
    verb = action.partition(" ")[0]
    match verb:
        case "assign":
            holder = str(changed["assignee"][1]) if "assignee" in changed else ""
            to = particulars.shown_name(holder, facts.policy, facts.directory, staff=staff, group=ticket.group)
            why = action.partition(" ")[2].partition(" ")[2] if staff else ""
            return "assigned", ": ".join(filter(None, (to or particulars.group_title(ticket.group, facts.directory), why)))
        case "wait":
            until = changed["waiting_until"][1] if staff and "waiting_until" in changed else None
            return ("waiting_until", told.moment(str(until))) if until else ("waiting", "")
        case "rate":
            return "rated", action.split(" ")[1]
        case "undo":
            return "undone", ""
        case "status" if "status" in changed:
            before, after = (str(each) for each in changed["status"])
            what = "reopened" if before == "closed" else after if after in {"waiting", "closed"} else "status"
            return what, languages.word(told.language, "status_staff" if staff else "status", after)
        case _ if verb in EVENTS:
            return EVENTS[verb], ""
        case _:
            spelled = changes.recorded(changed, told, facts.directory)
            return ("changed", spelled) if spelled else ("did", f"#{action}")
