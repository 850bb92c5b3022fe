"""What is wrong with a config: each mistake with its place and the nearest word that would have been right."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from rules.frozen import dataclass

Item = TypeVar("Item")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing to mend. Sorts and prints as an editor's list of places: `config.toml:41: rule.2.then: …`."""

    path: Path
    line: int
    """Counted from 1; 0 where the file as a whole is meant."""
    key: str
    """Where in the file by name, such as `imap.0.port`; lists count from 0."""
    what: str
    near: str = ""
    """The nearest valid word, empty if nothing is near."""

    def __str__(self) -> str:
        """One line for people."""
        place = f"{self.path.name}:{self.line}" if self.line else self.path.name if self.key else str(self.path)
        key = f" {self.key}:" if self.key else ""
        near = f" (did you mean {self.near}?)" if self.near else ""
        return f"{place}:{key} {self.what}{near}"

    @property
    def order(self) -> tuple[int, str, str]:
        """By line, then by key."""
        return (self.line, self.key, self.what)


class BadConfig(Exception):
    """The config can't be used: the operator mends every mistake listed, then starts again. Answered in `cli.py` with exit code 2."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = sorted(set(mistakes), key=lambda mistake: mistake.order)
        super().__init__("\n".join(map(str, self.mistakes)))


class Wrong(ValueError):
    """A value that can't be, with what may have been meant."""

    def __init__(self, what: str, near: str = "") -> None:
        super().__init__(what)
        self.near = near


class Several(ValueError):
    """Several values within one that can't be, each with its path from there: a list position, a key."""

    def __init__(self, each: Iterable[tuple[tuple[str | int, ...], Wrong]]) -> None:
        self.each = tuple(each)
        super().__init__("; ".join(str(wrong) for _, wrong in self.each))


def gather(items: Iterable[tuple[str | int, Item]], read: Callable[[Item], Value]) -> list[tuple[str | int, Value]]:
    """What a reader makes of each item, by its key or position; raises Several with every item that it refuses."""
    made: list[tuple[str | int, Value]] = []
    wrong: list[tuple[tuple[str | int, ...], Wrong]] = []
    for key, item in items:
        try:
            made.append((key, read(item)))
        except Several as inner:
            wrong.extend(((key, *path), each) for path, each in inner.each)
        except Wrong as each:
            wrong.append(((key,), each))
        except ValueError as each:
            wrong.append(((key,), Wrong(str(each))))
    if wrong:
        raise Several(wrong)
    return made


_OTHER_WORDS = {
    word: meant.split()
    for word, meant in {
        "ssl": "tls security", "tls": "security", "imaps": "tls imap", "smtp+tls": "starttls", "urgent": "high", "critical": "high",
        "never": "off", "none": "off", "disabled": "off",
        "database": "store", "db": "store", "mailbox": "imap", "mailboxes": "imap", "inbox": "imap", "outgoing": "relay", "mta": "relay",
        "sla": "clock", "slas": "clock", "calendar": "hours", "calendars": "hours", "queue": "category", "queues": "category",
        "notifications": "notify", "dsn": "url", "path": "url", "port": "listen", "bind": "listen",
        "tz": "timezone", "email": "address", "mail": "address", "username": "user", "login": "user", "pass": "password",
        "respond": "answer", "response": "answer", "reply": "answer", "resolve": "solve", "resolution": "solve",
        "sender": "from", "recipient": "to", "if": "when", "condition": "when", "conditions": "when", "match": "when",
        "do": "then", "action": "then", "actions": "then", "team": "group", "schedule": "every", "cron": "every",
    }.items()
}  # fmt: skip
"""What other programs call it, and what it may be here."""


def nearest(word: str, valid: Iterable[str], *, alike: float = 0.6) -> str:
    """The valid word that looks most like this one, empty if none does."""
    words = {valid_word.casefold(): valid_word for valid_word in valid}
    for meant in _OTHER_WORDS.get(word.casefold(), ()):
        if meant in words:
            return words[meant]
    found = get_close_matches(word.casefold(), words, n=1, cutoff=alike)
    return words[found[0]] if found else ""
