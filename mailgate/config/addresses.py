"""Names and addresses in config.toml: mailboxes, domains, keys, recipients, languages, zones, places to listen, networks."""

from __future__ import annotations

import re
import zoneinfo
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated

from mailgate.config.doors import Listen
from mailgate.config.mistakes import Wrong, nearest
from mailgate.config.values import kind_of, several, text

_MAILBOX = re.compile(r"[^\s@<>(),;:\\\"\[\]]{1,64}@[^\s@<>(),;:\\\"\[\]]{1,253}")
_DOMAIN = re.compile(r"(?=.{1,253}$)[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)*")
_KEY = re.compile(r"[^\W_][\w.-]{0,63}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", re.ASCII)


_LANGUAGE_NAMES = {
    "english": "en",
    "german": "de",
    "deutsch": "de",
    "finnish": "fi",
    "suomi": "fi",
    "czech": "cs",
    "čeština": "cs",
    "swedish": "sv",
}


def mailbox(value: str) -> str:
    """An address without a name around it."""
    written = text(value).strip().rstrip(".")
    if not _MAILBOX.fullmatch(written) or not _DOMAIN.fullmatch(written.rpartition("@")[2]):
        inside = re.search(r"[^\s@<>(),;:\"\[\]]+@[\w-]+(?:\.[\w-]+)+", re.sub(r"\s*@+\s*", "@", written))
        raise Wrong(f"{written!r} is no mail address; write it as support@desk.example", inside[0] if inside else "")
    return written


def domain(value: str) -> str:
    """A mail domain."""
    written = text(value).strip().lower().rstrip(".")
    if not _DOMAIN.fullmatch(written):
        raise Wrong(f"{value!r} is no domain; write it as desk.example", near=_domain_in(written))
    return written


def recipients(value: object) -> tuple[str, ...]:
    """Those to be told, at least one."""
    found = several(recipient)(value)
    if not found:
        raise Wrong("is empty: nobody would get it; write agents, @groups, addresses or admin")
    return found


def _domain_in(written: str) -> str:
    found = re.search(r"[\w-]+(?:\.[\w-]+)+", written.rpartition("@")[2])
    return found[0] if found and found[0] != written else ""


def key(value: str) -> str:
    """The name that commands use for something, lower case."""
    written = text(value).strip().lower()
    if not _KEY.fullmatch(written):
        raise Wrong(
            f"{value!r} is no key; write letters, digits, hyphens and dots, without spaces",
            near=re.sub(r"[^\w.-]+", "-", written).strip("-"),
        )
    return written


def label(value: str) -> str:
    """A key that people read as well: spelled as it was written."""
    return text(value).strip() if key(value) else ""


def field_name(value: str) -> str:
    """The name of a header field (RFC 5322 section 3.6.8)."""
    written = text(value).strip().removesuffix(":")
    if not re.fullmatch(r"[!-9;-~]+", written):
        raise Wrong(f"{written!r} is no name of a header field")
    return written


def category_key(value: str) -> str:
    """Keys joined by slashes, the main category first."""
    parts = text(value).strip().split("/")
    if len(parts) > 4:
        raise Wrong(f"{value!r} is nested too deep; a main category and up to three below it are possible")
    if not all(part.strip() for part in parts):
        near = "/".join(part for part in parts if part.strip())
        raise Wrong(f"{value!r} is no key; write hardware, or hardware/printer", near)
    return "/".join(key(part) for part in parts)


def recipient(value: str) -> str:
    """Somebody to be told: an address, an agent, `@group`, or a word such as `manager`."""
    written = text(value).strip()
    if "@" in written[1:]:
        return mailbox(written)
    if not written or re.search(r"\s", written) or written == "@":
        raise Wrong(f"{value!r} is nobody; write an address, an agent's name, @group, or a word such as manager")
    return written


def language(value: str) -> str:
    """A language by its code."""
    if not _LANGUAGE.fullmatch(text(value)):
        raise Wrong(f"{value!r} is no language; write a code such as en, de, fi or cs", _language_near(value))
    return value


