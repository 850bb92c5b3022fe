"""A desk in a temporary folder, and the command line to it: in this process for speed, in one of its own where that is the point."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import cli
from tests.servers.quick import begun_quickly

ROOT = Path(__file__).resolve().parents[2]

CONFIG = """\
[desk]
name = "Help"
address = "support@desk.example"
admin = ["admin@desk.example"]
timezone = "Europe/Helsinki"
languages = ["en", "de"]

[smtp]
listen = "127.0.0.1:0"

[trust]
verify_dkim = false

[[category]]
key = "hardware"
title = "Hardware"
group = "hw"

[[category]]
key = "hardware/printer"
"""

MAIL = """\
From: Maria Keller <maria@customer.example>
To: support@desk.example
Subject: {subject}
Message-ID: <{id}@customer.example>
Date: Sun, 22 Nov 2026 08:00:00 +0200

{text}
"""


@dataclass(frozen=True)
class Result:
    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        return self.raw.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class _Stdin(io.TextIOWrapper):
    def isatty(self) -> bool:
        return False


@contextmanager
def _stdin(data: bytes) -> Iterator[None]:
    before = sys.stdin
    sys.stdin = _Stdin(io.BytesIO(data), encoding="utf-8")
    try:
        yield
    finally:
        sys.stdin = before


@dataclass
class Desk:
    folder: Path
    clock: Callable[[], datetime] | None = None
    """Which time it is for the commands; without one, the real time."""

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def at(self, time: str) -> Desk:
        """Itself, with its clock standing at a time; a command with `--now` of its own looks at another."""
        then = datetime.fromisoformat(time)
        self.clock = lambda: then
        return self

    def like(self, other: Path) -> Desk:
        """Itself, as the desk in another folder was left."""
        shutil.copytree(other, self.folder, dirs_exist_ok=True)
        return self

    def run(self, *words: str, stdin: str | bytes = b"", environment: dict[str, str] | None = None) -> Result:
        """One command in this process."""
        out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True), io.StringIO()
        data = stdin.encode() if isinstance(stdin, str) else stdin
        env = {"MAILGATE_CONFIG": str(self.config), "PATH": os.environ.get("PATH", "")} | (environment or {})
        at = ("--now", self.clock().isoformat()) if self.clock else ()
        with _stdin(data), redirect_stdout(out), redirect_stderr(err):
            code = cli.main((*at, *words), environment=env)
        return Result(code, out.buffer.getvalue(), err.getvalue())  # type: ignore[attr-defined]

    def ok(self, *words: str, stdin: str | bytes = b"") -> Any:
        """One command that must succeed; gives its JSON."""
        result = self.run("--json", *words, stdin=stdin)
        assert result.code == 0, f"{words}: {result.err}{result.out}"
        return result.json

    def process(self, *words: str, stdin: bytes = b"", **environment: str) -> Result:
        """One command as a process of its own."""
        env = dict(os.environ) | {"MAILGATE_CONFIG": str(self.config), "PYTHONPATH": str(ROOT)} | environment
        command = [sys.executable, "-c", "from cli import run; run()", *words]
        done = subprocess.run(command, input=stdin, capture_output=True, env=env, cwd=self.folder, timeout=100, check=False)
        return Result(done.returncode, done.stdout, done.stderr.decode())

    def mail(self, name: str = "a", *, subject: str = "Printer jams", text: str = "Paper everywhere.", **fields: str) -> Path:
        """A mail of a customer in a file."""
        path = self.folder / f"{name}.eml"
        head = "".join(f"{key.replace('_', '-')}: {value}\n" for key, value in fields.items())
        path.write_text(head + MAIL.format(subject=subject, id=name, text=text))
        return path

    def opened(self, *more: str, subject: str = "Printer jams") -> dict[str, Any]:
        """A ticket by telephone for a customer."""
        return self.ok("ticket", "new", "--for", "maria@customer.example", "--subject", subject, "--text", "It jams.", *more)


def begin(folder: Path, *, more: str = "") -> Desk:
    """A desk with a group and two agents, made by commands; `more` stands below its config."""
    made = Desk(folder)
    made.config.write_text(CONFIG + more)
    made.ok("group", "add", "hw", "--title", "Hardware")
    made.ok("agent", "add", "anna", "--address", "anna@staff.example", "--group", "hw", "--full-name", "Anna Berg")
    made.ok("agent", "add", "ben", "--address", "ben@staff.example")
    return made


@pytest.fixture(scope="package")
def quick() -> Iterator[None]:
    """What a thousand desks need not make a thousand times."""
    with begun_quickly():
        yield


@pytest.fixture(scope="package")
def begun(quick: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a desk that was made once, to be copied."""
    return begin(tmp_path_factory.mktemp("begun")).folder


@pytest.fixture
def desk(tmp_path: Path, begun: Path) -> Desk:
    """A desk with a group and two agents."""
    return Desk(tmp_path).like(begun)


@pytest.fixture(autouse=True, scope="package")
def _quick(quick: None) -> None:
    """Commands in this process share what each would make for itself; `Desk.process` begins from nothing."""


@pytest.fixture(autouse=True)
def _no_width_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are as wide as for a pipe, whatever terminal the tests run in."""
    monkeypatch.delenv("COLUMNS", raising=False)
