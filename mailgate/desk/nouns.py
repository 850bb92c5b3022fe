"""The commands of a noun: only the one that was named is loaded and looked at, all of them where help is asked for.

Typer takes a millisecond or two to read the options of a command, and checks each value by pydantic, which takes a tenth of a second to load. Most values
are plain words, which need no checking.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

import typer
import typer.core
from typer._coercion import RuntimeParam, TypeDescriptor, build_runtime_param

if TYPE_CHECKING:
    from typer._click import Context
    from typer.core import _TyperParameter


FEW_DIGITS = 10
"""A number of fewer digits is what it looks like."""


def group(table: Mapping[str, str], command: str) -> typer.Typer:
    """The commands of a table: name to `module.function` within this room; the named one alone, if it is one of them."""
    app = typer.Typer(no_args_is_help=True)
    for name, place in table.items():
        if command in {name, ""} or command not in table:
            module, _, function = place.partition(".")
            app.command(name)(getattr(importlib.import_module(f"mailgate.desk.{module}"), function))
    return app


def of(module: ModuleType, command: str) -> typer.Typer:
    """The commands of a noun's module: what it lists in `COMMANDS`, else its `app`."""
    table = getattr(module, "COMMANDS", None)
    if table is not None:
        return group(table, command)
    app: typer.Typer = module.app
    named = [each for each in app.registered_commands if (each.name or getattr(each.callback, "__name__", "")) == command]
    if named:
        only = typer.Typer(no_args_is_help=True)
        only.registered_commands = named
        return only
    return app


def plainly() -> None:
    """Let words and simple numbers be taken as they are; other numbers, choices and paths are checked by Typer as ever. Typer has no switch for this."""
    typer.core.build_runtime_param = _runtime_param  # type: ignore[attr-defined]


def _runtime_param(descriptor: TypeDescriptor) -> RuntimeParam:
    if descriptor.parameter_info.parser is not None or descriptor.file_annotation is not None:
        return build_runtime_param(descriptor)
    return _Word(parameter_info=descriptor.parameter_info, annotation=descriptor.annotation, described=descriptor)


@dataclass(frozen=True)
class _Word(RuntimeParam):
    """A value that is a word, a list of words or a number; Typer's own check, made when needed, for anything else."""

    described: TypeDescriptor

    @property
    def _is_number(self) -> bool:
        """Whether any whole number will do."""
        return self.annotation is int and self.parameter_info.min is None and self.parameter_info.max is None

    def _coerce_value(self, value: Any, param: _TyperParameter, ctx: Context) -> Any:  # noqa: ANN401
        if self.annotation is str and isinstance(value, str):
            return value
        if self.annotation == list[str] and isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
            return list(value)
        if self.annotation is bool and isinstance(value, bool):
            return value
        if self._is_number and isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < FEW_DIGITS:
            return int(value)
        return build_runtime_param(self.described)._coerce_value(value, param, ctx)  # noqa: SLF001
