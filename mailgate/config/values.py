"""Kinds of value in config.toml: how each is written, what it becomes, and the sentence for what it isn't.

Each kind is an annotated type for the models of `mailgate.schema`: pydantic calls the reader and puts the written form into the JSON
Schema. Readers raise `Wrong` (a ValueError) with the nearest valid word where there is one.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable, Iterable
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from string import Formatter
from typing import Annotated, Any, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core.core_schema import CoreSchema, no_info_plain_validator_function

from mailgate.config.doors import Listen
from mailgate.config.mistakes import Wrong, gather, nearest
from rules.facts import amounts
from rules.facts.policy import Rate

Value = TypeVar("Value")


def text(value: object) -> str:
    """A text, refused with a plain sentence if it is something else."""
    if not isinstance(value, str):
        raise Wrong(f"must be a text in quotes, not {kind(value)}")
    return value


def kind(value: object) -> str:
    """What a TOML value is, in words."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text {value!r}"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return "a date" if hasattr(value, "isoformat") else type(value).__name__


class Reads:
    """Marks an annotated type as read by a function, whatever its Python type: pydantic then builds no schema for that type."""

    def __init__(self, read: Callable[[Any], Any], shape: dict[str, Any]) -> None:
        """Read by `read`, written like the JSON Schema `shape`."""
        self.read = read
        self.shape = shape

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's protocol
        """The function alone."""
        return no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The written form."""
        return dict(self.shape)


def _kind(read: Callable[[Any], object], example: str, *, types: Iterable[str] = ("string",)) -> Reads:
    listed = list(types)
    return Reads(read, {"type": listed[0] if len(listed) == 1 else listed, "examples": [example]})


def _texts(value: object) -> list[str]:
    """One text, or several."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return list(value)
    raise Wrong(f"must be a text or a list of texts, not {kind(value)}")


def several(read: Callable[[str], Value]) -> Callable[[object], tuple[Value, ...]]:
    """A reader of one text or a list of texts; names every item that is wrong."""

    def read_all(value: object) -> tuple[Value, ...]:
        if isinstance(value, str):
            return (read(value),)
        return tuple(made for _, made in gather(enumerate(_texts(value)), read))

    return read_all


def optional(read: Callable[[str], Value]) -> Callable[[object], Value | None]:
    """A reader that takes `off` for none."""
    return lambda value: None if value == "off" else read(text(value))


def choice(value: str, words: Iterable[str], what: str) -> str:
    """One of a closed set of words; refused with the nearest."""
    valid = list(words)
    if value not in valid:
        raise Wrong(f"{value!r} is no {what}; write one of {', '.join(valid)}", nearest(value, valid))
    return value


# --- amounts ------------------------------------------------------------------------------------------------------------------


