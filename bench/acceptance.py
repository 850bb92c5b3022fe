"""How fast mail is accepted durably: our SMTP door against a stock aiosmtpd sink that throws everything away.

    python bench/acceptance.py [--mails 1500] [--connections 4] [--rounds 3] [--json] [--check]

Each server is a process of its own; the client is this one and says the same to all of them: 20 mails a connection, one command at a
time (`--pipelined`: MAIL, RCPT and DATA together). Rounds alternate, for the machine has other work too; a figure is the best of its rounds.

stock    aiosmtpd as it comes, its handler answers 250 and forgets the mail: the reference, 1.0
discard  our door, nothing kept: what the protocol costs
keeping  our door and the real store, 250 only after its commit (SQLite, WAL, synchronous=FULL), nothing handled
serving  `mailgate serve` as users run it: the same, and the mails are handled, answered and delivered into a Maildir meanwhile

`serving` is what counts: `--check` ends with 1 where it accepts fewer mails a second than the sink that throws them away. Its CPU is that
of the daemon and its reading worker while mail came in, and what was handled by then stands beside it. Compare ratios of one run;
absolute rates say more about the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

import desk  # noqa: E402  # the path comes first, so that it runs from anywhere
import mix  # noqa: E402

RECIPIENT = "support@desk.example"
KINDS = ("stock", "discard", "keeping", "serving")
GOAL = 1.0
WARM = 20


# Servers


async def serve_stock() -> int:
    """Serve with aiosmtpd as its documentation shows it."""
    import logging

    from aiosmtpd.smtp import SMTP

    logging.getLogger("mail.log").setLevel(logging.ERROR)

    class Sink:
        async def handle_DATA(self, server, session, envelope):  # noqa: N802
            return "250 OK"

    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(Sink(), hostname="desk.example", enable_SMTPUTF8=True), "127.0.0.1", 0
    )
    return server.sockets[0].getsockname()[1]


async def serve_ours(keep) -> int:
    """Our door as the daemon opens it."""
    from mailgate.doors.receiving import Committer, DoorSettings
    from mailgate.doors.smtp import SmtpDoor

    committer = Committer(keep)
    committer.start()
    door = SmtpDoor(
        DoorSettings(listen="127.0.0.1:0", hostname="desk.example"),
        is_ours=lambda address: None if address == RECIPIENT else "unknown",
        committer=committer,
    )
    await door.start()
    serve_ours.committer = committer
    return door.port


def real_keep(folder: str):
    """What the daemon's committer calls, on a store of its own."""
    from datetime import UTC, datetime

    from mailgate import intake
    from store import engine, migrate

    store = engine.open(f"sqlite:///{folder}/desk.db")
    migrate.prepare(store)
    return intake.keeper(store, lambda: datetime.now(UTC))


def serve(kind: str, folder: str) -> None:
    """Say the port, serve until the standard input ends, then say what it took."""

    async def main() -> None:
        port = await (
            serve_stock() if kind == "stock" else serve_ours(real_keep(folder) if kind == "keeping" else lambda mails: [None] * len(mails))
        )
        print(port, flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        begun = time.process_time()
        await asyncio.to_thread(sys.stdin.readline)
        cpu = time.process_time() - begun
        committer = getattr(serve_ours, "committer", None)
        print(json.dumps({"cpu": cpu, "kept": committer and committer.kept}), flush=True)
        os._exit(0)

    factory = asyncio.new_event_loop
    if kind != "stock":
        try:
            import uvloop

            factory = uvloop.new_event_loop
        except ImportError:
            pass
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main())


# The client


def send_share(port: int, share: Sequence[bytes], senders: Sequence[str], per_connection: int, pipelined: bool) -> None:
    """Send mails one after the other, a new connection every so many; each must be answered 250."""
    for begin in range(0, len(share), per_connection):
        with socket.create_connection(("127.0.0.1", port), 30) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            lines = sock.makefile("rb")

            def say(text: bytes, wanted: bytes, lines=lines, sock=sock) -> None:
                if text:
                    sock.sendall(text)
                while True:
                    line = lines.readline()
                    if line[3:4] != b"-":
                        break
                if not line.startswith(wanted):
                    raise SystemExit(f"{text[:60]!r} was answered {line!r}")

            say(b"", b"220")
            say(b"EHLO client.example\r\n", b"250")
            for raw, sender in zip(share[begin : begin + per_connection], senders[begin : begin + per_connection], strict=True):
                mail, rcpt = f"MAIL FROM:<{sender}> SIZE={len(raw)}\r\n".encode(), f"RCPT TO:<{RECIPIENT}>\r\n".encode()
                if pipelined:
                    say(mail + rcpt + b"DATA\r\n", b"250")
                    say(b"", b"250")
                    say(b"", b"354")
                else:
                    say(mail, b"250")
                    say(rcpt, b"250")
                    say(b"DATA\r\n", b"354")
                say(raw, b"250")
            say(b"QUIT\r\n", b"221")


