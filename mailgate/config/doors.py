"""Where mail comes in and goes out, as values: each door's settings, ready to open. Nothing here opens anything.

Paths are absolute (relative ones in the config count from its folder). Next: `mailgate.settings`.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from mailgate.config.secrets import Secret
from rules.facts.policy import Rate
from rules.frozen import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """A place to listen: host and port, or the path of a Unix socket. An empty host is every interface."""

    host: str = ""
    port: int = 0
    path: str = ""

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        return bool(self.path) or self.host in {"localhost", "::1"} or self.host.startswith("127.")

    def __str__(self) -> str:
        """As it is written in the config."""
        if self.path:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host or '*'}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """A certificate chain and its key, PEM. `implicit`: from the first byte; None means on port 465 only (RFC 8314 section 3.3)."""

    cert: Path
    key: Path | None = None
    """None if it is in `cert`."""
    implicit: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """The door for other servers' mail."""

    listen: Listen
    max_size_bytes: int = 25_000_000
    hostname: str = ""
    """What the greeting says; empty is the desk's domain."""
    tls: Tls | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The door for agents' own mail programs."""

    listen: Listen
    require_auth: bool = True
    auth_in_clear: bool = True
    """Passwords may come without TLS from this machine."""
    max_size_bytes: int = 25_000_000
    tls: Tls | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lmtp:
    """The door for an MTA's local delivery (RFC 2033)."""

    listen: Listen
    max_size_bytes: int = 25_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth2:
    """How to get an access token for SASL XOAUTH2 (RFC 6749 sections 4.4 and 6)."""

    token_url: str
    client_id: str
    client_secret: Secret | None = None
    refresh_token: Secret | None = None
    """None asks by client credentials."""
    scope: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imap:
    """A mailbox to read."""

    name: str
    host: str
    port: int
    security: str = "tls"
    """`tls`, `starttls` or `none`."""
    user: str
    password: Secret | None = None
    oauth2: OAuth2 | None = None
    ca_file: Path | None = None
    folder: str = "INBOX"
    role: str = "inbox"
    """`inbox`, or `sent` for answers that agents wrote past the desk."""
    junk: str = "Junk"
    since: str = "now"
    """`now`, `all`, or a day as `2026-11-01`."""
    done: str = "leave"
    """`leave`, `seen`, `delete`, or `move:` and a folder."""
    idle: bool = True
    every: timedelta = timedelta(minutes=1)
    """How often to look where the server doesn't tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dkim:
    """What our mails are signed with (RFC 6376)."""

    selector: str
    domain: str
    key_file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """Where our mails go. `kind` is `maildir` (then `path`) or `smtp` (then host, port, security)."""

    kind: str = "maildir"
    path: Path = Path("var/sent")
    host: str = ""
    port: int = 25
    security: str = "auto"
    """`tls` from the first byte, `starttls` or nothing, `auto` for STARTTLS where it is offered, `none`."""
    user: str = ""
    password: Secret | None = None
    oauth2: OAuth2 | None = None
    ca_file: Path | None = None
    dkim: Dkim | None = None
    envelope: str = "auto"
    """`auto`, `null`, `desk` or `verp`."""
    rate: Rate = ()
    max_size_bytes: int = 25_000_000
    copy: str = ""
    """IMAP folder that gets a copy of everything sent; empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The tickets as folders and messages on an IMAP server."""

    host: str
    port: int
    security: str = "tls"
    user: str
    """The master user, or the one shared user."""
    password: Secret | None = None
    ca_file: Path | None = None
    folder: str = "Desk"
    login: str = "{agent}"
    """How an agent's mailbox is logged in to; `{agent}*master` where the server has master users."""
    every: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """How the daemon talks to its log."""

    format: str = "text"
    level: str = "INFO"


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Where everything is kept; the password is apart so that the URL may be shown."""

    url: str = "sqlite:///var/desk.db"
    password: Secret | None = None

    def reveal(self) -> str:
        """The URL with the password in it, for the engine alone."""
        if self.password is None:
            return self.url
        scheme, _, rest = self.url.partition("://")
        user, at, host = rest.rpartition("@")
        return f"{scheme}://{user if at else ''}:{quote(self.password.reveal(), safe='')}@{host}"
