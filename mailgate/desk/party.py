"""Parties: the organisations that customers and partners belong to."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from mailgate.desk import call, edits, screen, shapes
from mailgate.desk.call import Call
from mailgate.desk.ends import Failed, NoSuch
from rules.facts.people import FREEMAIL, Party
from rules.frozen import replace

app = typer.Typer(no_args_is_help=True)


class Kind(StrEnum):
    """What a party is to us."""

    internal = "internal"
    external = "external"
    partner = "partner"


Key = Annotated[str, typer.Argument(help="The word that commands use: party acme.", show_default=False)]
Name = Annotated[str | None, typer.Option("--name", help="As people write it.", show_default=False)]
Domains = Annotated[list[str] | None, typer.Option("--domain", help="Mail domain; sub-domains count.", show_default=False)]
KindOf = Annotated[Kind | None, typer.Option("--kind", help="What it is to us.", show_default=False)]
Class = Annotated[str | None, typer.Option("--class", help="Any word to sort by: franchisee, gold.", show_default=False)]
NamedOnly = Annotated[
    bool | None,
    typer.Option(
        "--named-only/--no-named-only", help="Only people who were entered or given access may ask for anything.", show_default=False
    ),
]
Approvals = Annotated[
    int | None, typer.Option("--approvals", help="How many approvers have to agree to access; 0 for all.", min=0, show_default=False)
]
Approvers = Annotated[
    list[str] | None,
    typer.Option("--approver", help="Agent or address that decides on access, beside its people with --may approve.", show_default=False),
]
Quiet = Annotated[bool | None, typer.Option("--quiet/--no-quiet", help="No mails about status to its people.", show_default=False)]


@app.command("list")
def list_(context: typer.Context) -> None:
    """All parties."""
    from store.lists import people

    desk = call.of(context)
    with desk.reading() as tx:
        parties = people.parties(tx)
    if desk.as_json:
        screen.document(desk, [shapes.party(each) for each in parties])
        return
    rows = [(p.key, p.name, ", ".join(p.domains), p.kind, p.class_, "quiet" if p.quiet else "") for p in parties]
    screen.table(("party", "name", "domains", "kind", "class", ""), rows, wide=("name", "domains"))


@app.command()
def show(context: typer.Context, key: Key) -> None:
    """One party and its people."""
    from store.lists import people

    desk = call.of(context)
    with desk.reading() as tx:
        party = _find(people.parties(tx), key)
        persons = people.persons(tx, party=party.key)
    shape = shapes.party(party) | {"persons": [person.addresses[0] for person, _ in persons if person.addresses]}
    if desk.as_json:
        screen.document(desk, shape)
    else:
        screen.record(shape)


@app.command()
def history(context: typer.Context, key: Key) -> None:
    """Its tickets, newest first, archived ones too."""
    from store.lists import people, tickets

    desk = call.of(context)
    with desk.reading() as tx:
        party = _find(people.parties(tx), key)
        found = tickets.of_party(tx, party.key)
        links = tickets.links_of(tx, [each.id for each in found]) if desk.as_json else {}
    if desk.as_json:
        screen.document(desk, [shapes.ticket(t, desk.zone, links=links.get(t.id, ())) for t in found])
        return
    rows = [(t.ref, screen.local(desk, t.opened_at), t.subject, t.requester.name or t.requester.address, t.status.value) for t in found]
    screen.table(("ref", "opened", "subject", "customer", "status"), rows, wide=("subject", "customer"))


@app.command()
def add(
    context: typer.Context,
    key: Key,
    *,
    name: Name = None,
    domain: Domains = None,
    kind: KindOf = None,
    class_: Class = None,
    quiet: Quiet = None,
    named_only: NamedOnly = None,
    approvals: Approvals = None,
    approver: Approvers = None,
) -> None:
    """Add a party."""
    from store import engine, people

    desk = call.of(context)
    with desk.store() as store, engine.transaction(store) as tx:
        known = people.parties(tx)
        if any(each.key.lower() == key.lower() for each in known):
            raise Failed(f"there is a party {key} already: mailgate party edit {key}")
        party = _changed(known, Party(key=edits.key(key, "party")), name, domain, kind, class_, quiet)
        party = replace(
            party,
            named_only=party.named_only if named_only is None else named_only,
            approvals=party.approvals if approvals is None else approvals,
            approvers=tuple(edits.edited(party.approvers, approver)),
        )
        people.put_party(tx, party)
    _print(desk, party)


@app.command()
def edit(
    context: typer.Context,
    key: Key,
    *,
    name: Name = None,
    domain: Domains = None,
    kind: KindOf = None,
    class_: Class = None,
    quiet: Quiet = None,
    named_only: NamedOnly = None,
    approvals: Approvals = None,
    approver: Approvers = None,
) -> None:
    """Change a party. Domains are set anew, or changed by +x and -x; an empty word clears."""
    from store import engine, people

    desk = call.of(context)
    with desk.store() as store, engine.transaction(store) as tx:
        known = people.parties(tx)
        party = _changed(known, _find(known, key), name, domain, kind, class_, quiet)
        party = replace(
            party,
            named_only=party.named_only if named_only is None else named_only,
            approvals=party.approvals if approvals is None else approvals,
            approvers=tuple(edits.edited(party.approvers, approver)),
        )
        people.put_party(tx, party)
    _print(desk, party)


@app.command()
def remove(context: typer.Context, key: Key) -> None:
    """Forget a party; its people belong to none, its tickets keep the word."""
    from store import engine, people

    desk = call.of(context)
    with desk.store() as store, engine.transaction(store) as tx:
        party = _find(people.parties(tx), key)
        people.remove_party(tx, party.key)
    screen.result(desk, {"key": party.key, "removed": True}, f"the party {party.key} is removed")


def _find(known: tuple[Party, ...], key: str) -> Party:
    by_key = {each.key: each for each in known}
    by_domain = next((each for each in known if key.lower() in each.domains), None)
    try:
        return edits.found(by_key, key, "party")
    except NoSuch:
        if by_domain is not None:
            return by_domain
        raise


def _changed(
    known: tuple[Party, ...],
    before: Party,
    name: str | None,
    domain: list[str] | None,
    kind: Kind | None,
    class_: str | None,
    quiet: bool | None,
) -> Party:
    domains = tuple(dict.fromkeys(edits.domain(d) for d in edits.edited(before.domains, domain)))
    for each in domains:
        if each in FREEMAIL:
            raise Failed(f"{each} is everybody's: people there don't belong together; add them one by one with mailgate person add --party")
        owner = next((p.key for p in known if p.key != before.key and each in p.domains), "")
        if owner:
            raise Failed(f"{each} belongs to the party {owner}")
    return replace(
        before,
        name=before.name if name is None else name,
        domains=domains,
        kind=before.kind if kind is None else kind.value,
        class_=before.class_ if class_ is None else class_,
        quiet=before.quiet if quiet is None else quiet,
    )


def _print(desk: Call, party: Party) -> None:
    shape = shapes.party(party)
    if desk.as_json:
        screen.document(desk, shape)
    else:
        screen.record(shape)
