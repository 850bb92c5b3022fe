"""The desk's keys: small files, readable by their owner alone.

Those of the tokens are made at the first start. Those of the history's chain lie beside them, under the same name with `.audit`, and are there
if the site wants them. Each line is `number:base64`; the highest number signs, all of them verify. To rotate, add a line.
"""

from __future__ import annotations

import base64
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path


class BadKeys(Exception):
    """A key file that can't be used; the message says what to do."""


def of_chain(secret_file: Path) -> Path:
    """Where the keys of the history's chain are, if there are any."""
    return secret_file.with_name(f"{secret_file.name}.audit")


def chain(secret_file: Path) -> Mapping[int, bytes]:
    """The keys of the history's chain; none where the site has no such file. Raises BadKeys as `load` does."""
    path = of_chain(secret_file)
    return load(path) if path.exists() else {}


def load(path: Path) -> Mapping[int, bytes]:
    """The key ring of a file, which is made if it isn't there. Raises BadKeys for one that others may read, or that makes no sense."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return load(path)
        with os.fdopen(handle, "w") as file:
            file.write(f"1:{base64.b64encode(secrets.token_bytes(32)).decode()}\n")
            file.flush()
            os.fsync(file.fileno())
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise BadKeys(f"{path} may be read by others; run: chmod 600 {path}")
    ring: dict[int, bytes] = {}
    for line in path.read_text().split():
        number, _, encoded = line.partition(":")
        try:
            ring[int(number)] = base64.b64decode(encoded, validate=True)
        except ValueError:
            raise BadKeys(f"{path} has a line that is not number:base64") from None
    if not ring or any(len(key) < 16 for key in ring.values()):  # 128 bits
        raise BadKeys(f"{path} holds no key of 16 bytes or more")
    return ring
