"""The process that parses: reads raw mails from its standard input, writes what they say to its standard output, nothing else.

Started by `reader.py`, as `python -m mailgate.parsing.worker`. Limits itself in memory and, mail by mail, in CPU time; ends when its input
ends, so it never outlives the process that started it. Each sending wakes that process up, so answers are gathered as long as whole mails
lie in what was read of the input.
"""

from __future__ import annotations

import gc
import io
import os
import resource
import signal
import struct
import sys
import time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from rules.facts.mail import Unreadable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MEMORY_BYTES = 512 * 1024 * 1024
CPU_SECONDS = 10
SLOW_SECONDS = 0.05
"""The answer of a mail that took so long is sent at once: the parent gives each answer only so much time."""
INPUT_BYTES = GATHERED_BYTES = 1 << 18
FRAME = struct.Struct("<BI")
READY, MAIL, UNREADABLE, EXHAUSTED = range(4)


def main() -> None:
    """Answer every mail with one frame until the input ends."""
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=GATHERED_BYTES)
    source = io.BufferedReader(_Input(sink), INPUT_BYTES)
    # Whatever a library prints must not get between the frames.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)

    # The limits and signals above hold before any of this runs.
    from mailgate.parsing import packing, parse  # noqa: PLC0415

    _limit_memory()
    gc.collect()
    gc.freeze()
    _put(sink, READY, b"")
    while (raw := _receive(source)) is not None:
        began = time.monotonic()
        _limit_time(int(began))
        try:
            kind, answer = MAIL, packing.pack(parse.parse(raw))
        except Unreadable as reason:
            kind, answer = UNREADABLE, str(reason).encode()
        except (MemoryError, RecursionError):
            # The heap is in tatters: say so and begin anew.
            _put(sink, EXHAUSTED, b"")
            sink.flush()
            return
        except Exception as fault:  # noqa: BLE001 - any failure is this one mail's, told to the parent
            kind, answer = UNREADABLE, f"reading broke: {type(fault).__name__}: {fault}"[:500].encode("utf-8", "replace")
        _put(sink, kind, answer)
        if time.monotonic() - began > SLOW_SECONDS:
            sink.flush()
        del raw, answer


class _Input(io.FileIO):
    """The standard input. Before more of it is waited for, what was gathered is sent: the parent may wait for that."""

    def __init__(self, sink: BinaryIO) -> None:
        super().__init__(sys.stdin.fileno(), closefd=False)
        self._sink = sink

    def readinto(self, room: WriteableBuffer) -> int | None:
        self._sink.flush()
        return super().readinto(room)


def _receive(source: BinaryIO) -> bytes | None:
    head = source.read(4)
    if len(head) < 4:
        return None
    size = int.from_bytes(head, "little")
    raw = source.read(size)
    return raw if len(raw) == size else None


def _put(sink: BinaryIO, kind: int, data: bytes) -> None:
    sink.write(FRAME.pack(kind, len(data)))
    sink.write(data)


def _limit_memory() -> None:
    base = int(Path("/proc/self/statm").read_bytes().split()[0]) * resource.getpagesize()
    most = _allowed(resource.RLIMIT_AS, base + MEMORY_BYTES)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _allowed(limit: int, wanted: int) -> int:
    """As much as is wanted, but no more than whoever started the desk allows: a limit can't be raised again."""
    hard = resource.getrlimit(limit)[1]
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)


@lru_cache(maxsize=1)
def _limit_time(_second: int) -> None:
    """The kernel ends the process when one mail has used its CPU seconds; no regular expression can hold that off.

    Set anew in each second of the clock, in which no more than one can be used.
    """
    soft = int(time.process_time()) + CPU_SECONDS + 2
    resource.setrlimit(resource.RLIMIT_CPU, (_allowed(resource.RLIMIT_CPU, soft), resource.getrlimit(resource.RLIMIT_CPU)[1]))


if __name__ == "__main__":
    main()
