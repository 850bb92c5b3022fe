"""PostgreSQL that is restarted under load, several daemons on it, and one of them that stands still for a while."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tests.chaos.drill import CONFIG, judge
from tests.chaos.load import Senders, Told, numbered
from tests.chaos.relay import Relay, by_chance
from tests.journeys.desk import Desk, until
from tests.servers.postgres import Postgres


@pytest.fixture
def server() -> Iterator[Postgres]:
    """A server of this test's own, which it may end."""
    made = Postgres()
    yield made
    made.close()


def restarted(open_desk: Callable[..., Desk], server: Postgres, *, seed: int, restarts: int, threads: int) -> None:
    """End the server as a crash does, so often, while mail comes and goes; the daemon lives on."""
    dice = random.Random(seed)
    with Relay(fault=by_chance({"451 4.3.0 not now": 0.05}, seed)) as relay:
        desk = open_desk(relay=f"smtp://127.0.0.1:{relay.port}", store=server.url(server.create()))
        desk.write_config(desk.config.read_text().partition("[limits]")[0] + CONFIG)
        desk.start()
        senders = Senders(desk.smtp_port, numbered(seed, 20_000), threads=threads, seed=seed)
        senders.start()
        back: list[float] = []
        for _ in range(restarts):
            time.sleep(dice.uniform(0.1, 1.0))
            server.kill()
            time.sleep(dice.choice((0.0, 0.0, dice.uniform(0, 0.8))))
            server.start()
            began, before = time.monotonic(), _kept(senders)
            until(lambda before=before: _kept(senders) > before, "mail is taken again", 60)
            back.append(time.monotonic() - began)
        assert senders.finish(60), "senders still wait for an answer"
        assert desk.process is not None and desk.process.poll() is None, "the daemon lived through all of them"
        until(lambda: desk.cli("mail", "fates")["waiting"] == 0, "every mail has its fate", 900)
        assert desk.stop(20) == 0
        relay.fault = lambda recipient, tried: ""
        desk.cli("--now", _in_hours(2), "tick")
        desk.cli("--now", _in_hours(26), "tick")
        verdict = judge(desk, senders.items, relay)
        back.sort()
        print(f"seed={seed} restarts={restarts} mails={_kept(senders)} takes mail after {back[len(back) // 2]:.2f}/{back[-1]:.2f} s")
        assert verdict.faults == {}
        assert desk.run("db", "check").returncode == 0


def _kept(senders: Senders) -> int:
    return sum(item.told is Told.kept for item in senders.items)


def _in_hours(hours: int) -> str:
    from datetime import UTC, datetime, timedelta

    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


@pytest.mark.timeout(170)
def test_a_postgresql_that_crashes_under_load_costs_no_mail(open_desk: Callable[..., Desk], server: Postgres) -> None:
    """An update of the server would bounce mail, or have some twice."""
    restarted(open_desk, server, seed=11, restarts=2, threads=2)


@pytest.mark.chaos
@pytest.mark.timeout(3600)
def test_a_hundred_crashes_of_postgresql(open_desk: Callable[..., Desk], server: Postgres) -> None:
    """The same, long enough to meet the rare moments."""
    restarted(open_desk, server, seed=15, restarts=100, threads=3)


def stood_still(open_desk: Callable[..., Desk], server: Postgres, *, seconds: float, mails: int) -> None:
    """Three daemons share a database; one is stopped in the middle of its work, and continued when others have long gone on."""
    with Relay() as relay:
        url = server.url(server.create())
        desks = [open_desk(f"desk{n}", relay=f"smtp://127.0.0.1:{relay.port}", store=url) for n in range(3)]
        secret = None
        for desk in desks:
            desk.write_config(desk.config.read_text().partition("[limits]")[0] + CONFIG)
            if secret is not None:
                (desk.folder / "secret").write_bytes(secret)
                (desk.folder / "secret").chmod(0o600)
            desk.start()
            secret = (desk.folder / "secret").read_bytes()
        stream = list(zip(range(mails), numbered(17, 5000), strict=False))
        groups = [Senders(desk.smtp_port, [item for n, item in stream if n % 3 == k], threads=2, seed=k) for k, desk in enumerate(desks)]
        for group in groups:
            group.start()
        time.sleep(1.5)
        desks[0].signal(signal.SIGSTOP)
        time.sleep(seconds)
        for group in groups[1:]:
            assert group.finish(120)
        desks[0].signal(signal.SIGCONT)
        assert groups[0].finish(120)
        until(lambda: desks[1].cli("mail", "fates")["waiting"] == 0, "every mail has its fate", 120)
        assert [desk.stop(20) for desk in desks] == [0, 0, 0]
        desks[1].cli("--now", _in_hours(2), "tick")
        items = [item for group in groups for item in group.items]
        verdict = judge(desks[1], items, relay)
        print(f"mails={len(items)} copies={dict(verdict.copies)}")
        assert verdict.faults == {}
        states = Counter(row["state"] for row in desks[1].cli("outbox", "list", "--limit", "100000"))
        assert set(states) == {"sent"}, states
        assert desks[1].run("db", "check").returncode == 0


@pytest.mark.chaos
@pytest.mark.timeout(900)
def test_a_daemon_that_stood_still_for_five_minutes_does_nothing_twice(open_desk: Callable[..., Desk], server: Postgres) -> None:
    """A laptop lid or a busy hypervisor: what it had claimed was taken over, and it goes on as if nothing had been."""
    stood_still(open_desk, server, seconds=300, mails=300)


@pytest.mark.timeout(170)
def test_three_daemons_share_a_postgresql_and_one_stands_still(open_desk: Callable[..., Desk], server: Postgres) -> None:
    """The same for some seconds."""
    stood_still(open_desk, server, seconds=4, mails=30)
