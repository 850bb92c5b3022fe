"""Whether the history still says what was written: the chain of its entries, reckoned anew, and the key that seals it."""

from __future__ import annotations

import os

import typer

from mailgate.desk import call, screen, shapes
from mailgate.desk.ends import Failed

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _audit() -> None:
    """The chain of the history."""


@app.command()
def verify(context: typer.Context) -> None:
    """Reckon the chain of every ticket's history; exit 1 and the entry's name where one was changed or is gone."""
    from store import engine, sealing

    desk = call.of(context)
    with desk.store() as store, engine.reading(store) as tx:
        found = sealing.verify(tx)
    if desk.as_json:
        broken = [
            {
                "ticket": each.ticket,
                "entry": each.seq,
                "what": each.what,
                "at": shapes.moment(each.at, desk.zone),
                "actor": each.actor or None,
                "action": each.action or None,
            }
            for each in found.breaks
        ]
        shape = {"ok": not broken, "tickets": found.tickets, "entries": found.entries, "head": found.head, "broken": broken}
        screen.document(desk, shape)
    elif found.breaks:
        rows = [(each.ticket, each.seq, SAID[each.what], screen.local(desk, each.at), each.actor, each.action) for each in found.breaks]
        screen.table(("ticket", "entry", "what", "when", "who", "action"), rows, wide=("action",), right=("entry",))
    else:
        print(f"{found.entries} entries of {found.tickets} tickets are as they were written")
        print(f"head: {found.head}")
    if found.breaks:
        raise typer.Exit(1)


@app.command()
def key(context: typer.Context) -> None:
    """Make a key for the chain, so that nobody without it can write the history anew; what stands there now is taken for true. Stop the desk first."""
    from mailgate.desk import opened
    from mailgate.trust import keys
    from store import engine, sealing
    from store.lock import hold_daemon_lock

    desk = call.of(context)
    path = keys.of_chain(desk.settings.secret_file)
    if path.exists():
        raise Failed(f"{path} is there already; a further line in it, number:base64, is a further key")
    with hold_daemon_lock(desk.settings.store.url, os.getpid()), desk.store() as store:
        with engine.reading(store) as tx:
            broken = sealing.verify(tx).breaks
        if broken:
            raise Failed(f"the history isn't as it was written: see `mailgate audit verify`; {broken[0].ticket} entry {broken[0].seq}")
        ring = keys.load(path)
        keyed = engine.open(opened.url(desk.settings), write_pool=1, read_pool=1, seal=ring)
        try:
            with engine.transaction(keyed) as tx:
                tickets = sealing.reseal_all(tx)
        except BaseException:
            path.unlink()
            raise
        finally:
            keyed.close()
    screen.say(
        f"keep {path} where those who may write the database can't read it, and a copy elsewhere: without it no history can be verified"
    )
    screen.result(desk, {"file": str(path), "tickets": tickets}, f"{path}: the history of {tickets} tickets is sealed with it")


SAID = {"changed": "changed, or one before it written anew", "missing": "is gone", "cut": "this and what followed is gone"}
