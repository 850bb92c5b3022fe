"""The four clocks of a ticket and its traffic light: take-up, first answer, inactivity, solution.

Everything is computed from the ticket's moments (what its history says of status and activity), so that it can be computed again at
any time and explained. Working time is `rules.facts.hours`; who is reminded is decided in `rules.timers`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from rules.facts.amounts import read_duration
from rules.facts.hours import ALWAYS, Hours, add, worked
from rules.facts.policy import Policy
from rules.facts.service import Clock, Severity, Threshold
from rules.facts.terms import Light, Status
from rules.facts.things import Contract
from rules.facts.ticket import Ticket
from rules.frozen import dataclass, replace

NAMES = ("take", "answer", "idle", "solve")
"""The clocks, in the order in which they matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something that happened to a ticket: from here on it has this status. Every moment is an action to the idle clock."""

    at: datetime
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of a clock, for explaining the sum: it ran or it stood still."""

    start: datetime
    end: datetime
    runs: bool
    worked: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """One clock of one ticket as of a moment."""

    name: str
    limit: timedelta
    hours: Hours
    started_at: datetime
    worked: timedelta
    """Worked time that counts, up to now or to where it stopped."""
    due_at: datetime | None
    """When the limit is or was reached; None while that can't be said, since the clock stands still."""
    stopped_at: datetime | None = None
    paused: bool = False
    spans: tuple[Span, ...] = ()
    by_hand: bool = False
    """A date that somebody named: what counts is the run-up to it, no limit that was agreed."""

    @property
    def share(self) -> float:
        """Worked time by limit; 1.0 is due."""
        return self.worked / self.limit

    @property
    def is_live(self) -> bool:
        """Neither stopped nor standing still."""
        return self.stopped_at is None and not self.paused


def clock_of(ticket: Ticket, policy: Policy, contract: Contract | None = None) -> Clock:
    """The limits that hold for a ticket: the desk's, overlaid by those of its category, its type, its severity and its contract, in that order.

    `contract` is the ticket's, where it has one that is known.
    """
    category, kind, severity = policy.categories.get(ticket.category), policy.types.get(ticket.type), policy.severities.get(ticket.severity)
    clock = category.clock if category is not None and (category.clock.runs or category.clock.own) else policy.clock
    if kind is not None and kind.closed:
        return replace(clock, take=None, answer=None, idle=None, solve=None)
    for over in (kind.clock if kind else None, severity.clock if severity else None):
        if over is not None:
            clock = over.over(clock)
    if severity is not None and severity.hours:
        clock = replace(clock, hours=severity.hours)
    return _agreed(clock, contract, severity, policy) if contract is not None else clock


def _agreed(clock: Clock, contract: Contract, severity: Severity | None, policy: Policy) -> Clock:
    """A clock under a contract: its limits, in its service hours, or in its on-call hours where the severity has a calendar of its own.

    A severity with a shorter limit than the contract keeps it: no agreement makes the desk slower about what burns.
    """
    own = severity.clock if severity is not None else None
    is_oncall = severity is not None and bool(severity.hours or (own is not None and "hours" in own.own))
    key = (contract.oncall if is_oncall else contract.hours) or clock.hours
    calendar = policy.hours_of(key)

    def limit(name: str) -> timedelta | None:
        written: str = getattr(contract, name)
        if not written:
            return getattr(clock, name)  # type: ignore[no-any-return]
        agreed = read_duration(written, calendar)
        faster: timedelta | None = getattr(own, name) if own is not None and name in own.own else None
        return min(agreed, faster) if faster is not None else agreed

    return replace(clock, take=limit("take"), answer=limit("answer"), idle=limit("idle"), solve=limit("solve"), hours=key)


