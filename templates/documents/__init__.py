"""Layouts of printed documents: one Markdown file with places to fill in gives text, HTML and PDF alike. See `templates.press`.

A layout is `documents/NAME.md` in the site's folder of texts, else one of ours beside this file: `ticket`, `order`, `report`. What stands
beside it as `NAME.css` or `NAME.typ` dresses the HTML or the PDF. What people wrote enters as escaped text: it can't become markup.
The places are listed in `docs/guide/admins.md`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from rules.frozen import dataclass
from templates import clean

OURS = Path(__file__).parent
LIMIT = 2_000_000
"""The most characters that a document may grow to."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}")
_MARK = re.compile(r"([!-/:-@\[-`{-~])")


class Unfillable(Exception):
    """A layout whose places can't be filled: a fault of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One layout, read."""

    name: str
    text: str
    css: str = ""
    typst: str = ""


def names(site: Path | None) -> tuple[str, ...]:
    """All layouts, the site's and ours."""
    return tuple(sorted({path.stem for folder in _folders(site) for path in folder.glob("*.md") if _NAME.fullmatch(path.stem)}))


def near(name: str, site: Path | None) -> tuple[str, ...]:
    """Layouts whose names resemble this one; all where none does."""
    known = names(site)
    return tuple(get_close_matches(name.lower(), known, n=3, cutoff=0.5)) or known


def find(name: str, site: Path | None) -> Layout | None:
    """The layout of a name, None if there is none. Raises Unfillable for a file that can't be read."""
    wanted = name.strip().lower()
    if not _NAME.fullmatch(wanted):
        return None
    for folder in _folders(site):
        path = folder / f"{wanted}.md"
        if path.is_file():
            return Layout(name=wanted, text=_read(path), css=_beside(path, ".css"), typst=_beside(path, ".typ"))
    return None


def fill(layout: Layout, card: Mapping[str, object]) -> str:
    """The Markdown of a document; an unknown place is left empty. Raises Unfillable for a faulty layout."""
    from jinja2 import ChainableUndefined, TemplateError  # noqa: PLC0415 - a twentieth of a command that acts, and few make a document
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415

    env = ImmutableSandboxedEnvironment(undefined=ChainableUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_said)
    env.filters = {
        name: env.filters[name] for name in ("capitalize", "default", "first", "last", "length", "lower", "title", "trim", "upper")
    }
    env.globals = {}
    try:
        text = env.from_string(layout.text).render(card)
    except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError) as fault:
        raise Unfillable(f"document {layout.name}: {fault}") from fault
    if len(text) > LIMIT:
        raise Unfillable(f"document {layout.name}: longer than {LIMIT} characters")
    return re.sub(r"\n{3,}", "\n\n", text)


def _said(value: object) -> object:
    """A value as Markdown that shows exactly it: every sign escaped, every line of its own."""
    text = clean.clean_text(str(value))  # nothing where there is no such place
    lines = [_MARK.sub(r"\\\1", line.strip().replace("\t", " ")) for line in text.strip("\n").split("\n")]
    return re.sub(r"(?<!\n)\n(?!\n)", "\\\\\n", "\n".join(lines))


def _folders(site: Path | None) -> tuple[Path, ...]:
    return (site / "documents", OURS) if site is not None else (OURS,)


def _beside(path: Path, ending: str) -> str:
    other = path.with_suffix(ending)
    return _read(other) if other.is_file() else ""


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").removeprefix("\ufeff")
    except (OSError, UnicodeDecodeError) as fault:
        raise Unfillable(f"{path} can't be read: {fault}") from fault
