"""Words that stories about staff share: a request with its mails, answers from a proven agent, what stands in a mail."""

from __future__ import annotations

from dataclasses import fields
from email.message import EmailMessage
from typing import Any

from rules.facts.mail import Envelope
from rules.facts.ticket import plain as plain_value
from tests.desk.customers import everything, proves
from tests.desk.office import Desk, buttons, plain, to

ANNA, BEN, KIM, MAL = "anna@staff.example", "ben@staff.example", "kim@client.example", "mal@evil.example"


def request(desk: Desk, text: str = "The printer is on fire.", subject: str = "Printer", **how: Any) -> list[EmailMessage]:
    """Kim writes, his provider vouching for him; gives the mails that left."""
    proves(desk, f"Kim <{KIM}>", text, subject=subject, **how)
    return desk.post()


def asked(desk: Desk, *agents: str, **how: Any) -> EmailMessage:
    """A desk with these agents and Kim's request; gives the mail to the first agent."""
    for name in agents or ("anna",):
        desk.agent(name)
    return one(request(desk, **how), f"{(agents or ('anna',))[0]}@")


def one(mails: list[EmailMessage], address: str, template: str = "") -> EmailMessage:
    """The only mail to an address, or the only one of that text."""
    found = [m for m in to(mails, address) if template in {"", str(m["X-Mailgate-Template"])}]
    assert len(found) == 1, [(str(m["X-Mailgate-Template"]), str(m["To"])) for m in mails]
    return found[0]


def login(agent: str, *recipients: str) -> Envelope:
    """The envelope of a mail by authenticated submission."""
    return Envelope(
        door="submission",
        sender=f"{agent}@staff.example",
        login=agent,
        recipients=recipients or ("support@desk.example",),
        peer="192.0.2.9",
    )


def kinds(mails: list[EmailMessage]) -> list[str]:
    """Names of the texts, in order."""
    return sorted(str(m["X-Mailgate-Template"]) for m in mails)


def to_customers(mails: list[EmailMessage]) -> list[EmailMessage]:
    """Those to anybody who isn't staff."""
    return [m for m in mails if "@staff.example" not in str(m["To"]) and "@desk.example" not in str(m["To"])]


def state(desk: Desk, ref: str = "T1") -> dict[str, object]:
    """Everything of a ticket but its version, as one value."""
    ticket = desk.ticket(ref)
    found: dict[str, object] = {f.name: plain_value(getattr(ticket, f.name)) for f in fields(ticket) if f.name != "version"}
    return found | {"posts": [(p.kind, p.text, p.author) for p in desk.posts(ref)]}


__all__ = [
    "ANNA",
    "BEN",
    "KIM",
    "MAL",
    "asked",
    "buttons",
    "everything",
    "kinds",
    "login",
    "one",
    "plain",
    "request",
    "state",
    "to",
    "to_customers",
]
