"""Checks that speak to others: our own doors, the relay, mailboxes, DNS."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mailgate.desk import checks_round, wrong_turns
from mailgate.desk.call import Call
from mailgate.desk.findings import Finding

if TYPE_CHECKING:
    from mailgate.config.doors import Listen
    from mailgate.trust.nameserver import Nameserver

IN, OUT = "Mail in", "Mail out"
WAIT = 5.0
"""Seconds for each of them."""
RESERVED = (".example", ".test", ".invalid", ".localhost", ".local", ".internal", ".lan", "example.com", "example.org", "example.net")
"""Names that no DNS has records of (RFC 2606, RFC 6761)."""


def all_of(desk: Call, found: list[Finding], *, offline: bool) -> list[Finding]:
    """All of them; `offline` leaves out what asks other machines."""
    out = [*_doors(desk)]
    if not offline:
        out += _mailboxes(desk)
    if not any(each.area == IN for each in out) and not desk.settings.imap:
        out.insert(
            0,
            Finding(
                area=IN,
                check="doors",
                level="warning",
                what="no door is configured: nothing comes in but by mail in",
                mend="add [smtp], [lmtp] or [[imap]]",
            ),
        )
    out += _relay(desk, offline=offline)
    if not offline:
        out += _records(desk)
    return out


def _doors(desk: Call) -> Iterator[Finding]:
    settings = desk.settings
    for name, door in (("smtp", settings.smtp), ("submission", settings.submission), ("lmtp", settings.lmtp)):
        if door is not None:
            yield _door(name, door.listen, settings.policy.desk.domain, getattr(door, "hostname", ""))


def _door(name: str, listen: Listen, domain: str, hostname: str) -> Finding:
    check = f"{name} {listen}"
    greeting = _greeting(listen)
    if greeting is None:
        if why := _unusable(listen):
            mend = (
                "ports below 1024 need AmbientCapabilities=CAP_NET_BIND_SERVICE"
                if "ermission" in why
                else f"end what holds {listen}, or change [{name}] listen"
            )
            return Finding(area=IN, check=check, level="broken", what=f"can't be opened: {why}", mend=mend)
        return Finding(area=IN, check=check, what="free; mailgate serve will open it")
    if (hostname or domain).lower() not in greeting.lower():
        what = f"another program answers there: {greeting.strip()[:60]}"
        return Finding(area=IN, check=check, level="broken", what=what, mend=f"end it, or change [{name}] listen")
    return Finding(area=IN, check=check, what="open, and answers")


def _greeting(listen: Listen) -> str | None:
    """The first line of whoever listens there, None if nobody does."""
    try:
        if listen.path:
            door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            door.settimeout(WAIT)
            door.connect(listen.path)
        else:
            host = {"": "127.0.0.1", "*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(listen.host, listen.host)  # noqa: S104 - compared, not bound
            door = socket.create_connection((host, listen.port), WAIT)
    except OSError:
        return None
    with door:
        door.settimeout(WAIT)
        try:
            return door.recv(512).decode("utf-8", "replace")
        except OSError:
            return ""


def _unusable(listen: Listen) -> str:
    """Why nobody could listen there now; empty if one could."""
    if listen.path:
        folder = Path(listen.path).parent
        return "" if os.access(folder if folder.exists() else folder.parent, os.W_OK) else f"{folder} is not ours to write"
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as door:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.bind(("" if listen.host == "*" else listen.host, listen.port))
    except OSError as why:
        return why.strerror or str(why)
    return ""


def _mailboxes(desk: Call) -> Iterator[Finding]:
    settings = desk.settings
    if not settings.imap:
        return
    for said in settings.imap:
        check = f"imap {said.name}"
        probed = wrong_turns.probed(said)
        if isinstance(probed, tuple):
            yield Finding(area=IN, check=check, level="broken", what=probed[0], mend=probed[1])
            continue
        can = ", ".join(word for word, has in (("IDLE", probed.can_idle), ("MOVE", probed.can_move)) if has) or "neither IDLE nor MOVE"
        yield Finding(area=IN, check=check, what=f"{probed.exists} mails in {said.folder}; {can}")
        for folder in probed.missing:
            yield Finding(
                area=IN,
                check=check,
                level="warning",
                what=f"it has no folder {folder!r}",
                mend=f"make it, or name another; it has {', '.join(probed.folders[:8])}",
            )


def _relay(desk: Call, *, offline: bool) -> Iterator[Finding]:
    relay = desk.settings.relay
    if relay.kind == "maildir":
        folder = relay.path
        above = next((p for p in (folder, *folder.parents) if p.exists()), Path("/"))
        if not os.access(above, os.W_OK):
            yield Finding(
                area=OUT, check="relay", level="broken", what=f"{folder} is not ours to write", mend="chown it, or change [relay] url"
            )
        else:
            yield Finding(area=OUT, check="relay", what=f"mail is put into {folder} and leaves nowhere: good for trying out")
        return
    check = f"relay {relay.host}:{relay.port}"
    if offline:
        return
    policy = desk.settings.policy
    said, mend = wrong_turns.relay(relay, policy.desk.address, next(iter(policy.desk.admin), policy.desk.address))
    if said:
        yield Finding(
            area=OUT, check=check, level="broken", what=said, mend=mend if "mail waits" in mend else f"{mend}; mail waits meanwhile"
        )
        return
    login = f", logged in as {relay.user}" if relay.user else ""
    yield Finding(area=OUT, check=check, what=f"answers{login}")


def _records(desk: Call) -> Iterator[Finding]:
    """What receivers look up about mail from our domain."""
    settings = desk.settings
    domain = settings.policy.desk.domain
    if settings.relay.kind == "maildir" or domain.endswith(RESERVED) or "." not in domain:
        return
    from mailgate.trust.nameserver import Nameserver
    from mailgate.trust.signatures import Unanswered

    dns = Nameserver(wait=WAIT)
    try:
        yield from checks_round.ways_in(desk, dns)
    except Unanswered as why:
        yield Finding(
            area=IN, check="MX", level="warning", what=f"no nameserver answers ({why})", mend="try again with a network, or say --offline"
        )
        return
    try:
        yield from published(desk, dns)
    except Unanswered as why:
        what = f"no nameserver answers ({why})"
        yield Finding(area=OUT, check="SPF", level="warning", what=what, mend="try again with a network, or say --offline")


def published(desk: Call, dns: Nameserver) -> Iterator[Finding]:
    """What others read about mail of our domain: SPF, DMARC, and DKIM where we sign. Raises Unanswered where DNS can't be asked."""
    domain, signed = desk.settings.policy.desk.domain, desk.settings.relay.dkim
    wanted = [
        ("SPF", domain, b"v=spf1", 'publish a TXT record such as "v=spf1 mx -all"'),
        ("DMARC", f"_dmarc.{domain}", b"v=dmarc1", 'publish "v=DMARC1; p=none" to begin with'),
    ]
    if signed is not None:
        wanted.append(("DKIM", f"{signed.selector}._domainkey.{signed.domain}", b"p=", "publish the public key of [relay] dkim there"))
    for check, name, sign, mend in wanted:
        fitting = [each for each in dns.texts(name) if (sign in each.lower() if check == "DKIM" else each.lower().startswith(sign))]
        if not fitting:
            what = f"{name} has no such record: large providers will distrust our mail"
            yield Finding(area=OUT, check=check, level="warning", what=what, mend=mend)
        elif len(fitting) > 1:
            # RFC 7208 section 4.5 and RFC 7489 section 6.6.3: of two, none counts.
            what = f"{name} has {len(fitting)} such records, and then none of them counts"
            yield Finding(area=OUT, check=check, level="warning", what=what, mend="make one record of them")
        else:
            yield Finding(area=OUT, check=check, what=f"{name}: {fitting[0].decode('utf-8', 'replace')[:60]}")
