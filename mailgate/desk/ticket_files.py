"""Taking a ticket out, and doing away with it: export, delete."""

from __future__ import annotations

import os
import re
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailgate.desk import call, screen, tickets
from mailgate.desk.call import Call
from mailgate.desk.ends import Failed, Misused
from mailgate.desk.ticket_views import As, Ref

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from rules.facts.ticket import Ticket
    from store.plain import Reading

_FROM = re.compile(rb"^(>*From )", re.MULTILINE)


def export(
    context: typer.Context,
    ref: Ref,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Where the mbox goes; stdout if nothing is said.", show_default=False)
    ] = None,
    files: Annotated[Path | None, typer.Option("--files", metavar="DIR", help="Where its attached files go.", show_default=False)] = None,
) -> None:
    """All mails of a ticket, received and sent, as mbox (mboxrd); its files with --files."""
    from store.lists import mail as read

    desk = call.of(context)
    if desk.as_json and to is None and files is None:
        raise Misused("with --json say where the mails go: --to FILE, --files DIR")
    with desk.reading() as tx:
        ticket = tickets.find(tx, ref)
        raws = list(read.raws_of_ticket(tx, ticket.id))
        written = _files(tx, ticket, files) if files is not None else []
    box = b"".join(entry(at, sender, raw) for at, sender, raw in raws)
    if to is not None:
        write(to, box)
    elif files is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(box)
        sys.stdout.buffer.flush()
        return
    said = f"{ticket.ref}: {len(raws)} mails, {len(written)} files"
    screen.result(desk, {"ref": ticket.ref, "mails": len(raws), "file": str(to) if to else None, "files": written}, said)


def delete(
    context: typer.Context,
    ref: Ref,
    purge: Annotated[bool, typer.Option("--purge", help="Remove its contents for good: texts, mails, files, names.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    as_: As = "",
) -> None:
    """Put a ticket away behind a tombstone: its number leads nowhere new, replies to it open no old things again."""
    from mailgate.handling import commands
    from rules.actions.state import Delete
    from store import engine, people

    desk = call.of(context)
    with desk.counter() as counter:
        with engine.reading(counter.store) as tx:
            ticket = tickets.find(tx, ref)
        _sure(ticket, purge=purge, yes=yes)
        with engine.transaction(counter.store) as tx:
            directory = people.directory(tx)
            who = tickets.actor(desk.settings.policy, directory, as_)
            if ticket.deleted_at is None:
                commands.act(tx, counter, ticket, (Delete(),), who=who, directory=directory, at=desk.at)
            elif not purge:
                raise Failed(f"{ticket.ref} is deleted already")
            if purge:
                _purge(tx, desk, ticket, who.name)
    said = f"{ticket.ref} is deleted" + (", its contents are gone" if purge else "")
    screen.result(desk, {"ref": ticket.ref, "deleted": True, "purged": purge}, said)


def _sure(ticket: Ticket, *, purge: bool, yes: bool) -> None:
    """On a terminal the reference is typed once more; a script that runs the command has decided, but to purge it says --yes."""
    if yes:
        return
    if sys.stdin.isatty() and sys.stderr.isatty():
        what = "its contents are removed for good" if purge else "it leaves all lists"
        if (
            typer.prompt(f"{screen.plain(ticket.ref)} {screen.plain(ticket.subject)}: {what}. Type the reference", err=True).strip().upper()
            != ticket.ref
        ):
            raise Failed("nothing was deleted")
    elif purge:
        raise Failed("removing contents for good needs --yes")


def _purge(tx: Connection, desk: Call, ticket: Ticket, who: str) -> None:
    from store import purging

    purging.purge(tx, ticket.id, desk.at, by=who)


def _files(tx: Reading, ticket: Ticket, folder: Path) -> list[dict[str, Any]]:
    """Write every attached file once under a name of its own."""
    from mailgate.parsing.parse import part_bytes
    from store.lists import mail as received
    from store.lists import tickets as read

    folder.mkdir(parents=True, exist_ok=True)
    written: list[dict[str, Any]] = []
    taken: set[str] = set()
    for post in read.posts(tx, ticket.id):
        raw = received.raw(tx, post.mail) if post.mail is not None and post.parts else None
        for part in post.parts if raw is not None else ():
            name = _free(Path(part.name).name or "file", taken)
            write(folder / name, part_bytes(raw or b"", part.path))
            written.append({"name": name, "type": part.type, "bytes": part.bytes, "sha256": part.sha256})
    return written


def _free(name: str, taken: set[str]) -> str:
    name = re.sub(r"[\x00-\x1f\x7f/\\]", "_", name).lstrip(".") or "file"
    stem, dot, ending = name.rpartition(".")
    number = 1
    chosen = name
    while chosen.lower() in taken:
        number += 1
        chosen = f"{stem or ending}-{number}{dot}{ending if stem else ''}"
    taken.add(chosen.lower())
    return chosen


def write(path: Path, content: bytes) -> None:
    """Write a new file that only this user may read; raises Failed where there is one of this name already."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise Failed(f"{path} is there already, and nothing is overwritten") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def entry(at: datetime, sender: str, raw: bytes) -> bytes:
    """A mail in an mbox (RFC 4155), its own `From ` lines quoted so that they can be told and undone."""
    who = re.sub(r"\s", "", sender) or "MAILER-DAEMON"
    head = f"From {who} {at:%a %b %d %H:%M:%S %Y}\n".encode("utf-8", "replace")
    body = _FROM.sub(rb">\1", raw)
    return head + body + (b"" if body.endswith(b"\n") else b"\n") + b"\n"
