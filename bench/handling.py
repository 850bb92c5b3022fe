"""CPU per fully handled mail: all of Mailgate against Roundup's mail gateway, the same mails in the same run.

    python bench/handling.py [--mails 200] [--rounds 5] [--warm 1000] [--json] [--check]

mailgate   kept with a commit, read in the worker process, decided, a ticket or a post written, the acknowledgement rendered, composed,
           read again by the last gate and delivered into a Maildir with an fsync; both processes count. Nobody of staff is told yet
roundup    `roundup-mailgw` on the classic template and SQLite, as its pipe works but in one process and without the pipe's start;
           its customers have their accounts already; as it comes it mails nobody, neither the author nor staff
answering  the second, with an acknowledgement to the author of a new issue, as the first sends one
telling    the first, with one agent who is mailed of every mail that comes in
nosy       the third, with one agent who is mailed of every message

Both sides take turns on the same slices of the mix, four in ten of them replies; limits against floods are off. The figure is user and
system CPU; the wall says more about the disk and the neighbours. Roundup comes from the package index into an environment of its own
under .tools/, made by the first run with `uv`. `--check` ends with 1 where Mailgate isn't 4 times as cheap as Roundup as it comes, which sends nothing for it.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import marshal
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import mix  # noqa: E402 - it lies beside this file

GOAL = 4.0
ROUNDUP = HERE.parent / ".tools" / "roundup"
SIDES = ("mailgate", "roundup", "answering", "telling", "nosy")
PAIRS = {"roundup": "mailgate", "answering": "mailgate", "nosy": "telling"}
"""Who is compared with whom: the first two mail staff nothing, the last tell an agent of everything."""
CONFIG = """
[desk]
name = "Support"
address = "support@desk.example"
timezone = "Europe/Helsinki"
secret_file = "secret"
[store]
url = "sqlite:///desk.db"
[relay]
url = "maildir:sent"
[limits]
acks_known = "off"
acks_unknown = "off"
acks_total = "off"
tickets_known = "off"
tickets_unknown = "off"
pair = "off"
same_subject = "off"
"""


# Our side


def used_by(pid: int) -> float:
    """CPU seconds of another process, all its threads."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def serve_mailgate(folder: Path, mails: Path, *, telling: bool) -> None:
    """For every line `BEGIN END`: keep, handle and deliver those mails, and say what they cost."""
    from datetime import UTC, datetime

    from mailgate import building, intake
    from mailgate.doors.receiving import Received
    from mailgate.handling import backlog
    from mailgate.settings import load
    from rules.facts.mail import Envelope
    from rules.facts.people import Agent
    from store import engine, people

    config = folder / "config.toml"
    config.write_text(CONFIG)
    settings = load(config, {})
    all_mails = marshal.loads(mails.read_bytes())
    with building.open_office(settings, dns=False) as office:
        if telling:
            with engine.transaction(office.store) as tx:
                people.put_agent(tx, Agent(name="anna", addresses=("anna@staff.example",), full_name="Anna Aalto"), datetime.now(UTC))
        office.reader.read([b"Subject: warming up\r\n\r\n"])
        postman = building.postman_of(settings, office)
        building.spare_collector()  # as the daemon does when it is ready
        print("ready", flush=True)
        with asyncio.Runner() as runner:
            for line in sys.stdin:
                begin, end = map(int, line.split())
                marks = [time.process_time()]
                worker = used_by(office.reader.pid)
                for first in range(begin, end, 16):
                    group = [
                        Received(
                            envelope=Envelope(door="smtp", sender=sender, recipients=("support@desk.example",), peer="192.0.2.1"), raw=raw
                        )
                        for sender, raw in all_mails[first : min(first + 16, end)]
                    ]
                    intake.keep(office.store, group, datetime.now(UTC))
                marks.append(time.process_time())
                backlog.handle_all(office, datetime.now(UTC))
                marks.append(time.process_time())
                sent = runner.run(postman.deliver(datetime.now(UTC)))
                marks.append(time.process_time())
                worker = used_by(office.reader.pid) - worker
                keep, handle, deliver = (after - before for before, after in itertools.pairwise(marks))
                told = {
                    "cpu": keep + handle + deliver + worker,
                    "keep": keep,
                    "handle": handle,
                    "worker": worker,
                    "deliver": deliver,
                    "sent": sent,
                }
                print(json.dumps(told | account(office)), flush=True)


def account(office) -> dict[str, object]:
    """What came of the mails: it has to add up, or the figure is worth nothing."""
    from datetime import UTC, datetime, timedelta

    from store import engine, outbox
    from store.lists import mail
    from store.queries import tickets

    with engine.reading(office.store) as tx:
        found = mail.account(tx, datetime.now(UTC), timedelta(hours=1))
        listed = tickets.listed(tx, tickets.Filter())
        return {
            "messages": found.received - found.waiting,
            "fates": {fate: n for fate, n in found.fates.items() if n},
            "unsent": outbox.waiting(tx),
            "tickets": len(listed),
        }


# The comparison


