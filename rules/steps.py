"""Work in steps: many like things taken one step at a time, all of them before any goes on to the next.

The work is written in one piece, as a generator that yields where a step ends. What a step needs of the processor's caches, its code
first of all, is there for all but the first then: a batch of mails is rendered and composed in two thirds of the time.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import TypeVar

Made = TypeVar("Made")
Steps = Generator[None, None, Made]
"""Work that yields after each of its steps and returns what it made."""


def done(work: Steps[Made]) -> Made:
    """What one piece of work makes."""
    return together((work,))[0]


def together(works: Iterable[Steps[Made]]) -> list[Made]:
    """What each piece of work makes, in their order. Raises what any of them raises."""
    made: dict[int, Made] = {}
    going = dict(enumerate(works))
    while going:
        for place, work in list(going.items()):
            try:
                next(work)
            except StopIteration as end:
                made[place] = end.value
                del going[place]
    return [made[place] for place in sorted(made)]
