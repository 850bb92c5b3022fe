"""The sections that say where mail comes in and goes out, and where things are kept."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from mailgate.config import values
from mailgate.config.addresses import Domain, ListenAt, domain
from mailgate.config.mistakes import Wrong, nearest
from mailgate.config.schema.base import Section, says, secret
from mailgate.config.values import MailSize, Reads, Span
from rules.facts import amounts
from rules.facts.policy import Rate

Security = Literal["tls", "starttls", "none"]


def _store_url(value: object) -> str:
    url = values.text(value)
    scheme = url.partition(":")[0]
    known = ("sqlite", "postgresql", "postgresql+psycopg")
    if scheme not in known:
        near = f"sqlite:///{url}" if "://" not in url and url.strip() else nearest(scheme, known)
        raise Wrong(f"{scheme!r} is no store; write sqlite:///var/desk.db or postgresql+psycopg://host/name", near)
    shape = r"sqlite:///[^?]+(\?.*)?" if scheme == "sqlite" else r"postgresql(\+psycopg)?://[^\s]*/[^/\s?]+(\?.*)?"
    if not re.fullmatch(shape, url):
        raise Wrong("is no store URL; write sqlite:///var/desk.db or postgresql+psycopg://host/name")
    if scheme == "sqlite" and ":memory:" in url:
        raise Wrong("keeps nothing: every mail would be gone with the program; write sqlite:///var/desk.db")
    port = url.partition("://")[2].partition("/")[0].rpartition("@")[2].rpartition("]")[2].partition(":")[2]
    if scheme != "sqlite" and port and not (port.isascii() and port.isdigit() and 0 < int(port) <= 65535):
        raise Wrong(f"{port!r} is no port; write postgresql+psycopg://host:5432/name")
    return url


def relay_url(value: object) -> str:
    """Where mails go; raises Wrong for what is no such place."""
    url = values.text(value)
    scheme, _, rest = url.partition(":")
    if scheme not in {"maildir", "smtp", "smtps"}:
        host = re.fullmatch(r"([\w-]+(?:\.[\w-]+)+|localhost)(:\d+)?", url)
        near = f"smtps://{host[1]}" if host and host[2] == ":465" else f"smtp://{url}" if host else ""
        raise Wrong(
            f"{scheme!r} is no way to send; write maildir:var/sent, smtp://host:25 or smtps://host",
            near or nearest(scheme, ("maildir", "smtp", "smtps")),
        )
    if scheme == "maildir":
        if not rest or rest.startswith("//"):
            raise Wrong("maildir: needs a folder, such as maildir:var/sent")
        return url
    if "@" in rest:
        raise Wrong("the URL of a relay names no user; write user = and password_file = beside it")
    found = re.fullmatch(r"//(\[[0-9A-Fa-f:.]+\]|[^\s/:\[\]]+)(?::(\d{1,5}))?/?", rest, re.ASCII)
    if found is None or not 0 < int(found[2] or 25) <= 65535:
        raise Wrong(f"{url!r} is no relay; write smtp://host:25 or smtps://host")
    return url


def _web_url(value: object) -> str:
    url = values.text(value)
    if not re.fullmatch(r"https?://[^\s/]+\S*", url):
        raise Wrong(f"{url!r} is no web address; write it as https://…")
    return url


def _since(value: object) -> str:
    """`now`, `all`, or a day as YYYY-MM-DD."""
    if type(value) is date:
        return value.isoformat()
    written = values.text(value)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", written):
        try:
            return date.fromisoformat(written).isoformat()
        except ValueError:
            raise Wrong(f"{written!r} is no day of the calendar") from None
    if written not in {"now", "all"}:
        raise Wrong(f"{written!r} is no time to start from; write now, all, or a day such as 2026-11-01", nearest(written, ("now", "all")))
    return written


def _done(value: object) -> str:
    written = values.text(value)
    if written.startswith("move:") and written[5:].strip():
        return written
    return values.choice(written, ("leave", "seen", "delete", "move:Folder"), "way to leave a read mail")


def _copy(value: object) -> str:
    written = values.text(value)
    if written and not (written.startswith("imap:") and written[5:].strip()):
        raise Wrong(f"{written!r} is no place for copies; write imap: and a folder, such as imap:Sent Items")
    return written


def _login(value: object) -> str:
    written = values.text(value)
    if "{agent}" not in written:
        raise Wrong(f"{written!r} must hold {{agent}}: every agent has a mailbox of his own")
    return written


def _rate(value: object) -> Rate:
    rate = amounts.read_rate(values.text(value))
    if any(not number for number, _ in rate):
        raise Wrong(f'{value!r} would let no mail leave; write it as 30/min, or "off" for no limit')
    return rate


def host_name(value: object) -> str:
    """The name of a server by itself."""
    written = values.plain(value).strip()
    found = re.fullmatch(r"(?:[a-z]+://)?(\[[0-9a-fA-F:.]+\]|[^\s/:\[\]]+)(?::(\d+))?/?", written)
    if found and (found[2] or found[1] != written) and not written.startswith("["):
        port = f" and port = {found[2]} beside it" if found[2] else ""
        raise Wrong(f"{written!r} is more than the name of a server; write the name alone{port}", found[1])
    if re.search(r"[\s/]", written):
        raise Wrong(f"{written!r} is no name of a server; write it as mail.desk.example")
    return written


def _hostname(value: object) -> str:
    return domain(values.text(value)) if value else ""


def _string(example: str) -> dict[str, Any]:
    return {"type": "string", "examples": [example]}


Plain = Annotated[str, Reads(values.plain, _string("INBOX"))]
Host = Annotated[str, Reads(host_name, _string("imap.desk.example"))]


class Store(Section):
    """Where everything is kept."""

    url: Annotated[str, Reads(_store_url, _string("sqlite:///var/desk.db"))] = says(
        "sqlite:///PATH for up to some hundred mails an hour, or postgresql+psycopg://host/name.", "sqlite:///var/desk.db"
    )
    password: str | None = secret("Password of the database; better in a file.")
    password_file: str | None = says("File with the password, readable by its owner alone.", None)
    password_env: str | None = says("Environment variable with the password.", None)


class Smtp(Section):
    """Mail from other servers; as MX of the domain or behind an MTA."""

    listen: ListenAt = says("Where to listen; *:25 for all interfaces.", "127.0.0.1:2525")
    max_size: MailSize = says("Largest mail that is taken.", "25MB")
    hostname: Annotated[str, Reads(_hostname, _string("mail.desk.example"))] = says(
        "Name in the greeting; empty for the desk's domain.", ""
    )
    tls_cert: str | None = says("Certificate chain, PEM; offers STARTTLS.", None)
    tls_key: str | None = says("Its private key if it isn't in tls_cert, readable by its owner alone.", None)
    implicit_tls: bool | None = says("TLS from the first byte; without this key, on port 465 only.", None)


class Submission(Section):
    """Mail from agents' own programs, with a password for each agent (mailgate agent passwd)."""

    listen: ListenAt = says("Where to listen, such as 127.0.0.1:5870 or *:587.")
    require_auth: bool = says("Take no mail without a login.", default=True)
    max_size: MailSize = says("Largest mail that is taken.", "25MB")
    tls_cert: str | None = says("Certificate chain, PEM; without one, only use it on this machine.", None)
    tls_key: str | None = says("Its private key if it isn't in tls_cert, readable by its owner alone.", None)
    implicit_tls: bool | None = says("TLS from the first byte; without this key, on port 465 only.", None)
    auth_in_clear: bool = says("Take passwords without TLS from programs on this machine; from elsewhere never.", default=True)


