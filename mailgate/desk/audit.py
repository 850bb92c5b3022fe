"""Whether the history still says what was written: the chain of its entries, reckoned anew."""

from __future__ import annotations

import typer

from mailgate.desk import call, screen, shapes

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


SAID = {"changed": "changed, or one before it written anew", "missing": "is gone", "cut": "this and what followed is gone"}
