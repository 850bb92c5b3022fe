"""The IMAP door against a server that cuts, hangs, refuses, renumbers and forgets."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from mailgate.boxes import imap
from mailgate.boxes.collector import Mailbox, State
from mailgate.boxes.mailboxes import ImapSettings, Security
from mailgate.doors.receiving import Busy
from tests.imap.conftest import Desk, a_mail
from tests.imap.scripted import Scripted, serving

Watching = Callable[[Mailbox], Mailbox]
CUT_STEP = int(os.environ.get("MAILGATE_TEST_CUT_STEP", "37"))
"""Bytes between two cuts; 1 tries them all and takes half a minute."""
IDS = [f"<m{number}@client.example>" for number in range(10)]


@pytest.fixture
def server() -> Iterator[Scripted]:
    with serving(Scripted()) as scripted:
        yield scripted


def settings(server: Scripted, **changes: Any) -> ImapSettings:
    chosen: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": server.port,
        "security": Security.none,
        "user": "desk",
        "password": lambda: "secret",
        "since": "all",
        "timeout_seconds": 5.0,
    }
    return ImapSettings(**(chosen | changes))


def test_a_line_cut_anywhere_in_a_mail_keeps_each_mail_exactly_once(server: Scripted, desk: Desk) -> None:
    """A half mail must never become a ticket, and none may be lost or doubled when the line comes back."""
    mails = [a_mail(0), a_mail(1, size=2100), a_mail(2)]
    for raw in mails:
        server.hold(raw)
    whole = sum(map(len, mails)) + 200
    for cut in [*range(60), *range(60, whole, CUT_STEP)]:
        fresh = Desk()
        mailbox = fresh.mailbox(settings(server))
        server.cut_bodies_after = cut
        try:
            mailbox.poll_once()
        except imap.Lost:
            assert fresh.handed == 0, cut
        mailbox.poll_once()
        assert [received.raw for received in fresh.kept] == mails, cut
        assert fresh.handed == 3, cut
        assert mailbox.poll_once() == 0


@pytest.mark.parametrize("command", ["LOGIN", "EXAMINE", "SEARCH", "FETCH"])
@pytest.mark.parametrize("fault", ["goodbye", "hang"])
def test_a_server_that_leaves_or_hangs_at_any_command_is_visited_again(server: Scripted, desk: Desk, fault: str, command: str) -> None:
    """The next visit finds what this one could not."""
    server.hold(a_mail(0))
    getattr(server, fault).add(command)
    mailbox = desk.mailbox(settings(server, timeout_seconds=1.5))
    began = time.monotonic()
    with pytest.raises(imap.Lost):
        mailbox.poll_once()
    assert time.monotonic() - began < 15
    assert desk.handed == 0
    getattr(server, fault).clear()
    assert mailbox.poll_once() == 1


def test_a_server_that_never_lets_store_happen_imports_once(server: Scripted, desk: Desk) -> None:
    """Flags are not our memory: twenty looks, one ticket."""
    server.hold(a_mail(0))
    server.refuse["STORE"] = "NO permission denied"
    mailbox = desk.mailbox(settings(server, done="seen"))
    assert sum(mailbox.poll_once() for _ in range(20)) == 1
    assert desk.handed == 1
    assert server.count("UID STORE") == 5
    assert desk.puts[-1].undone == ()


def test_a_move_that_is_refused_once_is_made_up_for(server: Scripted, desk: Desk) -> None:
    """A full quota today must not leave the mail in the INBOX for ever."""
    server.hold(a_mail(0))
    server.refuse["MOVE"] = "NO [OVERQUOTA] full"
    mailbox = desk.mailbox(settings(server, done="move:INBOX"))
    assert mailbox.poll_once() == 1
    assert server.mails
    server.refuse.clear()
    assert mailbox.poll_once() == 0
    assert server.copies == [("INBOX", [1])]
    assert not server.mails
    assert desk.handed == 1


def test_without_move_a_mail_is_copied_and_only_it_is_expunged(server: Scripted, desk: Desk) -> None:
    """Mail that a colleague has marked as deleted stays his to expunge."""
    server.capabilities = "IMAP4rev1 UIDPLUS"
    mailbox = desk.mailbox(settings(server, since="now", done="move:Taken"))
    server.hold(a_mail(0))
    server.mails[1].flags.add("\\Deleted")
    mailbox.poll_once()
    server.hold(a_mail(1))
    mailbox.poll_once()
    assert server.copies == [("Taken", [2])]
    assert list(server.mails) == [1]


def test_without_move_and_uidplus_nothing_is_expunged(server: Scripted, desk: Desk) -> None:
    """The only EXPUNGE there takes everybody's deleted mail with it."""
    server.capabilities = "IMAP4rev1"
    mailbox = desk.mailbox(settings(server, done="move:Taken"))
    server.hold(a_mail(0))
    mailbox.poll_once()
    mailbox.poll_once()
    assert server.copies == [("Taken", [1])]
    assert server.mails[1].flags == {"\\Deleted"}
    assert server.count("EXPUNGE") == server.count("UID EXPUNGE") == 0


