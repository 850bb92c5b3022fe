"""A fortnight of a whole desk, reckoned anew afterwards: every clock by the minute, every reminder, every mail and who may read it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from rules.facts.ticket import Ticket
from store import engine, tables
from tests.cli.conftest import Desk as Commands
from tests.desk.fortnight import BEGIN, CONFIG, DAYS, GROUPS, MAILS, Diary, Fortnight
from tests.desk.office import Desk, desk

MINUTE = timedelta(minutes=1)
HORIZON = 60 * 24 * 60
"""Minutes that are looked at, from the first midnight on."""
STEPS = (50, 100, 200)
REMINDERS = ("due-soon", "not-started", "overdue")
DESK_LIMITS = {"take": 120, "answer": 240, "idle": 2 * 480, "solve": 5 * 480}
LIMITS = {
    "": ("office", {}),
    "hw": ("office", {}),
    "net": ("oncall", {"take": 60, "answer": 180, "idle": 30 * 60, "solve": 6000}),
    "erp": ("prague", {"take": 180, "answer": 360}),
}
"""Category -> calendar and limits in minutes, as [[category]] of the config says them in its own words."""
BLOCKING = {"answer": 60, "solve": 480}


def _office(local: datetime) -> bool:
    return local.weekday() < 5 and 8 <= local.hour < 16 and (local.month, local.day) != (10, 22)


def _oncall(local: datetime) -> bool:
    return (local.month, local.day) != (10, 28)


def _prague(local: datetime) -> bool:
    morning, afternoon = 8 <= local.hour < 12, 13 <= local.hour < 17
    # 28 October and 17 November are public holidays of the Czechs
    return local.weekday() < 5 and (morning or (afternoon and local.weekday() < 4)) and (local.month, local.day) not in {(10, 28), (11, 17)}


class Calendar:
    """How many minutes were open up to each minute, counted one by one on the clock on the wall."""

    def __init__(self, zone: str, is_open: Callable[[datetime], bool]) -> None:
        there = ZoneInfo(zone)
        self.until = [0, *accumulate(int(is_open((BEGIN + n * MINUTE).astimezone(there))) for n in range(HORIZON))]

    def between(self, start: int, end: int) -> int:
        return self.until[end] - self.until[start] if end > start else 0

    def after(self, start: int, wanted: int) -> int:
        """The first minute by which so many were open since `start`."""
        return bisect_left(self.until, self.until[start] + wanted)


@dataclass
class Life:
    """One ticket as its history tells it, up to some entry."""

    status: list[tuple[int, str]] = field(default_factory=list)
    actions: list[int] = field(default_factory=list)
    now: dict[str, Any] = field(default_factory=dict)

    @property
    def opened(self) -> int:
        return self.status[0][0]

    def enter(self, entry: dict[str, Any]) -> None:
        """The next entry of the history."""
        at = _minute(entry["at"])
        changes = {name: values[1] for name, values in entry["changed"].items() if " " not in name}
        self.now |= changes
        self.now.setdefault("status", "new")
        if "status" in changes or not self.status:
            self.status.append((at, self.now["status"]))
        asks = entry["action"].split(" ")[0] in {"status?", "history", "list", "help", "show", "find", "faq", "print"}
        if not (asks or entry["actor"] == "timer") or "status" in changes or not self.actions:
            self.actions.append(at)

    def limits(self) -> tuple[str, dict[str, int]]:
        calendar, own = LIMITS[self.now.get("category", "")]
        return calendar, DESK_LIMITS | own | (BLOCKING if self.now.get("severity") == "blocking" else {})

    def start(self, clock: str) -> int:
        return self.actions[-1] if clock == "idle" else self.opened

    def stop(self, clock: str) -> int | None:
        closed = _minute(self.now["closed_at"]) if self.now.get("status") == "closed" else None
        done = self.now.get({"take": "taken_at", "answer": "answered_at"}.get(clock, ""), None)
        return _minute(done) if done else closed

    def stretches(self, clock: str, until: int) -> Iterator[tuple[int, int]]:
        """Minutes in which the clock runs."""
        if clock == "idle":
            yield self.start(clock), until
            return
        for (begin, status), (end, _) in zip(self.status, [*self.status[1:], (until, "")], strict=True):
            if status not in {"waiting", "closed"} and min(end, until) > begin:
                yield begin, min(end, until)

    def is_live(self, clock: str) -> bool:
        return self.stop(clock) is None and (clock == "idle" or self.now["status"] not in {"waiting", "closed"})


def _minute(at: datetime | str) -> int:
    instant = datetime.fromisoformat(at) if isinstance(at, str) else at
    minutes, rest = divmod(instant - BEGIN, MINUTE)
    assert not rest, at
    return minutes


def worked(life: Life, clock: str, calendar: Calendar, at: int) -> int:
    stop = life.stop(clock)
    return sum(calendar.between(*each) for each in life.stretches(clock, at if stop is None else min(stop, at)))


def due(life: Life, clock: str, calendar: Calendar, limit: int, at: int) -> int | None:
    """The minute at which the limit is or was reached; None while that can't be said."""
    total = 0
    for begin, end in life.stretches(clock, at):
        part = calendar.between(begin, end)
        if total + part >= limit:
            return calendar.after(begin, limit - total)
        total += part
    return calendar.after(at, limit - total) if life.is_live(clock) else None


