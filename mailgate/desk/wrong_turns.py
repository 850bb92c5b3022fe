"""Why a server can't be used, and what to do about it: from what was raised on the way there to one sentence that says the mend."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator

from mailgate.config import doors

WAIT_SECONDS = 10.0
_PORTS = {"[[imap]]": "993 for security = tls, 143 for starttls", "[relay]": "465 for smtps://, 587 or 25 for smtp://"}
SPEAKS_PLAINLY = "this port does not speak TLS from the first byte"


def mend(fault: BaseException, *, section: str, security: str = "") -> str:
    """What to change, by the first of a fault's causes that says it; `section` is `[[imap]]` or `[relay]`."""
    for each in _causes(fault):
        match each:
            case socket.gaierror():
                return f"there is no such host, or no nameserver answers: check the spelling of the host in {section}"
            case ConnectionRefusedError():
                return f"nobody listens there: check the port in {section}; usual is {_PORTS[section]}"
            case ssl.SSLCertVerificationError():
                return f"its certificate is not for that name or of an unknown authority: write the host as it stands in the certificate, or set ca_file in {section}"
            case ssl.SSLError() if security == "tls":
                return f'{SPEAKS_PLAINLY}: say security = "starttls" in {section}, or take the other port'
            case _ if "malformed smtp response" in str(each).casefold():
                return f"what answers there is no mail server that takes mail: check host and port in {section}; usual is {_PORTS[section]}"
            case TimeoutError():
                return f"no answer: check host and port in {section}, and the firewall on the way; a port for TLS keeps silent towards who speaks plainly"
            case _ if _refuses_login(each):
                return f"check user and password in {section}; Gmail and Microsoft 365 want a password for applications or oauth2"
    return f"check host, port, security, user and password in {section}"


def _causes(fault: BaseException | None) -> Iterator[BaseException]:
    seen = 0
    while fault is not None and seen < 8:
        yield fault
        fault, seen = fault.__cause__ or fault.__context__, seen + 1


def _refuses_login(fault: BaseException) -> bool:
    said = f"{type(fault).__name__} {fault}".casefold()
    return any(word in said for word in ("loginrefused", "authenticationerror", "authenticationfailed", "auth failed", "refuses the login"))


def mailbox(said: doors.Imap) -> tuple[str, str]:
    """What is wrong with a mailbox and its mend, both empty where its folder can be read."""
    from dataclasses import replace

    from mailgate import building
    from mailgate.boxes import errands, imap

    try:
        errands.probe(replace(building.imap_settings_of(said), timeout_seconds=WAIT_SECONDS))
    except (imap.ImapTrouble, OSError) as fault:
        return str(fault), mend(fault, section="[[imap]]", security=said.security)
    return "", ""


def relay(said: doors.Relay, hello: str) -> tuple[str, str]:
    """The same for the relay; one that keeps mail in a folder is always well."""
    if said.kind == "maildir":
        return "", ""
    from mailgate.sending import hop
    from mailgate.trust import bearer

    way = hop.Hop(
        host=said.host,
        port=said.port,
        security=hop.Security(said.security),
        hello=hello,
        user=said.user,
        password=said.password.reveal if said.password else None,
        token=bearer.of(said.oauth2).awaited if said.oauth2 else None,
        ca_file=said.ca_file,
        wait=WAIT_SECONDS,
    )
    try:
        asyncio.run(tried(way))
    except Exception as fault:  # noqa: BLE001 - whatever keeps it from being used is what is asked for
        words = str(fault) if isinstance(fault, hop.Unusable) else hop.words(fault)
        return words, mend(fault, section="[relay]", security=said.security)
    return "", ""


async def tried(way: object) -> None:
    """Connect, log in and leave again; raises what stands in the way."""
    from mailgate.sending import hop

    assert isinstance(way, hop.Hop)  # noqa: S101 - for the type checker
    client = await asyncio.wait_for(hop.connect(way, hop.tls_context(way)), WAIT_SECONDS * 3)
    try:
        await client.quit()
    except OSError:
        client.close()
