"""An upgrade that is killed leaves the old shape or the new one, and every row."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.upgrading import LAST, NEXT, STEP, fill

ROOT = Path(__file__).resolve().parents[2]


def drilled(tmp_path: Path, url: str, *, tickets: int, kills: int, seed: int) -> None:
    """Kill the upgrade at random instants until it is through, so often in all; a database that is through is brought back."""
    steps = tmp_path / "steps"
    steps.mkdir()
    (steps / f"{NEXT}_rebuild.py").write_text(STEP.replace("NEXT", NEXT).replace("LAST", LAST))
    command = [sys.executable, "-m", "tests.faults.upgrading", url, str(steps)]
    fill(url, tickets)
    before = _said([*command, "look"])
    assert before[0] == "old"
    whole = _copy(url)
    began = time.monotonic()
    assert _said(command) == ["new", before[1]]
    takes = time.monotonic() - began
    dice = random.Random(seed)
    halves = 0
    for _ in range(kills):
        _put_back(url, whole)
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(dice.uniform(0.2 * takes, takes))
        process.kill()
        process.wait()
        shape, rows = _said([*command, "look"])
        assert rows == before[1], f"rows changed, and the shape is {shape}"
        halves += shape == "old"
        assert _said(command) == ["new", before[1]], "the next start goes on from there"
    print(f"seed={seed} tickets={tickets} kills={kills} old={halves} new={kills - halves} an upgrade takes {takes:.1f} s")
    assert halves or kills < 20, "no kill hit the upgrade"


def _said(command: list[str]) -> list[str]:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.split()


def _copy(url: str) -> bytes:
    return Path(url.removeprefix("sqlite:///")).read_bytes()


def _put_back(url: str, whole: bytes) -> None:
    path = Path(url.removeprefix("sqlite:///"))
    for leftover in path.parent.glob(f"{path.name}-*"):
        leftover.unlink()
    path.write_bytes(whole)


def test_an_upgrade_that_is_killed_is_old_or_new_and_goes_on(tmp_path: Path) -> None:
    """A table that was dropped and not yet renamed would be all posts of all tickets."""
    drilled(tmp_path, f"sqlite:///{tmp_path / 'desk.db'}", tickets=1000, kills=2, seed=7)


@pytest.mark.chaos
@pytest.mark.timeout(3600)
def test_an_upgrade_of_a_hundred_thousand_tickets_killed_two_hundred_times(tmp_path: Path) -> None:
    """The same at a size where the upgrade takes long enough to be hit everywhere."""
    drilled(tmp_path, f"sqlite:///{tmp_path / 'desk.db'}", tickets=100_000, kills=200, seed=71)