def _size(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    return amounts.read_size(text(value))


def _written_span(value: object) -> str:
    if value != "off":
        amounts.read_duration(text(value))
    return text(value)


def _needed_span(value: object) -> str:
    amounts.read_duration(text(value))
    return text(value)


def _per_cent(value: str) -> int:
    found = re.fullmatch(r"(\d{1,4})\s*%", value.strip(), re.ASCII)
    if found is None:
        raise Wrong(f"{value!r} is no share of a limit; write it as 50% or 100%")
    return int(found[1])


def _threshold(value: object) -> int | timedelta:
    written = text(value)
    return _per_cent(written) if "%" in written else amounts.read_duration(written)


def _count(value: object) -> int | None:
    if value == "off":
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise Wrong(f'must be a number from 1 on or "off", not {kind(value)}')
    return value


Span = Annotated[timedelta, _kind(lambda value: amounts.read_duration(text(value)), "30s")]
SpanOrOff = Annotated[timedelta | None, _kind(optional(amounts.read_duration), "30d")]
WorkedSpan = Annotated[str | None, _kind(_written_span, "4h")]
"""Kept as written: how long a day is depends on the calendar, which isn't known yet."""
NeededSpan = Annotated[str, _kind(_needed_span, "3d")]
"""As `WorkedSpan`, but never off."""
Size = Annotated[int, _kind(_size, "25MB", types=("string", "integer"))]
Limit = Annotated[Rate, _kind(lambda value: amounts.read_rate(text(value)), "5/h 20/d")]
Count = Annotated[int | None, _kind(_count, "10", types=("integer", "string"))]
Threshold = Annotated[int | timedelta, _kind(_threshold, "50%")]


# --- addresses and names ------------------------------------------------------------------------------------------------------

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
        raise Wrong(f"{written!r} is no mail address; write it as support@desk.example")
    return written


def domain(value: str) -> str:
    """A mail domain."""
    written = text(value).strip().lower().rstrip(".")
    if not _DOMAIN.fullmatch(written):
        raise Wrong(f"{value!r} is no domain; write it as desk.example", near=written.rpartition("@")[2] if "@" in written else "")
    return written


def key(value: str) -> str:
    """The name that commands use for something, lower case."""
    written = text(value).strip().lower()
    if not _KEY.fullmatch(written):
        raise Wrong(
            f"{value!r} is no key; write letters, digits, hyphens and dots, without spaces",
            near=re.sub(r"[^\w.-]+", "-", written).strip("-"),
        )
    return written


def category_key(value: str) -> str:
    """Keys joined by slashes, the main category first."""
    parts = text(value).strip().split("/")
    if len(parts) > 4:
        raise Wrong(f"{value!r} is nested too deep; a main category and up to three below it are possible")
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
        raise Wrong(f"{value!r} is no language; write a code such as en, de, fi or cs", _LANGUAGE_NAMES.get(value.strip().casefold(), ""))
    return value


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
    return cities.get(written.rpartition("/")[2].replace(" ", "_").lower(), "") or nearest(written, zones)


Mailbox = Annotated[str, _kind(mailbox, "support@desk.example")]
Mailboxes = Annotated[tuple[str, ...], _kind(several(mailbox), "admin@desk.example", types=("array", "string"))]
Domains = Annotated[tuple[str, ...], _kind(several(domain), "desk.example", types=("array", "string"))]
Domain = Annotated[str, _kind(domain, "desk.example")]
Key = Annotated[str, _kind(key, "printer")]
CategoryKey = Annotated[str, _kind(category_key, "hardware/printer")]
CategoryKeys = Annotated[tuple[str, ...], _kind(several(category_key), "hardware", types=("array", "string"))]
Recipients = Annotated[tuple[str, ...], _kind(several(recipient), "manager", types=("array", "string"))]
Languages = Annotated[tuple[str, ...], _kind(several(language), "fi", types=("array", "string"))]
Words = Annotated[tuple[str, ...], _kind(several(text), "word", types=("array", "string"))]
PerCents = Annotated[tuple[int, ...], _kind(lambda value: tuple(sorted(set(several(_per_cent)(value)))), "50%", types=("array", "string"))]
Zone = Annotated[str, _kind(zone, "Europe/Helsinki")]


# --- where things are ---------------------------------------------------------------------------------------------------------


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


def mask(value: object) -> str:
    """How references are made, such as `T{seq}` or `TS{yy}{mm}-{seq:04}`."""
    written = text(value)
    try:
        pieces = list(Formatter().parse(written))
        names = [name for _, name, _, _ in pieces if name is not None]
        for name in names:
            choice(name, ("seq", "yy", "yyyy", "mm", "dd"), "part of a number mask")
        if names.count("seq") != 1:
            raise Wrong(
                f"{written!r} must hold {{seq}} once: without it two tickets would have one number",
                near=f"{written}{{seq}}" if not names else "",
            )
        sample = written.format(seq=42, yy="26", yyyy="2026", mm="11", dd="30")
    except Wrong:
        raise
    except (ValueError, KeyError, IndexError, AttributeError) as why:
        raise Wrong(f"{written!r} is no number mask: {why}") from None
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9._/-]{1,30}", sample, re.ASCII):
        raise Wrong(
            f"{written!r} makes {sample!r}; a reference starts with a letter and has only letters, digits, dots, hyphens and slashes"
        )
    return written


_CRON = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_CRON_NAMES = (*"jan feb mar apr may jun jul aug sep oct nov dec".split(), *"mon tue wed thu fri sat sun".split())
_CRON_PIECE = re.compile(r"(?:\*|(\d{1,2}|[a-z]{3})(?:-(\d{1,2}|[a-z]{3}))?)(?:/(\d{1,2}))?", re.ASCII)


def cron(value: object) -> str:
    """Five fields: minute, hour, day of the month, month, day of the week (crontab(5))."""
    written = text(value).strip().lower()
    fields = written.split()
    if len(fields) != 5:
        raise Wrong(f"{written!r} has {len(fields)} fields, not five: minute, hour, day, month, day of the week, such as 0 7 1 * *")
    for written_field, (low, high) in zip(fields, _CRON, strict=True):
        for piece in written_field.split(","):
            found = _CRON_PIECE.fullmatch(piece)
            numbers = [group for group in found.groups()[:2] if group] if found else [""]
            if found is None or found[3] == "0" or any(not _cron_number(number, low, high) for number in numbers):
                raise Wrong(f"{piece!r} can't stand in the field {written_field!r} of {written!r}")
    return written


def _cron_number(number: str, low: int, high: int) -> bool:
    if number.isdigit():
        return low <= int(number) <= high
    return number in _CRON_NAMES[:12] if high == 12 else number in _CRON_NAMES[12:] and high == 7


ListenAt = Annotated[Listen | None, _kind(listen, "127.0.0.1:2525")]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], _kind(several(network), "10.0.0.0/8", types=("array", "string"))]
Mask = Annotated[str, _kind(mask, "T{seq}")]
Cron = Annotated[str, _kind(cron, "0 7 1 * *")]
