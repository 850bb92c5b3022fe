"""Ten seconds of what `make soak` does for hours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.soaking import Look, Soaked, soaked


@pytest.mark.chaos
@pytest.mark.timeout(170)
def test_a_busy_desk_stays_sound(tmp_path: Path) -> None:
    """What goes wrong once in a thousand mails goes wrong each day."""
    result = soaked(tmp_path / "desk", seconds=4, seed=3)
    assert result.mails > 5
    assert result.faults == {}
    assert result.is_sound
    assert result.looks[-1].bytes > 10_000_000, "the daemon was looked at"


def test_a_leak_is_told_from_a_desk_that_warms_up() -> None:
    """A drill that can't see a leak shows nothing."""
    leaking = Soaked(looks=[Look(n, 100_000_000 + n * 2_000_000, 30, n, 0) for n in range(100)])
    warming = Soaked(looks=[Look(n, 100_000_000 + min(n, 10) * 2_000_000, 30, n, 0) for n in range(100)])
    running_out = Soaked(looks=[Look(n, 100_000_000, 30 + n, n, 0) for n in range(100)])
    assert warming.grown() == []
    assert [each.partition(":")[0] for each in leaking.grown()] == ["bytes"]
    assert [each.partition(":")[0] for each in running_out.grown()] == ["descriptors"]
