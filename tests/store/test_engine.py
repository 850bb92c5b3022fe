"""The promises of an opened database: no lost updates, settings that hold, one daemon, times that stay what they are."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from store import driver, durability, engine
from store.models.service import Counter, Setting
from store.models.tickets import Ticket
from tests.servers.postgres import Postgres

COUNTER = Counter.__table__  # type: ignore[attr-defined]
SETTING = Setting.__table__  # type: ignore[attr-defined]
TICKET = Ticket.__table__  # type: ignore[attr-defined]


@pytest.fixture(params=["sqlite", "sqlite of the interpreter", "postgresql"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[engine.Store]:
    """An open store on each engine, and on the SQLite that is used where the wheel isn't, which may be too old for WAL."""
    if request.param == "sqlite of the interpreter":
        monkeypatch.setattr(driver, "sqlite", lambda: sqlite3.dbapi2)
    desk = engine.open(request.getfixturevalue("postgres_url" if request.param == "postgresql" else "sqlite_url"))
    yield desk
    desk.close()


def test_many_threads_counting_lose_no_step(store: engine.Store) -> None:
    """Two mails at the same moment would get the same ticket number."""
    with engine.transaction(store) as tx:
        tx.execute(insert(COUNTER).values(name="n", value=0))
    failures: list[BaseException] = []

    def count() -> None:
        try:
            for _ in range(25):
                with engine.transaction(store) as tx:
                    now = tx.execute(select(COUNTER.c.value).where(COUNTER.c.name == "n").with_for_update()).scalar_one()
                    tx.execute(COUNTER.update().where(COUNTER.c.name == "n").values(value=now + 1))
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with engine.reading(store) as tx:
        assert tx.execute(select(COUNTER.c.value)).scalar_one() == 100


def test_a_raised_error_leaves_nothing_behind(store: engine.Store) -> None:
    """Half of a mail's actions would stay although the mail was refused."""
    with pytest.raises(KeyError), engine.transaction(store) as tx:
        tx.execute(insert(SETTING).values(name="a", value="1"))
        raise KeyError
    with engine.reading(store) as tx:
        assert tx.execute(select(SETTING.c.name)).all() == []


def test_reading_refuses_to_write(store: engine.Store) -> None:
    """A report could change what it reports about."""
    with pytest.raises(DBAPIError, match=r"read.?only"), engine.reading(store) as tx:
        tx.execute(insert(SETTING).values(name="a", value="1"))


def test_reading_sees_one_moment(store: engine.Store) -> None:
    """The sums of a report would not add up while mail comes in. A rollback journal pays for that: the writer is told Busy meanwhile."""
    waits = engine.facts(store).settings.get("journal_mode") == "truncate"
    with engine.transaction(store) as tx:
        tx.execute(insert(SETTING).values(name="a", value="1"))
    with engine.reading(store) as before:
        assert len(before.execute(select(SETTING.c.name)).all()) == 1
        with pytest.raises(engine.Busy) if waits else nullcontext(), engine.transaction(store) as tx:
            if waits:
                tx.exec_driver_sql("PRAGMA busy_timeout=50")
            tx.execute(insert(SETTING).values(name="b", value="2"))
        assert len(before.execute(select(SETTING.c.name)).all()) == 1
    with engine.reading(store) as after:
        assert len(after.execute(select(SETTING.c.name)).all()) == (1 if waits else 2)


