"""The doors of a daemon open before what stands behind them is loaded, and no mail is called ours before it is kept."""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailgate import daemon
from mailgate.doors.front import Front
from mailgate.doors.receiving import Busy, NotOurs
from mailgate.settings import Settings, load
from store import engine
from store.lists import mail as mails
from store.migrate import NotCurrent

CONFIG = """
[desk]
name = "Support"
address = "support@desk.example"
admin = ["admin@desk.example"]
secret_file = "secret"
[store]
url = "sqlite:///desk.db"
[smtp]
listen = "127.0.0.1:0"
[relay]
url = "maildir:sent"
"""
AT = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a desk that has no database yet."""
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    path.chmod(0o600)
    return load(path, {})


@contextmanager
def talking(front: Front) -> Iterator[smtplib.SMTP]:
    """A client of the SMTP door."""
    with smtplib.SMTP("127.0.0.1", front.doors[0].port, timeout=20) as client:
        yield client


def test_a_mail_that_comes_before_the_store_is_answered_when_it_is_kept(settings: Settings) -> None:
    """After a crash relays would find a closed door for as long as everything takes to load, or hear of a mail as kept that is not."""
    given = threading.Event()

    def send(front: Front) -> None:
        with talking(front) as client:
            client.ehlo()
            client.mail("kim@client.example")
            client.rcpt("support@desk.example")
            client.putcmd("data")
            assert client.getreply()[0] == 354
            client.send(b"From: kim@client.example\r\nSubject: early\r\n\r\nHello\r\n.\r\n")
            given.set()
            assert client.getreply()[0] == 250

    async def story() -> None:
        front = Front(settings, lambda: AT)
        await front.open()
        try:
            sending = asyncio.create_task(asyncio.to_thread(send, front))
            assert await asyncio.to_thread(given.wait, 10)
            assert not sending.done()
            store = await asyncio.to_thread(front.load_store)
            await sending
            with engine.reading(store) as tx:
                assert mails.account(tx, AT, timedelta(minutes=15)).received == 1
        finally:
            await front.close()

    asyncio.run(story())


def test_mail_to_the_postmaster_is_taken(settings: Settings) -> None:
    """RFC 5321 section 4.5.1: it is where other servers' people write when our mail troubles them."""
    ask = Front(settings, lambda: AT)._is_ours()
    assert ask("postmaster") is None and ask("Postmaster") is None and ask("POSTMASTER@desk.example") is None
    assert ask("postmaster@other.example") is NotOurs.foreign
    assert ask("postmasters@desk.example") is NotOurs.unknown


def test_who_waits_for_a_store_that_does_not_open_is_told_to_try_again(settings: Settings, tmp_path: Path) -> None:
    """A relay would take the mail for delivered, or bounce it, because of a database that an operator has to look at."""
    foreign = engine.open(f"sqlite:///{tmp_path}/desk.db")
    with engine.transaction(foreign) as tx:
        tx.exec_driver_sql("CREATE TABLE somebody (id INTEGER)")
    foreign.close()

    def send(front: Front) -> int:
        with talking(front) as client, pytest.raises(smtplib.SMTPDataError) as refused:
            client.sendmail("kim@client.example", ["support@desk.example"], b"Subject: early\r\n\r\nHello\r\n")
        return refused.value.smtp_code

    async def story() -> None:
        front = Front(settings, lambda: AT)
        await front.open()
        sending = asyncio.create_task(asyncio.to_thread(send, front))
        with pytest.raises(NotCurrent):
            await asyncio.to_thread(front.load_store)
        assert await sending == 451
        await front.close()

    asyncio.run(story())


def test_a_front_that_ends_before_its_store_leaves_nobody_waiting(settings: Settings) -> None:
    """A daemon that is stopped while it starts would hang."""

    async def story() -> None:
        front = Front(settings, lambda: AT)
        await front.open()
        await asyncio.wait_for(front.close(), 10)
        with pytest.raises(Busy):
            await front.committer.keep(None)  # type: ignore[arg-type]  # it is refused before it is looked at

    asyncio.run(story())


def test_a_desk_that_starts_while_another_program_holds_its_database_waits_for_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy being made by hand would end a desk that is restarted meanwhile, and with it the door."""
    true, asked = engine.open, []

    def held(*args: object, **options: object) -> engine.Store:
        asked.append(args)
        if len(asked) < 3:
            raise engine.Busy("another program is writing to the database")
        return true(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "open", held)
    monkeypatch.setattr("mailgate.doors.front.BUSY_SECONDS", 0.01)
    Front(settings, lambda: AT).load_store().close()
    assert len(asked) == 3
    asked.clear()
    ending = Front(settings, lambda: AT)
    ending.stop.set()
    with pytest.raises(engine.Busy):
        ending.load_store()
    assert len(asked) == 1


def test_a_database_that_is_held_does_not_end_a_desk_that_takes_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon that was killed while somebody copied its database would not come up again until he is done."""
    asked = []

    @contextlib.contextmanager
    def held(store: engine.Store) -> Iterator[None]:
        asked.append(store)
        raise engine.Busy("another program is writing to the database")
        yield

    with contextlib.closing(engine.open(f"sqlite:///{tmp_path}/desk.db")) as store:
        monkeypatch.setattr(engine, "transaction", held)
        daemon._take_over(store)
    assert len(asked) == 1