def histories(d: Desk) -> dict[int, list[dict[str, Any]]]:
    """Row id of each ticket -> its history in order."""
    out: dict[int, list[dict[str, Any]]] = defaultdict(list)
    with engine.reading(d.office.store) as tx:
        for row in tx.execute(select(tables.History).order_by(tables.History.c.ticket_id, tables.History.c.seq)).mappings():
            out[row["ticket_id"]].append(dict(row))
    return out


@pytest.mark.timeout(600)
def test_a_fortnight_adds_up(tmp_path: Path) -> None:
    """Each rule holds by itself; a desk must hold them all at once, over holidays, calendars and the end of summer time."""
    with desk(tmp_path, more=CONFIG) as d:
        diary = Fortnight(d, seed=20261019).told()
        assert diary.taken >= MAILS
        told = histories(d)
        tickets = {t.id: t for t in d.tickets()}
        assert len(tickets) > 30 and set(tickets) == set(told)
        calendars = {
            "office": Calendar("Europe/Helsinki", _office),
            "oncall": Calendar("Europe/Helsinki", _oncall),
            "prague": Calendar("Europe/Prague", _prague),
        }
        assert calendars["oncall"].between(6 * 1440, 7 * 1440 + 60) == 25 * 60, "the Sunday has 25 hours"
        mails_add_up(d, diary)
        nobody_reads_what_is_not_for_him(diary)
        everybody_is_concerned(diary, tickets)
        one_cause_one_person_one_mail(d, diary)
        clocks_agree(d, tmp_path, tickets, told, calendars)
        reminders_agree(d, diary, tickets, told, calendars)


def mails_add_up(d: Desk, diary: Diary) -> None:
    """Every mail has one fate by each midnight."""
    assert len(diary.accounts) == DAYS
    for taken, said in diary.accounts:
        assert (said.received, said.waiting, said.stale) == (taken, 0, 0)
        assert sum(said.fates.values()) == taken
    assert {"opened", "appended", "executed", "duplicate", "held"} <= {fate for fate, n in diary.accounts[-1][1].fates.items() if n}


def nobody_reads_what_is_not_for_him(diary: Diary) -> None:
    """No piece of a note or a private message in a mail to somebody else."""
    seen = 0
    for mail in diary.sent:
        for word in set(re.findall(r"zq\d{4}[0-9a-f]{8}", mail.text)):
            seen += 1
            assert mail.to in diary.entitled[word], (mail.to, mail.template, mail.ref, word)
    assert seen >= 6


def everybody_is_concerned(diary: Diary, tickets: dict[int, Ticket]) -> None:
    """Mail goes to participants, to agents, to the admin, and to whom an agent named."""
    staff = {f"{group}{n}@staff.example" for group in GROUPS for n in range(4)} | {"root@desk.example"}
    by_ref = {t.ref: t for t in tickets.values()}
    outside = [mail for mail in diary.sent if mail.to not in staff]
    assert len(outside) > 40
    assert [mail.to for mail in diary.sent if mail.others] == []
    for mail in outside:
        if not mail.ref:
            assert mail.template in {"list-answer", "help-answer"}, mail.template
            continue
        allowed = {by_ref[mail.ref].requester.address, *by_ref[mail.ref].watchers} | diary.named[mail.ref]
        assert mail.to in allowed, (mail.to, mail.ref, mail.template)


def one_cause_one_person_one_mail(d: Desk, diary: Diary) -> None:
    """Counted over everything that was put down, and over everything that left."""
    with engine.reading(d.office.store) as tx:
        o = tables.Outbox
        rows = tx.execute(select(o.c.cause, o.c.recipient_key, o.c.template, o.c.ticket_id, o.c.state, o.c.message_id)).mappings().all()
    counted: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        counted[row["cause"], row["recipient_key"]].append(row["template"])
    assert {key: found for key, found in counted.items() if len(found) > 1} == {}
    left = Counter(m.message_id for m in diary.sent)
    assert set(left.values()) == {1}
    assert {row["message_id"].strip("<>") for row in rows if row["state"] == "sent"} == {m.strip("<>") for m in left}


