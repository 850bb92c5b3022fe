"""What the sections of a config owe each other: keys once, addresses once, names that exist, one login each, secrets kept secret."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any

from mailgate.config import logos, places
from mailgate.config.mistakes import nearest
from mailgate.config.reading import Reading
from mailgate.config.schema import desk, service
from mailgate.config.secrets import exposed
from rules.facts.service import CHANNELS, ROLES
from rules.facts.terms import address_key

KEYS = {
    "category": "key",
    "type": "key",
    "severity": "key",
    "channel": "key",
    "role": "key",
    "device_model": "key",
    "rule": "name",
    "timer": "name",
    "report": "name",
    "imap": "name",
}
"""What must be there once in each list of tables."""


def check(reading: Reading, folder: FilePath, environment: Mapping[str, str]) -> None:
    """All of them; mistakes go into the reading."""
    _once(reading)
    _addresses(reading)
    _names(reading)
    _logins(reading)
    _copies(reading)
    _tls(reading)
    _secret_files(reading, folder, environment)
    _folders(reading, folder)


def keys(reading: Reading, section: str) -> set[str]:
    """Every key that the tables of a list have, also of tables with mistakes."""
    return {written.strip().lower() for _, written in reading.written(section, "key")}


def _once(reading: Reading) -> None:
    for section, name in KEYS.items():
        seen: dict[str, places.Path] = {}
        for at, written in reading.written(section, name):
            key = written.strip().casefold()
            if key in seen and key:
                reading.wrong(at, f"{written!r} stands twice, first in line {reading.line(seen[key])}")
            seen.setdefault(key, at)


def _addresses(reading: Reading) -> None:
    """No address may mean two things; of two that collide the later is the mistake."""
    seen: dict[str, tuple[str, places.Path]] = {}

    def claim(address: str, owner: str, at: places.Path, said: places.Path) -> None:
        key = address_key(address)
        if key in seen and seen[key][0] != owner:
            first, place = seen[key]
            line = reading.line(place)
            reading.wrong(said, f"{address} is already {first}" + (f", line {line}" if line else ""))
        seen.setdefault(key, (owner, at))

    own = reading.get(desk.Desk, "desk")
    if own is not None:
        claim(own.address, "the desk's own address", ("desk", "address"), ("desk", "address"))
        local, _, domain = own.address.rpartition("@")
        for each in dict.fromkeys((domain, *own.domains)):
            claim(f"control@{each}", "where commands go", ("desk", "address"), ("desk", "address"))
            claim(f"{local}@{each}", "the desk's own address", ("desk", "domains"), ("desk", "domains"))
        for position, alias in enumerate(own.aliases):
            claim(alias, "an alias of the desk", ("desk", "aliases", position), ("desk", "aliases", position))
    for at, category in reading.all(service.Category, "category"):
        if category.address:
            claim(category.address, f"the address of category {category.key}", (*at, "address"), (*at, "address"))
    defaults = [(at, category) for at, category in reading.all(service.Category, "category") if category.default]
    for at, _ in defaults[1:]:
        first, key = defaults[0][0], defaults[0][1].key
        reading.wrong((*at, "default"), f"{key} is the default already, line {reading.line((*first, 'default'))}")


# --- names that must exist ----------------------------------------------------------------------------------------------------


def _names(reading: Reading) -> None:
    known = {section: keys(reading, section) for section in ("category", "type", "severity", "channel", "role")}
    known["channel"] |= set(CHANNELS) if not known["channel"] else {"mail"}
    known["role"] |= set(ROLES)
    hours = set(reading.raw.get("hours", {})) if isinstance(reading.raw.get("hours"), dict) else set()
    for at, name in _calendars(reading):
        if name and name not in hours:
            what = f"there is no [hours.{name}]" + ("" if hours else "; no calendar is written down at all")
            reading.wrong(at, what, nearest(name, hours))
    for at, section, name in _references(reading):
        if name.lower() not in known[section]:
            reading.wrong(at, f"there is no {section} {name!r}", nearest(name, known[section]))


def _calendars(reading: Reading) -> Iterator[tuple[places.Path, str]]:
    clock = reading.get(service.Clock, "clock")
    if clock is not None and clock.hours:
        yield ("clock", "hours"), clock.hours
    for name, model in (("category", service.Category), ("type", service.Type), ("severity", service.Severity)):
        for at, each in reading.all(model, name):
            part = getattr(each, "clock", None)
            if part is not None and part.hours:
                yield (*at, "clock", "hours"), part.hours
    for at, severity in reading.all(service.Severity, "severity"):
        if severity.hours:
            yield (*at, "hours"), severity.hours


def _references(reading: Reading) -> Iterator[tuple[places.Path, str, str]]:
    """Path, kind and name of everything that refers to another section."""
    for at, model in reading.all(service.DeviceModel, "device_model"):
        for i, flow in enumerate(model.flows):
            if flow.type:
                yield (*at, "flows", i, "type"), "type", flow.type
            if flow.category:
                yield (*at, "flows", i, "category"), "category", flow.category
    for at, role in reading.all(service.Role, "role"):
        for i, category in enumerate(role.categories):
            yield (*at, "categories", i), "category", category
    for at, kind in reading.all(service.Type, "type"):
        for status, steps in (kind.workflow or {}).items():
            for i, step in enumerate(steps):
                for role_name in step.roles:
                    yield (*at, "workflow", status, i), "role", role_name
    for at, timer in reading.all(service.Timer, "timer"):
        for section in ("category", "type", "severity", "channel"):
            for name in getattr(timer.when, section):
                yield (*at, "when", section), section, name


# --- logins, keys and files ---------------------------------------------------------------------------------------------------

_PASSWORDS = ("password", "password_file", "password_env")


def _logins(reading: Reading) -> None:
    """One password where one is needed, and never two."""
    for at, table in _tables(reading):
        section = at[0]
        given = [name for name in (*_PASSWORDS, "oauth2") if table.get(name)]
        if len(given) > 1:
            reading.wrong((*at, given[1]), f"{' and '.join(given)} stand beside each other; one is needed")
        elif section in {"imap", "board"} and not given:
            reading.wrong(at, "needs password_file, password_env" + (", password or oauth2" if section == "imap" else " or password"))
        elif section == "relay" and bool(given) != bool(table.get("user")):
            reading.wrong(at, f"has {given[0]} but no user" if given else "has a user but no password_file, password_env or oauth2")
        oauth2 = table.get("oauth2")
        if isinstance(oauth2, dict):
            _oauth2(reading, (*at, "oauth2"), oauth2)


def _copies(reading: Reading) -> None:
    """Copies of what is sent go into a mailbox that is read anyway, with its login."""
    relay = reading.raw.get("relay")
    if isinstance(relay, dict) and relay.get("copy") and not reading.raw.get("imap"):
        reading.wrong(("relay", "copy"), "needs an [[imap]] account to put copies into")


def _oauth2(reading: Reading, at: places.Path, table: Mapping[str, Any]) -> None:
    secrets = [name for name in ("client_secret", "client_secret_file", "client_secret_env") if table.get(name)]
    tokens = [name for name in ("refresh_token_file", "refresh_token_env") if table.get(name)]
    for given in (secrets, tokens):
        if len(given) > 1:
            reading.wrong((*at, given[1]), f"{' and '.join(given)} stand beside each other; one is needed")
    if not secrets and not tokens:
        reading.wrong(at, "needs a client_secret_file or a refresh_token_file: with neither, no token can be asked for")


def _tables(reading: Reading) -> Iterator[tuple[places.Path, Mapping[str, Any]]]:
    """The tables that log in somewhere."""
    for name in ("store", "relay", "board"):
        table = reading.raw.get(name)
        if isinstance(table, dict):
            yield (name,), table
    listed = reading.raw.get("imap", [])
    for i, table in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(table, dict):
            yield ("imap", i), table


def _tls(reading: Reading) -> None:
    for name in ("smtp", "submission"):
        table = reading.raw.get(name)
        if isinstance(table, dict) and table.get("tls_key") and not table.get("tls_cert"):
            reading.wrong((name, "tls_key"), "is a key without its certificate: write tls_cert beside it")


def inline_secrets(raw: Mapping[str, Any]) -> Iterator[places.Path]:
    """Where the file itself holds a secret."""

    def walk(value: object, at: places.Path) -> Iterator[places.Path]:
        for key, each in _items(value):
            here = (*at, key)
            if isinstance(each, str):
                if (each and key in {"password", "client_secret"}) or (here == ("store", "url") and has_password(each)):
                    yield here
            else:
                yield from walk(each, here)

    yield from walk(raw, ())


def has_password(url: str) -> bool:
    """Whether a URL carries a password (RFC 3986 section 3.2.1)."""
    authority = url.partition("://")[2].partition("/")[0]
    return ":" in authority.rpartition("@")[0]


def _items(value: object) -> Iterable[tuple[str | int, object]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _secret_files(reading: Reading, folder: FilePath, environment: Mapping[str, str]) -> None:
    """Files with secrets must be readable by us alone, this one included if it holds any; variables must be set."""
    inline = next(inline_secrets(reading.raw), None)
    if inline is not None and (why := exposed(reading.path, environment)):
        reading.wrong(inline, f"stands in a file that others could read: {why}")
    for at, key, value in _leaves(reading.raw):
        if key.endswith("_env") and value not in environment:
            reading.wrong(at, f"the environment has no {value}")
        elif key.endswith("_env") and not environment[value].strip():
            reading.wrong(at, f"{value} is empty in the environment")
        elif key in {"password_file", "client_secret_file", "refresh_token_file", "key_file", "tls_key"} and (
            why := exposed(resolve(folder, value, environment), environment)
        ):
            reading.wrong(at, why)
    own = reading.get(desk.Desk, "desk")
    if own is not None:
        path = resolve(folder, own.secret_file, environment)
        if path.exists() and (why := exposed(path, environment)):
            reading.wrong(("desk", "secret_file"), why)


def _leaves(value: object, at: places.Path = ()) -> Iterator[tuple[places.Path, str, str]]:
    for key, each in _items(value):
        if isinstance(each, str) and isinstance(key, str) and each:
            yield (*at, key), key, each
        else:
            yield from _leaves(each, (*at, key))


def resolve(folder: FilePath, written: str, environment: Mapping[str, str]) -> FilePath:
    """A path as written, from the config's folder; `~` and a leading $CREDENTIALS_DIRECTORY are filled in."""
    credentials = environment.get("CREDENTIALS_DIRECTORY", "")
    for name in ("$CREDENTIALS_DIRECTORY/", "${CREDENTIALS_DIRECTORY}/"):
        if credentials and written.startswith(name):
            return FilePath(credentials) / written.removeprefix(name)
    return folder / FilePath(written).expanduser()


def _folders(reading: Reading, folder: FilePath) -> None:
    own = reading.get(desk.Desk, "desk")
    if own is not None and own.texts and not (folder / own.texts).is_dir():
        reading.wrong(("desk", "texts"), f"there is no folder {own.texts}")
    if own is not None and own.logo:
        try:
            logos.read(folder / FilePath(own.logo).expanduser())
        except ValueError as why:
            reading.wrong(("desk", "logo"), str(why))
    for at, key, value in _leaves(reading.raw):
        if key in {"tls_cert", "ca_file"} and (reason := _unreadable(folder / FilePath(value).expanduser())):
            reading.wrong(at, reason)


def _unreadable(path: FilePath) -> str:
    """Why a file can't be read, empty if it can."""
    try:
        with path.open("rb"):
            return ""
    except OSError as why:
        return f"{path} can't be read: {why.strerror}"
