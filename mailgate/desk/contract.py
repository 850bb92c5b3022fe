"""Contracts: what was agreed with a party, which its tickets are held to."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from mailgate.desk import call, edits, screen, shapes
from mailgate.desk.call import Call
from mailgate.desk.ends import Failed, Misused, NoSuch
from rules.facts.things import Contract
from rules.frozen import replace

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from store.plain import Reading

app = typer.Typer(no_args_is_help=True)

MOST_CALENDARS = 2

Key = Annotated[str, typer.Argument(help="The word that commands use: contract C1.", show_default=False)]
PartyOf = Annotated[str | None, typer.Option("--party", help="With whom it was made.", show_default=False)]
From = Annotated[str | None, typer.Option("--from", metavar="DAY", help="Its first day, as 2026-01-31.", show_default=False)]
To = Annotated[str | None, typer.Option("--to", metavar="DAY", help="Its last day.", show_default=False)]
Take = Annotated[str | None, typer.Option("--take", metavar="SPAN", help="Until somebody takes a ticket: 4h, 2d.", show_default=False)]
Answer = Annotated[str | None, typer.Option("--answer", metavar="SPAN", help="Until the customer has a first answer.", show_default=False)]
Idle = Annotated[str | None, typer.Option("--idle", metavar="SPAN", help="Between two actions on an open ticket.", show_default=False)]
Solve = Annotated[str | None, typer.Option("--solve", metavar="SPAN", help="Until a ticket is closed.", show_default=False)]
Hours = Annotated[
    list[str] | None,
    typer.Option(
        "--hours",
        help="Its service hours, an [hours.…] of the config; given twice, the second are its on-call hours.",
        show_default=False,
    ),
]
OnCall = Annotated[str | None, typer.Option("--oncall", help="Hours for severities that have hours of their own.", show_default=False)]


@app.command("list")
def list_(context: typer.Context, party: Annotated[str, typer.Option("--party", help="Of one party.", show_default=False)] = "") -> None:
    """All contracts."""
    from store.lists import things

    desk = call.of(context)
    day = _today(desk)
    with desk.reading() as tx:
        found = [each for each in things.every(tx).contracts if not party or each.party == party]
    if desk.as_json:
        screen.document(desk, [shapes.contract(each, day) for each in found])
        return
    rows = [
        (
            c.key,
            c.party,
            f"{c.starts or '…'} – {c.ends or '…'}",
            c.take,
            c.answer,
            c.idle,
            c.solve,
            c.hours,
            "" if c.in_force(day) else "not in force",
        )
        for c in found
    ]
    screen.table(("contract", "party", "from – to", "take", "answer", "idle", "solve", "hours", ""), rows)


@app.command()
def show(context: typer.Context, key: Key) -> None:
    """One contract."""
    desk = call.of(context)
    with desk.reading() as tx:
        _print(desk, _found(tx, key))


@app.command()
def add(
    context: typer.Context,
    key: Key,
    *,
    party: PartyOf = None,
    from_: From = None,
    to: To = None,
    take: Take = None,
    answer: Answer = None,
    idle: Idle = None,
    solve: Solve = None,
    hours: Hours = None,
    oncall: OnCall = None,
) -> None:
    """Add a contract; new tickets of its party are linked with it while it is the only one in force."""
    from store import engine, things

    desk = call.of(context)
    limits = {"take": take, "answer": answer, "idle": idle, "solve": solve}
    if not party:
        raise Misused("say with whom it was made: --party KEY")
    with desk.store() as store, engine.transaction(store) as tx:
        if any(each.key.lower() == key.lower() for each in things.every(tx).contracts):
            raise Failed(f"there is a contract {key} already: mailgate contract edit {key}")
        made = _changed(desk, tx, Contract(key=edits.key(key, "contract")), party, (from_, to), limits, (hours, oncall))
        things.put_contract(tx, made)
    _print(desk, made)


@app.command()
def edit(
    context: typer.Context,
    key: Key,
    *,
    party: PartyOf = None,
    from_: From = None,
    to: To = None,
    take: Take = None,
    answer: Answer = None,
    idle: Idle = None,
    solve: Solve = None,
    hours: Hours = None,
    oncall: OnCall = None,
) -> None:
    """Change a contract; an empty word clears. Open tickets get their new times at once."""
    from store import engine, ledger, things
    from store.queries import tickets

    desk = call.of(context)
    limits = {"take": take, "answer": answer, "idle": idle, "solve": solve}
    with desk.store() as store, engine.transaction(store) as tx:
        made = _changed(desk, tx, _found(tx, key), party, (from_, to), limits, (hours, oncall))
        things.put_contract(tx, made)
        for each in tickets.listed(tx, tickets.Filter(contract=made.key, open_only=True)):
            ledger.refresh(tx, each.id, desk.settings.policy, desk.at)
    _print(desk, made)


@app.command()
def remove(context: typer.Context, key: Key) -> None:
    """Forget a contract; its tickets keep the word."""
    from store import engine, things

    desk = call.of(context)
    with desk.store() as store, engine.transaction(store) as tx:
        found = _found(tx, key)
        things.remove_contract(tx, found.key)
    screen.result(desk, {"key": found.key, "removed": True}, f"the contract {found.key} is removed")


def _found(tx: Reading, key: str) -> Contract:
    from store.lists import things

    return edits.found({each.key: each for each in things.every(tx).contracts}, key, "contract")


def _changed(
    desk: Call,
    tx: Connection,
    before: Contract,
    party: str | None,
    days: tuple[str | None, str | None],
    limits: dict[str, str | None],
    hours: tuple[list[str] | None, str | None],
) -> Contract:
    service, second = _calendars(desk, before, *hours)
    first, last = days
    after = replace(
        before,
        party=before.party if party is None else edits.party(tx, party),
        starts=before.starts if first is None else _day(first),
        ends=before.ends if last is None else _day(last),
        hours=service,
        oncall=second,
        **{name: _span(written, name) for name, written in limits.items() if written is not None},
    )
    if after.starts and after.ends and after.ends < after.starts:
        raise Failed(f"it would end on {after.ends}, before it begins on {after.starts}")
    return after


def _calendars(desk: Call, before: Contract, hours: list[str] | None, oncall: str | None) -> tuple[str, str]:
    """Service and on-call hours; raises NoSuch for what the config doesn't have."""
    given = list(hours or ())
    if len(given) > MOST_CALENDARS or (len(given) == MOST_CALENDARS and oncall is not None):
        raise Misused("a contract has service hours and on-call hours, no more")
    service = given[0] if given else before.hours
    second = given[1] if len(given) == MOST_CALENDARS else before.oncall if oncall is None else oncall
    known = desk.settings.policy.hours
    for name in (service, second):
        if name and name not in known:
            raise NoSuch(f"there is no [hours.{name}] in the config", edits.near(name, known))
    return service, second


def _span(written: str, name: str) -> str:
    from rules.facts.amounts import read_duration

    if written in {"", "off"}:
        return ""
    try:
        read_duration(written)
    except ValueError as why:
        raise Misused(f"--{name}: {why}") from None
    return written.strip()


def _day(written: str) -> date | None:
    if not written:
        return None
    try:
        return datetime.fromisoformat(written).date()
    except ValueError:
        raise Misused(f"{written!r} is no day; write it as 2026-01-31") from None


def _today(desk: Call) -> date:
    return desk.at.astimezone(desk.zone).date()


def _print(desk: Call, contract: Contract) -> None:
    shape = shapes.contract(contract, _today(desk))
    if desk.as_json:
        screen.document(desk, shape)
    else:
        screen.record(shape)
