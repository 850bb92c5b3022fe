"""What a question about the data may use: the rows, the time, and what only the rooms above know."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import field
from datetime import datetime

from sqlalchemy import Connection

from rules.frozen import dataclass

FileOf = Callable[[bytes, str], bytes]
"""The decoded bytes of a file of a mail by its path; KeyError where the mail has none there."""

Delivered = Callable[[], Iterator[tuple[str, bytes]]]
"""Message-ID and bytes of every mail that left, where somebody keeps them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The circumstances of one check."""

    tx: Connection
    at: datetime | None = None
    """The time, where what ought to have happened by now is asked too."""
    ours: Collection[str] = field(default_factory=frozenset)
    """Addresses, in their compared form, that the config writes to."""
    file_of: FileOf | None = None
    """How files are found in mails, where they are to be looked at too."""
    delivered: Delivered | None = None
    """What left, where it can be seen: the relay is a Maildir."""
