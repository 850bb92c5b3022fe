"""When a mail that the relay didn't take is tried again, and when it is given up.

Pure: age and number of attempts in, an instant or None out. Claiming and recording are the store's, delivering is
`mailgate.sending.courier`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

SHORTEST, LONGEST = timedelta(minutes=5), timedelta(seconds=4000)
"""Bounds of the wait between two attempts: as long as the mail is old, so that it doubles, from 5 to about 67 minutes."""

JITTER = 0.1
"""Part of the wait by which it is made longer or shorter, so that a thousand mails don't come back in one second."""

PATIENCE = timedelta(days=5)
"""How long an ordinary mail is tried (RFC 5321 section 4.5.4.1: at least four to five days)."""

BRIEF = timedelta(days=1)
"""How long an acknowledgement or an answer to a question is tried: later it tells nobody anything."""

BRIEF_TEMPLATES = frozenset({"received", "status-answer", "history-answer", "list-answer", "faq-answer"})
REMINDERS = frozenset({"not-started", "due-soon", "overdue"})

ATTEMPTS_MIN = 3
"""Attempts that every mail gets, however old it became while the desk was off."""


def patience(template: str) -> timedelta | None:
    """How long after it was due a mail is tried; None for reminders, which are tried until their cause is gone."""
    if template in REMINDERS:
        return None
    return BRIEF if template in BRIEF_TEMPLATES else PATIENCE


def next_attempt(
    *, template: str, due_at: datetime, attempts: int, at: datetime, random: Random, obsolete_at: datetime | None = None
) -> datetime | None:
    """When to try again after attempt number `attempts` failed at `at`; None if the mail is given up.

    `due_at` is when the mail was first to leave. `obsolete_at` is when its cause is gone, where that is known: from then on nothing
    is tried again, whatever else holds. The instant is after `at`, never later than the last one that patience allows, if any.
    """
    age = max(at - due_at, timedelta(0))
    wait = min(max(age, SHORTEST), LONGEST) * random.uniform(1 - JITTER, 1 + JITTER)
    again = at + wait
    if obsolete_at is not None and again >= obsolete_at:
        return None
    limit = patience(template)
    if limit is None or attempts < ATTEMPTS_MIN or again <= due_at + limit:
        return again
    return None if age >= limit - SHORTEST else due_at + limit
