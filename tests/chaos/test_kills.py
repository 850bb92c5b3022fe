"""Kill −9 at any moment: nothing acknowledged is lost, nothing is kept twice, every copy that leaves is the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.chaos.drill import CONFIG, Drill, judge
from tests.chaos.load import Senders, numbered
from tests.chaos.relay import Relay, by_chance
from tests.journeys.desk import Desk

FAULTS = {"451 4.3.0 not now": 0.08, "421 4.3.2 closing": 0.03, "drop": 0.06}


def drilled(open_desk: Callable[..., Desk], *, seed: int, kills: int, seconds: float, threads: int, store: str = "") -> Drill:
    """Run a drill to its end and see that nothing went wrong."""
    with Relay(fault=by_chance(FAULTS, seed)) as relay:
        desk = open_desk(relay=f"smtp://127.0.0.1:{relay.port}", **({"store": store} if store else {}))
        desk.write_config(desk.config.read_text().partition("[limits]")[0] + CONFIG)
        drill = Drill(desk, Senders(desk.smtp_port, numbered(seed), threads=threads, seed=seed), relay, seed)
        drill.run(kills, seconds=seconds)
        drill.settle(max(60.0, seconds / 2))
        verdict = judge(desk, drill.senders.items, relay)
        recovery = sorted(drill.ready_after)
        print(
            f"seed={seed} kills={drill.kills} mails={len(drill.senders.items)} broke={dict(drill.senders.moments)} faults={dict(relay.faults)}"
            f" copies={dict(verdict.copies)} ready_after={recovery[len(recovery) // 2]:.2f}/{recovery[-1]:.2f} s"
        )
        assert verdict.faults == {}
        assert drill.died == []
        assert desk.cli("mail", "fates")["ok"]
        assert desk.run("db", "check").returncode == 0
    return drill


@pytest.mark.timeout(170)
def test_a_daemon_killed_again_and_again_keeps_its_word(open_desk: Callable[..., Desk]) -> None:
    """A crash would cost somebody his mail, or answer somebody twice with different words."""
    drill = drilled(open_desk, seed=1, kills=15, seconds=20, threads=3)
    assert drill.kills >= 3
    assert drill.senders.items


@pytest.mark.chaos
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_three_hundred_kills(open_desk: Callable[..., Desk], engine: str, request: pytest.FixtureRequest) -> None:
    """The same, long enough to meet the rare moments."""
    store = request.getfixturevalue("postgres_url") if engine == "postgresql" else ""
    drill = drilled(open_desk, seed=300, kills=300, seconds=3000, threads=4, store=store)
    assert drill.kills == 300
    assert drill.senders.moments["answer"] > 50, "kills have to hit the time between the last dot and its answer"
