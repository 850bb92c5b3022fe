"""Mail that came in: every command of the noun, by name. What they do is in `mail_in.py`, `mail_views.py` and `mail_held.py`."""

from __future__ import annotations

from types import MappingProxyType

COMMANDS = MappingProxyType(
    {
        "in": "mail_in.in_",
        "read": "mail_in.read",
        "list": "mail_views.list_",
        "show": "mail_views.show",
        "raw": "mail_views.raw",
        "fates": "mail_views.fates",
        "retry": "mail_held.retry",
        "release": "mail_held.release",
        "drop": "mail_held.drop",
    }
)
"""Each command of the noun, in the order of its help, and the function of this room that carries it out."""
