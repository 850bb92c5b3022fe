"""What a check of the doctor found."""

from __future__ import annotations

from rules.frozen import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check: where it belongs, its name, `ok`, `warning` or `broken`, what was seen, and how to mend it."""

    area: str
    check: str
    level: str = "ok"
    what: str = ""
    mend: str = ""
    code: str = ""
    """A word for scripts, such as W-TICKET-TRICK."""
