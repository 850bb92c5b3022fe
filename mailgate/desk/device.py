"""Devices: what stands at customers' places, by serial number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mailgate.desk import call, edits, screen, shapes
from mailgate.desk.call import Call
from mailgate.desk.ends import Failed, NoSuch
from rules.facts.things import Device
from rules.frozen import replace

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from store.plain import Reading

app = typer.Typer(no_args_is_help=True)

Serial = Annotated[str, typer.Argument(help="Its serial number, as in device SN123 and in its address dev+SN123@.", show_default=False)]
PartyOf = Annotated[str | None, typer.Option("--party", help="At whose place it stands.", show_default=False)]
Model = Annotated[str | None, typer.Option("--model", help="A [[device_model]] of the config, or any word.", show_default=False)]
Fleet = Annotated[str | None, typer.Option("--fleet", help="The group that looks after it.", show_default=False)]


@app.command("list")
def list_(
    context: typer.Context,
    party: Annotated[str, typer.Option("--party", help="Of one party.", show_default=False)] = "",
    model: Annotated[str, typer.Option("--model", help="Of one model.", show_default=False)] = "",
    fleet: Annotated[str, typer.Option("--fleet", help="Of one fleet.", show_default=False)] = "",
) -> None:
    """All devices."""
    from store.lists import things

    desk = call.of(context)
    with desk.reading() as tx:
        found = [
            each
            for each in things.every(tx).devices
            if party in {"", each.party} and model.lower() in {"", each.model.lower()} and fleet in {"", each.fleet}
        ]
    if desk.as_json:
        screen.document(desk, [shapes.device(each, _flows(desk, each)) for each in found])
        return
    screen.table(("serial", "party", "model", "fleet"), [(d.serial, d.party, d.model, d.fleet) for d in found])


@app.command()
def show(context: typer.Context, serial: Serial) -> None:
    """One device, and what its users are offered."""
    desk = call.of(context)
    with desk.reading() as tx:
        _print(desk, _found(tx, serial))


@app.command()
def add(context: typer.Context, serial: Serial, *, party: PartyOf = None, model: Model = None, fleet: Fleet = None) -> None:
    """Add a device."""
    from store import engine, things

    desk = call.of(context)
    with desk.store() as store, engine.transaction(store) as tx:
        if things.device(tx, serial) is not None:
            raise Failed(f"there is a device {serial} already: mailgate device edit {serial}")
        made = _changed(desk, tx, Device(serial=edits.key(serial, "device")), party, model, fleet)
        things.put_device(tx, made)
    _print(desk, made)


@app.command()
def edit(context: typer.Context, serial: Serial, *, party: PartyOf = None, model: Model = None, fleet: Fleet = None) -> None:
    """Change a device; an empty word clears."""
    from store import engine, things

    desk = call.of(context)
    with desk.store() as store, engine.transaction(store) as tx:
        made = _changed(desk, tx, _found(tx, serial), party, model, fleet)
        things.put_device(tx, made)
    _print(desk, made)


@app.command()
def remove(context: typer.Context, serial: Serial) -> None:
    """Forget a device; its tickets keep the serial number."""
    from store import engine, things

    desk = call.of(context)
    with desk.store() as store, engine.transaction(store) as tx:
        found = _found(tx, serial)
        things.remove_device(tx, found.serial)
    screen.result(desk, {"serial": found.serial, "removed": True}, f"the device {found.serial} is removed")


def _found(tx: Reading, serial: str) -> Device:
    from store.lists import things

    found = things.device(tx, serial)
    if found is None:
        raise NoSuch(f"there is no device {serial!r}", edits.near(serial, [each.serial for each in things.every(tx).devices]))
    return found


def _changed(desk: Call, tx: Connection, before: Device, party: str | None, model: str | None, fleet: str | None) -> Device:
    from store import people

    groups = people.directory(tx).groups
    if fleet and fleet not in groups:
        screen.say(f"there is no group {fleet!r} yet; until then nobody gets its tickets: mailgate group add {fleet}")
    models = desk.settings.policy.device_models
    if model and models and desk.settings.policy.device_model(model) is None:
        near = edits.near(model, models)
        screen.say(f"there is no [[device_model]] {model!r} in the config" + (f"; did you mean {', '.join(near)}?" if near else ""))
    return replace(
        before,
        party=before.party if party is None else edits.party(tx, party),
        model=before.model if model is None else model,
        fleet=before.fleet if fleet is None else fleet,
    )


def _flows(desk: Call, device: Device) -> list[str]:
    found = desk.settings.policy.device_model(device.model)
    return [each.key for each in found.flows] if found is not None else []


def _print(desk: Call, device: Device) -> None:
    shape = shapes.device(device, _flows(desk, device))
    if desk.as_json:
        screen.document(desk, shape)
    else:
        screen.record(shape)
