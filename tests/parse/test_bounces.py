"""A bounce must be known as one and name its address, whichever mail system wrote it, and a customer's paste must not."""

import pytest

from mailgate.parsing import parse
from tests.parse import build

RETURNED = b"Content-Type: message/rfc822\r\n\r\nFrom: desk@corp.test\r\nTo: gone@client.test\r\nMessage-ID: <out7@corp.test>\r\nSubject: Re: Printer\r\n\r\nold\r\n"


def report(status: bytes, *, kind: bytes = b"delivery-status", part: bytes = b"message/delivery-status") -> bytes:
    prose = b"Content-Type: text/plain\r\n\r\nSorry."
    return build.multipart(prose, b"Content-Type: " + part + b"\r\n\r\n" + status, RETURNED, kind=b"report; report-type=" + kind)


def daemon(
    text: bytes, *, sender: bytes = b"Mail Delivery System <MAILER-DAEMON@mx.test>", subject: bytes = b"Undelivered Mail Returned to Sender"
) -> bytes:
    return b"From: " + sender + b"\r\nTo: desk@corp.test\r\nSubject: " + subject + b"\r\n\r\n" + text


def failed(raw: bytes) -> list[str]:
    found = parse.parse(raw).report
    assert found is not None
    return [one.address for one in found.failed]


def test_a_standard_report_names_address_code_and_mail() -> None:
    """RFC 3464: the outbox row is found by address and Message-ID."""
    status = (
        b"Reporting-MTA: dns; mx.test\r\n\r\nOriginal-Recipient: rfc822;gone@client.test\r\nFinal-Recipient: rfc822; gone@inner.test\r\n"
        b"Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1\r\n no such user\r\n"
    )
    found = parse.parse(report(status)).report
    assert found is not None
    assert (found.kind, found.original_id) == ("delivery", "<out7@corp.test>")
    assert [one.address for one in found.failed] == ["gone@client.test", "gone@inner.test"]
    assert (found.failed[0].action, found.failed[0].status) == ("failed", "5.1.1")
    assert "no such user" in found.failed[0].diagnostic


def test_delays_and_successes_are_no_failures() -> None:
    """A delayed mail still travels."""
    found = parse.parse(
        report(
            b"Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822;a@x.test\r\nAction: delayed\r\n\r\nFinal-Recipient: rfc822;b@x.test\r\nAction: Relayed (x)\r\n"
        )
    ).report
    assert found is not None
    assert [(one.address, one.action) for one in found.failed] == [("a@x.test", "delayed"), ("b@x.test", "relayed")]


@pytest.mark.parametrize(
    ("kind", "part", "known"),
    [
        (b"disposition-notification", b"message/disposition-notification", "disposition"),
        (b"feedback-report", b"message/feedback-report", "feedback"),
        (b"tlsrpt", b"application/tlsrpt+json", "tls"),
    ],
)
def test_other_reports_are_told_apart(kind: bytes, part: bytes, known: str) -> None:
    """A read receipt is no bounce, nor is a complaint."""
    found = parse.parse(report(b"Feedback-Type: abuse\r\n", kind=kind, part=part)).report
    assert found is not None
    assert found.kind == known


@pytest.mark.parametrize(
    "text",
    [
        b"Hi. This is the qmail-send program.\n\n<gone@client.test>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\nTo: other@client.test\n",
        b"This message was created automatically.\nA message that you sent could not be delivered. The following address(es) failed:\n\n  gone@client.test\n    unrouteable address\n\n------ This is a copy of the message ------\nReceived: x\nTo: other@client.test\n",
        b"   ----- The following addresses had permanent fatal errors -----\n<gone@client.test>\n\n   ----- Transcript of session follows -----\n550 <gone@client.test>... User unknown\n",
        b"Your message did not reach some or all of the intended recipients.\n\n      Subject: x\n\nThe following recipient(s) could not be reached:\n\n      gone@client.test on 1/2/2026 10:00\n            550 5.1.1 User unknown\n",
        b"Delivery to the following recipient failed permanently:\n\n     gone@client.test\n\nTechnical details\n",
        b"Message from yahoo.test.\nUnable to deliver message to the following address(es).\n\n<gone@client.test>:\n554 delivery error\n\n--- Original message follows.\nTo: other@client.test\n",
        b"Final-Recipient: rfc822; gone@client.test\nAction: failed\n",
        b"User mailbox exceeds allowed size: gone@client.test\n\nOriginal message follows.\n\nFrom: other@client.test\n",
    ],
    ids=["qmail", "exim", "sendmail", "exchange", "gmail", "yahoo", "status in text", "imail"],
)
def test_prose_names_the_address_that_failed(text: bytes) -> None:
    """Mail systems wrote bounces long before there was a standard, and some still do."""
    assert failed(daemon(text)) == ["gone@client.test"]


