"""The little that most commands need of a config: where the database is, the zone, the key file. Taken from a note that the last full reading left.

Reading a config in full loads pydantic and every section's shape, a third of a second of processor time. Next: `notes.py` for when a note counts,
`kept.py` for all of a config.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mailgate.config import notes

if TYPE_CHECKING:
    from mailgate.config.site import Settings


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
    for said in notes.believed(path, environment, "read"):
        try:
            return Glance(said["url"], said["timezone"], Path(said["secret_file"]), bool(said["second_level"]))
        except (KeyError, TypeError):
            continue
    return None


def note(settings: Settings, environment: Mapping[str, str]) -> None:
    """Leave a note of a sound config."""
    if settings.store.password is None:
        notes.leave(settings, environment, "read", {**of(settings)._asdict(), "secret_file": str(settings.secret_file)})
