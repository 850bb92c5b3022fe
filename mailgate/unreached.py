"""Why a server elsewhere can't be used: what was raised on the way there, in words of our own, and the mend of it.

For `init`, `doctor` and the log alike. What a server has to be asked for is `mailgate.boxes.imap` and `mailgate.sending.hop`.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

_PORTS = {"[[imap]]": "993 for security = tls, 143 for starttls", "[relay]": "465 for smtps://, 587 or 25 for smtp://"}
SPEAKS_PLAINLY = "this port does not speak TLS from the first byte"
WANTS_CA = "set ca_file"
"""Words of the mends that another way of connecting, or a certificate, would be."""
CLOSED = "the connection was closed"
NOT_NOW = "the server lets nobody in now"
NO_IMAP = "what answers is no IMAP server"
NO_SMTP = "what answers is no SMTP server"
LOGIN = "check user and password in {section}; Gmail and Microsoft 365 want a password for applications or oauth2"
_EXPIRED, _NOT_YET, _OTHER_NAME = {10}, {9}, {62, 64}
"""What X509_verify_cert says: X509_V_ERR_CERT_HAS_EXPIRED, _CERT_NOT_YET_VALID, _HOSTNAME_MISMATCH and _IP_ADDRESS_MISMATCH."""


def words(fault: BaseException) -> str:
    """What a fault of the line says, without the marks of the libraries; empty for one that is none."""
    match fault:
        case TimeoutError():
            return "no answer in time"
        case ssl.SSLCertVerificationError():
            return f"its certificate can't be trusted: {fault.verify_message.rstrip('.')}"
        case (
            ConnectionResetError()
            | BrokenPipeError()
            | ConnectionAbortedError()
            | EOFError()
            | ssl.SSLEOFError()
            | ssl.SSLZeroReturnError()
        ):
            return CLOSED
        case ssl.SSLError() if fault.reason:
            return f"TLS fails: {fault.reason.replace('_', ' ').lower()}"
        case ConnectionRefusedError():
            return "connection refused"
        case OSError() if fault.strerror:
            return fault.strerror
    return ""


def mend(fault: BaseException, *, section: str, security: str = "") -> str:
    """What to change, by the first of a fault's causes that says it; `section` is `[[imap]]` or `[relay]`."""
    for each in _causes(fault):
        if known := getattr(each, "mend", "") or _of_the_line(each, section, security) or of_words(str(each), section):
            return str(known)
    return f"check host, port, security, user and password in {section}"


def _of_the_line(fault: BaseException, section: str, security: str) -> str:
    match fault:
        case socket.gaierror():
            return f"there is no such host, or no nameserver answers: check the spelling of the host in {section}"
        case ConnectionRefusedError():
            return f"nobody listens there: check the port in {section}; usual is {_PORTS[section]}"
        case ssl.SSLCertVerificationError():
            return _of_the_certificate(fault.verify_code, section)
        case _ if words(fault) == CLOSED:
            return f"it takes nobody from here, or another way of speaking is wanted on that port: check port and security in {section}; usual is {_PORTS[section]}"
        case ssl.SSLError() if security == "tls":
            other = 'say security = "starttls"' if section == "[[imap]]" else "write smtp:// for smtps://"
            return f"{SPEAKS_PLAINLY}: {other} in {section}, or take the other port"
        case TimeoutError():
            return f"check host and port in {section}, and the firewall on the way; a port for TLS keeps silent towards who speaks plainly"
        case PermissionError() if fault.filename:
            return f"let the user whose desk it is read {fault.filename}"
    return ""


def _of_the_certificate(code: int, section: str) -> str:
    if code in _EXPIRED:
        return "whoever keeps that server has to renew it; look at the clock of this machine, too"
    if code in _NOT_YET:
        return "look at the clock of this machine (timedatectl set-ntp true)"
    if code in _OTHER_NAME:
        return f"it is for another name: write the host in {section} as it stands in the certificate"
    return f"nobody whom this machine trusts has signed it: {WANTS_CA} in {section} to that certificate, or to its authority's"


def of_words(said: str, section: str) -> str:
    """The mend of what a server or a library said, empty where the words don't tell."""
    folded = said.casefold()
    if NO_IMAP.casefold() in folded or NO_SMTP.casefold() in folded:
        return f"check host and port in {section}; usual is {_PORTS[section]}"
    if NOT_NOW in folded or (CLOSED in folded and not folded.startswith(("connecting", "securing", CLOSED))):
        return "wait a little and try again; if it stays so, ask whoever keeps that server"
    if CLOSED in folded:
        return f"it takes nobody from here, or another way of speaking is wanted on that port: check port and security in {section}; usual is {_PORTS[section]}"
    if any(word in folded for word in ("refuses the login", "authenticationfailed", "auth failed")):
        return LOGIN.format(section=section)
    return ""


def _causes(fault: BaseException | None) -> Iterator[BaseException]:
    seen = 0
    while fault is not None and seen < 8:
        yield fault
        fault, seen = fault.__cause__ or fault.__context__, seen + 1
