"""Opening a ticket for somebody on the telephone or at the counter."""

from __future__ import annotations

import sys
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailgate.desk import call, edits, screen, tickets
from mailgate.desk.call import Call
from mailgate.desk.ends import Failed, Misused
from mailgate.desk.ticket_acts import report
from mailgate.desk.ticket_views import As
from rules.facts.terms import Address, Status, Visibility
from rules.facts.ticket import Ticket
from rules.frozen import replace

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from rules.actions.base import Action
    from rules.facts.people import Actor, Person
    from rules.facts.policy import Policy


def new(
    context: typer.Context,
    *,
    for_: Annotated[str, typer.Option("--for", metavar="ADDR|NAME", help="Whose ticket it is.", show_default=False)] = "",
    phone: Annotated[str, typer.Option("--phone", help="The number that called.", show_default=False)] = "",
    subject: Annotated[str, typer.Option("--subject", help="What it is about, in one line.", show_default=False)] = "",
    text: Annotated[str, typer.Option("--text", help="What was said; - reads stdin.", show_default=False)] = "",
    channel: Annotated[str, typer.Option("--channel", help="How it came; phone if nothing is said.", show_default=False)] = "",
    category: Annotated[str, typer.Option("--category", help="A [[category]] of the config.", show_default=False)] = "",
    type_: Annotated[str, typer.Option("--type", help="A [[type]] of the config.", show_default=False)] = "",
    priority: Annotated[str, typer.Option("--priority", "--prio", help="low, normal or high.", show_default=False)] = "",
    severity: Annotated[str, typer.Option("--severity", help="A [[severity]] of the config.", show_default=False)] = "",
    assign: Annotated[str, typer.Option("--assign", help="An agent or @group.", show_default=False)] = "",
    contract: Annotated[str, typer.Option("--contract", help="The contract it is under.", show_default=False)] = "",
    project: Annotated[str, typer.Option("--project", help="The project it belongs to.", show_default=False)] = "",
    device: Annotated[str, typer.Option("--device", help="The device it is about, by serial number.", show_default=False)] = "",
    language: Annotated[str, typer.Option("--language", help="Language of mails to the customer.", show_default=False)] = "",
    internal: Annotated[bool, typer.Option("--internal", help="Among staff: no mail to anybody outside.")] = False,
    silent: Annotated[bool, typer.Option("--silent", help="No acknowledgement to the customer.")] = False,
    as_: As = "",
    ask: Annotated[bool, typer.Option("-i", "--ask", help="Ask for everything that isn't given.")] = False,
) -> None:
    """Open a ticket for somebody who calls or stands at the counter."""
    desk = call.of(context)
    policy = desk.settings.policy
    if ask:
        for_ = for_ or _asked("For whom (address or name)")
        phone = phone or _asked("Telephone")
        subject = subject or _asked("Subject")
        text = text or _asked("What was said")
        category = category or (_asked(f"Category ({', '.join(policy.categories)})") if policy.categories else "")
        channel = channel or _asked("Channel", "phone")
    elif text == "-":
        text = sys.stdin.read().strip("\n")
    channel = channel or "phone"
    if channel not in policy.channels:
        raise Misused(
            f"there is no channel {channel!r}: [[channel]] has {', '.join(policy.channels)}", edits.near(channel, policy.channels)
        )
    edits.language(language, policy)
    if not (for_ or phone or internal):
        raise Misused("say whose ticket it is: --for ADDRESS, --for NAME or --phone NUMBER")
    if not (subject or text):
        raise Misused("say what it is about: --subject, --text, or -i to be asked")
    given = {
        "category": category or policy.default_category,
        "type": type_,
        "prio": priority,
        "severity": severity,
        "contract": contract,
        "project": project,
        "device": device,
    }
    lines = [f"{verb} {value}" for verb, value in given.items() if value]
    draft = Ticket(subject=_subject(subject, text), channel=channel, language=language)
    if internal:
        draft = replace(draft, visibility=Visibility.internal, origin="internal")
    _open(desk, draft, text, lines, who=for_, phone=phone, name=as_, assign=assign, acknowledge=not silent)


