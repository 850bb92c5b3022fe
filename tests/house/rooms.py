"""The table of rooms in docs/architecture.md, a line for each module of `mailgate/`. `python -m tests.house.rooms` writes it anew."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "architecture.md"
_PLACE = re.compile(r"(<!-- rooms of mailgate -->\n).*?(<!-- end -->)", re.DOTALL)


def modules() -> dict[str, str]:
    """Every module of `mailgate/` by its path below it, and the first sentence of what it says of itself."""
    found = {}
    for path in sorted((ROOT / "mailgate").rglob("*.py")):
        if path.name != "__init__.py":
            said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            sentence = re.split(r"(?<=[^.])\.(?=\s|$)|\n\n", said, maxsplit=1)[0]
            found[path.relative_to(ROOT / "mailgate").as_posix()] = " ".join(sentence.split()).rstrip(".")
    return found


def listed() -> set[str]:
    """The modules that the page has a line for."""
    table = _PLACE.search(PAGE.read_text())
    return set(re.findall(r"^\| `([\w./]+)` \|", table[0], re.MULTILINE)) if table else set()


def table() -> str:
    """The table, by path."""
    return "\n".join(["| module | what lives there |", "|---|---|", *(f"| `{name}` | {said} |" for name, said in modules().items())])


if __name__ == "__main__":
    PAGE.write_text(_PLACE.sub(lambda found: f"{found[1]}\n{table()}\n\n{found[2]}", PAGE.read_text()))
