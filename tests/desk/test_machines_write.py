"""Mail that no person wrote: kept, never answered, and nothing is lost by it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from rules.facts.mail import Envelope
from store import engine, tables
from tests.desk.customers import account, enter_person, templates
from tests.desk.office import Desk, desk, plain, to

KIM = "kim@client.example"


def state(d: Desk, message_id: str) -> tuple[str, str]:
    """State and last answer of one of our mails."""
    outbox = tables.Outbox
    with engine.reading(d.office.store) as tx:
        row = tx.execute(select(outbox.c.state, outbox.c.last_answer).where(outbox.c.message_id == message_id)).one()
    return row.state, row.last_answer


def bounce(message_id: str, recipient: str = KIM, *, action: str = "failed", status: str = "5.1.1") -> bytes:
    """A delivery report as a relay sends it (RFC 3464)."""
    return (
        "From: Mail Delivery System <MAILER-DAEMON@relay.example>\r\nTo: support@desk.example\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nMessage-ID: <b1@relay.example>\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nYour mail could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.example\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; 550 no such user\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {message_id}\r\nSubject: ours\r\nFrom: support@desk.example\r\n\r\nHello\r\n--b--\r\n"
    ).encode()


NULL = Envelope(door="smtp", sender="", recipients=("support@desk.example",), peer="192.0.2.9")


def test_a_bounce_marks_our_mail_and_tells_its_owner(tmp_path: Path) -> None:
    """Nobody would know that the customer never got the answer (feature of every desk worth the name)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.agent("ben")
        d.write(KIM)
        told = to(d.post(), "anna@")[0]
        d.write("anna@staff.example", "We come.", answer=told)
        ours = str(to(d.post_later(), KIM)[0]["Message-ID"])
        received = d.take(bounce(ours), NULL)
        assert d.fate(received) == "bounce"
        assert state(d, ours)[0] == "failed"
        assert "5.1.1" in state(d, ours)[1]
        assert (d.ticket().status, d.posts()[-1].kind) == ("working", "note")
        assert KIM in d.posts()[-1].text
        mails = d.post()
        assert templates(mails) == [("bounced", "anna@staff.example")]
        assert "550 no such user" in " ".join(plain(mails[0]).split())
        d.take(bounce(ours).replace(b"b1@", b"b2@"), NULL)
        assert not [m for m in d.post() if "MAILER" in str(m["To"]) or KIM in str(m["To"])]


def test_a_delay_report_changes_nothing(tmp_path: Path) -> None:
    """It may still arrive; telling the owner would cry wolf."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM)
        ours = str(to(d.post(), KIM)[0]["Message-ID"])
        d.take(bounce(ours, action="delayed", status="4.4.1"), NULL)
        assert state(d, ours)[0] == "sent"
        assert not d.post()


READ = (
    "From: kim@client.example\r\nTo: support@desk.example\r\nSubject: Read: Printer\r\nMessage-ID: <r1@client.example>\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n--b\r\n\r\nYour mail was displayed.\r\n"
    "--b\r\nContent-Type: message/disposition-notification\r\n\r\nFinal-Recipient: rfc822; kim@client.example\r\n"
    "Original-Message-ID: {}\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n\r\n--b--\r\n"
)


@pytest.mark.parametrize("said", ["delivered", "relayed", "expanded", "read"])
def test_a_report_of_success_is_no_bounce(tmp_path: Path, said: str) -> None:
    """Its owner would ring up a customer who has long read the answer."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM)
        told = to(d.post(), "anna@")[0]
        d.write("anna@staff.example", "We come.", answer=told)
        ours = str(to(d.post_later(), KIM)[0]["Message-ID"])
        before = d.ticket()
        i = d.take(READ.format(ours).encode() if said == "read" else bounce(ours, action=said, status="2.0.0"), NULL)
        assert d.fate(i) in {"automatic", "appended"} and d.mail(i)["ticket_id"] == d.ticket().id
        assert state(d, ours)[0] == "sent"
        assert (d.ticket().status, d.ticket().assignee) == (before.status, before.assignee)
        assert not d.post()


