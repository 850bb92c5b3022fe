"""Lets atheris look for new ways through the code, target after target: `python -m tests.fuzz.guided --seconds 600`.

What it learned lies under `.fuzz/`, so that the next run goes on from there; an input that broke something is put with the other seeds.
Needs the dependency group `fuzz`, which `make fuzz` installs where there is a wheel; where there is none, this says so and is done.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
from pathlib import Path

LEARNED = Path(".fuzz")
NAMES = ("parser", "reader", "fields", "command", "page")
"""Most time for the first: half of it."""
_BEGINNERS = 200


def main() -> int:
    """All targets, each in a process of its own; gives the exit code."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--seconds", type=int, default=60)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--one", choices=NAMES, help=argparse.SUPPRESS)
    said, further = words.parse_known_args()
    if importlib.util.find_spec("atheris") is None:
        print("atheris has no wheel for this Python: nothing was guided", file=sys.stderr)
        return 0
    if said.one:
        _one(said.one, further)
    from tests.fuzz import run

    broken = 0
    for name in NAMES:
        seconds = max(1, said.seconds // 2 if name == NAMES[0] else said.seconds // 8)
        folder = LEARNED / name
        folder.mkdir(parents=True, exist_ok=True)
        if not any(folder.iterdir()):
            for number in range(_BEGINNERS):
                (folder / f"begin-{number}").write_bytes(run.made(said.seed, name, number)[:20_000])
        (run.SEEDS / name).mkdir(parents=True, exist_ok=True)
        options = [f"-max_total_time={seconds}", f"-seed={said.seed}", "-timeout=20", "-rss_limit_mb=700", "-print_final_stats=1"]
        options += [f"-artifact_prefix={run.SEEDS / name}/", str(folder)]
        done = subprocess.run([sys.executable, "-m", "tests.fuzz.guided", "--one", name, *options], check=False)
        broken += done.returncode != 0
    return 1 if broken else 0


def _one(name: str, options: list[str]) -> None:
    """Never comes back: libFuzzer ends the process."""
    import atheris

    with atheris.instrument_imports(include=["mailgate", "rules", "inscriptis", "mailparser", "email"]):
        from tests.fuzz.targets import TARGETS
    atheris.Setup([sys.argv[0], *options], TARGETS[name].take)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
