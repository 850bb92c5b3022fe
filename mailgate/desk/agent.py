"""Agents: who works at the desk."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from mailgate.desk import agent_away, call, completion, edits, screen, shapes, signing
from mailgate.desk.call import Call
from mailgate.desk.ends import Failed, Misused
from rules.facts.people import Agent, Directory
from rules.frozen import replace

if TYPE_CHECKING:
    from store.plain import Reading

app = typer.Typer(no_args_is_help=True)
app.command("away")(agent_away.away)

Name = Annotated[str, typer.Argument(help="The word that commands use: assign anna.", show_default=False, autocompletion=completion.agents)]
Addresses = Annotated[
    list[str] | None,
    typer.Option("--address", help="Mail address; the first is where mail goes, all of them identify.", show_default=False),
]
Groups = Annotated[list[str] | None, typer.Option("--group", help="Group he works in.", show_default=False)]
FullName = Annotated[str | None, typer.Option("--full-name", help="As people write it: Anna Berg.", show_default=False)]
RoleName = Annotated[str | None, typer.Option("--role", help="A [[role]] of the config.", show_default=False)]
ManagerOf = Annotated[list[str] | None, typer.Option("--manager-of", help="Group he is told of when it is late.", show_default=False)]
Language = Annotated[str | None, typer.Option("--language", help="Language of mails to him.", show_default=False)]
Signature = Annotated[str | None, typer.Option("--signature", help="Stands under his answers to customers.", show_default=False)]
Hours = Annotated[str | None, typer.Option("--hours", help="An [hours.NAME] of the config.", show_default=False)]


@app.command("list")
def list_(context: typer.Context) -> None:
    """All agents."""
    from store.lists import people as read

    desk = call.of(context)
    with desk.reading() as tx:
        agents = read.directory(tx).agents.values()
        held, logins = read.open_by_agent(tx), read.with_password(tx)
    if desk.as_json:
        screen.document(desk, [shapes.agent(a, has_password=a.name in logins, tickets=held.get(a.name, 0)) for a in agents])
        return
    if not agents:
        screen.say("there are no agents yet: mailgate agent add NAME --address ADDRESS")
        return
    rows = [(a.name, a.full_name, ", ".join(a.addresses), ", ".join(a.groups), a.role, held.get(a.name, 0) or "") for a in agents]
    screen.table(("agent", "name", "addresses", "groups", "role", "open"), rows, wide=("addresses", "groups", "name"), right=("open",))


@app.command()
def show(context: typer.Context, name: Name) -> None:
    """One agent."""
    desk = call.of(context)
    with desk.reading() as tx:
        _print(desk, tx, _find(tx, name))


@app.command()
def add(
    context: typer.Context,
    name: Name,
    *,
    address: Addresses = None,
    group: Groups = None,
    full_name: FullName = None,
    role: RoleName = None,
    manager_of: ManagerOf = None,
    language: Language = None,
    signature: Signature = None,
    hours: Hours = None,
    key: signing.Keys = None,
) -> None:
    """Add an agent."""
    from store import engine, people

    desk = call.of(context)
    if name.lower() in edits.RESERVED or "/" in name:
        raise Failed(f"{name!r} can't be an agent's name: it means something else in commands")
    blank = Agent(name=edits.key(name, "agent"), addresses=())
    if not address:
        raise Misused("an agent needs --address: it is how his mail is told from customers'")
    with desk.store() as store, engine.transaction(store) as tx:
        staff = people.directory(tx)
        if any(known.lower() == name.lower() for known in staff.agents):
            raise Failed(f"there is an agent {name} already: mailgate agent edit {name}")
        agent = _changed(
            desk,
            staff,
            blank,
            address=address,
            group=group,
            manager_of=manager_of,
            full_name=full_name,
            role=role,
            language=language,
            signature=signature,
            hours=hours,
        )
        people.put_agent(tx, agent, desk.at)
        signing.change(desk, tx, key, agent=agent.name)
        _print(desk, tx, agent)


@app.command()
def edit(
    context: typer.Context,
    name: Name,
    *,
    address: Addresses = None,
    group: Groups = None,
    full_name: FullName = None,
    role: RoleName = None,
    manager_of: ManagerOf = None,
    language: Language = None,
    signature: Signature = None,
    hours: Hours = None,
    key: signing.Keys = None,
) -> None:
    """Change an agent. Lists are set anew, or changed by +x and -x; an empty word clears."""
    from store import engine, people

    desk = call.of(context)
    with desk.store() as store, engine.transaction(store) as tx:
        before = _find(tx, name)
        agent = _changed(
            desk,
            people.directory(tx),
            before,
            address=address,
            group=group,
            manager_of=manager_of,
            full_name=full_name,
            role=role,
            language=language,
            signature=signature,
            hours=hours,
        )
        if not agent.addresses:
            raise Failed("an agent needs at least one address")
        people.put_agent(tx, agent, desk.at)
        signing.change(desk, tx, key, agent=agent.name)
        _print(desk, tx, agent)


@app.command()
def passwd(
    context: typer.Context,
    name: Name,
    remove: Annotated[bool, typer.Option("--remove", help="Take the password away: no more logins.")] = False,
) -> None:
    """Set the password for the submission door: asked for on a terminal, else the first line of stdin."""
    from mailgate.trust import passwords
    from store import engine, people

    desk = call.of(context)
    record = "" if remove else passwords.record(_asked())
    with desk.store() as store, engine.transaction(store) as tx:
        agent = _find(tx, name)
        people.set_password(tx, agent.name, record)
    screen.result(desk, {"name": agent.name, "has_password": bool(record)}, f"{agent.name} has {'a new' if record else 'no'} password")


@app.command()
def remove(
    context: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Also where open tickets are left without him.")] = False,
) -> None:
    """Forget an agent; history keeps his name."""
    from store import engine, people
    from store.queries import tickets

    desk = call.of(context)
    with desk.store() as store, engine.transaction(store) as tx:
        agent = _find(tx, name)
        held = [t.ref for t in tickets.listed(tx, tickets.Filter(mine=agent.name, open_only=True))]
        if held and not yes:
            more = f" and {len(held) - 5} more" if len(held) > 5 else ""
            raise Failed(
                f"{agent.name} holds {', '.join(held[:5])}{more}: assign them to somebody, or say --yes and their groups are told instead"
            )
        people.remove_agent(tx, agent.name)
    screen.result(desk, {"name": agent.name, "removed": True, "left": held}, f"{agent.name} is removed")


def _asked() -> str:
    if sys.stdin.isatty():
        first = getpass.getpass("Password: ")
        if first != getpass.getpass("Once more: "):
            raise Failed("these are two different passwords")
    else:
        first = sys.stdin.readline().rstrip("\r\n")
    if len(first) < 8:
        raise Failed("a password needs at least 8 characters")
    return first


def _changed(
    desk: Call,
    staff: Directory,
    before: Agent,
    *,
    address: list[str] | None,
    group: list[str] | None,
    manager_of: list[str] | None,
    **given: str | None,
) -> Agent:
    policy = desk.settings.policy
    if role := given["role"]:
        edits.found(policy.roles, role, "role")
    if hours := given["hours"]:
        edits.found(policy.hours, hours, "calendar [hours]")
    edits.language(given["language"], policy)
    groups = edits.edited(before.groups, group)
    managed = edits.edited(before.manager_of, manager_of)
    for each in dict.fromkeys((*groups, *managed)):
        if each not in staff.groups:
            meant = edits.near(each, staff.groups)
            like = f" (near: {', '.join(meant)})" if meant else ""
            screen.say(f"note: there is no group {each!r} yet{like}: mailgate group add {each}")
    addresses = tuple(edits.mailbox(a, policy) for a in edits.edited(before.addresses, address))
    return replace(
        before,
        addresses=addresses,
        groups=groups,
        manager_of=managed,
        **{k: v.replace("\\n", "\n") for k, v in given.items() if v is not None},
    )


def _find(tx: Reading, name: str) -> Agent:
    from store.lists import people

    staff = people.directory(tx)
    return staff.agent_of(name) or edits.found(staff.agents, name, "agent")


def _print(desk: Call, tx: Reading, agent: Agent) -> None:
    from store.lists import people as read

    shape = shapes.agent(agent, has_password=agent.name in read.with_password(tx), tickets=read.open_by_agent(tx).get(agent.name, 0))
    shape["keys"] = signing.shapes(desk, read.keys_of(tx, agent=agent.name))
    if desk.as_json:
        screen.document(desk, shape)
    else:
        screen.record(shape)
