"""Keeps a real daemon busy for as long as it is told, and watches memory, descriptors and the time to an answer: `python -m tests.soak.soaking`.

All dice follow from the seed. What is seen is written down second by second, so that a run can be looked at afterwards.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.chaos.drill import CONFIG, judge
from tests.chaos.load import Item, Senders, numbered
from tests.chaos.relay import Relay, by_chance
from tests.journeys.desk import Desk, until

FAULTS = {"451 4.3.0 not now": 0.03, "421 4.3.2 closing": 0.01, "drop": 0.01}
GROWTH = 1.25
"""So much more memory in the last quarter than in the second one is a leak."""
SPARE_BYTES = 20_000_000
SPARE_DESCRIPTORS = 10


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the daemon and the process that reads for it."""

    second: float
    bytes: int
    descriptors: int
    mails: int
    waiting: int


@dataclass(slots=True)
class Soaked:
    """What came of it."""

    looks: list[Look] = field(default_factory=list)
    mails: int = 0
    faults: dict[str, list[str]] = field(default_factory=dict)
    is_sound: bool = False
    """Whether every fate and every invariant held in the end."""

    def grown(self) -> list[str]:
        """What grew that shouldn't; empty where the run was too short to say."""
        quarter = len(self.looks) // 4
        if quarter < 2:
            return []
        before, after = self.looks[quarter : 2 * quarter], self.looks[-quarter:]
        found = []
        for name, factor, spare in (("bytes", GROWTH, SPARE_BYTES), ("descriptors", 1.0, SPARE_DESCRIPTORS)):
            early, late = (statistics.median(getattr(look, name) for look in part) for part in (before, after))
            if late > early * factor + spare:
                found.append(f"{name}: {early:.0f} in the second quarter, {late:.0f} in the last")
        return found


def family(pid: int) -> list[int]:
    """A process and those that it started."""
    found = [pid]
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = each.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found += family(int(each.parent.name))
    return found


def look(pid: int, second: float, items: Sequence[Item], waiting: int) -> Look:
    """What the daemon holds now."""
    resident = descriptors = 0
    for each in family(pid):
        try:
            resident += int((Path("/proc") / str(each) / "statm").read_text().split()[1]) * 4096
            descriptors += len(list((Path("/proc") / str(each) / "fd").iterdir()))
        except OSError:
            continue
    return Look(second=round(second, 1), bytes=resident, descriptors=descriptors, mails=len(items), waiting=waiting)


def soaked(folder: Path, *, seconds: float, seed: int, threads: int = 2, store: str = "sqlite:///desk.db") -> Soaked:
    """Keep a desk busy in a folder; gives what was seen."""
    result = Soaked()
    with Relay(fault=by_chance(FAULTS, seed)) as relay:
        desk = Desk.open(folder, relay=f"smtp://127.0.0.1:{relay.port}", store=store)
        desk.write_config(desk.config.read_text().partition("[limits]")[0] + CONFIG)
        senders = Senders(desk.smtp_port, numbered(seed, 20_000), threads=threads, seed=seed)
        try:
            desk.start()
            assert desk.process is not None
            began = time.monotonic()
            senders.start()
            while (gone := time.monotonic() - began) < seconds:
                result.looks.append(look(desk.process.pid, gone, senders.items, 0))
                assert desk.process.poll() is None, f"the daemon ended by itself:\n{desk.log()[-2000:]}"
                time.sleep(max(0.2, seconds / 200))
            assert senders.finish(60), "senders still wait for an answer"
            until(lambda: desk.cli("mail", "fates")["waiting"] == 0, "every mail has its fate", max(60.0, seconds))
            assert desk.stop(20) == 0
            relay.fault = lambda recipient, tried: ""
            for day in ("2030-01-01T00:00+00:00", "2030-01-02T00:00+00:00"):
                desk.cli("--now", day, "tick")
            result.mails = len(senders.items)
            result.faults = judge(desk, senders.items, relay).faults
            result.is_sound = bool(desk.cli("mail", "fates")["ok"]) and desk.run("db", "check").returncode == 0
        finally:
            senders.finish(1)
            desk.kill()
    return result


def main() -> int:
    """The command; gives its exit code."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--seconds", type=float, default=300)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--out", type=Path, default=Path(".soak.json"))
    given = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = soaked(Path(folder) / "desk", seconds=given.seconds, seed=given.seed)
    given.out.write_text(json.dumps([asdict(each) for each in result.looks]))
    first, last = result.looks[0], result.looks[-1]
    print(
        f"{result.mails} mails in {last.second:.0f} s, memory {first.bytes / 1e6:.0f} -> {last.bytes / 1e6:.0f} MB,"
        f" descriptors {first.descriptors} -> {last.descriptors}, sound: {result.is_sound}, wrong: {result.faults or 'nothing'}, grown: {result.grown() or 'nothing'}"
    )
    return 0 if result.is_sound and not result.faults and not result.grown() else 1


if __name__ == "__main__":
    sys.exit(main())
