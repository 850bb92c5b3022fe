"""Fails the n-th write, and the n-th sync, of a piece of work, for every n until the work needs fewer: `python -m tests.faults.nth FOLDER`.

Each n gets a copy of a prepared desk and a process of its own, forked from this one, which has the program loaded already. After the fault the
work is done once more on the mended disk, as an operator would; then every invariant has to hold and nothing may be there twice. Has to be
started on the faulty disk: see `test_nth.py`.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import os
import pkgutil
import shutil
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import cli
import mailgate
import rules
import store
import templates
from tests.cli.conftest import CONFIG, MAIL
from tests.faults.disk import Disk

NOW = "2026-11-23T09:00+02:00"
LATER = "2026-11-23T09:05+02:00"
Command = tuple[str, ...]

PREPARED: tuple[Command, ...] = (
    ("group", "add", "hw", "--title", "Hardware"),
    ("agent", "add", "anna", "--address", "anna@staff.example", "--group", "hw"),
    ("mail", "in", "first.eml"),
    ("ticket", "do", "T1", "assign anna", "--as", "anna"),
)
SCENARIOS: dict[str, tuple[bool, tuple[Command, ...]]] = {
    "begin": (False, (("db", "upgrade"), ("agent", "add", "ben", "--address", "ben@staff.example"))),
    "mail": (True, (("mail", "in", "second.eml", "third.eml"),)),
    "work": (
        True,
        (
            ("ticket", "do", "T1", "prio high", "task order the part", "note done", "close", "--as", "anna"),
            ("ticket", "reply", "T1", "--text", "We come.", "--as", "anna"),
        ),
    ),
    "post": (True, (("--now", LATER, "tick"),)),
    "erase": (True, (("erase", "kim@client.example", "--yes"),)),
    "backup": (True, (("db", "backup", "copy.db"), ("archive", "run"))),
}
"""Name -> whether it begins with a prepared desk, and what is done."""


def prepare(folder: Path) -> None:
    """A desk as all scenarios but one begin with; written without faults."""
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(CONFIG)
    for n, name in enumerate(("first", "second", "third")):
        (folder / f"{name}.eml").write_text(
            MAIL.format(subject=f"Mail {n}", id=name, text=f"Text {n}.")
            .replace("maria@customer", f"kim{n or ''}@client")
            .replace("kim@client", "kim@client")
        )
    (folder / "empty").mkdir()
    shutil.copy(folder / "config.toml", folder / "empty" / "config.toml")
    assert said(folder, PREPARED) == [0] * len(PREPARED)


def said(folder: Path, commands: Sequence[Command]) -> list[int]:
    """Run commands in a forked process; gives their exit codes, or fails if anything escaped."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reads)
        os.chdir(folder)
        answer = b""
        try:
            answer = json.dumps([_run(words) for words in commands]).encode()
        except BaseException:
            answer = traceback.format_exc()[-1500:].encode()
        os.write(writes, answer)
        os._exit(0)
    os.close(writes)
    with os.fdopen(reads, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    if not answer.startswith(b"["):
        raise AssertionError(answer.decode(errors="replace"))
    codes: list[int] = json.loads(answer)
    return codes


def _run(words: Command) -> int:
    out = io.TextIOWrapper(io.BytesIO(), write_through=True)
    words = words if "--now" in words else ("--now", NOW, *words)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        return cli.main(words, environment={"MAILGATE_CONFIG": "config.toml", "PATH": os.environ["PATH"]})


def tried(disk: Disk, prepared: Path, name: str, n: int, *, is_sync: bool) -> bool:
    """One scenario with one fault; whether the fault was met, so that the next n is worth trying."""
    begins_prepared, commands = SCENARIOS[name]
    folder = disk.under / "desk"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(prepared if begins_prepared else prepared / "empty", folder)
    disk.fail(sync=n) if is_sync else disk.fail(write=n)
    codes = said(folder, commands)
    was_met = disk.counted[is_sync] >= n
    disk.fail()
    where = f"{name}, {'sync' if is_sync else 'write'} {n}, then {codes}"
    assert set(codes) <= {0, 1, 3, 75}, where
    (folder / "copy.db").unlink(missing_ok=True)
    again = said(folder, commands)
    assert set(again) <= {0, 1, 3}, f"{where}, again {again}"
    if begins_prepared:
        assert said(folder, [("--now", LATER, "tick"), ("mail", "fates")]) == [0, 0], where
        _judge(folder, name, where)
    assert said(folder, [("db", "check"), ("audit", "verify")]) == [0, 0], where
    return was_met


def _judge(folder: Path, name: str, where: str) -> None:
    mails = _told(folder, ("mail", "list", "--limit", "100"))
    ids = [row["message_id"] for row in mails if row["fate"] != "duplicate" and row["message_id"]]
    assert len(ids) == len(set(ids)), f"{where}: kept twice {ids}"
    if name == "mail":
        assert len(ids) == 3, f"{where}: {ids}"
    sent = list((folder / "var" / "sent" / "new").glob("*"))
    letters = {path.read_bytes().partition(b"Message-ID: ")[2].partition(b"\r")[0] for path in sent}
    assert len(letters) == len(sent), f"{where}: the same letter left in two files"
    states = {row["state"] for row in _told(folder, ("outbox", "list"))}
    assert states <= {"sent", "dropped", "due"}, f"{where}: {states}"


def _told(folder: Path, words: Command) -> list[dict[str, object]]:
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        out = io.TextIOWrapper(io.BytesIO(), write_through=True)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            cli.main(("--json", *words), environment={"MAILGATE_CONFIG": "config.toml"})
        with os.fdopen(writes, "wb") as pipe:
            pipe.write(out.buffer.getvalue())  # type: ignore[attr-defined]
        os._exit(0)
    os.close(writes)
    with os.fdopen(reads, "rb") as pipe:
        rows: list[dict[str, object]] = json.loads(pipe.read())
    os.waitpid(child, 0)
    return rows


def main() -> int:
    """All scenarios; gives the exit code."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("folder", type=Path)
    words.add_argument("--every", type=int, default=1, help="try one n of so many")
    words.add_argument("--offset", type=int, default=1)
    words.add_argument("--only", choices=SCENARIOS)
    given = words.parse_args()
    for package in (mailgate, rules, store, templates):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith(("store.migrations", "mailgate.worker")):
                importlib.import_module(module.name)
    disk = Disk(given.folder / "disk", given.folder / "steer")
    prepared = given.folder / "prepared"
    prepare(prepared)
    wrong = 0
    for name in [given.only] if given.only else SCENARIOS:
        for is_sync in (False, True):
            n = given.offset
            try:
                while tried(disk, prepared, name, n, is_sync=is_sync):
                    n += given.every
            except AssertionError as fault:
                wrong += 1
                print(f"WRONG {fault}", flush=True)
            print(f"{name}: every {given.every}th {'sync' if is_sync else 'write'} up to {n}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
