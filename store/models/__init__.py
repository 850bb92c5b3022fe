"""The tables: columns and constraints, no relationships, no behaviour. Import this package to have all of them in the metadata."""

from store import columns  # before the first table: names the constraints
from store.models import mail, people, service, things, tickets

__all__ = ["columns", "mail", "people", "service", "things", "tickets"]
