"""A private Postfix on loopback that takes all mail and hands it on by SMTP or LMTP to wherever a test says.

`start(relay_to)` gives a `Postfix`; queue, config and log lie in a folder that vanishes. Postfix starts as root only, so without root its
tests are skipped. It dies with the process that started it. A machine without Postfix fails these tests.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.servers.ports import free_ports

_PROGRAMS = Path("/usr/lib/postfix/sbin")
_COMMANDS = Path("/usr/sbin")

_MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
command_directory = {commands}
daemon_directory = {programs}
maillog_file = {home}/log
maillog_file_prefixes = {home}
myhostname = mx.desk.example
mydestination =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
relay_domains = {domains}
relay_transport = {transport}
default_transport = {elsewhere}
disable_dns_lookups = yes
smtp_host_lookup = native
smtputf8_enable = yes
smtp_tls_security_level = {tls}
message_size_limit = {size}
minimal_backoff_time = 2s
maximal_backoff_time = 4s
queue_run_delay = 2s
smtp_destination_concurrency_limit = 5
{more}
"""

_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 5 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
showq unix n - n - - showq
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(slots=True)
class Postfix:
    """A running server. Everybody on loopback may send by it."""

    home: Path
    port: int
    process: subprocess.Popen[bytes] = field(repr=False)
    host: str = "127.0.0.1"

    def send(self, raw: bytes, recipients: Sequence[str], *, sender: str = "kim@client.example") -> None:
        """Hand a mail in by SMTP; when this returns it is in the queue."""
        with smtplib.SMTP(self.host, self.port, local_hostname="client.example", timeout=20) as door:
            door.sendmail(sender, list(recipients), raw)

    def queue(self) -> list[dict[str, Any]]:
        """What waits, as `postqueue -j` tells it: a mail each, with its recipients and why they wait."""
        lines = self._run("postqueue", "-j").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def flush(self) -> None:
        """Try everything that waits now."""
        self._run("postqueue", "-f")

    def wait_until_sent(self, seconds: float = 60) -> None:
        """Until the queue is empty; fails the test, with the log, if it does not become so."""
        deadline = time.monotonic() + seconds
        while self.queue():
            if time.monotonic() > deadline:
                pytest.fail(f"mail still waits: {self.queue()}\n{self.log()}")
            time.sleep(0.05)

    def log(self) -> str:
        """All that Postfix wrote so far."""
        path = self.home / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def deliveries(self) -> list[str]:
        """The `status=` part of each attempt, oldest first: `sent (250 2.0.0 kept)`."""
        return [line.split("status=", 1)[1].strip() for line in self.log().splitlines() if "status=" in line]

    def stop(self) -> None:
        """End it, and remove its folder."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(10)
        shutil.rmtree(self.home, ignore_errors=True)

    def _run(self, command: str, *arguments: str) -> str:
        return subprocess.run(
            [_COMMANDS / command, "-c", self.home / "etc", *arguments], check=True, capture_output=True, text=True, timeout=20
        ).stdout


def start(
    relay_to: tuple[str, int] | str,
    *,
    domains: Sequence[str] = ("desk.example",),
    elsewhere: tuple[str, int] | str = "error:5.7.1 nothing leaves this test",
    tls: str = "none",
    size_bytes: int = 60_000_000,
    more: str = "",
    services: str = "",
) -> Postfix:
    """Start a Postfix that relays mail for `domains` to `relay_to`, and all other mail to `elsewhere`.

    A place is `(host, port)` for SMTP, or a transport in Postfix's words: `lmtp:inet:127.0.0.1:2424`, `lmtp:unix:/run/x/lmtp.sock`. `tls` is
    `smtp_tls_security_level` (`may` uses STARTTLS where it is offered); `more` are further lines of main.cf, `services` of master.cf.
    """
    if not (_PROGRAMS / "master").exists():
        pytest.fail("Postfix isn't installed: run `make test`, or packaging/test-servers.sh")
    if os.geteuid() != 0:
        pytest.skip("Postfix starts as root only")
    home = Path(tempfile.mkdtemp(prefix="mailgate-postfix-", dir="/tmp"))
    home.chmod(0o755)  # Postfix's own user reads it, and a test may put its LMTP socket here
    for name in ("etc", "queue", "data"):
        (home / name).mkdir()
    os.chown(home / "data", pwd.getpwnam("postfix").pw_uid, -1)
    (port,) = free_ports(1)
    main = _MAIN.format(
        home=home,
        commands=_COMMANDS,
        programs=_PROGRAMS,
        domains=" ".join(domains),
        transport=_transport(relay_to),
        elsewhere=_transport(elsewhere),
        tls=tls,
        size=size_bytes,
        more=more,
    )
    (home / "etc" / "main.cf").write_text(main)
    (home / "etc" / "master.cf").write_text(_MASTER.format(port=port) + services)
    checked = subprocess.run([_COMMANDS / "postfix", "-c", home / "etc", "check"], check=False, capture_output=True, text=True, timeout=30)
    if checked.returncode:
        pytest.fail(f"Postfix finds fault with its config: {checked.stderr}")
    process = subprocess.Popen(
        # Its own session: at the end it signals its whole process group.
        ["setpriv", "--pdeathsig", "TERM", _PROGRAMS / "master", "-s", "-c", home / "etc"],
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    server = Postfix(home=home, port=port, process=process)
    deadline = time.monotonic() + 60
    while not _greets(port):
        if process.poll() is not None or time.monotonic() > deadline:
            log = server.log()
            server.stop()
            pytest.fail(f"Postfix did not start:\n{log}")
        time.sleep(0.05)
    return server


def _transport(place: tuple[str, int] | str) -> str:
    return place if isinstance(place, str) else f"smtp:[{place[0]}]:{place[1]}"


def _greets(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 2) as sock:
            return sock.recv(100).startswith(b"220")
    except OSError:
        return False
