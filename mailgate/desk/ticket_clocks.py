"""The sum of each clock of a ticket, told so that one can add it up by hand: what counted, in which calendar, and when it stood still."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from mailgate.desk import screen, shapes, tickets
from mailgate.desk.call import Call
from rules.facts import hours
from rules.frozen import dataclass

if TYPE_CHECKING:
    from rules.deadlines import Running


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One stretch of the calendar of a clock: what it adds to the sum, and why if that is nothing."""

    start: datetime
    end: datetime
    counts: bool
    adds: timedelta
    sum: timedelta
    why: str


def explain(desk: Call, ref: str) -> None:
    """Print every clock of a ticket with its stretches and their running sum."""
    from rules import deadlines
    from store.lists import clocks, things

    with desk.reading() as tx:
        ticket = tickets.find(tx, ref)
        moments = clocks.moments(tx, ticket.id)
        agreed = things.contract(tx, ticket.contract)
    policy = desk.settings.policy
    running = deadlines.clocks(ticket, moments, policy, desk.at, agreed)
    said = [(clock, list(rows(clock))) for clock in running]
    if desk.as_json:
        screen.document(desk, [_shape(desk, clock, found) for clock, found in said])
        return
    if not said:
        screen.say(f"no clock runs on {ticket.ref}: [clock] sets no limits that hold for it")
    for clock, found in said:
        _print(desk, clock, found)


def rows(clock: Running) -> Iterator[Row]:
    """The stretches of a clock in order: those that count, cut where service begins and ends, and those in which it stood still."""
    total = timedelta()
    for span in clock.spans:
        if span.end <= span.start:
            continue
        if not span.runs:
            yield Row(start=span.start, end=span.end, counts=False, adds=timedelta(), sum=total, why="paused")
            continue
        at = span.start
        for begin, end in _joined(hours.pieces(span.start, span.end, clock.hours)):
            if begin > at:
                yield Row(start=at, end=begin, counts=False, adds=timedelta(), sum=total, why="closed")
            total += end - begin
            yield Row(start=begin, end=end, counts=True, adds=end - begin, sum=total, why="")
            at = end
        if span.end > at:
            yield Row(start=at, end=span.end, counts=False, adds=timedelta(), sum=total, why="closed")


def _joined(pieces: Iterator[tuple[datetime, datetime]]) -> Iterator[tuple[datetime, datetime]]:
    """Stretches that touch made one: a calendar that never closes has no midnights."""
    held: tuple[datetime, datetime] | None = None
    for begin, end in pieces:
        if held is not None and held[1] == begin:
            held = (held[0], end)
            continue
        if held is not None:
            yield held
        held = (begin, end)
    if held is not None:
        yield held


def _state(clock: Running) -> str:
    return "stopped" if clock.stopped_at is not None else "paused" if clock.paused else "running"


def _calendar(clock: Running) -> str:
    return clock.hours.key or "always"


def _shape(desk: Call, clock: Running, found: Sequence[Row]) -> dict[str, Any]:
    """Spans of time in seconds."""
    return {
        "clock": clock.name,
        "calendar": _calendar(clock),
        "zone": clock.hours.zone,
        "holidays": clock.hours.calendar or None,
        "limit": int(clock.limit.total_seconds()),
        "worked": int(clock.worked.total_seconds()),
        "share": round(clock.share, 4),
        "state": _state(clock),
        "by_hand": clock.by_hand,
        "started_at": shapes.moment(clock.started_at, desk.zone),
        "stopped_at": shapes.moment(clock.stopped_at, desk.zone),
        "due_at": shapes.moment(clock.due_at, desk.zone),
        "intervals": [
            {
                "from": shapes.moment(row.start, desk.zone),
                "to": shapes.moment(row.end, desk.zone),
                "counts": row.counts,
                "seconds": int(row.adds.total_seconds()),
                "sum": int(row.sum.total_seconds()),
                "why": row.why or None,
            }
            for row in found
        ],
    }


WHY = {"": "counts", "paused": "stands still: paused", "closed": "outside service hours"}


def _print(desk: Call, clock: Running, found: Sequence[Row]) -> None:
    due = f", due {screen.local(desk, clock.due_at)}" if clock.due_at else ""
    holidays = f", holidays {clock.hours.calendar}" if clock.hours.calendar else ""
    share = f"{clock.share:.0%}"
    if clock.by_hand:
        print(f"{clock.name}: {_state(clock)}{due}, a date named by hand; reminders start {span(clock.limit / 2)} before it")
        return
    print(f"{clock.name}: {span(clock.worked)} of {span(clock.limit)} ({share}), {_state(clock)}{due}")
    print(screen.plain(f"calendar: {_calendar(clock)} ({clock.hours.zone}{holidays})"))
    shown = [
        (screen.local(desk, row.start), screen.local(desk, row.end), WHY[row.why], span(row.adds) if row.counts else "", span(row.sum))
        for row in found
    ]
    screen.table(("from", "to", "what", "adds", "sum"), shown, right=("adds", "sum"))


def span(length: timedelta) -> str:
    """A stretch of time as hours, minutes and seconds; worked days have no fixed length."""
    seconds = int(length.total_seconds())
    return f"{seconds // 3600}:{seconds % 3600 // 60:02}:{seconds % 60:02}"