def test_fifty_old_and_two_new_after_a_renumbering_are_two(server: Scripted, desk: Desk) -> None:
    """UIDs mean nothing once UIDVALIDITY has changed, also when they start higher."""
    for number in range(50):
        server.hold(a_mail(f"old{number}", **({"Message_ID": ""} if number % 10 == 0 else {})))
    mailbox = desk.mailbox(settings(server))
    assert mailbox.poll_once() == 50
    for start in (1, 1000, 7):
        server.renumber(start)
        server.hold(a_mail(f"new{start}a"))
        server.hold(a_mail(f"new{start}b", Message_ID=""))
        server.said.clear()
        assert mailbox.poll_once() == 2
        (fetched,) = [line.split(" ")[2] for line in server.said if "BODY.PEEK[])" in line]
        assert fetched.count(",") < 15, "mails that a Message-ID and a size recognise are not fetched again"
        assert mailbox.poll_once() == 0
    assert desk.handed == 56


def test_estimated_sizes_double_nothing(server: Scripted, desk: Desk) -> None:
    """Exchange guesses RFC822.SIZE; the digest of the mail decides."""
    server.wrong_sizes = True
    for number in range(5):
        server.hold(a_mail(number))
    mailbox = desk.mailbox(settings(server))
    assert mailbox.poll_once() == 5
    server.renumber()
    server.hold(a_mail(5))
    assert mailbox.poll_once() == 1
    assert desk.handed == 6


def test_a_renumbering_that_loses_the_dates_brings_no_old_mail_back(server: Scripted, desk: Desk) -> None:
    """A careless migration makes everything look as if it came today; the mails' own dates tell."""
    for number in range(30):
        server.hold(a_mail(f"old{number}", Date="Mon, 01 Jun 2020 10:00:00 +0000"), internal_at=f"01-Jun-2020 10:00:{number:02} +0000")
    mailbox = desk.mailbox(settings(server, since="now"))
    assert mailbox.poll_once() == 0
    server.hold(a_mail(0, Date="Sun, 22 Nov 2026 07:59:00 +0000"))
    assert mailbox.poll_once() == 1
    server.renumber()
    for mail in server.mails.values():
        mail.internal_at = "23-Nov-2026 01:00:00 +0000"
    server.hold(a_mail(1, Date="Sun, 22 Nov 2026 23:00:00 +0000"), internal_at="23-Nov-2026 01:00:00 +0000")
    assert mailbox.poll_once() == 1
    assert desk.ids == IDS[:2]
    assert sum(skip.count for skip in desk.skips.values() if "renumbered" in skip.why) == 29