def test_a_bounce_of_unknown_mail_is_kept_and_nobody_is_told(tmp_path: Path) -> None:
    """Backscatter from forged mail would fill the desk; a forged report must not fail our mail either (threat 59)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM)
        ours = str(to(d.post(), KIM)[0]["Message-ID"])
        at = ours.index("@") - 2
        forged = ours[:at] + ("a" if ours[at] != "a" else "b") + ours[at + 1 :]
        for n, one in enumerate((forged, "<other@elsewhere.example>")):
            received = d.take(bounce(one).replace(b"b1@", f"x{n}@".encode()), NULL)
            assert d.fate(received) == "bounce"
        assert state(d, ours)[0] == "sent"
        assert not d.post()
        assert len(d.tickets()) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Auto-Submitted": "auto-replied (vacation)", "X-Auto-Response-Suppress": "All"},
        {"X-Autoreply": "yes"},
        {"Precedence": "auto_reply"},
        {"Subject": "Automatische Antwort: Ihre Anfrage"},
        {"Subject": "Poissa: lomalla"},
        {"Subject": "Automatická odpověď: dovolená"},
    ],
)
def test_an_auto_reply_without_a_thread_is_kept_and_opens_nothing(tmp_path: Path, headers: dict[str, str]) -> None:
    """Every holiday would be a request."""
    with desk(tmp_path) as d:
        d.agent("anna")
        received = d.write(KIM, "I am away until Monday.", headers=headers)
        assert (d.fate(received), d.tickets(), d.post()) == ("automatic", [], [])


def test_an_auto_reply_within_a_thread_is_kept_and_changes_nothing(tmp_path: Path) -> None:
    """Neither the state nor a clock, and nobody is answered; but an agent can read it in the ticket."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM)
        told = to(d.post(), "anna@")[0]
        d.write("anna@staff.example", "Which one?\n\n#wait", answer=told)
        mail = to(d.post_later(), KIM)[-1]
        before = d.ticket()
        received = d.write(KIM, "I am away until Monday.", answer=mail, headers={"Auto-Submitted": "auto-replied"})
        after = d.ticket()
        assert (d.fate(received), d.posts()[-1].kind) == ("appended", "auto")
        assert (after.status, after.due, after.waiting_until) == (before.status, before.due, before.waiting_until)
        assert not d.post()


@pytest.mark.parametrize("text", ["Disk 90 % full.", "#close"])
def test_monitoring_opens_a_request_and_is_not_answered(tmp_path: Path, text: str) -> None:
    """`auto-generated` is what shops, forms and monitors send: somebody has to act on it."""
    with desk(tmp_path) as d:
        d.agent("anna")
        received = d.write("nagios@client.example", text, subject="PROBLEM host db1", headers={"Auto-Submitted": "auto-generated"})
        assert d.fate(received) == "opened"
        assert templates(d.post()) == [("new-in-group", "anna@staff.example")]


@pytest.mark.parametrize(
    ("sender", "headers"),
    [
        ("list@lists.example", {"List-Id": "<news.lists.example>"}),
        (KIM, {"List-Post": "<mailto:news@lists.example>"}),
        (KIM, {"Precedence": "bulk"}),
        ("no-reply@shop.example", {}),
        ("noreply@shop.example", {}),
        ("owner-news@lists.example", {}),
        (KIM, {"X-Auto-Response-Suppress": "All"}),
        (KIM, {"To": "undisclosed-recipients:;"}),
        (KIM, {"To": "somebody@else.example"}),
    ],
)
def test_lists_bulk_robots_and_blind_copies_become_requests_without_an_answer(tmp_path: Path, sender: str, headers: dict[str, str]) -> None:
    """An answer to a list goes to thousands; one to a blind copy tells that we got it."""
    with desk(tmp_path) as d:
        d.agent("anna")
        received = d.write(
            sender, headers=headers, envelope=Envelope(door="smtp", sender=sender, recipients=("support@desk.example",), peer="192.0.2.1")
        )
        assert d.fate(received) == "opened"
        assert templates(d.post()) == [("new-in-group", "anna@staff.example")]


