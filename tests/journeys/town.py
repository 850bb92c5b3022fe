"""The town around a desk: a Postfix that everybody sends by, a Dovecot where everybody but the desk has a mailbox, and the people.

Postfix hands mail for desk.example to the desk's LMTP door, and all other mail to Dovecot. One town serves all journeys of a test process.
"""

from __future__ import annotations

import email
import email.policy
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from tests.journeys import clients
from tests.journeys.desk import until
from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """Servers that outlive a journey; the desk of each listens at the same LMTP port in turn."""

    postfix: Postfix
    dovecot: Dovecot
    lmtp_port: int

    @property
    def relay(self) -> str:
        """`[relay] url` of a desk that sends by this town's Postfix."""
        return f"smtp://127.0.0.1:{self.postfix.port}"

    def person(self, name: str, address: str, folder: Path) -> Person:
        """Somebody with a mailbox; `folder` holds his client's files."""
        home = folder / address
        home.mkdir(exist_ok=True)
        self.dovecot.deliver(address, b"Subject: welcome to your mailbox\r\nMessage-ID: <welcome@town.example>\r\n\r\n")
        self.dovecot.remove(address, [held.uid for held in self.dovecot.listing(address)])
        return Person(name=name, address=address, town=self, home=home)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A customer or an agent, with a mailbox and a mail program."""

    name: str
    address: str
    town: Town
    home: Path

    @property
    def account(self) -> clients.Account:
        """What his mail program is set up with."""
        dovecot = self.town.dovecot
        return clients.Account(
            name=self.name,
            address=self.address,
            password=dovecot.password,
            imap_port=dovecot.imap_port,
            smtp_port=self.town.postfix.port,
            home=self.home,
        )

    # --- reading ----------------------------------------------------------------------------------------------------------------

    def mails(self, folder: str = "INBOX") -> list[EmailMessage]:
        """All mails in a folder, oldest first."""
        return [parsed(held.raw) for held in self.town.dovecot.listing(self.address, folder)]

    def gets(self, template: str, seconds: float = 15.0, *, number: int = 1) -> EmailMessage:
        """Wait for the desk's mail of that template, the first or another; gives it."""

        def look() -> EmailMessage | None:
            found = [mail for mail in self.mails() if mail["X-Mailgate-Template"] == template]
            return found[number - 1] if len(found) >= number else None

        seen: Callable[[], str] = lambda: str([str(m["X-Mailgate-Template"]) for m in self.mails()])  # noqa: E731
        try:
            return until(look, f"{self.address} gets {template}", seconds)
        except AssertionError as late:
            raise AssertionError(f"{late}; has {seen()}\n{self.town.postfix.log()[-2000:]}") from None

    def threads(self) -> list[list[int]]:
        """The threads of his inbox as the server sees them (RFC 5256), each a list of message numbers."""
        import imaplib
        import re

        with imaplib.IMAP4("127.0.0.1", self.town.dovecot.imap_port, timeout=20) as client:
            client.login(self.address, self.town.dovecot.password)
            client.select("INBOX", readonly=True)
            _, answer = client.thread("REFERENCES", "UTF-8", "ALL")
        text = (answer[0] or b"").decode()
        found: list[list[int]] = []
        depth = start = 0
        for place, sign in enumerate(text):
            if sign == "(":
                start = place if not depth else start
                depth += 1
            elif sign == ")":
                depth -= 1
                if not depth:
                    found.append([int(n) for n in re.findall(r"\d+", text[start:place])])
        return found

    # --- writing ----------------------------------------------------------------------------------------------------------------

    def writes(self, text: str, *, subject: str, to: str = "support@desk.example") -> None:
        """Write a new mail in s-nail."""
        clients.snail_writes(self.account, to, subject, text)

    def replies(self, mail: EmailMessage, text: str, *, client: str = "s-nail") -> None:
        """Answer a mail of his inbox in his client, above the quote."""
        if client == "neomutt":
            clients.neomutt_replies(self.account, str(mail["Message-ID"]), text)
            return
        ids = [str(each["Message-ID"]) for each in self.mails()]
        clients.snail_replies(self.account, ids.index(str(mail["Message-ID"])) + 1, text)

    def sends(self, raw: bytes, to: str = "support@desk.example") -> None:
        """Hand raw bytes to Postfix, for what no client can be made to write."""
        self.town.postfix.send(raw, [to], sender=self.address)


def parsed(raw: bytes) -> EmailMessage:
    """A mail as the modern parser of the standard library reads it."""
    return email.message_from_bytes(raw, policy=email.policy.default)


def plain(mail: EmailMessage) -> str:
    """Its plain text."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def smtp(port: int, raw: bytes, *, sender: str = "kim@client.example", to: str = "support@desk.example") -> None:
    """Hand a mail to a door as a relay does."""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="mx.client.example", timeout=20) as door:
        door.sendmail(sender, [to], raw)