def test_a_crash_in_the_middle_of_a_renumbered_folder_doubles_nothing(server: Scripted, desk: Desk) -> None:
    """The mark is written at the end, so the second try meets what the first one kept."""
    server.hold(a_mail(0))
    mailbox = desk.mailbox(settings(server))
    mailbox.poll_once()
    server.renumber()
    for number in (1, 2, 3):
        server.hold(a_mail(number))
    server.withheld = {3}
    with pytest.raises(imap.ServerRefused):
        mailbox.poll_once()
    assert desk.ids == IDS[:2]
    server.withheld.clear()
    mailbox.poll_once()
    assert desk.ids == IDS[:4]
    assert desk.handed == 4


def test_a_mail_that_vanishes_meanwhile_is_passed_over(server: Scripted, desk: Desk) -> None:
    """A colleague deletes it between our SEARCH and our FETCH."""
    for number in range(3):
        server.hold(a_mail(number))
    server.vanished = {2}
    mailbox = desk.mailbox(settings(server))
    assert mailbox.poll_once() == 2
    assert desk.ids == [IDS[0], IDS[2]]
    assert desk.puts[-1].uid == 3


@pytest.mark.parametrize("fault", ["withheld", "hollow"])
def test_a_mail_that_the_server_cannot_read_holds_up_the_others_only_for_a_while(server: Scripted, desk: Desk, fault: str) -> None:
    """One broken file on the mail server must not end the collecting, nor may a passing fault lose a mail."""
    for number in range(4):
        server.hold(a_mail(number))
    setattr(server, fault, {2})
    mailbox = desk.mailbox(settings(server))
    for _ in range(4):
        with pytest.raises(imap.ServerRefused):
            mailbox.poll_once()
        assert desk.ids == IDS[:1]
    assert mailbox.poll_once() == 2
    assert desk.ids == [IDS[0], IDS[2], IDS[3]]
    (skip,) = desk.skips.values()
    assert skip.message_id == IDS[1]
    assert "does not give it" in skip.why


def test_a_fault_of_the_whole_server_skips_nothing(server: Scripted, desk: Desk) -> None:
    """When no mail can be read, waiting is the only right thing."""
    for number in range(3):
        server.hold(a_mail(number))
    server.withheld = {1, 2, 3}
    mailbox = desk.mailbox(settings(server))
    for _ in range(10):
        with pytest.raises(imap.ServerRefused):
            mailbox.poll_once()
    server.withheld.clear()
    assert mailbox.poll_once() == 3
    assert not desk.skips


def test_what_was_kept_before_a_busy_store_is_not_asked_for_again(server: Scripted, desk: Desk) -> None:
    """And what was not kept is."""
    for number in range(4):
        server.hold(a_mail(number))
    keep, tries = desk.keep, []

    def busy_at_the_third(received: Any) -> None:
        tries.append(received)
        if len(tries) == 3:
            raise Busy("locked")
        keep(received)

    desk.keep = busy_at_the_third  # type: ignore[method-assign]
    mailbox = desk.mailbox(settings(server))
    with pytest.raises(Busy):
        mailbox.poll_once()
    assert desk.puts[-1].uid == 2
    assert mailbox.poll_once() == 2
    assert desk.ids == IDS[:4]
    assert desk.handed == 4


def test_a_busy_store_costs_no_new_login(server: Scripted, desk: Desk, watching: Watching) -> None:
    """Big providers count logins."""
    server.hold(a_mail(0))
    desk.trouble = [Busy("locked")]
    mailbox = watching(desk.mailbox(settings(server)))
    desk.wait(lambda: len(desk.kept) == 1)
    _until(lambda: mailbox.health().state is State.idling)
    assert server.connections == 1
    assert mailbox.health().last_error == ""
    assert mailbox.health().kept == 1


@pytest.mark.parametrize("before", [True, False])
def test_news_that_comes_with_the_answer_to_idle_is_heard(server: Scripted, desk: Desk, watching: Watching, before: bool) -> None:
    """It lies in a buffer where no poll shows it; missing it would cost nine minutes."""
    server.tells_before_continuation = before
    server.on_idle = lambda: server.hold(a_mail(0)) and None
    watching(desk.mailbox(settings(server)))
    assert desk.wait(lambda: len(desk.kept) == 1, 20) < 20


