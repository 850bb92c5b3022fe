"""Canned answers: texts of the desk's own that one command sends, Markdown files with a head and places to fill in.

    ---
    title: How to change the toner
    ---
    Hello {{ requester.name }},

    open the front cover …

They lie in `<site>/canned/<language>/NAME.md`; ours, if any, in `canned/<language>/` beside this file. Places are filled by a sandbox
from `ticket` (ref, subject, category, device, project, contract), `requester` (name, address), `agent` (name), `desk` (name, address)
and `fields` (by name). What the files look like is read in `templates.articles`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from templates import articles, clean, languages
from templates.articles import Article, Fault

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

LIMIT = 100_000
"""The most characters that an answer may grow to."""


class Unfillable(Exception):
    """A canned answer whose places can't be filled: a fault of the file."""


def load(site: Path | None) -> tuple[tuple[Article, ...], tuple[Fault, ...]]:
    """All canned answers by key and language, and what is wrong with the files."""
    found, faults = articles.load("canned", site)
    return found, (*faults, *_unfillable(found))


def find(name: str, language: str, desk: Iterable[str], site: Path | None) -> Article | None:
    """The answer of a name in this language, else in the next that the reader may know; None if there is none."""
    wanted = name.strip().lower()
    by_language = {a.language: a for a in articles.load("canned", site)[0] if a.key.lower() == wanted}
    return next((by_language[code] for code in (*languages.chain(language, desk), *by_language) if code in by_language), None)


def near(name: str, site: Path | None) -> tuple[str, ...]:
    """Up to three names that resemble this one; the first three of all where none does."""
    keys = sorted({a.key for a in articles.load("canned", site)[0]})
    return tuple(get_close_matches(name.lower(), keys, n=3, cutoff=0.5) or keys[:3])


def fill(answer: Article, card: Mapping[str, object]) -> str:
    """The text with its places filled; an unknown place is left empty. Raises Unfillable for a faulty file."""
    from jinja2 import TemplateError  # noqa: PLC0415 - a twentieth of a command that acts, and few fill an answer

    try:
        text = _environment().from_string(answer.text).render(_cleaned(card))
    except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError) as fault:
        raise Unfillable(f"canned answer {answer.key}, {answer.language}: {fault}") from fault
    if len(text) > LIMIT:
        raise Unfillable(f"canned answer {answer.key}, {answer.language}: longer than {LIMIT} characters")
    return _GAP.sub("", text).strip("\n") if not _has_name(card) else text.strip("\n")


_GAP = re.compile(r"(?<=\w)[ \t]+(?=[,.;:!?](?:\s|$))")
"""What an empty name leaves: `Hello ,`."""


def _has_name(card: Mapping[str, object]) -> bool:
    requester = card.get("requester")
    return isinstance(requester, Mapping) and bool(requester.get("name"))


def save(name: str, language: str, title: str, text: str, site: Path) -> Path:
    """Keep a text as a canned answer in the site's folder; a place it names stays a place. An older one of that name is replaced."""
    path = site / "canned" / language / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    head = clean.clean_line(title).replace("---", "—") or name
    fresh = path.with_suffix(".new")
    fresh.write_text(f"---\ntitle: {head}\n---\n{text.strip()}\n", encoding="utf-8")
    return fresh.replace(path)


@lru_cache(maxsize=1)
def _environment() -> ImmutableSandboxedEnvironment:
    from jinja2 import ChainableUndefined  # noqa: PLC0415 - as above
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    env = ImmutableSandboxedEnvironment(undefined=ChainableUndefined, keep_trailing_newline=True)
    env.filters = {name: env.filters[name] for name in ("capitalize", "default", "first", "last", "lower", "title", "trim", "upper")}
    env.globals = {}
    return env


def _cleaned(value: object) -> dict[str, object]:
    """What people wrote enters as plain text on one line, never as part of the template."""
    if not isinstance(value, Mapping):
        return {}
    return {
        str(name): _cleaned(inner) if isinstance(inner, Mapping) else clean.clean_line(str(inner or "")) for name, inner in value.items()
    }


def _unfillable(found: Iterable[Article]) -> Iterable[Fault]:
    for answer in found:
        try:
            fill(answer, {})
        except Unfillable as fault:
            yield Fault(path=answer.path, what=str(fault))
