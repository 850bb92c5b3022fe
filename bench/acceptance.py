"""How fast mail is accepted durably: our SMTP door against a stock aiosmtpd sink that throws everything away.

    python bench/acceptance.py [--mails 600] [--connections 4] [--rounds 3] [--json]

Each server is a process of its own; the client is this one and says the same to all of them: 20 mails a connection, one command at a
time (`--pipelined`: MAIL, RCPT and DATA together). Rounds alternate, for the machine has other work too; a figure is the best of its rounds.

stock    aiosmtpd as it comes, its handler answers 250 and forgets the mail: the reference, 1.0
discard  our door, nothing kept: what the protocol costs
sqlite   our door, 250 only after a commit into SQLite with WAL and synchronous=FULL: what is promised to users

Compare ratios of one run, and CPU; absolute rates say more about the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

import mix  # noqa: E402  # the path comes first, so that it runs from anywhere

RECIPIENT = "support@desk.example"
KINDS = ("stock", "discard", "sqlite")


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
    from mailgate.receiving import Committer, DoorSettings
    from mailgate.smtp import SmtpDoor

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


def sqlite_keep(folder: str):
    """One row a mail, one commit a group; durable also over a power loss."""
    try:
        from pysqlite3 import dbapi2 as sqlite
    except ImportError:
        import sqlite3 as sqlite
    import hashlib

    database = None

    def keep(mails):
        nonlocal database
        if database is None:
            database = sqlite.connect(Path(folder) / "acceptance.db", isolation_level=None)
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            assert database.execute("PRAGMA synchronous").fetchone() == (2,)
            database.execute(
                "CREATE TABLE mail (id INTEGER PRIMARY KEY, received_at TEXT, door TEXT, sender TEXT, recipients TEXT, peer TEXT, "
                "key BLOB UNIQUE, fate TEXT, raw BLOB)"
            )
        rows = []
        for mail in mails:
            envelope = mail.envelope
            recipients = " ".join(envelope.recipients)
            key = hashlib.sha256(b"\0".join((envelope.door.encode(), envelope.sender.encode(), recipients.encode(), mail.raw))).digest()
            rows.append(("2026-11-30T07:00:00+00:00", envelope.door, envelope.sender, recipients, envelope.peer, key, None, mail.raw))
        database.execute("BEGIN IMMEDIATE")
        database.executemany(
            "INSERT INTO mail (received_at, door, sender, recipients, peer, key, fate, raw) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
            rows,
        )
        database.execute("COMMIT")
        return [None] * len(mails)

    return keep


def serve(kind: str, folder: str) -> None:
    """Say the port, serve until the standard input ends, then say what it took."""

    async def main() -> None:
        port = await (
            serve_stock() if kind == "stock" else serve_ours(sqlite_keep(folder) if kind == "sqlite" else lambda mails: [None] * len(mails))
        )
        print(port, flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        begun = time.process_time()
        await asyncio.to_thread(sys.stdin.readline)
        cpu = time.process_time() - begun
        committer = getattr(serve_ours, "committer", None)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(
            json.dumps({"cpu": cpu, "kept": committer and committer.kept, "commits": committer and committer.commits, "rss_kb": memory}),
            flush=True,
        )
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
    with (
        tempfile.TemporaryDirectory(dir=options.folder) as folder,
        subprocess.Popen(
            [sys.executable, __file__, "--serve", kind, "--folder", folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server,
    ):
        port = int(server.stdout.readline())
        send_share(port, contents[:20], senders[:20], 20, options.pipelined)  # warm
        server.stdin.write("\n")
        server.stdin.flush()
        count = options.connections
        begun, own = time.perf_counter(), time.process_time()
        threads = [
            threading.Thread(target=send_share, args=(port, contents[n::count], senders[n::count], 20, options.pipelined))
            for n in range(count)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wall, own = time.perf_counter() - begun, time.process_time() - own
        server.stdin.write("\n")
        server.stdin.flush()
        told = json.loads(server.stdout.readline())
        if told["kept"] is not None and told["kept"] != len(contents) + 20:
            raise SystemExit(f"{kind} kept {told['kept']} of {len(contents) + 20} mails")
    n = len(contents)
    return {
        "mails_per_s": n / wall,
        "cpu_ms": 1000 * told["cpu"] / n,
        "client_cpu_ms": 1000 * own / n,
        "mails_per_commit": told["kept"] / told["commits"] if told["commits"] else 0,
        "rss_mb": told["rss_kb"] / 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast mail is accepted durably.")
    parser.add_argument("--mails", type=int, default=600)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pipelined", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--folder", default=None, help="where the database lies; a disk that counts, not memory")
    parser.add_argument("--serve", choices=KINDS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.folder)
        return
    samples = list(mix.mails(options.mails))
    contents = [sample.raw.replace(b"\r\n.", b"\r\n..") + b".\r\n" for sample in samples]
    senders = [sample.sender for sample in samples]
    rounds: dict[str, list[dict[str, float]]] = {kind: [] for kind in KINDS}
    for number in range(options.rounds):
        for kind in KINDS if number % 2 == 0 else reversed(KINDS):
            rounds[kind].append(measure(kind, contents, senders, options))
    best = {kind: max(each, key=lambda one: one["mails_per_s"]) for kind, each in rounds.items()}
    for kind in KINDS:
        best[kind]["ratio"] = best[kind]["mails_per_s"] / best["stock"]["mails_per_s"]
        best[kind]["cpu_ms"] = min(one["cpu_ms"] for one in rounds[kind])
    if options.json:
        print(json.dumps(best, indent=1))
        return
    print(f"{options.mails} mails, {options.connections} connections, best of {options.rounds} rounds")
    print(f"{'':8} {'mails/s':>8} {'ratio':>6} {'CPU ms':>7} {'client':>7} {'a commit':>9} {'RSS MB':>7}")
    for kind, one in best.items():
        print(
            f"{kind:8} {one['mails_per_s']:8.0f} {one['ratio']:6.2f} {one['cpu_ms']:7.2f} {one['client_cpu_ms']:7.2f} "
            f"{one['mails_per_commit']:9.1f} {one['rss_mb']:7.0f}"
        )


if __name__ == "__main__":
    main()
