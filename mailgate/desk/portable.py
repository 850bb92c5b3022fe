"""The whole desk as mail and plain files, out and back in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailgate.desk import call, screen
from mailgate.desk.call import Call
from mailgate.desk.ends import Failed, NoSuch

if TYPE_CHECKING:
    from sqlalchemy import Connection

Folder = Annotated[Path, typer.Argument(metavar="DIR", show_default=False)]


def export(context: typer.Context, folder: Folder) -> None:
    """Write the whole desk into DIR, also while it runs: mails as .eml and mbox, everything else as lines of JSON."""
    from store import engine, portable

    desk = call.of(context)
    with desk.store() as store, engine.reading(store) as tx:
        try:
            with screen.progress("rows") as step:
                done = portable.write(tx, folder, desk.at, step=step)
        except FileExistsError:
            raise Failed(f"{folder} isn't empty: an export overwrites nothing") from None
        boxes = _boxes(tx, folder / "tickets")
    screen.say(f"keep {desk.settings.secret_file} and {desk.settings.path} beside it: they belong to the desk and are not in it")
    shape = {"folder": str(folder), "rows": done.rows, "mails": done.mails, "tickets": boxes}
    screen.result(desk, shape, f"{folder}: {boxes} tickets, {done.mails} mails")


def import_(context: typer.Context, folder: Folder) -> None:
    """Read an export into an empty database; all of it or nothing. Everything is checked before it counts."""
    from mailgate.desk.db import addresses_in
    from mailgate.parsing.parse import part_bytes
    from store import checking, engine, portable
    from store.durability import Unfit

    desk = call.of(context)
    if not (folder / "desk.json").is_file():
        raise NoSuch(f"{folder} holds no export: there is no desk.json in it")
    named = addresses_in(desk.settings.path.read_text())
    with desk.store() as store, engine.transaction(store) as tx:
        try:
            with screen.progress("rows") as step:
                done = portable.read(tx, folder, step=step)
        except FileExistsError as there:
            raise Failed(f"the database isn't empty, it has rows of {there}: an import needs a new one") from None
        except (Unfit, FileNotFoundError, ValueError) as why:
            raise Failed(f"the export can't be read: {why}") from None
        flaws = [f"{flaw.check}: {flaw.what}" for flaw in checking.check(tx, ours=named, file_of=part_bytes)]
        if flaws:
            raise Failed("nothing was imported: " + "; ".join(flaws[:10]))
    tickets = done.rows.get("ticket", 0)
    screen.result(
        desk, {"folder": str(folder), "rows": done.rows, "mails": done.mails, "tickets": tickets}, _said(desk, tickets, done.mails)
    )


def _said(desk: Call, tickets: int, mails: int) -> str:
    return f"{tickets} tickets, {mails} mails are in {desk.settings.store.url}"


def _boxes(tx: Connection, folder: Path) -> int:
    """The mails of each ticket as one mbox; gives how many tickets there are."""
    from store.queries import tickets

    ids = tickets.all_ids(tx)
    with screen.progress("tickets", of=len(ids)) as step:
        for number, (ref, ticket_id) in enumerate(ids, 1):
            _box(tx, folder, ref, ticket_id)
            step(number)
    return len(ids)


def _box(tx: Connection, folder: Path, ref: str, ticket_id: int) -> None:
    from mailgate.desk import ticket_files
    from store.queries import mail as read

    raws = list(read.raws_of_ticket(tx, ticket_id))
    if raws:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = "".join(c if c.isalnum() or c in "-_." else "_" for c in ref)
        ticket_files.write(folder / f"{name}.mbox", b"".join(ticket_files.entry(at, sender, raw) for at, sender, raw in raws))
