"""What `sealed`, `pgp` and `smime` say to each other of signatures and keys."""

from __future__ import annotations

from datetime import datetime

from rules.facts.people import SigningKey
from rules.frozen import dataclass


class Unproven(Exception):
    """Why a signature is no proof; the word goes into the verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What the arithmetic says of a signature that holds."""

    key: SigningKey
    at: datetime
    digest: str


class NoKey(ValueError):
    """Bytes that are no certificate which could be kept; the message says why."""