def clocks(
    ticket: Ticket, moments: Sequence[Moment], policy: Policy, at: datetime, contract: Contract | None = None
) -> tuple[Running, ...]:
    """All clocks with a limit, as of `at`. `moments` are in order of time, the first being the opening."""
    clock = clock_of(ticket, policy, contract)
    if not moments or not is_timed(ticket, policy, contract):
        return ()
    hours = policy.hours_of(clock.hours)
    opened = moments[0].at
    closed_at = ticket.closed_at if ticket.status is Status.closed else None
    ends = {"take": ticket.taken_at or closed_at, "answer": ticket.answered_at or closed_at, "solve": closed_at, "idle": closed_at}
    out: list[Running] = []
    for name in NAMES:
        limit: timedelta | None = getattr(clock, name)
        if name == "solve" and ticket.due_by is not None:
            out.append(_promised(ticket.due_by, closed_at, at))
            continue
        if limit is None or limit <= timedelta():
            continue
        if name == "idle":
            out.append(_run(name, limit, hours, moments[-1].at, [], ends[name], at, frozenset()))
        else:
            pauses = frozenset(clock.pause_on) | {Status.closed}
            out.append(_run(name, limit, hours, ticket.level_at or opened, moments, ends[name], at, pauses))
    return tuple(out)


def is_timed(ticket: Ticket, policy: Policy, contract: Contract | None = None) -> bool:
    """Whether any clock runs on the ticket, or somebody said by hand when it is due."""
    kind = policy.types.get(ticket.type)
    return clock_of(ticket, policy, contract).runs or (ticket.due_by is not None and not (kind is not None and kind.closed))


PROMISED = timedelta(days=2)
"""The run-up to a date that was said by hand, in time of the calendar: half of it before the date, reminders come."""


def _promised(due_by: datetime, stop: datetime | None, at: datetime) -> Running:
    """The solve clock of a ticket that is due on a certain date: it knows no service hours and stands still for nobody."""
    start = due_by - PROMISED
    end = min(stop, at) if stop is not None else at
    passed = max(end - start, timedelta())
    return Running(
        name="solve",
        limit=PROMISED,
        hours=ALWAYS,
        started_at=start,
        worked=passed,
        due_at=due_by,
        stopped_at=stop if stop is not None and stop <= at else None,
        spans=(Span(start=start, end=max(start, end), runs=True, worked=passed),),
        by_hand=True,
    )


def _run(
    name: str,
    limit: timedelta,
    hours: Hours,
    start: datetime,
    moments: Sequence[Moment],
    stop: datetime | None,
    at: datetime,
    pauses: frozenset[Status],
) -> Running:
    end = min(stop, at) if stop is not None else at
    total = timedelta()
    due: datetime | None = None
    spans: list[Span] = []
    runs = True
    for begin, finish, runs in _stretches(start, end, moments, pauses):
        part = worked(begin, finish, hours) if runs else timedelta()
        if runs and due is None and total + part >= limit:
            due = add(begin, limit - total, hours)
        total += part
        spans.append(Span(start=begin, end=finish, runs=runs, worked=part))
    if due is None and stop is None and runs:
        due = add(end, limit - total, hours)
    stopped = stop if stop is not None and stop <= at else None
    return Running(
        name=name,
        limit=limit,
        hours=hours,
        started_at=start,
        worked=total,
        due_at=due,
        stopped_at=stopped,
        paused=stopped is None and not runs,
        spans=tuple(spans),
    )


def _stretches(
    start: datetime, end: datetime, moments: Sequence[Moment], pauses: frozenset[Status]
) -> Iterator[tuple[datetime, datetime, bool]]:
    """The time from start to end, parted where the status changes between running and standing still; always at least one stretch."""
    begin = start
    runs = not moments or moments[0].status not in pauses
    for moment in moments:
        now = moment.status not in pauses
        if now is runs or moment.at >= end:
            continue
        if moment.at > begin:
            yield begin, moment.at, runs
        begin, runs = max(begin, moment.at), now
    # a status that changed at the very end decides whether the clock stands still from here on
    final = next((m.status not in pauses for m in reversed(moments) if m.at <= end), runs)
    yield begin, max(begin, end), runs
    if final is not runs:
        yield max(begin, end), max(begin, end), final


def light(ticket: Ticket, running: Sequence[Running], policy: Policy) -> Light:
    """The worst running clock against the thresholds of the ticket's type. Waiting keeps the last light, closed is green."""
    if ticket.status is Status.closed:
        return Light.green
    live = [r for r in running if r.is_live]
    if ticket.status is Status.waiting and not any(r.share >= 1 for r in live):
        return ticket.light
    kind = policy.types.get(ticket.type)
    yellow, red = (kind.yellow, kind.red) if kind else (50, 100)
    if any(_reached(r, red) for r in live):
        return Light.red
    return Light.yellow if any(_reached(r, yellow) for r in live) else Light.green


