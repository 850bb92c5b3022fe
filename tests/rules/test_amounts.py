"""Amounts as a site writes them: what a wrong one would do is let mail loops run or due times slip by days."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.facts import amounts
from rules.facts.hours import Hours, Opening

OFFICE = Hours(key="office", week=((Opening(start=time(8), end=time(16)),),) * 5 + ((), ()))


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("30s", timedelta(seconds=30)),
        ("15m", timedelta(minutes=15)),
        ("15 min", timedelta(minutes=15)),
        ("1h 30m", timedelta(minutes=90)),
        ("1h30m", timedelta(minutes=90)),
        ("3d", timedelta(days=3)),
        ("1.5h", timedelta(minutes=90)),
        ("2 weeks", timedelta(days=14)),
    ],
)
def test_a_span_is_read_as_people_write_it(text, span):
    """`hold = "30s"` that became 30 minutes would keep every answer back."""
    assert amounts.read_duration(text) == span


def test_days_are_the_calendar_s_own_working_days():
    """`idle = "3d"` over office hours means three working days, not nine."""
    assert amounts.read_duration("3d", OFFICE) == timedelta(hours=24)
    assert amounts.read_duration("1w", OFFICE) == timedelta(hours=40)
    assert amounts.read_duration("4h", OFFICE) == timedelta(hours=4)


@pytest.mark.parametrize("text", ["", " ", "4", "h", "4 fortnights", "-3h", "3d and 2h", "1e9d", "∞", "٣h", "999999w"])
def test_a_span_that_is_none_is_refused_with_a_sentence(text):
    """A limit that silently became zero would make every ticket overdue at once."""
    with pytest.raises(ValueError, match=r"span of time|hundred years"):
        amounts.read_duration(text)


@pytest.mark.parametrize(
    ("text", "size"), [("25MB", 25_000_000), ("64KiB", 65_536), ("1 gb", 10**9), ("512", 512), ("1.5m", 1_500_000), ("0B", 0)]
)
def test_a_size_is_bytes(text, size):
    """`max_size = "25MB"` is announced to other servers in bytes."""
    assert amounts.read_size(text) == size


@pytest.mark.parametrize("text", ["", "big", "25XB", "-1MB", "1 2MB", "MB"])
def test_a_size_that_is_none_is_refused(text):
    """A size limit that became 0 would refuse all mail."""
    with pytest.raises(ValueError, match="not a size"):
        amounts.read_size(text)


def test_a_rate_has_one_limit_for_each_span():
    """`5/h 20/d` must hold both at once, or a loop sends 120 mails a day."""
    assert amounts.read_rate("20/d 5/h") == ((5, timedelta(hours=1)), (20, timedelta(days=1)))
    assert amounts.read_rate("30/min") == ((30, timedelta(minutes=1)),)
    assert amounts.read_rate("off") == ()


@pytest.mark.parametrize("text", ["", "5", "5/fortnight", "5/h foo", "h/5", "5 per h", "none"])
def test_a_rate_that_is_none_is_refused(text):
    """An unreadable limit must never mean no limit."""
    with pytest.raises(ValueError, match=r"rate|counts per"):
        amounts.read_rate(text)


@given(st.text(max_size=40))
def test_any_text_is_an_amount_or_refused(text):
    """A config with odd characters lists a mistake instead of a traceback."""
    for read in (amounts.read_duration, amounts.read_size, amounts.read_rate):
        try:
            amount = read(text)
        except ValueError:
            continue
        assert isinstance(amount, timedelta | int | tuple)
