"""Work in steps: in turns, each with its own result."""

from __future__ import annotations

import pytest

from rules import steps


def counting(name: str, count: int, seen: list[str]) -> steps.Steps[str]:
    """Work of so many steps; gives its name."""
    for number in range(count):
        seen.append(f"{name}{number}")
        yield
    return name


def test_all_take_a_step_before_any_takes_the_next() -> None:
    """The gain lies in doing the same for all at a time; a short piece of work doesn't hold up the long ones, nor do results change places."""
    seen: list[str] = []
    assert steps.together([counting("a", 2, seen), counting("b", 0, seen), counting("c", 3, seen)]) == ["a", "b", "c"]
    assert seen == ["a0", "c0", "a1", "c1", "c2"]


def test_one_piece_of_work_alone_is_done_to_its_end() -> None:
    """A preview makes one mail."""
    assert steps.done(counting("a", 3, [])) == "a"
    assert steps.together([]) == []


def test_what_is_raised_reaches_the_caller() -> None:
    """Whoever can go on without one piece of work catches its faults inside of it."""

    def failing() -> steps.Steps[str]:
        yield
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        steps.together([counting("a", 3, []), failing()])
