"""Processor time of whole commands, and how soon after its start a daemon greets.

    python bench/startup.py [--rounds 5] [--json] [--check]

Each command is a process of its own on a small desk, its modules compiled before; what counts is user and system time, which the neighbours
on the machine hardly change. `serve` is measured by the clock, from its start to the `220` of its SMTP door, and after a kill -9 as well.
A figure is the best of its rounds. `--check` ends with 1 where a goal isn't reached.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

import desk  # noqa: E402  # the path comes first, so that it runs from anywhere

LOOKS = ("ticket list --json", "mail list", "mail fates", "agent list", "outbox list")
GOALS = {"--help": 0.35, "config check": 0.35} | dict.fromkeys(LOOKS, 0.35)
"""Seconds of processor time."""
GREETS = 1.0
"""Seconds until the door greets."""


def cpu_of(words: list[str], folder: Path) -> float:
    """User and system seconds of one command."""
    before = os.times()
    done = subprocess.run(
        [*desk.COMMAND, *words], cwd=folder, env=desk.environment(), stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    after = os.times()
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} ended with {done.returncode}: {done.stderr.decode()[-1000:]}")
    return after.children_user + after.children_system - before.children_user - before.children_system


def greeting(running: desk.Serving) -> tuple[float, float]:
    """Kill the daemon and start it again: seconds by the clock until it greets, and what it had used of the processor by then."""
    running.process.send_signal(signal.SIGKILL)
    running.process.wait()
    begun = time.perf_counter()
    running.process = running.start()
    return time.perf_counter() - begun, desk.cpu_seconds([running.process.pid])


def measure(rounds: int, folder: str | None) -> dict[str, dict[str, float]]:
    """All figures in seconds, with their goals."""
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(dir=folder) as name, desk.Serving(Path(name)) as running:
        for command, goal in GOALS.items():
            words = command.split()
            cpu_of(words, running.folder)  # compiles
            found[command] = {"seconds": min(cpu_of(words, running.folder) for _ in range(rounds)), "goal": goal}
        greeted = [greeting(running) for _ in range(rounds)]
    found["serve greets"] = {"seconds": min(wall for wall, _ in greeted), "goal": GREETS, "cpu": min(cpu for _, cpu in greeted)}
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="What starting costs.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true", help="end with 1 where a goal isn't reached")
    parser.add_argument("--folder", default=None, help="where the desk lies")
    options = parser.parse_args()
    found = measure(options.rounds, options.folder)
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        print(f"{'seconds':20} {'best':>6} {'goal':>6}")
        for name, figure in found.items():
            more = f"   after {figure['cpu']:.2f} s of processor time" if "cpu" in figure else ""
            print(f"{name:20} {figure['seconds']:6.2f} {figure['goal']:6.2f}{more}")
    return int(options.check and any(figure["seconds"] > figure["goal"] for figure in found.values()))


if __name__ == "__main__":
    sys.exit(main())
