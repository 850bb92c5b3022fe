"""The committer: many mails, one commit; no mail lost, no answer forgotten."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from mailgate.doors.receiving import Busy, Committer, Failing, Received
from rules.facts.mail import Envelope
from tests.doors.desk import Shelf


def mail(number: int, size: int = 10) -> Received:
    return Received(envelope=Envelope(door="smtp", sender=f"{number}@client.example"), raw=b"x" * size)


def started(shelf: Shelf, **limits: int) -> Committer:
    committer = Committer(shelf.keep, **limits)
    committer.start()
    return committer


async def test_mails_that_wait_together_are_committed_together() -> None:
    """One durable commit a mail would make the disk the limit of the whole desk."""
    shelf = Shelf()
    committer = started(shelf)
    shelf.gate.clear()
    first = asyncio.ensure_future(committer.keep(mail(0)))
    await asyncio.to_thread(shelf.entered.wait, 30)
    others = [asyncio.ensure_future(committer.keep(mail(n))) for n in range(1, 20)]
    await asyncio.sleep(0)
    shelf.gate.set()
    await asyncio.gather(first, *others)
    assert shelf.groups == [1, 19]
    assert (committer.commits, committer.kept) == (2, 20)
    await committer.stop()


async def test_a_group_has_its_limits_in_mails_and_in_bytes() -> None:
    """Sixty-four mails of 25 MB in one transaction would take the memory that the rest of the desk needs."""
    shelf = Shelf()
    shelf.gate.clear()
    committer = Committer(shelf.keep, most_mails=4, most_bytes=1000)
    waiting = [asyncio.ensure_future(committer.keep(mail(n, size))) for n, size in enumerate([10] * 5 + [600] * 4)]
    await asyncio.sleep(0)
    committer.start()
    shelf.gate.set()
    await asyncio.gather(*waiting)
    assert shelf.groups == [4, 3, 2]
    await committer.stop()


async def test_one_mail_that_the_store_refuses_does_not_keep_the_others_out() -> None:
    """A mail with a byte that the database can't take would otherwise block every client that shares its group."""
    shelf = Shelf()

    def fault(mails: list[Received]) -> None:
        if any(each.envelope.sender.startswith("2@") for each in mails):
            raise ValueError("a text with NUL")

    shelf.fault = fault
    shelf.gate.clear()
    committer = Committer(shelf.keep)
    waiting = [asyncio.ensure_future(committer.keep(mail(n))) for n in range(5)]
    await asyncio.sleep(0)
    committer.start()
    shelf.gate.set()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None), type(None), Busy, type(None), type(None)]
    assert sorted(each.envelope.sender[0] for each in shelf.mails) == ["0", "1", "3", "4"]
    await committer.stop()


async def test_a_busy_store_is_asked_once_for_a_group_and_not_once_for_each_mail() -> None:
    """A lock that lasts 5 s would hold sixty-four clients for five minutes."""
    asked = []

    def keep(mails: list[Received]) -> list[Busy | None]:
        asked.append(len(mails))
        raise Busy("locked")

    committer = Committer(keep)
    waiting = [asyncio.ensure_future(committer.keep(mail(n))) for n in range(10)]
    await asyncio.sleep(0)
    committer.start()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(outcome, Busy) for outcome in outcomes)
    assert len({id(outcome) for outcome in outcomes}) == 10
    assert asked == [10]
    await committer.stop()


async def test_outcomes_belong_to_their_mails() -> None:
    """A store may take some of a group and not others; a swapped answer loses a mail."""

    def keep(mails: list[Received]) -> list[Busy | None]:
        return [Busy("no") if int(each.envelope.sender.partition("@")[0]) % 3 == 0 else None for each in mails]

    committer = Committer(keep)
    waiting = [asyncio.ensure_future(committer.keep(mail(n))) for n in range(30)]
    await asyncio.sleep(0)
    committer.start()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert [isinstance(outcome, Busy) for outcome in outcomes] == [n % 3 == 0 for n in range(30)]
    await committer.stop()


async def test_a_store_with_io_errors_closes_the_doors_until_it_keeps_a_mail_again() -> None:
    """After a failed fsync nobody knows what is on the disk; a relay keeps its mail better than we do."""
    shelf = Shelf()

    def fault(mails: list[Received]) -> None:
        raise Failing("disk I/O error")

    shelf.fault = fault
    committer = started(shelf)
    for times in (1, 2, 3):
        with pytest.raises(Failing):
            await committer.keep(mail(times))
        assert committer.is_ailing is (times == 3)
    shelf.fault = None
    await committer.keep(mail(4))
    assert not committer.is_ailing
    await committer.stop()


async def test_the_mail_of_a_client_that_left_is_kept() -> None:
    """Its client may have gone with the answer on its way; the mail must be where the answer says."""
    shelf = Shelf()
    shelf.gate.clear()
    committer = started(shelf)
    waiting = asyncio.ensure_future(committer.keep(mail(1)))
    await asyncio.to_thread(shelf.entered.wait, 30)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    shelf.gate.set()
    await committer.keep(mail(2))
    assert len(shelf.mails) == 2
    await committer.stop()


async def test_what_waits_at_the_end_is_kept_and_what_comes_later_is_refused() -> None:
    shelf = Shelf()
    shelf.gate.clear()
    committer = started(shelf, most_mails=2)
    waiting = [asyncio.ensure_future(committer.keep(mail(n))) for n in range(7)]
    await asyncio.to_thread(shelf.entered.wait, 30)
    ending = asyncio.ensure_future(committer.stop())
    shelf.gate.set()
    await asyncio.gather(*waiting)
    await ending
    assert len(shelf.mails) == 7
    with pytest.raises(Busy):
        await committer.keep(mail(8))


def test_threads_share_the_committer_with_the_loop() -> None:
    """The IMAP door and `mail in` wait in threads for the same commits."""
    shelf = Shelf()
    committer = started(shelf)
    threads = [threading.Thread(target=committer.keep_here, args=(mail(n),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert len(shelf.mails) == 8

    def fault(mails: list[Received]) -> None:
        raise OSError(28, "No space left on device")

    shelf.fault = fault
    with pytest.raises(Busy):
        committer.keep_here(mail(9))
    committer.close()
    with pytest.raises(Busy):
        committer.keep_here(mail(10))


def test_a_wrong_number_of_outcomes_is_nobodys_250() -> None:
    """If the store's answer can't be matched to the mails, none of them may be called kept."""
    committer = Committer(lambda mails: [])
    committer.start()
    began_at = time.monotonic()
    with pytest.raises(Busy):
        committer.keep_here(mail(1))
    assert time.monotonic() - began_at < 5
    committer.close()
