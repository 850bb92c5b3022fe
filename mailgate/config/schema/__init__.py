"""The shape of config.toml: one model a section, each key with its meaning. Models are built only for sections that a config has.

Values become what the program uses while they are read (`mailgate.config.values`); what sections owe each other is checked in
`mailgate.config.checks`. Adding a key: one line in its section, its place in `mailgate.config.build`, a comment in config.toml.
"""

from __future__ import annotations

from typing import Any

from mailgate.config.schema import desk, doors, service
from mailgate.config.schema.base import Section

SINGLE: dict[str, type[Section]] = {
    "desk": desk.Desk,
    "store": doors.Store,
    "smtp": doors.Smtp,
    "submission": doors.Submission,
    "lmtp": doors.Lmtp,
    "relay": doors.Relay,
    "trust": desk.Trust,
    "limits": desk.Limits,
    "unknown": desk.Unknown,
    "notify": desk.Notify,
    "options": desk.Options,
    "clock": service.Clock,
    "spam": desk.Spam,
    "privacy": desk.Privacy,
    "archive": desk.Archive,
    "metrics": doors.Metrics,
    "log": doors.Log,
    "board": doors.Board,
}
"""Sections that stand once, `[name]`."""

LISTED: dict[str, type[Section]] = {
    "imap": doors.Imap,
    "category": service.Category,
    "type": service.Type,
    "severity": service.Severity,
    "channel": service.Channel,
    "role": service.Role,
    "device_model": service.DeviceModel,
    "rule": service.Rule,
    "timer": service.Timer,
    "report": service.Report,
}
"""Sections that stand any number of times, `[[name]]`, in an order that counts."""

NAMED: dict[str, type[Section]] = {"hours": service.Hours}
"""Sections that stand once for each name, `[hours.office]`."""

OPTIONAL = frozenset({"smtp", "submission", "lmtp", "board"})
"""Single sections whose absence means that there is no such thing, rather than that it has its defaults."""


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the whole file, for editors."""
    models = [*SINGLE.values(), *LISTED.values(), *NAMED.values()]
    from pydantic.json_schema import models_json_schema  # noqa: PLC0415 - only `config schema` needs it

    refs, definitions = models_json_schema([(model, "validation") for model in models])
    at = {model: refs[model, "validation"] for model in models}
    sections: dict[str, Any] = {name: at[model] for name, model in SINGLE.items()}
    sections |= {name: {"type": "array", "items": at[model]} for name, model in LISTED.items()}
    sections |= {name: {"type": "object", "additionalProperties": at[model]} for name, model in NAMED.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Mailgate's config.toml",
        "type": "object",
        "properties": sections,
        "required": ["desk"],
        "additionalProperties": False,
        **definitions,
    }
