"""What all sections of the config share: unknown keys and wrong types are refused, every key says what it is for."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A table of config.toml. Strict: a number in quotes is a text, and `1` is not `true`."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, defer_build=True, arbitrary_types_allowed=True, hide_input_in_errors=True
    )


def says(meaning: str, default: Any = ..., **more: Any) -> Any:  # noqa: ANN401 - as pydantic.Field, and so typed
    """A key with its meaning; the default is written as in the file and read like it. Without a default the key is needed."""
    return Field(default=default, description=meaning, validate_default=default is not ... and default is not None, **more)


def secret(what: str) -> Any:  # noqa: ANN401 - as pydantic.Field
    """A key whose value is never shown."""
    return Field(default=None, description=what, json_schema_extra={"writeOnly": True})