def test_a_locked_database_is_busy_not_broken(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup tool that holds the file would make the desk refuse mail for good instead of for now."""
    monkeypatch.setattr(durability, "BUSY_TIMEOUT_MS", 50)
    desk, other = engine.open(sqlite_url), engine.open(sqlite_url)
    with engine.transaction(other), pytest.raises(engine.Busy), engine.transaction(desk):
        pytest.fail("the block must not run")
    with engine.transaction(desk) as tx:
        tx.execute(insert(SETTING).values(name="a", value="1"))
    desk.close()
    other.close()


def test_a_postgres_that_goes_away_is_busy_and_comes_back(postgres: Postgres, postgres_url: str) -> None:
    """After a restart of the database server the desk would need one, too."""
    desk = engine.open(postgres_url)
    with pytest.raises(engine.Busy), engine.transaction(desk) as tx:
        tx.execute(insert(SETTING).values(name="a", value="1"))
        postgres.kill()
        tx.execute(insert(SETTING).values(name="b", value="1"))
    with pytest.raises(engine.Busy), engine.transaction(desk):
        pytest.fail("the block must not run")
    postgres.start()
    with engine.transaction(desk) as tx:
        assert tx.execute(select(SETTING.c.name)).all() == []
        tx.execute(insert(SETTING).values(name="c", value="1"))
    desk.close()


def test_a_setting_that_does_not_hold_is_refused(sqlite_url: str) -> None:
    """Acknowledged mail would be lost at a power loss because some build ignores a pragma."""

    class Deaf(sqlite3.Connection):
        def execute(self, statement: str, *values: object) -> sqlite3.Cursor:
            return super().execute("PRAGMA user_version" if statement == "PRAGMA synchronous=2" else statement, *values)

    connection = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), factory=Deaf)
    sqlite3.Connection.execute(connection, "PRAGMA synchronous=NORMAL")
    version = (3, 53, 0)
    with pytest.raises(engine.Unfit, match="synchronous at 1 where 2"):
        durability.prepare_sqlite(connection, version, read_only=False)
    connection.close()


def test_wal_is_used_only_where_the_reset_bug_is_mended() -> None:
    """The daemon and a command beside it could corrupt the database."""
    sound = {(3, 44, 6), (3, 44, 9), (3, 50, 7), (3, 51, 3), (3, 53, 0), (3, 53, 4), (4, 0, 0)}
    unsound = {(3, 7, 0), (3, 40, 1), (3, 44, 5), (3, 45, 3), (3, 50, 6), (3, 51, 0), (3, 51, 2)}
    assert {v for v in sound | unsound if durability.wal_is_sound(v)} == sound
    assert durability.journal_mode((3, 40, 1))[0] == "truncate"


def test_an_old_sqlite_keeps_a_rollback_journal_that_is_synced(tmp_path: Path) -> None:
    """Where the wheel isn't there, the desk must still lose nothing; the interpreter's own module stands for that case."""
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path)
    durability.prepare_sqlite(connection, (3, 40, 1), read_only=False)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("truncate",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    connection.close()


def test_facts_tell_the_operator_how_mail_is_kept(store: engine.Store) -> None:
    """`doctor` would say nothing about a database that may lose mail."""
    found = engine.facts(store)
    assert found.dialect == store.dialect
    assert found.why
    if store.dialect == "sqlite":
        assert found.settings["synchronous"] == "2"
        assert found.settings["foreign_keys"] == "1"
    else:
        assert found.settings["synchronous_commit"] == "on"
        assert [worry for worry in found.worries if "fsync" in worry]  # the server of the tests runs without


@pytest.mark.parametrize("url", ["", "sqlite://", "sqlite:///:memory:", "mysql://a/b", "sqlite:///file:x?mode=ro"])
def test_a_url_that_cannot_be_served_is_refused_with_a_reason(url: str) -> None:
    """The operator would see a traceback, or a desk that forgets everything at the end."""
    with pytest.raises(engine.Unfit):
        engine.open(url)


def test_passwords_of_the_url_are_not_shown() -> None:
    """A database password would stand in a log."""
    desk = engine.open("postgresql://desk:sesame@127.0.0.1:1/desk")
    assert "sesame" not in desk.url
    assert "sesame" not in repr(desk)
    with pytest.raises(engine.Busy) as told, engine.reading(desk):
        pytest.fail("the block must not run")
    assert "sesame" not in str(told.value)
    desk.close()


def test_the_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    """Other users of the machine could read all mail."""
    desk = engine.open(f"sqlite:///{tmp_path}/new/desk.db")
    with engine.transaction(desk) as tx:
        tx.execute(text("CREATE TABLE t (a)"))
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "new").iterdir()} == {0}
    desk.close()


def test_times_come_back_aware_and_sort_as_time_does(store: engine.Store) -> None:
    """A clock in another zone would make a deadline jump by hours."""
    base = datetime(2026, 3, 29, 0, 59, 59, 999999, tzinfo=UTC)
    times = [base + timedelta(microseconds=n) for n in (0, 1, 2)] + [base.replace(microsecond=0).astimezone(timezone(timedelta(hours=14)))]
    with engine.transaction(store) as tx:
        for number, at in enumerate(times):
            tx.execute(insert(TICKET).values(**_ticket(f"T{number}", at)))
    with engine.reading(store) as tx:
        got = tx.execute(select(TICKET.c.ref, TICKET.c.opened_at).order_by(TICKET.c.opened_at)).all()
        late = tx.execute(select(TICKET.c.ref).where(TICKET.c.opened_at > times[0])).scalars().all()
    assert [ref for ref, _ in got] == ["T3", "T0", "T1", "T2"]
    assert [at for _, at in got] == sorted(times)
    assert {at.utcoffset() for _, at in got} == {timedelta(0)}
    assert sorted(late) == ["T1", "T2"]


def test_a_naive_time_is_refused(store: engine.Store) -> None:
    """An hour without a zone would be taken for UTC and fire at the wrong moment."""
    with pytest.raises(StatementError, match="timezone"), engine.transaction(store) as tx:
        tx.execute(insert(TICKET).values(**_ticket("T1", datetime(2026, 1, 1))))


def _ticket(ref: str, at: datetime) -> dict[str, object]:
    row = Ticket(ref=ref, opened_at=at).model_dump()
    del row["id"]
    return row


HOLD = """
import os, sys, time
from store import engine
lock = engine.hold_daemon_lock(sys.argv[1], os.getpid())
print("held", flush=True)
time.sleep(60)
"""


def test_one_daemon_serves_a_database_and_a_killed_one_frees_it_at_once(tmp_path: Path) -> None:
    """Two daemons would do the same work twice; after a crash the next start must not wait."""
    url = f"sqlite:///{tmp_path}/desk.db"
    with subprocess.Popen([sys.executable, "-c", HOLD, url], stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"held\n"
        with pytest.raises(engine.DaemonRunning) as told:
            engine.hold_daemon_lock(url, os.getpid())
        assert told.value.pid == first.pid
        assert str(first.pid) in str(told.value)
        first.send_signal(signal.SIGKILL)
        first.wait()
        with engine.hold_daemon_lock(url, os.getpid()), pytest.raises(engine.DaemonRunning):
            engine.hold_daemon_lock(url, 1)
    engine.hold_daemon_lock(url, 1).close()


def test_daemons_may_share_a_postgres() -> None:
    """A second machine could not take over."""
    url = "postgresql+psycopg://desk@db.example/desk"
    with engine.hold_daemon_lock(url, 1), engine.hold_daemon_lock(url, 2):
        pass


FULL = """
import resource, signal, sys
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError
from store import engine
from store.models.service import Setting

SETTING = Setting.__table__
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
desk = engine.open(sys.argv[1])
with engine.transaction(desk) as tx:
    tx.execute(insert(SETTING).values(name="before", value="1"))
    first = tx.connection.driver_connection
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, unlimited[1]))
try:
    with engine.transaction(desk) as tx:
        tx.execute(insert(SETTING).values(name="large", value="x" * 1_000_000))
except DBAPIError as error:
    print(error.orig.sqlite_errorname.split("_")[1])
resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
with engine.transaction(desk) as tx:
    print(tx.connection.driver_connection is first)
    tx.execute(insert(SETTING).values(name="after", value="1"))
    print(*tx.execute(select(SETTING.c.name).order_by(SETTING.c.name)).scalars(), tx.exec_driver_sql("PRAGMA integrity_check").scalar_one())
"""


def test_a_write_that_the_disk_refuses_is_undone_and_the_connection_given_up(sqlite_url: str) -> None:
    """After a full or failing disk the desk would go on with what a broken connection believes to be written."""
    done = subprocess.run([sys.executable, "-c", FULL, sqlite_url], capture_output=True, text=True, check=True)
    code, same, kept = done.stdout.splitlines()
    assert code in {"IOERR", "FULL"}
    assert same == "False"
    assert kept == "after before ok"
