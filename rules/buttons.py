"""Buttons: a mail to an address that holds a verb and a token, or a reply whose first line is a button's word."""

from __future__ import annotations

from rules import tokens
from rules.actions.base import Action, read
from rules.actions.values import Misread, fold
from rules.case import Case
from rules.facts.people import Role
from rules.facts.sent import RecipientKind, Sent
from rules.facts.terms import Fate, Level, address_key
from rules.reading.commands import first_words
from rules.verdict import Act, Allowance, Decided, Spent, Verdict

HARMLESS = frozenset({"rate", "mute", "status?"})
"""What a customer's button may do from another address, answered to the registered one."""


def pressed(case: Case) -> Verdict | None:
    """The verdict if the mail is a button's, None if it is an ordinary mail."""
    f = case.facts
    for p in f.presented:
        if p.token.is_button:
            case.note("button", p.token.key, "genuine" if p.genuine else "forged")
            if not p.genuine:
                # a forged button is a mail like any other, without the button
                continue
            return _press(case, p.sent, p.token.key, by_address=True)
    word = fold(first_words(case.written.text))
    if not word:
        return None
    for p in f.presented:
        if p.genuine and p.token.key in {tokens.REPLY, tokens.ID} and p.sent.buttons and _is_owner(case, p.sent):
            keys = {fold(w): key for w, key in p.sent.words.items()}
            if word in keys and keys[word] in p.sent.buttons:
                case.note("button", keys[word], f"word {word!r}")
                return _press(case, p.sent, keys[word], by_address=False)
    return None


def _press(case: Case, sent: Sent, key: str, *, by_address: bool) -> Verdict:
    f = case.facts
    line = sent.buttons.get(key, "")
    ticket = f.thread.ticket if f.thread else None
    verb = line.partition(" ")[0]
    mine = _is_owner(case, sent)
    if not mine and not (verb in HARMLESS and sent.recipient_kind is RecipientKind.customer):
        return Spent(why="not-yours", actor=case.actor, ticket=ticket, sent=sent)
    if not sent.may_press(f.at):
        return Spent(why="expired", actor=case.actor, ticket=ticket, sent=sent)
    if (sent.outbox_id, key) in f.used and verb not in {"rate", "status?", "history", "help", "list", "show"}:
        return Spent(why="already-done", actor=case.actor, ticket=ticket, sent=sent)
    if case.trust.why == "dmarc-fail" and verb not in HARMLESS:
        return Spent(why="not-yours", actor=case.actor, ticket=ticket, sent=sent)
    if verb == "held":
        return held_decision(case, line, sent, key)
    rest = _rest(case, by_address=by_address)
    try:
        action = read(line, case.words)
    except Misread:
        return Spent(why="bad-token", actor=case.actor, ticket=ticket, sent=sent)
    if verb == "rate" and rest and not getattr(action, "comment", ""):
        action = _with_comment(action, rest)
        rest = ""
    actions: tuple[Action, ...] = (action,)
    if rest and case.agent is None and ticket is not None:
        actions = (case.say(text=rest, keeps_status=action.changes), action)
    return Act(
        actor=case.actor,
        ticket=ticket,
        actions=actions,
        lines=((1, line),),
        fate=Fate.appended if len(actions) > 1 else Fate.executed,
        why=f"button {key}",
        pressed=(sent.outbox_id, key),
        report=case.agent is not None,
    )


def held_decision(case: Case, line: str, sent: Sent | None, key: str = "") -> Verdict:
    """What somebody decided about a held mail: `held 17 replace 3 close`, `held 17 anyway`, `held 17 carry-out`, `held 17 drop`."""
    held = case.facts.held
    words = line.split(" ", 3)
    what = words[2] if len(words) > 2 else ""
    spent = (sent.outbox_id, key) if sent is not None and key else None
    if held is None or not held.is_held:
        return Spent(why="already-done", actor=case.actor, sent=sent)
    allowance: Allowance | None
    match what:
        case "replace":
            number, _, new = words[3].partition(" ")
            allowance = Allowance(replace={int(number): new}, level=_confirmed(case))
        case "anyway":
            guards = frozenset({"leak", "spam", "rate", "unknown-sender", held.reason})
            allowance = Allowance(anyway=True, crossing=True, guards=guards, level=_confirmed(case))
        case "carry-out":
            allowance = Allowance(level=Level.both)
        case _:
            allowance = None
    return Decided(actor=case.actor, held=held.id, allowance=allowance, pressed=spent)


def _confirmed(case: Case) -> Level:
    """The mail that is run again counts for as much as the one that decided about it."""
    return case.trust.level


def _is_owner(case: Case, sent: Sent) -> bool:
    mine = {case.actor.address.key}
    if case.agent is not None:
        mine |= {address_key(a) for a in case.agent.addresses}
    if case.facts.person is not None and case.facts.mail.identity:
        mine |= {address_key(a) for a in case.facts.person.addresses}
    return sent.recipient_key in mine and case.actor.role is not Role.system


def _rest(case: Case, *, by_address: bool) -> str:
    """What was written beside the button: for a word, all after the first line."""
    text = case.written.text.strip()
    if by_address:
        return text
    return text.partition("\n")[2].strip()


def _with_comment(action: Action, comment: str) -> Action:
    from dataclasses import replace  # noqa: PLC0415

    return replace(action, comment=comment)  # type: ignore[type-var]  # Rate is a dataclass
