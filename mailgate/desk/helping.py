"""What `--help` says of a command: plain words in two columns, as wide as the screen, with examples that can be copied whole.

Typer's own help names Python's types and draws boxes, which break on a narrow screen and are read out one sign after another.
"""

from __future__ import annotations

import inspect
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer.core

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter

WIDEST = 100
"""Longer lines than this are hard to read."""
NARROW = 60
"""Columns below which what is said of a word stands under it."""
_COLUMN = 26
"""Columns that words may take before what is said of them."""

ANYWHERE = (
    ("--config PATH", "The config; else $MAILGATE_CONFIG, else ./config.toml."),
    ("--json", "One JSON document on stdout, and nothing else."),
    ("--now TIME", "Act as of that time, such as 2026-11-30T09:00+02:00."),
    ("--watch[=SECONDS]", "Show a list anew every two seconds, until Ctrl-C."),
    ("--version", "Say which version this is."),
)
"""Options that cli.py takes from wherever they stand."""


def plainly() -> None:
    """Let all commands show their help by this module. Typer has no switch for this."""
    typer.core.TyperCommand.format_help = _format  # type: ignore[method-assign, assignment]
    typer.core.TyperGroup.format_help = _format  # type: ignore[method-assign, assignment]


def _format(command: Any, context: Context, formatter: HelpFormatter) -> None:  # noqa: ANN401 - typer's click command
    width = min(shutil.get_terminal_size((80, 24)).columns, WIDEST)
    formatter.write("\n".join(_lines(command, context, max(width, 30))))


def _lines(command: Any, context: Context, width: int) -> Iterator[str]:  # noqa: ANN401
    given = [each for each in command.get_params(context) if not getattr(each, "hidden", False)]
    arguments = [each for each in given if each.param_type_name == "argument"]
    options = [each for each in given if each.param_type_name == "option"]
    inner = (
        {name: found for name in command.list_commands(context) if not (found := command.get_command(context, name)).hidden}
        if hasattr(command, "list_commands")
        else {}
    )
    is_root = context.parent is None
    yield from _wrapped(_usage(context.command_path, arguments, options, has_commands=bool(inner)), width, later="  ")
    said = inspect.cleandoc(command.help or "")
    if said and said != ", ".join(inner):
        for paragraph in said.split("\n\n"):
            yield ""
            yield from _wrapped(paragraph, width)
    if any(each.help for each in arguments):
        yield from _section("Arguments", [(_name(each), each.help or "") for each in arguments], width)
    if not is_root and (shown := [(_option(each), _said(each)) for each in options if each.name != "help" or not inner]):
        yield from _section("Options", shown, width)
    panels: dict[str, list[tuple[str, str]]] = {}
    for name, each in inner.items():
        panel = getattr(each, "rich_help_panel", None)
        panels.setdefault(panel if isinstance(panel, str) else "Commands", []).append((name, each.help or ""))
    for panel, rows in panels.items():
        yield from _section(panel, rows, width)
    if is_root:
        yield from _section("Anywhere on the line", ANYWHERE, width)
        yield ""
        yield from _wrapped("mailgate COMMAND --help says more, with examples.", width)
    if command.epilog:
        # Examples stay on one line each, however long: a line that was broken can't be copied.
        title, *examples = [each for each in command.epilog.split("\n\n") if each]
        yield ""
        yield _bold(title.rstrip(":"))
        yield from (f"  {each.strip()}" for each in examples)


def _usage(path: str, arguments: Sequence[Any], options: Sequence[Any], *, has_commands: bool) -> str:
    needed = [_option(each) for each in options if each.required]
    words = [_name(each) if each.required else f"[{_name(each)}]" for each in arguments]
    others = ["[OPTIONS]"] if any(not each.required and each.name != "help" for each in options) and path != "mailgate" else []
    return " ".join(["Usage:", path, *words, *needed, *others, *(["COMMAND"] if has_commands else [])])


def _name(argument: Any) -> str:  # noqa: ANN401
    """What stands for an argument, in capitals; bare of the brackets that say it may be left out."""
    name: str = argument.metavar or argument.name.upper()
    if name.startswith("[") and name.endswith("]"):
        name = name[1:-1]
    return name if argument.nargs == 1 or name.endswith("…") else f"{name}…"


def _option(option: Any) -> str:  # noqa: ANN401
    names = ", ".join(sorted([*option.opts, *option.secondary_opts], key=lambda name: (name.startswith("--"), 0)))
    kind = _kind(option)
    return f"{names} {kind}" if kind else names


def _kind(option: Any) -> str:  # noqa: ANN401
    """What an option takes, in a word; nothing for a switch."""
    if option.is_flag or option.count:
        return ""
    described = option.type_descriptor
    if option.metavar:
        kind = str(option.metavar)
    elif described.is_choice:
        kind = "|".join(str(getattr(each, "value", each)) for each in described.choices or ())
    else:
        kind = {int: "NUMBER", float: "NUMBER", Path: "FILE"}.get(described.annotation, "TEXT")
    return f"{kind} …" if described.is_list else kind


def _said(option: Any) -> str:  # noqa: ANN401
    if option.name == "help":
        return "Show this."
    said = option.help or ""
    default = option.default
    if option.show_default and not option.is_flag and isinstance(default, str | int | float) and default != "":
        said = f"{said} Default: {default:g}." if isinstance(default, float) else f"{said} Default: {default}."
    return f"{said} Required.".strip() if option.required else said


def _section(title: str, rows: Iterable[tuple[str, str]], width: int) -> Iterator[str]:
    """A title and two columns; under each other where the screen is narrow or a word is long."""
    rows = tuple(rows)
    yield ""
    yield _bold(title)
    column = 6 if width < NARROW else min(_COLUMN, max(len(name) for name, _ in rows) + 4)
    for name, said in rows:
        lines = list(_wrapped(said, width - column))
        if width >= NARROW and len(name) <= column - 4:
            yield f"  {name}".ljust(column) + (lines[0] if lines else "") if lines else f"  {name}"
            lines = lines[1:]
        else:
            yield from _wrapped(f"  {name}", width, later="    ")
        yield from (" " * column + line for line in lines)


def _wrapped(text: str, width: int, later: str = "") -> Iterator[str]:
    yield from textwrap.wrap(
        text, width, subsequent_indent=later, break_long_words=False, break_on_hyphens=False, drop_whitespace=True, replace_whitespace=True
    )


def _bold(title: str) -> str:
    return f"\x1b[1m{title}\x1b[0m" if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else title
