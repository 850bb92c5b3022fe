"""The IMAP door against a real Dovecot, over TLS."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest

from mailgate.boxes import errands, imap
from mailgate.boxes.collector import Mailbox, State
from mailgate.boxes.mailboxes import ImapSettings, Role, Security
from mailgate.doors.receiving import Busy
from tests.imap.conftest import Desk, a_mail
from tests.servers import dovecot as dovecot_server
from tests.servers.dovecot import Dovecot

Make = Callable[..., ImapSettings]
Watching = Callable[[Mailbox], Mailbox]


def test_a_full_mailbox_is_left_alone(dovecot: Dovecot, desk: Desk, settings: Make, user: str) -> None:
    """Else the first day of a desk answers two thousand old mails."""
    dovecot.fill(user, [a_mail(number) for number in range(600)])
    mailbox = desk.mailbox(settings())
    assert mailbox.poll_once() == 0
    assert mailbox.poll_once() == 0
    assert desk.handed == 0
    (skip,) = desk.skips.values()
    assert skip.count == 600
    dovecot.deliver(user, a_mail("new"))
    assert mailbox.poll_once() == 1
    assert desk.ids == ["<mnew@client.example>"]
    assert not any(r"\Seen" in held.flags for held in dovecot.listing(user))


def test_idle_tells_of_new_mail_within_two_seconds(dovecot: Dovecot, desk: Desk, settings: Make, user: str, watching: Watching) -> None:
    """Else customers wait for a poll."""
    mailbox = watching(desk.mailbox(settings()))
    _until(lambda: mailbox.health().state is State.idling)
    took = []
    for number in range(3):
        dovecot.deliver(user, a_mail(number))
        took.append(desk.wait(lambda wanted=number + 1: len(desk.kept) >= wanted, 20))
    assert min(took) < 2.0, took  # the others on a machine that has more to do; a poll comes after a minute
    assert mailbox.health().last_error == ""


def test_whoever_waited_for_the_first_look_is_heard(dovecot: Dovecot, desk: Desk, settings: Make, user: str, watching: Watching) -> None:
    """A newcomer writes as soon as the desk says that it is ready; his mail was taken for one that had been there before."""
    for number in range(2):
        dovecot.deliver(user, a_mail(number))
    mailbox = watching(desk.mailbox(settings()))
    assert mailbox.looked(30)
    dovecot.deliver(user, a_mail("first"))
    desk.wait(lambda: len(desk.kept) >= 1, 20)
    assert desk.ids == ["<mfirst@client.example>"]
    assert not watching(desk.mailbox(settings(password=lambda: "wrong"))).looked(10), "trouble keeps nobody waiting"


def test_mail_that_arrives_during_a_visit_is_not_forgotten(
    dovecot: Dovecot, desk: Desk, settings: Make, user: str, watching: Watching
) -> None:
    """A notice swallowed by another command must not cost nine minutes."""
    mailbox = watching(desk.mailbox(settings(since="all")))
    _until(lambda: mailbox.health().state is State.idling)
    for number in range(60):
        dovecot.deliver(user, a_mail(number))
    desk.wait(lambda: len(desk.kept) >= 60, 20)
    assert sorted(desk.ids) == sorted(f"<m{number}@client.example>" for number in range(60))


def test_polling_finds_mail_where_idle_is_off(dovecot: Dovecot, desk: Desk, settings: Make, user: str, watching: Watching) -> None:
    """Some servers and firewalls bear no IDLE."""
    mailbox = watching(desk.mailbox(settings(idle=False, poll_seconds=0.3)))
    _until(lambda: mailbox.health().state is State.polling)
    dovecot.deliver(user, a_mail(1))
    desk.wait(lambda: len(desk.kept) == 1)


def test_mail_is_kept_as_it_was_with_its_envelope(dovecot: Dovecot, desk: Desk, settings: Make, user: str) -> None:
    """The reply token in Delivered-To must reach the desk, and the bytes must be the server's."""
    mailbox = desk.mailbox(settings())
    mailbox.poll_once()
    dovecot.deliver(
        user, b"Delivered-To: help+tok@desk.example\r\nX-Original-To: boss@evil.example\r\n" + a_mail(1), sender="bounce@client.example"
    )
    mailbox.poll_once()
    (received,) = desk.kept
    assert received.raw == dovecot.listing(user)[0].raw
    assert received.envelope.door == f"imap:{user}@localhost/INBOX"
    assert received.envelope.sender == "bounce@client.example"
    assert received.envelope.recipients == ("help+tok@desk.example",)


