"""Who writes next within one process, where the database lets one write at a time.

SQLite itself lets those who wait ask again after ever longer sleeps, and whoever writes without a pause wins each time. Here they stand in
a line and each hands over to the next, so that nobody starves; who is in a hurry stands at its head. Commands beside the daemon are other
processes and are as patient as `store.durability` says.
"""

from __future__ import annotations

import threading
from collections import deque


class Turns:
    """A line of threads. A thread must not take a second turn within its own."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._line: deque[threading.Lock] = deque()
        self._is_taken = False

    def take(self, *, seconds: float, hurry: bool = False) -> bool:
        """Wait for the turn; False if it didn't come in time."""
        gate = threading.Lock()
        with self._mutex:
            if not self._is_taken:
                self._is_taken = True
                return True
            gate.acquire()
            if hurry:
                self._line.appendleft(gate)
            else:
                self._line.append(gate)
        if gate.acquire(timeout=seconds):
            return True
        with self._mutex:
            if gate in self._line:
                self._line.remove(gate)
                return False
        return True  # handed over in the last moment

    def end(self) -> None:
        """Hand over to the next in line."""
        with self._mutex:
            if self._line:
                self._line.popleft().release()
            else:
                self._is_taken = False
