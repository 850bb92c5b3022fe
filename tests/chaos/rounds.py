"""Goes round the drills with another seed each time, for as long as it is told: `python -m tests.chaos.rounds --seconds 600`.

Kills, power losses in both journal modes, single failing writes, kills at named points. Each round follows from its number; the next run goes
on with the number at which this one stopped. A round that went wrong is printed with its number, and the run ends with 1.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.chaos.test_kills import drilled
from tests.faults.crashing import POINTS
from tests.faults.nth import SCENARIOS
from tests.faults.test_crashing import killed
from tests.faults.test_disk import losses_drilled
from tests.faults.test_nth import failed
from tests.journeys.desk import Desk, ended

ROUND_SECONDS = 30


def opener(folder: Path, made: list[Desk]) -> Callable[..., Desk]:
    """Makes desks as the journeys' fixture does."""

    def make(name: str = "desk", **how: Any) -> Desk:
        made.append(Desk.open(folder / name, **how))
        return made[-1]

    return make


def kills(folder: Path, open_desk: Callable[..., Desk], number: int) -> None:
    """Kill -9 under load."""
    drilled(open_desk, seed=number, kills=1000, seconds=ROUND_SECONDS, threads=3)


def power(folder: Path, open_desk: Callable[..., Desk], number: int) -> None:
    """Power losses under load; the journal mode changes from round to round."""
    losses_drilled(
        open_desk, folder, journal=("wal", "truncate")[number // len(DRILLS) % 2], losses=1000, seconds=ROUND_SECONDS, seed=number
    )


def writes(folder: Path, open_desk: Callable[..., Desk], number: int) -> None:
    """Some of the writes and syncs of a piece of work fail."""
    failed(folder, list(SCENARIOS)[number // len(DRILLS) % len(SCENARIOS)], 41, offset=1 + number % 41)


def points(folder: Path, open_desk: Callable[..., Desk], number: int) -> None:
    """Kills at two of the named points."""
    names = list(POINTS)
    killed(folder, tuple(names[(number + each) % len(names)] for each in (0, 7)), 2)


DRILLS = (kills, power, writes, points)


def main() -> int:
    """The command; gives its exit code."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--seconds", type=float, default=600)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--state", type=Path, default=Path(".chaos.json"))
    given = words.parse_args()
    known: dict[str, int] = json.loads(given.state.read_text()) if given.state.exists() else {}
    number = known.get(str(given.seed), 0)
    end = time.monotonic() + given.seconds
    wrong: list[int] = []
    while time.monotonic() < end:
        drill = DRILLS[number % len(DRILLS)]
        folder = Path(tempfile.mkdtemp(prefix="mailgate-chaos-"))
        made: list[Desk] = []
        try:
            drill(folder, opener(folder, made), given.seed * 100_000 + number)
            print(f"round {number}, {drill.__name__}: nothing wrong", flush=True)
        except Exception:
            traceback.print_exc()
            wrong.append(number)
        finally:
            ended(made)
            shutil.rmtree(folder, ignore_errors=True)
        number += 1
        given.state.write_text(json.dumps(known | {str(given.seed): number}))
    print(f"rounds up to {number}, wrong: {wrong or 'none'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
