"""The tables: columns and constraints, no relationships, no behaviour. Import this package to have all of them in the metadata.

Databases are made from these; statements are made of `store.tables`, which packaging/new_tables.py writes from them.
"""

from store.models import conventions  # before the first table: names the constraints

# isort: split
from store.models import mail, people, search, service, things, tickets

__all__ = ["conventions", "mail", "people", "search", "service", "things", "tickets"]
