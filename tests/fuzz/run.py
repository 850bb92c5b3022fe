"""Goes on making inputs for as long as it is told, from where it stopped the last time: `python -m tests.fuzz.run --seconds 600`.

Each input follows from (seed, target, number) alone. Where it stopped stands in `--state`. An input that breaks something, or takes longer or
more memory than any mail may, is written under `tests/fuzz/seeds/` with the reason beside it, and the run ends with 1 after its time.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

from tests.fuzz import dialogue
from tests.fuzz.targets import TARGETS

SEEDS = Path(__file__).parent / "seeds"
SLOWEST_SECONDS = 20.0
MEMORY_BYTES = 512 * 1024 * 1024
NAMES = (*TARGETS, "dialogue")
_TURN_SECONDS = 5.0


class TooSlow(BaseException):
    """An input took longer than any mail may; not an Exception, so that nothing on the way catches it."""


def dice_of(seed: int, name: str, number: int) -> random.Random:
    """The dice of one input."""
    return random.Random(f"{seed}/{name}/{number}")


def made(seed: int, name: str, number: int) -> bytes:
    """The input of a number."""
    dice = dice_of(seed, name, number)
    return dialogue.made(dice) if name == "dialogue" else TARGETS[name].make(dice)


def seeds(name: str) -> list[Path]:
    """What once broke a target."""
    return sorted(path for path in (SEEDS / name).glob("*") if path.suffix != ".txt")


class Run:
    """Inputs for one target after the other, a few seconds each, until the time is up."""

    def __init__(self, seed: int, state: Path | None, names: tuple[str, ...]) -> None:
        self.seed, self.state, self.names = seed, state, names
        self.next: dict[str, int] = dict.fromkeys(names, 0)
        self.done: Counter[str] = Counter()
        self.seconds: Counter[str] = Counter()
        self.slowest: dict[str, tuple[float, int]] = dict.fromkeys(names, (0.0, -1))
        self.found: list[str] = []
        if state and state.exists():
            self.next |= {name: n for name, n in json.loads(state.read_text()).get(str(seed), {}).items() if name in names}

    def go_on(self, seconds: float) -> None:
        """Until the time is up."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for name in self.names:
                until = min(end, time.monotonic() + _TURN_SECONDS)
                if name == "dialogue":
                    asyncio.run(self._talk(until))
                else:
                    self._turn(name, until)
                self._note()

    def _turn(self, name: str, until: float) -> None:
        while time.monotonic() < until:
            raw = made(self.seed, name, self.next[name])
            begun = time.monotonic()
            signal.setitimer(signal.ITIMER_REAL, SLOWEST_SECONDS)
            try:
                TARGETS[name].take(raw)
            except (Exception, TooSlow) as fault:
                signal.setitimer(signal.ITIMER_REAL, 0)
                self._keep(name, raw, fault)
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._count(name, time.monotonic() - begun)

    async def _talk(self, until: float) -> None:
        async with dialogue.open_doors() as talk:
            while time.monotonic() < until:
                raw = made(self.seed, "dialogue", self.next["dialogue"])
                begun = time.monotonic()
                try:
                    await talk.run(raw)
                except Exception as fault:
                    self._keep("dialogue", raw, fault)
                    talk.faults.clear()
                    until = 0  # doors that may be broken are closed
                self._count("dialogue", time.monotonic() - begun)

    def _count(self, name: str, took: float) -> None:
        self.slowest[name] = max(self.slowest[name], (took, self.next[name]))
        self.seconds[name] += took  # type: ignore[assignment]  # Counter adds any number
        self.done[name] += 1
        self.next[name] += 1

    def _keep(self, name: str, raw: bytes, fault: BaseException) -> None:
        path = SEEDS / name / hashlib.sha256(raw).hexdigest()[:12]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
        why = "".join(traceback.format_exception(fault))[-3000:]
        path.with_suffix(".txt").write_text(f"seed {self.seed}, number {self.next[name]}\n{why}")
        self.found.append(f"{name} {self.next[name]}: {type(fault).__name__}: {str(fault)[:200]} -> {path.name}")
        print(self.found[-1], file=sys.stderr, flush=True)

    def _note(self) -> None:
        if self.state:
            known = json.loads(self.state.read_text()) if self.state.exists() else {}
            known[str(self.seed)] = known.get(str(self.seed), {}) | self.next
            self.state.parent.mkdir(parents=True, exist_ok=True)
            self.state.write_text(json.dumps(known, indent=1) + "\n")

    def account(self) -> str:
        """What was done, a line for each target."""
        rows = [
            f"{name:9} {self.done[name]:8} inputs in {self.seconds[name]:6.0f} s, next is {self.next[name]}, slowest {self.slowest[name][0]:.2f} s (number {self.slowest[name][1]})"
            for name in self.names
        ]
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        return "\n".join([*rows, f"most memory {memory} MB, found {len(self.found)}"])


def limit() -> None:
    """Memory as the reading worker has it, and an alarm for inputs that take too long."""

    def ring(*_: object) -> None:
        raise TooSlow(f"longer than {SLOWEST_SECONDS} s")

    signal.signal(signal.SIGALRM, ring)
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY_BYTES, now + MEMORY_BYTES))


def main() -> int:
    """The command; gives its exit code."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--seconds", type=float, default=60)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--state", type=Path, default=Path(".fuzz/state.json"))
    words.add_argument("--target", action="append", choices=NAMES)
    said = words.parse_args()
    limit()
    run = Run(said.seed, said.state, tuple(said.target or NAMES))
    run.go_on(said.seconds)
    print(run.account())
    return 1 if run.found else 0


if __name__ == "__main__":
    sys.exit(main())
