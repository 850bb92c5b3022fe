"""Turns notices into letters: the card of a text, frozen at the event, its buttons and its files. Nothing is rendered here.

What a card holds is said in `templates.cards`; who gets one was decided in `rules.notices`. Next: `mailgate.sending.postman`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mailgate.letters import accesscards, asidecards
from mailgate.letters.events import Event
from mailgate.letters.particulars import (
    asked_fields,
    button,
    desk,
    field_title,
    filled_in,
    group_title,
    person,
    post_card,
    promised,
    shown_name,
    ticket_card,
    token_key,
    veil,
    word_of,
)
from rules import belonging, flows, levels
from rules.actions.access import REGISTER
from rules.facts.people import Actor, Directory, Role
from rules.facts.policy import Mode, Policy
from rules.facts.sent import RecipientKind
from rules.facts.terms import Address, ReplyMeaning, address_key
from rules.facts.ticket import Ticket
from rules.frozen import replace
from rules.hearers import candidates
from rules.notice import Notice
from rules.reading import subject as reading
from store.outbox import Letter
from templates import languages, times

STAFF = RecipientKind.agent


def letter(notice: Notice, event: Event, extra: Mapping[str, Any] | None = None, *, attached: Sequence[Mapping[str, str]] = ()) -> Letter:
    """The letter for a notice; `extra` are the keys of the card that only its text has, `attached` files of our own: `{name, type, text}`."""
    policy = event.policy
    language = languages.choose(notice.language, policy.languages)
    staff = notice.kind is STAFF
    ticket = notice.ticket
    if ticket is not None and notice.kind is RecipientKind.customer:
        ticket = replace(ticket, subject=subject_for(notice.to, ticket))
    veiled = ticket is not None and ticket.veiled and notice.kind is RecipientKind.customer
    if ticket is not None and notice.kind is RecipientKind.other and notice.template in asidecards.TEMPLATES:
        # whoever is asked from outside sees his own thread and nothing of the customer
        ticket = replace(ticket, requester=Address(), party="", contract="", project="", device="", assignee="", group="")
    # the name that an unknown sender gave himself are words of his, too
    to = Address(address=notice.to.address) if veiled else notice.to
    buttons = [button(key, line, word=word_of(key, line, language)) for key, line in notice.buttons if not key.startswith("rate:")]
    answered = [person(each) for each in _answered(notice, ticket, event)]
    card: dict[str, Any] = {
        "language": language,
        "timezone": policy.desk.timezone,
        "at": event.at.isoformat(),
        "desk": desk(policy, ticket),
        "recipient": person(to),
        "subject": ticket.subject if ticket else "",
        "ticket": ticket_card(veil(ticket, language) if veiled else ticket, policy, event.directory, staff=staff)
        | {"fields": filled_in(ticket, policy, language) if staff else []}
        if ticket
        else None,
        "unknown": veiled,
        "reply_meaning": notice.reply.value if notice.reply else "",
        "reply_to": answered[0],
        "reply_also": answered[1:] if notice.reply is ReplyMeaning.public else [],
        "reason": notice.reason,
        "buttons": buttons,
    }
    files: list[dict[str, Any]] = [{"inline": False, "content_id": "", **one} for one in attached]
    card |= _own_keys(notice, event, veiled=veiled, files=files)
    more = dict(extra or {})
    if notice.template == "received" and more.get("answers"):
        more["answers"] = [*card["answers"], *more["answers"]]  # what a rule answers stands first, then what may help besides
    elif notice.template == "received":
        more.pop("answers", None)
    card |= more
    if ticket is None:
        card["subject"] = reading.read(card["subject"]).base  # of the mail that is answered: `Re: Re:` says nothing
    every = _buttons(card)
    links = {b["key"]: token_key(b["key"]) for b in every}
    words = {word: links[b["key"]] for b in reversed(every) for word in _words_of(b, language, staff=staff)}
    # the number alone rates, too, as the mail says
    words |= {b["key"].removeprefix("rate:"): links[b["key"]] for b in every if b["key"].startswith("rate:")}
    return Letter(
        template=notice.template,
        to=to,
        kind=notice.kind,
        subject=card["subject"],
        card={"card": card, "files": files, "links": links, "words": words, "reason": notice.reason},
        language=language,
        due_at=event.at + notice.after,
        ticket_id=ticket.id if ticket else None,
        ticket_ref=ticket.ref if ticket else REGISTER if notice.template == REGISTER else "",
        reply=notice.reply.value if notice.reply else "",
        automatic=notice.automatic,
        buttons={links[b["key"]]: b["line"] for b in every},
        about=notice.about,
        until_closed=notice.until_closed,
        press_until=event.at + notice.press_for if notice.press_for else None,
        received_id=event.received_id,
        post_id=notice.post.id if notice.post else None,
        newest_post=max(event.newest_post, notice.post.id if notice.post else 0),
    )


def _answered(notice: Notice, ticket: Ticket | None, event: Event) -> tuple[Address, ...]:
    """Whom an answer to this mail goes to: the requester and who watches, but from headquarters the partner who has the customer."""
    if ticket is None:
        return (Address(),)
    reader = event.directory.agent_of(notice.to.address)
    if reader is None or not levels.speaks_to_partner(Actor(role=Role.agent, name=reader.name), ticket, event.policy, event.directory):
        return (ticket.requester, *(Address(address=w) for w in ticket.watchers if address_key(w) != ticket.requester.key))
    partner = event.directory.agents.get(ticket.first_assignee)
    return (partner.address if partner is not None else Address(name=group_title(ticket.first_group, event.directory)),)


def _words_of(one: Mapping[str, str], language: str, *, staff: bool) -> tuple[str, ...]:
    """The words that do what a button does: its command, or what it is called in the reader's language and in English."""
    if not one["word"]:
        return (languages.spell(one["line"], language, staff=staff),)
    return tuple(
        dict.fromkeys((*languages.pressed_words(one["word"], language), *languages.pressed_words(one["word"], languages.FALLBACK)))
    )


