"""SIGHUP while a daemon starts: by default it would end the process, so it is noted from the first moment on and answered when the
daemon can read its config again. Standard library only; imported before all else.
"""

from __future__ import annotations

import signal
from types import FrameType

_noted = False


def hold() -> None:
    """Note a hangup instead of dying of it; to be called in the main thread."""
    signal.signal(signal.SIGHUP, _on_signal)


def note() -> None:
    """One came."""
    global _noted  # noqa: PLW0603 - a process has one
    _noted = True


def was_noted() -> bool:
    """Whether one came since this was last asked."""
    global _noted
    found, _noted = _noted, False
    return found


def _on_signal(_number: int, _frame: FrameType | None) -> None:
    note()
