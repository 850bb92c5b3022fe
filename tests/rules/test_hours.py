"""Working time is measured as people at a desk live it: in local hours, over holidays and over both changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.facts import hours as h
from rules.facts.hours import Hours, Opening

MINUTE = timedelta(minutes=1)
ZONES = ("Europe/Prague", "Europe/Helsinki", "America/St_Johns", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kathmandu", "UTC")


def office(zone="Europe/Prague", holidays=frozenset()):
    day = (Opening(start=time(8), end=time(12)), Opening(start=time(13), end=time(17)))
    return Hours(key="office", zone=zone, week=(day,) * 5 + ((), ()), holidays=holidays)


def local(text, zone="Europe/Prague"):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def test_time_over_a_week_end_goes_on_on_monday():
    """A ticket of Friday 16:55 with eight hours is due on Monday, not in the night."""
    assert h.add(local("2026-11-20T16:55"), timedelta(hours=8), office()) == local("2026-11-23T16:55")


def test_time_that_is_up_at_closing_is_due_at_closing():
    """The light must not stay yellow over night when the time was up at five."""
    assert h.add(local("2026-11-20T09:00"), timedelta(hours=7), office()) == local("2026-11-20T17:00")


def test_a_holiday_counts_for_nothing():
    """St Wenceslas' Day is no working day in Prague."""
    shut = office(holidays={date(2026, 9, 28)})
    assert h.add(local("2026-09-25T16:00"), timedelta(hours=2), shut) == local("2026-09-29T09:00")
    assert h.worked(local("2026-09-28T00:00"), local("2026-09-29T00:00"), shut) == timedelta()


def test_the_night_of_the_change_has_its_real_length():
    """An on-call night in March has seven hours of 22:00-06:00, in October nine."""
    nights = Hours(zone="Europe/Prague", week=((Opening(start=time(0), end=time(6)), Opening(start=time(22), end=time(0))),) * 7)
    assert h.worked(local("2026-03-28T20:00"), local("2026-03-29T12:00"), nights) == timedelta(hours=7)
    assert h.worked(local("2026-10-24T20:00"), local("2026-10-25T12:00"), nights) == timedelta(hours=9)


def test_an_edge_in_the_skipped_hour_is_the_change_itself():
    """A window that opens at 02:30 on the day when 02:30 doesn't exist opens at 03:00; one that closes then closes at 03:00."""
    late = Hours(zone="Europe/Prague", week=((Opening(start=time(2, 30), end=time(4)),),) * 7)
    early = Hours(zone="Europe/Prague", week=((Opening(start=time(1), end=time(2, 30)),),) * 7)
    change = local("2026-03-29T03:00")
    assert list(h.spans(late, date(2026, 3, 29))) == [(change, local("2026-03-29T04:00"))]
    assert list(h.spans(early, date(2026, 3, 29))) == [(local("2026-03-29T01:00"), change)]


def test_a_window_within_the_skipped_hour_does_not_open():
    """02:10-02:50 has no length on that day, and never a negative one."""
    gap = Hours(zone="Europe/Prague", week=((Opening(start=time(2, 10), end=time(2, 50)),),) * 7)
    assert list(h.spans(gap, date(2026, 3, 29))) == []


def test_a_calendar_that_never_opens_says_so():
    """A due time that can't be is an operator's mistake, not an endless loop."""
    with pytest.raises(ValueError, match="never opens"):
        h.add(local("2026-11-20T09:00"), MINUTE, Hours(key="shut", week=((),) * 7))


def test_open_is_from_the_first_minute_to_the_last():
    """Mail at 08:00 sharp is in service time, at 17:00 sharp it isn't."""
    assert h.is_open(local("2026-11-20T08:00"), office())
    assert not h.is_open(local("2026-11-20T17:00"), office())
    assert not h.is_open(local("2026-11-20T12:30"), office())


def test_a_day_is_the_mean_working_day():
    """`3d` over office hours is 24 hours of work; day and night it is 72."""
    assert office().day == timedelta(hours=8)
    assert h.ALWAYS.day == timedelta(days=1)


# --- against counting every minute -------------------------------------------------------------------------------------------


def edges(draw, count):
    """Ordered wall times on quarter hours, outside 01:00-03:00: an edge there is a matter of definition, pinned above."""
    allowed = [time(q // 4, q % 4 * 15) for q in range(96) if not 4 <= q < 12]
    return sorted(draw(st.lists(st.sampled_from(allowed), min_size=count, max_size=count, unique=True)))


@st.composite
def calendars(draw):
    week = []
    for _ in range(7):
        marks = edges(draw, 2 * draw(st.integers(0, 2)))
        day = [Opening(start=a, end=b) for a, b in zip(marks[::2], marks[1::2], strict=True)]
        if draw(st.booleans()) and (not day or day[-1].end < time(23)):
            day.append(Opening(start=time(23), end=time(0)))
        week.append(tuple(day))
    if not any(week):
        week[0] = (Opening(start=time(0), end=time(0)),)
    holidays = frozenset(draw(st.lists(st.dates(date(2026, 3, 20), date(2026, 11, 5)), max_size=12)))
    return Hours(key="x", zone=draw(st.sampled_from(ZONES)), week=tuple(week), holidays=holidays)


STARTS = st.one_of(
    st.datetimes(datetime(2026, 3, 27), datetime(2026, 3, 31)),
    st.datetimes(datetime(2026, 10, 23), datetime(2026, 10, 27)),
    st.datetimes(datetime(2026, 4, 2), datetime(2026, 4, 6)),
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 20)),
).map(lambda d: d.replace(second=0, microsecond=0, tzinfo=UTC))


def minute_is_open(at, hours):
    wall = at.astimezone(ZoneInfo(hours.zone))
    if wall.date() in hours.holidays:
        return False
    now = wall.time()
    return any(o.start <= now and (o.end == time(0) or now < o.end) for o in hours.week[wall.weekday()])


@settings(max_examples=60, deadline=None)
@given(hours=calendars(), start=STARTS, minutes=st.integers(0, 3 * 24 * 60))
def test_measuring_equals_counting_every_minute(hours, start, minutes):
    """The figure in `history --clock` is what a person with a stop-watch would get, over every change of the clock."""
    end = start + minutes * MINUTE
    counted = sum(1 for i in range(minutes) if minute_is_open(start + i * MINUTE, hours))
    assert h.worked(start, end, hours) == counted * MINUTE


@settings(max_examples=60, deadline=None)
@given(hours=calendars(), start=STARTS, minutes=st.integers(1, 900))
def test_adding_equals_counting_every_minute(hours, start, minutes):
    """A due time is the end of the last minute that was needed, and measuring up to it gives the limit again."""
    due = h.add(start, minutes * MINUTE, hours)
    assert h.worked(start, due, hours) == minutes * MINUTE
    assert minute_is_open(due - MINUTE, hours)


@given(hours=calendars(), start=STARTS, one=st.integers(0, 500), two=st.integers(0, 500))
@settings(max_examples=60, deadline=None)
def test_two_spans_one_after_the_other_are_their_sum(hours, start, one, two):
    """A clock that pauses and goes on must not lose or win time."""
    at_once = h.add(start, (one + two) * MINUTE, hours)
    in_turn = h.add(h.add(start, one * MINUTE, hours), two * MINUTE, hours)
    assert at_once == in_turn
