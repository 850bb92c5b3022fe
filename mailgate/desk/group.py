"""Groups: teams that hold tickets."""

from __future__ import annotations

from typing import Annotated

import typer

from mailgate.desk import call, completion, edits, screen, shapes
from mailgate.desk.call import Call
from mailgate.desk.ends import Failed
from rules.facts.people import Directory, Group
from rules.frozen import replace

app = typer.Typer(no_args_is_help=True)

Key = Annotated[
    str, typer.Argument(help="The word that commands use: assign @hardware.", show_default=False, autocompletion=completion.groups)
]
Title = Annotated[str | None, typer.Option("--title", help="As people read it.", show_default=False)]
Parent = Annotated[str | None, typer.Option("--parent", help="The group that it is part of.", show_default=False)]


@app.command("list")
def list_(context: typer.Context) -> None:
    """All groups and who is in them."""
    from store.lists import people

    desk = call.of(context)
    with desk.reading() as tx:
        staff = people.directory(tx)
    if desk.as_json:
        screen.document(desk, [_shape(staff, each) for each in staff.groups.values()])
        return
    if not staff.groups:
        screen.say("there are no groups yet: mailgate group add KEY --title TITLE")
        return
    rows = [(g.key, g.title, g.parent, ", ".join(a.name for a in staff.members(g.key))) for g in staff.groups.values()]
    screen.table(("group", "title", "part of", "members"), rows, wide=("members", "title"))


@app.command()
def show(context: typer.Context, key: Key) -> None:
    """One group."""
    from store.lists import people

    desk = call.of(context)
    with desk.reading() as tx:
        staff = people.directory(tx)
    _print(desk, staff, edits.found(staff.groups, key, "group"))


@app.command()
def add(context: typer.Context, key: Key, title: Title = None, parent: Parent = None) -> None:
    """Add a group."""
    from store import engine, people

    desk = call.of(context)
    with desk.store() as store, engine.transaction(store) as tx:
        staff = people.directory(tx)
        if any(known.lower() == key.lower() for known in staff.groups):
            raise Failed(f"there is a group {key} already: mailgate group edit {key}")
        group = _changed(staff, Group(key=edits.key(key, "group")), title, parent)
        people.put_group(tx, group)
    _print(desk, staff, group)


@app.command()
def edit(context: typer.Context, key: Key, title: Title = None, parent: Parent = None) -> None:
    """Change a group; an empty word clears."""
    from store import engine, people

    desk = call.of(context)
    with desk.store() as store, engine.transaction(store) as tx:
        staff = people.directory(tx)
        group = _changed(staff, edits.found(staff.groups, key, "group"), title, parent)
        people.put_group(tx, group)
    _print(desk, staff, group)


@app.command()
def remove(
    context: typer.Context, key: Key, yes: Annotated[bool, typer.Option("--yes", help="Also where it holds open tickets.")] = False
) -> None:
    """Forget a group; its agents are no longer in it."""
    from store import engine, people
    from store.queries import tickets

    desk = call.of(context)
    with desk.store() as store, engine.transaction(store) as tx:
        staff = people.directory(tx)
        group = edits.found(staff.groups, key, "group")
        held = [t.ref for t in tickets.listed(tx, tickets.Filter(groups=(group.key,), open_only=True))]
        if held and not yes:
            more = f" and {len(held) - 5} more" if len(held) > 5 else ""
            raise Failed(f"{group.key} holds {', '.join(held[:5])}{more}: assign them first, or say --yes")
        for agent in staff.agents.values():
            if group.key in (*agent.groups, *agent.manager_of):
                rest = replace(
                    agent,
                    groups=tuple(g for g in agent.groups if g != group.key),
                    manager_of=tuple(g for g in agent.manager_of if g != group.key),
                )
                people.put_agent(tx, rest, desk.at)
        for below in staff.groups.values():
            if below.parent == group.key:
                people.put_group(tx, replace(below, parent=group.parent))
        people.remove_group(tx, group.key)
    place = desk.settings.groups_named().get(group.key)
    if place:
        screen.say(f"note: {place} still counts on the group {group.key}")
    screen.result(desk, {"key": group.key, "removed": True, "left": held}, f"the group {group.key} is removed")


def _changed(staff: Directory, before: Group, title: str | None, parent: str | None) -> Group:
    if parent:
        parent = edits.found(staff.groups, parent, "group").key
        if parent == before.key or parent in staff.below(before.key):
            raise Failed(f"{parent} is part of {before.key} already: groups can't go in a circle")
    return replace(before, title=before.title if title is None else title, parent=before.parent if parent is None else parent)


def _shape(staff: Directory, group: Group) -> shapes.Json:
    return shapes.group(group, [a.name for a in staff.members(group.key)])


def _print(desk: Call, staff: Directory, group: Group) -> None:
    shape = _shape(staff, group)
    if desk.as_json:
        screen.document(desk, shape)
    else:
        screen.record(shape)
