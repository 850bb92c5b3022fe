"""Rules that stand in each other's way: shadowed, contradicting, never matching, doing nothing.

Only what is certain from the rules as written is said; that two patterns might overlap is not. Next: `routing.py`, which walks the rules.
"""

from __future__ import annotations

import re

from rules.actions.folding import fold
from rules.facts.policy import Policy
from rules.facts.rule import Condition, Rule
from rules.frozen import dataclass
from rules.routing import SINGLE, verb_of

_WHOLE = frozenset({"to", "from", "tag", "list", "auto", "party", "contract", "device", "model", "language", "attachment"})
"""Words whose patterns are about a whole value, so that a literal one can be tried on another's pattern."""
_PLAIN = re.compile(r"[\w @%=~#&',;:!<>/-]+")
"""A regular expression that means just its own letters."""
_ADDRESS = re.compile(r"[^\s*@\\^$\[\]()|?{}]+@[^\s*@\\^$\[\]()|?{}]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing about one rule."""

    kind: str
    """`shadowed`, `contradicting`, `never` or `idle`."""
    rule: str
    place: str
    what: str
    """The sentence for people."""
    by: str = ""
    """The other rule, empty if it is about this one alone."""
    by_place: str = ""


def lint(policy: Policy) -> tuple[Finding, ...]:
    """What is wrong with the rules, in their order."""
    found: list[Finding] = []
    for position, rule in enumerate(policy.rules):
        earlier = policy.rules[:position]
        why = never(rule, policy)
        if why:
            found.append(Finding(kind="never", rule=rule.name, place=rule.place, what=why))
        if not rule.then and not rule.stop:
            found.append(Finding(kind="idle", rule=rule.name, place=rule.place, what="has neither then nor stop: nothing follows from it"))
        shadow = next((each for each in earlier if each.stop and implies(rule, each)), None)
        if shadow is not None:
            what = f"is never asked: whatever it matches, {shadow.name!r} matches and stops before"
            found.append(Finding(kind="shadowed", rule=rule.name, place=rule.place, what=what, by=shadow.name, by_place=shadow.place))
        else:
            found.extend(_contradictions(rule, earlier))
    return tuple(found)


def never(rule: Rule, policy: Policy) -> str:
    """Why no mail can match a rule, empty if one may."""
    by_word = {condition.word: condition for condition in rule.when if condition.word != "header"}
    spam, party, contract, trust = (by_word.get(word) for word in ("spam", "party", "contract", "trust"))
    if spam is not None and spam.flag and policy.spam.hold:
        return "asks for spam, which is held before rules are asked ([spam] hold)"
    if party is not None and party.flag is False and contract is not None and contract.flag is not False:
        return "asks for a contract of somebody without a party"
    for condition in (trust, by_word.get("size")):
        if condition is not None and condition.bound is not None and not condition.bound.at_least and condition.bound.limit <= 0:
            return f"asks for {condition.word} {condition.wanted}, which nothing is below"
    if trust is not None and trust.bound is not None and trust.bound.at_least and trust.bound.limit > 4:
        return f"asks for trust {trust.wanted}; 4 is the highest level"
    auto, listed = by_word.get("auto"), by_word.get("list")
    if (
        auto is not None
        and listed is not None
        and listed.flag is False
        and auto.patterns
        and all(fold(p.text) == "list" for p in auto.patterns)
    ):
        return "asks for mail of a list that is of no list"
    return ""


def implies(narrow: Rule, wide: Rule) -> bool:
    """Whether every mail that matches the first rule surely matches the second."""
    return all(any(_within(mine, theirs) for mine in narrow.when) for theirs in wide.when)


def _within(narrow: Condition, wide: Condition) -> bool:
    """Whether every mail that meets the first condition surely meets the second."""
    if (narrow.word, narrow.header) != (wide.word, wide.header):
        return False
    if wide.flag is not None:
        return narrow.flag is wide.flag or (narrow.flag is None and wide.flag and bool(narrow.patterns) and _means_there(narrow))
    if narrow.bound is not None and wide.bound is not None:
        return narrow.bound.at_least == wide.bound.at_least and (
            narrow.bound.limit >= wide.bound.limit if wide.bound.at_least else narrow.bound.limit <= wide.bound.limit
        )
    return bool(narrow.patterns) and all(_covered(mine.text, wide) for mine in narrow.patterns)


def _means_there(condition: Condition) -> bool:
    """Whether patterns of this word can only match where there is such a thing: of `auto`, `human` and `list` are kinds too."""
    return condition.word != "auto" or all("*" not in p.text and fold(p.text) not in {"human", "list"} for p in condition.patterns)


def _covered(mine: str, wide: Condition) -> bool:
    """Whether what matches one pattern surely matches one of another condition's."""
    for theirs in wide.patterns:
        if fold(mine) == fold(theirs.text):
            return True
        if wide.word in _WHOLE:
            is_literal = _ADDRESS.fullmatch(mine) if wide.word in {"to", "from"} else "*" not in mine
            if is_literal and theirs.matcher.search(mine.lower()):
                return True
        elif _PLAIN.fullmatch(mine) and _PLAIN.fullmatch(theirs.text) and theirs.text.lower() in mine.lower():
            return True
    return False


def _contradictions(rule: Rule, earlier: tuple[Rule, ...]) -> list[Finding]:
    """Where this rule sets what an earlier one sets otherwise, though the earlier one matches nothing but what this one matches too."""
    found: list[Finding] = []
    mine = {verb_of(line): line for line in rule.then if verb_of(line) in SINGLE}
    for other in earlier:
        if other.stop or not implies(other, rule):
            continue
        for line in other.then:
            verb = verb_of(line)
            if verb in mine and fold(mine[verb]) != fold(line):
                what = f"says {mine[verb]!r} after {other.name!r} said {line!r}: of the two only this one counts, always"
                found.append(
                    Finding(kind="contradicting", rule=rule.name, place=rule.place, what=what, by=other.name, by_place=other.place)
                )
    return found