def subject_for(to: Address, ticket: Ticket) -> str:
    """The subject towards one of the audience: a partner finds his own number in it."""
    ref = ticket.partner_ref
    if not ref or ticket.origin != levels.PARTNER or to.key == levels.end_customer(ticket).key or ref.lower() in ticket.subject.lower():
        return ticket.subject
    return f"{ticket.subject} [{ref}]"


def sendable(batch: Sequence[Letter], policy: Policy) -> list[Letter]:
    """The letters that may go out: none to an address of the desk's own, and in watch mode only the admin's."""
    admin = {address_key(a) for a in policy.desk.admin}
    watching = policy.desk.mode is Mode.watch
    return [x for x in batch if x.to.address and not policy.is_own(x.to.address) and (not watching or x.to.key in admin)]


def _own_keys(notice: Notice, event: Event, *, veiled: bool, files: list[dict[str, Any]]) -> dict[str, Any]:
    """The keys that only this text's card has."""
    staff = notice.kind is STAFF
    ticket = notice.ticket
    policy, directory = event.policy, event.directory
    post = post_card(notice.post, event, staff=staff, ticket=ticket, files=files) if notice.post is not None else None
    actor = shown_name(event.actor.name, policy, directory, staff=staff, group=ticket.group if ticket else "")
    if not actor and not event.actor.is_agent and (staff or (notice.template == "taken" and not veiled)):
        actor = event.actor.address.name or event.actor.address.address
    if staff and event.actor.role is Role.customer:
        known = ticket.requester.name if ticket and ticket.requester.key == event.actor.address.key else ""
        actor = known or event.actor.address.name or actor
    blank = {"author": person(Address()), "at": event.at.isoformat(), "text": "", "quoted": "", "signature": "", "attachments": []}
    language = languages.choose(notice.language, policy.languages)
    match notice.template:
        case "received":
            files.clear()
            shown = (
                None
                if veiled or post is None
                else post | {"attachments": [a | {"carried": False, "content_id": ""} for a in post["attachments"]]}
            )
            canned = [{**one, "button": button(f"solved:c{n}", "close")} for n, one in enumerate(notice.card.get("canned", ()), 1)]
            return {
                "post": shown,
                "promise_at": promised(ticket, policy),
                "answers": canned,
                "asked": asked_fields(ticket, policy, language),
                "follows": str(notice.card.get("follows", "")),
                "follows_why": str(notice.card.get("follows_why", "")),
                "wished": bool(notice.card.get("wished")),
            }
        case "appended":
            return {"post": post or blank, "hints": hints(notice, policy, language), "ready": _ready(event)}
        case "message":
            return {"post": post or blank, "outside": notice.kind is RecipientKind.other, "kept": []}
        case "taken":
            return {"actor": actor, "promise_at": promised(ticket, policy), "taken_at": "", "kept": []}
        case "status":
            before = event.before.status.value if event.before else "new"
            return {
                "actor": actor,
                "before": before,
                "note": notice.card.get("note") or (notice.post.text if notice.post and staff else ""),
                "promise_at": "",
                "handed_to": _holder(str(notice.card.get("handed_to", "")), event, staff=staff),
            }
        case "closed":
            ratings = [button(key, line) for key, line in notice.buttons if key.startswith("rate:")]
            return {
                "actor": actor,
                "post": post,
                "ratings": ratings,
                "reopen_days": policy.options.reopen_for.days,
                "resolved": bool(notice.card.get("resolved")),
                "end": person(Address(name=ticket.endcustomer.get("name", ""), address=ticket.endcustomer.get("address", "")))
                if ticket is not None and notice.card.get("resolved")
                else person(Address()),
            }
        case "archived":
            return {}
        case "reopened":
            return {"actor": actor, "post": post}
        case "assigned":
            return {
                "actor": actor,
                "why": str(notice.card.get("why", "")),
                "post": post or blank,
                "hints": hints(notice, policy, language),
                "ready": _ready(event),
            }
        case "new-in-group" | "new-in-category":
            return {
                "actor": actor,
                "why": str(notice.card.get("why", "")),
                "post": post or blank,
                "hints": hints(notice, policy, language),
                "members": _members(notice, directory),
                "ready": _ready(event),
            }
        case template if template in accesscards.TEMPLATES:
            return accesscards.own_keys(notice, languages.choose(notice.language, policy.languages))
        case _:
            return asidecards.own_keys(
                notice,
                post or blank,
                post_card(notice.excerpt, event, staff=staff, ticket=ticket, files=files) if notice.excerpt is not None else None,
                named=lambda name: shown_name(name, policy, directory, staff=staff, group=ticket.group if ticket else ""),
                directory=directory,
                desk=policy.desk.name,
            )


