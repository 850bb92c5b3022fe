"""A mail that was being handled when the daemon was killed, or the database went away, isn't at fault for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailgate import intake
from mailgate.parsing.reader import Broken
from store import engine, inbox
from tests.desk.office import Desk, desk


def kept(story: Desk, count: int, first: int = 0) -> None:
    """Mails from different people, kept and not handled."""
    from mailgate.doors.receiving import Received
    from rules.facts.mail import Envelope

    for n in range(first, first + count):
        sender = f"customer{n}@client.example"
        raw = f"From: {sender}\r\nTo: support@desk.example\r\nSubject: Mail {n}\r\nMessage-ID: <{n}@client.example>\r\n\r\nHelp {n}\r\n"
        envelope = Envelope(door="smtp", sender=sender, recipients=("support@desk.example",), peer="192.0.2.1")
        intake.keep(story.office.store, [Received(envelope=envelope, raw=raw.encode())], story.at)


def begin(story: Desk) -> list[list[int]]:
    """What a daemon does that is killed before it can settle: it takes what waits, counts the attempts, and is gone."""
    store = story.office.store
    with engine.reading(store) as tx:
        groups = [[w.id for w in group] for group in inbox.waiting(tx, intake.BATCH)]
    for group in groups:
        with engine.transaction(store) as tx:
            inbox.count_attempt(tx, group)
    return groups


def test_mails_of_a_batch_survive_more_kills_than_attempts(tmp_path: Path) -> None:
    """Four power cuts in a row would park thirty innocent mails, and their customers would hear nothing until somebody looked."""
    with desk(tmp_path) as story:
        kept(story, 10)
        begun = [begin(story) for _ in range(4)]
        assert [len(group) for group in begun[0]] == [10]
        assert [len(group) for group in begun[1]] == [1], "after the first kill each comes alone"
        story.handle()
        assert [story.fate(n) for n in range(1, 11)] == ["opened"] * 10


def test_new_mail_is_not_held_up_by_mail_begun_before_nor_the_other_way_round(tmp_path: Path) -> None:
    """Under load the tried ones would wait for ever behind the new ones."""
    with desk(tmp_path) as story:
        kept(story, 2)
        begin(story)
        kept(story, 5, first=2)
        assert [len(group) for group in begin(story)] == [5, 1]


def test_a_mail_that_ends_its_handler_each_time_is_parked_in_the_end(tmp_path: Path) -> None:
    """One mail that takes the daemon with it would do so for ever."""
    with desk(tmp_path) as story:
        kept(story, 1)
        for _ in range(inbox.MOST_ATTEMPTS):
            begin(story)
        story.handle()
        assert story.fate(1) == "parked"
        assert "three times" in str(story.mail(1)["why"])


@pytest.mark.parametrize("fault", [engine.Busy("locked"), Broken("no memory")])
def test_a_busy_database_or_a_reader_that_does_not_start_is_no_attempt(tmp_path: Path, fault: Exception) -> None:
    """A backup that locks the database for a minute would park whatever came meanwhile."""
    with desk(tmp_path) as story:
        kept(story, 3)
        sound = story.office.reader

        class Failing:
            def read(self, raws: object) -> object:
                raise fault

        story.office.reader = Failing()  # type: ignore[assignment]
        for _ in range(5):
            with pytest.raises(type(fault)):
                intake.handle(story.office, story.at)
        story.office.reader = sound
        story.handle()
        assert [story.fate(n) for n in (1, 2, 3)] == ["opened"] * 3
