"""Articles of the desk's own: answers to frequent questions, Markdown files with a head.

    ---
    title: The printer reports a jam but no paper is visible
    audience: customer
    keywords: paper jam, flap B
    ---
    Switch off, open flap B …

They lie in `<site>/faq/<language>/NAME.md`; ours, if any, in `faq/<language>/` beside this file. `audience` is `public`, `customer`
(the default) or `staff`. Searching them is `mailgate.letters.knowledge`.
"""

from __future__ import annotations

import re
from pathlib import Path

from rules.frozen import dataclass

OURS = Path(__file__).parent
AUDIENCES = ("public", "customer", "staff")
_HEAD = re.compile(r"\A---\r?\n(.*?)\r?\n---\r?\n?(.*)\Z", re.DOTALL)
_KEYS = frozenset({"title", "audience", "keywords"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article in one language."""

    key: str
    """File name without its ending: the same in every language."""
    language: str
    title: str
    text: str
    """Markdown."""
    audience: str = "customer"
    keywords: tuple[str, ...] = ()
    path: Path = Path()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with a file, for `faq check`."""

    path: Path
    what: str


def load(kind: str, site: Path | None) -> tuple[tuple[Article, ...], tuple[Fault, ...]]:
    """All articles of a kind (`faq`, `canned`), by key and language, and what is wrong with the files; the site's win over ours."""
    found: dict[tuple[str, str], Article] = {}
    faults: list[Fault] = []
    for root in (OURS / kind, *([site / kind] if site else [])):
        for path in sorted(root.glob("*/*.md")) if root.is_dir() else []:
            article = read(path, faults)
            if article is not None:
                found[article.key, article.language] = article
        faults += _misplaced(root, kind)
    return tuple(found[key] for key in sorted(found)), tuple(faults)


def _misplaced(root: Path, kind: str) -> list[Fault]:
    """Files that nobody would ever read, since they don't lie in a language's folder or have another ending."""
    if not root.is_dir():
        return []
    strange = [*root.glob("*"), *(path for path in root.glob("*/*") if path.suffix != ".md")]
    named = [path for path in sorted(strange) if path.is_file() and not path.name.startswith((".", "README"))]
    return [Fault(path=path, what=f"isn't read: texts lie in {kind}/LANGUAGE/NAME.md") for path in named]


def signature(kind: str, site: Path | None) -> tuple[tuple[str, int], ...]:
    """What changes when any of the files does: their names and times."""
    roots = (OURS / kind, *([site / kind] if site else []))
    return tuple((str(path), path.stat().st_mtime_ns) for root in roots if root.is_dir() for path in sorted(root.glob("*/*.md")))


def read(path: Path, faults: list[Fault]) -> Article | None:
    """One file; None if it can't be used, then `faults` says why."""
    try:
        raw = path.read_text(encoding="utf-8").removeprefix("\ufeff")
    except (OSError, UnicodeDecodeError) as fault:
        faults.append(Fault(path=path, what=f"can't be read as UTF-8: {fault}"))
        return None
    match = _HEAD.match(raw)
    if match is None:
        faults.append(Fault(path=path, what="has no head between two lines of ---"))
        return None
    head: dict[str, str] = {}
    for line in match[1].splitlines():
        name, colon, value = line.partition(":")
        if not line.strip():
            continue
        if not colon or name.strip().lower() not in _KEYS:
            faults.append(Fault(path=path, what=f"unknown line in the head: {line.strip()[:60]} (title, audience and keywords are known)"))
            continue
        head[name.strip().lower()] = value.strip().strip("\"'")
    audience = head.get("audience", "customer").lower()
    if audience not in AUDIENCES:
        faults.append(Fault(path=path, what=f"audience {audience!r} is none of {', '.join(AUDIENCES)}; taken as staff"))
        audience = "staff"
    text = match[2].strip()
    if not head.get("title") or not text:
        faults.append(Fault(path=path, what="has no title" if text else "has no text"))
        return None
    keywords = tuple(word.strip() for word in head.get("keywords", "").split(",") if word.strip())
    return Article(
        key=path.stem, language=path.parent.name.lower(), title=head["title"], text=text, audience=audience, keywords=keywords, path=path
    )
