"""Looking at tickets: list, show, history."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from mailgate.desk import call, completion, edits, lights, screen, shapes, tickets
from mailgate.desk.call import Call
from mailgate.desk.ends import Misused, NoSuch
from rules.facts.terms import Light, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from rules.facts.ticket import Ticket
    from store.lists.tickets import Filter
    from store.plain import Reading

Ref = Annotated[
    str,
    typer.Argument(metavar="REF", help="The ticket's reference, such as T42.", show_default=False, autocompletion=completion.refs),
]
As = Annotated[
    str,
    typer.Option("--as", metavar="AGENT", help="The agent who does this.", show_default=False, autocompletion=completion.agents),
]

SORTS = ("light", "id", "newest", "priority", "opened", "due")


def list_(
    context: typer.Context,
    *,
    mine: Annotated[
        str, typer.Option("--mine", metavar="AGENT", help="Held by this agent.", show_default=False, autocompletion=completion.agents)
    ] = "",
    group: Annotated[
        list[str] | None,
        typer.Option("--group", help="Held by this group or one below it.", show_default=False, autocompletion=completion.groups),
    ] = None,
    status: Annotated[
        list[str] | None, typer.Option("--status", help="new, read, assigned, working, waiting, closed, or open.", show_default=False)
    ] = None,
    category: Annotated[
        str, typer.Option("--category", help="In this category or below it.", show_default=False, autocompletion=completion.categories)
    ] = "",
    party: Annotated[str, typer.Option("--party", help="Of this organisation.", show_default=False)] = "",
    class_: Annotated[str, typer.Option("--class", help="Of parties or persons of this class.", show_default=False)] = "",
    customer: Annotated[str, typer.Option("--customer", help="internal, external or partner.", show_default=False)] = "",
    light: Annotated[Light | None, typer.Option("--light", help="With this light.", show_default=False)] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="With a clock that has run out.")] = False,
    channel: Annotated[str, typer.Option("--channel", help="That came by this way.", show_default=False)] = "",
    partner: Annotated[
        str, typer.Option("--partner", metavar="PARTY|GROUP", help="Handed to the second level by this partner.", show_default=False)
    ] = "",
    level: Annotated[int | None, typer.Option("--level", help="At this level of support.", show_default=False)] = None,
    contract: Annotated[str, typer.Option("--contract", help="Under this contract.", show_default=False)] = "",
    project: Annotated[str, typer.Option("--project", help="Of this project.", show_default=False)] = "",
    device: Annotated[str, typer.Option("--device", help="About this device.", show_default=False)] = "",
    type_: Annotated[str, typer.Option("--type", help="Of this type.", show_default=False)] = "",
    tag: Annotated[str, typer.Option("--tag", help="With this tag.", show_default=False)] = "",
    search: Annotated[
        str,
        typer.Option("--search", metavar="WORDS", help="With all these words in subject, texts, file names or people.", show_default=False),
    ] = "",
    sort: Annotated[str, typer.Option("--sort", help=f"{', '.join(SORTS)}.")] = "light",
    limit: Annotated[int | None, typer.Option("--limit", help="At most so many.", min=1, show_default=False)] = None,
    archived: Annotated[bool, typer.Option("--archived", help="Those in the archive instead.")] = False,
    as_: Annotated[str, typer.Option("--as", metavar="AGENT", help="Only what this agent may see.", show_default=False)] = "",
) -> None:
    """All tickets but archived ones, the most pressing first."""
    from store.lists import people
    from store.lists import tickets as read

    desk = call.of(context)
    if sort not in SORTS:
        raise Misused(f"tickets can't be sorted by {sort!r}", edits.near(sort, SORTS) or SORTS)
    if customer and customer not in {"internal", "external", "partner"}:
        raise Misused(f"there are no {customer!r} customers: internal, external or partner")
    states, open_only = _states(desk, status)
    with desk.reading() as tx:
        staff = people.directory(tx)
        groups = tuple(
            sorted({g for each in group or () for key in (edits.found(staff.groups, each, "group").key,) for g in {key} | staff.below(key)})
        )
        holder = staff.agent_of(mine) if mine else None
        wanted = read.Filter(
            mine=(holder or edits.found(staff.agents, mine, "agent")).name if mine else "",
            groups=groups,
            status=states,
            open_only=open_only,
            category=category,
            party=party,
            class_=class_,
            kind=customer,
            light=light.value if light else "",
            overdue_at=desk.at if overdue else None,
            channel=channel,
            level=level,
            partner=partner,
            contract=contract,
            project=project,
            device=device,
            type=type_,
            tag=tag,
            words=search,
            sort=sort,
            limit=0 if as_ else limit or 0,
            archived=archived,
        )
        found = lights.listed(desk, tx, wanted)
        if not found:
            _known(desk, tx, wanted)
        if as_:
            from rules import rights
            from rules.actions.base import Scene

            who = tickets.actor(desk.settings.policy, staff, as_)
            scene = Scene(who=who, at=desk.at, policy=desk.settings.policy, directory=staff)
            found = [each for each in found if rights.may_see(each, scene, who.name)][: limit or None]
        links = read.links_of(tx, [each.id for each in found]) if desk.as_json else {}
        _print(desk, found, tickets.kinds(tx, desk), links, tickets.partners(tx, desk) if desk.as_json else lambda _ticket: ())


def show(context: typer.Context, ref: Ref, as_: As = "") -> None:
    """Everything of one ticket; with --as it counts as read."""
    from store.lists import people
    from store.lists import tickets as read

    desk = call.of(context)
    if as_:
        _seen(desk, ref, as_)
    with desk.reading() as tx:
        ticket = lights.shown(desk, tx, tickets.find(tx, ref))
        if desk.as_json:
            screen.document(desk, tickets.whole(tx, desk, ticket))
            return
        tickets.show(tx, desk, ticket)
        asked = read.one(tx, ref.strip().strip("[]#"))
        if asked is not None and asked.id != ticket.id:
            screen.say(f"{asked.ref} was merged into {ticket.ref}")
        if not people.directory(tx).agents:
            screen.say("there are no agents yet: mailgate agent add NAME --address ADDRESS")


def history(
    context: typer.Context,
    ref: Ref,
    clock: Annotated[bool, typer.Option("--clock", help="Explain the sum of each clock instead.")] = False,
) -> None:
    """Who did what, when, by which mail or command."""
    from store.lists import tickets as read

    desk = call.of(context)
    if clock:
        from mailgate.desk import ticket_clocks

        ticket_clocks.explain(desk, ref)
        return
    with desk.reading() as tx:
        ticket = tickets.find(tx, ref)
        rows = read.history(tx, ticket.id)
    if desk.as_json:
        screen.document(desk, [shapes.entry(row, desk.zone) for row in rows])
        return
    shown = [
        (
            screen.local(desk, row["at"]),
            row["actor"],
            row["action"],
            tickets.changes(desk, row["changed"]) if row["action"] != "open" else "",
            row["cause"].replace("mail:", "mail ") if row["cause"].startswith("mail:") else row["cause"].partition(":")[0],
        )
        for row in rows
    ]
    screen.table(("when", "who", "what", "changed", "by"), shown, wide=("changed", "what"))


def _known(desk: Call, tx: Reading, wanted: Filter) -> None:
    """Raise NoSuch for a word of the filter that nothing here has: an empty list would say that all is done."""
    from store.lists import people, things
    from store.lists import tickets as read

    policy, entered = desk.settings.policy, things.every(tx)
    among: dict[str, Callable[[], Iterable[str]]] = {
        "category": lambda: _with_those_above(policy.categories),
        "type": lambda: policy.types,
        "channel": lambda: policy.channels,
        "party": lambda: (each.key for each in people.parties(tx)),
        "contract": lambda: (each.key for each in entered.contracts),
        "project": lambda: (each.key for each in entered.projects),
        "device": lambda: (each.serial for each in entered.devices),
    }
    for name, listed in among.items():
        if (word := getattr(wanted, name)) and word not in (known := {*listed(), *_with_those_above(read.used(tx, name))}):
            if last := [each for each in sorted(known) if each.rpartition("/")[2] == word]:
                raise NoSuch(f"there is no {name} {word!r}", last[:3])
            raise edits.none_such(name, word, known)


def _with_those_above(keys: Iterable[str]) -> Iterator[str]:
    """Keys with those that they lie below: `hardware/printer` and `hardware`."""
    for each in keys:
        yield each
        while "/" in each:
            each = each.rpartition("/")[0]
            yield each


def _states(desk: Call, given: list[str] | None) -> tuple[tuple[str, ...], bool]:
    """The statuses asked for, and whether only open ones are."""
    words = [word.strip().lower() for each in given or () for word in each.split(",") if word.strip()]
    known = {status.value for status in Status}
    for n, word in enumerate(words):
        if word not in known | {"open"}:
            words[n] = _status(desk, word) or ""
        if not words[n]:
            raise Misused(f"there is no status {word!r}", edits.near(word, known) or sorted(known))
    return tuple(dict.fromkeys(word for word in words if word != "open")), "open" in words and len(words) == 1


def _status(desk: Call, word: str) -> str | None:
    """The status that a verb would understand by a word of any of the desk's languages; None for what is none."""
    from mailgate.handling import commands
    from rules.actions.state import SetStatus
    from rules.facts.people import Directory

    with suppress(commands.Unread):
        for each in commands.understood([f"status {word}"], desk.settings.policy, Directory()):
            return each.to if isinstance(each, SetStatus) else None
    return None


