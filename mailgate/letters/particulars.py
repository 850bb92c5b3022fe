"""What is said of a person, the desk, a ticket, a post and a button on the card of a mail, as plain values that templates read.

Which mail says it: `letters`.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from mailgate.letters.events import Event
from rules import deadlines, flows
from rules.facts.mail import Part
from rules.facts.people import Directory
from rules.facts.policy import AgentNames, Policy
from rules.facts.service import Field
from rules.facts.terms import COLOURS, Address
from rules.facts.ticket import Post, Ticket
from rules.frozen import replace
from templates import languages


def promised(ticket: Ticket | None, policy: Policy) -> str:
    """When somebody answers, where the customer may hear of it: under a contract, or where the clock promises it. Empty if not."""
    if ticket is None or "@" in ticket.assignee:  # the customer's own side works on it: nobody here has promised to write
        return ""
    if not (ticket.contract or deadlines.clock_of(ticket, policy).promise):
        return ""
    return str(ticket.due.get("answer") or "")


def asked_fields(ticket: Ticket | None, policy: Policy, language: str) -> list[dict[str, Any]]:
    """What the customer is asked for, as cards hold it; what the site gives no title is called as in his language."""
    return [{"title": field_title(each, language), "words": list(each.words)} for each in flows.missing(ticket, policy)] if ticket else []


def filled_in(ticket: Ticket, policy: Policy, language: str) -> list[dict[str, str]]:
    """What a form or its sender filled in, by the titles that its type gives it."""
    asked = {each.name: field_title(each, language) for each in flows.asked(ticket, policy)}
    return [
        {"name": asked.get(name) or languages.field_name(language, name.lower()) or name, "value": value}
        for name, value in ticket.fields.items()
        if name != flows.FORM and value
    ]


def field_title(field: Field, language: str) -> str:
    """What a field is called in a mail."""
    own = field.title if field.title != field.name else ""
    return own or languages.field_name(language, field.name.lower()) or field.name


def veil(ticket: Ticket, language: str) -> Ticket:
    """A ticket without the words by which an unknown sender called it and himself."""
    subject = languages.word(language, "common", "your_request")
    return replace(ticket, subject=subject, requester=Address(address=ticket.requester.address))


def word_of(key: str, line: str, language: str) -> str:
    """The word of a button that isn't its line: who is included by a word is included as by the button, `#cc` would ask for more proof."""
    if key.partition(":")[0] != "include":
        return ""
    return f"{languages.label('include', language).lower()} {line.partition(' ')[2]}"


def button(key: str, line: str, *, word: str = "", label: str = "") -> dict[str, str]:
    """A button as cards hold it."""
    return {"key": key, "line": line, "word": word, "label": label}


def token_key(key: str) -> str:
    """The key of a button as tokens carry it: letters and digits, at most twelve, different for different keys of a mail."""
    plain = re.sub(r"[^a-z0-9]", "", key.lower())
    if 0 < len(plain) <= 12 and plain not in {"r", "m"}:
        return plain
    return plain[:6] + hashlib.sha256(key.encode()).hexdigest()[:6]


def person(address: Address) -> dict[str, str]:
    """Somebody with an address, as cards hold him."""
    return {"name": address.name, "address": address.address}


def desk(policy: Policy, ticket: Ticket | None) -> dict[str, str]:
    """The desk or category in whose name a mail goes out."""
    address = sender_of(policy, ticket)
    category = policy.categories.get(policy.category_of_address(address)) if ticket else None
    name = category.title if category and category.title and address != policy.desk.address else policy.desk.name
    return {"name": name, "address": address, "header": policy.desk.header, "footer": policy.desk.footer, "colour": policy.desk.colour}


def sender_of(policy: Policy, ticket: Ticket | None) -> str:
    """The address a mail about a ticket comes from: its category's, else the one it was written to, else the desk's."""
    if ticket is None:
        return policy.desk.address
    if ticket.category:
        return policy.address_of(ticket.category)
    return policy.desk.address


