"""Processor time of whole commands, and how soon after its start a daemon greets.

    python bench/startup.py [--rounds 5] [--json] [--check] [COMMAND …]

Every command is measured, or those that begin with one of these words. Each is a process of its own on a small desk, its modules compiled before; what counts is user and system time, which the neighbours
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
from collections.abc import Sequence
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

import desk  # noqa: E402  # the path comes first, so that it runs from anywhere

GOAL = 0.35
"""Seconds of processor time, promised for any command."""
COMMANDS = tuple(
    line.strip()
    for line in """
    --help
    ticket --help
    init new{n} --name Desk --address support@desk.example
    tick
    doctor
    config check
    config show
    config schema
    mail in {mail}
    mail read {mail}
    mail list
    mail list --search printer
    mail show 1
    mail raw 1
    mail fates
    why 1
    why {mail}
    rehearse {mail}
    rules list
    rules lint
    outbox list
    outbox show 1
    outbox raw 1
    ticket list --json
    ticket list --search printer
    ticket list --as anna
    ticket show T1
    ticket history T1
    ticket history T1 --clock
    ticket new --for kim@client.example --subject Lift --text stuck --as anna
    ticket do T1 take --as anna
    ticket edit T1 --tag n{n}
    ticket reply T1 --text hello --as anna
    ticket note T1 --text hello --as anna
    ticket print T1 --to ticket.txt
    ticket export T1
    agent list
    agent show anna
    agent add a{n} --address a{n}@staff.example
    group list
    group add g{n}
    party list
    party show client
    party history client
    party add p{n}
    person list
    person show kim@client.example
    person add p{n}@client.example
    contract list
    contract show C1
    contract add c{n} --party client
    project list
    project add j{n} --party client
    device list
    device show SN1
    device add d{n} --party client
    task list
    task add call --ticket T1 --agent anna
    order list
    access list
    faq list
    faq search printer
    canned list
    text list
    text preview received --language fi
    link mailto --subject Lift
    report
    board status
    db status
    db check
    db backup copy{n}.db
    export out{n}
    archive list
    archive run
    audit verify
    metrics
    completion bash
    """.strip().splitlines()
)
"""`{n}` is the number of the round, `{mail}` another mail in each."""
READY = ("party add client", "contract add C1 --party client", "device add SN1 --party client", "person add kim@client.example --name Kim")
"""What the commands find on the desk."""
MAIL = "From: Kim <kim@client.example>\nTo: support@desk.example\nSubject: Printer {n}\nMessage-ID: <{n}@client.example>\n\nIt jams.\n"
GREETS = 1.0
"""Seconds until the door greets."""


def cpu_of(words: list[str], folder: Path) -> float:
    """User and system seconds of one command."""
    before = os.times()
    done = subprocess.run(
        [*desk.COMMAND, *words], cwd=folder, env=desk.environment(), stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    after = os.times()
    if done.returncode not in {0, 1}:  # 1: the desk isn't well, which the doctor may well find
        raise SystemExit(f"{' '.join(words)} ended with {done.returncode}: {done.stderr.decode()[-1000:]}")
    return after.children_user + after.children_system - before.children_user - before.children_system


def greeting(running: desk.Serving) -> tuple[float, float]:
    """Kill the daemon and start it again: seconds by the clock until it greets, and what it had used of the processor by then."""
    running.process.send_signal(signal.SIGKILL)
    running.process.wait()
    begun = time.perf_counter()
    running.process = running.start()
    return time.perf_counter() - begun, desk.cpu_seconds([running.process.pid])


def measure(rounds: int, folder: str | None, commands: Sequence[str] = COMMANDS) -> dict[str, dict[str, float]]:
    """All figures in seconds, with their goals."""
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(dir=folder) as name, desk.Serving(Path(name)) as running:
        for n in range(rounds + 1):
            (running.folder / f"{n}.eml").write_text(MAIL.format(n=n), encoding="utf-8")
        for command in READY:
            running.command(*command.split())
        cpu_of(["mail", "in", "0.eml"], running.folder)
        for command in commands:
            # the first round compiles
            spent = [cpu_of(command.format(n=n, mail=f"{n}.eml").split(), running.folder) for n in range(rounds + 1)]
            found[command] = {"seconds": min(spent[1:]), "goal": GOAL}
        greeted = [greeting(running) for _ in range(rounds)]
    found["serve greets"] = {"seconds": min(wall for wall, _ in greeted), "goal": GREETS, "cpu": min(cpu for _, cpu in greeted)}
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="What starting costs.")
    parser.add_argument("commands", nargs="*", metavar="COMMAND", help="how those commands begin that are measured; none: all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true", help="end with 1 where a goal isn't reached")
    parser.add_argument("--folder", default=None, help="where the desk lies")
    options = parser.parse_args()
    commands = [each for each in COMMANDS if not options.commands or each.startswith(tuple(options.commands))]
    found = measure(options.rounds, options.folder, commands)
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        print(f"{'seconds':40.40} {'best':>6} {'goal':>6}")
        for name, figure in found.items():
            more = f"   after {figure['cpu']:.2f} s of processor time" if "cpu" in figure else ""
            print(f"{name:40.40} {figure['seconds']:6.2f} {figure['goal']:6.2f}{more}")
    return int(options.check and any(figure["seconds"] > figure["goal"] for figure in found.values()))


if __name__ == "__main__":
    sys.exit(main())
