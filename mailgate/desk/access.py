"""Access of customers' people: what was asked for, and the desk's word on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailgate.desk import call, edits, screen, shapes
from mailgate.desk.call import Call
from mailgate.desk.ends import Failed, Misused, NoSuch
from rules.facts.access import FUNCTIONS, PRESETS, Admission, Request
from rules.facts.terms import address_key
from rules.frozen import replace

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mailgate.handling.commands import Counter
    from rules.actions.base import Aside, Change, Scene
    from store.plain import Reading

app = typer.Typer(no_args_is_help=True)

STATES = ("asked", "granted", "denied")
Number = Annotated[str, typer.Argument(metavar="ID", help="Of the request: A7.", show_default=False)]
As = Annotated[
    str, typer.Option("--as", metavar="ADDRESS", help="The approver whose word it is; without it the desk decides.", show_default=False)
]
Why = Annotated[str, typer.Option("--why", help="Told to whoever asked.", show_default=False)]


@app.command("list")
def list_(
    context: typer.Context,
    party: Annotated[str, typer.Option("--party", help="Of this organisation only.", show_default=False)] = "",
    state: Annotated[str, typer.Option("--state", help=f"{', '.join(STATES)}.", show_default=False)] = "",
) -> None:
    """Requests for access, the latest first."""
    from store.lists import access

    desk = call.of(context)
    if state and state not in STATES:
        raise Misused(f"there is no state {state!r}", edits.near(state, STATES) or STATES)
    with desk.reading() as tx:
        found = access.listed(tx, party=party, state=state)
    if desk.as_json:
        screen.document(desk, [shapes.access(each, desk.zone) for each in found])
        return
    rows = [
        (r.ref, r.person, r.party, ", ".join((*r.functions, *r.categories)), r.asker, f"{len(r.approved)} of {r.needed}", r.state)
        for r in found
    ]
    screen.table(("id", "for", "party", "functions", "asked by", "agreed", "state"), rows, wide=("for", "functions"))


@app.command()
def show(context: typer.Context, number: Number) -> None:
    """One request."""
    desk = call.of(context)
    with desk.reading() as tx:
        _print(desk, _found(tx, number))


@app.command()
def add(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Who shall have it.", show_default=False)],
    *,
    party: Annotated[str, typer.Option("--party", help="The organisation; else that of the address.", show_default=False)] = "",
    role: Annotated[str, typer.Option("--role", help=f"{', '.join(PRESETS)}.", show_default=False)] = "",
    function: Annotated[list[str] | None, typer.Option("--function", help=f"{', '.join(FUNCTIONS)} …", show_default=False)] = None,
    category: Annotated[list[str] | None, typer.Option("--category", help="Confines it to these categories.", show_default=False)] = None,
    language: Annotated[str, typer.Option("--language", help="Language of mails to them.", show_default=False)] = "",
    name: Annotated[str, typer.Option("--name", help="As people write it.", show_default=False)] = "",
    why: Why = "",
) -> None:
    """Ask those who decide for an organisation to let somebody in."""
    from rules.actions import access as verbs
    from rules.actions.base import Change
    from rules.facts import access as values
    from store import access, engine, people

    desk = call.of(context)
    policy = desk.settings.policy
    edits.language(language or None, policy)
    preset = edits.found({p: p for p in PRESETS}, role or "reporter", "role")
    functions = verbs.functions(",".join(function)) if function else PRESETS[preset]
    for key in category or ():
        edits.found(dict(policy.categories), key, "category")
    with desk.counter() as counter, engine.transaction(counter.store) as tx:
        parties = people.parties(tx)
        of = edits.found({p.key: p for p in parties}, party, "party") if party else people.party_of(address, parties)
        if of is None:
            raise Failed(f"which organisation {address} belongs to isn't known: --party")
        approvers = access.approvers(tx, of, people.directory(tx)) or policy.desk.admin
        if not approvers:
            raise Failed(f"nobody decides for {of.key}: mailgate person edit ADDRESS --may approve, or [desk] admin")
        made = Request(
            ref=f"A{access.last(tx) + 1}", party=of.key, person=edits.mailbox(address, policy), name=name, role=preset, functions=functions,
            categories=tuple(category or ()), language=language, note=why, approvers=tuple(approvers),
            needed=max(1, min(of.approvals or len(approvers), len(approvers))), created_at=desk.at,
        )  # fmt: skip
        scene = _scene(tx, counter, desk, replace(made, state="asked"), of)
        _carry_out(
            tx,
            counter,
            scene,
            (Change(kind="access", ref=made.ref, before=None, after=values.values(made)),),
            (verbs.asking(made, made.approvers, scene),),
        )
    _print(desk, made)


@app.command()
def approve(context: typer.Context, number: Number, as_: As = "") -> None:
    """Let somebody in: in the desk's name at once, or as the word of one approver."""
    _decide(context, number, as_, "approve", "")


