"""Daemons whose clock stands where a file says: `mailgate serve`, begun by a process that has loaded everything already.

`python -m tests.desk.standing` reads JSON lines: to `[CONFIG, CLOCK, PORT]` it begins a daemon and says its process id, to such an id it says
the exit status of that daemon when it has ended. At PORT somebody hears `ready` when the doors are open, and `done` after each signal:
SIGUSR1 lets it look at once for what waits, SIGUSR2 is what five seconds are to a desk whose clock moves. What is due by time happens
then, and only then; all else is the daemon's own.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
import sys
import traceback
from datetime import datetime
from pathlib import Path
from typing import IO

from mailgate.daemon import Daemon
from mailgate.desk import logs
from mailgate.doors import front
from mailgate.settings import load
from store.engine import Store

READY = "ready"
DONE = "done"


def serve(config: Path, clock: Path, voice: IO[str]) -> None:
    """Run the desk of that config until SIGTERM."""
    settings = load(config, {})
    logs.start(settings.log, least=logging.WARNING)
    waiting = set[asyncio.Task[None]]()

    def now() -> datetime:
        return datetime.fromisoformat(clock.read_text())

    async def behind(doors: front.Front, store: Store) -> None:
        running = Daemon(doors, store)
        running.RIPEN_EVERY_SECONDS = 24 * 3600
        await running.run(ready)

    def ready(running: Daemon) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, look, running)
        loop.add_signal_handler(signal.SIGUSR2, lambda: waiting.add(asyncio.ensure_future(ripen(running))))
        print(READY, file=voice, flush=True)

    def look(running: Daemon) -> None:
        running.prompt()
        print(DONE, file=voice, flush=True)

    async def ripen(running: Daemon) -> None:
        await running.ripen()
        look(running)

    front.serve(settings, now, behind)


def begin(config: Path, clock: Path, port: int) -> int:
    """A daemon in a process of its own; gives its id."""
    if pid := os.fork():
        return pid
    status = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        log = os.open(config.parent / "daemon.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        with socket.create_connection(("127.0.0.1", port)) as heard:
            serve(config, clock, heard.makefile("w"))
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def main() -> None:
    """Begin and wait for daemons until the lines end."""
    for line in sys.stdin:
        match json.loads(line):
            case [str(config), str(clock), int(port)]:
                print(begin(Path(config), Path(clock), port), flush=True)
            case int(pid):
                print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
