"""A pace holds over any stretch of time, and costs nothing where there is none."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from mailgate.sending.pace import Pace
from rules.facts.amounts import read_rate


@given(steps=st.lists(st.floats(0, 20), max_size=200), rate=st.sampled_from(["3/min", "1/s", "2/min 5/h", "10/h"]))
def test_no_stretch_of_time_sees_more_than_the_rate(steps: list[float], rate: str) -> None:
    """Providers count over sliding minutes: thirty at 10:00:59 and thirty at 10:01:01 are sixty."""
    pieces, pace, now = read_rate(rate), Pace(read_rate(rate)), 0.0
    gone: list[float] = []
    for step in steps:
        now += step
        room = pace.room(now, 100)
        wait = pace.take(now)
        assert (room > 0) is (wait is None)
        if wait is None:
            gone.append(now)
        else:
            assert wait > timedelta(0)
            assert pace.room(now + wait.total_seconds() + 1e-5, 100) > 0, "what it says to wait is enough"
    for most, span in pieces:
        for place, last in enumerate(gone):
            assert sum(last - span.total_seconds() < each <= last for each in gone[: place + 1]) <= most


def test_no_rate_is_no_limit() -> None:
    """`off` is the default."""
    pace = Pace(())
    assert all(pace.take(0.0) is None for _ in range(1000))
    assert pace.room(0.0, 64) == 64
