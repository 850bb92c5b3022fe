"""The desk of a journey: its config in a folder of its own, the real daemon as a process, and the real console script beside it.

`Desk.start` comes back when the doors are open. `Desk.cli` gives what `mailgate --json …` prints. Who writes to the desk: `town.py`.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import cli
from tests.servers.ports import free_ports

MAILGATE = str(Path(sys.executable).with_name("mailgate"))
ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0

CONFIG = """
[desk]
name = "Harbour Desk"
address = "support@desk.example"
admin = ["root@staff.example"]
languages = ["en", "de"]
timezone = "Europe/Helsinki"
secret_file = "secret"
{desk}
[store]
url = "{store}"
{doors}
[relay]
url = "{relay}"
hold = "{hold}"
[trust]
verify_dkim = false
[limits]
acks_unknown = "off"
tickets_unknown = "off"
same_subject = "off"
pair = "off"
{more}
"""

T = TypeVar("T")
_PROVED: set[str] = set()
"""Commands that ran as a process already."""


def until(ask: Callable[[], T | None], what: str, seconds: float = 40.0) -> T:
    """Ask until the answer is true; gives it, or fails with what was waited for."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)
    return answer


def environment() -> dict[str, str]:
    """What a daemon or a command gets: none of the test run's own settings."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
    # The tree under test, wherever the environment was made from.
    return kept | {"LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}


@dataclass(slots=True)
class Desk:
    """One desk. Its files vanish with the test's folder; its daemon has to be stopped."""

    folder: Path
    smtp_port: int = 0
    lmtp_port: int = 0
    submission_port: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    starts: int = 0
    surroundings: dict[str, str] = field(default_factory=dict)
    """Further environment of the daemon."""

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        doors: str = "",
        relay: str = "maildir:sent",
        hold: str = "0s",
        desk: str = "",
        more: str = "",
        store: str = "sqlite:///desk.db",
        lmtp_port: int = 0,
    ) -> Desk:
        """Write the config of a desk. `doors` names `{smtp}`, `{lmtp}` and `{submission}` where it wants a port."""
        folder.mkdir(parents=True, exist_ok=True)
        smtp, lmtp, submission = free_ports(3)
        lmtp = lmtp_port or lmtp
        made = cls(folder=folder, smtp_port=smtp, lmtp_port=lmtp, submission_port=submission)
        doors = doors or '[smtp]\nlisten = "127.0.0.1:{smtp}"'
        doors = doors.replace("{smtp}", str(smtp)).replace("{lmtp}", str(lmtp)).replace("{submission}", str(submission))
        made.write_config(CONFIG.format(desk=desk, store=store, doors=doors, relay=relay, hold=hold, more=more))
        return made

    @property
    def config(self) -> Path:
        """The config file."""
        return self.folder / "config.toml"

    def write_config(self, text: str) -> None:
        """Put another config in place, readable by us alone, at once as an editor does."""
        fresh = self.folder / "config.new"
        fresh.write_text(text)
        fresh.chmod(0o600)
        fresh.rename(self.config)

    # --- the daemon -------------------------------------------------------------------------------------------------------------

    def start(self, *words: str, wait: bool = True) -> float:
        """Start the daemon in a process group of its own; gives the seconds until it said that its doors are open."""
        began = time.monotonic()
        self.starts += 1
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [MAILGATE, "--config", self.config, *words, "serve"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment() | self.surroundings,
                start_new_session=True,
            )
        if wait:
            until(self._is_ready, "the daemon opens its doors", START_SECONDS)
        return time.monotonic() - began

    def _is_ready(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"the daemon ended with {self.process.returncode}:\n{self.log()}")
        return self.log().count("mailgate: ready") >= self.starts

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the daemon's process."""
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self, seconds: float = 40.0) -> int:
        """SIGTERM; gives the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self) -> None:
        """SIGKILL to the whole process group, as a machine without memory or power does."""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()

    def log(self) -> str:
        """All that the daemon said so far."""
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def logs(self, words: str, seconds: float = 40.0) -> None:
        """Wait until the log holds these words."""
        until(lambda: words in self.log(), f"the log says {words!r}", seconds)

    # --- the staff's door -------------------------------------------------------------------------------------------------------

    def run(self, *words: str | Path, stdin: bytes = b"", as_json: bool = True) -> subprocess.CompletedProcess[bytes]:
        """Run a command by the console script, whatever comes of it."""
        options = ["--config", str(self.config), *(["--json"] if as_json else [])]
        return subprocess.run([MAILGATE, *options, *words], input=stdin, capture_output=True, env=environment(), timeout=60, check=False)

    def cli(self, *words: str | Path, code: int = 0, stdin: bytes = b"") -> Any:
        """What `mailgate --json …` prints, as a value.

        Each command runs as a process once in a test run, and after that within this one, by the same function that the console script
        calls: starting an interpreter a hundred times tells nothing new.
        """
        command = " ".join(str(word) for word in words if not str(word).startswith("--"))[:12]
        if stdin or command not in _PROVED:
            _PROVED.add(command)
            done = self.run(*words, stdin=stdin)
            returned, out, said = done.returncode, done.stdout.decode(), done.stderr.decode()
        else:
            returned, out, said = self._within(*words)
        assert returned == code, f"{words}: {returned}\n{said}\n{out}"
        return json.loads(out)

    def _within(self, *words: str | Path) -> tuple[int, str, str]:
        out, said = io.StringIO(), io.StringIO()
        root = logging.getLogger()
        handlers, level = root.handlers[:], root.level
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
                code = cli.main(["--config", str(self.config), "--json", *map(str, words)], environment=environment())
        finally:
            root.handlers[:] = handlers
            root.setLevel(level)
        return code, out.getvalue(), said.getvalue()

    def staff(self, group: str, **addresses: str) -> None:
        """Enter a group and its agents by name and address."""
        self.cli("group", "add", group, "--title", group.capitalize())
        for name, address in addresses.items():
            self.cli("agent", "add", name, "--address", address, "--group", group)

    def settled(self, received: int, seconds: float = 60.0) -> None:
        """Wait until so many mails have their fate, by the log: one line a mail."""
        until(lambda: len(set(re.findall(r"mail settled id=(\d+)", self.log()))) >= received, f"{received} mails have their fate", seconds)


def ended(desks: Sequence[Desk]) -> None:
    """End what still runs."""
    for desk in desks:
        if desk.process is not None and desk.process.poll() is None:
            desk.kill()