def test_answers_in_the_sent_folder_come_through_a_door_of_their_own(dovecot: Dovecot, desk: Desk, settings: Make, user: str) -> None:
    """Colleagues who answer from the shared mailbox must count as having answered."""
    mailbox = desk.mailbox(settings(folder="Sent Items", role=Role.sent))
    dovecot.append(user, [a_mail("old")], "Sent Items")
    mailbox.poll_once()
    dovecot.append(user, [a_mail("answer")], "Sent Items")
    mailbox.poll_once()
    assert desk.ids == ["<manswer@client.example>"]
    assert desk.kept[0].envelope.door == f"imap-sent:{user}@localhost/Sent Items"


@pytest.mark.parametrize(("since", "expected"), [("all", 3), ("2026-06-01", 2), ("2026-06-02", 1), ("2027-01-01", 0)])
def test_since_says_how_much_of_the_past_counts(dovecot: Dovecot, desk: Desk, settings: Make, user: str, since: str, expected: int) -> None:
    """A desk may want last week's mail, and nothing older."""
    for number, day in enumerate(("01-Mar-2020", "01-Jun-2026", "02-Jun-2026")):
        dovecot.append(user, [a_mail(number)], at=f'"{day} 12:00:00 +0000"')
    mailbox = desk.mailbox(settings(since=since))
    assert mailbox.poll_once() == expected
    assert mailbox.poll_once() == 0
    assert len(desk.kept) == expected
    assert sum(skip.count for skip in desk.skips.values()) == 3 - expected


def test_old_mail_that_is_moved_in_later_is_listed_and_not_answered(dovecot: Dovecot, desk: Desk, settings: Make, user: str) -> None:
    """Somebody tidies an archive into the INBOX: no customer of five years ago hears of it."""
    dovecot.append(user, [a_mail("there")])
    mailbox = desk.mailbox(settings())
    mailbox.poll_once()
    dovecot.append(user, [a_mail("archive")], at='"01-Mar-2020 10:00:00 +0000"')
    dovecot.deliver(user, a_mail("fresh"))
    assert mailbox.poll_once() == 1
    assert desk.ids == ["<mfresh@client.example>"]
    (skip,) = [skip for skip in desk.skips.values() if skip.count == 1 and skip.message_id]
    assert (skip.message_id, skip.sender, skip.subject) == (
        "<marchive@client.example>",
        "anna@client.example",
        "Printer archive is on fire",
    )
    assert skip.why == "older than since = now"


def test_a_mail_beyond_the_limit_is_listed_and_holds_up_nobody(dovecot: Dovecot, desk: Desk, settings: Make, user: str) -> None:
    """One giant mail must not fill the memory."""
    mailbox = desk.mailbox(settings(max_bytes=100_000))
    mailbox.poll_once()
    dovecot.append(user, [a_mail(1), a_mail("giant", size=200_000), a_mail(2)])
    assert mailbox.poll_once() == 2
    assert desk.ids == ["<m1@client.example>", "<m2@client.example>"]
    (skip,) = desk.skips.values()
    assert skip.message_id == "<mgiant@client.example>"
    assert skip.why.startswith("too large")


def test_done_seen_marks_only_what_was_kept(dovecot: Dovecot, desk: Desk, settings: Make, user: str) -> None:
    """People who share the mailbox see what the desk has taken, and what it hasn't."""
    dovecot.append(user, [a_mail("old")])
    mailbox = desk.mailbox(settings(done="seen"))
    mailbox.poll_once()
    dovecot.append(user, [a_mail("new")])
    mailbox.poll_once()
    assert [r"\Seen" in held.flags for held in dovecot.listing(user)] == [False, True]
    assert desk.puts[-1].undone == ()


