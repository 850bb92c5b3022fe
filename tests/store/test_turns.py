"""Who writes next within one process: nobody starves, and who is in a hurry doesn't queue."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from store import engine, migrate, schedule
from store.engine import Store
from store.turns import Turns


def _in_line(turns: Turns, count: int) -> None:
    """Wait until so many threads stand in line."""
    deadline = time.monotonic() + 30
    while len(turns._line) < count:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_the_door_writes_next_and_the_others_in_their_order() -> None:
    """A mail that somebody waits for would stand behind all that the desk does for itself."""
    turns, order = Turns(), list[str]()

    def write(name: str, *, hurry: bool) -> None:
        assert turns.take(seconds=60, hurry=hurry)
        order.append(name)
        turns.end()

    assert turns.take(seconds=0)
    threads = []
    for name, hurry in (("handler", False), ("postman", False), ("door", True)):
        threads.append(threading.Thread(target=write, args=(name,), kwargs={"hurry": hurry}))
        threads[-1].start()
        _in_line(turns, len(threads))
    turns.end()
    for thread in threads:
        thread.join()
    assert order == ["door", "handler", "postman"]


def test_who_writes_without_a_pause_lets_others_in() -> None:
    """A desk with a backlog would take no mail: whoever has just written would always be faster than whoever waits."""
    turns, ending = Turns(), threading.Event()

    def write_on_and_on() -> None:
        while not ending.is_set():
            assert turns.take(seconds=60)
            time.sleep(0.001)
            turns.end()

    busy = threading.Thread(target=write_on_and_on)
    busy.start()
    try:
        for _ in range(20):
            began = time.monotonic()
            assert turns.take(seconds=60)
            turns.end()
            assert time.monotonic() - began < 5
    finally:
        ending.set()
        busy.join()


def test_who_waits_too_long_is_told_and_is_no_longer_in_line() -> None:
    """A turn would be handed to somebody who has gone, and nobody would write any more."""
    turns = Turns()
    assert turns.take(seconds=0)
    assert not turns.take(seconds=0.01)
    turns.end()
    assert turns.take(seconds=0)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty desk."""
    opened = engine.open(f"sqlite:///{tmp_path}/desk.db")
    migrate.prepare(opened)
    return opened


def test_a_failed_write_hands_its_turn_over(store: Store) -> None:
    """After one fault the process could never write again."""
    with pytest.raises(LookupError), engine.transaction(store):
        raise LookupError
    with engine.transaction(store, hurry=True) as tx:
        schedule.done(tx, "report", datetime(2026, 11, 30, tzinfo=UTC))
    store.close()
