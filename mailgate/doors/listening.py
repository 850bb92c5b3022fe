"""Listening sockets and certificates of the doors: from what the config says to what the loop takes.

Next: `mailgate/doors/smtp.py`.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
import stat
from pathlib import Path

BACKLOG = 256
_REASONS = {
    errno.EADDRINUSE: "another program listens there already, perhaps a desk of yours; stop it, or take another port in config.toml",
    errno.EACCES: "this user may not listen there; take a port from 1024 on, or give the service CAP_NET_BIND_SERVICE",
    errno.EADDRNOTAVAIL: "this machine has no such address; take one that it has, or * for all",
}


def sockets(listen: str, *, mode: int = 0o666) -> list[socket.socket]:
    """Bound sockets for `host:port`, `[::1]:25`, `*:25` or `unix:path`; a name may have several addresses. Raises OSError, ValueError."""
    if listen.startswith("unix:"):
        return [_unix_socket(Path(listen.removeprefix("unix:")), mode)]
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdigit():
        raise ValueError(f"{listen!r} is no place to listen: host:port or unix:path is needed")
    host = host.removeprefix("[").removesuffix("]")
    try:
        found = _places(host, int(port))
    except socket.gaierror as why:
        raise OSError(why.errno, f"{host} is no address of this machine ({why.strerror}); take one, or * for all", listen) from why
    bound: list[socket.socket] = []
    try:
        for family, address in found:
            bound.append(_tcp_socket(family, address))
    except OSError as why:
        for each in bound:
            each.close()
        raise OSError(why.errno, _REASONS.get(why.errno or 0, why.strerror or str(why)), listen) from why
    return bound


def _places(host: str, port: int) -> list[tuple[int, object]]:
    found = socket.getaddrinfo(None if host in {"*", ""} else host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return [(family, address) for family, _, _, _, address in dict.fromkeys(found)]


def _tcp_socket(family: int, address: object) -> socket.socket:
    # The protocol must be named: asyncio switches Nagle off only where it reads IPPROTO_TCP, and 40 ms a session hang on it.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)  # type: ignore[arg-type]  # getaddrinfo gives it back as it wants it
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


def _unix_socket(path: Path, mode: int) -> socket.socket:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
        if _is_answered(path):
            raise OSError(errno.EADDRINUSE, _REASONS[errno.EADDRINUSE], f"unix:{path}")
        path.unlink()  # left behind by a process that was killed
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(os.fspath(path))
        path.chmod(mode)
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


def _is_answered(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(os.fspath(path))
        except OSError:
            return False
        return True


def name(sock: socket.socket) -> str:
    """Where a socket listens, written as in the config."""
    match sock.getsockname():
        case str(path):
            return f"unix:{path}"
        case (str(host), int(port), *_):
            return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        case other:
            return repr(other)


def tls_context(cert: str, key: str) -> ssl.SSLContext:
    """A server's context for TLS 1.2 and later; raises OSError, with the file and the reason, if the files don't fit together."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(cert, key or None)
    except ssl.SSLError as why:
        mismatched = "MISMATCH" in str(why)
        reason = f"{key or cert} is not the key of this certificate" if mismatched else "no certificate and key in PEM can be read from it"
        raise OSError(errno.EINVAL, reason + ("" if mismatched or not key else f" and {key}"), cert) from why
    return context


def remove(place: str) -> None:
    """Take away the file of a Unix socket that nobody answers any more; other places leave nothing behind."""
    if place.startswith("unix:"):
        Path(place.removeprefix("unix:")).unlink(missing_ok=True)