def test_done_move_makes_the_folder_and_leaves_the_old(dovecot: Dovecot, desk: Desk, settings: Make, user: str) -> None:
    """The desk's own folder need not be made by hand, umlauts and all."""
    dovecot.append(user, [a_mail("old")])
    mailbox = desk.mailbox(settings(done="move:Erledigt für Müller"))
    mailbox.poll_once()
    dovecot.append(user, [a_mail(1), a_mail(2)])
    assert mailbox.poll_once() == 2
    assert [b"<mold@" in held.raw for held in dovecot.listing(user)] == [True]
    assert len(dovecot.listing(user, "Erledigt f&APw-r M&APw-ller")) == 2
    assert mailbox.poll_once() == 0


def test_nothing_is_done_to_a_mail_that_is_not_kept(dovecot: Dovecot, desk: Desk, settings: Make, user: str) -> None:
    """A mail that was moved away before the commit would be lost for everybody."""
    mailbox = desk.mailbox(settings(done="move:Taken", since="all"))
    dovecot.append(user, [a_mail(1), a_mail(2), a_mail(3)])
    desk.trouble = [Busy("the disk is full")]
    with pytest.raises(Busy):
        mailbox.poll_once()
    assert len(dovecot.listing(user)) == 3
    assert "Taken" not in dovecot.folders(user)
    assert mailbox.poll_once() == 3
    assert desk.ids == [f"<m{number}@client.example>" for number in (1, 2, 3)]
    assert dovecot.listing(user) == []


def test_what_done_asks_is_made_up_for_after_a_crash(dovecot: Dovecot, desk: Desk, settings: Make, user: str) -> None:
    """Killed between the commit and the move: the mail is moved at the next start and not kept again."""
    dovecot.append(user, [a_mail(1), a_mail(2)])
    mailbox = desk.mailbox(settings(done="leave", since="all"))
    mailbox.poll_once()
    key = next(iter(desk.marks))
    crashed = desk.puts[-1]
    desk.put(*key, type(crashed)(uidvalidity=crashed.uidvalidity, uid=crashed.uid, horizon=crashed.horizon, undone=(1, 2)))
    assert desk.mailbox(settings(done="seen", since="all")).poll_once() == 0
    assert all(r"\Seen" in held.flags for held in dovecot.listing(user))


def test_done_delete_waits_thirty_days_and_never_takes_what_is_not_kept(dovecot: Dovecot, desk: Desk, settings: Make, user: str) -> None:
    """Deleting is for good: only what the desk has had for thirty days goes."""
    dovecot.append(user, [a_mail("before")], at='"01-Mar-2020 10:00:00 +0000"')
    begun = datetime.now(UTC)
    desk.kept_at = begun
    desk.mailbox(settings(done="delete")).poll_once()
    dovecot.append(user, [a_mail(1), a_mail(2)])
    desk.mailbox(settings(done="delete"), now=begun).poll_once()
    desk.mailbox(settings(done="delete"), now=begun + timedelta(days=29)).poll_once()
    assert len(dovecot.listing(user)) == 3
    desk.kept = [received for received in desk.kept if b"<m1@" in received.raw]
    desk.mailbox(settings(done="delete"), now=begun + timedelta(days=33)).poll_once()
    assert [b"<m1@" in held.raw for held in dovecot.listing(user)] == [False, False]


def test_a_renumbered_mailbox_gives_only_what_is_new(dovecot: Dovecot, desk: Desk, settings: Make, user: str) -> None:
    """A restored mail server must not open fifty tickets again."""
    mailbox = desk.mailbox(settings(since="all"))
    dovecot.append(user, [a_mail(number) for number in range(50)])
    assert mailbox.poll_once() == 50
    dovecot.renumber(user)
    dovecot.append(user, [a_mail("new1"), a_mail("new2", Message_ID="")])
    assert mailbox.poll_once() == 2
    assert desk.handed == 52
    assert desk.puts[-1].uidvalidity != desk.puts[0].uidvalidity
    assert mailbox.poll_once() == 0


def test_a_renumbered_mailbox_does_not_bring_the_past_back(dovecot: Dovecot, desk: Desk, settings: Make, user: str) -> None:
    """The old mails were never kept, so nothing recognises them but their dates."""
    dovecot.append(user, [a_mail(number) for number in range(50)])
    mailbox = desk.mailbox(settings())
    mailbox.poll_once()
    dovecot.renumber(user)
    _next_second()
    dovecot.append(user, [a_mail("new1"), a_mail("new2")])
    assert mailbox.poll_once() == 2
    assert sorted(desk.ids) == ["<mnew1@client.example>", "<mnew2@client.example>"]


