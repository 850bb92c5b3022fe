"""The tables: columns and constraints, no relationships, no behaviour. Import this package to have all of them in the metadata."""

from store.models import mail, people, service, tickets

__all__ = ["mail", "people", "service", "tickets"]
