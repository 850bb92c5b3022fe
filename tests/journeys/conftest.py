"""The town of all journeys, and desks that end with their test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.desk import Desk, ended
from tests.journeys.town import Person, Town
from tests.servers import postfix
from tests.servers.dovecot import Dovecot, dovecot
from tests.servers.ports import free_ports
from tests.servers.quick import begun_quickly

__all__ = ["dovecot"]


@pytest.fixture(scope="package")
def quick() -> Iterator[None]:
    """What a thousand desks need not make a thousand times."""
    with begun_quickly():
        yield


@pytest.fixture(scope="session")
def town(dovecot: Dovecot) -> Iterator[Town]:
    """Postfix and Dovecot for all journeys of this process."""
    (lmtp_port,) = free_ports(1)
    server = postfix.start(f"lmtp:inet:127.0.0.1:{lmtp_port}", elsewhere=f"lmtp:inet:127.0.0.1:{dovecot.lmtp_port}")
    yield Town(postfix=server, dovecot=dovecot, lmtp_port=lmtp_port)
    server.stop()


@pytest.fixture(autouse=True, scope="package")
def _quick(quick: None) -> None:
    """Commands in this process share what each would make for itself; daemons and other processes begin from nothing."""


@pytest.fixture
def open_desk(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Makes desks, each in a folder of its own; what still runs at the end is ended."""
    made: list[Desk] = []

    def make(name: str = "desk", **how: Any) -> Desk:
        made.append(Desk.open(tmp_path / name, **how))
        return made[-1]

    yield make
    ended(made)


@pytest.fixture
def town_desk(town: Town, open_desk: Callable[..., Desk]) -> Callable[..., Desk]:
    """Makes a desk that the town's Postfix delivers to by LMTP and that sends by the same Postfix."""

    def make(**how: Any) -> Desk:
        lmtp = '[lmtp]\nlisten = "127.0.0.1:{lmtp}"\n'
        return open_desk(**({"relay": town.relay, "lmtp_port": town.lmtp_port} | how | {"doors": lmtp + how.get("doors", "")}))

    return make


@pytest.fixture
def person(town: Town, tmp_path: Path) -> Callable[..., Person]:
    """Makes people with mailboxes; each name belongs to this test alone."""

    def make(name: str, domain: str = "client.example") -> Person:
        unique = town.dovecot.fresh_user(name)
        return town.person(name.capitalize(), f"{unique}@{domain}", tmp_path)

    return make
