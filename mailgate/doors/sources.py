"""Where raw mail lies on disk: single files, folders of them, mbox, Maildir, standard input. Bytes come out untouched.

An mbox is the one exception: its `From ` lines are taken off and its `>From ` quoting undone, as its readers must. Next: `reader.py`.
"""

from __future__ import annotations

import errno
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

_MAIL_SUFFIXES = frozenset({".eml", ".email", ".mail", ".mime", ".mbox", ".mbx", ".mboxrd"})
_SEPARATOR = re.compile(rb"From (?:\S+ )?.{0,200}\d{1,2}:\d{2}(?::\d{2})?.{0,60}\d{2,4}.{0,60}\r?\n?$")
_QUOTED = re.compile(rb">+From ")


def raw_mails(paths: Iterable[str | Path]) -> Iterator[tuple[str, bytes]]:
    """Each mail below the paths with a label: its path, `path#3` within an mbox, `-` for standard input.

    Files come in the order of their names. Raises OSError for a path that is not there or may not be read.
    """
    for path in paths:
        if str(path) == "-":
            yield "-", sys.stdin.buffer.read()
        else:
            if not str(path):  # an unset variable of a script: all of the folder one stands in is not meant
                raise FileNotFoundError(errno.ENOENT, "no path is given; write . for this folder", "''")
            if Path(path).resolve() == Path("/"):
                raise OSError(errno.EINVAL, "this is the whole machine; name the folder or file with the mails", str(path))
            yield from _below(Path(path))


def _below(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        yield from _folder(path)
    else:
        yield from _file(path)


def _folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    if (folder / "cur").is_dir() and (folder / "new").is_dir():
        for name in ("new", "cur"):
            for entry in sorted((folder / name).iterdir()):
                if entry.is_file() and not entry.name.startswith("."):
                    yield str(entry), entry.read_bytes()
        # Maildir++ keeps its subfolders beside, with a leading dot.
        for entry in sorted(folder.iterdir()):
            if entry.is_dir() and entry.name not in {"cur", "new", "tmp"}:
                yield from _folder(entry)
        return
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    mails = [entry for entry in entries if entry.is_file()]
    marked = [entry for entry in mails if entry.suffix.lower() in _MAIL_SUFFIXES]
    for entry in entries:
        if entry.is_dir():
            yield from _folder(entry)
        elif entry in marked or (entry.is_file() and not marked):
            yield from _file(entry)


def _file(path: Path) -> Iterator[tuple[str, bytes]]:
    with path.open("rb") as stream:
        first = stream.readline(1000)
        stream.seek(0)
        if path.suffix.lower() == ".eml" or not _SEPARATOR.match(first):
            yield str(path), stream.read()
            return
        for number, raw in enumerate(_mbox(stream), 1):
            yield f"{path}#{number}", raw


def _mbox(stream: BinaryIO) -> Iterator[bytes]:
    """The mails of an mbox (mboxo and mboxrd): a separator counts at the start and after an empty line."""
    lines: list[bytes] = []
    started, after_blank = False, True
    for line in stream:
        if after_blank and _SEPARATOR.match(line):
            if started:
                yield _message(lines)
            started, lines, after_blank = True, [], False
            continue
        lines.append(line[1:] if _QUOTED.match(line) else line)
        after_blank = not line.strip()
    if started:
        yield _message(lines)


def _message(lines: list[bytes]) -> bytes:
    if lines and not lines[-1].strip():
        lines.pop()
    return b"".join(lines)
