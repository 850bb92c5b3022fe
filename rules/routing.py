"""What the address, the subject's tags and the site's rules ask for a new ticket, with a trace of every test.

In that order: the category whose address was written to, tags in the subject, then the rules from top to bottom. Later ones win: of
several lines that set the same thing only the last is handed on. Whether a line may be carried out is asked elsewhere. Next:
`conditions.py` for the tests, `lint.py` for rules that stand in each other's way.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from rules import lexicon
from rules.actions.folding import fold
from rules.actions.values import Misread, Words, choose, quoted_if_needed
from rules.conditions import Arrival, ask, shown
from rules.facts.mail import Envelope, Machine, Mail
from rules.facts.people import Actor, Directory, Party
from rules.facts.policy import Policy
from rules.facts.rule import Rule
from rules.facts.terms import address_key
from rules.reading import subject

SINGLE = frozenset({"category", "type", "severity", "prio", "project", "device", "contract", "party", "status", "assign"})
"""Verbs that set one thing: of several such lines the last counts."""
_SHORT = {"cat": "category", "sev": "severity", "priority": "prio"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One test of one rule."""

    rule: str
    place: str
    condition: str
    wanted: str
    saw: str
    matched: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """What follows from where and how a mail was written."""

    actions: tuple[str, ...] = ()
    """Lines of the vocabulary, in the order in which they are to be carried out."""
    asked: tuple[Asked, ...] = ()
    """Every test that was made, in order; a rule's tests end with the first that fails."""
    trace: tuple[Mapping[str, Any], ...] = ()
    """The same for a mail's trace, with what followed, as JSON-ready rows: step, said, saw, and of rules rule, place, condition, wanted, matched."""
    stopped_by: str = ""
    """Name of the rule that said stop, empty if all were asked."""
    wishes: tuple[str, ...] = ()
    """Tags of the subject that aren't obeyed, as written (`prio:high`): for the agent to see."""


def route(
    mail: Mail,
    envelope: Envelope,
    policy: Policy,
    *,
    actor: Actor,
    party: Party | None = None,
    machine: Machine | None = None,
    contracts: tuple[str, ...] = (),
    language: str = "",
    bytes: int = 0,
    owned: Collection[str] = (),
) -> Routing:
    """The lines that a new ticket from this mail starts with.

    `owned` are the projects and devices of the sender's party: only these a customer may name in a tag. `bytes` is the size of the raw
    mail. Without `language` it is the person's, else what the mail says of itself.
    """
    person = actor.person
    arrival = Arrival(
        mail=mail,
        envelope=envelope,
        policy=policy,
        machine=machine or Machine(),
        level=actor.level,
        party=party.key if party else person.party if person else "",
        contracts=contracts,
        language=language or (person.language if person else "") or mail.header("Content-Language").strip()[:2].lower(),
        bytes=bytes,
    )
    walk = _Walk(policy)
    walk.by_address(arrival)
    walk.by_tags(mail, staff=actor.is_agent, owned=frozenset(fold(each) for each in owned))
    walk.by_rules(arrival)
    return walk.result()


def category_by_address(mail: Mail, envelope: Envelope, policy: Policy) -> tuple[str, str]:
    """Category and address that a mail was written to: the envelope's recipients come first, then To, then Cc; empty texts if none has one."""
    written = (*envelope.recipients, *(a.address for a in mail.to), *(a.address for a in mail.cc))
    return next(((key, each) for each in written if (key := policy.category_of_address(each))), ("", ""))


