"""What the ticket commands share: finding a ticket and who acts, and showing one to people."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mailgate.desk import edits, screen, shapes
from mailgate.desk.call import Call
from mailgate.desk.ends import NoSuch
from rules.facts.people import ADMIN, Actor, Directory, Role
from rules.facts.terms import Address, Level, PostKind, Status
from rules.facts.ticket import DERIVED, Post, ServiceOrder, Ticket
from rules.frozen import replace

if TYPE_CHECKING:
    from rich.text import Text

    from rules.facts.policy import Policy
    from store.plain import Reading

KINDS = {
    PostKind.public: "",
    PostKind.note: "note",
    PostKind.private: "private message",
    PostKind.opinion: "opinion",
    PostKind.third_party: "from somebody outside",
    PostKind.auto: "automatic",
}


def find(tx: Reading, ref: str) -> Ticket:
    """The ticket of a reference in any case, with or without brackets; a bare number finds the only ticket that ends in it. Raises NoSuch."""
    from store.lists import tickets

    bare = ref.strip().strip("[]#").strip()
    ticket = tickets.find(tx, bare) if bare else None
    if ticket is not None:
        return ticket
    refs = tickets.all_refs(tx)
    if bare.isdigit():
        ending = [each for each in refs if re.search(rf"(?<!\d)0*{int(bare)}$", each)]
        if len(ending) == 1 and (ticket := tickets.find(tx, ending[0])) is not None:
            return ticket
        raise NoSuch(f"there is no ticket {ref!r}{_latest(refs) if not ending else ''}", ending[:3])
    near = edits.near(bare, refs) if len(refs) < 20_000 else []
    raise NoSuch(f"there is no ticket {ref!r}{_latest(refs) if not near else ''}", near)


def _latest(refs: Sequence[str]) -> str:
    return f"; the latest is {refs[-1]}" if refs else ""


def actor(policy: Policy, directory: Directory, name: str) -> Actor:
    """Who acts: the agent of `--as`, else the administrator, in the desk's name. Raises NoSuch."""
    if not name:
        return replace(ADMIN, address=Address(name=policy.desk.name, address=policy.desk.address))
    agent = directory.agent_of(name) or edits.found(directory.agents, name, "agent")
    return Actor(role=Role.agent, name=agent.name, address=agent.address, level=Level.both, door="cli")


def whole(tx: Reading, desk: Call, ticket: Ticket) -> shapes.Json:
    """Everything of a ticket as JSON."""
    from store.lists import tickets

    kept = tickets.records(tx, ticket.id)
    return shapes.whole_ticket(
        ticket,
        desk.zone,
        posts=tickets.posts(tx, ticket.id),
        history=tickets.history(tx, ticket.id),
        tasks=tuple(kept.tasks.values()),
        orders=tuple(kept.orders.values()),
        links=tickets.links(tx, ticket.id),
        kind=kinds(tx, desk)(ticket),
        partners=partners(tx, desk)(ticket),
    )


def kinds(tx: Reading, desk: Call) -> Callable[[Ticket], str | None]:
    """What tells whether a ticket is an internal or an external customer's or a partner's; nothing where the desk has one level."""
    if not desk.glance.second_level:
        return lambda _ticket: None
    from store.lists import people

    known = {party.key: party.kind for party in people.parties(tx)}
    return lambda ticket: known.get(ticket.party, "external")


def partners(tx: Reading, desk: Call) -> Callable[[Ticket], tuple[str, ...]]:
    """What gives the addresses of those at the first level who handed a ticket up and watch it since; none where the desk has one level."""
    if not desk.glance.second_level:
        return lambda _ticket: ()
    from rules import levels
    from store.lists import people

    directory = people.directory(tx)
    return lambda ticket: tuple(a.address.address for a in levels.firsts(ticket, directory)) if ticket.level == 2 else ()


def light(ticket: Ticket) -> Text:
    """The light as sign and word: shape, colour and word say the same."""
    if ticket.status is Status.closed:
        return screen.text("✓ closed", "dim")
    if ticket.status is Status.waiting:
        return screen.text("◆ waiting", "blue")
    sign, colour = screen.LIGHTS[ticket.light.value]
    return screen.text(f"{sign} {ticket.light.value}", colour)


