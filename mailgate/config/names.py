"""Agents and groups that a config counts on. They live in the store, so a name that isn't there is a warning, not a mistake."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from mailgate.config import places
from rules.actions.words import Misread, Words, choose, first_word

ROLES = frozenset(
    [*"requester watchers assignee owner group category manager admin agents customer me nobody - parties".split(), ""],
)
"""Words that mean somebody by what he is to a ticket."""

MEANT = frozenset({"requester", "watchers", "assignee", "group", "category", "manager", "admin"})
"""Those of them that a name may be a slip of."""
_RECIPIENTS = frozenset({"notify", "new_to", "to", "escalate_to"})
_NO_RECIPIENTS = frozenset({"active_types", "attach_max", "digest_every"})
"""What `[notify]` says of other things than people."""
_ASSIGNING = Words(verbs={"assign": "assign"})


GROUP, AGENT, EITHER = "group", "agent", "group or agent"
"""What a name may be of; behind an @ in a line of commands it may be of either."""


def named(path: Path, raw: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Place, what it is of, and name, in the order of the file."""
    lines = places.places(path.read_text(encoding="utf-8").removeprefix("\ufeff")) if path.exists() else {}
    for at, what, name in _walk(raw, ()):
        yield f"{path.name}:{places.place(lines, at)}", what, name


def _walk(value: object, at: places.Path) -> Iterator[tuple[places.Path, str, str]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        here = (*at, key)
        if isinstance(each, str):
            yield from ((here, what, name) for what, name in _said(here, each))
        elif not (at[:1] == ("rule",) and key == "when"):
            yield from _walk(each, here)


def _said(at: places.Path, text: str) -> Iterator[tuple[str, str]]:
    section, key = at[0], at[-1] if isinstance(at[-1], str) else at[-2]
    if (key == "group" and section == "category" and text) or (key == "second_level_group" and section == "options" and text):
        yield GROUP, text
    elif key == "assign" and section == "category" and text.startswith("agent:"):
        yield AGENT, text.removeprefix("agent:").strip()
    elif key == "then" and section in {"rule", "timer"}:
        yield from _in_line(text.strip().removeprefix("#"))
    elif (key in _RECIPIENTS and section in {"category", "clock", "report", "type", "severity"}) or section == "notify":
        yield from _recipient(text) if key not in _NO_RECIPIENTS else ()


def _recipient(text: str) -> Iterator[tuple[str, str]]:
    if text.startswith("@"):
        yield GROUP, text[1:]
    elif text not in ROLES and "@" not in text:
        yield AGENT, text


def _in_line(line: str) -> Iterator[tuple[str, str]]:
    for word in re.findall(r"(?<!\S)@([^\s@,;]+)", line):
        yield EITHER, word
    verb, rest = first_word(line)
    try:
        choose(verb, _ASSIGNING.verbs, "")
    except Misread:
        return
    name, _ = first_word(rest)
    if name and not name.startswith("@") and "@" not in name and name.lower() not in ROLES:
        yield AGENT, name


def absent(path: Path, raw: Mapping[str, Any], groups: Collection[str], agents: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """What isn't there, each once: what it is to be, its name, and the first place that counts on it."""
    known = {GROUP: {*groups}, AGENT: {*agents}, EITHER: {*groups, *agents}}
    told: set[tuple[str, str]] = set()
    for place, what, name in named(path, raw):
        if name not in known[what] and (what, name) not in told:
            told.add((what, name))
            yield what, name, place