def roundup_python() -> Path:
    """Roundup's own environment, made when first asked for."""
    python = ROUNDUP / "bin" / "python"
    if not (ROUNDUP / "bin" / "roundup-mailgw").exists():
        print("bench: installing Roundup into .tools/roundup", file=sys.stderr)
        uv = shutil.which("uv", path=f"{HERE.parent / '.tools' / 'bin'}{os.pathsep}{os.environ['PATH']}")
        if uv is None:
            raise SystemExit("bench: there is no uv; `make setup` brings one")
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(ROUNDUP)], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), "roundup"], check=True)
        # As an installation has them: without, every start would compile.
        subprocess.run([str(python), "-m", "compileall", "-q", str(ROUNDUP / "lib")], check=False)
    return python


class Side:
    """One of the programs, ready for its next mails."""

    def __init__(self, kind: str, folder: Path, mails: Path) -> None:
        self.kind = kind
        self.rounds: list[dict[str, float]] = []
        match kind:
            case "mailgate" | "telling":
                command = [sys.executable, __file__, "--serve", str(folder), str(mails)]
                command += ["--telling"] if kind == "telling" else []
            case _:
                command = [str(roundup_python()), str(HERE / "roundup_side.py"), str(folder / "tracker"), str(mails)]
                command += ["--acknowledge"] if kind != "roundup" else []
                command += ["--tell"] if kind == "nosy" else []
        environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV"}}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=(folder / "log").open("wb"), text=True, env=environment
        )
        assert self.process.stdout is not None
        if self.process.stdout.readline() != "ready\n":
            raise SystemExit(f"{kind} doesn't start: {(folder / 'log').read_text()[-2000:]}")

    def take(self, begin: int, end: int) -> dict[str, float]:
        """Have a slice of the mails handled."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        begun = time.perf_counter()
        self.process.stdin.write(f"{begin} {end}\n")
        self.process.stdin.flush()
        told = json.loads(self.process.stdout.readline() or "{}")
        if told.get("messages") != end or told.get("unsent"):
            raise SystemExit(f"{self.kind} handled {told.get('messages')} of {end} mails, {told.get('unsent', 0)} answers unsent")
        return told | {"wall": time.perf_counter() - begun, "mails": end - begin}

    def close(self) -> None:
        """Let it end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)


def compare(options: argparse.Namespace) -> dict[str, dict[str, object]]:
    """All rounds with all sides; figures are medians of the rounds in ms a mail."""
    with tempfile.TemporaryDirectory(dir=options.folder) as base:
        mails = Path(base) / "mails"
        count = options.warm + options.mails * options.rounds
        mails.write_bytes(marshal.dumps([(sample.sender, sample.raw) for sample in mix.mails(count)]))
        sides = []
        try:
            for kind in options.sides:
                folder = Path(base) / kind
                folder.mkdir()
                sides.append(Side(kind, folder, mails))
            for side in sides:
                side.take(0, options.warm)
            for number in range(options.rounds):
                begin = options.warm + number * options.mails
                for side in sides if number % 2 == 0 else reversed(sides):
                    side.rounds.append(side.take(begin, begin + options.mails))
        finally:
            for side in sides:
                side.close()
    found: dict[str, dict[str, object]] = {}
    for side in sides:
        names = ("cpu", "keep", "handle", "worker", "deliver", "wall")
        of = {
            name: 1000 * statistics.median(each[name] / each["mails"] for each in side.rounds) for name in names if name in side.rounds[0]
        }
        last = side.rounds[-1]
        found[side.kind] = of | {name: last[name] for name in ("messages", "tickets", "fates") if name in last}
        if "sent" in last:
            found[side.kind]["sent"] = sum(each["sent"] for each in side.rounds) / sum(each["mails"] for each in side.rounds)
    for kind, told in found.items():
        ours = found.get(PAIRS.get(kind, ""), {}).get("cpu")
        told["ratio"] = float(told["cpu"]) / float(ours) if ours else None
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="CPU per fully handled mail, against Roundup.")
    parser.add_argument("--mails", type=int, default=200, help="of one round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--warm", type=int, default=1000, help="mails before the first round; Roundup costs more the more it holds")
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=list(SIDES))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true", help=f"end with 1 below {GOAL} times")
    parser.add_argument("--folder", default=None, help="where the databases lie; a disk that counts, not memory")
    parser.add_argument("--telling", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--serve", nargs=2, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve_mailgate(*options.serve, telling=options.telling)
        return 0
    found = compare(options)
    ratio = found.get("roundup", {}).get("ratio")
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        print(f"{options.rounds} rounds of {options.mails} mails after {options.warm} to warm up; medians, ms a mail")
        print(f"{'':10} {'CPU':>7} {'ratio':>6}   {'keep':>6} {'worker':>6} {'handle':>6} {'deliver':>7} {'wall':>7}")
        for kind, of in found.items():
            parts = " ".join(
                f"{of[name]:{width}.2f}" if name in of else " " * width
                for name, width in (("keep", 6), ("worker", 6), ("handle", 6), ("deliver", 7))
            )
            print(f"{kind:10} {of['cpu']:7.2f} {format(of['ratio'], '6.2f') if of['ratio'] else '      '}   {parts} {of['wall']:7.2f}")
        for kind in ("mailgate", "telling"):
            ours = found.get(kind)
            if not ours:
                continue
            print(f"{kind}: fates {ours['fates']}, {ours['tickets']} tickets, {ours['sent']:.2f} mails sent for each that came")
        if ratio is not None:
            print(f"goal: {GOAL:.0f} times as cheap as Roundup; it is {ratio:.2f}")
    return int(options.check and ratio is not None and ratio < GOAL)


if __name__ == "__main__":
    sys.exit(main())
