"""Reads mails in one worker process with limits of memory and time, so that no mail can stop or bloat the daemon.

The process that imports this module never loads the parsing side. Where a mail ends the worker, the answers that it had gathered are lost:
the mails without one are tried once more, each alone, until the guilty one is found. That one is `Unreadable`; its neighbours in the batch
never notice. What the worker does: `worker.py`.
"""

from __future__ import annotations

import fcntl
import logging
import os
import select
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Self

from mailgate.parsing import packing
from rules.facts.mail import Mail, Unreadable

WALL_SECONDS = 20.0
START_SECONDS = 60.0
_BACK_OFF_SECONDS = (0.0, 0.1, 0.5, 2.0, 5.0)
_FRAME_BYTES = 5
_READY, _MAIL, _UNREADABLE, _EXHAUSTED = range(4)
_PIPE_BYTES = 1 << 20
"""A batch of ordinary mails is handed over at once, and all answers to it are taken at once."""
_PIECE_BYTES = 1 << 18
_BUFFERS = 1000
"""Fewer than one system call takes (IOV_MAX)."""

log = logging.getLogger("mailgate")


class Broken(RuntimeError):
    """The worker can't be started at all: the installation is damaged or the machine is out of memory. Nothing is lost; try later."""


class Reader:
    """A worker process and the pipe to it. One at a time may read; others wait. Close it, or use it as a context."""

    def __init__(
        self, *, wall_seconds: float = WALL_SECONDS, command: Sequence[str] = (sys.executable, "-m", "mailgate.parsing.worker")
    ) -> None:
        self._wall_seconds = wall_seconds
        self._command = list(command)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._pipes = (-1, -1)
        self._incoming = bytearray()
        self._failed_starts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Process id of the worker, None while there is none."""
        return self._process.pid if self._process else None

    def read(self, raws: Sequence[bytes]) -> list[Mail | Unreadable]:
        """One result for each of the raw mails, in their order. Raises `Broken` if no worker can be started."""
        with self._lock:
            results: list[Mail | Unreadable] = []
            while len(results) < len(raws):
                results += self._batch(raws[len(results) :])
                results += self._one_by_one(raws[len(results) :])
            return results

    def close(self) -> None:
        """End the worker. A later `read` starts a new one."""
        with self._lock:
            self._stop()

    # --- one conversation ---------------------------------------------------------------------------------------------------------

    def _one_by_one(self, raws: Sequence[bytes]) -> list[Mail | Unreadable]:
        """Results for the mails that were left when the worker ended, up to the one that ends it again."""
        results: list[Mail | Unreadable] = []
        for raw in raws:
            alone = self._batch([raw])
            if not alone:
                return [*results, Unreadable("reading it broke the limits of time or memory twice")]
            results += alone
        return results

    def _batch(self, raws: Sequence[bytes]) -> list[Mail | Unreadable]:
        """Results for the first mails of the batch: all of them, or as many as came before the worker ended or took too long."""
        write_to, read_from = self._started()
        results: list[Mail | Unreadable] = []
        outgoing = deque(_framed(raws))
        poll = select.poll()
        poll.register(read_from, select.POLLIN | select.POLLHUP)
        poll.register(write_to, select.POLLOUT)
        deadline = time.monotonic() + self._wall_seconds
        while len(results) < len(raws):
            left = deadline - time.monotonic()
            events = poll.poll(max(0.0, left) * 1000) if left > 0 else []
            if not events:
                self._stop()
                return results
            for fd, _ in events:
                if fd == write_to:
                    _push(write_to, outgoing)
                    if not outgoing:
                        poll.unregister(write_to)
                else:
                    found, alive = self._pull(read_from)
                    results += found
                    if found:
                        deadline = time.monotonic() + self._wall_seconds
                    if not alive:
                        self._stop()
                        return results
        return results

    def _pull(self, fd: int) -> tuple[list[Mail | Unreadable], bool]:
        """What the frames that arrived say, and whether the worker still lives."""
        data = os.read(fd, _PIECE_BYTES)
        if not data:
            return [], False
        self._incoming += data
        results: list[Mail | Unreadable] = []
        while (frame := self._frame()) is not None:
            kind, answer = frame
            if kind == _EXHAUSTED:
                return results, False
            results.append(packing.unpack(answer) if kind == _MAIL else Unreadable(answer.decode("utf-8", "replace")))
        return results, True

    def _frame(self) -> tuple[int, bytes] | None:
        if len(self._incoming) < _FRAME_BYTES:
            return None
        end = _FRAME_BYTES + int.from_bytes(self._incoming[1:_FRAME_BYTES], "little")
        if len(self._incoming) < end:
            return None
        kind, answer = self._incoming[0], bytes(self._incoming[_FRAME_BYTES:end])
        del self._incoming[:end]
        return kind, answer

    # --- its life -----------------------------------------------------------------------------------------------------------------

    def _started(self) -> tuple[int, int]:
        """The pipes to and from a living worker, a new one if need be."""
        if self._process is not None and self._process.poll() is None:
            return self._pipes
        self._stop()
        time.sleep(_BACK_OFF_SECONDS[min(self._failed_starts, len(_BACK_OFF_SECONDS) - 1)])
        root = str(Path(__file__).resolve().parents[2])
        process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd="/",
            env={
                "PATH": os.environ.get("PATH", ""),
                "LANG": "C.UTF-8",
                "PYTHONPATH": os.pathsep.join([root, *(path for path in sys.path if path and Path(path).is_absolute())]),
                # Memory of a huge mail goes back to the system after it; that of one with a few pictures is worth keeping.
                "MALLOC_ARENA_MAX": "1",
                "MALLOC_MMAP_THRESHOLD_": "1048576",
                "MALLOC_TRIM_THRESHOLD_": "2097152",
            },
        )
        if process.stdin is None or process.stdout is None:
            raise Broken("the reading worker has no pipes")
        self._process, self._incoming = process, bytearray()
        self._pipes = process.stdin.fileno(), process.stdout.fileno()
        os.set_blocking(self._pipes[0], False)
        for pipe in self._pipes:
            with suppress(OSError):  # a user may have so many bytes in pipes; smaller ones do
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        if not self._is_ready(self._pipes[1]):
            self._stop()
            self._failed_starts += 1
            raise Broken("the reading worker does not start; its reason stands above in the log")
        self._failed_starts = 0
        return self._pipes

    def _is_ready(self, fd: int) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while len(self._incoming) < _FRAME_BYTES:
            readable, _, _ = select.select([fd], [], [], max(0.0, deadline - time.monotonic()))
            data = os.read(fd, 4096) if readable else b""
            if not data:
                return False
            self._incoming += data
        frame = self._frame()
        return frame is not None and frame[0] == _READY

    def _stop(self) -> None:
        process, self._process = self._process, None
        self._incoming.clear()
        if process is None:
            return
        with suppress(OSError):
            process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        process.wait()


def _framed(raws: Sequence[bytes]) -> Iterator[bytes | memoryview]:
    for raw in raws:
        yield len(raw).to_bytes(4, "little")
        yield raw


def _push(fd: int, outgoing: deque[bytes | memoryview]) -> None:
    """Write as much of it as the pipe takes; all is gone where nobody reads any more."""
    try:
        written = os.writev(fd, list(islice(outgoing, _BUFFERS)))
    except BlockingIOError:
        return
    except OSError:
        # It ended; reading tells how far it came.
        outgoing.clear()
        return
    while outgoing and written >= len(outgoing[0]):
        written -= len(outgoing.popleft())
    if written:
        outgoing[0] = memoryview(outgoing[0])[written:]
