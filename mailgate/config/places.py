"""On which line of a TOML file each key stands; tomllib tells values, never places.

The text must already have passed tomllib: this walker trusts its syntax and only follows it (https://toml.io/en/v1.0.0).
"""

from __future__ import annotations

import re
from bisect import bisect_right

Path = tuple[str | int, ...]
"""Keys and list positions from the top: `("imap", 0, "port")`."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*(?:([A-Za-z0-9_-]+)|"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)')[ \t]*""")
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}'
    r"|'''(?:[^']|'(?!''))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}\n#]*")


class _Walker:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self.places: dict[Path, int] = {}
        self.last: dict[Path, int] = {}
        """Lists of tables: their path -> the position of the latest table."""

    def line(self) -> int:
        return bisect_right(self.starts, self.at)

    def blank(self) -> None:
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def keys(self) -> list[str]:
        """A dotted key."""
        parts: list[str] = []
        while found := _KEY.match(self.text, self.at):
            parts.append(next(group for group in found.groups() if group is not None))
            self.at = found.end()
            if self.text[self.at : self.at + 1] != ".":
                break
            self.at += 1
        return parts

    def note(self, path: Path, line: int) -> None:
        for end in range(1, len(path) + 1):
            self.places.setdefault(path[:end], line)

    def resolve(self, parts: list[str]) -> Path:
        """The path that a table header means: inside a list of tables it is the latest one."""
        path: Path = ()
        for part in parts:
            path = (*path, part)
            if path in self.last:
                path = (*path, self.last[path])
        return path

    def file(self) -> None:
        here: Path = ()
        while True:
            self.blank()
            if self.at >= len(self.text):
                return
            line = self.line()
            if self.text.startswith("[[", self.at):
                self.at += 2
                *above, name = self.keys()
                listed = (*self.resolve(above), name)
                self.last[listed] = self.last.get(listed, -1) + 1
                here = (*listed, self.last[listed])
                self.at += 2
                self.note(here, line)
            elif self.text[self.at] == "[":
                self.at += 1
                here = self.resolve(self.keys())
                self.at += 1
                self.note(here, line)
            else:
                self.pair(here)

    def pair(self, here: Path) -> None:
        line = self.line()
        path = (*here, *self.keys())
        self.at += 1  # the equals sign
        self.note(path, line)
        self.value(path)

    def value(self, path: Path) -> None:
        self.blank()
        first = self.text[self.at]
        if first == "[":
            self.listed(path)
        elif first == "{":
            self.inline(path)
        else:
            found = _STRING.match(self.text, self.at) or _SCALAR.match(self.text, self.at)
            self.at = found.end() if found else len(self.text)

    def listed(self, path: Path) -> None:
        self.at += 1
        position = 0
        while True:
            self.blank()
            if self.text[self.at] == "]":
                self.at += 1
                return
            if self.text[self.at] == ",":
                self.at += 1
                continue
            self.note((*path, position), self.line())
            self.value((*path, position))
            position += 1

    def inline(self, path: Path) -> None:
        self.at += 1
        while True:
            self.blank()
            if self.text[self.at] == "}":
                self.at += 1
                return
            if self.text[self.at] == ",":
                self.at += 1
                continue
            self.pair(path)


def places(text: str) -> dict[Path, int]:
    """Line of every key, table and list item of a valid TOML text; lines count from 1."""
    walker = _Walker(text.replace("\r\n", "\n"))
    walker.file()
    return walker.places


def place(known: dict[Path, int], path: Path) -> int:
    """Line of a key, or of the nearest thing above it that stands in the file; 0 if nothing does."""
    return next((known[path[:end]] for end in range(len(path), 0, -1) if path[:end] in known), 0)