def show(tx: Reading, desk: Call, ticket: Ticket) -> None:
    """Print a ticket for people."""
    from store.lists import tickets

    bar = "".join("##" if step <= ticket.progress else "--" for step in range(6))
    due = ", ".join(f"{clock} {screen.local(desk, _moment(ticket.due[clock]))}" for clock in shapes.CLOCKS if ticket.due.get(clock))
    who = f"{ticket.requester.name} <{ticket.requester.address}>" if ticket.requester.name else ticket.requester.address
    screen.show(screen.text(f"{ticket.ref}  {ticket.subject}", "bold"))
    screen.pairs(
        (
            (
                "status",
                f"{ticket.status.value} [{bar}]" + (f" until {screen.local(desk, ticket.waiting_until)}" if ticket.waiting_until else ""),
            ),
            ("light", light(ticket)),
            ("requester", who),
            ("party", ticket.party),
            ("assignee", ticket.assignee),
            ("group", ticket.group),
            ("priority", ticket.priority.value),
            ("severity", ticket.severity),
            ("type", ticket.type),
            ("category", ticket.category),
            ("visibility", ticket.visibility.value if ticket.visibility.value != "public" else ""),
            ("channel", ticket.channel),
            ("level", ticket.level if ticket.level != 1 else ""),
            ("watchers", ", ".join(ticket.watchers)),
            ("not included", ", ".join(ticket.waiting_room)),
            ("contract", ticket.contract),
            ("project", ticket.project),
            ("device", ticket.device),
            ("tags", ", ".join(ticket.tags)),
            *((name, value) for name, value in ticket.fields.items()),
            ("due", due),
            ("end customer", " ".join(ticket.endcustomer.values())),
            ("worked", f"{ticket.minutes // 60}:{ticket.minutes % 60:02} h" if ticket.minutes else ""),
            ("opened", screen.local(desk, ticket.opened_at)),
            ("taken", screen.local(desk, ticket.taken_at)),
            ("answered", screen.local(desk, ticket.answered_at)),
            ("closed", screen.local(desk, ticket.closed_at)),
            ("archived", screen.local(desk, ticket.archived_at)),
            ("deleted", screen.local(desk, ticket.deleted_at)),
            ("rating", f"{'★' * ticket.rating_stars} {ticket.rating_comment}".strip()),
            ("links", ", ".join(f"{ref} ({kind})" for ref, kind in tickets.links(tx, ticket.id))),
        )
    )
    kept = tickets.records(tx, ticket.id)
    for task in kept.tasks.values():
        until = f", by {screen.local(desk, task.due_at)}" if task.due_at else ""
        print(screen.plain(f"{task.ref} [{task.state}] {task.text}  ({task.assignee or 'nobody'}{until})"))
    for order in kept.orders.values():
        _order(desk, order)
    for post in tickets.posts(tx, ticket.id):
        _post(desk, post)


def _order(desk: Call, order: ServiceOrder) -> None:
    """A service order with what was reported on it."""
    when = f", {screen.local(desk, order.when_at)}" if order.when_at else ""
    print(screen.plain(f"{order.ref} [{order.state}] {order.text}  ({order.technician or 'nobody'}{when})"))
    for done in order.hours:
        minutes, text = int(done["minutes"]), str(done["text"])
        print(
            screen.plain(
                f"    {minutes // 60}:{minutes % 60:02} h  {done['who']}, {screen.local(desk, _moment(str(done['at'])))}  {text}".rstrip()
            )
        )
    for part in order.parts:
        name = " ".join(filter(None, (str(part["number"]), str(part["text"]))))
        print(screen.plain(f"    {part['amount']:g} × {name}"))


def _post(desk: Call, post: Post) -> None:
    kind = KINDS[post.kind]
    head = f"{'→' if post.direction == 'out' else '←'} {post.author.name or post.author.address or post.agent}"
    style = "bold yellow" if post.kind is not PostKind.public else "bold"
    print()
    tail = f"  {screen.local(desk, post.at)}" + (f"  {kind}" if kind else "") + (f"  mail {post.mail}" if post.mail else "")
    screen.show(screen.text(head + tail, style))
    print(screen.block(post.text))
    if post.quoted.strip():
        print(f"(and {len(post.quoted.splitlines())} quoted lines: --json has them)")
    for part in post.parts:
        print(screen.plain(f"[{part.name}, {part.type}, {part.bytes:,} bytes]"))


def changes(desk: Call, changed: Mapping[str, Sequence[Any]]) -> str:
    """The fields that an action changed, in one line."""
    told = {name: pair for name, pair in changed.items() if name not in DERIVED}
    return "; ".join(
        f"{name.removesuffix('_at').replace('_', ' ')}: {_word(desk, name, before)} → {_word(desk, name, after)}"
        for name, (before, after) in told.items()
    )


def _word(desk: Call, name: str, value: Any) -> str:  # noqa: ANN401 - any JSON
    match value:
        case None | "" | [] | 0 | False:
            return "–"
        case str() if name.endswith("_at") or name == "waiting_until":
            return screen.local(desk, _moment(value))
        case dict():
            if not value:
                return "–"
            if "text" in value:  # a task or an order
                whose = f" for {value['assignee']}" if value.get("assignee") else ""
                until = f", by {screen.local(desk, _moment(value['due_at']))}" if value.get("due_at") else ""
                return f"{value['text']}{whose}{until} ({value.get('state') or 'open'})"
            return str(value.get("address") or value.get("name") or ", ".join(f"{k}={v}" for k, v in value.items()))
        case list():
            return ", ".join(map(str, value))
        case _:
            return str(value)


def _moment(at: str) -> Any:  # noqa: ANN401
    from datetime import datetime

    return datetime.fromisoformat(at)