def test_the_thread_survives_a_killed_server_session(dovecot: Dovecot, desk: Desk, settings: Make, user: str, watching: Watching) -> None:
    """A dead connection looks like a quiet one; it must be noticed, without spinning."""
    mailbox = watching(desk.mailbox(settings()))
    _until(lambda: mailbox.health().state is State.idling)
    before = time.process_time()
    for pid in dovecot.sessions():
        _signal(pid, signal.SIGKILL)
    _until(lambda: mailbox.health().failures > 0)
    _until(lambda: mailbox.health().state is State.idling)
    dovecot.deliver(user, a_mail(1))
    desk.wait(lambda: len(desk.kept) == 1, 20)
    assert time.process_time() - before < 2.0


def test_the_thread_survives_a_frozen_server(dovecot: Dovecot, desk: Desk, settings: Make, user: str, watching: Watching) -> None:
    """A server that says nothing at all is left after the time-out."""
    mailbox = watching(desk.mailbox(settings(timeout_seconds=1.0, idle=False, poll_seconds=0.2)))
    _until(lambda: mailbox.health().state is State.polling)
    frozen = dovecot.sessions()
    for pid in frozen:
        _signal(pid, signal.SIGSTOP)
    try:
        _until(lambda: "no answer in time" in mailbox.health().last_error)
    finally:
        for pid in frozen:
            _signal(pid, signal.SIGCONT)
    dovecot.deliver(user, a_mail(1))
    desk.wait(lambda: len(desk.kept) == 1)


def test_the_thread_survives_a_restart_of_the_server(desk: Desk, watching: Watching) -> None:
    """The mail server is updated at night: in the morning the desk must be connected again."""
    server = dovecot_server.start()
    try:
        mailbox = watching(
            desk.mailbox(
                ImapSettings(host="localhost", port=server.imap_port, security=Security.none, user="u", password=lambda: server.password)
            )
        )
        _until(lambda: mailbox.health().state is State.idling)
    finally:
        server.stop()
    _until(lambda: mailbox.health().state is State.backing_off)
    assert mailbox.health().last_error


def test_stopping_takes_no_time(dovecot: Dovecot, desk: Desk, settings: Make) -> None:
    """SIGTERM must not wait for an IDLE to end."""
    mailbox = desk.mailbox(settings())
    mailbox.start()
    _until(lambda: mailbox.health().state is State.idling)
    began = time.monotonic()
    assert mailbox.stop(20)
    assert time.monotonic() - began < 10
    assert mailbox.health().state is State.stopped


def test_a_refused_login_is_not_repeated_soon(dovecot: Dovecot, desk: Desk, settings: Make, user: str, watching: Watching) -> None:
    """Servers lock accounts that are hammered with a wrong password."""
    asked: list[int] = []

    def wrong() -> str:
        asked.append(1)
        return "wrong"

    mailbox = watching(desk.mailbox(settings(password=wrong)))
    _until(lambda: mailbox.health().state is State.login_refused)
    for _ in range(5):
        mailbox.poke()
    with pytest.raises(imap.LoginRefused, match="next try in"):
        desk_tick(mailbox)
    assert len(asked) == 1
    assert "wrong" not in mailbox.health().last_error.replace("AUTHENTICATIONFAILED", "")


def desk_tick(mailbox: Mailbox) -> None:
    """What `tick` does with a mailbox whose login is refused."""
    assert mailbox.stop(20)
    mailbox.poll_once()


@pytest.mark.parametrize("security", [Security.tls, Security.starttls, Security.none])
def test_each_kind_of_security_works(dovecot: Dovecot, desk: Desk, settings: Make, user: str, security: Security) -> None:
    """And mail comes through all of them."""
    port = dovecot.imaps_port if security is Security.tls else dovecot.imap_port
    mailbox = desk.mailbox(settings(security=security, port=port, since="all"))
    dovecot.deliver(user, a_mail(1))
    assert mailbox.poll_once() == 1


@pytest.mark.parametrize("security", [Security.tls, Security.starttls])
def test_a_certificate_that_is_not_trusted_ends_it(dovecot: Dovecot, desk: Desk, settings: Make, security: Security) -> None:
    """Nobody in the middle may read the mail, or even the password."""
    asked: list[int] = []
    port = dovecot.imaps_port if security is Security.tls else dovecot.imap_port
    mailbox = desk.mailbox(settings(security=security, port=port, ca_file=None))
    with pytest.raises(imap.Lost, match="certificate"):
        mailbox.poll_once()
    assert not asked


