"""Questions about mail that waits, to its author, its owner, or whoever decides; and the answer to a button that is spent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mailgate.letters import letters, particulars
from mailgate.letters.events import Event
from mailgate.letters.particulars import button
from rules import lexicon, strung
from rules.facts.sent import RecipientKind
from rules.facts.terms import Address, address_key
from rules.facts.ticket import Ticket
from rules.notice import Notice
from rules.reading import quoting
from rules.verdict import Act, Hold, Question, Spent
from store.outbox import Letter
from templates import languages, times

if TYPE_CHECKING:
    from rules.case import Facts

CARRY_OUT_FOR = timedelta(hours=24)


PROBLEMS = {
    "unknown-verb": "unknown-verb",
    "inside": "buried",
    "strung": "strung",
    "proof": "level",
    "role": "no-right",
    "reach": "no-right",
    "not-for-customers": "no-right",
    "workflow-role": "no-right",
    "workflow": "workflow",
    "archived": "archived",
    "encrypted": "encrypted",
    "several": "several",
    "internal-ticket": "internal",
    "deleted": "deleted",
    "closed-category": "closed-category",
    "no-such-ticket": "no-such-ticket",
    "no-ticket": "no-ticket",
    "another-ticket": "another-ticket",
    "category": "department",
    "nothing-to-undo": "nothing-to-undo",
    "changed-since": "changed-since",
    "undo-open": "undo-open",
    "undo-merge": "no-undo",
    "undo-moved": "no-undo",
    "undo-alone": "undo-alone",
    "in-the-past": "past",
    "which-task": "which-task",
    "no-decision": "no-decision",
    "new-first": "new-alone",
    "too-far": "too-far",
    "for-customers": "for-customers",
    "not-entitled": "for-customers",
    "no-task": "no-task",
    "no-such-task": "no-such-task",
    "no-order": "no-order",
    "no-such-order": "no-order",
    "no-text": "no-text",
    "nothing-to-send": "no-text",
    "merge-itself": "itself",
    "link-itself": "itself",
    "own-address": "own-address",
    "closed": "closed",
    "not-closed": "not-closed",
    "no-site-folder": "no-folder",
    "faulty-canned": "faulty-canned",
}
"""Codes of the rules that have a sentence of their own in `words.toml`; the rest is a wrong or a missing value, or not possible now."""


def problem(code: str) -> str:
    """Key of the sentence that tells of a code."""
    if code in PROBLEMS:
        return PROBLEMS[code]
    if code.startswith("missing-"):
        return "missing-value"
    return "wrong-value" if code.startswith(("unknown-", "not-a", "too-much")) else "illegal"


def value(question: Question, language: str) -> str:
    """What the sentence is about, in that language."""
    if question.code == "workflow":
        said = languages.section(language, "status_staff")
        steps = (question.words.get("was", ""), question.words.get("to", ""))
        return " → ".join(str(said.get(word, word)) for word in steps)
    return question.word or (question.line if question.code != "leak" else "") or question.code


def _line(question: Question, facts: Facts, language: str) -> str:
    """The line (without `#`) as its author said it; one that he didn't type was a button's, and is spelled as that was."""
    if question.line in facts.mail.text:
        return question.line
    return languages.spell(_MAIL.sub("", question.line), language, staff=True).removeprefix("#")


def _shown(near: str, language: str) -> dict[str, str]:
    """The word and the label of a button that stands for a line, or for several."""
    if "\n" not in near:
        return {"word": f"#{near}", "label": f"#{near}"}
    said = strung.SIGN.join(languages.spell(line, language, staff=True) for line in near.split("\n"))
    return {"word": said, "label": said}


_MAIL = re.compile(r" mail:\d+$")
"""Of `undo mail:17`, the line of a button."""
MOST_KNOWN = 12
"""A longer list would be a mail of its own."""


def _known(question: Question, facts: Facts) -> list[str]:
    """What could have stood there, where the word had to be one of a few."""
    among = lexicon.words(facts.policy, facts.directory).lists.get(question.code.removeprefix("unknown-"), {})
    known = list(dict.fromkeys(among.values()))
    return known if question.code.startswith("unknown-") and len(known) <= MOST_KNOWN else []


REASONS = {
    "unknown-command": "lines",
    "refused": "lines",
    "proof": "level",
    "leak": "leak",
    "spam": "spam",
    "rate": "rate",
    "identity": "from-syntax",
    "parked": "parked",
    "bulk": "bulk",
    "limits": "limits",
    "encrypted": "encrypted",
    "several": "several",
}


def held(facts: Facts, hold: Hold, event: Event) -> list[Letter]:
    """The question to the one who can decide; none where nobody is asked at once."""
    agent = facts.directory.agents.get(hold.agent)
    if agent is not None:
        to, kind, language = agent.address, RecipientKind.agent, agent.language
    elif hold.customer:
        to, kind, language = Address(address=hold.customer), RecipientKind.customer, hold.ticket.language if hold.ticket else ""
    else:
        return []
    if hold.reason == "crossing":
        return [_crossing(facts, hold, event, to, language)]
    owner = hold.reason == "proof"
    said_in = languages.choose(language, facts.policy.languages)
    buttons = []
    if owner and hold.may_carry_out:
        buttons.append(button("carry-out", f"held {facts.id} carry-out", word="carry-out"))
    if not owner and hold.reason in {"unknown-command", "leak", "several"}:
        buttons.append(button("send", f"held {facts.id} anyway", word="send"))
    if kind is RecipientKind.agent:
        buttons.append(button("drop", f"held {facts.id} drop", word="drop"))
    questions = [
        {
            "number": q.number,
            "line": f"#{_line(q, facts, said_in)}" if q.line and q.code != "leak" else q.line,
            "problem": "unlisted" if (known := _known(q, facts)) and agent is not None else problem(q.code),
            "known": known,
            "value": value(q, said_in),
            "matches": [
                button(f"q{n}:{k}", f"held {facts.id} replace {q.number} {near}", **_shown(near, said_in))
                for k, near in enumerate(q.near[:3], 1)
                if q.number
            ],
        }
        for n, q in enumerate(hold.questions[:8], 1)
        if not owner or q.line
    ]
    notice = Notice(
        template="held",
        to=to,
        kind=kind,
        reason="owner" if owner else "author",
        automatic="replied",
        language=language,
        ticket=hold.ticket,
        press_for=CARRY_OUT_FOR if owner else None,
    )
    extra = {
        "audience": "owner" if owner else "author",
        "sender": particulars.person(facts.mail.sender),
        "received_at": event.at.isoformat(),
        "reasons": [REASONS.get(hold.reason, hold.reason)],
        "questions": questions,
        # what somebody wrote in a customer's name is never sent on to that customer: he may not know us
        "text": ""
        if owner and (agent is None or questions)
        else (quoting.written(facts.mail.text, facts.ours).text or facts.mail.text)[:4000],
        "hints": [],
        "buttons": buttons,
        "subject": facts.mail.subject if not hold.ticket else hold.ticket.subject,
    }
    return [letters.letter(notice, event, extra)]


def announcement(
    received_id: int,
    record: Mapping[str, Any],
    mail: Mapping[str, Any],
    to: Address,
    kind: RecipientKind,
    language: str,
    ticket: Ticket | None,
    event: Event,
) -> Letter:
    """To a group or the admin: a mail waits for a decision, with sender, reason and buttons."""
    notice = Notice(template="held", to=to, kind=kind, reason="admin", language=language, ticket=ticket)
    extra = {
        "audience": "group",
        "sender": {"name": mail["from_name"], "address": mail["from_address"]},
        "received_at": mail["received_at"].isoformat(),
        "reasons": [REASONS.get(str(record.get("reason", "")), str(record.get("reason", "")))],
        "questions": [],
        "text": "",
        "hints": [{"what": "more-held", "value": str(record["more"])}] if record.get("more") else [],
        "buttons": [
            button("release", f"held {received_id} anyway", word="release"),
            button("spam", f"held {received_id} spam", word="spam"),
            button("drop", f"held {received_id} drop", word="drop"),
        ],
        "subject": str(mail["subject"]) or f"mail {received_id}",
    }
    return letters.letter(notice, event, extra)


def _crossing(facts: Facts, hold: Hold, event: Event, to: Address, language: str) -> Letter:
    person = particulars.person(to)
    own = {"author": person, "at": event.at.isoformat(), "text": hold.text, "quoted": "", "signature": "", "attachments": []}
    others = [
        own | {"author": {"name": str(o["author"]), "address": ""}, "at": str(o["at"]), "text": str(o["text"])} for o in hold.crossing
    ]
    notice = Notice(
        template="crossing", to=to, kind=RecipientKind.agent, reason="author", automatic="replied", language=language, ticket=hold.ticket
    )
    buttons = [button("send", f"held {facts.id} anyway", word="send"), button("drop", f"held {facts.id} drop", word="drop")]
    return letters.letter(notice, event, {"post": own, "others": others, "buttons": buttons})


def absent(facts: Facts, act: Act, event: Event) -> Letter:
    """To an agent whose mailbox says that he is away: shall the desk know, and until when?"""
    agent = facts.directory.agents[act.actor.name]
    language = languages.choose(agent.language, facts.policy.languages)
    zone = facts.policy.desk.timezone
    said = times.times(language, zone, event.at.isoformat())
    label = languages.label("away", language)
    buttons = [
        button(f"away:{n}", f"away {day}", label=f"{label}: {said.day(datetime.combine(day, time(12), ZoneInfo(zone)).isoformat())}")
        for n, day in enumerate(act.away, 1)
    ]
    notice = Notice(template="absent", to=agent.address, kind=RecipientKind.agent, reason="answered", language=agent.language)
    return letters.letter(notice, event, {"buttons": buttons})


def spent(facts: Facts, what: Spent, event: Event) -> list[Letter]:
    """To the stored address: this button does nothing any more."""
    sent = what.sent
    if sent is None:
        return _gone(facts, event) if what.why == "gone" and facts.mail.identity else []
    kind = sent.recipient_kind
    agent = facts.directory.agent_of(sent.recipient) if kind is RecipientKind.agent else None
    to = agent.address if agent else Address(address=sent.recipient)
    if what.ticket and address_key(what.ticket.requester.address) == address_key(sent.recipient):
        to = what.ticket.requester
    notice = Notice(
        template="spent",
        to=to,
        kind=kind,
        reason="author" if kind is RecipientKind.agent else "requester",
        automatic="replied",
        language=agent.language if agent else what.ticket.language if what.ticket and kind is not RecipientKind.agent else "",
        ticket=what.ticket,
    )
    line = sent.buttons.get(what.key, "")
    again = (
        [button("include" if line.startswith("cc ") else line.partition(" ")[0], line)]
        if what.why == "not-yours" and line and not line.startswith("held ")
        else []
    )
    presser = {"name": "", "address": facts.mail.identity or facts.mail.sender.address}
    return [letters.letter(notice, event, {"why": what.why, "line": line, "presser": presser, "buttons": again})]


def _gone(facts: Facts, event: Event) -> list[Letter]:
    """To whoever wrote: what this button was for is no longer here, if it ever was."""
    agent = facts.directory.agent_of(facts.mail.identity)
    known = facts.person
    notice = Notice(
        template="spent",
        to=agent.address if agent else Address(address=facts.mail.identity),
        kind=RecipientKind.agent if agent else RecipientKind.customer,
        reason="author" if agent else "requester",
        automatic="replied",
        language=agent.language if agent else known.language if known else "",
    )
    presser = {"name": "", "address": facts.mail.identity}
    return [letters.letter(notice, event, {"why": "gone", "line": "", "presser": presser, "buttons": []})]