def clocks_agree(
    d: Desk, folder: Path, tickets: dict[int, Ticket], told: dict[int, list[dict[str, Any]]], calendars: dict[str, Calendar]
) -> None:
    """`ticket history --clock` and the due times of every ticket are what a person with a watch would have counted."""
    commands, at = Commands(folder), _minute(d.at)
    for key, ticket in tickets.items():
        life = Life()
        for entry in told[key]:
            life.enter(entry)
        calendar, limits = life.limits()
        reckoned = {}
        for clock, limit in limits.items():
            when = due(life, clock, calendars[calendar], limit, min(at, life.stop(clock) or at))
            moment = None if when is None else BEGIN + when * MINUTE
            reckoned[clock] = (limit * 60, worked(life, clock, calendars[calendar], at) * 60, moment)
        said = commands.ok("--now", d.at.isoformat(), "ticket", "history", ticket.ref, "--clock")
        shown = {
            c["clock"]: (c["limit"], c["worked"], datetime.fromisoformat(c["due_at"]).astimezone(UTC) if c["due_at"] else None)
            for c in said
        }
        assert shown == reckoned, ticket.ref
        stored = {clock: datetime.fromisoformat(when).astimezone(UTC) for clock, when in ticket.due.items()}
        assert stored == {c: when for c, (_, _, when) in reckoned.items() if when and life.stop(c) is None}, ticket.ref


def reminders_agree(
    d: Desk, diary: Diary, tickets: dict[int, Ticket], told: dict[int, list[dict[str, Any]]], calendars: dict[str, Calendar]
) -> None:
    """Each step of each clock once, to the owner, from the limit on to who leads the group; none twice, none missing."""
    expected: Counter[tuple[str, int, str, str]] = Counter()
    for key, entries in told.items():
        fired: set[tuple[str, int, int]] = set()
        life, pending = Life(), list(entries)
        for tick in map(_minute, diary.ticks):
            while pending and _minute(pending[0]["at"]) <= tick:
                life.enter(pending.pop(0))
            if not life.status:
                continue
            calendar, limits = life.limits()
            fresh = []
            for clock, limit in limits.items():
                if life.is_live(clock):
                    so_far = worked(life, clock, calendars[calendar], tick)
                    fresh += [(clock, s, life.start(clock)) for s in STEPS if so_far * 100 >= limit * s]
            fresh = [f for f in fresh if f not in fired]
            if fresh:
                fired.update(fresh)
                said = {_text(clock, step): (clock, step) for clock, step, _ in sorted(fresh, key=lambda f: (f[1], f[0] != "take"))}
                for template, (clock, step) in said.items():
                    if template != "due-soon" or len(said) == 1:
                        for reader in _told_of(life, clock, step):
                            expected[tickets[key].ref, tick, template, reader] += 1
    with engine.reading(d.office.store) as tx:
        o, t = tables.Outbox, tables.Ticket
        query = select(t.c.ref, o.c.created_at, o.c.template, o.c.recipient_key).join(t, t.c.id == o.c.ticket_id)
        made = Counter((ref, _minute(at), name, to) for ref, at, name, to in tx.execute(query.where(o.c.template.in_(REMINDERS))))
    assert len(made) > 50
    assert (sorted(made - expected)[:5], sorted(expected - made)[:5]) == ([], []), (
        sorted(made - expected)[:6],
        sorted(expected - made)[:6],
    )


def _text(clock: str, step: int) -> str:
    """What a step is told by; of those reached at once the highest of each text is told, and what is still to come only alone."""
    return "due-soon" if step < 100 else "not-started" if clock == "take" else "overdue"


def _told_of(life: Life, clock: str, step: int) -> set[str]:
    """Owners, and from the limit on whoever leads the group; of taking up a step later."""
    group, assignee = life.now.get("group", ""), life.now.get("assignee", "")
    everybody = [f"{key}{n}" for key in GROUPS for n in range(4)]
    owners = [assignee] if assignee else [f"{group}{n}" for n in range(4)] if group else everybody
    found = {f"{name}@staff.example" for name in owners}
    if step >= (200 if clock == "take" else 100):
        led = {group} if group else {assignee[:-1]} if assignee else set()
        found |= {f"{each}0@staff.example" for each in led} or {"root@desk.example"}
    return found
