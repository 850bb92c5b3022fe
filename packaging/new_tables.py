"""Writes store/tables.py and store/kinds.py from the models: run it after a change of them (`new_migration.py` does)."""

import subprocess
import sys
from pathlib import Path

from sqlalchemy import Column, Table
from sqlalchemy.sql.schema import ScalarElementColumnDefault
from sqlmodel import UTCDateTime

from store import models

PAGE = Path(__file__).resolve().parent.parent / "store" / "tables.py"
KINDS = PAGE.with_name("kinds.py")
RUFF = Path(sys.executable).with_name("ruff")
HEAD = '''"""The tables as statements are made of them: columns with their types and defaults. Written by packaging/new_tables.py.

A change belongs into `store.models`, where constraints, indexes and meanings stand and from where databases are made; a test compares the
two. Loading the models would cost each command and each start of the daemon half a second of processor time.
"""

from __future__ import annotations

from sqlalchemy import {types}, Column, MetaData, Table

from store.columns import UtcTime

_all = MetaData()
'''
KINDS_HEAD = '''"""Columns whose values a driver gives otherwise than we use them, by table. Written by packaging/new_tables.py, for `store.plain`."""

from __future__ import annotations

from collections.abc import Mapping
'''


def tables() -> dict[str, Table]:
    """Names of models to their tables, in the order of the files."""
    return {
        name: model.__table__
        for module in (models.people, models.tickets, models.mail, models.service, models.things, models.search)
        for name, model in vars(module).items()
        if hasattr(model, "__table__") and model.__module__ == module.__name__
    }


def kind(column: Column) -> str:
    """The type as it is written."""
    return "UtcTime" if isinstance(column.type, UTCDateTime) else type(column.type).__name__


def default(column: Column) -> str:
    """The keyword for the default, empty if there is none."""
    if column.default is None:
        return ""
    if isinstance(column.default, ScalarElementColumnDefault):
        return f", default={column.default.arg!r}"
    made = column.default.arg(None)
    if made not in ([], {}):
        raise SystemExit(f"{column}: a default of this kind can't be written")
    return f", default={type(made).__name__}"


def written() -> str:
    """The whole file, not yet formatted."""
    used = {kind(column) for table in tables().values() for column in table.columns}
    lines = [HEAD.format(types=", ".join(sorted(used - {"UtcTime"})))]
    for name, table in tables().items():
        columns = [
            f"    Column({column.name!r}, {kind(column)}{', primary_key=True' if column.primary_key else ''}"
            f"{', nullable=False' if not column.nullable and not column.primary_key else ''}{default(column)}),"
            for column in table.columns
        ]
        lines += [f"{name} = Table(", f"    {table.name!r},", "    _all,", *columns, ")"]
    return "\n".join(lines) + "\n"


def kinds() -> str:
    """The whole file of kinds, not yet formatted."""
    lines = [KINDS_HEAD]
    for name, wanted in (("TIMES", "UtcTime"), ("JSONS", "JSON"), ("FLAGS", "Boolean"), ("DAYS", "Date")):
        lines.append(f"{name}: Mapping[str, tuple[str, ...]] = {{")
        for table in tables().values():
            columns = tuple(column.name for column in table.columns if kind(column) == wanted)
            if columns:
                lines.append(f"    {table.name!r}: {columns!r},")
        lines.append("}")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write and format them."""
    PAGE.write_text(written())
    KINDS.write_text(kinds())
    subprocess.run([RUFF, "check", "--quiet", "--fix", PAGE, KINDS], check=False)
    subprocess.run([RUFF, "format", "--quiet", PAGE, KINDS], check=True)


if __name__ == "__main__":
    main()