def test_news_that_comes_in_the_answer_to_a_search_is_heard(server: Scripted, desk: Desk, watching: Watching) -> None:
    """The server has told it and won't tell it again when we IDLE."""
    server.on_search = lambda: server.hold(a_mail(0)) and None
    watching(desk.mailbox(settings(server)))
    assert desk.wait(lambda: len(desk.kept) == 1, 20) < 20


def test_a_server_that_refuses_idle_is_polled(server: Scripted, desk: Desk, watching: Watching) -> None:
    """Some announce IDLE and don't have it."""
    server.refuse["IDLE"] = "NO not today"
    mailbox = watching(desk.mailbox(settings(server, poll_seconds=0.1)))
    _until(lambda: mailbox.health().state is State.polling)
    server.hold(a_mail(0))
    desk.wait(lambda: len(desk.kept) == 1)
    assert server.connections == 1


def test_a_server_that_closes_while_we_idle_is_noticed_at_once(server: Scripted, desk: Desk, watching: Watching) -> None:
    """imapclient gives an empty list at once and for ever on a closed connection."""
    server.goodbye.add("IDLE")
    mailbox = watching(desk.mailbox(settings(server)))
    before = time.process_time()
    _until(lambda: server.connections >= 3)
    _until(lambda: "waiting for new mail" in mailbox.health().last_error)  # a login that succeeds takes it away for a moment
    server.on_idle = lambda: server.hold(a_mail(0)) and None
    server.goodbye.clear()
    desk.wait(lambda: len(desk.kept) == 1, 15)
    assert time.process_time() - before < 2


def test_nothing_secret_is_said_to_a_server_without_starttls(server: Scripted, desk: Desk) -> None:
    """Somebody in the middle strips STARTTLS; the password stays at home."""
    mailbox = desk.mailbox(settings(server, security=Security.starttls))
    with pytest.raises(imap.ServerRefused, match="STARTTLS"):
        mailbox.poll_once()
    server.greeting = "* PREAUTH welcome, no TLS needed"
    server.capabilities = "IMAP4rev1 STARTTLS"
    with pytest.raises(imap.ImapTrouble):
        mailbox.poll_once()
    server.greeting = "* OK ready"
    server.refuse["STARTTLS"] = "NO not today"
    with pytest.raises(imap.ImapTrouble):
        mailbox.poll_once()
    assert not [line for line in server.said if "secret" in line or line.upper().startswith(("LOGIN", "AUTHENTICATE"))]


def test_no_password_goes_to_a_server_that_forbids_it(server: Scripted, desk: Desk) -> None:
    """RFC 9051 section 6.2.3: LOGINDISABLED means never."""
    server.capabilities = "IMAP4rev1 LOGINDISABLED"
    with pytest.raises(imap.ServerRefused, match="takes no password"):
        desk.mailbox(settings(server)).poll_once()
    assert server.count("LOGIN") == 0


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("NO [AUTHENTICATIONFAILED] wrong", imap.LoginRefused),
        ("NO Invalid credentials (Failure)", imap.LoginRefused),
        ("NO [UNAVAILABLE] backend down", imap.Lost),
        ("NO [INUSE] too many", imap.Lost),
        ("BAD what", imap.LoginRefused),
    ],
)
def test_a_wrong_password_and_a_sick_server_are_told_apart(server: Scripted, desk: Desk, answer: str, kind: type[Exception]) -> None:
    """The first means a long silence, the second only a short one."""
    server.refuse["LOGIN"] = answer
    mailbox = desk.mailbox(settings(server))
    with pytest.raises(kind):
        mailbox.poll_once()
    with pytest.raises(kind):
        mailbox.poll_once()
    assert server.count("LOGIN") == (1 if kind is imap.LoginRefused else 2)


