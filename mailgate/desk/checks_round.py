"""Checks of the way in from outside: who takes the mail of our domains, whether plus-addresses come through, and a probe sent all the way round."""

from __future__ import annotations

import asyncio
import base64
import secrets
import smtplib
from collections.abc import Iterator
from threading import Event
from typing import TYPE_CHECKING, Any

from mailgate.desk.findings import Finding
from rules.facts.terms import domain_of

if TYPE_CHECKING:
    from mailgate.desk.call import Call
    from mailgate.sending.courier import Answer
    from mailgate.trust.nameserver import Nameserver

IN = "Mail in"
WAIT = 5.0
LOOKS_EVERY = 0.5
"""Seconds between two looks whether a probe came back."""
_DELIMITER = 'let that server take them (Postfix: recipient_delimiter = +), or say subaddress = "" in [desk]'


def ways_in(desk: Call, dns: Nameserver, *, port: int = 25) -> Iterator[Finding]:
    """For each domain of ours: its MX, and whether that would take mail for us, at the plain address and at a plus-address.

    Asks as any sender would, and takes back before a mail is sent (RFC 5321 section 3.3). Raises Unanswered where DNS can't be asked.
    """
    policy = desk.settings.policy
    wanted = {domain_of(address): address for address in sorted(policy.own, reverse=True)} | {policy.desk.domain: policy.desk.address}
    for domain, address in sorted(wanted.items()):
        hosts = dns.mail_hosts(domain)
        check = f"MX {domain}"
        if not hosts:
            yield Finding(
                area=IN,
                check=check,
                level="warning",
                what="no server takes mail for this domain: nobody outside can write to us",
                mend=f"publish an MX record that points here, or to the server that forwards {address} to us",
            )
            continue
        places = [(host, found) for host in hosts for found in dns.addresses(host)]
        if not places:
            yield Finding(
                area=IN, check=check, level="broken", what=f"{hosts[0]} has no address in DNS", mend="publish an A or AAAA record of it"
            )
            continue
        yield from _asked(check, places[:4], port, address, policy.desk.subaddress)


def _asked(check: str, places: list[tuple[str, str]], port: int, address: str, sign: str) -> Iterator[Finding]:
    """What the first server that answers says of our addresses."""
    for host, found in places:
        try:
            with smtplib.SMTP(found, port, timeout=WAIT) as server:
                yield from _recipients(server, check, host, address, sign)
            return
        except (OSError, smtplib.SMTPException):
            continue
    host = places[0][0]
    yield Finding(
        area=IN,
        check=check,
        what=f"{host}; it can't be asked from here, for many networks close port {port}: doctor --send tries the whole way",
    )


def _recipients(server: smtplib.SMTP, check: str, host: str, address: str, sign: str) -> Iterator[Finding]:
    server.ehlo_or_helo_if_needed()
    code, said = server.mail("")
    if code != 250:
        yield Finding(area=IN, check=check, what=f"{host}; it does not want to be asked from here: {code} {_line(said)}")
        return
    code, said = server.rcpt(address)
    if code >= 500:
        mend = f"make the address known there, or let the MX point to where {address} is"
        yield Finding(area=IN, check=check, level="broken", what=f"{host} refuses {address}: {code} {_line(said)}", mend=mend)
        server.rset()
        return
    said_so = "takes mail for" if code < 300 else f"says {code} for now to"
    yield Finding(area=IN, check=check, what=f"{host} {said_so} {address}")
    if sign:
        local, _, domain = address.rpartition("@")
        plus = f"{local}{sign}probe@{domain}"
        code, said = server.rcpt(plus)
        if code >= 500:
            what = f"{host} refuses {plus}: {code} {_line(said)}; replies and buttons would bounce"
            yield Finding(area=IN, check=f"sub-addresses {domain}", level="broken", what=what, mend=_DELIMITER)
        elif code < 300:
            yield Finding(area=IN, check=f"sub-addresses {domain}", what=f"{host} takes {plus}")
    server.rset()


def _line(said: bytes) -> str:
    return " ".join(said.decode("utf-8", "replace").split())[:120]


