"""Service orders: work at the customer's, ordered from a ticket, by the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mailgate.desk import call, edits, screen, shapes, tickets
from mailgate.desk.call import Call
from mailgate.desk.ends import Misused, NoSuch
from mailgate.desk.ticket_views import As
from rules.facts.ticket import ServiceOrder

if TYPE_CHECKING:
    from rules.actions.base import Action
    from store.lists.records import Held
    from store.plain import Reading

app = typer.Typer(no_args_is_help=True)

Ref = Annotated[str, typer.Argument(help="The order, such as T42-1.", show_default=False)]
Technician = Annotated[str, typer.Option("--tech", "--agent", metavar="AGENT", help="Who goes.", show_default=False)]
When = Annotated[str, typer.Option("--when", metavar="WHEN", help="The appointment: 'fri 9', 2026-12-01T09:00.", show_default=False)]
Text = Annotated[str, typer.Option("--text", help="What is to be done.", show_default=False)]


@app.command("list")
def list_(
    context: typer.Context,
    technician: Technician = "",
    ticket: Annotated[str, typer.Option("--ticket", help="Of one ticket.", show_default=False)] = "",
    everything: Annotated[bool, typer.Option("--all", help="Those that are done as well.")] = False,
) -> None:
    """Orders that are not done yet, the latest first."""
    from store.lists import records

    desk = call.of(context)
    with desk.reading() as tx:
        ticket_id = tickets.find(tx, ticket).id if ticket else None
        found = records.orders(tx, technician=technician, ticket_id=ticket_id, open_only=not everything)
    if desk.as_json:
        screen.document(desk, [_shape(desk, each) for each in found])
        return
    if not found:
        screen.say("there are no orders: mailgate order add T42 --tech NAME --when 'fri 9'")
        return
    rows = [
        (o.ref, screen.local(desk, o.when_at), o.technician, o.state, _hours(o), " ".join(o.text.split()))
        for o in (_order(each) for each in found)
    ]
    screen.table(("order", "when", "who", "state", "hours", "what"), rows, wide=("what",), right=("hours",))


@app.command()
def show(context: typer.Context, ref: Ref) -> None:
    """One order with the hours and parts that were reported on it."""
    desk = call.of(context)
    with desk.reading() as tx:
        _print(desk, _found(tx, ref))


@app.command()
def add(
    context: typer.Context,
    ticket: Annotated[str, typer.Argument(metavar="TICKET", help="The ticket whose facts it takes over.", show_default=False)],
    technician: Technician = "",
    when: When = "",
    text: Text = "",
    as_: As = "",
) -> None:
    """Order work at the customer's; the technician, else whoever has the ticket, gets it by mail with the ticket's facts."""
    from rules.actions.service import MakeOrder

    desk = call.of(context)
    if not technician:
        with desk.reading() as tx:
            if not (found := tickets.find(tx, ticket)).assignee:
                raise Misused(f"say who goes: --tech AGENT; nobody has {found.ref} yet")
    _carry_out(desk, ticket, MakeOrder(tech=technician, when=when, text=text), as_)


@app.command()
def edit(
    context: typer.Context,
    ref: Ref,
    *,
    technician: Technician = "",
    when: When = "",
    text: Text = "",
    state: Annotated[str, typer.Option("--state", help="open or done.", show_default=False)] = "",
    hours: Annotated[str, typer.Option("--hours", help="Time to report: 1.5, 1h30m, 90m.", show_default=False)] = "",
    parts: Annotated[str, typer.Option("--parts", help="Material to report: 2xSN-4711,hose.", show_default=False)] = "",
    report: Annotated[str, typer.Option("--report", help="What was done.", show_default=False)] = "",
    as_: As = "",
) -> None:
    """Change an order, or report on it; the technician gets it anew where who, when or what changed."""
    from rules.actions.upkeep import ChangeOrder

    if not any((technician, when, text, state, hours, parts, report)):
        raise Misused("nothing to change: name --tech, --when, --text, --state, --hours, --parts or --report")
    change = ChangeOrder(
        ref=ref.upper(), tech=technician, when=when, text=text, state=state, minutes=_minutes(hours), material=parts, report=report
    )
    desk = call.of(context)
    _carry_out(desk, _ticket_of(desk, ref), change, as_, ref)


@app.command()
def remove(context: typer.Context, ref: Ref, as_: As = "") -> None:
    """Take an order away; the ticket's history keeps what it said."""
    from rules.actions.upkeep import RemoveOrder

    desk = call.of(context)
    _carry_out(desk, _ticket_of(desk, ref), RemoveOrder(ref=ref.upper()), as_)
    screen.result(desk, {"ref": ref.upper(), "removed": True}, f"{ref.upper()} is gone")


def _minutes(said: str) -> int:
    """Reported time as `#hours` reads it; raises Misused."""
    from rules.actions.amounts import Effort
    from rules.actions.words import Misread, Words

    if not said:
        return 0
    try:
        minutes, rest = Effort(in_hours=True).read(said.strip(), Words())
    except Misread:
        minutes, rest = 0, said
    if rest.strip():
        raise Misused(f"{said!r} is no time worked: write 1.5, 1h30m or 90m")
    return int(minutes)


def _carry_out(desk: Call, ticket: str, action: Action, name: str, ref: str = "") -> None:
    from mailgate.handling import commands
    from store import engine, people

    with desk.counter() as counter, engine.transaction(counter.store) as tx:
        directory = people.directory(tx)
        who = tickets.actor(desk.settings.policy, directory, name)
        made = commands.act(tx, counter, tickets.find(tx, ticket), (action,), who=who, directory=directory, at=desk.at)
        shown = ref or next((c.ref for c in made.written.outcome.records if c.kind == "order" and c.after is not None), "")
        if shown:
            _print(desk, _found(tx, shown))


def _ticket_of(desk: Call, ref: str) -> str:
    from store import engine

    with desk.store() as store, engine.reading(store) as tx:
        return _found(tx, ref).ticket


def _found(tx: Reading, ref: str) -> Held:
    from store.lists import records

    found = records.find(tx, "order", ref.strip("[]#"))
    if found is None:
        raise NoSuch(f"there is no order {ref!r}", edits.near(ref.upper(), [each.record.ref for each in records.orders(tx)]))
    return found


def _order(held: Held) -> ServiceOrder:
    assert isinstance(held.record, ServiceOrder)  # noqa: S101 - asked for as one
    return held.record


def _hours(order: ServiceOrder) -> str:
    minutes = sum(int(each["minutes"]) for each in order.hours)
    return f"{minutes // 60}:{minutes % 60:02}" if minutes else ""


def _shape(desk: Call, held: Held) -> shapes.Json:
    return shapes.order(_order(held), desk.zone) | {"ticket": held.ticket}


def _print(desk: Call, held: Held) -> None:
    if desk.as_json:
        screen.document(desk, _shape(desk, held))
        return
    order = _order(held)
    parts = ", ".join(f"{p['amount']:g} × {' '.join(x for x in (p['number'], p['text']) if x)}" for p in order.parts)
    screen.pairs(
        (
            ("order", order.ref),
            ("ticket", held.ticket),
            ("state", order.state),
            ("technician", order.technician),
            ("when", screen.local(desk, order.when_at)),
            ("what", order.text),
            ("worked", _hours(order)),
            ("parts", parts),
            *(("report", f"{h['who']}: {h['text']}") for h in order.hours if h["text"]),
        )
    )