def shown_name(name: str, policy: Policy, directory: Directory, *, staff: bool, group: str = "") -> str:
    """An agent's name as this reader may see it."""
    agent = directory.agents.get(name)
    full = agent.full_name or agent.name if agent else ""
    if staff or not full:
        return full or (name if staff or "@" in name else "")
    match policy.privacy.agent_names:
        case AgentNames.full:
            return full
        case AgentNames.group:
            return group_title(group, directory) or policy.desk.name
        case _:
            return full.split()[0]


def group_title(key: str, directory: Directory) -> str:
    """A group's title, its key where it has none."""
    group = directory.groups.get(key)
    return (group.title or group.key) if group else key


def ticket_card(ticket: Ticket, policy: Policy, directory: Directory, *, staff: bool) -> dict[str, Any]:
    """A ticket as this reader may see it."""
    category = policy.categories.get(ticket.category)
    due = {clock: str(ticket.due.get(clock) or "") if staff else "" for clock in ("take", "answer", "idle", "solve")}
    return {
        "ref": ticket.ref,
        "subject": ticket.subject,
        "status": ticket.status.value,
        "colour": COLOURS[ticket.status],
        "light": ticket.light.value,
        "progress": ticket.progress,
        "priority": ticket.priority.value,
        "category": (category.title or category.key) if category else ticket.category,
        "group": group_title(ticket.group, directory),
        "assignee": shown_name(ticket.assignee, policy, directory, staff=staff, group=ticket.group),
        "requester": person(ticket.requester),
        "party": directory.party_name(ticket.party),
        "contract": ticket.contract,
        "project": ticket.project,
        "device": ticket.device,
        "channel": ticket.channel,
        "opened_at": ticket.opened_at.isoformat() if ticket.opened_at else "",
        "due": due,
        "fields": [],
    }


def post_card(post: Post, event: Event, *, staff: bool, ticket: Ticket | None, files: list[dict[str, Any]]) -> dict[str, Any]:
    """A post as this reader may see it; the files that travel along are added to `files`."""
    policy = event.policy
    agent = event.directory.agents.get(post.agent)
    author = person(post.author)
    if agent is not None:
        name = shown_name(agent.name, policy, event.directory, staff=staff, group=ticket.group if ticket else "")
        author = {"name": name, "address": agent.address.address if staff else sender_of(policy, ticket)}
    return {
        "author": author,
        "at": post.at.isoformat(),
        "text": post.text,
        "quoted": "",
        "signature": agent.signature if agent and post.direction == "out" else "",
        "attachments": _attachments(post, policy, files, agent_wrote=agent is not None),
    }


def _attachments(post: Post, policy: Policy, files: list[dict[str, Any]], *, agent_wrote: bool) -> list[dict[str, Any]]:
    room = policy.notify.attach_max_bytes
    out: list[dict[str, Any]] = []
    for part in post.parts:
        carried = post.mail is not None and part.bytes <= room and (agent_wrote or not _is_active(part, policy))
        # a picture that the text shows nowhere would be hidden by clients that believe it to be within
        inline_here = carried and part.inline and bool(part.content_id) and f"[cid:{part.content_id}]" in post.text
        if carried:
            room -= part.bytes
            files.append(
                {
                    "mail": post.mail,
                    "path": part.path,
                    "name": part.name,
                    "type": part.type,
                    "inline": inline_here,
                    "content_id": part.content_id if inline_here else "",
                }
            )
        out.append({"name": part.name, "bytes": part.bytes, "carried": carried, "content_id": part.content_id if inline_here else ""})
    return out


def _is_active(part: Part, policy: Policy) -> bool:
    ending = part.name.rpartition(".")[2].lower()
    return ending in policy.notify.active_types or part.type.lower() in policy.notify.active_types
