"""Buttons: a mail to an address that holds a verb and a token, or a reply whose first line is a button's word."""

from __future__ import annotations

from collections.abc import Mapping

from rules import several, tokens
from rules.actions.access import Decline
from rules.actions.base import Action, read
from rules.actions.feedback import Feedback, Rate
from rules.actions.folding import fold
from rules.actions.service import Canned
from rules.actions.words import Misread
from rules.case import Case, Held
from rules.facts.people import Actor, Role
from rules.facts.sent import RecipientKind, Sent
from rules.facts.terms import Address, Fate, Level, Visibility, address_key
from rules.facts.ticket import Ticket
from rules.frozen import replace
from rules.reading import ratings
from rules.reading.commands import first_words, says_nothing
from rules.verdict import Act, Allowance, Decided, Hold, Spent, Verdict

OF_ARTICLES = frozenset({"helped", "unhelped"})
"""First words of what the buttons under an article stand for."""
HARMLESS = frozenset({"rate", "mute", "status?"}) | OF_ARTICLES
"""What a customer's button may do from another address, answered to the registered one."""
REPEATABLE = frozenset({"rate", "status?", "history", "help", "list", "show"})
"""What may be pressed again: it asks, or it replaces what it said before."""


def pressed(case: Case) -> Verdict | None:
    """The verdict if the mail is a button's, None if it is an ordinary mail."""
    f = case.facts
    for p in f.presented:
        if p.token.is_button:
            case.note("button", p.token.key, "genuine" if p.genuine else "forged")
            if not p.genuine:
                if _is_empty(case) and _is_owner(case, p.sent):
                    # a sign of its address was lost on the way, or it was made up: there is nothing else in it
                    ticket = f.thread.ticket if f.thread and f.thread.ticket.id == p.sent.ticket_id else None
                    return Spent(why="bad-token", actor=case.actor, key=p.token.key, ticket=ticket, sent=p.sent)
                # with words it is a mail like any other, without the button
                continue
            return _press(case, p.sent, p.token.key, by_address=True)
    if (gone := _of_nothing(case)) is not None:
        return gone
    # in a digest the words begin with the number of a row, and there may be a line for each
    answered = [
        p
        for p in f.presented
        if p.genuine
        and p.token.key in {tokens.REPLY, tokens.ID}
        and p.sent.buttons
        and p.sent.template != several.DIGEST
        and _is_owner(case, p.sent)
    ]
    word = fold(first_words(case.written.text)) if answered else ""
    if word:
        for p in answered:
            # a word with `#` is a command line, and what stands below it is meant for somebody
            keys = {fold(w): key for w, key in p.sent.words.items() if not w.startswith("#")}
            keys = _bare(p.sent, keys) | _alone(case, p.sent) | keys
            if word in keys and keys[word] in p.sent.buttons:
                case.note("button", keys[word], f"word {word!r}")
                return _press(case, p.sent, keys[word], by_address=False)
            first = next(row for row in case.written.text.splitlines() if row.strip())
            rated = ratings.given(first, lambda said: case.words.verbs.get(fold(said)) == "rate")
            if rated is not None and (key := keys.get(rated[0], "")) in p.sent.buttons:
                case.note("button", key, f"note {rated[0]}")
                return _press(case, p.sent, key, by_address=False, said=rated[1])
    return None


def _of_nothing(case: Case) -> Spent | None:
    """The button of a request whose contents were deleted for good: nobody knows any more whose it was, and everybody is told the same."""
    f = case.facts
    if (f.thread is not None and f.thread.by != "subject") or any(p.genuine for p in f.presented) or not _is_empty(case):
        return None
    others = {p.token for p in f.presented if "@" in p.sent.recipient_key}
    if f.policy.desk.subaddress:
        others.update(tokens.find_all(f.mail.subject))
    token = next((t for t in f.clues.tokens if t.is_button and t not in others), None)
    if token is None:
        return None
    case.note("button", token.key, "of a mail that is not on file")
    return Spent(why="gone", actor=case.actor, key=token.key)


