"""How a command may end other than well. Raised here, answered in `cli.py` with an exit code and, on stderr, the reason."""

from __future__ import annotations

from collections.abc import Iterable


class Failed(Exception):
    """It was refused, or went wrong: the reason is one sentence for the user, what may have been meant stands beside it."""

    def __init__(self, reason: str, near: Iterable[str] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.near = tuple(near)


class NoSuch(Failed):
    """What was named isn't there."""


class Misused(Failed):
    """The command line makes no sense."""


class NotMail(Failed):
    """What was handed in is not a mail."""
