"""How much a door takes: limits, the count of who is inside, the room left on the disk.

Decides with figures only and speaks no SMTP. Next: `mailgate/doors/smtp.py`, which answers by it.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path

from rules.frozen import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one client, and all clients of a door together, may take; 0 switches a count off."""

    connections: int = 100
    per_ip: int = 10
    """Connections from one address; the door's `networks` are exempt, for there stand our own MTAs."""
    loopback_is_exempt: bool = True
    """Whether this machine is taken for such a hop."""
    greeting: timedelta = timedelta(seconds=30)
    """From the connection to EHLO, whatever else is said in between."""
    idle: timedelta = timedelta(seconds=60)
    data_grace: timedelta = timedelta(seconds=30)
    """How long the content of a message may come slower than `data_bytes_per_second`."""
    data_bytes_per_second: int = 500
    data_total: timedelta = timedelta(hours=1)
    """No message takes longer than this, at whatever speed."""
    recipients: int = 100
    """RFC 5321 section 4.5.3.1.8 asks for at least 100."""
    unknown_recipients: int = 5
    errors: int = 10
    """Commands answered 5xx, refused recipients apart."""
    idle_commands: int = 100
    """NOOP, RSET, VRFY and HELP between two messages."""
    login_failures: int = 3
    login_delay: timedelta = timedelta(seconds=1)
    """Before a refusal of a login; doubles with each failure from the same address."""
    in_hand_bytes: int = 256_000_000
    """Content of unfinished messages of all clients of a door together."""


class Gate:
    """Who is inside, by address, and who guessed passwords lately."""

    FORGET_AFTER = timedelta(minutes=10)
    """A wrong password counts for this long."""

    def __init__(self, limits: Limits, networks: Iterable[str] = (), *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self._networks: list[IPv4Network | IPv6Network] = [ip_network(each, strict=False) for each in networks]
        self._monotonic = monotonic
        self._inside = 0
        self._by_ip: Counter[str] = Counter()
        self._failed: dict[str, list[float]] = {}
        self.in_hand_bytes = 0

    @property
    def inside(self) -> int:
        """Connections that were let in and have not left."""
        return self._inside

    def enter(self, ip: str) -> str:
        """Count a connection in; empty if it may stay, else why not. Every call needs one `leave`, also after a refusal."""
        key = _holder(ip)
        self._inside += 1
        self._by_ip[key] += 1
        if 0 < self.limits.connections < self._inside:
            return "too many connections"
        if 0 < self.limits.per_ip < self._by_ip[key] and not self.is_exempt(ip):
            return "too many connections from your address"
        return ""

    def leave(self, ip: str) -> None:
        """Count a connection out."""
        key = _holder(ip)
        self._inside -= 1
        self._by_ip[key] -= 1
        if not self._by_ip[key]:
            del self._by_ip[key]

    def is_exempt(self, ip: str) -> bool:
        """Whether a client is our own: a Unix socket, this machine where it counts as one, or one of the door's networks."""
        if not ip:
            return True
        return self.is_local(ip) or any(ip_address(ip) in network for network in self._networks)

    def is_local(self, ip: str) -> bool:
        """Whether a client is exempt for nothing but being on this machine."""
        return self.limits.loopback_is_exempt and bool(ip) and ip_address(ip).is_loopback

    def login_failed(self, ip: str) -> timedelta:
        """Note a wrong password; how long to wait before saying so (at most 30 s)."""
        now, key = self._monotonic(), _holder(ip)
        since = now - self.FORGET_AFTER.total_seconds()
        if len(self._failed) > 10_000:
            self._failed = {each: times for each, times in self._failed.items() if times[-1] > since}
        recent = [moment for moment in self._failed.get(key, ()) if moment > since][-20:]
        self._failed[key] = [*recent, now]
        return min(self.limits.login_delay * (1 << len(recent)), timedelta(seconds=30))

    def login_succeeded(self, ip: str) -> None:
        """Forget the wrong passwords of an address."""
        self._failed.pop(_holder(ip), None)


class DiskGuard:
    """Says when the disk under the store is nearly full, so that a mail is refused before it is sent rather than after."""

    LEAST_BYTES = 100_000_000

    def __init__(
        self,
        folder: str,
        max_size_bytes: int,
        *,
        free_bytes: Callable[[str], int] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._least = max(self.LEAST_BYTES, 5 * max_size_bytes)
        self._free_bytes = free_bytes or _free_bytes
        self._monotonic = monotonic
        self._asked_at = float("-inf")
        self._is_full = False

    def is_full(self) -> bool:
        """Whether less than 100 MB, or than five of the biggest mails, would fit; asks the disk at most once a second."""
        now = self._monotonic()
        if self._folder and now - self._asked_at >= 1:
            self._asked_at = now
            self._is_full = self._free_bytes(self._folder) < self._least
        return self._is_full


def _free_bytes(folder: str) -> int:
    return shutil.disk_usage(Path(folder)).free


def _holder(ip: str) -> str:
    """Whom an address stands for: with IPv6 a customer has a network of 2**64 addresses."""
    return ip if ":" not in ip else str(ip_network((ip, 64), strict=False))


def plain_ip(peername: object) -> str:
    """The address in a socket's peer name, IPv4 also where IPv6 wraps it; empty for Unix sockets."""
    if not isinstance(peername, tuple) or not peername:
        return ""
    try:
        address = ip_address(str(peername[0]).partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address)
