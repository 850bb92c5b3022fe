"""What stands in the `#` lines of a customer's mail: verbs that are his, wishes that staff alone may grant, ratings out of range."""

from __future__ import annotations

from collections.abc import Sequence

from rules import admission, lexicon
from rules.actions.access import Decline
from rules.actions.amounts import Stars
from rules.actions.base import Action, read
from rules.actions.folding import fold
from rules.actions.words import Misread
from rules.case import Case
from rules.reading import ratings
from rules.reading.commands import Line, says_nothing

MOST = 200
"""Lines of one mail; where there are more, nobody means them, and reading each would hold up all other mail."""


def _said(case: Case) -> Sequence[Line]:
    return case.found.lines if len(case.found.lines) <= MOST else ()


def told_of(wishes: Sequence[str]) -> tuple[Action, ...]:
    """What tells a participant that staff alone may do what he wished in a line, and that it has been passed on; his words aren't repeated."""
    return (Decline(code="wish"),) if wishes else ()


def misrated(case: Case) -> str | None:
    """The line by which a customer rates with what is no number from 1 to 5, as he wrote it; None where there is none.

    In a reply to the mail that asks for it the number may stand alone, with or without the verb's word.
    """
    words = case.words
    for line in _said(case):
        head, _, rest = line.text.partition(" ")
        if words.verbs.get(fold(head)) == "rate":
            try:
                Stars().read(rest, words)
            except Misread:
                return f"#{line.text}"
    sent = case.facts.thread.sent if case.facts.thread is not None else None
    if sent is None or not any(line.startswith("rate ") for line in sent.buttons.values()):
        return None
    first = next(iter(case.written.text.strip().splitlines()), "").strip()
    rated = ratings.given(first, lambda said: words.verbs.get(fold(said)) == "rate")
    return first if rated is not None and rated[0] not in "12345" else None


def without(body: str, line: str) -> str:
    """A text without the first row that is this line."""
    rows = body.split("\n")
    at = next((n for n, row in enumerate(rows) if fold(row.strip()).lstrip("#＃") == fold(line).lstrip("#＃")), None)
    return "\n".join(row for n, row in enumerate(rows) if n != at)


STAFFS = frozenset({"prio", "severity", "type", "category", "assign", "due", "internal", "level"})
"""Verbs of staff that a customer who says them means as a wish."""


def wished(case: Case) -> tuple[str, ...]:
    """What a customer says in a line that only staff may say, such as `prio high`: text like all he writes, and shown as what it is."""
    if not _said(case):
        return ()
    words = lexicon.words(case.facts.policy, case.facts.directory)
    out: list[str] = []
    for line in _said(case):
        try:
            action = read(line.text, words)
        except Misread:
            continue
        if action.verb in STAFFS:
            out.append(action.spell())
    return tuple(dict.fromkeys(out))


def commands(case: Case) -> tuple[list[Action], list[tuple[int, str]], str]:
    """A customer's verbs, exactly spelled; every other `#` line stays text, in its place. A signature alone beside them is no text."""
    words = case.words
    actions: list[Action] = []
    lines: list[tuple[int, str]] = []
    taken: set[int] = set()
    replaced = case.facts.allowance.replace
    for line in _said(case):
        text = replaced.get(line.number, line.text)
        if fold(text.partition(" ")[0]) not in words.verbs:
            continue
        try:
            actions.append(read(text, words))
        except Misread:
            continue
        lines.append((line.number, text))
        taken.add(line.number)
    if not actions:
        actions, lines = admission.controlled(case)
        taken = {number for number, _ in lines}
    text = case.written.text
    body = "\n".join(row for n, row in enumerate(text.split("\n"), 1) if n not in taken) if taken else text
    return actions, lines, "" if lines and says_nothing(body) else body
