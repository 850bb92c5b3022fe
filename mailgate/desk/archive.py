"""The archive: closed tickets that nobody works on any more, still to be read and found."""

from __future__ import annotations

from typing import Annotated

import typer

from mailgate.desk import call, screen, shapes

app = typer.Typer(no_args_is_help=True)


@app.command()
def run(context: typer.Context) -> None:
    r"""Archive what has been closed for `\[archive] after`, empty what was for `purge_after`; the desk does it by itself, too."""
    from mailgate.clock import archiving

    desk = call.of(context)
    with desk.counter() as counter:
        done = archiving.run_all(counter, desk.at)
    said = f"{len(done.archived)} tickets archived" + (f", {len(done.purged)} emptied for good" if done.purged else "")
    screen.result(desk, {"archived": list(done.archived), "purged": list(done.purged)}, said)


@app.command("list")
def list_(
    context: typer.Context,
    search: Annotated[
        str,
        typer.Option("--search", metavar="WORDS", help="With all these words in subject, texts, file names or people.", show_default=False),
    ] = "",
    limit: Annotated[int | None, typer.Option("--limit", help="At most so many.", min=1, show_default=False)] = None,
) -> None:
    """What is in the archive, the latest tickets first."""
    from store.lists import tickets as read

    desk = call.of(context)
    with desk.reading() as tx:
        found = read.listed(tx, read.Filter(archived=True, words=search, limit=limit or 0, sort="-id"))
        links = read.links_of(tx, [each.id for each in found]) if desk.as_json else {}
    if desk.as_json:
        screen.document(desk, [shapes.ticket(each, desk.zone, links=links.get(each.id, ())) for each in found])
        return
    if not found:
        screen.say("there is nothing in the archive" + (" with these words" if search else ""))
        return
    rows = [
        (
            t.ref,
            t.subject or "(no subject)",
            t.requester.name or t.requester.address,
            t.assignee,
            screen.local(desk, t.closed_at),
            screen.local(desk, t.archived_at),
        )
        for t in found
    ]
    screen.table(("ref", "subject", "customer", "held by", "closed", "archived"), rows, wide=("subject", "customer"))
