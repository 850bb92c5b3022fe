"""A few seconds of fuzzing in every run of the tests, and once more whatever broke something before; `make fuzz` goes on for longer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from tests.fuzz import dialogue, run
from tests.fuzz.targets import TARGETS

COUNTS = {"parser": 250, "reader": 500, "command": 2000, "fields": 2000, "page": 500, "seal": 60}
SEEDS = [pytest.param(path, id=f"{name}-{path.name}") for name in TARGETS for path in run.seeds(name)]


@pytest.mark.parametrize("name", TARGETS)
def test_inputs_from_dice_break_nothing(name: str) -> None:
    """A stranger's mail would end the daemon's work on all others."""
    for number in range(COUNTS[name]):
        begun = time.process_time()
        TARGETS[name].take(run.made(0, name, number))
        assert time.process_time() - begun < 5, f"number {number}"


@pytest.mark.parametrize("path", SEEDS)
def test_what_broke_once_breaks_no_more(path) -> None:  # type: ignore[no-untyped-def]
    """Each was found by fuzzing; a fault that comes back would be found by strangers."""
    begun = time.process_time()
    TARGETS[path.parent.name].take(path.read_bytes())
    assert time.process_time() - begun < 5


def talked(with_doors: Callable[[dialogue.Talk], Awaitable[None]]) -> None:
    """Doors of all kinds for the length of a function."""

    async def all_of_it() -> None:
        async with dialogue.open_doors() as talk:
            await with_doors(talk)

    asyncio.run(all_of_it())


def test_nonsense_in_every_state_of_the_protocol_is_answered_and_the_doors_stay_open() -> None:
    """One confused or wicked client would shut out everybody."""

    async def some(talk: dialogue.Talk) -> None:
        for number in range(150):
            await talk.run(run.made(0, "dialogue", number))

    talked(some)


def test_dialogues_that_broke_the_doors_once_do_so_no_more() -> None:
    """The same, for what was found by fuzzing."""

    async def found(talk: dialogue.Talk) -> None:
        for path in run.seeds("dialogue"):
            await talk.run(path.read_bytes())

    talked(found)


def test_an_input_follows_from_its_number_alone() -> None:
    """A finding that nobody can make again helps nobody."""
    for name in run.NAMES:
        assert run.made(3, name, 17) == run.made(3, name, 17)
        assert len({run.made(3, name, number) for number in range(50)}) > 25
