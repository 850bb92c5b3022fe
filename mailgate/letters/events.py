"""What is going on while mails about it are made."""

from __future__ import annotations

from datetime import datetime

from rules.facts.people import Actor, Directory
from rules.facts.policy import Policy
from rules.facts.ticket import Ticket
from rules.frozen import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What all letters of one cause share."""

    at: datetime
    policy: Policy
    directory: Directory
    actor: Actor
    before: Ticket | None = None
    received_id: int | None = None
    newest_post: int = 0
    ready: tuple[tuple[str, str], ...] = ()
    """Names and titles of the desk's canned answers that fit, for mails to staff whose reply is an answer."""
