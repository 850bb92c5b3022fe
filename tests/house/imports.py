"""Reads who imports whom, and who looks at the clock, from source text; nothing is executed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOMS = ("mailgate", "store", "rules", "templates")
CLOCKS = frozenset(
    {
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.datetime.today",
        "datetime.date.today",
        "time.time",
        "time.time_ns",
        "time.localtime",
        "time.gmtime",
        "email.utils.localtime",
        "email.utils.make_msgid",
        "email.utils.formatdate",
    }
)
"""Names that read the wall clock; the last ones do it where no argument tells them the time."""
NEED_NO_CLOCK_WITH_ARGUMENTS = frozenset({"time.localtime", "time.gmtime", "email.utils.localtime", "email.utils.formatdate"})


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module, as written in one place."""

    importer: str
    imported: str
    place: str

    @property
    def top(self) -> str:
        """The imported package's first name."""
        return self.imported.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Source:
    """One module of ours."""

    name: str
    path: str
    tree: ast.Module


def sources(root: Path) -> tuple[Source, ...]:
    """All modules of the rooms and `cli`, by name."""
    paths = [root / "cli.py", *(path for room in ROOMS for path in (root / room).rglob("*.py"))]
    found = []
    for path in paths:
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append(Source(name, str(path.relative_to(root)), ast.parse(path.read_text(encoding="utf-8"), str(path))))
    return tuple(sorted(found, key=lambda source: source.name))


def imports(all_sources: tuple[Source, ...]) -> tuple[Import, ...]:
    """Every import, also those inside functions and for type checking; `from a import b` names `a.b` where that is a module of ours."""
    ours = {source.name for source in all_sources}
    return tuple(found for source in all_sources for found in _imports_of(source, ours))


def _imports_of(source: Source, ours: set[str]) -> Iterator[Import]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, source)
            names = [full if (full := f"{base}.{alias.name}") in ours else base for alias in node.names]
        else:
            continue
        for name in dict.fromkeys(names):
            yield Import(source.name, name, f"{source.path}:{node.lineno}")


def _absolute(node: ast.ImportFrom, source: Source) -> str:
    if not node.level:
        return node.module or ""
    package = source.name.split(".") if source.path.endswith("__init__.py") else source.name.split(".")[:-1]
    kept = package[: len(package) - node.level + 1]
    return ".".join([*kept, *([node.module] if node.module else [])])


def circles(all_imports: tuple[Import, ...]) -> list[tuple[str, ...]]:
    """Groups of modules that import each other in a circle, each sorted; empty if there is none."""
    edges: dict[str, set[str]] = {}
    for found in all_imports:
        if found.importer != found.imported:
            edges.setdefault(found.importer, set()).add(found.imported)
    reach = {name: _reachable(name, edges) for name in edges}
    rings = {tuple(sorted(other for other in reach[name] if name in reach.get(other, ()))) for name in edges if name in reach[name]}
    return sorted(rings)


def _reachable(start: str, edges: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    todo = list(edges.get(start, ()))
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(edges.get(name, ()))
    return seen


def clock_readings(source: Source) -> list[str]:
    """Places that name a function which reads the wall clock, as `path:line name`."""
    known: dict[str, str] = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            known |= {
                alias.asname or alias.name.partition(".")[0]: alias.name if alias.asname else alias.name.partition(".")[0]
                for alias in node.names
            }
        elif isinstance(node, ast.ImportFrom) and not node.level:
            known |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    told = {
        id(node.func)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and (node.args or node.keywords) and _full_name(node.func, known) in NEED_NO_CLOCK_WITH_ARGUMENTS
    }
    return [
        f"{source.path}:{node.lineno} {name}"
        for node in ast.walk(source.tree)
        if isinstance(node, (ast.Attribute, ast.Name)) and id(node) not in told and (name := _full_name(node, known)) in CLOCKS
    ]


def _full_name(node: ast.expr, known: dict[str, str]) -> str:
    match node:
        case ast.Name(id=name):
            return known.get(name, "")
        case ast.Attribute(value=value, attr=attr) if base := _full_name(value, known):
            return f"{base}.{attr}"
        case _:
            return ""
