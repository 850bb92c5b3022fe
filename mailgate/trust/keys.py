"""The desk's keys: small files, readable by their owner alone.

Those of the tokens are made at the first start. Those of the history's chain lie beside them, under the same name with `.audit`, and are there
if the site wants them. Each line is `number:base64`; the highest number signs, all of them verify. To rotate, add a line.
"""

from __future__ import annotations

import base64
import os
import secrets
import stat
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store.engine import Store


class BadKeys(Exception):
    """A key file that can't be used; the message says what to do."""


def of_chain(secret_file: Path) -> Path:
    """Where the keys of the history's chain are, if there are any."""
    return secret_file.with_name(f"{secret_file.name}.audit")


def chain(secret_file: Path) -> Mapping[int, bytes]:
    """The keys of the history's chain; none where the site has no such file. Raises BadKeys as `load` does."""
    path = of_chain(secret_file)
    return load(path) if path.exists() else {}


def of_desk(path: Path, store: Store, tell: Callable[[str], None]) -> Mapping[int, bytes]:
    """The ring that the desk's mails are signed with. One that is made anew although mails have left is told of: it can't have been meant."""
    if path.exists():
        return load(path)
    ring = load(path)
    if lost := unknown_to(ring, store, datetime.min.replace(tzinfo=UTC)):
        tell(
            f"{path} was gone, and a new one is made: the buttons and reply addresses of {lost} mails sent before prove nothing any more; {BACK}"
        )
    return ring


BACK = "put the old file back in its place, and a line of the new one under a higher number"


def unknown_to(ring: Mapping[int, bytes], store: Store, since: datetime) -> int:
    """How many of the mails that left since then carry tokens that no key of the ring has signed; of very many it looks at some hundred."""
    from rules import tokens  # noqa: PLC0415 - rarely needed
    from store import engine, threads  # noqa: PLC0415

    with engine.reading(store) as tx:
        sent = threads.sent_since(tx, since)
    found = [(each, tokens.read(each.message_id)) for each in sent]
    return sum(not tokens.verify(token, ring, each) for each, token in found if token is not None)


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