class Lmtp(Section):
    """Mail from a local MTA, such as Postfix's lmtp:unix:…"""

    listen: ListenAt = says("unix:PATH, or a host and port.")
    max_size: MailSize = says("Largest mail that is taken.", "25MB")


class OAuth2(Section):
    """A token instead of a password, as Microsoft 365 and Gmail want it."""

    token_url: Annotated[str, Reads(_web_url, _string("https://login.microsoftonline.com/TENANT/oauth2/v2.0/token"))] = says(
        "Where tokens are fetched."
    )
    client_id: str = says("Identifier of your application.", min_length=1)
    client_secret: str | None = secret("Its secret; better in a file.")
    client_secret_file: str | None = says("File with the client's secret.", None)
    client_secret_env: str | None = says("Environment variable with the client's secret.", None)
    refresh_token_file: str | None = says("File with a refresh token; without one the client's own credentials are used.", None)
    refresh_token_env: str | None = says("Environment variable with a refresh token.", None)
    scope: str = says("Scopes to ask for, separated by blanks.", "")


class Imap(Section):
    """A mailbox that is read."""

    name: str = says("How logs and mail list call it; empty for user@host.", "")
    host: Host = says("Name of the server.", min_length=1)
    port: int | None = says("Port; 993 with tls, else 143.", None, ge=1, le=65535)
    security: Security = says("tls from the first byte, starttls, or none.", "tls")
    user: Plain = says("Login name.", min_length=1)
    password: str | None = secret("Password; better in a file.")
    password_file: str | None = says("File with the password, readable by its owner alone.", None)
    password_env: str | None = says("Environment variable with the password.", None)
    oauth2: OAuth2 | None = says("A token instead of a password.", None)
    ca_file: str | None = says("Certificates to trust instead of the system's, PEM.", None)
    folder: Plain = says("Folder to read.", "INBOX", min_length=1)
    role: Literal["inbox", "sent"] = says("inbox: mail to the desk; sent: answers that agents wrote past the desk.", "inbox")
    junk: Plain = says("The server's folder for spam: its mails are listed, not handled; empty for none.", "Junk")
    since: Annotated[str, Reads(_since, _string("now"))] = says(
        "Where to begin in a mailbox that is already full: now, all, or a day such as 2026-11-01.", "now"
    )
    done: Annotated[str, Reads(_done, _string("leave"))] = says(
        "What happens to a mail that was read: leave, seen, move:Folder, or delete (after 30 days).", "leave"
    )
    idle: bool = says("Wait for the server to tell of new mail.", default=True)
    every: Span = says("How often to look where it doesn't tell.", "1m")