def _holder(word: str, event: Event, *, staff: bool) -> str:
    """Whom an agent's name or `@group` means, as this reader may see him; empty for nobody."""
    if word.startswith("@"):
        return group_title(word[1:], event.directory)
    return shown_name(word, event.policy, event.directory, staff=staff) if word else ""


MOST_MEMBERS = 20
"""Buttons for colleagues in one mail; who leads more gives the work by a line."""


def _members(notice: Notice, directory: Directory) -> list[dict[str, str]]:
    """One button for each colleague whom the reader, who leads them, may give the ticket to."""
    reader, ticket = directory.agent_of(notice.to.address), notice.ticket
    if reader is None or ticket is None or ticket.assignee:
        return []
    found = [a for a in candidates(reader, ticket, directory) if a.name != reader.name][:MOST_MEMBERS]
    return [button(f"assign:{a.name}", f"assign {a.name}", label=a.full_name or a.name) for a in found]


def _ready(event: Event) -> list[dict[str, str]]:
    """A button for each canned answer that fits, with its title on it."""
    return [button(f"ready:{n}", f"canned {name}", label=title) for n, (name, title) in enumerate(event.ready, 1)]


def hints(notice: Notice, policy: Policy, language: str) -> list[dict[str, str]]:
    """What staff should know beside the text, as sentences of the language's table."""
    out: list[dict[str, str]] = []
    claims = notice.card.get("claims") or ()
    if claims:
        hint = str(notice.card.get("hint", ""))
        how = {
            "claims": "claims",
            "follows-deleted": "follows-deleted",
            "follows-archived": "follows",
            "follows-late": "follows",
            "also": "also",
        }
        out.append({"what": how.get(hint, "related"), "value": ", ".join(claims)})
    if notice.ticket is not None and (missing := flows.missing(notice.ticket, policy)):
        out.append({"what": "missing", "value": ", ".join(field_title(each, language) for each in missing)})
    if notice.card.get("uncovered") and not any(verb == "contract" for verb, _ in notice.card.get("choices") or ()):
        out.append({"what": "no-contract", "value": ""})
    for verb, names in notice.card.get("choices") or ():
        more = ", …" if len(names) > belonging.MOST_CHOICES else ""
        out.append({"what": f"several-{verb}", "value": ", ".join(names[: belonging.MOST_CHOICES]) + more})
    out += [{"what": "task", "value": _named_task(task, policy, language)} for task in notice.card.get("tasks") or ()]
    if notice.card.get("wishes"):
        out.append({"what": "wish", "value": ", ".join(notice.card["wishes"])})
    match notice.card.get("hint"):
        case "third-party":
            out.append({"what": "third-party", "value": ""})
        case "thanks" | "encrypted" | "closed" | "reopened" as hint:
            out.append({"what": hint, "value": ""})
        case _:
            pass
    if notice.ticket is not None and notice.ticket.waiting_room:
        out.append({"what": "copied", "value": ", ".join(notice.ticket.waiting_room[:5])})
    if notice.ticket is not None and notice.ticket.veiled and notice.template.startswith("new-in"):
        out.append({"what": "unverified", "value": ""})
    return out


def _named_task(task: Mapping[str, Any], policy: Policy, language: str) -> str:
    """A task in half a line: what is to be done, its number, and by when."""
    due = str(task["due_at"] or "")
    at = times.times(language, policy.desk.timezone, due).moment(due) if due else ""
    return ", ".join(filter(None, (f"{task['ref']} {task['text']}", languages.word(language, "common", "due").format(at=at) if at else "")))


def _buttons(value: Any) -> list[dict[str, str]]:  # noqa: ANN401 - any JSON
    """Every button within a card."""
    found: list[dict[str, str]] = []
    _gather(value, found)
    return found


_NESTED = (dict, list)


def _gather(value: Any, found: list[dict[str, str]]) -> None:  # noqa: ANN401
    if isinstance(value, list):
        inner = value
    elif "key" in value and "line" in value:
        found.append(dict(value))
        return
    else:
        inner = value.values()
    for each in inner:
        if each and isinstance(each, _NESTED):
            _gather(each, found)