class _Walk:
    """The lines and the trace as they grow."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.lines: list[str] = []
        self.asked: list[Asked] = []
        self.trace: list[Mapping[str, Any]] = []
        self.wishes: list[str] = []
        self.stopped_by = ""

    def result(self) -> Routing:
        return Routing(
            actions=_last_of_each(self.lines),
            asked=tuple(self.asked),
            trace=tuple(self.trace),
            stopped_by=self.stopped_by,
            wishes=tuple(dict.fromkeys(self.wishes)),
        )

    def by_address(self, arrival: Arrival) -> None:
        key, address = category_by_address(arrival.mail, arrival.envelope, arrival.policy)
        if key:
            self.lines.append(f"category {quoted_if_needed(key)}")
            self.trace.append({"step": "address", "said": f"category {key}", "saw": shown(address_key(address))})

    def by_tags(self, mail: Mail, *, staff: bool, owned: frozenset[str]) -> None:
        read = subject.read(mail.subject)
        if not read.tags or read.is_reply:
            return
        words = lexicon.words(self.policy, Directory())
        for name, value in read.tags[:20]:
            written = f"{name}:{value}" if value else name
            line = _tag_line(name, value, words, self.policy, owned=None if staff else owned)
            if line:
                self.lines.append(line)
            else:
                self.wishes.append(written)
            self.trace.append({"step": "tag", "said": line or "a wish, not obeyed", "saw": shown(written)})

    def by_rules(self, arrival: Arrival) -> None:
        for rule in self.policy.rules:
            if not self._matches(rule, arrival):
                continue
            self.lines.extend(rule.then)
            said = "; ".join((*rule.then, *(("stop",) if rule.stop else ()))) or "nothing"
            self.trace.append(
                {"step": "rule", "said": f"followed: {said}", "saw": "", "rule": rule.name, "place": rule.place, "matched": True}
            )
            if rule.stop:
                self.stopped_by = rule.name
                return

    def _matches(self, rule: Rule, arrival: Arrival) -> bool:
        for condition in rule.when:
            found = ask(condition, arrival)
            asked = Asked(
                rule=rule.name,
                place=condition.place or rule.place,
                condition=condition.word,
                wanted=condition.wanted,
                saw=found.value,
                matched=found.holds,
            )
            self.asked.append(asked)
            self.trace.append(
                {
                    "step": "rule",
                    "said": "matched" if found.holds else "no match",
                    "saw": found.value,
                    "rule": rule.name,
                    "place": asked.place,
                    "condition": condition.word,
                    "wanted": shown(condition.wanted),
                    "matched": found.holds,
                }
            )
            if not found.holds:
                return False
        return True


def _tag_line(name: str, value: str, words: Words, policy: Policy, *, owned: frozenset[str] | None) -> str:
    """The line that a tag means, empty if it isn't obeyed. `owned` is None for staff, whose tags all are; customers may name what is public."""
    is_staff = owned is None
    try:
        match name:
            case "cat" | "category":
                key = choose(value, words.lists["category"], "unknown-category")
                return f"category {quoted_if_needed(key)}" if is_staff or policy.categories[key].public else ""
            case "type":
                if is_staff and not policy.types and value:
                    return f"type {quoted_if_needed(value)}"
                key = choose(value, words.lists["type"], "unknown-type")
                return f"type {quoted_if_needed(key)}" if is_staff or policy.types[key].public else ""
            case "proj" | "project" | "dev" | "device":
                verb = "project" if name.startswith("proj") else "device"
                return f"{verb} {quoted_if_needed(value)}" if value and (owned is None or fold(value) in owned) else ""
            case "prio" | "priority":
                return f"prio {choose(value, words.lists['priority'], 'unknown-priority')}" if is_staff else ""
            case "sev" | "severity":
                if is_staff and not policy.severities and value:
                    return f"severity {quoted_if_needed(value)}"
                return f"severity {quoted_if_needed(choose(value, words.lists['severity'], 'unknown-severity'))}" if is_staff else ""
            case "internal" | "quiet":
                return name if is_staff and not value else ""
            case _:
                return ""
    except Misread:
        return ""


def verb_of(line: str) -> str:
    """The verb of a line as rules write it."""
    head = fold(line.strip().partition(" ")[0])
    return _SHORT.get(head, head)


def _last_of_each(lines: list[str]) -> tuple[str, ...]:
    """The lines without those that a later one overrides."""
    last = {verb_of(line): position for position, line in enumerate(lines)}
    return tuple(line for position, line in enumerate(lines) if verb_of(line) not in SINGLE or last[verb_of(line)] == position)