def _print(
    desk: Call,
    found: Sequence[Ticket],
    kind: Callable[[Ticket], str | None],
    links: Mapping[int, Sequence[tuple[str, str]]],
    partners: Callable[[Ticket], tuple[str, ...]],
) -> None:
    if desk.as_json:
        screen.document(desk, [shapes.ticket(each, desk.zone, kind(each), links.get(each.id, ()), partners(each)) for each in found])
        return
    if not found:
        screen.say("no such tickets")
        return
    rows = [
        (
            tickets.light(each),
            screen.text(each.ref, "bold"),
            each.subject or "(no subject)",
            each.requester.name or each.requester.address,
            each.assignee or (f"@{each.group}" if each.group else "–"),
            each.status.value,
            screen.local(desk, each.opened_at),
        )
        for each in found
    ]
    screen.table(("light", "ref", "subject", "customer", "held by", "status", "opened"), rows, wide=("subject", "customer"))
    late = sum(each.light is Light.red and each.is_open for each in found)
    screen.say(f"{len(found)} ticket{'' if len(found) == 1 else 's'}" + (f", {late} overdue" if late else ""))


def _seen(desk: Call, ref: str, name: str) -> None:
    """Mark a ticket as read by an agent; one that is beyond his reach isn't there for him."""
    from mailgate.handling import commands
    from rules import rights
    from rules.actions.base import Scene
    from rules.actions.state import Seen
    from store import engine, people

    with desk.counter() as counter, engine.transaction(counter.store) as tx:
        directory = people.directory(tx)
        who = tickets.actor(desk.settings.policy, directory, name)
        ticket = tickets.find(tx, ref)
        scene = Scene(who=who, at=desk.at, policy=counter.policy, directory=directory)
        if not rights.may_see(ticket, scene, who.name):
            raise NoSuch(f"there is no ticket {ref!r} for {name}")
        if ticket.status is Status.new and ticket.archived_at is None and ticket.deleted_at is None:
            commands.act(tx, counter, ticket, (Seen(),), who=who, directory=directory, at=desk.at)
