"""Projects: what tickets of a party are counted to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mailgate.desk import call, edits, screen, shapes
from mailgate.desk.call import Call
from mailgate.desk.ends import Failed
from rules.facts.things import Project
from rules.frozen import replace

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from store.plain import Reading

app = typer.Typer(no_args_is_help=True)

Key = Annotated[str, typer.Argument(help="The word that commands use: project P7.", show_default=False)]
PartyOf = Annotated[str | None, typer.Option("--party", help="Whose it is; its people may name it in a subject.", show_default=False)]
Title = Annotated[str | None, typer.Option("--title", help="As people call it.", show_default=False)]
Active = Annotated[bool | None, typer.Option("--active/--over", help="Whether new tickets still belong to it.", show_default=False)]


@app.command("list")
def list_(context: typer.Context, party: Annotated[str, typer.Option("--party", help="Of one party.", show_default=False)] = "") -> None:
    """All projects."""
    from store.lists import things

    desk = call.of(context)
    with desk.reading() as tx:
        found = [each for each in things.every(tx).projects if not party or each.party == party]
    if desk.as_json:
        screen.document(desk, [shapes.project(each) for each in found])
        return
    screen.table(("project", "party", "title", ""), [(p.key, p.party, p.title, "" if p.active else "over") for p in found], wide=("title",))


@app.command()
def show(context: typer.Context, key: Key) -> None:
    """One project."""
    desk = call.of(context)
    with desk.reading() as tx:
        _print(desk, _found(tx, key))


@app.command()
def add(context: typer.Context, key: Key, *, party: PartyOf = None, title: Title = None, active: Active = None) -> None:
    """Add a project; new tickets of its party belong to it while it is the only active one."""
    from store import engine, things

    desk = call.of(context)
    with desk.store() as store, engine.transaction(store) as tx:
        if any(each.key.lower() == key.lower() for each in things.every(tx).projects):
            raise Failed(f"there is a project {key} already: mailgate project edit {key}")
        made = _changed(tx, Project(key=edits.key(key, "project")), party, title, active)
        things.put_project(tx, made)
    _print(desk, made)


@app.command()
def edit(context: typer.Context, key: Key, *, party: PartyOf = None, title: Title = None, active: Active = None) -> None:
    """Change a project; an empty word clears."""
    from store import engine, things

    desk = call.of(context)
    with desk.store() as store, engine.transaction(store) as tx:
        made = _changed(tx, _found(tx, key), party, title, active)
        things.put_project(tx, made)
    _print(desk, made)


@app.command()
def remove(context: typer.Context, key: Key) -> None:
    """Forget a project; its tickets keep the word."""
    from store import engine, things

    desk = call.of(context)
    with desk.store() as store, engine.transaction(store) as tx:
        found = _found(tx, key)
        things.remove_project(tx, found.key)
    screen.result(desk, {"key": found.key, "removed": True}, f"the project {found.key} is removed")


def _found(tx: Reading, key: str) -> Project:
    from store.lists import things

    return edits.found({each.key: each for each in things.every(tx).projects}, key, "project")


def _changed(tx: Connection, before: Project, party: str | None, title: str | None, active: bool | None) -> Project:
    return replace(
        before,
        party=before.party if party is None else edits.party(tx, party),
        title=before.title if title is None else title,
        active=before.active if active is None else active,
    )


def _print(desk: Call, project: Project) -> None:
    shape = shapes.project(project)
    if desk.as_json:
        screen.document(desk, shape)
    else:
        screen.record(shape)
