"""Persons: customers and contacts, each with all addresses that are known to be theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailgate.desk import call, edits, screen, shapes, signing
from mailgate.desk.call import Call
from mailgate.desk.ends import Failed, Misused, NoSuch
from rules.facts.access import ALIASES, FUNCTIONS, INSIGHTS, OFFICES
from rules.facts.people import Person
from rules.facts.terms import address_key

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from store.plain import Reading

app = typer.Typer(no_args_is_help=True)

Who = Annotated[str, typer.Argument(metavar="ADDRESS", help="Any of the addresses, or the number that list shows.", show_default=False)]
Name = Annotated[str | None, typer.Option("--name", help="As people write it.", show_default=False)]
PartyKey = Annotated[str | None, typer.Option("--party", help="The organisation.", show_default=False)]
More = Annotated[
    list[str] | None, typer.Option("--address", help="Further address; -x takes one off, the first is where mail goes.", show_default=False)
]
Phone = Annotated[str | None, typer.Option("--phone", help="Telephone number.", show_default=False)]
Language = Annotated[str | None, typer.Option("--language", help="Language of mails to them.", show_default=False)]
Class = Annotated[str | None, typer.Option("--class", help="Any word to sort by.", show_default=False)]
Limited = Annotated[
    bool | None, typer.Option("--limited/--no-limited", help="Only what --may says, as after an agreed access.", show_default=False)
]
Category = Annotated[list[str] | None, typer.Option("--category", help="Confines a limited person; -x takes one off.", show_default=False)]
May = Annotated[
    list[str] | None,
    typer.Option(
        "--may",
        help="What they may beyond the usual: adduser, grant, approve, report; of a limited person also create, follow, close, reopen, take.",
        show_default=False,
    ),
]


@app.command("list")
def list_(
    context: typer.Context,
    search: Annotated[str, typer.Option("--search", help="Words in name, number or address.", show_default=False)] = "",
    party: Annotated[str, typer.Option("--party", help="Of this organisation only.", show_default=False)] = "",
    limit: Annotated[int | None, typer.Option("--limit", help="At most so many.", min=1, show_default=False)] = None,
) -> None:
    """All persons that staff entered or that wrote to the desk as known people."""
    from store.lists import people as read

    desk = call.of(context)
    with desk.reading() as tx:
        found = read.persons(tx, words=search, party=party, limit=limit or 0)
    if desk.as_json:
        screen.document(desk, [shapes.person(person, phone, desk.zone) for person, phone in found])
        return
    rows = [(p.id, p.name, ", ".join(p.addresses), p.party, phone, p.class_) for p, phone in found]
    screen.table(("id", "name", "addresses", "party", "phone", "class"), rows, wide=("addresses", "name"), right=("id",))


@app.command()
def show(context: typer.Context, address: Who) -> None:
    """One person."""
    desk = call.of(context)
    with desk.reading() as tx:
        _print(desk, tx, find(tx, address))


@app.command()
def add(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Where mail goes.", show_default=False)],
    *,
    name: Name = None,
    party: PartyKey = None,
    more: More = None,
    phone: Phone = None,
    language: Language = None,
    class_: Class = None,
    may: May = None,
    limited: Limited = None,
    category: Category = None,
    key: signing.Keys = None,
) -> None:
    """Add a person."""
    from store import engine, people

    desk = call.of(context)
    policy = desk.settings.policy
    with desk.store() as store, engine.transaction(store) as tx:
        values = _values(desk, tx, party=party, phone=phone, language=language, class_=class_, may=may, limited=limited, category=category)
        person = people.add_person(tx, edits.mailbox(address, policy), desk.at, name=name or "", known=True, **values)
        for each in edits.edited((), more):
            people.add_address(tx, person.id, edits.mailbox(each.lstrip("+"), policy))
        signing.change(desk, tx, key, person_id=person.id)
        _print(desk, tx, find(tx, address))


@app.command()
def edit(
    context: typer.Context,
    address: Who,
    *,
    name: Name = None,
    party: PartyKey = None,
    more: More = None,
    phone: Phone = None,
    language: Language = None,
    class_: Class = None,
    may: May = None,
    limited: Limited = None,
    category: Category = None,
    key: signing.Keys = None,
) -> None:
    """Change a person; an empty word clears. --address adds one, -x takes one off."""
    from store import engine, people

    desk = call.of(context)
    with desk.store() as store, engine.transaction(store) as tx:
        person = find(tx, address)
        values = _values(
            desk, tx, party=party, phone=phone, language=language, class_=class_, may=may, limited=limited, category=category, before=person
        )
        people.edit_person(tx, person.id, known=True, **values, **({} if name is None else {"name": name}))
        mine = {address_key(a) for a in person.addresses}
        for each in more or ():
            if each.startswith("-"):
                if address_key(each[1:]) not in mine:
                    raise NoSuch(f"{each[1:]} is not an address of theirs", edits.near(each[1:], person.addresses))
                people.remove_address(tx, person.id, each[1:])
                mine.discard(address_key(each[1:]))
            elif address_key(each.lstrip("+")) not in mine:
                people.add_address(tx, person.id, edits.mailbox(each.lstrip("+"), desk.settings.policy))
                mine.add(address_key(each.lstrip("+")))
        if not mine:
            raise Failed("that would leave them without an address; use mailgate person remove")
        signing.change(desk, tx, key, person_id=person.id)
        _print(desk, tx, find(tx, str(person.id)))


@app.command()
def merge(
    context: typer.Context,
    keep: Annotated[str, typer.Argument(metavar="KEEP", help="Whose name and party stay.", show_default=False)],
    other: Annotated[str, typer.Argument(metavar="OTHER", help="Whose addresses go there.", show_default=False)],
) -> None:
    """Make one person of two."""
    from store import engine, people
    from store.queries import people as read

    desk = call.of(context)
    with desk.store() as store, engine.transaction(store) as tx:
        first, second = find(tx, keep), find(tx, other)
        if first.id == second.id:
            raise Failed("these are the same person already")
        gained: dict[str, Any] = {
            "name": first.name or second.name,
            "party": first.party or second.party,
            "phone": read.phone(tx, first.id) or read.phone(tx, second.id),
            "language": first.language or second.language,
            "class_": first.class_ or second.class_,
            "known": first.known or second.known,
            "may": list(dict.fromkeys((*first.may, *second.may))),
            "limited": first.limited or second.limited,
        }
        people.merge_persons(tx, first.id, second.id)
        people.edit_person(tx, first.id, **gained)
        _print(desk, tx, find(tx, str(first.id)))


@app.command()
def remove(context: typer.Context, address: Who) -> None:
    """Forget a person; tickets keep the address that they were written from."""
    from store import engine, people

    desk = call.of(context)
    with desk.store() as store, engine.transaction(store) as tx:
        person = find(tx, address)
        people.remove_person(tx, person.id)
    said = person.name or (person.addresses[0] if person.addresses else str(person.id))
    screen.result(desk, {"id": person.id, "removed": True}, f"{said} is removed")


def find(tx: Reading, word: str) -> Person:
    """The person of an address or of a number in the list; raises NoSuch with near addresses."""
    from store.lists import people as read

    found = read.person(tx, word)
    if found is None:
        raise NoSuch(f"there is no person {word!r}", edits.near(word, read.all_addresses(tx)))
    return found[0]


def _values(
    desk: Call,
    tx: Connection,
    *,
    before: Person | None = None,
    may: list[str] | None,
    limited: bool | None,
    category: list[str] | None,
    **given: str | None,
) -> dict[str, Any]:
    from store import people

    if given["party"]:
        given["party"] = edits.found({p.key: p for p in people.parties(tx)}, given["party"], "party").key
    edits.language(given["language"], desk.settings.policy)
    values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if may is not None:
        values["may"] = [_right(word) for word in edits.edited(before.may if before else (), may)]
    if limited is not None:
        values["limited"] = limited
    if category is not None:
        known = desk.settings.policy.categories
        wanted = edits.edited(before.categories if before else (), category)
        values["categories"] = [edits.found(dict(known), key, "category").key for key in wanted]
    return values


def _right(word: str) -> str:
    """A verb or function that persons may have; raises Misused with the nearest."""
    name = ALIASES.get(word, word)
    known = (*FUNCTIONS, *OFFICES, *INSIGHTS)
    if name not in known:
        raise Misused(f"persons can't have the right {word!r}", edits.near(word, known) or known)
    return name


def _print(desk: Call, tx: Reading, person: Person) -> None:
    from store.lists import people as read

    _, phone = read.person(tx, str(person.id)) or (person, "")
    shape = shapes.person(person, phone, desk.zone)
    shape["keys"] = signing.shapes(desk, read.keys_of(tx, person_id=person.id))
    if desk.as_json:
        screen.document(desk, shape)
    else:
        screen.record(shape)
