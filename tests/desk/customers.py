"""Words that stories about customers share: senders whose domain vouches for them, bounces, header names."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage

from rules.facts.mail import Envelope
from rules.facts.people import Party
from store import engine, lookup, people
from store.lists import mail as mails
from store.queries import tickets
from tests.desk.office import Desk, buttons, plain

NEAR = "127.0.0.1"
"""A hop in [trust] networks."""


def proven(domain: str = "client.example", result: str = "pass") -> dict[str, str]:
    """Header fields by which the trusted server says that the domain of From passed DMARC."""
    return {
        "Authentication-Results": f"mx.desk.example; dmarc={result} header.from={domain}",
        "Received": f"from mail.{domain} (mail.{domain} [192.0.2.7]) by mx.desk.example with ESMTPS id 1; Mon, 23 Nov 2026 08:00:00 +0000",
    }


def near(sender: str = "kim@client.example", *to: str) -> Envelope:
    """The envelope of a mail that our own MTA hands over."""
    return Envelope(door="smtp", sender=sender, recipients=to or ("support@desk.example",), peer=NEAR)


def proves(desk: Desk, sender: str, text: str = "The printer is on fire.", *, domain: str = "", **how: object) -> int:
    """A mail whose sender's domain vouches for it."""
    address = sender.rpartition("<")[2].rstrip(">")
    headers = proven(domain or address.rpartition("@")[2]) | dict(how.pop("headers", {}) or {})  # type: ignore[call-overload]
    answer = how.get("answer")
    to = (
        (str(answer["Reply-To"].addresses[0].addr_spec),)
        if isinstance(answer, EmailMessage) and "address" in str(how.get("by", "address"))
        else ()
    )
    return desk.write(sender, text, headers=headers, envelope=near(address, *to), **how)  # type: ignore[arg-type]


def enter_party(desk: Desk, key: str, *domains: str, quiet: bool = False) -> None:
    """Staff enters an organisation with its domains."""
    with engine.transaction(desk.office.store) as tx:
        people.put_party(tx, Party(key=key, name=key.capitalize(), domains=domains, quiet=quiet))


def enter_person(desk: Desk, address: str, *more: str, name: str = "", party: str = "") -> None:
    """Staff enters a person with all addresses."""
    with engine.transaction(desk.office.store) as tx:
        person = people.add_person(tx, address, desk.at, name=name, party=party)
        for each in more:
            people.add_address(tx, person.id, each)


def account(desk: Desk) -> mails.Account:
    """The sum of all fates."""
    with engine.reading(desk.office.store) as tx:
        return mails.account(tx, desk.at, timedelta(minutes=15))


def templates(mails: list[EmailMessage]) -> list[tuple[str, str]]:
    """(template, recipient) of each mail, in order of the recipients."""
    return sorted((str(m["X-Mailgate-Template"]), str(m["To"].addresses[0].addr_spec)) for m in mails)


def names(mail: EmailMessage) -> list[str]:
    """Header names in their order."""
    return list(mail.keys())


def everything(mail: EmailMessage) -> str:
    """All that a reader may see: every header field decoded, both bodies."""
    html = mail.get_body(("html",))
    return "\n".join(f"{k}: {v}" for k, v in mail.items()) + plain(mail) + (str(html.get_content()) if html else "")


def links(desk: Desk, ref: str) -> list[tuple[str, str]]:
    """(reference, kind) of every ticket that this one is linked with."""
    with engine.reading(desk.office.store) as tx:
        found = lookup.find(tx, ref)
        assert found is not None
        return tickets.links(tx, found.id)


def tap(desk: Desk, sender: str, mail: EmailMessage, start: str, text: str = "") -> int:
    """Press the button whose label begins so."""
    return desk.press(sender, mail, next(label for label in buttons(mail) if label.startswith(start)), text)
