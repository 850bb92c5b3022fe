"""Whatever single write or sync fails, the work is done or not done, and once the disk is mended it can be done again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.disk import Disk
from tests.faults.nth import SCENARIOS

ROOT = Path(__file__).resolve().parents[2]


def failed(tmp_path: Path, scenario: str, every: int, offset: int) -> str:
    """Run a scenario on the faulty disk; gives what it said."""
    (tmp_path / "disk").mkdir()
    disk = Disk(tmp_path / "disk", tmp_path / "steer")
    command = [sys.executable, "-m", "tests.faults.nth", str(tmp_path), "--only", scenario, "--every", str(every), "--offset", str(offset)]
    done = subprocess.run(
        command, cwd=ROOT, env=dict(os.environ) | disk.environment, capture_output=True, text=True, timeout=3000, check=False
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize(("scenario", "every"), [("mail", 83), pytest.param("work", 83, marks=pytest.mark.chaos)])
def test_work_that_a_fault_of_the_disk_breaks_off_is_done_whole_the_second_time(tmp_path: Path, scenario: str, every: int) -> None:
    """A half-done action would stay: a closed request without its history, a letter without its cause."""
    assert f"{scenario}: every {every}th write" in failed(tmp_path, scenario, every, offset=41)


@pytest.mark.chaos
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_single_write_and_sync(tmp_path: Path, scenario: str) -> None:
    """The same for each of them, in every scenario."""
    failed(tmp_path, scenario, 1, offset=1)
