"""How fast mail may leave: a rate such as `30/min`, kept over any stretch of time and not only from minute to minute."""

from __future__ import annotations

from collections import deque
from datetime import timedelta

from rules.facts.policy import Rate


class Pace:
    """Remembers departures for as long as the rate looks back. Seconds are those of any clock that only runs forward."""

    def __init__(self, rate: Rate) -> None:
        self._rate = [(most, span.total_seconds()) for most, span in rate]
        self._gone: deque[float] = deque(maxlen=max((most for most, _ in self._rate), default=1))

    def room(self, now: float, most: int) -> int:
        """How many may leave at once now, at most `most`."""
        return min([most, *(allowed - sum(now - each < span for each in self._gone) for allowed, span in self._rate)])

    def take(self, now: float) -> timedelta | None:
        """Let one leave: None if it may, else how long it has to wait, and then it isn't counted."""
        waits = [self._gone[-most] + span - now for most, span in self._rate if len(self._gone) >= most and now - self._gone[-most] < span]
        if waits:
            return timedelta(seconds=max(waits))
        if self._rate:
            self._gone.append(now)
        return None
