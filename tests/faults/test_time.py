"""Clocks that jump and zones that change: each reminder is told exactly once, and never before its time."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mailgate.clock import clerk
from rules.facts.mail import Envelope
from tests.desk.office import Desk, desk, plain
from tests.desk.staff import ANNA

ZONES = ("Europe/Helsinki", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia")
"""Changes of an hour, of half an hour, at midnight, in the south, and where there are none any more."""
BEGIN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def changes(zone: str, years: int) -> list[datetime]:
    """The instants at which the zone's clocks change."""
    place = ZoneInfo(zone)
    found = []
    at = BEGIN
    while at < BEGIN + timedelta(days=365 * years):
        after = at + timedelta(hours=1)
        if at.astimezone(place).utcoffset() != after.astimezone(place).utcoffset():
            found.append(after)
        at = after
    return found


def walls(zone: str, years: int) -> list[str]:
    """Wall times to be reminded at: around each change also those that come twice or never, and one in each month."""
    place = ZoneInfo(zone)
    said = []
    for change in changes(zone, years):
        day = change.astimezone(place).date()
        said += [f"{day} {hour:02}:{minute:02}" for hour in (0, 1, 2, 3) for minute in (0, 30)]
    day = date(BEGIN.year, BEGIN.month, 20)
    while day < date(BEGIN.year + years, 1, 1):
        said.append(f"{day} 09:15")
        day = (day + timedelta(days=31)).replace(day=20)
    return list(dict.fromkeys(said))


def due(wall: str, zone: str) -> datetime:
    """The instant that a person means: of a time that comes twice the first, of one that never comes the end of the gap."""
    place = ZoneInfo(zone)
    at = datetime.fromisoformat(wall)
    candidate = (at - timedelta(hours=26)).replace(tzinfo=UTC)
    while candidate.astimezone(place).replace(tzinfo=None) < at:
        candidate += timedelta(minutes=30)
    return candidate


def reminded(d: Desk, zone: str, *, years: int, jumps: int, seed: int) -> None:
    """Ask to be reminded at all of the times, then let the years pass while the clock jumps."""
    dice = random.Random(seed)
    d.at = BEGIN
    d.agent("anna")
    d.write("Kim <kim@client.example>")
    d.post()
    expected = {wall: due(wall, zone) for wall in walls(zone, years) if due(wall, zone) > BEGIN + timedelta(days=1)}
    target = Envelope(door="submission", sender=ANNA, login="anna", recipients=("support@desk.example",), peer="192.0.2.9")
    lines = [f"#remind {wall} look at <{wall}>" for wall in expected]
    for n in range(0, len(lines), 40):
        text = "\r\n".join(lines[n : n + 40])
        i = d.take(
            f"From: {ANNA}\r\nTo: support@desk.example\r\nSubject: [T1]\r\nMessage-ID: <r{n}@staff.example>\r\n\r\n{text}\r\n".encode(),
            target,
        )
        assert d.fate(i) == "executed", d.mail(i)["why"]
    d.post()
    instants = sorted({at for each in expected.values() for at in (each - timedelta(minutes=1), each, each + timedelta(minutes=1))})
    told: Counter[str] = Counter()
    jumping = set(dice.sample(range(len(instants)), min(jumps, len(instants))))
    for n, at in enumerate(instants):
        moments = [at]
        if n in jumping:  # back by hours and forward again, as a clock that is set by hand, or a machine that slept
            moments += [at - timedelta(hours=dice.uniform(0.1, 30)), at - timedelta(minutes=dice.uniform(0, 90)), at]
        for moment in moments:
            d.at = moment
            clerk.all_due(d.office, moment)
        d.at = at
        for mail in d.post():
            if str(mail["X-Mailgate-Template"]) == "fyi":
                wall = next(w for w in expected if f"look at <{w}>" in " ".join(plain(mail).split()))
                told[wall] += 1
                assert expected[wall] <= at, f"{wall} in {zone} was told at {at}, before it was due at {expected[wall]}"
                assert at - expected[wall] <= timedelta(minutes=1), f"{wall} in {zone} was told late, at {at}"
    assert {wall: told[wall] for wall in expected if told[wall] != 1} == {}


def test_reminders_around_the_nights_of_the_change_come_once(tmp_path: Path) -> None:
    """A night that has an hour twice would remind twice, and one that lacks an hour not at all."""
    with desk(tmp_path, desk="") as d:
        reminded(d, "Europe/Helsinki", years=1, jumps=20, seed=1)


@pytest.mark.chaos
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("zone", ZONES)
def test_ten_years_of_reminders(tmp_path: Path, zone: str) -> None:
    """The same for ten years, every night of the change, and two hundred jumps of the clock."""
    from tests.desk import office

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(office, "CONFIG", office.CONFIG.replace("Europe/Helsinki", zone))
        with desk(tmp_path) as d:
            reminded(d, zone, years=10, jumps=200, seed=7)