def _bare(sent: Sent, keys: Mapping[str, str]) -> dict[str, str]:
    """`approve` where the mail said `approve A7`: in an answer to a mail about A7 the number says nothing new."""
    kind, _, ref = sent.about.partition(":")
    tail = " " + fold(ref)
    return {word.removesuffix(tail): key for word, key in keys.items() if word.endswith(tail)} if kind == "access" and ref else {}


_DONE = frozenset("done finished fertig erledigt valmis tehty hotovo hotove udelano".split())
"""What people answer to the mail of a task that they have done."""


def _alone(case: Case, sent: Sent) -> dict[str, str]:
    """`Done!` and nothing else in an answer to the mail of a task: as a note it would end nothing, and nobody would notice."""
    if not sent.about.startswith("task:") or len([row for row in case.written.text.splitlines() if row.strip()]) != 1:
        return {}
    return {word: key for key, line in sent.buttons.items() if line.startswith("done ") for word in _DONE}


def _press(case: Case, sent: Sent, key: str, *, by_address: bool, said: str = "") -> Verdict:
    f = case.facts
    line = sent.buttons.get(key, "")
    ticket = f.thread.ticket if f.thread else None
    verb = line.partition(" ")[0]
    if ticket is not None and sent.ticket_id not in {None, ticket.id}:
        return Spent(why="bad-token", actor=case.actor, key=key, sent=sent)
    if (why := _spent(case, sent, key, verb)) is not None:
        return Spent(why=why, actor=case.actor, key=key, ticket=ticket, sent=sent)
    if sent.template == several.DIGEST and case.agent is not None:
        return several.pressed(case, sent, key) or Spent(why="bad-token", actor=case.actor, key=key, sent=sent)
    if verb == "held":
        return held_decision(case, line, sent, key)
    try:
        action = Feedback(how=verb, article=line.partition(" ")[2]) if verb in OF_ARTICLES else read(line, case.words)
    except Misread:
        return Spent(why="bad-token", actor=case.actor, key=key, ticket=ticket, sent=sent)
    if (
        ticket is not None
        and sent.recipient_kind is RecipientKind.customer
        and (no := _not_now(case, sent, key, ticket, action)) is not None
    ):
        return no
    rest = "\n".join(filter(None, (said, _rest(case, by_address=by_address))))
    actor = case.actor if _is_owner(case, sent) else _registered(case, sent, ticket)
    if isinstance(action, Rate) and rest and not action.comment:
        action, rest = replace(action, comment=rest), ""
    if isinstance(action, Canned):
        # an answer like any other: what stands beside the button comes first, and one that crosses a colleague's waits
        action, rest = replace(action, text=rest, parts=f.mail.parts, mail=f.id or None), ""
        if f.newer and not f.allowance.crossing:
            others = tuple({"author": p.author.name, "text": p.text[:2000], "at": p.at.isoformat()} for p in f.newer)
            return Hold(reason="crossing", agent=actor.name, ticket=ticket, crossing=others, text=action.text[:2000])
    actions: tuple[Action, ...] = (action,)
    if rest and actor is case.actor and case.agent is None and ticket is not None:
        actions = (case.say(text=rest, keeps_status=action.changes), action)
    return Act(
        actor=actor,
        ticket=ticket,
        actions=actions,
        lines=((1, line),),
        fate=Fate.appended if len(actions) > 1 else Fate.executed,
        why=f"button {key}",
        pressed=(sent.outbox_id, key),
        report=actor.is_agent,
    )


