"""A private PostgreSQL, reachable by a socket in a folder of its own; one per test session, a database per test.

Durability is off (`fsync`), so it starts fast and forgets at a power loss: good for tests only. The server refuses to run as root,
so root hands it to `nobody`. It dies with the process that started it.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from store import engine, migrate

TEMPLATE = "desk_template"


def binary(name: str) -> str:
    """The newest installed PostgreSQL's program of that name; fails the test where there is none."""
    packaged = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]), reverse=True)
    found = next(map(str, packaged), None) or shutil.which(name)
    if found is None:
        pytest.fail(f"PostgreSQL's {name} isn't installed: run `make test`, or packaging/test-servers.sh")
    return found


class Postgres:
    """A running server. `create` makes databases, `kill` and `start` are for tests of what happens when it goes away."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mailgate-pg-", dir="/tmp"))
        self.folder.chmod(0o755)
        self._data = self.folder / "data"
        self._as: list[str] = ["setpriv", "--pdeathsig", "QUIT"]
        if os.geteuid() == 0:
            self._as += ["--reuid=nobody", "--regid=nogroup", "--clear-groups"]
            shutil.chown(self.folder, "nobody", "nogroup")
        self._numbers = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._run(
            binary("initdb"),
            "-D",
            self._data,
            "-U",
            "desk",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            "--no-instructions",
        )
        self.start()

    def _run(self, *command: str | Path) -> None:
        done = subprocess.run([*self._as, *command], capture_output=True, cwd=self.folder, check=False)
        if done.returncode != 0:
            pytest.fail(f"{command[0]}: {done.stderr.decode(errors='replace')}")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.folder,
            "fsync": "off",
            "full_page_writes": "off",
            "max_connections": 100,
        }
        flags = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._as, binary("postgres"), "-D", self._data, *flags], stdout=log, stderr=log, cwd=self.folder
            )
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.dsn("postgres")).close()
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail("PostgreSQL didn't start: " + (self.folder / "log").read_text()[-2000:])
                time.sleep(0.02)
            else:
                return

    def kill(self) -> None:
        """End the server as a crash would: clients lose their connections, open transactions are gone."""
        self._end(signal.SIGQUIT)

    def close(self) -> None:
        """End the server and remove its files."""
        self._end(signal.SIGINT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(30)

    def dsn(self, database: str) -> str:
        """Where a database is, in the words of libpq."""
        return f"host={self.folder} user=desk dbname={database}"

    def url(self, database: str) -> str:
        """Where a database is, as `[store] url`."""
        return f"postgresql+psycopg://desk@/{database}?host={self.folder}"

    def execute(self, statement: str) -> None:
        """Run one administrative statement outside a transaction."""
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    def create(self, template: str = "template0") -> str:
        """A new database; gives its name."""
        name = f"desk_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, with whoever is still connected to it."""
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The session's server, with a template database that has all tables."""
    server = Postgres()
    try:
        server.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE template0")
        desk = engine.open(server.url(TEMPLATE))
        migrate.prepare(desk)
        desk.close()
        yield server
    finally:
        server.close()


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """A PostgreSQL database of this test alone, with all tables and no rows."""
    name = postgres.create(TEMPLATE)
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture
def empty_postgres_url(postgres: Postgres) -> Iterator[str]:
    """A PostgreSQL database of this test alone, with nothing in it."""
    name = postgres.create()
    yield postgres.url(name)
    postgres.drop(name)
