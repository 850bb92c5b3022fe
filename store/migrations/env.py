"""Alembic's entry: run steps on the connection that `store.migrate` hands over, inside the transaction that it began."""

from typing import Any

from alembic import context
from sqlmodel import SQLModel

import store.models  # noqa: F401 - fills the metadata


def ours(_object: object, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:  # noqa: ANN401, FBT001 - Alembic's signature
    """Whether comparing looks at this object: full-text tables belong to their own DDL."""
    return not (kind == "table" and name is not None and name.startswith("fts_"))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    include_object=ours,
    render_as_batch=True,
    user_module_prefix=None,
)
context.run_migrations()