def languages(value: object) -> tuple[str, ...]:
    """One language or several, never none."""
    codes = several(language)(value)
    if not codes:
        raise Wrong('is empty; write at least one, such as ["en"]')
    return codes


def _language_near(written: str) -> str:
    plain = written.strip().casefold().replace("_", "-")
    return _LANGUAGE_NAMES.get(plain, "") or (plain if _LANGUAGE.fullmatch(plain) else "")


def zone(value: object) -> str:
    """A time zone by its name in the tz database."""
    written = text(value)
    try:
        zoneinfo.ZoneInfo(written)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise Wrong(f"{written!r} is no time zone; write it as Europe/Helsinki", _zone_near(written)) from None
    return written


def _zone_near(written: str) -> str:
    zones = sorted(zoneinfo.available_timezones())
    cities = {each.rpartition("/")[2].lower(): each for each in zones}
    return cities.get(written.rpartition("/")[2].replace(" ", "_").lower(), "") or nearest(written, zones, alike=0.75)


Mailbox = Annotated[str, kind_of(mailbox, "support@desk.example")]
Mailboxes = Annotated[tuple[str, ...], kind_of(several(mailbox), "admin@desk.example", types=("array", "string"))]
Domains = Annotated[tuple[str, ...], kind_of(several(domain), "desk.example", types=("array", "string"))]
Domain = Annotated[str, kind_of(domain, "desk.example")]
Key = Annotated[str, kind_of(key, "printer")]
Label = Annotated[str, kind_of(label, "serial")]
CategoryKey = Annotated[str, kind_of(category_key, "hardware/printer")]
CategoryKeys = Annotated[tuple[str, ...], kind_of(several(category_key), "hardware", types=("array", "string"))]
FieldNames = Annotated[tuple[str, ...], kind_of(several(field_name), "X-Spam-Flag", types=("array", "string"))]
Recipients = Annotated[tuple[str, ...], kind_of(several(recipient), "manager", types=("array", "string"))]
NeededRecipients = Annotated[tuple[str, ...], kind_of(recipients, "manager", types=("array", "string"))]
Languages = Annotated[tuple[str, ...], kind_of(languages, "fi", types=("array", "string"))]
Zone = Annotated[str, kind_of(zone, "Europe/Helsinki")]


def listen(value: object) -> Listen:
    """`host:port`, `[v6]:port`, `*:port` for every interface, or `unix:path`."""
    written = text(value).strip()
    if written.startswith("unix:"):
        if not written[5:]:
            raise Wrong("unix: needs a path, such as unix:var/lmtp.sock")
        return Listen(path=written[5:])
    host, colon, port = written.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    if not colon or not port.isascii() or not port.isdigit() or not 0 <= int(port) <= 65535:
        near = f"127.0.0.1:{written}" if written.isascii() and written.isdigit() else ""
        raise Wrong(f"{written!r} is nowhere to listen; write it as 127.0.0.1:2525, *:25 or unix:var/lmtp.sock", near)
    if ":" in host or re.fullmatch(r"[\d.]+", host):
        try:
            ip_address(host)
        except ValueError:
            raise Wrong(f"{host!r} is no IP address; write it as 127.0.0.1:{port} or [::1]:{port}") from None
    elif host not in {"*", ""} and not _DOMAIN.fullmatch(host):
        raise Wrong(f"{host!r} is no host; write it as 127.0.0.1:{port} or *:{port}")
    return Listen(host="" if host == "*" else host, port=int(port))


def network(value: str) -> IPv4Network | IPv6Network:
    """An IP network such as `10.0.0.0/8`; a bare address is a network of one."""
    written = text(value).strip()
    try:
        return ip_network(written)
    except ValueError:
        pass
    try:
        near = str(ip_network(written, strict=False))
    except ValueError:
        raise Wrong(f"{written!r} is no network; write it as 10.0.0.0/8 or 192.0.2.7") from None
    raise Wrong(f"{written!r} has bits set behind its length", near)


ListenAt = Annotated[Listen | None, kind_of(listen, "127.0.0.1:2525")]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], kind_of(several(network), "10.0.0.0/8", types=("array", "string"))]
