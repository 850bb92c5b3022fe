"""Passwords and keys: where each one comes from, never what it is.

A `Secret` prints as `***` wherever it is shown, logged or caught in a traceback; only `reveal` gives it away, at the moment of use.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A secret by its source: exactly one of a text, a file and a variable of the environment."""

    text: str = ""
    file: Path | None = None
    variable: str = ""
    environment: Mapping[str, str] = field(default_factory=dict, compare=False)

    def reveal(self) -> str:
        """The secret itself, read afresh from a file so that a changed password needs no restart. Raises OSError if the file is gone."""
        if self.file is not None:
            return self.file.read_text(encoding="utf-8").rstrip("\r\n")
        if self.variable:
            return self.environment.get(self.variable, "")
        return self.text

    def __repr__(self) -> str:
        """Three stars."""
        return "Secret(***)"

    __str__ = __repr__


def exposed(path: Path, environment: Mapping[str, str]) -> str:
    """Why a file with a secret in it must not be used, empty if it may: others on this machine could read it, or we can't.

    Readable by a group is fine only where the group is how we get at it: the file belongs to somebody else and to a group of ours.
    Files under $CREDENTIALS_DIRECTORY are the service manager's own and shown with the bits of its access list.
    """
    try:
        found = path.stat()
    except OSError as why:
        return f"{path} can't be read: {why.strerror}"
    if not stat.S_ISREG(found.st_mode):
        return f"{path} is not a file"
    if not os.access(path, os.R_OK):
        return f"{path} can't be read: Permission denied"
    credentials = environment.get("CREDENTIALS_DIRECTORY", "")
    if credentials and path.is_relative_to(credentials):
        return ""
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o007:
        return f"{path} can be read by everybody on this machine (mode {mode:04o}); run: chmod 600 {path}"
    by_group = found.st_uid != os.geteuid() and found.st_gid in {os.getegid(), *os.getgroups()} and os.geteuid() != 0
    if mode & 0o070 and not by_group:
        return f"{path} can be read by its whole group (mode {mode:04o}); run: chmod 600 {path}"
    return ""
