"""Acting on tickets: do, edit, reply, note. Each is one or more verbs, carried out by `mailgate.handling.commands`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailgate.desk import call, screen, tickets
from mailgate.desk.call import Call
from mailgate.desk.ends import Failed, Misused
from mailgate.desk.ticket_views import As, Ref

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mailgate.handling.commands import Done
    from rules.actions.base import Action
    from rules.facts.people import Directory
    from rules.facts.policy import Policy
    from rules.facts.ticket import Ticket

    Make = Callable[[Policy, Directory, Ticket], Sequence[Action]]

Words = Annotated[str | None, typer.Option("--text", help="The text itself.", show_default=False)]
TextFile = Annotated[Path | None, typer.Argument(metavar="[FILE]", help="File with the text; - or nothing for stdin.", show_default=False)]


def do(
    context: typer.Context,
    ref: Ref,
    lines: Annotated[
        list[str], typer.Argument(metavar="LINE…", help='As in a mail, without #: "assign anna" "prio high".', show_default=False)
    ],
    as_: As = "",
) -> None:
    """Carry out any verbs, all or none."""
    from mailgate.handling import commands

    _carry_out(call.of(context), ref, as_, lambda policy, directory, _: commands.understood(lines, policy, directory))


def edit(
    context: typer.Context,
    ref: Ref,
    *,
    as_: As = "",
    subject: Annotated[str | None, typer.Option("--subject", help="What it is about, in one line.", show_default=False)] = None,
    status: Annotated[
        str | None, typer.Option("--status", help="new, read, assigned, working, waiting or closed.", show_default=False)
    ] = None,
    priority: Annotated[str | None, typer.Option("--priority", "--prio", help="low, normal or high.", show_default=False)] = None,
    severity: Annotated[str | None, typer.Option("--severity", help="A [[severity]] of the config.", show_default=False)] = None,
    type_: Annotated[str | None, typer.Option("--type", help="A [[type]] of the config.", show_default=False)] = None,
    category: Annotated[str | None, typer.Option("--category", help="A [[category]] of the config.", show_default=False)] = None,
    visibility: Annotated[str | None, typer.Option("--visibility", help="public or internal.", show_default=False)] = None,
    group: Annotated[str | None, typer.Option("--group", help="The group that holds it.", show_default=False)] = None,
    assignee: Annotated[str | None, typer.Option("--assignee", "--assign", help="An agent, @group, or nobody.", show_default=False)] = None,
    requester: Annotated[str | None, typer.Option("--requester", help="ADDRESS, or ADDRESS NAME.", show_default=False)] = None,
    watcher: Annotated[
        list[str] | None, typer.Option("--watcher", "--watchers", "--cc", help="ADDRESS, or -ADDRESS to take it off.", show_default=False)
    ] = None,
    party: Annotated[str | None, typer.Option("--party", help="The organisation it is from.", show_default=False)] = None,
    partner_ref: Annotated[
        str | None, typer.Option("--partner-ref", "--partner_ref", help="Its number at a partner.", show_default=False)
    ] = None,
    contract: Annotated[str | None, typer.Option("--contract", help="The contract it is under.", show_default=False)] = None,
    project: Annotated[str | None, typer.Option("--project", help="The project it belongs to.", show_default=False)] = None,
    device: Annotated[str | None, typer.Option("--device", help="The device it is about, by serial number.", show_default=False)] = None,
    channel: Annotated[str | None, typer.Option("--channel", help="How it came: mail, phone, counter.", show_default=False)] = None,
    origin: Annotated[str | None, typer.Option("--origin", help="customer or internal.", show_default=False)] = None,
    language: Annotated[str | None, typer.Option("--language", help="Language of mails to the customer.", show_default=False)] = None,
    level: Annotated[str | None, typer.Option("--level", help="Level of support: 1 or 2.", show_default=False)] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", "--tags", help="x, or -x to take it off.", show_default=False)] = None,
    field: Annotated[
        list[str] | None, typer.Option("--field", "--fields", metavar="NAME=VALUE", help="A field of the desk's own.", show_default=False)
    ] = None,
    due: Annotated[
        str | None, typer.Option("--due", metavar="TIME", help="By when it has to be solved; - for none.", show_default=False)
    ] = None,
    endcustomer: Annotated[str | None, typer.Option("--endcustomer", help="Whom a partner asks for.", show_default=False)] = None,
    notify: Annotated[str | None, typer.Option("--notify", help="on or off: status mails to the customer.", show_default=False)] = None,
) -> None:
    """Change any field, at any time; the history keeps what it was."""
    given = {
        "status": status, "prio": priority, "severity": severity, "type": type_, "category": category, "assign": assignee,
        "requester": requester, "party": party, "project": project, "device": device,
        "due": due, "endcustomer": endcustomer,
    }  # fmt: skip
    plain = {
        "subject": subject, "group": group, "channel": channel, "origin": origin, "language": language, "level": level,
        "partner_ref": partner_ref, "contract": contract,
    }  # fmt: skip
    lines = [f"set {name} {value}".rstrip() for name, value in plain.items() if value is not None]
    lines += [f"{verb} {_cleared(verb, value)}" for verb, value in given.items() if value is not None]
    lines += [f"cc {address}" for address in watcher or ()]
    lines += [f"tag {each}" for each in tag or ()]
    lines += [
        f"field {_quoted(name.strip())} {value.strip()}".rstrip() for each in field or () for name, _, value in (each.partition("="),)
    ]
    lines += _choice("visibility", visibility, {"public": "public", "internal": "internal"})
    lines += _choice("notify", notify, {"on": "quiet off", "off": "quiet"})
    if not lines:
        raise Misused("nothing to change: name a field, such as --priority high")
    desk = call.of(context)
    _carry_out(desk, ref, as_, lambda policy, directory, _: _edits(lines, policy, directory))


def reply(
    context: typer.Context,
    ref: Ref,
    file: TextFile = None,
    text: Words = None,
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="When it leaves.", show_default=False)] = "",
    as_: As = "",
) -> None:
    """Answer the customer with a text from --text, a file or stdin."""
    from rules.actions.posts import Reply

    desk = call.of(context)
    words = _text(text, file)
    leaves_at = desk.moment(at) if at else None
    _carry_out(desk, ref, as_, lambda *_: (Reply(text=words),), leaves_at=leaves_at)


def note(context: typer.Context, ref: Ref, file: TextFile = None, text: Words = None, as_: As = "") -> None:
    """Write something only staff sees: a text from --text, a file or stdin."""
    from rules.actions.posts import Note

    words = _text(text, file)
    _carry_out(call.of(context), ref, as_, lambda *_: (Note(text=words),))


def _carry_out(desk: Call, ref: str, name: str, make: Make, *, leaves_at: datetime | None = None) -> None:
    from mailgate.handling import commands
    from store import engine, people

    with desk.counter() as counter:
        with engine.transaction(counter.store) as tx:
            directory = people.directory(tx)
            who = tickets.actor(desk.settings.policy, directory, name)
            ticket = tickets.find(tx, ref)
            actions = make(counter.policy, directory, ticket)
            done = commands.act(tx, counter, ticket, actions, who=who, directory=directory, at=desk.at, leaves_at=leaves_at)
        with engine.reading(counter.store) as tx:
            report(tx, desk, done)


def report(tx: Connection, desk: Call, done: Done) -> None:
    """What was done: the ticket for scripts, a line for each action and mail for people."""
    from store.queries import mail as read

    written = done.written
    letters = [row for row in (read.letter(tx, each) for each in done.letters) if row is not None]
    if desk.as_json:
        steps = [{"line": s.action, "changed": {k: list(v) for k, v in s.changed.items()}} for s in written.outcome.steps]
        told = [
            {"id": row["id"], "template": row["template"], "to": row["recipient_address"], "due_at": row["due_at"].isoformat()}
            for row in letters
        ]
        screen.document(desk, tickets.whole(tx, desk, written.ticket) | {"done": steps, "letters": told})
        return
    for step in written.outcome.steps:
        print(screen.plain(f"{written.ticket.ref}  {step.action}" + (f"  ({tickets.changes(desk, step.changed)})" if step.changed else "")))
    for row in letters:
        leaves = f", leaves {screen.local(desk, row['due_at'])}" if row["due_at"] > desk.at else ""
        print(screen.plain(f"  {row['template']} → {row['recipient_address']}{leaves}"))
    if written.dropped:
        print(f"  {len(written.dropped)} mail{'s' if len(written.dropped) > 1 else ''} will not be sent")
    for gone in written.gone:
        print(screen.plain(f"  had left already: {gone['template']} → {gone['to']}"))
    for ask in written.outcome.asks:
        _answer(tx, desk, ask.what, ask.about)


def _answer(tx: Connection, desk: Call, what: str, about: str) -> None:
    """What a verb that only asks would have been answered by mail."""
    from rules.actions.all import VERBS
    from rules.lexicon import INNER
    from store.queries import tickets as read

    match what:
        case "help":
            rows = [(name, " ".join((verb.__doc__ or "").split("\n")[0].split())) for name, verb in VERBS.items() if name not in INNER]
            screen.table(("verb", "what it does"), rows, wide=("what it does",))
        case "list" | "find":
            found = read.listed(tx, read.Filter(words=about, open_only=what == "list", sort="light", limit=30))
            screen.table(("ref", "subject", "status"), [(t.ref, t.subject, t.status.value) for t in found], wide=("subject",))
        case "history":
            past = [(screen.local(desk, row["at"]), row["actor"], row["action"]) for row in read.history(tx, tickets.find(tx, about).id)]
            screen.table(("when", "who", "what"), past, wide=("what",))
        case _:
            tickets.show(tx, desk, tickets.find(tx, about))


def _edits(lines: Sequence[str], policy: Policy, directory: Directory) -> tuple[Action, ...]:
    """The actions of lines, those of `set` included, which nobody says in a mail."""
    from mailgate.handling import commands
    from rules.actions.triage import SetAny

    actions: list[Action] = []
    for line in lines:
        verb, _, rest = line.partition(" ")
        if verb == "set":
            name, _, value = rest.partition(" ")
            actions.append(SetAny(name=name, text=value))
        else:
            actions += commands.understood((line,), policy, directory)
    return tuple(actions)


def _cleared(verb: str, value: str) -> str:
    if value.strip():
        return value
    return "nobody" if verb == "assign" else "-"


def _quoted(word: str) -> str:
    return f'"{word}"' if " " in word else word


def _choice(name: str, given: str | None, lines: dict[str, str]) -> list[str]:
    if given is None:
        return []
    if given not in lines:
        raise Misused(f"--{name} is {' or '.join(lines)}, not {given!r}")
    return [lines[given]]


def _text(given: str | None, file: Path | None) -> str:
    """The text of a reply or note; raises Failed for an empty one."""
    if given is not None and file is not None:
        raise Misused("the text comes from --text or from a file, not from both")
    if given is not None:
        words = given
    elif file is not None and str(file) != "-":
        words = file.read_text(encoding="utf-8")
    else:
        if file is None and sys.stdin.isatty():
            screen.say("write the text, and end it with Ctrl-D on a line of its own")
        words = sys.stdin.read()
    words = words.replace("\r\n", "\n").strip("\n")
    if not words.strip():
        raise Failed("there is no text: give --text, a file, or write it on stdin")
    return words
