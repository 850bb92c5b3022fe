"""A private Dovecot on loopback: IMAP, IMAPS and LMTP, any user with one password, mail in Maildirs of a folder that vanishes.

`start()` gives a `Dovecot`; the fixture `dovecot` shares one per test session, so tests take users of their own (`fresh_user`). Works as
root and as anybody else. A machine without Dovecot fails these tests, unless MAILGATE_TEST_NO_SERVERS is set: then they are skipped.
"""

from __future__ import annotations

import contextlib
import grp
import imaplib
import itertools
import os
import pwd
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme

from tests.servers.ports import free_ports

PASSWORD = "correct-horse"
BINARIES = ("/usr/sbin/dovecot", "/usr/local/sbin/dovecot", "/opt/homebrew/sbin/dovecot")

_CONFIG = """
base_dir = {home}/run
state_dir = {home}/state
instance_name = {instance}
log_path = {home}/log
protocols = imap lmtp
listen = 127.0.0.1
default_login_user = {login_user}
default_internal_user = {internal_user}
default_internal_group = {internal_group}
first_valid_uid = {uid}
first_valid_gid = {gid}
mail_uid = {uid}
mail_gid = {gid}
mail_home = {home}/mail/%u
mail_location = maildir:~/Maildir
mail_fsync = never
mail_max_userip_connections = 100
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
ssl = yes
ssl_cert = <{home}/cert.pem
ssl_key = <{home}/key.pem
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox "Sent Items" {{
    special_use = \\Sent
    auto = create
  }}
  mailbox Junk {{
    special_use = \\Junk
    auto = create
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  service_count = 0
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  user = {user}
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service auth {{
  unix_listener auth-userdb {{
    mode = 0666
  }}
}}
{extra}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A mail as it lies in a folder."""

    uid: int
    flags: frozenset[str]
    raw: bytes