def _reached(running: Running, threshold: Threshold) -> bool:
    return running.worked >= mark(running, threshold)


def mark(running: Running, threshold: Threshold) -> timedelta:
    """A threshold as worked time on this clock."""
    return threshold if isinstance(threshold, timedelta) else running.limit * threshold / 100


def reached_at(running: Running, threshold: Threshold, at: datetime) -> datetime | None:
    """When a threshold was reached, or will be if nothing happens; None while the clock stands still short of it."""
    wanted = mark(running, threshold)
    total = timedelta()
    for span in running.spans:
        if span.runs and total + span.worked >= wanted:
            return add(span.start, wanted - total, running.hours)
        total += span.worked
    return add(max(at, running.started_at), wanted - total, running.hours) if running.is_live else None


def settled(ticket: Ticket, moments: Sequence[Moment], policy: Policy, at: datetime, contract: Contract | None = None) -> Ticket:
    """The ticket with due times and light as of `at`."""
    running = clocks(ticket, moments, policy, at, contract)
    due = {r.name: r.due_at.isoformat() for r in running if r.due_at is not None and r.stopped_at is None}
    return replace(ticket, due=MappingProxyType(due), light=light(ticket, running, policy))


def next_check(ticket: Ticket, running: Sequence[Running], policy: Policy, at: datetime) -> datetime | None:
    """When time alone changes something next: the light, or a reminder; None if nothing runs."""
    return min((when for when in _marks(ticket, running, policy, at) if when > at), default=None)


def is_behind(ticket: Ticket, running: Sequence[Running], policy: Policy, at: datetime) -> bool:
    """Whether something was reached by now that may not have been told: an action can bring a shorter limit, or a clock that stood still."""
    return any(when <= at for when in _marks(ticket, running, policy, at))


def _marks(ticket: Ticket, running: Sequence[Running], policy: Policy, at: datetime) -> Iterator[datetime]:
    kind = policy.types.get(ticket.type)
    steps: list[Threshold] = [kind.yellow, kind.red] if kind else [50, 100]
    steps += list(clock_of(ticket, policy).remind)
    for each in running:
        if each.is_live:
            for step in steps:
                when = reached_at(each, step, at)
                if when is not None:
                    yield when


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How one clock of one ticket went, for figures."""

    worked: timedelta | None
    """Worked time until it stopped; None while it hasn't."""
    kept: bool | None
    """Whether it stopped within its limit; False as soon as the limit has passed; None where there is no limit, or nothing is decided yet."""


MEASURED = ("take", "answer", "solve")
"""The clocks that figures tell of; the idle clock begins anew with every action."""
_ENDLESS = timedelta(days=365_000)


def measured(
    ticket: Ticket, moments: Sequence[Moment], policy: Policy, at: datetime, contract: Contract | None = None
) -> Mapping[str, Measured]:
    """How the clocks went, by name; also those without a limit, whose time counts in the hours of the ticket's clock.

    Records, which are closed as they are opened, have none.
    """
    kind = policy.types.get(ticket.type)
    if not moments or (kind is not None and kind.closed):
        return MappingProxyType({})
    clock = clock_of(ticket, policy, contract)
    hours = policy.hours_of(clock.hours)
    pauses = frozenset(clock.pause_on) | {Status.closed}
    closed_at = ticket.closed_at if ticket.status is Status.closed else None
    ends = {"take": ticket.taken_at, "answer": ticket.answered_at, "solve": closed_at}
    running = {r.name: r for r in clocks(ticket, moments, policy, at, contract)}
    out: dict[str, Measured] = {}
    for name in MEASURED:
        stop = ends[name]
        run = running.get(name)
        if stop is not None and stop <= at:
            free = _run(name, _ENDLESS, hours, moments[0].at, moments, stop, at, pauses)
            within = None if run is None else run.worked <= run.limit
            out[name] = Measured(worked=free.worked, kept=within)
        elif run is not None:
            # what was closed without it, within its time, broke no promise; nor did what still has time
            out[name] = Measured(worked=None, kept=False if run.worked > run.limit else None)
    return MappingProxyType(out)
