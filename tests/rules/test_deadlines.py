"""The four clocks: worked time, pauses, due times, lights."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from rules import deadlines
from rules.deadlines import Moment
from rules.facts.hours import Hours, Opening
from rules.facts.policy import Policy
from rules.facts.service import Clock, Type
from rules.facts.terms import Light, Status
from rules.facts.ticket import Ticket

OFFICE = Hours(key="office", zone="Europe/Helsinki", week=((Opening(start=time(8), end=time(16)),),) * 5 + ((),) * 2)
OFFICE_ZONE = ZoneInfo("Europe/Helsinki")
MONDAY = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)  # 08:00 in Helsinki


def policy(**limits: timedelta) -> Policy:
    return Policy(clock=Clock(hours="office", **limits), hours={"office": OFFICE})


def hours(n: float) -> timedelta:
    return timedelta(hours=n)


def test_friday_afternoon_is_due_on_monday() -> None:
    """A promise of eight service hours made at 16:55 on a Friday would otherwise be broken over the weekend."""
    friday = datetime(2026, 11, 27, 13, 55, tzinfo=UTC)
    ticket = Ticket(opened_at=friday)
    (running,) = deadlines.clocks(ticket, [Moment(at=friday, status=Status.new)], policy(answer=hours(8)), friday)
    assert running.due_at == datetime(2026, 11, 30, 13, 55, tzinfo=UTC)


def test_waiting_for_the_customer_stops_the_clock_but_never_the_idle_one() -> None:
    """Staff would be red for time that the customer took."""
    ticket = Ticket(status=Status.waiting, opened_at=MONDAY)
    moments = [Moment(at=MONDAY, status=Status.new), Moment(at=MONDAY + hours(2), status=Status.waiting)]
    solve, idle = sorted(
        deadlines.clocks(ticket, moments, policy(solve=hours(4), idle=hours(3)), MONDAY + hours(6)), key=lambda r: r.name == "idle"
    )
    assert (solve.worked, solve.paused, solve.due_at) == (hours(2), True, None)
    assert (idle.worked, idle.paused) == (hours(4), False)


def test_the_light_turns_with_the_worst_running_clock() -> None:
    """The work list would hide what is late."""
    ticket = Ticket(opened_at=MONDAY, type="fault")
    moments = [Moment(at=MONDAY, status=Status.new)]
    for share, expected in ((0.49, Light.green), (0.51, Light.yellow), (1.01, Light.red)):
        now = MONDAY + hours(4) * share
        assert deadlines.settled(ticket, moments, policy(answer=hours(4)), now).light is expected


def test_thresholds_are_the_types_own() -> None:
    """Two kinds of tickets of the same age may be differently urgent."""
    own = Policy(
        clock=Clock(hours="office", answer=hours(4)), hours={"office": OFFICE}, types={"fault": Type(key="fault", yellow=10, red=20)}
    )
    moments = [Moment(at=MONDAY, status=Status.new)]
    assert deadlines.settled(Ticket(opened_at=MONDAY, type="fault"), moments, own, MONDAY + hours(1)).light is Light.red
    assert deadlines.settled(Ticket(opened_at=MONDAY, type="wish"), moments, own, MONDAY + hours(1)).light is Light.green


def test_a_closed_ticket_is_green_and_nothing_is_due() -> None:
    """Closed tickets would stay on the list of late ones."""
    ticket = Ticket(status=Status.closed, opened_at=MONDAY, closed_at=MONDAY + hours(30), light=Light.red)
    moments = [Moment(at=MONDAY, status=Status.new), Moment(at=MONDAY + hours(30), status=Status.closed)]
    after = deadlines.settled(ticket, moments, policy(answer=hours(1), solve=hours(2)), MONDAY + hours(50))
    assert after.light is Light.green
    assert not after.due


@given(
    st.lists(st.tuples(st.integers(1, 2000), st.sampled_from([Status.waiting, Status.working, Status.assigned])), max_size=6),
    st.integers(1, 4000),
    st.integers(1, 3000),
)
def test_the_sum_of_the_clock_agrees_with_counting_minutes(steps: list[tuple[int, Status]], until: int, limit: int) -> None:
    """Two ways to the same figure: by stretches, and minute by minute."""
    moments = [Moment(at=MONDAY, status=Status.new)]
    for minutes, status in steps:
        moments.append(Moment(at=moments[-1].at + timedelta(minutes=minutes), status=status))
    now = moments[-1].at + timedelta(minutes=until)
    ticket = Ticket(status=moments[-1].status, opened_at=MONDAY)
    (running,) = deadlines.clocks(ticket, moments, policy(solve=timedelta(minutes=limit)), now)
    counted, due, at, status = 0, None, MONDAY, Status.new
    while at < now:
        status = next(m.status for m in reversed(moments) if m.at <= at)
        local = at.astimezone(OFFICE_ZONE)
        if status is not Status.waiting and local.weekday() < 5 and 8 <= local.hour < 16:
            counted += 1
            if counted == limit:
                due = at + timedelta(minutes=1)
        at += timedelta(minutes=1)
    assert running.worked == timedelta(minutes=counted)
    if due is not None:
        assert running.due_at == due
