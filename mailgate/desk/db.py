"""The database: where it stands, its steps, copies and invariants."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from mailgate.desk import call, screen, shapes
from mailgate.desk.ends import Failed, Misused, NoSuch

app = typer.Typer(no_args_is_help=True)


@app.command()
def status(context: typer.Context) -> None:
    """Where the database is, which shape it has, and how it keeps what it is given."""
    from store import engine, migrate

    desk = call.of(context)
    with desk.store(prepared=False) as store:
        stands = migrate.status(store)
        facts = engine.facts(store) if stands.shape is migrate.Shape.current else None
    shape: dict[str, Any] = {
        "url": store.url,
        "shape": stands.shape.value,
        "current": stands.current or None,
        "head": stands.head,
        "dialect": store.dialect,
        "version": facts.version if facts else None,
        "driver": facts.driver if facts else None,
        "settings": dict(facts.settings) if facts else {},
        "why": facts.why if facts else None,
        "worries": list(facts.worries) if facts else [],
    }
    if desk.as_json:
        screen.document(desk, shape)
    else:
        screen.record(shape)


@app.command()
def upgrade(context: typer.Context) -> None:
    """Bring the database to the shape that this version works with; all steps or none."""
    from store import migrate

    desk = call.of(context)
    with desk.store(prepared=False) as store:
        before = migrate.upgrade(store)
        after = migrate.status(store)
    said = (
        "the database is current"
        if before.current == after.current
        else f"the database went from {before.current or 'nothing'} to {after.current}"
    )
    screen.result(desk, {"before": before.current or None, "after": after.current}, said)


@app.command()
def backup(
    context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE", help="Must not exist yet.", show_default=False)]
) -> None:
    """A consistent copy, also while the desk is running."""
    from mailgate.desk import opened
    from store import backup as copying

    desk = call.of(context)
    with desk.store(prepared=False) as store:
        try:
            done = copying.backup(store, file, url=opened.url(desk.settings))
        except FileExistsError:
            raise Failed(f"{file} is there already: a backup overwrites nothing") from None
    key = desk.settings.secret_file
    screen.say(f"keep {key} beside it: without it no reply address and no button of mails already sent is recognised")
    screen.result(desk, {"file": str(file), "bytes": done.bytes}, f"{file}: {done.bytes:,} bytes")


@app.command()
def restore(
    context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE", help="What `db backup` made.", show_default=False)]
) -> None:
    """Put a backup in the database's place, sending switched off; shows what would be sent and fetched again. What was there is kept."""
    from mailgate.desk import opened, refetched
    from store import restore as restoring
    from store.durability import Unfit

    desk = call.of(context)
    try:
        done = restoring.restore(opened.url(desk.settings), file, desk.at)
    except FileNotFoundError:
        raise NoSuch(f"there is no file {file}") from None
    except Unfit as why:
        raise Failed(str(why)) from None
    again = refetched.all_of(desk)
    shape: dict[str, Any] = {
        "file": str(file),
        "kept": str(done.kept) if done.kept else None,
        "sending": False,
        "last_ticket_number": done.ticket,
        "last_outbox_number": done.outbox,
        "due": done.due,
        "fetched_again": again,
    }
    if desk.as_json:
        screen.document(desk, shape)
    else:
        print(screen.plain(f"{file} is in place" + (f"; what was there is {done.kept}" if done.kept else "")))
        print(f"ticket numbers go on above {done.ticket}, outbox numbers above {done.outbox}")
        refetched.show(desk, again)
    screen.say(
        f"sending is off, {done.due} mails wait: look at `mailgate outbox list`, drop what has left already, then `mailgate db sending on`"
    )


@app.command()
def sending(context: typer.Context, switch: Annotated[str, typer.Argument(metavar="[on|off]", show_default=False)] = "") -> None:
    """Whether mail may leave; a restored desk starts with it off."""
    from store import engine
    from store import sending as stored

    desk = call.of(context)
    if switch not in {"", "on", "off"}:
        raise Misused(f"sending can be on or off, not {switch!r}")
    with desk.store() as store, engine.transaction(store) as tx:
        if switch:
            stored.switch(tx, desk.at, on=switch == "on")
        since = stored.off_since(tx)
    said = f"nothing leaves since {screen.local(desk, since)}" if since else "mail may leave"
    screen.result(desk, {"sending": since is None, "since": shapes.moment(since, desk.zone)}, said)


@app.command()
def check(context: typer.Context) -> None:
    """Ask every invariant of every row; exit 1 if one is broken."""
    from mailgate.parsing.parse import part_bytes
    from mailgate.sending import maildir
    from store import checking, engine

    desk = call.of(context)
    named = addresses_in(desk.settings.path.read_text())
    with desk.store() as store, engine.reading(store) as tx:
        relay = desk.settings.relay
        left = (lambda: maildir.delivered(relay.path)) if relay.kind == "maildir" else None
        with screen.progress("checks", of=len(checking.CHECKS)) as step:
            flaws = checking.check(tx, at=desk.at, ours=named, file_of=part_bytes, delivered=left, step=step)
    if desk.as_json:
        screen.document(
            desk, {"ok": not flaws, "checks": list(checking.CHECKS), "flaws": [{"check": f.check, "what": f.what} for f in flaws]}
        )
    elif flaws:
        screen.table(("check", "what"), [(f.check, f.what) for f in flaws], wide=("what",))
    else:
        print(f"all is well: {', '.join(checking.CHECKS)}")
    if flaws:
        raise typer.Exit(1)


def addresses_in(config: str) -> set[str]:
    """Every address that a config names, wherever it stands: whoever is told of something by it."""
    return set(re.findall(r"[^\s<>\"',;()]+@[^\s<>\"',;()]+", config))