class Dkim(Section):
    """Signature on everything that leaves."""

    selector: str = says("Selector: the key is published at SELECTOR._domainkey.DOMAIN.", min_length=1)
    domain: Domain = says("Domain that signs, the one in the desk's address.")
    key_file: str = says("Private key, PEM, RSA or Ed25519, readable by its owner alone.", min_length=1)


class Relay(Section):
    """Where our mails go."""

    url: Annotated[str, Reads(relay_url, _string("smtp://localhost:25"))] = says(
        "maildir:FOLDER to look at them first, smtp://host:25, or smtps://host.", "maildir:var/sent"
    )
    security: Literal["auto", "starttls", "none"] = says("For smtp://: STARTTLS where offered, always, or never.", "auto")
    user: Plain = says("Login name, if the relay wants one.", "")
    password: str | None = secret("Password; better in a file.")
    password_file: str | None = says("File with the password, readable by its owner alone.", None)
    password_env: str | None = says("Environment variable with the password.", None)
    oauth2: OAuth2 | None = says("A token instead of a password.", None)
    ca_file: str | None = says("Certificates to trust instead of the system's, PEM.", None)
    dkim: Dkim | None = says("Sign with DKIM: {selector, domain, key_file}.", None)
    hold: Span = says("How long an agent's answer waits before it leaves, so that it can be stopped.", "30s")
    envelope: Literal["auto", "null", "desk", "verp"] = says(
        "Envelope sender: auto is null for automatic mail to customers, else the desk's address.", "auto"
    )
    rate: Annotated[Rate, values.kind_of(_rate, "30/min")] = says("At most so many mails leave, such as 30/min.", "off")
    max_size: MailSize = says("Largest mail that the relay takes.", "25MB")
    copy_: Annotated[str, Reads(_copy, _string("imap:Sent Items"))] = says(
        "Folder of the first [[imap]] account that gets a copy.", "", alias="copy"
    )


class Metrics(Section):
    """Figures for Prometheus."""

    listen: ListenAt = says("Where to serve them; without it, only mailgate metrics prints them.", None)


class Log(Section):
    """The daemon's log, on standard error."""

    format: Literal["text", "json"] = says("text for people, json for machines.", "text")
    level: Literal["debug", "info", "warning", "error"] = says("From which level on.", "info")


class Board(Section):
    """Tickets as folders of an IMAP server, one mailbox for each agent."""

    host: Host = says("Name of the server.", min_length=1)
    port: int | None = says("Port; 993 with tls, else 143.", None, ge=1, le=65535)
    security: Security = says("tls from the first byte, starttls, or none.", "tls")
    user: Plain = says("Master user of the server.", min_length=1)
    password: str | None = secret("Its password; better in a file.")
    password_file: str | None = says("File with the password, readable by its owner alone.", None)
    password_env: str | None = says("Environment variable with the password.", None)
    ca_file: str | None = says("Certificates to trust instead of the system's, PEM.", None)
    folder: Plain = says("Folder that the board lives under.", "Desk", min_length=1)
    login: Annotated[str, Reads(_login, _string("{agent}*{user}"))] = says(
        "Login for an agent's mailbox; {agent} and {user} are filled in.", "{agent}*{user}"
    )
    every: Span = says("How often the boards are compared.", "30s")
