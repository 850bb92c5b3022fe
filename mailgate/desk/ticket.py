"""Tickets: every command of the noun, by name. What they do is in `ticket_views.py`, `ticket_acts.py` and `ticket_files.py`."""

from __future__ import annotations

from types import MappingProxyType

COMMANDS = MappingProxyType(
    {
        "list": "ticket_views.list_",
        "show": "ticket_views.show",
        "history": "ticket_views.history",
        "new": "ticket_new.new",
        "do": "ticket_acts.do",
        "edit": "ticket_acts.edit",
        "reply": "ticket_acts.reply",
        "note": "ticket_acts.note",
        "print": "ticket_print.print_",
        "export": "ticket_files.export",
        "delete": "ticket_files.delete",
    }
)
"""Each command of the noun, in the order of its help, and the function of this room that carries it out."""