@pytest.mark.parametrize(
    "sender",
    ["support@desk.example", "SUPPORT@Desk.Example.", "control@desk.example", "support+x@desk.example", '"Support" <support@desk.example>'],
)
def test_mail_in_our_own_name_is_held(tmp_path: Path, sender: str) -> None:
    """The shortest loop there is (threat 60)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        received = d.write(sender)
        assert (d.fate(received), d.tickets(), d.post()) == ("held", [], [])


def test_our_own_mail_coming_back_is_held(tmp_path: Path) -> None:
    """A redirect at the customer's sends our mail back to us."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.write(KIM)
        mail = to(d.post(), KIM)[0]
        raw = b"Received: from a by b; Mon, 23 Nov 2026 08:00:00 +0000\r\n" + mail.as_bytes()
        received = d.take(raw, Envelope(door="smtp", sender=KIM, recipients=("support@desk.example",), peer="192.0.2.1"))
        assert (d.fate(received), len(d.posts()), d.post()) == ("held", 1, [])


def test_a_mail_that_went_round_fifty_times_is_held(tmp_path: Path) -> None:
    """Whatever loops elsewhere ends with us."""
    with desk(tmp_path) as d:
        raw = b"".join(b"Received: from a by b; Mon, 23 Nov 2026 08:00:00 +0000\r\n" for _ in range(60))
        received = d.take(raw + b"From: kim@client.example\r\nTo: support@desk.example\r\nSubject: x\r\n\r\nx\r\n")
        assert (d.fate(received), d.post()) == ("held", [])


@pytest.mark.inside("the policy is changed in this process")
def test_two_desks_that_answer_each_other_come_to_rest(tmp_path: Path) -> None:
    """Two help desks once exchanged eleven rounds (FreeScout 3670)."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with desk(tmp_path / "a") as a, desk(tmp_path / "b") as b:
        a.agent("anna")
        b.agent("ben")
        b.office.policy = _renamed(b, "help@other.example")
        enter_person(a, "help@other.example")
        enter_person(b, "support@desk.example")
        a.write("help@other.example", "Hello there.")
        passed = 0
        for _ in range(10):
            crossing = [*((b, m) for m in to(a.post(), "help@other.example")), *((a, m) for m in to(b.post(), "support@desk.example"))]
            if not crossing:
                break
            for where, mail in crossing:
                passed += 1
                where.take(
                    mail.as_bytes(),
                    Envelope(door="smtp", sender="", recipients=(str(mail["To"].addresses[0].addr_spec),), peer="192.0.2.1"),
                )
        assert passed <= 3
        assert account(a).adds_up
        assert account(b).adds_up


def _renamed(d: Desk, address: str):
    from dataclasses import replace

    policy = d.office.policy
    return replace(policy, desk=replace(policy.desk, address=address, domains=(address.partition("@")[2],)))


@pytest.mark.parametrize("threads", [True, False])
@pytest.mark.parametrize("known", [True, False])
def test_an_echo_without_automatic_headers_gets_three_mails_a_day_at_most(tmp_path: Path, threads: bool, known: bool) -> None:
    """It answers every mail with a new subject and hides what it is (threat 57)."""
    with desk(tmp_path) as d:
        d.agent("anna")
        if known:
            enter_person(d, "echo@robot.example")
        d.write("echo@robot.example", "Hello 0", subject="Ticket 0")
        got = 0
        for n in range(1, 30):
            mails = to(d.post(), "echo@robot.example")
            got += len(mails)
            d.at = d.at.replace(minute=n)
            for mail in mails:
                text = "You wrote:\n" + plain(mail)
                if threads:
                    d.write("echo@robot.example", text, answer=mail)
                else:
                    d.write("echo@robot.example", text, subject=f"Your request number {n}")
        assert got <= 3
