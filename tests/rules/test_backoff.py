"""Trying again: soon at first, then hourly, and not for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import backoff

DUE = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Still(Random):
    """No jitter, so that instants can be told exactly."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def attempts(template: str, *, start: datetime = DUE, obsolete_at: datetime | None = None, limit: int = 400) -> list[datetime]:
    """All instants at which a mail is tried while the relay never takes it."""
    tried = [start]
    while len(tried) < limit:
        following = backoff.next_attempt(
            template=template, due_at=DUE, attempts=len(tried), at=tried[-1], random=Still(), obsolete_at=obsolete_at
        )
        if following is None:
            break
        tried.append(following)
    return tried


def test_the_wait_doubles_from_five_minutes_to_about_an_hour() -> None:
    """A short outage costs minutes, a long one doesn't hammer the relay."""
    waits = [(later - earlier) / MINUTE for earlier, later in pairwise(attempts("message"))]
    assert waits[:6] == [5, 5, 10, 20, 40, pytest.approx(66.67, abs=0.01)]
    assert all(wait == pytest.approx(66.67, abs=0.01) for wait in waits[5:-1])


@pytest.mark.parametrize(("template", "span"), [("message", 5 * DAY), ("closed", 5 * DAY), ("received", DAY), ("status-answer", DAY)])
def test_a_mail_is_given_up_when_it_stopped_being_news(template: str, span: timedelta) -> None:
    """An agent's answer is worth five days; *we have received your mail* is not."""
    last = attempts(template)[-1]
    assert span - 5 * MINUTE <= last - DUE <= span


@pytest.mark.parametrize("template", ["not-started", "due-soon", "overdue"])
def test_reminders_are_tried_until_their_cause_is_gone(template: str) -> None:
    """A reminder that waited is still true while nobody has worked on the ticket, and spam once somebody has."""
    assert attempts(template)[-1] - DUE > 5 * DAY
    gone = DUE + 3 * HOUR
    tried = attempts(template, obsolete_at=gone)
    assert tried[-1] < gone
    assert attempts("message", obsolete_at=gone)[-1] < gone


def test_a_desk_that_was_off_for_a_week_still_tries_its_mail() -> None:
    """Else the first hiccup after the holidays would lose everything that was waiting."""
    tried = attempts("received", start=DUE + 7 * DAY)
    assert len(tried) == backoff.ATTEMPTS_MIN
    assert all(later > earlier for earlier, later in pairwise(tried))


@given(
    template=st.sampled_from(["message", "received", "overdue"]),
    age=st.integers(-3600, 10 * 86400),
    count=st.integers(1, 500),
    seed=st.integers(0, 2**32),
)
def test_the_next_attempt_is_always_later_and_within_bounds(template: str, age: int, count: int, seed: int) -> None:
    """A clock that jumped back, or a strange count, must not make a busy loop."""
    at = DUE + timedelta(seconds=age)
    following = backoff.next_attempt(template=template, due_at=DUE, attempts=count, at=at, random=Random(seed))
    if following is not None:
        assert timedelta(0) < following - at <= backoff.LONGEST * (1 + backoff.JITTER)
    else:
        limit = backoff.patience(template)
        assert limit is not None
        assert at - DUE >= limit - backoff.SHORTEST


def test_jitter_spreads_what_failed_together() -> None:
    """A thousand mails that failed in one second must not come back in one second."""
    random = Random(1)
    again = [backoff.next_attempt(template="message", due_at=DUE, attempts=9, at=DUE + HOUR, random=random) for _ in range(1000)]
    seconds = [(each - DUE - HOUR).total_seconds() for each in again if each]
    assert max(seconds) - min(seconds) > 600
    assert 0.9 * 3600 <= min(seconds) <= max(seconds) <= 1.1 * 3600
