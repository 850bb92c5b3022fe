"""Ports of loopback for the servers that tests start."""

from __future__ import annotations

import socket
from collections import deque

HELD = 256
"""So many ports are kept for their servers at a time: more than one test needs, fewer than files a process may open."""

_held: deque[socket.socket] = deque()


def free_ports(count: int) -> list[int]:
    """Ports that nobody has, and that only a server which names them gets.

    Each stays bound by a socket that doesn't listen. Until its server listens, the kernel gives it to no connection that goes out and to nobody
    who takes any port, and there are many of both between the choice of a port and the start of a server. SO_REUSEADDR, which all
    servers set, lets the server in beside the socket.
    """
    return [_hold() for _ in range(count)]


def _hold() -> int:
    while len(_held) >= HELD:
        _held.popleft().close()
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    _held.append(holder)
    return int(holder.getsockname()[1])
