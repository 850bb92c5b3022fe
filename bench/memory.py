"""Memory of a running desk after thousands of mails: `mailgate serve` with one agent, every mail handled and every answer sent.

    python bench/memory.py [--mails 5000] [--json] [--check]

The mails of the mix come by SMTP over four connections, as fast as they are taken. When each has its fate and everything that followed
from it lies in the Maildir, the memory of all processes of the daemon is read from the kernel: `Pss` of /proc/PID/smaps_rollup, in which a
page that several processes share is counted once. `--check` ends with 1 above the goal.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

import acceptance  # noqa: E402  # the path comes first, so that it runs from anywhere
import desk  # noqa: E402
import mix  # noqa: E402

GOAL_MB = 180.0
CONNECTIONS = 4


def until(true: Callable[[], bool], what: str, running: desk.Serving, seconds: float) -> None:
    """Wait; a daemon that ended, or a time that is over, ends the program."""
    deadline = time.monotonic() + seconds
    while not true():
        if running.process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"not within {seconds:.0f} s: {what}\n{(running.folder / 'log').read_text()[-2000:]}")
        time.sleep(0.2)


def snapshot(running: desk.Serving) -> dict[str, float]:
    """Memory of each process in MiB, by what it is."""
    pids = desk.family(running.process.pid)
    return {("daemon" if pid == running.process.pid else f"reading worker {n}"): desk.pss_mb(pid) for n, pid in enumerate(pids)}


def measure(count: int, folder: str | None) -> dict[str, object]:
    """Have so many mails handled and answered; what the processes hold then."""
    samples = list(mix.mails(count))
    contents = [sample.raw.replace(b"\r\n.", b"\r\n..") + b".\r\n" for sample in samples]
    senders = [sample.sender for sample in samples]
    with tempfile.TemporaryDirectory(dir=folder) as name, desk.Serving(Path(name)) as running:
        until(lambda: len(desk.family(running.process.pid)) > 1, "the reading worker starts", running, 60)
        idle = snapshot(running)
        begun = time.perf_counter()
        threads = [
            threading.Thread(
                target=acceptance.send_share, args=(running.port, contents[n::CONNECTIONS], senders[n::CONNECTIONS], 20, False)
            )
            for n in range(CONNECTIONS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        taken = time.perf_counter() - begun
        until(lambda: running.settled() >= count, "every mail has its fate", running, 60 + count * 0.2)
        handled = time.perf_counter() - begun
        until(lambda: not running.command("outbox", "list", "--state", "due", "--limit", "1"), "everything is sent", running, 120)
        busy = snapshot(running)
        fates = running.command("mail", "fates")
        sent = sum(1 for _ in (Path(name) / "sent" / "new").iterdir())
    if fates["received"] != count or fates["waiting"]:
        raise SystemExit(f"{fates['received']} of {count} mails are there, {fates['waiting']} wait")
    return {
        "mails": count,
        "sent": sent,
        "fates": fates["fates"],
        "taken_seconds": taken,
        "handled_seconds": handled,
        "idle_mb": idle,
        "pss_mb": busy,
        "total_mb": sum(busy.values()),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Memory of a running desk.")
    parser.add_argument("--mails", type=int, default=5000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true", help=f"end with 1 above {GOAL_MB:.0f} MiB")
    parser.add_argument("--folder", default=None, help="where the desk lies; a disk that counts, not memory")
    options = parser.parse_args()
    found = measure(options.mails, options.folder)
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        print(
            f"{found['mails']} mails taken in {found['taken_seconds']:.0f} s, handled by {found['handled_seconds']:.0f} s, "
            f"{found['sent']} mails sent; fates {found['fates']}"
        )
        print(f"{'PSS, MiB':20} {'at start':>9} {'at end':>9}")
        for process, now in found["pss_mb"].items():
            print(f"{process:20} {found['idle_mb'].get(process, 0):9.1f} {now:9.1f}")
        print(f"{'all':20} {sum(found['idle_mb'].values()):9.1f} {found['total_mb']:9.1f}")
        print(f"goal: at most {GOAL_MB:.0f} MiB; it is {found['total_mb']:.0f}")
    return int(options.check and found["total_mb"] > GOAL_MB)


if __name__ == "__main__":
    sys.exit(main())
