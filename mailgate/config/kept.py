"""A config as it was read and found sound, kept for commands that need all of it: reading it anew costs more than most of them do.

It is a note as `notes.py` has them, of plain JSON that can name values and nothing else: the classes of the config and of the rules' facts. A config
with a password in its text isn't kept, for the note may hold no secret. Next: `mailgate.settings` for the full reading.
"""

from __future__ import annotations

import base64
import dataclasses
import importlib
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from enum import Enum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from mailgate.config import notes
from mailgate.config.secrets import Secret

if TYPE_CHECKING:
    from mailgate.config.site import Settings

_ROOMS = ("rules.facts.", "mailgate.config.")
"""Whose values are kept."""


class Makeable(Protocol):
    """A value with a way of its own to be kept: what `make` of its class takes, plain values."""

    def made_of(self) -> tuple[Any, ...]:
        """What it was made of."""


class Unkept(Exception):
    """Something in a config can't be kept: a secret, or a value that nobody foresaw. Nothing is lost but time."""


def noted(path: Path, environment: Mapping[str, str]) -> Settings | None:
    """The config that was kept; None where there is none that may be believed."""
    for said in notes.believed(path, environment, "kept"):
        try:
            found: Settings = _Unpacking(said["classes"], environment).value(said["settings"])
        except (LookupError, TypeError, ValueError, AttributeError, ImportError):
            continue
        return found
    return None


def note(settings: Settings, environment: Mapping[str, str]) -> None:
    """Keep a sound config, if it may be."""
    try:
        said = packed(settings)
    except Unkept:
        return
    notes.leave(settings, environment, "kept", said)


def packed(settings: Settings) -> dict[str, Any]:
    """A config as plain values: the names of its `classes`, and the `settings`. Raises Unkept."""
    packing = _Packing()
    value = packing.value(settings)
    return {"classes": list(packing.classes), "settings": value}


def unpacked(said: Mapping[str, Any], environment: Mapping[str, str]) -> Settings:
    """The config of which these are the plain values."""
    found: Settings = _Unpacking(said["classes"], environment).value(said["settings"])
    return found


class _Packing:
    """Plain values are as they are; anything else is a list that begins with its kind, or with the number of its class."""

    def __init__(self) -> None:
        self.classes: dict[str, int] = {}

    def value(self, value: Any) -> Any:  # noqa: ANN401 - whatever a config holds
        kind = type(value)
        if value is None or kind in {bool, int, float, str}:
            return value
        if (plain := _PLAIN.get(kind)) is not None:
            name, write = plain
            return [name, write(value)]
        if kind in {tuple, list}:
            return ["t" if kind is tuple else "l", *map(self.value, value)]
        if kind in {dict, MappingProxyType}:
            return ["m" if kind is dict else "p", *(self.value(each) for pair in value.items() for each in pair)]
        if isinstance(value, frozenset):
            return ["s", *map(self.value, sorted(value))]
        if isinstance(value, Path):
            return ["f", str(value)]
        return self._named(value)

    def _named(self, value: Any) -> list[Any]:  # noqa: ANN401
        own = type(value)
        if not own.__module__.startswith(_ROOMS):
            raise Unkept(own.__name__)
        number = self.classes.setdefault(f"{own.__module__}:{own.__qualname__}", len(self.classes))
        if isinstance(value, Enum):
            return [number, value.value]
        if isinstance(value, Secret):
            if value.text:
                raise Unkept("secret")
            return [number, self.value(value.file), value.variable]
        if hasattr(own, "made_of"):
            return [number, *map(self.value, value.made_of())]
        return [number, *(self.value(getattr(value, each.name)) for each in dataclasses.fields(own))]


class _Unpacking:
    def __init__(self, classes: list[str], environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._makers = [self._maker(name) for name in classes]

    def value(self, said: Any) -> Any:  # noqa: ANN401 - as above
        if not isinstance(said, list):
            return said
        kind = said[0]
        if isinstance(kind, int):
            return self._makers[kind](*said[1:])
        if (read := _READ.get(kind)) is not None:
            return read(said[1])
        values = [self.value(each) for each in said[1:]]
        if kind == "t":
            return tuple(values)
        if kind in {"m", "p"}:
            found = dict(zip(values[::2], values[1::2], strict=True))
            return found if kind == "m" else MappingProxyType(found)
        return frozenset(values) if kind == "s" else values

    def _maker(self, name: str) -> Callable[..., Any]:
        """What makes a value of a class of ours from what was kept of it; raises LookupError for a class that isn't one."""
        room, _, own_name = name.partition(":")
        if not room.startswith(_ROOMS):
            raise LookupError(name)
        own: Any = getattr(importlib.import_module(room), own_name)
        made: Callable[..., Any] = own
        if issubclass(own, Enum):
            return made
        if own is Secret:
            return lambda file, variable: Secret(
                file=self.value(file), variable=variable, environment=self._environment if variable else {}
            )
        if hasattr(own, "made_of"):
            return lambda *said: own.make(*map(self.value, said))
        if not dataclasses.is_dataclass(own):
            raise LookupError(name)
        return lambda *said: self._filled(own, said)

    def _filled(self, own: Any, said: tuple[Any, ...]) -> Any:  # noqa: ANN401
        """A value that was sound when it was kept: nothing is checked or derived again."""
        made = object.__new__(own)
        made.__setstate__([self.value(each) for each in said])
        return made


_PLAIN: Mapping[type, tuple[str, Callable[[Any], Any]]] = {
    timedelta: ("d", lambda span: [span.days, span.seconds, span.microseconds]),
    datetime: ("at", datetime.isoformat),
    date: ("day", date.isoformat),
    time: ("time", time.isoformat),
    bytes: ("b", lambda value: base64.b64encode(value).decode()),
    IPv4Network: ("net", str),
    IPv6Network: ("net", str),
}
_READ: Mapping[str, Callable[[Any], Any]] = {
    "d": lambda said: timedelta(*said),
    "at": datetime.fromisoformat,
    "day": date.fromisoformat,
    "time": time.fromisoformat,
    "b": base64.b64decode,
    "net": ip_network,
    "f": Path,
}
