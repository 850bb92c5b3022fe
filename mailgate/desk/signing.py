"""`--key` of agents and persons: certificates by whose signatures their mail is believed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailgate.desk import screen
from mailgate.desk.call import Call
from mailgate.desk.ends import Failed, NoSuch
from mailgate.desk.shapes import Json, moment
from rules.facts.people import SigningKey

if TYPE_CHECKING:
    from sqlalchemy import Connection

Keys = Annotated[
    list[str] | None,
    typer.Option(
        "--key",
        metavar="FILE",
        help="Public OpenPGP key or S/MIME certificate: what it has signed is believed (level 4). -FINGERPRINT takes one off.",
        show_default=False,
    ),
]
SHORTEST = 8
"""Digits of a fingerprint by which a key may be named."""


def change(desk: Call, tx: Connection, given: list[str] | None, *, agent: str | None = None, person_id: int | None = None) -> None:
    """Put keys of files on file for their owner, or take them off; raises Failed and NoSuch."""
    from store import signing
    from store.people import Taken

    for word in given or ():
        mine = signing.of_agent(tx, agent) if agent is not None else signing.of_person(tx, person_id or 0)
        if word.startswith("-"):
            wanted = word[1:].replace(" ", "").replace(":", "").upper()
            found = [key for key in mine if len(wanted) >= SHORTEST and key.fingerprint.endswith(wanted)]
            found += [key for key in mine if len(wanted) >= SHORTEST and key.fingerprint.startswith(wanted) and key not in found]
            if len(found) != 1:
                raise NoSuch(f"{word[1:]} is not the fingerprint of one key of theirs", [key.fingerprint for key in mine])
            signing.remove(tx, found[0].fingerprint)
            continue
        key = read(Path(word.removeprefix("+")))
        if key.ends_at is not None and key.ends_at <= desk.at:
            raise Failed(f"{word}: this key ended on {key.ends_at:%Y-%m-%d}")
        try:
            signing.put(tx, key, desk.at, agent=agent, person_id=person_id)
        except Taken as taken:
            raise Failed(f"{word}: this key is on file for {taken.owner} already") from None
        screen.say(f"{key.kind} {spaced(key.fingerprint)}: compare these digits with its owner, by telephone or on paper")


def read(path: Path) -> SigningKey:
    """The key in a file; raises Failed."""
    from mailgate.trust import pgp, smime
    from mailgate.trust.seals import NoKey

    try:
        data = path.read_bytes()
    except OSError as fault:
        raise Failed(f"{path}: {fault.strerror}") from None
    try:
        is_x509 = b"BEGIN CERTIFICATE" in data or (data[:1] == b"\x30" and b"PGP" not in data)
        return smime.read(data) if is_x509 else pgp.read(data)
    except NoKey as fault:
        raise Failed(f"{path}: {fault}") from None


def shapes(desk: Call, keys: tuple[SigningKey, ...]) -> list[Json]:
    """Keys as `show` prints them."""
    return [
        {"kind": key.kind, "fingerprint": key.fingerprint, "label": key.label or None, "ends_at": moment(key.ends_at, desk.zone)}
        for key in keys
    ]


def spaced(fingerprint: str) -> str:
    """A fingerprint in groups of four, to be read out."""
    return " ".join(fingerprint[n : n + 4] for n in range(0, len(fingerprint), 4))