def measure(kind: str, contents: Sequence[bytes], senders: Sequence[str], options: argparse.Namespace) -> dict[str, float]:
    """One round with one server."""
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        server = desk.Serving(Path(name)) if kind == "serving" else Sink(kind, name)
        with server:
            send_share(server.port, contents[:WARM], senders[:WARM], 20, options.pipelined)
            server.settle(WARM)
            server.begin()
            count = options.connections
            begun, own = time.perf_counter(), time.process_time()
            threads = [
                threading.Thread(
                    target=send_share, args=(server.port, contents[WARM + n :: count], senders[WARM + n :: count], 20, options.pipelined)
                )
                for n in range(count)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            wall, own = time.perf_counter() - begun, time.process_time() - own
            told = server.end()
        if told["kept"] is not None and told["kept"] != len(contents):
            raise SystemExit(f"{kind} kept {told['kept']} of {len(contents)} mails")
    n = len(contents) - WARM
    return {
        "mails_per_s": n / wall,
        "cpu_ms": 1000 * told["cpu"] / n,
        "client_cpu_ms": 1000 * own / n,
        "handled": told.get("handled", 0),
    }


class Sink:
    """A server that this file is, in a process of its own."""

    def __init__(self, kind: str, folder: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--serve", kind, "--folder", folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def settle(self, count: int) -> None:
        """Nothing goes on behind its back."""

    def begin(self) -> None:
        """Count from now on."""
        self._nudge()

    def end(self) -> dict:
        """What it used since, and kept in all."""
        self._nudge()
        return json.loads(self.process.stdout.readline())

    def _nudge(self) -> None:
        self.process.stdin.write("\n")
        self.process.stdin.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description="How fast mail is accepted durably.")
    parser.add_argument("--mails", type=int, default=1500)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--pipelined", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true", help=f"end with 1 where serving is below {GOAL} times the sink")
    parser.add_argument("--folder", default=None, help="where the database lies; a disk that counts, not memory")
    parser.add_argument("--serve", choices=KINDS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.folder)
        return 0
    samples = list(mix.mails(WARM + options.mails))
    contents = [sample.raw.replace(b"\r\n.", b"\r\n..") + b".\r\n" for sample in samples]
    senders = [sample.sender for sample in samples]
    rounds: dict[str, list[dict[str, float]]] = {kind: [] for kind in options.kinds}
    for number in range(options.rounds):
        for kind in options.kinds if number % 2 == 0 else reversed(options.kinds):
            rounds[kind].append(measure(kind, contents, senders, options))
    best = {kind: max(each, key=lambda one: one["mails_per_s"]) for kind, each in rounds.items()}
    for kind, one in best.items():
        one["ratio"] = one["mails_per_s"] / best["stock"]["mails_per_s"] if "stock" in best else 0.0
        one["cpu_ms"] = min(one["cpu_ms"] for one in rounds[kind])
    ratio = best["serving"]["ratio"] if "serving" in best and "stock" in best else None
    if options.json:
        print(json.dumps(best, indent=1))
    else:
        print(f"{options.mails} mails, {options.connections} connections, best of {options.rounds} rounds")
        print(f"{'':8} {'mails/s':>8} {'ratio':>6} {'CPU ms':>7} {'client':>7} {'handled':>8}")
        for kind, one in best.items():
            print(
                f"{kind:8} {one['mails_per_s']:8.0f} {one['ratio']:6.2f} {one['cpu_ms']:7.2f} {one['client_cpu_ms']:7.2f} "
                f"{one['handled']:8.0f}"
            )
        if ratio is not None:
            print(f"goal: serving accepts at least {GOAL:.1f} times what the discarding sink does; it is {ratio:.2f}")
    return int(options.check and ratio is not None and ratio < GOAL)


if __name__ == "__main__":
    sys.exit(main())
