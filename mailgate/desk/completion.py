"""Completion for the shell: its script, and the references and names of this desk that may stand at a place."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from mailgate.desk import call

if TYPE_CHECKING:
    from sqlalchemy import Connection

MOST = 50
"""References offered at a time, the newest."""


class Shell(StrEnum):
    """Shells that there is a script for."""

    bash = "bash"
    zsh = "zsh"
    fish = "fish"


def completion(shell: Annotated[Shell, typer.Argument(help="Whose script.", show_default=False)]) -> None:
    """The script that makes a shell complete commands, options, references and names."""
    from typer._completion_shared import get_completion_script

    print(get_completion_script(prog_name="mailgate", complete_var="_MAILGATE_COMPLETE", shell=shell.value))


def refs(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Tickets whose reference begins so, the newest first, with their subjects."""

    def found(tx: Connection) -> Iterator[tuple[str, str]]:
        from mailgate.desk import screen
        from store.queries import tickets

        for each in tickets.listed(tx, tickets.Filter(sort="newest")):
            if each.ref.casefold().startswith(incomplete.casefold()):
                yield each.ref, screen.plain(each.subject)[:60]

    return _asked(context, found)


def agents(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Agents whose name begins so."""

    def found(tx: Connection) -> Iterator[tuple[str, str]]:
        from mailgate.desk import screen
        from store import people

        for name, agent in sorted(people.directory(tx).agents.items()):
            if name.startswith(incomplete.casefold()):
                yield name, screen.plain(agent.full_name)

    return _asked(context, found)


def groups(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Groups whose key begins so."""

    def found(tx: Connection) -> Iterator[tuple[str, str]]:
        from mailgate.desk import screen
        from store import people

        for key, group in sorted(people.directory(tx).groups.items()):
            if key.casefold().startswith(incomplete.casefold()):
                yield key, screen.plain(group.title)

    return _asked(context, found)


def categories(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Categories of the config whose key begins so."""
    try:
        known = call.of(context).settings.policy.categories
    except Exception:  # noqa: BLE001 - as below
        return []
    return [(key, known[key].title) for key in sorted(known) if key.startswith(incomplete)][:MOST]


def line(words: str, at: int) -> tuple[str, int, str]:
    """The line to complete without a `--config FILE` that stands before the word at the cursor, where that is then, and the file; empty if none is named."""
    between = "\n" if "\n" in words else " "  # bash puts each word on a line of its own, so that blanks within stay
    said = words.split(between)
    for n, word in enumerate(said):
        if word.startswith("--config=") and n < at:
            return between.join((*said[:n], *said[n + 1 :])), at - 1, _bare(word.partition("=")[2])
        if word == "--config" and n + 1 < at:
            return between.join((*said[:n], *said[n + 2 :])), at - 2, _bare(said[n + 1])
    return words, at, ""


def _bare(word: str) -> str:
    """A word without the shell's quotes; a quote that is still open is left."""
    try:
        return " ".join(shlex.split(word))
    except ValueError:
        return word


def _asked(context: typer.Context, found: Callable[[Connection], Iterator[tuple[str, str]]]) -> list[tuple[str, str]]:
    """The answers of the store; none where there is no desk: whoever presses Tab wants no complaint."""
    try:
        from itertools import islice

        from store import engine

        with call.of(context).store(prepared=False) as store, engine.reading(store) as tx:
            return list(islice(found(tx), MOST))
    except Exception:  # noqa: BLE001 - a Tab must never print a traceback into the line
        return []
