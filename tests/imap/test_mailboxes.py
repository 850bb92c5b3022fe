"""What the IMAP door decides, without any server."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgate.boxes import mailboxes, mailheads
from mailgate.boxes.mailboxes import Done, ImapSettings, Listed, Mark, Role
from rules.facts.terms import Address

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def settings(**changes: Any) -> ImapSettings:
    return ImapSettings(**({"host": "imap.example", "user": "help@desk.example", "password": lambda: "x"} | changes))


moments = st.none() | st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))
marks = st.builds(
    Mark,
    uidvalidity=st.integers(1, 2**32 - 1),
    uid=st.integers(0, 2**32 - 1),
    first=st.integers(1, 2**32 - 1),
    floor=moments,
    horizon=moments,
    ties=st.lists(st.text(alphabet="0123456789abcdef", min_size=16, max_size=16), max_size=3).map(tuple),
    undone=st.lists(st.integers(1, 2**32 - 1), max_size=3).map(tuple),
)


@given(marks)
def test_a_mark_is_read_as_it_was_written(mark: Mark) -> None:
    """A mark that changes in the store loses or doubles mail."""
    assert Mark.load(mark.dump()) == mark


@given(st.lists(st.integers(0, 30)), st.integers(1, 5), st.integers(1, 40))
def test_batches_hold_every_mail_once_in_order_and_within_bounds(sizes: list[int], most_mails: int, most_bytes: int) -> None:
    """A giant goes alone; nobody is left out."""
    mails = [Listed(uid=uid, size=size) for uid, size in enumerate(sizes, 1)]
    cut = list(mailboxes.batches(mails, most_mails, most_bytes))
    assert [mail for batch in cut for mail in batch] == mails
    for batch in cut:
        assert 1 <= len(batch) <= most_mails
        assert len(batch) == 1 or sum(mail.size for mail in batch) <= most_bytes


@given(st.integers(1, 2000), st.integers())
def test_pauses_grow_and_stay_within_bounds(failures: int, seed: int) -> None:
    """Neither hammering nor silence for days; a refused login waits a minute at least and a quarter of an hour at most."""
    assert 0.5 <= mailboxes.pause(failures, random.Random(seed)) <= 300
    assert 60 <= mailboxes.pause_after_refusal(failures, random.Random(seed)) <= 900
    assert mailboxes.pause(failures + 2, random.Random(seed)) >= mailboxes.pause(failures, random.Random(seed))


@given(marks, st.lists(st.tuples(st.integers(1, 9), moments)))
def test_a_mark_never_goes_back_and_no_date_of_the_future_moves_it(mark: Mark, mails: list[tuple[int, datetime | None]]) -> None:
    """Else one mail dated 2038 makes all later ones look old."""
    after = mailboxes.advanced(mark, 7, [Listed(uid=uid, size=1, internal_at=at) for uid, at in mails], AT)
    assert after.uid == max(7, mark.uid)
    assert after.horizon is None or after.horizon <= max(AT, mark.horizon or AT)
    assert mark.horizon is None or (after.horizon is not None and after.horizon >= mark.horizon)


@pytest.mark.parametrize(
    ("since", "days_before_floor", "old"),
    [("now", 1, False), ("now", 3, True), ("all", 3000, False), ("2026-11-20", 2, False), ("2026-11-20", 3, True)],
)
def test_a_new_uid_with_an_old_date(since: str, days_before_floor: int, old: bool) -> None:
    """Clocks may differ by a bit; an archive moved into the folder may not be answered."""
    mail = Listed(uid=9, size=1, internal_at=AT - timedelta(days=days_before_floor))
    assert mailboxes.too_old(settings(since=since), Mark(uidvalidity=1, uid=1, floor=AT), mail) is old


def test_a_day_of_since_counts_as_the_server_wrote_it() -> None:
    """SEARCH SINCE looks at the date and not at the zone."""
    mail = Listed(uid=9, size=1, internal_at=datetime(2026, 11, 20, 0, 30, tzinfo=timezone(timedelta(hours=2))))
    assert not mailboxes.too_old(settings(since="2026-11-20"), Mark(uidvalidity=1, uid=1), mail)


@pytest.mark.parametrize(("minutes", "old"), [(-1, True), (0, False), (1, False)])
def test_in_a_renumbered_folder_the_floor_divides(minutes: int, old: bool) -> None:
    """What was there before us stays unanswered, the rest is asked of the store."""
    mark = Mark(uidvalidity=1, uid=1, floor=AT, horizon=AT)
    assert mailboxes.before_us(settings(), mark, AT + timedelta(minutes=minutes)) is old


def test_an_import_of_many_mails_in_one_second_moves_the_floor_behind_it() -> None:
    """Identities of thousands would not fit in a mark."""
    there = [Listed(uid=uid, size=1, internal_at=AT) for uid in range(1, 2001)]
    mark, ties = mailboxes.with_floor(mailboxes.advanced(Mark(uidvalidity=1, uid=0), 2000, there, AT + timedelta(days=1)), there)
    assert ties == []
    assert mailboxes.before_us(settings(), mark, AT)
    few, ties = mailboxes.with_floor(replace(mark, floor=None), there[:3])
    assert few.floor == AT
    assert ties == there[:3]


@pytest.mark.parametrize(
    "wrong",
    [
        {"folder": "INBOX\r\nA1 LOGOUT"},
        {"user": "x\x00y"},
        {"host": ""},
        {"password": None},
        {"oauth2": lambda: "t"},
        {"since": "yesterday"},
        {"done": "move:"},
        {"done": "shred"},
        {"done": "move:A\nB"},
    ],
)
def test_settings_that_could_never_work_are_refused(wrong: dict[str, Any]) -> None:
    """A line break in a name would be a command of its own."""
    with pytest.raises(ValueError):
        settings(**wrong)


def test_settings_name_their_door() -> None:
    """Doors are part of what makes a retry the same reception."""
    assert settings().door == "imap:help@desk.example@imap.example/INBOX"
    assert settings(role=Role.sent, folder="Sent").door == "imap-sent:help@desk.example@imap.example/Sent"
    chosen = settings(done="move:Done/2026")
    assert (chosen.doing, chosen.done_folder) == (Done.move, "Done/2026")


@given(st.binary(max_size=400) | st.lists(st.sampled_from(
    [b"From: ", b"To: ", b"Date: ", b"Message-ID: ", b"Return-Path: ", b"Delivered-To: ", b"<", b">", b"@", b'"', b"(", b",", b":", b";", b"\r\n ", b"\r\n",
     b"=?utf-8?b?", b"?=", b"\xff", b"\x00", b"a", b"[", b"99", b"Mon, 99 Foo 99999 99:99:99 +99999"]
)).map(b"".join))  # fmt: skip
def test_no_head_is_too_broken_to_be_looked_at(block: bytes) -> None:
    """One malformed mail would end every visit at the same place."""
    head = mailheads.read(block)
    assert head.date is None or head.date.tzinfo is not None
    found = mailheads.envelope(settings(), block, lambda _: True)
    assert "\n" not in found.sender + "".join(found.recipients)


def test_a_head_is_read_as_a_mail_client_shows_it() -> None:
    """`adopt` shows these to people and threads by them."""
    head = mailheads.read(
        b"Message-ID: <a@x>\r\nIn-Reply-To: <b@x> (yours)\r\nReferences: <c@x>\r\n <b@x>\r\n"
        b'From: =?utf-8?q?M=C3=BCller=2C_Anna?= <anna@client.example>\r\nTo: a@x, "B, C" <b@x>\r\n'
        b"Date: Sun, 22 Nov 2026 11:00:00 +0200\r\nSubject: =?iso-8859-1?q?Gr=FC=DFe?=\r\n folded\r\nAuto-Submitted: auto-replied\r\n\r\nbody"
    )
    assert head.message_id == "<a@x>"
    assert (head.in_reply_to, head.references) == (("<b@x>",), ("<c@x>", "<b@x>"))
    assert head.sender == Address(name="Müller, Anna", address="anna@client.example")
    assert [to.address for to in head.to] == ["a@x", "b@x"]
    assert head.date == AT
    assert head.subject == "Grüße folded"
    assert head.automatic


def test_the_envelope_is_what_the_last_server_wrote() -> None:
    """The reply token is in there; somebody else's address is not for us."""
    raw = (
        b"Return-Path: <bounce+1@client.example>\r\nDelivered-To: help+tok@desk.example\r\nX-Original-To: help@desk.example\r\n"
        b"Envelope-To: <boss@other.example>\r\nDelivered-To: help+tok@desk.example\r\n\r\nDelivered-To: evil@desk.example\r\n"
    )
    found = mailheads.envelope(settings(), raw, lambda address: address.endswith("@desk.example"))
    assert found.sender == "bounce+1@client.example"
    assert found.recipients == ("help+tok@desk.example", "help@desk.example")
    assert mailheads.envelope(settings(), b"Return-Path: <>\r\n\r\n", lambda _: True).sender == ""
    assert mailheads.envelope(settings(role=Role.sent), raw, lambda _: True).recipients == ()
