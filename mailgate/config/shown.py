"""What is in force: every key with the value that counts, as it would be written, secrets as three stars."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mailgate.config import schema
from mailgate.config.reading import section_in
from mailgate.config.schema.base import Section

STARS = "***"
_IN_URL = re.compile(r"(?<=://)([^/@]*:)[^/@]*(?=@)")


def effective(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The whole config with its defaults filled in. Sections that mean a door stay away where there is no such door."""
    shown: dict[str, Any] = {}
    for name, model in schema.SINGLE.items():
        if name in raw or name not in schema.OPTIONAL:
            shown[name] = _section(model, raw.get(name, {}))
    for name, model in schema.NAMED.items():
        shown[name] = {key: _section(model, each) for key, each in raw.get(name, {}).items()}
    for name, model in schema.LISTED.items():
        shown[name] = [_section(model, each) for each in raw.get(name, [])]
    return shown


def _section(model: type[Section], said: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _value(key, field, said) for name, field in model.model_fields.items() for key in (field.alias or name,)}


def _value(key: str, field: Any, said: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a TOML value
    value = said.get(key, None if field.is_required() else field.default)
    if key in {"password", "client_secret"}:
        return STARS if value else None
    if key == "url" and isinstance(value, str):
        return _IN_URL.sub(rf"\g<1>{STARS}", value)
    inner = section_in(field.annotation)
    if inner is not None and isinstance(value, dict) and key != "workflow":
        return _section(inner, value)
    if inner is not None and isinstance(value, list):
        return [_section(inner, each) if isinstance(each, dict) else each for each in value]
    return _plain(value)


def _plain(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value.isoformat() if hasattr(value, "isoformat") else value
