"""Staff and the parties whose mail is awaited, as they were last read: what nearly every mail is held against."""

from __future__ import annotations

from sqlalchemy import Connection

from rules.facts.people import Directory, Party
from rules.frozen import dataclass
from store import people


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """What is read once per batch."""

    directory: Directory
    parties: tuple[Party, ...]

    @classmethod
    def load(cls, tx: Connection, last: Roster | None = None) -> Roster:
        """As the store has it now: the very `last` if nothing has changed, for what is made of it is remembered by identity."""
        fresh = cls(directory=people.directory(tx), parties=people.parties(tx))
        return last if last is not None and fresh == last else fresh