def test_a_missing_folder_is_named(dovecot: Dovecot, desk: Desk, settings: Make) -> None:
    """The operator's typo should be readable in `doctor`."""
    mailbox = desk.mailbox(settings(folder="Suport"))
    with pytest.raises(imap.ServerRefused, match="'Suport'"):
        mailbox.poll_once()
    assert "Suport" in mailbox.health().last_error


def test_doctor_sees_what_a_mailbox_can_do(dovecot: Dovecot, settings: Make, user: str) -> None:
    """A misspelt folder should be found before the first mail is lost in it."""
    dovecot.append(user, [a_mail(1)])
    found = errands.probe(settings(done="move:Fertig", junk="Junk"))
    assert (found.exists, found.can_idle, found.can_move, found.missing) == (1, True, True, ("Fertig",))
    assert {"INBOX", "Junk", "Sent Items"} <= set(found.folders)


def test_a_restored_desk_sees_what_it_would_fetch_again(dovecot: Dovecot, desk: Desk, settings: Make, user: str) -> None:
    """`db restore` shows this before anything is sent."""
    mailbox = desk.mailbox(settings())
    mailbox.poll_once()
    mark = desk.puts[-1]
    dovecot.append(user, [a_mail(1), a_mail(2)])
    mailbox.poll_once()
    assert [mail.head.message_id for mail in errands.pending(settings(), mark)] == ["<m1@client.example>", "<m2@client.example>"]
    assert errands.pending(settings(), desk.puts[-1]) == []


def test_adopting_sees_both_sides_of_a_conversation(dovecot: Dovecot, settings: Make, user: str) -> None:
    """`adopt` opens only where the customer wrote last, so it must see the answers too, and change nothing."""
    dovecot.append(user, [a_mail("ancient")], at='"01-Mar-2020 10:00:00 +0000"')
    dovecot.append(user, [a_mail("q", Subject="=?utf-8?q?Dr=C3=BCcker=2C_kaputt?=")])
    _next_second()
    dovecot.append(
        user,
        [a_mail("a", sender="help@desk.example", In_Reply_To="<mq@client.example>", References="<m0@x> <mq@client.example>")],
        "Sent Items",
    )
    found = errands.survey(settings(), date.today() - timedelta(days=2))
    assert [(mail.folder, mail.role, mail.head.message_id) for mail in found] == [
        ("INBOX", Role.inbox, "<mq@client.example>"),
        ("Sent Items", Role.sent, "<ma@client.example>"),
    ]
    assert found[0].head.subject == "Drücker, kaputt"
    assert found[1].head.in_reply_to == ("<mq@client.example>",)
    assert found[1].head.references == ("<m0@x>", "<mq@client.example>")
    ((uid, raw),) = errands.fetch_uids(settings(), [found[0].uid, 4711], uidvalidity=found[0].uidvalidity)
    assert uid == found[0].uid
    assert b"<mq@client.example>" in raw
    with pytest.raises(imap.ServerRefused):
        list(errands.fetch_uids(settings(), [1], uidvalidity=1))
    assert not any(held.flags for held in dovecot.listing(user))


def test_a_copy_for_the_sent_folder_is_made_once(dovecot: Dovecot, settings: Make, user: str) -> None:
    """A delivery that is tried again must not leave two copies; a folder that isn't there is made."""
    assert errands.append(settings(), "Sent Items", a_mail(1)) is True
    assert errands.append(settings(), "Sent Items", a_mail(1)) is False
    (held,) = dovecot.listing(user, "Sent Items")
    assert held.flags == {r"\Seen"}
    assert errands.append(settings(), "Gesendete Gegenstände", a_mail(2)) is True
    assert any("Gesendete" in name for name in dovecot.folders(user))


def _signal(pid: int, number: int) -> None:
    """To a session of the server, which may be another test's and have ended just now."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _until(true: Callable[[], bool], seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.01)


def _next_second() -> None:
    """INTERNALDATE counts in whole seconds."""
    time.sleep(1.05 - time.time() % 1)
