"""Tasks: pieces of work within tickets, of everybody, by the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mailgate.desk import call, edits, screen, shapes, tickets
from mailgate.desk.call import Call
from mailgate.desk.ends import Misused, NoSuch
from mailgate.desk.ticket_views import As
from rules.facts.ticket import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from store.lists.records import Held
    from store.plain import Reading

app = typer.Typer(no_args_is_help=True)

Ref = Annotated[str, typer.Argument(help="The task, such as T42.1.", show_default=False)]
Agent = Annotated[str, typer.Option("--agent", help="Who does it.", show_default=False)]
Group = Annotated[str, typer.Option("--group", help="Which department does it.", show_default=False)]
By = Annotated[str, typer.Option("--by", metavar="WHEN", help="Until when: fri, 2026-12-01, 3d.", show_default=False)]


@app.command("list")
def list_(
    context: typer.Context,
    agent: Agent = "",
    group: Group = "",
    ticket: Annotated[str, typer.Option("--ticket", help="Of one ticket.", show_default=False)] = "",
    everything: Annotated[bool, typer.Option("--all", help="Those that are done as well.")] = False,
) -> None:
    """Open tasks, those due first at the top."""
    from store.lists import records

    desk = call.of(context)
    with desk.reading() as tx:
        ticket_id = tickets.find(tx, ticket).id if ticket else None
        found = records.tasks(tx, assignee=agent, groups=(group,) if group else (), ticket_id=ticket_id, open_only=not everything)
    if desk.as_json:
        screen.document(desk, [_shape(desk, each) for each in found])
        return
    if not found:
        screen.say("there are no tasks: mailgate task add TEXT --ticket T42 --agent NAME")
        return
    rows = [(t.ref, t.text, t.assignee, t.state, screen.local(desk, t.due_at)) for t in (_task(each) for each in found)]
    screen.table(("task", "what", "who", "state", "until"), rows, wide=("what",))


@app.command()
def show(context: typer.Context, ref: Ref) -> None:
    """One task."""
    desk = call.of(context)
    with desk.reading() as tx:
        _print(desk, _found(tx, ref))


@app.command()
def add(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="What is to be done.", show_default=False)],
    ticket: Annotated[str, typer.Option("--ticket", help="The ticket that it belongs to.", show_default=False)],
    agent: Agent = "",
    group: Group = "",
    by: By = "",
    as_: As = "",
) -> None:
    """Give a task; whoever has to do it gets a mail."""
    if agent and group:
        raise Misused("a task is for an agent or for a group, not for both")
    who = f"@{agent} " if agent else f"group:{group} " if group else ""
    until = f'by:"{by}" ' if by else ""
    _do(call.of(context), ticket, f"task {until}{who}{text}", as_, agent=agent)


@app.command()
def edit(
    context: typer.Context,
    ref: Ref,
    text: Annotated[str, typer.Option("--text", help="What is to be done.", show_default=False)] = "",
    agent: Agent = "",
    group: Group = "",
    by: By = "",
    state: Annotated[str, typer.Option("--state", help="open, doing or done.", show_default=False)] = "",
    as_: As = "",
) -> None:
    """Change a task; whoever has it now gets a mail if it is another one."""
    from rules.actions.tasks import ChangeTask

    if agent and group:
        raise Misused("a task is for an agent or for a group, not for both")
    if not any((text, agent, group, by, state)):
        raise Misused("nothing to change: name --text, --agent, --group, --by or --state")
    desk = call.of(context)
    change = ChangeTask(ref=ref.upper(), text=text, who=agent or (f"@{group}" if group else ""), by=by, state=state)
    _carry_out(desk, _ticket_of(desk, ref), (change,), as_, ref)


@app.command()
def done(context: typer.Context, ref: Ref, as_: As = "") -> None:
    """Say that a task is done; the ticket's owner gets a mail."""
    desk = call.of(context)
    _do(desk, _ticket_of(desk, ref), f"done {ref.upper()}", as_, ref)


@app.command()
def remove(context: typer.Context, ref: Ref, as_: As = "") -> None:
    """Take a task away; the ticket's history keeps what it said."""
    from rules.actions.upkeep import RemoveTask

    desk = call.of(context)
    ticket = _ticket_of(desk, ref)
    _carry_out(desk, ticket, (RemoveTask(ref=ref.upper()),), as_, "")
    screen.result(desk, {"ref": ref.upper(), "removed": True}, f"{ref.upper()} is gone")


def _do(desk: Call, ticket: str, line: str, name: str, ref: str = "", *, agent: str = "") -> None:
    from mailgate.handling import commands
    from store import engine, people

    with desk.store() as store, engine.reading(store) as tx:
        directory = people.directory(tx)
    if agent and directory.agent_of(agent) is None:
        edits.found(directory.agents, agent, "agent")
    actions = commands.understood((line,), desk.settings.policy, directory)
    _carry_out(desk, ticket, actions, name, ref)


def _carry_out(desk: Call, ticket: str, actions: Sequence[object], name: str, ref: str) -> None:
    from mailgate.handling import commands
    from store import engine, people

    with desk.counter() as counter, engine.transaction(counter.store) as tx:
        directory = people.directory(tx)
        who = tickets.actor(desk.settings.policy, directory, name)
        found = tickets.find(tx, ticket)
        made = commands.act(tx, counter, found, actions, who=who, directory=directory, at=desk.at)  # type: ignore[arg-type]  # verbs are loaded late
        shown = ref or next((c.ref for c in made.written.outcome.records if c.kind == "task" and c.after is not None), "")
        if shown:
            _print(desk, _found(tx, shown))


def _ticket_of(desk: Call, ref: str) -> str:
    from store import engine

    with desk.store() as store, engine.reading(store) as tx:
        return _found(tx, ref).ticket


def _found(tx: Reading, ref: str) -> Held:
    from store.lists import records

    found = records.find(tx, "task", ref.strip("[]#"))
    if found is None:
        raise NoSuch(f"there is no task {ref!r}", edits.near(ref.upper(), [each.record.ref for each in records.tasks(tx, open_only=False)]))
    return found


def _task(held: Held) -> Task:
    assert isinstance(held.record, Task)  # noqa: S101 - asked for as one
    return held.record


def _shape(desk: Call, held: Held) -> shapes.Json:
    return shapes.task(_task(held), desk.zone) | {"ticket": held.ticket}


def _print(desk: Call, held: Held) -> None:
    task = _task(held)
    until = f", by {screen.local(desk, task.due_at)}" if task.due_at else ""
    screen.result(desk, _shape(desk, held), screen.plain(f"{task.ref} [{task.state}] {task.text}  ({task.assignee or 'nobody'}{until})"))