@pytest.mark.parametrize(
    ("sender", "subject"),
    [
        (b"postmaster@mx.test", b"Delivery Status Notification (Failure)"),
        (b"<>", b"Returned mail: see transcript for details"),
        (b'"Mail Delivery Subsystem" <x@mx.test>', b"failure notice"),
        (b"Postmaster <postmaster@mx.test>", b"Unzustellbar: Drucker"),
        (b"gateway@mx.test", b"Mail could not be delivered"),
        (b"postmaster@mx.test", b"Kan inte levereras: skrivare"),
        (b"postmaster@mx.test", "未送达: 打印机".encode()),
    ],
)
def test_sender_and_subject_give_a_bounce_away(sender: bytes, subject: bytes) -> None:
    """Without a report part these are all there is."""
    assert failed(daemon(b"gone@client.test\n550 5.1.1 User unknown\n", sender=sender, subject=subject)) == ["gone@client.test"]


def test_a_postmaster_program_may_be_polite() -> None:
    """qmail greets and says it is sorry; the mail that it returns shows what it is."""
    text = b"Hi. This is the deliver program at mx.test.\nSorry it didn't work out.\n\n<gone@client.test>:\nNo mailbox here.\n\nReturn-Path: <desk@corp.test>\nReceived: x\n"
    assert failed(daemon(text, sender=b"postmaster@mx.test", subject=b"failure notice")) == ["gone@client.test"]


def test_the_header_of_exim_names_the_address() -> None:
    """`X-Failed-Recipients` is the surest mark there is."""
    assert failed(daemon(b"x").replace(b"\r\n\r\n", b"\r\nX-Failed-Recipients: gone@client.test, two@client.test\r\n\r\n", 1)) == [
        "gone@client.test",
        "two@client.test",
    ]


@pytest.mark.parametrize(
    "subject", [b"Printer", b"Re: Undelivered Mail Returned to Sender", b"Please help with delivery", b"Fwd: failure notice"]
)
def test_a_customer_who_pastes_a_bounce_is_a_customer(subject: bytes) -> None:
    """His request would be lost as machine mail."""
    text = b"I get this:\n\n550 5.1.1 <bob@x.test>: Recipient address rejected: User unknown\n  ----- The following addresses had permanent fatal errors -----\n<joe@x.test>\n"
    assert parse.parse(build.plain(text, subject=subject)).report is None


@pytest.mark.parametrize("subject", [b"Delivery failed", b"Undeliverable mail - please help", b"Mail delivery failed"])
def test_a_customer_whose_delivery_failed_is_a_customer(subject: bytes) -> None:
    """A parcel's delivery fails, too; a mail system would say whose address it was."""
    text = b"The delivery failed yesterday, it was returned to sender. And Bob writes: Undelivered Mail Returned to Sender.\n"
    assert parse.parse(build.plain(text, subject=subject)).report is None


def test_a_postmaster_may_be_a_person() -> None:
    """Administrators write from that address."""
    raw = daemon(b"Hello, could you renew our contract?\n", sender=b"Paul <postmaster@client.test>", subject=b"Contract")
    assert parse.parse(raw).report is None


@pytest.mark.parametrize(
    "subject",
    [
        b"Mail delivery failed - why?",
        b"Cannot send mail",
        b"Mailbox full",
        b"Undelivered mails to customers",
        b"Message could not be delivered",
        b"Nicht zustellbar",
        b"Nelze odeslat: undeliverable",
    ],
)
@pytest.mark.parametrize(
    "text",
    [
        b"Hello, could you have a look? We get this when writing to bob@x.test:\n\n550 5.1.1 user unknown\n\nRegards\nKim\n",
        b"Our mails to bob@x.test come back: user unknown.\n",
        b"Guten Tag, ich kann an bob@x.test nicht schreiben: unzustellbar.\n",
        b"Dobr\xc3\xbd den, nemohu nic odeslat na bob@x.test: mailbox full.\n",
    ],
)
@pytest.mark.parametrize("sender", [b"Kim <kim@client.test>", b"Paul <postmaster@client.test>", b"Mail Administrator <it@client.test>"])
def test_whoever_complains_of_bounces_is_a_person(subject: bytes, text: bytes, sender: bytes) -> None:
    """Mail that does not arrive is what a help desk is asked about every day."""
    assert parse.parse(build.plain(text, subject=subject, sender=sender)).report is None
