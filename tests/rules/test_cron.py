"""When something regular is due: minutes, names, steps, both kinds of day, and the two nights on which clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import cron

HELSINKI = "Europe/Helsinki"


def local(text: str, zone: str = HELSINKI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("written", "at", "due"),
    [
        ("0 7 1 * *", "2026-11-22T10:00", "2026-11-01T07:00"),
        ("0 7 1 * *", "2026-11-01T07:00", "2026-11-01T07:00"),
        ("0 7 1 * *", "2026-11-01T06:59", "2026-10-01T07:00"),
        ("*/15 8-16 * * mon-fri", "2026-11-22T10:00", "2026-11-20T16:45"),
        ("30 6 * * 7", "2026-11-23T00:00", "2026-11-22T06:30"),
        ("0 0 29 2 *", "2026-11-22T10:00", "2024-02-29T00:00"),
        ("0 8 13 * fri", "2026-11-22T10:00", "2026-11-20T08:00"),
        ("0 9 * * fri-mon", "2026-11-25T10:00", "2026-11-23T09:00"),
        ("5 4 * jan,jul *", "2026-11-22T10:00", "2026-07-31T04:05"),
    ],
)
def test_the_latest_due_time(written: str, at: str, due: str) -> None:
    """A report would come on the wrong day, or never."""
    assert cron.latest(written, HELSINKI, local(at)) == local(due)


def test_a_day_that_never_comes_is_never_due() -> None:
    """31 February would search for ever."""
    assert cron.latest("0 0 31 2 *", HELSINKI, local("2026-11-22T10:00")) is None


def test_the_nights_on_which_clocks_change() -> None:
    """At half past three in March there is no such time, in October it comes twice; the report comes once each."""
    spring = [cron.latest("30 3 * * *", HELSINKI, local("2026-03-29T00:00") + timedelta(minutes=n)) for n in range(0, 24 * 60, 7)]
    assert len({due for due in spring if due and due > local("2026-03-28T12:00")}) == 1
    autumn = [cron.latest("30 3 * * *", HELSINKI, local("2026-10-25T00:00") + timedelta(minutes=n)) for n in range(0, 25 * 60, 7)]
    assert len({due for due in autumn if due and due > local("2026-10-24T12:00")}) == 1


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.integers(0, 10_000))
def test_due_times_only_move_forward(at: datetime, minutes: int) -> None:
    """A daemon that is started again would send last week's report once more."""
    now = at.replace(tzinfo=UTC)
    one, other = (cron.latest("17 */5 * * tue", HELSINKI, moment) for moment in (now, now + timedelta(minutes=minutes)))
    assert one is not None
    assert other is not None
    assert one <= other <= now + timedelta(minutes=minutes)
    before = cron.before("17 */5 * * tue", HELSINKI, one)
    assert before is not None
    assert before < one