def _not_now(case: Case, sent: Sent, key: str, ticket: Ticket, action: Action) -> Verdict | None:
    """What becomes of a customer's button whose request was deleted or taken inside since: the same as of the line that says so."""
    owner = case.actor if _is_owner(case, sent) else _registered(case, sent, ticket)
    if ticket.deleted_at is not None:
        asks = not action.changes
        said: tuple[Action, ...] = (action,) if asks else (Decline(code="deleted", about=ticket.ref),)
        fate, why = (Fate.executed, "asked") if asks else (Fate.refused, "not done: deleted")
        return Act(actor=owner, ticket=None, actions=said, fate=fate, why=why, pressed=(sent.outbox_id, key))
    if ticket.visibility is Visibility.internal and action.verb not in HARMLESS and "internal" not in case.facts.allowance.guards:
        case.note("guard", "internal", ticket.ref)
        return Hold(reason="internal", ticket=ticket)
    return None


def _registered(case: Case, sent: Sent, ticket: Ticket | None) -> Actor:
    """The one whose button somebody used from another address, for what does no harm: it counts as his, and he is told."""
    key = sent.recipient_key
    known = ticket.requester if ticket is not None and ticket.requester.key == key else Address(address=sent.recipient)
    return Actor(role=Role.customer, name=key, address=known, level=Level.claimed, door=case.facts.envelope.door)


def _spent(case: Case, sent: Sent, key: str, verb: str) -> str | None:
    """Why a button does nothing, None if it does."""
    f = case.facts
    harmless = verb in HARMLESS and sent.recipient_kind is RecipientKind.customer
    if not harmless and (not _is_owner(case, sent) or case.trust.why == "dmarc-fail"):
        return "not-yours"
    if not sent.may_press(f.at):
        return "expired"
    if (sent.outbox_id, key) in f.used and verb not in REPEATABLE:
        return "already-done"
    return None


def held_decision(case: Case, line: str, sent: Sent | None, key: str = "") -> Verdict:
    """What somebody decided about a held mail: `held 17 replace 3 close`, `held 17 anyway`, `held 17 carry-out`, `held 17 drop`."""
    held = case.facts.held
    words = line.split(" ", 3)
    what = words[2] if len(words) > 2 else ""
    spent = (sent.outbox_id, key) if sent is not None and key else None
    if held is None or not held.is_held:
        return Spent(why="already-done", actor=case.actor, key=key, sent=sent)
    allowance: Allowance | None
    match what:
        case "replace":
            number, _, new = words[3].partition(" ")
            allowance = Allowance(replace={int(number): new}, level=confirmed(case, held))
        case "anyway":
            guards = frozenset({"leak", "spam", "rate", "unknown-sender", held.reason})
            allowance = Allowance(anyway=True, crossing=True, guards=guards, level=confirmed(case, held))
        case "carry-out":
            allowance = Allowance(level=Level.both)
        case _:
            allowance = None
    return Decided(actor=case.actor, held=held.id, allowance=allowance, pressed=spent)


def confirmed(case: Case, held: Held) -> Level | None:
    """For how much the held mail counts when it runs again: as much as its author's own word; another's word lifts no level."""
    is_author = case.agent is not None and held.agent == case.agent.name and held.reason != "proof"
    return case.trust.level if is_author else None


def _is_empty(case: Case) -> bool:
    """Whether a mail has neither words nor files of its own."""
    return says_nothing(case.written.text) and not case.facts.mail.files


def _is_owner(case: Case, sent: Sent) -> bool:
    """Whether the strict From is the one that the mail of ours went to; an ambiguous From owns nothing."""
    identity = case.facts.mail.identity
    mine = {address_key(identity)} if identity else set()
    if identity and (agent := case.facts.directory.agent_of(identity)) is not None:
        mine |= {address_key(a) for a in agent.addresses}
    if case.facts.person is not None and identity:
        mine |= {address_key(a) for a in case.facts.person.addresses}
    return sent.recipient_key in mine


def _rest(case: Case, *, by_address: bool) -> str:
    """What was written beside the button, for a word all after the first line; nothing where it is a signature alone."""
    text = case.written.text.strip()
    rest = text if by_address else text.partition("\n")[2].strip()
    return "" if says_nothing(rest) else rest
