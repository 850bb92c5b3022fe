"""The board: tickets as folders of an IMAP server. Only whether it is configured is known here; this version compares no folders yet."""

from __future__ import annotations

from typing import Any

import typer

from mailgate.desk import call, screen
from mailgate.desk.call import Call
from mailgate.desk.ends import Failed

app = typer.Typer(no_args_is_help=True)

NONE = "no board is configured: [board] in the config names the IMAP server that shall show the tickets as folders"
NOT_YET = "this version writes no board yet; [board] is read and checked, and nothing is done with it"


@app.command()
def status(context: typer.Context) -> None:
    """Whether there is a board, and where."""
    desk = call.of(context)
    shape = _shape(desk)
    screen.result(desk, shape, shape["what"])


@app.command()
def sync(context: typer.Context) -> None:
    """Compare the boards with the tickets now; exit 1 where that can't be done."""
    raise Failed(_shape(call.of(context))["what"])


def _shape(desk: Call) -> dict[str, Any]:
    board = desk.settings.board
    return {
        "configured": board is not None,
        "host": board.host if board is not None else None,
        "folder": board.folder if board is not None else None,
        "synced_at": None,
        "what": NOT_YET if board is not None else NONE,
    }
