"""What a full reading of a config leaves behind for later commands: small files beside the data, and when they may be believed.

A note counts only while all that the full reading looked at is as it was: the file's bytes, the key files and who may read them, names in the
environment, this program. It holds no secret, and it is believed only where nobody else could have written it. Whatever is odd about it means: read
the config. Next: `glance.py` and `kept.py`, which say what is noted.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mailgate.config.site import Settings

FORMAT = 2
"""Of the notes; another one is no note."""
_FILLED_IN = {"CREDENTIALS_DIRECTORY": b"CREDENTIALS_DIRECTORY", "HOME": b"~"}
"""What paths of a config may begin with, by the name in the environment and how it is written."""
_HOUSE = Path(__file__).parent.parent.parent
_PROGRAM = ((_HOUSE / "mailgate" / "config", ".py"), (_HOUSE / "rules", ".py"), (_HOUSE / "templates" / "mail", "words.toml"))
"""Whose files say how a config is read and what is made of it: a newer program reads it anew."""


def believed(path: Path, environment: Mapping[str, str], kind: str) -> Iterator[dict[str, Any]]:
    """What the notes of this kind about a config say, as far as they may be believed; at most two, and nearly always one or none."""
    path = path.absolute()
    for note in _places(path, environment, kind):
        try:
            with note.open("rb") as file:
                state = os.fstat(file.fileno())
                if state.st_uid != os.geteuid() or state.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                    continue
                said = json.load(file)
            if said["mark"] == _mark(path, environment, said["files"], said["names"]):
                yield said
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue


def leave(settings: Settings, environment: Mapping[str, str], kind: str, said: Mapping[str, Any]) -> None:
    """Leave a note about a sound config; where that can't be done nothing is lost."""
    files = sorted({str(settings.secret_file), *map(str, _files(settings.raw, settings.root)), *map(str, _words(settings))})
    names = sorted({value for key, value in _leaves(settings.raw) if key.endswith("_env")})
    for place in _places(settings.path, environment, kind):
        if place.parent.name == "var" and not place.parent.is_dir():
            continue
        fresh = place.with_name(f"{place.name}.{os.getpid()}")
        try:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            note = {"mark": _mark(settings.path, environment, files, names), "files": files, "names": names, **said}
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                json.dump(note, file)
            fresh.replace(place)
        except OSError:
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)
            continue
        return


def _places(path: Path, environment: Mapping[str, str], kind: str) -> Iterator[Path]:
    """Where a note may lie: with the data of a desk that stands as `init` made it, else in the user's cache."""
    yield path.parent / "var" / f".{path.name}.{kind}"
    home = environment.get("HOME", "")
    if cache := environment.get("XDG_CACHE_HOME", "") or (home and f"{home}/.cache"):
        yield Path(cache) / "mailgate" / f"{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}.{kind}"


def _mark(path: Path, environment: Mapping[str, str], files: list[str], names: list[str]) -> str:
    """All that a full reading depends on, in one word; raises OSError where the config can't be read."""
    text = path.read_bytes()
    seen = hashlib.sha256(text)
    said = (
        FORMAT,
        sys.version_info[:3],
        str(path),
        [_state(file) for file in (str(path), str(path.parent))],
        [state for folder, ending in _PROGRAM for state in sorted(_states(str(folder), ending))],
        [(file, _state(file)) for file in files],
        [(name, name in environment) for name in names],
        [environment.get(name, "") for name, sign in _FILLED_IN.items() if sign in text],
    )
    seen.update(repr(said).encode())
    return seen.hexdigest()


def _state(file: str) -> tuple[int, int, int, int] | None:
    """Who may read a file, and when it was changed last; None if it isn't there."""
    try:
        found = os.stat(file)  # noqa: PTH116 - a Path costs more than the look
    except OSError:
        return None
    return (found.st_mode, found.st_uid, found.st_gid, 0 if stat.S_ISDIR(found.st_mode) else found.st_mtime_ns)


def _states(folder: str, ending: str) -> Iterator[tuple[str, int, int]]:
    """Every file below a folder whose name ends so: where it is, how long, and when it was changed last."""
    with os.scandir(folder) as entries:
        for each in entries:
            if each.name.endswith(ending):
                found = each.stat()
                yield (each.path, found.st_size, found.st_mtime_ns)
            elif "." not in each.name and each.name != "__pycache__" and each.is_dir():
                yield from _states(each.path, ending)


def _files(raw: Mapping[str, Any], folder: Path) -> Iterator[Path]:
    """Files and folders that the config names, as far as they could be some."""
    for key, value in _leaves(raw):
        if key.endswith("_file") or key in {"tls_key", "tls_cert", "texts", "logo"}:
            yield folder / Path(value).expanduser()


def _words(settings: Settings) -> Iterator[Path]:
    """Where a site may have words of its own for verbs and fields, now or later."""
    if settings.texts is not None:
        languages = ("en", *(code.partition("-")[0] for code in settings.policy.languages), *settings.policy.languages)
        yield from (settings.texts / language / "words.toml" for language in dict.fromkeys(languages))


def _leaves(value: object) -> Iterator[tuple[str, str]]:
    for key, each in value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ():
        if isinstance(each, str) and isinstance(key, str) and each:
            yield key, each
        else:
            yield from _leaves(each)
