"""A port that a test chose for a server is still free when the server starts."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.servers.ports import HELD, free_ports


def test_a_chosen_port_is_kept_for_the_server_that_names_it() -> None:
    """One of thousands of tests would fail now and then: a connection of another took the port before the server did."""
    (port,) = free_ports(1)
    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind(("127.0.0.1", port))
    with socket.create_server(("127.0.0.1", port)) as server, socket.create_connection(("127.0.0.1", port)):
        server.accept()[0].close()


def test_kept_ports_differ_and_never_use_up_the_files_of_a_process() -> None:
    """Tests of a whole run choose thousands of ports."""
    free_ports(HELD)
    before = len(list(Path("/proc/self/fd").iterdir()))
    ports = free_ports(2 * HELD)
    assert len(set(ports[-HELD:])) == HELD
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    # Some of those that were let go may be somebody else's by now.
    assert any(_is_free(port) for port in ports[:HELD])


def _is_free(port: int) -> bool:
    with socket.socket() as stranger:
        try:
            stranger.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
