"""Agents and groups that a config counts on. They live in the store, so a name that isn't there is a warning, not a mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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


def named(path: Path, raw: Mapping[str, Any]) -> Iterator[tuple[str, bool, str]]:
    """Place, whether it is a group, and name, in the order of the file."""
    lines = places.places(path.read_text(encoding="utf-8").removeprefix("\ufeff")) if path.exists() else {}
    for at, is_group, name in _walk(raw, ()):
        yield f"{path.name}:{places.place(lines, at)}", is_group, name


def _walk(value: object, at: places.Path) -> Iterator[tuple[places.Path, bool, str]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        here = (*at, key)
        if isinstance(each, str):
            yield from ((here, is_group, name) for is_group, name in _said(here, each))
        elif not (at[:1] == ("rule",) and key == "when"):
            yield from _walk(each, here)


def _said(at: places.Path, text: str) -> Iterator[tuple[bool, str]]:
    section, key = at[0], at[-1] if isinstance(at[-1], str) else at[-2]
    if (key == "group" and section == "category" and text) or (key == "second_level_group" and section == "options" and text):
        yield True, text
    elif key == "assign" and section == "category" and text.startswith("agent:"):
        yield False, text.removeprefix("agent:").strip()
    elif key == "then" and section in {"rule", "timer"}:
        yield from _in_line(text.strip().removeprefix("#"))
    elif (key in _RECIPIENTS and section in {"category", "clock", "report", "type", "severity"}) or section == "notify":
        yield from _recipient(text) if key not in _NO_RECIPIENTS else ()


def _recipient(text: str) -> Iterator[tuple[bool, str]]:
    if text.startswith("@"):
        yield True, text[1:]
    elif text not in ROLES and "@" not in text:
        yield False, text


def _in_line(line: str) -> Iterator[tuple[bool, str]]:
    for word in re.findall(r"(?<!\S)@([^\s@,;]+)", line):
        yield True, word
    verb, rest = first_word(line)
    try:
        choose(verb, _ASSIGNING.verbs, "")
    except Misread:
        return
    name, _ = first_word(rest)
    if name and not name.startswith("@") and "@" not in name and name.lower() not in ROLES:
        yield False, name
