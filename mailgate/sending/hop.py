"""The way to a relay: who it is, how the connection is protected, and the login. What is sent over it is `mailgate.sending.relay`."""

from __future__ import annotations

import ipaddress
import logging
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import field
from enum import StrEnum
from pathlib import Path

import aiosmtplib

from mailgate import unreached
from mailgate.sending.courier import told
from rules.frozen import dataclass

log = logging.getLogger(__name__)


class Security(StrEnum):
    """How the connection is protected.

    tls: from the first byte. starttls: STARTTLS or nothing is sent. auto: STARTTLS wherever it is offered, and always before a
    password goes anywhere but to this machine. none: never, for relays on this machine or behind a tunnel.
    """

    tls = "tls"
    starttls = "starttls"
    auto = "auto"
    none = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """Where to send and as whom.

    Secrets are fetched at each login, so that a changed one needs no restart, and never shown; `password` and `token` may raise OSError
    or ValueError, which makes the relay unusable for now.
    """

    host: str
    port: int
    security: Security = Security.auto
    hello: str = ""
    """Our own name in EHLO; empty for the machine's."""
    user: str = ""
    password: Callable[[], str] | None = field(default=None, repr=False)
    token: Callable[[], Awaitable[str]] | None = field(default=None, repr=False)
    """Gives an OAuth2 access token for XOAUTH2, instead of a password."""
    ca_file: Path | None = None
    wait: float = 60.0
    """Seconds for each answer of the relay."""
    wait_taken: float = 600.0
    """Seconds for the answer to the whole mail (RFC 5321 section 4.5.3.2.6)."""

    @property
    def logs_in(self) -> bool:
        """Whether we have to say who we are."""
        return self.token is not None or self.password is not None

    @property
    def is_local(self) -> bool:
        """Whether the relay is on this machine."""
        try:
            return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


class Unusable(Exception):
    """The relay can't be used for any mail; the text says why, and `mend` what to change where that is known here."""

    def __init__(self, said: str, mend: str = "") -> None:
        super().__init__(said)
        self.mend = mend


async def connect(hop: Hop, context: ssl.SSLContext) -> aiosmtplib.SMTP:
    """A connection that is protected and logged in as configured. Raises `Unusable`, having said nothing that it shouldn't."""
    place = f"{hop.host}:{hop.port}"
    client = aiosmtplib.SMTP(
        hostname=hop.host,
        port=hop.port,
        use_tls=hop.security is Security.tls,
        start_tls=False,
        timeout=hop.wait,
        local_hostname=hop.hello or None,
        tls_context=context,
    )
    try:
        await client.connect()
        await _greet(client)
        await _protect(client, hop)
        await _log_in(client, hop)
    except aiosmtplib.SMTPAuthenticationError as refused:
        client.close()
        why = f"{place} refuses the login of {hop.user}: {told(refused.code, refused.message)}"
        log.warning("relay %s; %s", why, mend(refused, hop))
        raise Unusable(why) from refused
    except (aiosmtplib.SMTPException, OSError, ValueError, Unusable) as broken:
        client.close()
        log.warning("relay %s can't be used: %s; %s", place, words(broken), mend(broken, hop))
        raise Unusable(f"{place}: {words(broken)}") from broken
    except BaseException:
        client.close()
        raise
    return client


def tls_context(hop: Hop) -> ssl.SSLContext:
    """What the relay's certificate has to prove. Reads the system's certificates from disk, some 20 ms: make it once, in a thread."""
    context = ssl.create_default_context(cafile=str(hop.ca_file) if hop.ca_file else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if hop.security is Security.auto and not hop.logs_in and hop.ca_file is None:
        # Without a promise of TLS a check of its certificate protects nothing, and most local relays sign their own.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def _greet(client: aiosmtplib.SMTP) -> None:
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        if not client.is_connected:
            raise
        await client.helo()


async def _protect(client: aiosmtplib.SMTP, hop: Hop) -> None:
    if hop.security in {Security.tls, Security.none}:
        return
    if client.supports_extension("starttls"):
        await client.starttls()
        await client.ehlo()
    elif hop.security is Security.starttls or (hop.logs_in and not hop.is_local):
        raise Unusable(
            "it offers no STARTTLS, and nothing is sent without it",
            'write smtps:// in [relay] url if it has a port for TLS; say security = "none" only for a relay within your own walls',
        )


async def _log_in(client: aiosmtplib.SMTP, hop: Hop) -> None:
    if hop.token is not None:
        await client.auth_xoauth2(hop.user, await hop.token())
    elif hop.password is not None:
        await client.login(hop.user, hop.password())


def words(why: BaseException) -> str:
    """What went wrong on the line, as one clean sentence."""
    if isinstance(why, aiosmtplib.SMTPResponseException):
        if why.code < 0:  # aiosmtplib's mark of a line that is no reply
            return told(0, f"{unreached.NO_SMTP}: {why.message.partition(': ')[2][:80]}").removeprefix("0").strip()
        return told(why.code, why.message)
    known = unreached.words(why) or (unreached.words(why.__cause__) if why.__cause__ else "")
    if known and not isinstance(why, aiosmtplib.SMTPTimeoutError):  # it says what it waited for
        return known
    if isinstance(why, aiosmtplib.SMTPServerDisconnected):
        return unreached.CLOSED
    text = str(why) or str(why.__cause__ or "") or type(why).__name__
    return told(0, text).removeprefix("0").strip()


KEPT_OUT = "let whoever keeps the relay take mail from this machine, or log in there: user and password_file in [relay]"


def mend(why: BaseException, hop: Hop) -> str:
    """What to change so that the relay can be used: by its answer where it gave one, else by what happened on the line."""
    if isinstance(why, aiosmtplib.SMTPException) and "AUTH extension is not supported" in str(why):
        return "it offers no login there: take user and password out of [relay], or take port 587 or smtps://"
    if isinstance(why, aiosmtplib.SMTPResponseException) and not isinstance(why, aiosmtplib.SMTPAuthenticationError) and why.code >= 0:
        return of_reply(why.code, why.message, hop) or KEPT_OUT
    if isinstance(why, aiosmtplib.SMTPAuthenticationError):
        return unreached.LOGIN.format(section="[relay]")
    return unreached.of_words(words(why), "[relay]") or unreached.mend(why, section="[relay]", security=hop.security)


def is_for_now(code: int) -> bool:
    """Whether a refusal may be gone the next time (RFC 5321 section 4.2.1)."""
    return code < 500


def of_reply(code: int, said: str, hop: Hop) -> str:
    """What to change after a refusal that is about none of our mails; empty where its words don't say."""
    folded = said.casefold()
    if is_for_now(code):
        return "mail waits, and is tried again; if it stays so, ask whoever keeps the relay"
    if "starttls" in folded:
        return 'say security = "starttls" in [relay]'
    if code == 530 or "authentication required" in folded:  # RFC 4954 section 6
        return "check user and password in [relay]" if hop.logs_in else "it wants a login: set user and password_file in [relay]"
    return ""