def _open(
    desk: Call, draft: Ticket, text: str, lines: list[str], *, who: str, phone: str, name: str, assign: str, acknowledge: bool
) -> None:
    from mailgate.handling import commands
    from rules.actions.posts import Say
    from store import engine, people

    with desk.counter() as counter:
        policy = counter.policy
        with engine.transaction(counter.store) as tx:
            directory = people.directory(tx)
            actor = tickets.actor(desk.settings.policy, directory, name)
            draft = _for(tx, policy, draft, who, phone)
            routed = commands.understood(lines, policy, directory)
            opening: list[Action] = [Say(text=text)] if text.strip() else []
            if policy.options.auto_read:
                # Whoever typed it has read it; mail that staff sends in stays new (rules.staff).
                draft = replace(draft, status=Status.read, read_at=desk.at)
            opening += _assigned(policy, actor, assign, commands.understood((f"assign {assign}",), policy, directory) if assign else ())
            done = commands.open_ticket(
                tx,
                counter,
                draft,
                opening,
                who=actor,
                directory=directory,
                at=desk.at,
                routed=routed,
                acknowledge=acknowledge and bool(draft.requester.address),
            )
        with engine.reading(counter.store) as tx:
            if not desk.as_json:
                print(screen.plain(f"{done.written.ticket.ref}  {done.written.ticket.subject}"))
            report(tx, desk, done)


def _assigned(policy: Policy, actor: Actor, assign: str, asked: tuple[Action, ...]) -> tuple[Action, ...]:
    """Who holds it from the start: whoever was named, else its opener where the desk wants that."""
    from rules.actions.state import Assign

    if assign:
        return asked
    return (Assign(to=actor.name),) if policy.options.auto_assign and actor.name != "admin" else ()


def _for(tx: Connection, policy: Policy, draft: Ticket, who: str, phone: str) -> Ticket:
    """The draft with its requester: a known person by address, name or telephone number, else as named."""
    from store import people

    requester, person = _requester(tx, policy, who, phone)
    party = people.party_of(requester.address, people.parties(tx)) if requester.address else None
    key = (person.party if person else "") or (party.key if party else "")
    known = next((p for p in people.parties(tx) if p.key == key), None)
    return replace(
        draft,
        requester=requester,
        party=key,
        quiet=bool(known and known.quiet),
        language=draft.language or (person.language if person else ""),
        desk_address=policy.desk.address,
        fields=MappingProxyType({"phone": phone} if phone else {}),
    )


def _requester(tx: Connection, policy: Policy, who: str, phone: str) -> tuple[Address, Any]:
    from store import people
    from store.queries import people as read

    word = who.strip()
    if "@" in word:
        name, _, rest = word.rpartition("<")
        address = edits.mailbox((rest or word).rstrip("> "), policy)
        person = people.person_of(tx, address)
        said = name.strip().strip('"')
        return Address(name=said or (person.name if person else ""), address=address), person
    found: list[Person] = read.by_name(tx, word) if word else read.by_phone(tx, phone)
    if len(found) > 1:
        where = ", ".join(p.addresses[0] for p in found[:5] if p.addresses)
        raise Failed(f"{len(found)} persons are {word or phone}: say which by --for ADDRESS ({where})")
    if found:
        return found[0].address, found[0]
    return Address(name=word or phone), None


def _subject(subject: str, text: str) -> str:
    """One line without anything that isn't seen; the first line of the text where there is no subject."""
    said = " ".join("".join(c if c.isprintable() else " " for c in subject).split())
    if said:
        return said
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return first if len(first) <= 80 else first[:77].rstrip() + "…"


def _asked(question: str, default: str = "") -> str:
    """An answer; where a script's answers are at their end, the default."""
    try:
        return str(typer.prompt(question, default=default, show_default=bool(default), err=True)).strip()
    except typer.Abort as end:
        if sys.stdin.isatty() or not isinstance(end.__context__, EOFError):
            raise
        return default
