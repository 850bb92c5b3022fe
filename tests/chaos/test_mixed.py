"""A day of mixed mail with crashes in between: the account adds up, and nothing happened twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.chaos.drill import CONFIG, Drill, judge
from tests.chaos.load import Senders, Told
from tests.chaos.mixed import AGENT, a_day
from tests.chaos.relay import Relay
from tests.journeys.desk import Desk


def day_with_kills(open_desk: Callable[..., Desk], *, seed: int, count: int, kills: int, seconds: float) -> Counter[str]:
    """Run the day; gives the fates."""
    day = a_day(seed, count)
    with Relay() as relay:
        desk = open_desk(relay=f"smtp://127.0.0.1:{relay.port}")
        desk.write_config(desk.config.read_text().partition("[limits]")[0] + CONFIG)
        desk.staff("helpdesk", anna=AGENT)
        drill = Drill(desk, Senders(desk.smtp_port, day.items, threads=3, seed=seed), relay, seed)
        drill.run(kills, seconds=seconds, alive=2.0)
        until_through(drill, seconds)
        drill.settle(max(60.0, seconds / 2))
        account = desk.cli("mail", "fates")
        verdict = judge(desk, day.items, relay)
        rows = desk.cli("mail", "list", "--limit", "100000")
    print(f"seed={seed} kills={drill.kills} kinds={dict(day.kinds)} fates={account['fates']} copies={dict(verdict.copies)}")
    assert account["ok"], account
    assert account["waiting"] == 0
    assert sum(account["fates"].values()) == account["received"] == day.receptions
    assert [item.answer for item in day.items if item.told is not Told.kept] == []
    assert len({row["id"] for row in rows}) == day.receptions
    wrong = {name: found for name, found in verdict.faults.items() if name not in {"doubled", "unanswered", "corrupt"}}
    assert wrong == {}
    opened = Counter(row["message_id"] for row in rows if row["fate"] == "opened" and str(row["message_id"]).startswith("<good"))
    assert {message_id: n for message_id, n in opened.items() if n > 1} == {}
    assert set(opened) == {item.message_id for item in day.items if item.message_id.startswith("<good")}
    assert account["fates"]["duplicate"] == len({(i.raw, i.sender) for i in day.items if i.sender.startswith("list-bounces")})
    return Counter(account["fates"])


def until_through(drill: Drill, seconds: float) -> None:
    """All mails of the day, not only those begun by the last kill."""
    from tests.journeys.desk import until

    until(lambda: drill.senders.is_through, "all mails are sent", max(60.0, seconds))


@pytest.mark.timeout(170)
def test_two_hundred_mails_and_four_kills(open_desk: Callable[..., Desk]) -> None:
    """Somebody's mail would have no fate, or two."""
    fates = day_with_kills(open_desk, seed=2, count=200, kills=4, seconds=15)
    assert fates["opened"]
    assert fates["held"]
    assert fates["automatic"]


@pytest.mark.chaos
@pytest.mark.timeout(1800)
def test_a_thousand_mails_and_twenty_kills(open_desk: Callable[..., Desk]) -> None:
    """The same for a day's mail."""
    day_with_kills(open_desk, seed=20, count=1000, kills=20, seconds=900)
