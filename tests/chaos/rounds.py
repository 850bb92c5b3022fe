"""Goes round the drills with another seed each time, for as long as it is told: `python -m tests.chaos.rounds --seconds 600`.

Kills on both engines, power losses in both journal modes, single failing writes, kills at named points; `--only kills` confines it to some. Each
round follows from its number; the next run goes on with the number at which this one stopped. A round that went wrong is printed with its
number, and the run ends with 1. At the end it says how often was killed, and how long the door took to greet again.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.chaos.drill import Drill
from tests.chaos.load import Told
from tests.chaos.test_kills import drilled
from tests.faults.crashing import POINTS
from tests.faults.nth import SCENARIOS
from tests.faults.test_crashing import killed
from tests.faults.test_disk import losses_drilled
from tests.faults.test_nth import failed
from tests.journeys.desk import Desk, ended
from tests.servers.postgres import Postgres

pace = {"seconds": 30.0}
"""How long a round lasts that could go on for ever."""

recovered: dict[str, list[float]] = {"sqlite": [], "postgresql": []}
"""How long the door took to greet after each start, by engine."""
killed_so_often: Counter[str] = Counter()
mails_taken: Counter[str] = Counter()
_server: list[Postgres] = []


def opener(folder: Path, made: list[Desk]) -> Callable[..., Desk]:
    """Makes desks as the journeys' fixture does."""

    def make(name: str = "desk", **how: Any) -> Desk:
        made.append(Desk.open(folder / name, **how))
        return made[-1]

    return make


def kills(folder: Path, open_desk: Callable[..., Desk], number: int) -> None:
    """Kill -9 under load."""
    _counted("sqlite", drilled(open_desk, seed=number, kills=1000, seconds=pace["seconds"], threads=3))


def kills_on_postgresql(folder: Path, open_desk: Callable[..., Desk], number: int) -> None:
    """The same with PostgreSQL, whose server lives on."""
    if not _server:
        _server.append(Postgres())
    store = _server[0].url(_server[0].create())
    _counted("postgresql", drilled(open_desk, seed=number, kills=1000, seconds=pace["seconds"], threads=3, store=store))


def _counted(engine: str, drill: Drill) -> None:
    recovered[engine] += drill.ready_after
    killed_so_often[engine] += drill.kills
    mails_taken[engine] += sum(item.told is Told.kept for item in drill.senders.items)


def figures() -> str:
    """What the kills came to."""
    said = []
    for engine, spans in recovered.items():
        if spans:
            spans.sort()
            share = {name: spans[min(len(spans) - 1, int(len(spans) * part))] for name, part in (("half", 0.5), ("p99", 0.99))}
            said.append(
                f"{engine}: {killed_so_often[engine]} kills, {mails_taken[engine]} mails answered 250, greets again after"
                f" {share['half']:.2f} s in the middle, {share['p99']:.2f} s in 99 of 100, {spans[-1]:.2f} s at most"
            )
    return "\n".join(said)


def power(folder: Path, open_desk: Callable[..., Desk], number: int) -> None:
    """Power losses under load; the journal mode changes from round to round."""
    losses_drilled(
        open_desk, folder, journal=("wal", "truncate")[number // len(DRILLS) % 2], losses=1000, seconds=pace["seconds"], seed=number
    )


def writes(folder: Path, open_desk: Callable[..., Desk], number: int) -> None:
    """Some of the writes and syncs of a piece of work fail."""
    failed(folder, list(SCENARIOS)[number // len(DRILLS) % len(SCENARIOS)], 41, offset=1 + number % 41)


def points(folder: Path, open_desk: Callable[..., Desk], number: int) -> None:
    """Kills at two of the named points."""
    names = list(POINTS)
    killed(folder, tuple(names[(number + each) % len(names)] for each in (0, 7)), 2)


DRILLS = (kills, power, writes, points, kills_on_postgresql)


def main() -> int:
    """The command; gives its exit code."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--seconds", type=float, default=600)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--state", type=Path, default=Path(".chaos.json"))
    words.add_argument("--round", type=float, default=pace["seconds"], help="seconds of each round that goes on for a time")
    words.add_argument("--only", default="", help="names of drills, with commas between them")
    given = words.parse_args()
    pace["seconds"] = given.round
    drills = [each for each in DRILLS if not given.only or each.__name__ in given.only.split(",")]
    known: dict[str, int] = json.loads(given.state.read_text()) if given.state.exists() else {}
    number = known.get(str(given.seed), 0)
    end = time.monotonic() + given.seconds
    wrong: list[int] = []
    while time.monotonic() < end:
        drill = drills[number % len(drills)]
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
    for server in _server:
        server.close()
    print(figures())
    print(f"rounds up to {number}, wrong: {wrong or 'none'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