@pytest.mark.parametrize(
    ("offered", "mechanism", "answer"),
    [
        ("AUTH=XOAUTH2 AUTH=OAUTHBEARER", "XOAUTH2", b"user=desk\x01auth=Bearer token1\x01\x01"),
        ("AUTH=OAUTHBEARER", "OAUTHBEARER", b"n,a=desk,\x01auth=Bearer token1\x01\x01"),
    ],
)
def test_a_token_is_asked_for_anew_at_each_login(server: Scripted, desk: Desk, offered: str, mechanism: str, answer: bytes) -> None:
    """Tokens live an hour, a desk for years."""
    server.capabilities += " " + offered
    tokens = iter(["token1", "token2"])
    chosen = settings(server, password=None, oauth2=lambda: next(tokens))
    desk.mailbox(chosen).poll_once()
    desk.mailbox(chosen).poll_once()
    assert server.credentials[0] == (mechanism, answer)
    assert b"token2" in server.credentials[1][1]


def test_a_refused_token_is_a_refused_login(server: Scripted, desk: Desk) -> None:
    """And its text never shows the token."""
    server.capabilities += " AUTH=XOAUTH2"
    server.challenge = b'{"status":"400"}'
    mailbox = desk.mailbox(settings(server, password=None, oauth2=lambda: "hush"))
    with pytest.raises(imap.LoginRefused):
        mailbox.poll_once()
    assert "expired" in mailbox.health().last_error
    assert "hush" not in mailbox.health().last_error


def test_a_password_may_hold_any_letter(server: Scripted, desk: Desk) -> None:
    """LOGIN knows ASCII only; PLAIN is preferred where it is offered (RFC 4616)."""
    server.capabilities += " AUTH=PLAIN"
    desk.mailbox(settings(server, password=lambda: "hyvää yötä 🔑")).poll_once()
    assert server.credentials == [("PLAIN", b"\0desk\0" + "hyvää yötä 🔑".encode())]
    server.capabilities = "IMAP4rev1"
    with pytest.raises(imap.ImapTrouble, match="ASCII"):
        desk.mailbox(settings(server, password=lambda: "hyvää yötä 🔑")).poll_once()


def test_user_names_with_odd_letters_are_quoted(server: Scripted, desk: Desk) -> None:
    """A shared mailbox at Microsoft is `person@x\\shared`."""
    desk.mailbox(settings(server, user='anna@x.example\\the "desk"')).poll_once()
    assert 'LOGIN "anna@x.example\\\\the \\"desk\\"" "secret"' in server.said


def test_a_secret_that_cannot_be_read_is_told_and_tried_again(server: Scripted, desk: Desk) -> None:
    """The file may come back; the thread must not die of it."""

    def missing() -> str:
        raise FileNotFoundError("no such file: imap.secret")

    mailbox = desk.mailbox(settings(server, password=missing))
    with pytest.raises(imap.Lost, match=r"imap\.secret"):
        mailbox.poll_once()
    assert server.connections == 0


def test_a_line_break_in_a_secret_is_no_second_command(server: Scripted, desk: Desk) -> None:
    """The one at the end of a file is harmless; any other would be sent to the server as a line of its own."""
    desk.mailbox(settings(server, password=lambda: "secret\n")).poll_once()
    assert 'LOGIN desk "secret"' in server.said
    with pytest.raises(imap.ServerRefused, match="line break"):
        desk.mailbox(settings(server, password=lambda: 'x"\r\nA1 DELETE INBOX')).poll_once()
    assert server.count("DELETE") == 0


def test_a_mail_from_the_future_shuts_nobody_out(server: Scripted, desk: Desk) -> None:
    """One wrong INTERNALDATE must not make all that follows look old."""
    now = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    server.hold(a_mail("future"), internal_at="01-Jan-2038 00:00:00 +0000")
    mailbox = desk.mailbox(settings(server, since="now"), now=now)
    assert mailbox.poll_once() == 0
    server.hold(a_mail(0))
    assert mailbox.poll_once() == 1
    server.renumber()
    server.hold(a_mail(1), internal_at="23-Nov-2026 08:00:00 +0000")
    assert mailbox.poll_once() == 1
    assert desk.ids == IDS[:2]


def _until(true: Callable[[], bool], seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.01)
