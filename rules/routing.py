"""What the address, the subject's tags and the site's rules ask for a new ticket, with a trace of every test.

In that order: the category whose address was written to, tags in the subject, then the rules from top to bottom. Later ones win: of
several lines that set the same thing only the last is handed on. Whether a line may be carried out is asked elsewhere. Next:
`conditions.py` for the tests, `lint.py` for rules that stand in each other's way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rules import belonging, flows, lexicon
from rules.actions.folding import fold
from rules.actions.words import Misread, Words, choose, near_words, quoted_if_needed
from rules.conditions import Arrival, ask, shown
from rules.facts.mail import Envelope, Machine, Mail
from rules.facts.people import Actor, Directory, Party
from rules.facts.policy import Policy
from rules.facts.rule import Rule
from rules.facts.terms import address_key
from rules.facts.things import NOTHING, Device, Things
from rules.frozen import dataclass
from rules.reading import subject
from rules.reading.forms import Form

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
    things: Things = NOTHING,
    device: Device | None = None,
    form: Form | None = None,
) -> Routing:
    """The lines that a new ticket from this mail starts with.

    `things` are those of the sender's party: only its projects and devices may a customer name in a tag. `device` is the one that was
    written to, `form` the website's that wrote the mail. `bytes` is the size of the raw mail. Without `language` it is the person's, else
    what the mail says of itself.
    """
    person = actor.person
    read = subject.read(mail.subject)
    about = device if device is not None or read.is_reply else _spoken_of(mail, read.tags, things, policy)
    arrival = Arrival(
        mail=mail,
        envelope=envelope,
        policy=policy,
        machine=machine or Machine(),
        level=actor.level,
        party=party.key if party else person.party if person else "",
        contracts=contracts,
        device=about.serial if about is not None else "",
        model=about.model if about is not None else "",
        language=language or (person.language if person else "") or mail.header("Content-Language").strip()[:2].lower(),
        bytes=bytes,
    )
    walk = _Walk(policy)
    walk.by_address(arrival, device)
    owned = {fold(name): name for name in things.names} | ({fold(device.serial): device.serial} if device is not None else {})
    model = about.model if about is not None else ""
    if form is not None:
        walk.by_tags(form.tags, owned=owned, model=model)
        walk.by_fields(form.fields)
    if not read.is_reply:
        # staff may leave the word out: [report] is [type:report]
        kinds = [("type", ref.lower()) for ref in read.refs if actor.is_agent and ref.lower() in policy.types]
        named = [("dev", found[1]) for found in _DEVICE.finditer(read.base) if actor.is_agent]
        walk.by_tags((*kinds, *named, *read.tags), owned=None if actor.is_agent else owned, model=model)
    walk.by_rules(arrival)
    return walk.result()


_DEVICE = re.compile(r"(?<!\S)(?:device|dev|gerät|geraet|laite|zařízení|zarizeni):([\w./-]+)", re.IGNORECASE)
"""How staff names a device in a subject without brackets: `[report] device:SN123 fuser changed`."""


def _spoken_of(mail: Mail, tags: Iterable[tuple[str, str]], things: Things, policy: Policy) -> Device | None:
    """The device of the sender's party that a new mail names in a tag, else the one that its words are about."""
    said = next((fold(value) for name, value in tags if name in {"dev", "device"}), "")
    serials = {fold(each.serial): each for each in things.devices}
    if said:
        return serials.get(said)
    return serials.get(fold(belonging.device_in(f"{mail.subject}\n{mail.text}", things.devices, policy)))


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

    def by_address(self, arrival: Arrival, device: Device | None) -> None:
        key, address = category_by_address(arrival.mail, arrival.envelope, arrival.policy)
        if key:
            self.lines.append(f"category {quoted_if_needed(key)}")
            self.trace.append({"step": "address", "said": f"category {key}", "saw": shown(address_key(address))})
        elif default := self.policy.default_category:
            self.lines.append(f"category {quoted_if_needed(default)}")
            self.trace.append({"step": "default", "said": f"category {default}", "saw": "no category's address"})
        mail = arrival.mail
        written = (*arrival.envelope.recipients, *(a.address for a in (*mail.to, *mail.cc)))
        serial = next((found for each in written if (found := self.policy.device_of_address(each))), "")
        if device is not None:
            self.lines.append(f"device {quoted_if_needed(device.serial)}")
            self.trace.append({"step": "address", "said": f"device {device.serial}", "saw": shown(serial or device.serial)})
        elif serial:
            self.wishes.append(f"dev:{serial}")
            self.trace.append({"step": "address", "said": "a device that isn't known", "saw": shown(serial)})

    def by_tags(self, tags: Iterable[tuple[str, str]], *, owned: Mapping[str, str] | None, model: str) -> None:
        found = list(tags)[:20]
        words = lexicon.words(self.policy, Directory()) if found else None
        for name, value in found:
            assert words is not None  # noqa: S101 - there are tags
            written = f"{name}:{value}" if value else name
            lines = _form_lines(value, self.policy, model) if name == "form" else _tag_line(name, value, words, self.policy, owned=owned)
            self.lines += lines
            if not lines:
                self.wishes.append(written)
            self.trace.append({"step": "tag", "said": "; ".join(lines) or "a wish, not obeyed", "saw": shown(written)})

    def by_fields(self, said: Mapping[str, str]) -> None:
        """What a form's fields hold, as fields of the ticket."""
        for name, text in list(said.items())[:20]:
            self.lines.append(f"field {quoted_if_needed(name)} {' '.join(text.split())}")

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


def meant(tag: str, policy: Policy) -> tuple[str, ...]:
    """Lines that staff may have meant by a tag that names nothing here, best first: `category hw/printer` for `cat:hw/printr`."""
    name, _, value = tag.partition(":")
    verb = _SHORT.get(name, name)
    among = lexicon.words(policy, Directory()).lists.get("priority" if verb == "prio" else verb, {})
    return tuple(f"{verb} {quoted_if_needed(each)}" for each in near_words(fold(value), among)) if verb in SINGLE else ()


def _form_lines(value: str, policy: Policy, model: str) -> list[str]:
    """What a form brings with it: its name, its type, its category."""
    found = flows.flow(value, policy, model)
    if found is None:
        return []
    word, form = found
    made = [f"field {flows.FORM} {word}"]
    made += [f"type {quoted_if_needed(form.type)}"] if form.type else []
    return made + ([f"category {quoted_if_needed(form.category)}"] if form.category else [])


def _tag_line(name: str, value: str, words: Words, policy: Policy, *, owned: Mapping[str, str] | None) -> list[str]:
    """The line that a tag means, none if it isn't obeyed. `owned` is None for staff, whose tags all are; customers may name what is public."""
    line = _tagged(name, value, words, policy, owned=owned)
    return [line] if line else []


def _tagged(name: str, value: str, words: Words, policy: Policy, *, owned: Mapping[str, str] | None) -> str:
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
                named = value if owned is None else owned.get(fold(value), "")
                return f"{verb} {quoted_if_needed(named)}" if named else ""
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