@app.command()
def deny(context: typer.Context, number: Number, as_: As = "", why: Why = "") -> None:
    """Refuse somebody: in the desk's name at once, or as the word of one approver."""
    _decide(context, number, as_, "deny", why)


@app.command()
def remove(
    context: typer.Context, address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Whose access ends.", show_default=False)]
) -> None:
    """Take all functions from a person whose access was agreed on; his tickets stay."""
    from mailgate.desk import person as persons
    from store import engine, people

    desk = call.of(context)
    with desk.store() as store, engine.transaction(store) as tx:
        found = persons.find(tx, address)
        people.edit_person(tx, found.id, may=[], limited=True)
    screen.result(desk, {"id": found.id, "removed": True}, f"{address} has no access any more")


def _decide(context: typer.Context, number: str, as_: str, what: str, why: str) -> None:
    from rules.actions import access as verbs
    from store import engine, people

    desk = call.of(context)
    with desk.counter() as counter, engine.transaction(counter.store) as tx:
        found = _found(tx, number)
        if found.state != "asked":
            raise Failed(f"{found.ref} was {found.state} already")
        party = next((p for p in people.parties(tx) if p.key == found.party), None)
        scene = _scene(tx, counter, desk, found, party)
        if not as_:
            state = "granted" if what == "approve" else "denied"
            after = replace(found, state=state, by=desk.settings.policy.desk.name, note=why or found.note, decided_at=desk.at)
            changes, asides = verbs.decided(found, after, scene)
            _carry_out(tx, counter, scene, changes, asides)
        else:
            _voice(tx, counter, scene, found, as_, what, why)
        shown = _found(tx, number)
    _print(desk, shown)


def _voice(tx: Connection, counter: Counter, scene: Scene, found: Request, address: str, what: str, why: str) -> None:
    """Count the word of one approver, as if he had written it."""
    from rules.actions.access import Approve, Deny
    from rules.facts.people import Actor, Role
    from rules.facts.terms import Address, Level
    from rules.facts.ticket import Ticket

    if not found.concerns({address_key(address)}):
        raise NoSuch(f"{address} was not asked about {found.ref}", edits.near(address, found.approvers) or found.approvers)
    who = Actor(role=Role.customer, name=address_key(address), address=Address(address=address), level=Level.both, door="cli")
    action = Approve(ref=found.ref) if what == "approve" else Deny(ref=f"{found.ref} {why}".strip())
    effect = action.effect(Ticket(), replace(scene, who=who))
    _carry_out(tx, counter, scene, effect.records, effect.asides)


def _scene(tx: Connection, counter: Counter, desk: Call, request: Request, party: Any) -> Scene:  # noqa: ANN401 - a party or None
    from rules.actions.base import Scene
    from rules.facts.people import ADMIN
    from store import access, people

    given = Admission(
        party=party, requests={request.ref: request}, people=access.known(tx, [request.person, request.asker, *request.approvers])
    )
    return Scene(who=ADMIN, at=desk.at, policy=counter.policy, directory=people.directory(tx), admission=given)


def _carry_out(tx: Connection, counter: Counter, scene: Scene, changes: tuple[Change, ...], told: tuple[Aside, ...]) -> None:
    from mailgate.handling import commands
    from mailgate.letters import events, letters
    from rules import asides
    from rules.facts.ticket import Ticket
    from store import outbox, records

    records.write(tx, None, changes)
    occasion = asides.Occasion(ticket=Ticket(), actor=scene.who, at=scene.at, policy=scene.policy, directory=scene.directory)
    event = events.Event(at=scene.at, policy=scene.policy, directory=scene.directory, actor=scene.who)
    made = [letters.letter(n, event) for n in asides.tell(((aside, None) for aside in told), occasion)]
    cause = commands.cause(scene.at, counter.random)
    outbox.put(tx, letters.sendable(made, scene.policy), cause=cause.name, at=scene.at, keys=counter.keys, domain=scene.policy.desk.domain)


def _found(tx: Reading, number: str) -> Request:
    from store.lists import access

    ref = f"A{number.strip().strip('[]#').lstrip('Aa')}"
    found = access.requests(tx, [ref]).get(ref)
    if found is None:
        raise NoSuch(f"there is no request for access {number!r}", [r.ref for r in access.listed(tx, state="asked")][:3])
    return found


def _print(desk: Call, request: Request) -> None:
    shape = shapes.access(request, desk.zone)
    if desk.as_json:
        screen.document(desk, shape)
    else:
        screen.record(shape)
