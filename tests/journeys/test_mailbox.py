"""The desk lives in somebody else's mailbox: IMAP with IDLE instead of a door of its own, and a Sent folder where staff answers past it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journeys.desk import Desk, until
from tests.journeys.town import parsed
from tests.servers.dovecot import Dovecot

pytestmark = pytest.mark.journey

IMAP = """
[[imap]]
host = "127.0.0.1"
port = {port}
security = "none"
user = "{user}"
password = "{password}"
"""


def mail(number: int | str, text: str = "It beeps.", **fields: str) -> bytes:
    """A customer's mail."""
    headers = {
        "From": "Kim <kim@client.example>",
        "To": "support@desk.example",
        "Subject": f"Copier {number}",
        "Message-ID": f"<{number}@client.example>",
    } | {name.replace("_", "-"): value for name, value in fields.items()}
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode() + f"\r\n{text}\r\n".encode()


@pytest.fixture
def mailbox_desk(dovecot: Dovecot, open_desk: Callable[..., Desk]) -> Callable[..., tuple[Desk, str]]:
    """Makes a desk that reads a mailbox of its own; gives both."""

    def make(*more: str) -> tuple[Desk, str]:
        user = dovecot.fresh_user("shared")
        blocks = [IMAP.format(port=dovecot.imap_port, user=user, password=dovecot.password) + words for words in ("", *more)]
        return open_desk(doors="".join(blocks)), user

    return make


def sent(desk: Desk) -> list[Path]:
    """The mails that left."""
    return sorted((desk.folder / "sent" / "new").glob("*"))


def test_a_mail_becomes_a_ticket_within_two_seconds_and_old_mail_stays_alone(
    dovecot: Dovecot, mailbox_desk: Callable[..., tuple[Desk, str]]
) -> None:
    """On the first day two thousand customers would be thanked for mail they wrote years ago."""
    desk, user = mailbox_desk()
    old = time.time() - 400 * 86400
    dovecot.fill(user, [mail(n) for n in range(600)], at=old)
    desk.start()
    desk.logs("left_alone=600")
    seconds = []
    for n in range(1, 4):
        began = time.monotonic()
        dovecot.deliver(user, mail(f"new-{n}"))
        desk.settled(n)
        seconds.append(time.monotonic() - began)
    assert min(seconds) < 2.0

    until(lambda: len(sent(desk)) == 3, "three acknowledgements leave")
    assert sorted(ticket["subject"] for ticket in desk.cli("ticket", "list")) == ["Copier new-1", "Copier new-2", "Copier new-3"]
    assert desk.cli("mail", "fates")["received"] == 3
    assert {str(parsed(path.read_bytes())["In-Reply-To"]) for path in sent(desk)} == {f"<new-{n}@client.example>" for n in (1, 2, 3)}
    assert desk.stop() == 0


def test_an_answer_from_the_shared_mailboxs_sent_folder_counts(dovecot: Dovecot, mailbox_desk: Callable[..., tuple[Desk, str]]) -> None:
    """Staff who answer in the old way would be asked why nobody answered."""
    desk, user = mailbox_desk('folder = "Sent Items"\nrole = "sent"\n')
    desk.staff("helpdesk", anna="anna@staff.example")
    desk.start()
    until(lambda: desk.log().count("imap folder first seen") == 2, "the desk watches both folders")
    dovecot.deliver(user, mail("new"))
    desk.settled(1)

    answer = mail(
        "answer", "Please turn it off and on.", From="Support <support@desk.example>", To="kim@client.example", Subject="Re: Copier new",
        In_Reply_To="<new@client.example>", References="<new@client.example>",
    )  # fmt: skip
    dovecot.append(user, [answer], "Sent Items")
    desk.settled(2)

    ticket = desk.cli("ticket", "show", "T1")
    assert [(post["direction"], post["kind"]) for post in ticket["posts"]] == [("in", "public"), ("out", "public")]
    assert ticket["answered_at"] is not None
    assert {parsed(path.read_bytes())["X-Mailgate-Template"] for path in sent(desk)} <= {"received", "new-in-group"}
