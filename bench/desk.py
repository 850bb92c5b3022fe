"""A desk of its own for figures: a folder, a config, the real `mailgate serve`, and what its processes use, read from /proc.

Limits against floods are off, for the senders of the mix are few; one agent is told of every request; what is sent lands in a Maildir.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
CONFIG = """
[desk]
name = "Support"
address = "support@desk.example"
admin = ["admin@desk.example"]
timezone = "Europe/Helsinki"
secret_file = "secret"
[store]
url = "sqlite:///desk.db"
[smtp]
listen = "127.0.0.1:{port}"
[relay]
url = "maildir:sent"
hold = "0s"
[trust]
verify_dkim = false
[limits]
acks_known = "off"
acks_unknown = "off"
acks_total = "off"
tickets_known = "off"
tickets_unknown = "off"
pair = "off"
same_subject = "off"
per_ip = "off"
"""
COMMAND = [sys.executable, str(ROOT / "cli.py")]


def environment() -> dict[str, str]:
    """What an installed command gets: compiled modules are kept, and nothing of this shell's own."""
    return {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def family(pid: int) -> list[int]:
    """A process and all that it started, as far as they live."""
    children: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        children += [int(each) for each in task.read_text().split()]
    return [pid, *(each for child in children for each in family(child))]


def cpu_seconds(pids: list[int]) -> float:
    """User and system time that processes used so far, all their threads."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def pss_mb(pid: int) -> float:
    """Memory of a process in MiB, each page that it shares counted in part (`Pss` of smaps_rollup)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"the kernel says no Pss of process {pid}")


class Serving:
    """`mailgate serve` in a folder, with one agent; killed at the end of the block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        (folder / "config.toml").write_text(CONFIG.format(port=self.port))
        self.command("agent", "add", "anna", "--address", "anna@staff.example")
        self.log = (folder / "log").open("wb")
        self.process = self.start()
        self.begun = 0.0

    def start(self) -> subprocess.Popen[bytes]:
        """Start it and wait until its door greets."""
        process = subprocess.Popen(
            [*COMMAND, "serve"], cwd=self.folder, env=environment(), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log
        )
        deadline = time.monotonic() + 30
        while not self.greets():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the daemon doesn't start: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.01)
        return process

    def greets(self) -> bool:
        """Whether the door says 220."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as line:
                return line.recv(3) == b"220"
        except OSError:
            return False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.log.close()

    def command(self, *words: str) -> Any:
        """What a command of the desk says, as JSON."""
        done = subprocess.run(
            [*COMMAND, "--json", *words], cwd=self.folder, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        try:
            return json.loads(done.stdout)
        except ValueError:
            raise SystemExit(f"{words}: {done.stderr.decode()[-2000:]}") from None

    def settled(self) -> int:
        """How many mails have a fate, as the log says."""
        return (self.folder / "log").read_bytes().count(b"fate=")

    def settle(self, count: int, seconds: float = 60.0) -> None:
        """Wait until so many mails have their fate."""
        deadline = time.monotonic() + seconds
        while self.settled() < count:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{self.settled()} of {count} mails were handled: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def begin(self) -> None:
        """Count from now on."""
        self.before = self.settled()
        self.begun = cpu_seconds(family(self.process.pid))

    def end(self) -> dict[str, float]:
        """What it used since, what it had handled by now, and how many mails it has kept in all."""
        cpu, handled = cpu_seconds(family(self.process.pid)) - self.begun, self.settled() - self.before
        return {"cpu": cpu, "handled": handled, "kept": self.command("mail", "fates")["received"]}
