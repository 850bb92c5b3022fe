"""Who may take over what a daemon that is gone had begun: on each engine, only one that is alone."""

from __future__ import annotations

import contextlib

import pytest

from store import engine, presence
from store.engine import Store

BUSY = 20.0
"""Seconds that a busy machine's PostgreSQL may take to notice that somebody has hung up."""


def test_whoever_is_alone_takes_over(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a crash the mail that was being sent would wait ten minutes for its lease to end."""
    monkeypatch.setattr(presence, "_GRACE", BUSY)
    taken: list[str] = []
    with presence.serving(store, lambda: taken.append("first")):
        pass
    with presence.serving(store, lambda: taken.append("second")):
        assert taken == ["first", "second"]


def test_a_second_daemon_on_postgresql_lets_the_first_one_finish(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two daemons that share a database would send the same mails: the one that starts would free what the other is sending."""
    taken: list[str] = []
    one, two, three = (engine.open(postgres_url) for _ in range(3))
    with contextlib.ExitStack() as first, contextlib.ExitStack() as second:
        first.enter_context(presence.serving(one, lambda: taken.append("one")))
        second.enter_context(presence.serving(two, lambda: taken.append("two")))
        assert taken == ["one"]
        first.close()
        with presence.serving(three, lambda: taken.append("three")):
            assert taken == ["one"], "the second is still there"
        second.close()
        monkeypatch.setattr(presence, "_GRACE", BUSY)
        with presence.serving(three, lambda: taken.append("three")):
            assert taken == ["one", "three"]
    for each in (one, two, three):
        each.close()


def test_a_killed_daemon_is_gone_at_once(postgres_url: str) -> None:
    """Its successor would wait for leases of somebody who can't come back."""
    from sqlalchemy import text

    taken: list[str] = []
    dead, fresh = engine.open(postgres_url), engine.open(postgres_url)
    with presence.serving(dead, lambda: taken.append("dead")):
        with engine.transaction(fresh) as tx:
            pids = (
                tx.execute(
                    text(
                        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                    )
                )
                .scalars()
                .all()
            )
            # Signalling isn't ending: the server's process lets go of its lock when it gets to it.
            ended = [tx.scalar(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid}) for pid in pids]
        assert ended
        assert all(ended)
        with presence.serving(fresh, lambda: taken.append("fresh")):
            pass
    assert taken == ["dead", "fresh"]
    dead.close()
    fresh.close()
