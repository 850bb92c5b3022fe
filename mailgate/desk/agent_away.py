"""An agent's absence, said at the terminal: the same verb as in a mail, `#away fri to:ben`."""

from __future__ import annotations

from typing import Annotated

import typer

from mailgate.desk import call, edits, screen, tickets
from mailgate.desk.ends import Misused


def away(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Who is away.", show_default=False)],
    until: Annotated[str, typer.Argument(metavar="[UNTIL]", help="fri, 24.12., 14d; off when he is back.", show_default=False)] = "",
    *,
    to: Annotated[str, typer.Option("--to", metavar="WHO", help="Who gets meanwhile what he would be told.", show_default=False)] = "",
) -> None:
    """Say until when an agent is away, and who stands in for him; without a time, show it."""
    from mailgate.handling import commands
    from rules.actions.base import Scene
    from rules.away import is_away
    from rules.facts.ticket import Ticket
    from rules.perform import perform_all
    from store import engine, people, records

    desk = call.of(context)
    policy = desk.settings.policy
    if to and not until:
        raise Misused("say until when: mailgate agent away NAME UNTIL --to WHO")
    with desk.store() as store, engine.transaction(store) as tx:
        staff = people.directory(tx)
        agent = staff.agent_of(name) or edits.found(staff.agents, name, "agent")
        who = tickets.actor(policy, staff, agent.name)
        if until:
            deputy = (staff.agent_of(to) or edits.found(staff.agents, to, "agent")).name if to else ""
            line = f"away {until}" + (f" to:{deputy}" if deputy else "")
            scene = Scene(who=who, at=desk.at, policy=policy, directory=staff)
            try:
                lines = commands.understood([line], policy, staff)
            except commands.Unread:
                raise Misused(f"{until!r} is no time that lies ahead: fri, 24.12., 14d, 2026-12-24, or off") from None
            outcome = perform_all(Ticket(), lines, scene)
            records.write(tx, None, outcome.records)
            agent = people.directory(tx).agents[agent.name]
    absent = is_away(agent, desk.at, policy.desk.timezone)
    shape = {"name": agent.name, "away": absent, "until": agent.away_until or None, "deputy": agent.deputy or None}
    deputy_said = f", {agent.deputy} stands in" if agent.deputy else ", nobody stands in"
    said = f"{agent.name} is away until {agent.away_until}{deputy_said}" if absent else f"{agent.name} is here"
    screen.result(desk, shape, said)
