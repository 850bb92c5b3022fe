"""Alembic's entry: run steps on the connection that `store.migrate` hands over, inside the transaction that it began."""

from typing import Any, Literal

from alembic import context
from sqlmodel import SQLModel, UTCDateTime

import store.models  # noqa: F401 - fills the metadata


def ours(_object: object, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:  # noqa: ANN401, FBT001 - Alembic's signature
    """Whether comparing looks at this object: full-text tables belong to their own DDL."""
    return not (kind in {"table", "index"} and name is not None and name.startswith("fts_"))


def spelled(kind: str, item: object, _context: Any) -> str | Literal[False]:  # noqa: ANN401 - Alembic's signature
    """How a draft names our column type: by its public name, which type checkers know."""
    return "sqlmodel.UTCDateTime()" if kind == "type" and isinstance(item, UTCDateTime) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    include_object=ours,
    render_as_batch=True,
    render_item=spelled,
)
context.run_migrations()