def round_trip(desk: Call, seconds: float) -> Iterator[Finding]:
    """Send a probe by the relay to our own address, and one to a plus-address of it, and wait until a door has taken them; they open nothing."""
    policy = desk.settings.policy
    address, sign = policy.desk.address, policy.desk.subaddress
    local, _, domain = address.rpartition("@")
    wanted = [("way round", address)] + ([("sub-address round", f"{local}{sign}probe@{domain}")] if sign else [])
    if desk.settings.relay.kind == "maildir":
        yield Finding(area=IN, check="way round", what="not tried: [relay] puts mail into a folder, and it leaves nowhere")
        return
    sent: dict[str, tuple[str, str]] = {}
    for check, to in wanted:
        said, message_id = _sent(desk, to)
        if said:
            yield Finding(
                area=IN, check=check, level="broken", what=f"the relay did not take the probe to {to}: {said}", mend="see the relay above"
            )
        else:
            sent[message_id] = (check, to)
    found = _came(desk, list(sent), seconds)
    for message_id, (check, to) in sent.items():
        rows = found.get(message_id, [])
        doors = ", ".join(dict.fromkeys(str(row["door"]) for row in rows))
        if not rows:
            yield Finding(
                area=IN,
                check=check,
                level="broken",
                what=f"a mail to {to} left by the relay and did not come back within {seconds:g} s",
                mend=f"is mailgate serve running? Else look where the MX of {domain} hands it on to"
                if check == "way round"
                else _DELIMITER,
            )
        elif any(row["ticket_id"] is not None for row in rows):
            yield Finding(
                area=IN,
                check=check,
                level="broken",
                what=f"the probe came back by {doors} as a request",
                mend="is another desk behind that address?",
            )
        elif len(rows) > 1:
            yield Finding(
                area=IN,
                check=check,
                level="warning",
                what=f"one mail to {to} came back {len(rows)} times, by {doors}",
                mend="let each mail come in by one way only",
            )
        else:
            yield Finding(area=IN, check=check, what=f"a mail to {to} came back by {doors} and was recognised")


def _sent(desk: Call, to: str) -> tuple[str, str]:
    """Why the relay did not take a probe, empty if it did; and the probe's Message-ID."""
    from mailgate import building
    from mailgate.sending import courier, fields
    from mailgate.trust import keys
    from rules import probes

    settings = desk.settings
    own = settings.policy.desk.address
    word = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    message_id = probes.message_id(word, keys.load(settings.secret_file), domain_of(own))
    head = [
        f"From: <{own}>",
        f"To: <{to}>",
        "Subject: Probe of the way round",
        fields.date("Date", desk.clock()).rstrip("\r\n"),
        f"Message-ID: {message_id}",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: OOF, AutoReply",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "",
        "Sent by mailgate doctor to see whether mail to this address comes back. Nothing needs to be done.",
        "",
    ]
    ready = courier.Ready(envelope_from=own, recipient=to, raw="\r\n".join(head).encode(), message_id=message_id)

    async def hand_over() -> Answer:
        way = building.courier_of(settings)
        try:
            answer: Answer = await way.deliver(ready)
        finally:
            await way.close()
        return answer

    answer = asyncio.run(hand_over())
    return ("" if isinstance(answer, courier.Sent) else answer.why), message_id


def _came(desk: Call, ids: list[str], seconds: float) -> dict[str, list[dict[str, Any]]]:
    """The rows of received mails with these Message-IDs, once each has one that is settled, or time is up."""
    from store.lists import mail

    still, found = Event(), dict[str, list[dict[str, Any]]]()
    for _ in range(max(1, int(seconds / LOOKS_EVERY))):
        with desk.reading() as tx:
            found = {each: mail.all_of(tx, each) for each in ids}
        if all(any(row["fate"] is not None for row in rows) for rows in found.values()):
            break
        still.wait(LOOKS_EVERY)
    still.wait(LOOKS_EVERY if ids else 0)  # a second copy comes right behind the first
    with desk.reading() as tx:
        return {each: mail.all_of(tx, each) for each in ids}