@dataclass(slots=True)
class Dovecot:
    """A running server. Users need no making: the first delivery or login makes them."""

    home: Path
    imap_port: int
    imaps_port: int
    lmtp_port: int
    process: subprocess.Popen[bytes] = field(repr=False)
    host: str = "localhost"
    password: str = PASSWORD
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1), repr=False)

    @property
    def ca_file(self) -> Path:
        """The authority that signed the server's certificate for `localhost` and 127.0.0.1."""
        return self.home / "ca.pem"

    def fresh_user(self, name: str = "desk") -> str:
        """A user that nobody has used yet."""
        return f"{name}{next(self._numbers)}"

    def deliver(self, user: str, raw: bytes, *, sender: str = "customer@client.example", recipient: str = "") -> None:
        """Hand a mail over by LMTP, as an MTA would; when this returns it is in the INBOX."""
        with smtplib.LMTP("127.0.0.1", self.lmtp_port, local_hostname="mx.example", timeout=10) as door:
            door.sendmail(sender, [recipient or user], raw)

    def append(self, user: str, raws: Sequence[bytes], folder: str = "INBOX", *, at: str | None = None, flags: str = "") -> None:
        """Put mails into a folder as a client would; `at` is an INTERNALDATE such as `"01-Mar-2020 10:00:00 +0000"` in quotes."""
        with self._client(user) as client:
            for raw in raws:
                typ, answer = client.append(f'"{folder}"', flags, at, raw)
                assert typ == "OK", answer

    def fill(self, user: str, raws: Sequence[bytes], *, at: float | None = None) -> None:
        """Put many mails into the INBOX at once, behind the server's back; `at` is the INTERNALDATE in seconds of the epoch."""
        maildir = self.home / "mail" / user / "Maildir"
        for folder in ("cur", "new", "tmp"):
            (maildir / folder).mkdir(parents=True, exist_ok=True)
        for raw in raws:
            path = maildir / "new" / f"{time.time():.6f}.f{next(self._numbers)}.test"
            path.write_bytes(raw)
            if at is not None:
                os.utime(path, (at, at))
        if os.getuid() == 0:
            owner = (self.home / "mail").stat()
            for path in (maildir.parent, maildir, *maildir.rglob("*")):
                os.chown(path, owner.st_uid, owner.st_gid)

    def create(self, user: str, folder: str) -> None:
        """Make a folder."""
        with self._client(user) as client:
            assert client.create(f'"{folder}"')[0] == "OK"

    def folders(self, user: str) -> list[str]:
        """Names of all folders, as they are on the wire."""
        with self._client(user) as client:
            names = [re.search(r'(?:"([^"]*)"|([^" ]+))$', line.decode()) for line in client.list()[1] if isinstance(line, bytes)]
            return sorted(match.group(1) or match.group(2) for match in names if match)

    def listing(self, user: str, folder: str = "INBOX") -> list[Held]:
        """All mails of a folder by UID, looked at without leaving a trace."""
        with self._client(user) as client:
            typ, answer = client.select(f'"{folder}"', readonly=True)
            assert typ == "OK", answer
            held = []
            for item in client.uid("fetch", "1:*", "(UID FLAGS BODY.PEEK[])")[1]:
                if isinstance(item, tuple):
                    head = item[0].decode()
                    uid, flags = re.search(r"UID (\d+)", head), re.search(r"FLAGS \(([^)]*)\)", head)
                    assert uid and flags, head
                    held.append(Held(uid=int(uid.group(1)), flags=frozenset(flags.group(1).split()) - {r"\Recent"}, raw=item[1]))
            return held

    def remove(self, user: str, uids: Sequence[int], folder: str = "INBOX") -> None:
        """Expunge mails."""
        with self._client(user) as client:
            client.select(f'"{folder}"')
            client.uid("store", ",".join(map(str, uids)), "+FLAGS.SILENT", r"(\Deleted)")
            client.expunge()

    def renumber(self, user: str) -> None:
        """Lose the INBOX's numbers, as a restored or migrated server does: new UIDVALIDITY, other UIDs, the same dates."""
        for path in (self.home / "mail" / user / "Maildir").glob("dovecot*"):
            if path.name.startswith(("dovecot.index", "dovecot-uidlist")):
                path.unlink()

    def sessions(self) -> list[int]:
        """Process ids that serve logged-in clients."""
        found = subprocess.run(["pgrep", "-P", str(self.process.pid), "-x", "imap"], capture_output=True, text=True, check=False)
        return [int(pid) for pid in found.stdout.split()]

    def log(self) -> str:
        """What the server wrote about itself so far."""
        path = self.home / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def stop(self) -> None:
        """End the server and remove all it held."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(10)
        shutil.rmtree(self.home, ignore_errors=True)

    @contextlib.contextmanager
    def _client(self, user: str) -> Iterator[imaplib.IMAP4]:
        with imaplib.IMAP4("127.0.0.1", self.imap_port, timeout=20) as client:
            client.login(user, self.password)
            yield client


def start(*, extra: str = "") -> Dovecot:
    """Start a server on free ports of loopback; `extra` is added to its configuration. Comes back when it answers."""
    binary = next((path for path in (*BINARIES, shutil.which("dovecot") or "") if path and Path(path).exists()), None)
    if binary is None:
        if os.environ.get("MAILGATE_TEST_NO_SERVERS"):
            pytest.skip("no Dovecot here, and MAILGATE_TEST_NO_SERVERS is set")
        pytest.fail("these tests need Dovecot: apt-get install --no-install-recommends dovecot-imapd dovecot-lmtpd")
    for attempt in range(3):
        server = _launch(binary, extra)
        if _answers(server):
            return server
        told = server.log() + (server.home / "out").read_text(errors="replace")
        server.stop()
        if attempt == 2 or "Address already in use" not in told:
            pytest.fail(f"Dovecot did not start:\n{told}")
    raise AssertionError


def _launch(binary: str, extra: str) -> Dovecot:
    home = Path(tempfile.mkdtemp(prefix="mg-dovecot-"))
    home.chmod(0o755)
    owner = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    me, group = owner.pw_name, grp.getgrgid(owner.pw_gid).gr_name
    (home / "mail").mkdir()
    if os.getuid() == 0:
        os.chown(home / "mail", owner.pw_uid, owner.pw_gid)
    _certify(home)
    imap, imaps, lmtp = free_ports(3)
    root = os.getuid() == 0
    (home / "dovecot.conf").write_text(
        _CONFIG.format(
            home=home,
            instance=home.name,
            login_user="dovenull" if root else me,
            internal_user="dovecot" if root else me,
            internal_group="dovecot" if root else group,
            uid=owner.pw_uid,
            gid=owner.pw_gid,
            user=me,
            imap=imap,
            imaps=imaps,
            lmtp=lmtp,
            password=PASSWORD,
            extra=extra,
        )
    )
    with (home / "out").open("wb") as out:
        # A server tells the day of a mail, and searches by it, in its own time zone; the tests name days of UTC.
        process = subprocess.Popen(
            [binary, "-F", "-c", str(home / "dovecot.conf")], stdout=out, stderr=out, env=dict(os.environ) | {"TZ": "UTC"}
        )
    return Dovecot(home=home, imap_port=imap, imaps_port=imaps, lmtp_port=lmtp, process=process)


def _answers(server: Dovecot) -> bool:
    deadline = time.monotonic() + 60
    while server.process.poll() is None and time.monotonic() < deadline:
        try:
            for port in (server.imap_port, server.lmtp_port):
                with socket.create_connection(("127.0.0.1", port), 1) as line:
                    line.settimeout(2)
                    if not line.recv(200):
                        raise ConnectionError
        except OSError:
            time.sleep(0.02)
        else:
            return True
    return False


def _certify(home: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    authority.cert_pem.write_to_path(home / "ca.pem")
    certificate.private_key_pem.write_to_path(home / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(home / "cert.pem")


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """One server for all tests of a session."""
    server = start()
    yield server
    server.stop()
