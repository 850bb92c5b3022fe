"""The little that most commands need of a config: where the database is, the zone, the key file. Taken from a note that the last full reading left.

Reading a config in full loads pydantic and every section's shape, a third of a second of processor time. The note counts only while all that the
full reading looked at is as it was: the file's bytes, the key files and who may read them, names in the environment, this version. It holds no
secret, and it is believed only where nobody else could have written it. Whatever is odd about it means: read the config. Next: `mailgate.settings`.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from mailgate.config.site import Settings

FORMAT = 1
"""Of the note; another one is no note."""
_FILLED_IN = {"CREDENTIALS_DIRECTORY": b"CREDENTIALS_DIRECTORY", "HOME": b"~"}
"""What paths of a config may begin with, by the name in the environment and how it is written."""
_SHAPES_FOLDER = Path(__file__).parent
"""Whose files say how a config is read: a newer program reads it anew."""


class Glance(NamedTuple):
    """What was in the config when it was read and found sound."""

    url: str
    """Of the database; one with a password is never noted."""
    timezone: str
    secret_file: Path
    second_level: bool


def of(settings: Settings) -> Glance:
    """The same, of a config that was just read."""
    policy = settings.policy
    return Glance(settings.store.url, policy.desk.timezone, settings.secret_file, policy.options.second_level)


def noted(path: Path, environment: Mapping[str, str]) -> Glance | None:
    """What the note says; None where there is none that may be believed."""
    path = path.absolute()
    for note in _places(path, environment):
        try:
            with note.open("rb") as file:
                state = os.fstat(file.fileno())
                if state.st_uid != os.geteuid() or state.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                    continue
                said = json.load(file)
            if said["mark"] == _mark(path, environment, said["files"], said["names"]):
                return Glance(said["url"], said["timezone"], Path(said["secret_file"]), bool(said["second_level"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return None


def note(settings: Settings, environment: Mapping[str, str]) -> None:
    """Leave a note of a sound config; where that can't be done nothing is lost."""
    if settings.store.password is not None:
        return
    found = of(settings)
    files = sorted({str(settings.secret_file), *map(str, _files(settings.raw, settings.root))})
    names = sorted({value for key, value in _leaves(settings.raw) if key.endswith("_env")})
    said = {
        "mark": "",
        "url": found.url,
        "timezone": found.timezone,
        "secret_file": str(found.secret_file),
        "second_level": found.second_level,
        "files": files,
        "names": names,
    }
    for place in _places(settings.path, environment):
        if place.parent.name == "var" and not place.parent.is_dir():
            continue
        fresh = place.with_name(f"{place.name}.{os.getpid()}")
        try:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            said["mark"] = _mark(settings.path, environment, files, names)
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                json.dump(said, file)
            fresh.replace(place)
        except OSError:
            fresh.unlink(missing_ok=True)
            continue
        return


def _places(path: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    """Where the note may lie: with the data of a desk that stands as `init` made it, else in the user's cache."""
    yield path.parent / "var" / f".{path.name}.read"
    home = environment.get("HOME", "")
    if cache := environment.get("XDG_CACHE_HOME", "") or (home and f"{home}/.cache"):
        yield Path(cache) / "mailgate" / f"{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}.read"


def _mark(path: Path, environment: Mapping[str, str], files: list[str], names: list[str]) -> str:
    """All that a full reading depends on, in one word; raises OSError where the config can't be read."""
    text = path.read_bytes()
    seen = hashlib.sha256(text)
    said = (
        FORMAT,
        sys.version_info[:3],
        str(path),
        [_state(file) for file in (str(path), str(path.parent), *sorted(map(str, _SHAPES_FOLDER.glob("**/*.py"))))],
        [(file, _state(file)) for file in files],
        [(name, name in environment) for name in names],
        [environment.get(name, "") for name, sign in _FILLED_IN.items() if sign in text],
    )
    seen.update(repr(said).encode())
    return seen.hexdigest()


def _state(file: str) -> tuple[int, int, int, int] | None:
    """Who may read a file, and when it was changed last; None if it isn't there."""
    try:
        found = os.stat(file)  # noqa: PTH116 - some forty of them, and a Path costs more than the look
    except OSError:
        return None
    return (found.st_mode, found.st_uid, found.st_gid, 0 if stat.S_ISDIR(found.st_mode) else found.st_mtime_ns)


def _files(raw: Mapping[str, Any], folder: Path) -> Iterator[Path]:
    """Files and folders that the config names, as far as they could be some."""
    for key, value in _leaves(raw):
        if key.endswith("_file") or key in {"tls_key", "tls_cert", "texts"}:
            yield folder / Path(value).expanduser()


def _leaves(value: object) -> Iterator[tuple[str, str]]:
    for key, each in value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ():
        if isinstance(each, str) and isinstance(key, str) and each:
            yield key, each
        else:
            yield from _leaves(each)
