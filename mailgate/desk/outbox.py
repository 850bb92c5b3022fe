"""Mail that goes out: what is to be sent, scheduled and held answers too, and what was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailgate.desk import call, edits, screen, shapes
from mailgate.desk.ends import Failed, Misused, NoSuch

if TYPE_CHECKING:
    from store.plain import Reading

app = typer.Typer(no_args_is_help=True)

STATES = ("due", "sent", "failed", "unknown", "dropped")
Id = Annotated[int, typer.Argument(metavar="ID", help="The number that outbox list shows.", show_default=False)]


@app.command("list")
def list_(
    context: typer.Context,
    *,
    state: Annotated[list[str] | None, typer.Option("--state", help=f"{', '.join(STATES)}, or all.", show_default=False)] = None,
    ticket: Annotated[str, typer.Option("--ticket", metavar="REF", help="About this ticket.", show_default=False)] = "",
    to: Annotated[str, typer.Option("--to", help="Part of the recipient's address.", show_default=False)] = "",
    limit: Annotated[int | None, typer.Option("--limit", help="At most so many.", min=1, show_default=False)] = None,
) -> None:
    """All mails to send and sent, those that still wait first."""
    from mailgate.desk import tickets
    from store.lists import mail as stored

    desk = call.of(context)
    states = tuple(word.strip() for each in state or () for word in each.split(",") if word.strip())
    for word in states:
        if word not in (*STATES, "all"):
            raise Misused(f"there is no state {word!r}", edits.near(word, STATES) or STATES)
    wanted = () if "all" in states else states
    with desk.reading() as tx:
        ticket_id = tickets.find(tx, ticket).id if ticket else None
        rows = stored.letters(tx, states=wanted, ticket_id=ticket_id, to=to, limit=limit or 0)
    if desk.as_json:
        screen.document(desk, [shapes.letter(row, desk.zone) for row in rows])
        return
    if not rows:
        screen.say("no such mails")
        return
    shown = [
        (
            row["id"],
            row["recipient_address"],
            row["template"],
            row["ref"] or "",
            screen.text(row["state"], {"failed": "red", "due": "cyan", "unknown": "yellow"}.get(row["state"], "")),
            row["attempts"],
            screen.local(desk, row["sent_at"] if row["state"] == "sent" else row["due_at"]),
            row["last_answer"],
        )
        for row in rows
    ]
    screen.table(
        ("id", "to", "what", "ticket", "state", "tries", "when", "last answer"), shown, wide=("last answer", "to"), right=("id", "tries")
    )


@app.command()
def show(context: typer.Context, id: Id) -> None:
    """One mail: to whom, about what, its words as they left."""
    desk = call.of(context)
    with desk.reading() as tx:
        row = _find(tx, id)
    shape = shapes.letter(row, desk.zone) | {
        "text": row["text"] or None,
        "buttons": dict(row["buttons"]),
        "bytes": len(row["raw"]) if row["raw"] else None,
    }
    if desk.as_json:
        screen.document(desk, shape)
        return
    screen.record({name: value for name, value in shape.items() if name not in {"text", "buttons"}})
    print()
    print(screen.block(shape["text"] or "(not rendered yet: mails are rendered when they leave)"))


@app.command()
def raw(context: typer.Context, id: Id) -> None:
    """The bytes as they left, or will."""
    import base64
    import sys

    desk = call.of(context)
    with desk.reading() as tx:
        row = _find(tx, id)
    if not row["raw"]:
        raise Failed(f"mail {id} is not rendered yet")
    if desk.as_json:
        screen.document(desk, {"id": id, "base64": base64.b64encode(row["raw"]).decode()})
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(bytes(row["raw"]))
    sys.stdout.buffer.flush()


@app.command()
def retry(context: typer.Context, id: Id) -> None:
    """Let a mail that failed, or waits, leave at the next delivery."""
    from store import engine
    from store.queries import mail as stored

    desk = call.of(context)
    with desk.store() as store, engine.transaction(store) as tx:
        row = _find(tx, id)
        if not stored.again(tx, id, desk.at):
            raise Failed(f"mail {id} is {row['state']}: only what failed or waits can be sent again")
        row = _find(tx, id)
    screen.result(desk, shapes.letter(row, desk.zone), f"mail {id} to {row['recipient_address']} leaves with the next delivery")


@app.command()
def drop(
    context: typer.Context, id: Id, why: Annotated[str, typer.Option("--why", help="The reason, kept with it.")] = "dropped by admin"
) -> None:
    """Keep a mail from leaving."""
    from store import engine
    from store.queries import mail as stored

    desk = call.of(context)
    with desk.store() as store, engine.transaction(store) as tx:
        row = _find(tx, id)
        if not stored.drop(tx, id, why):
            leaving = row["state"] in {"due", "failed", "unknown"}
            raise Failed(f"mail {id} is leaving at this moment" if leaving else f"mail {id} is {row['state']} already")
        row = _find(tx, id)
    screen.result(desk, shapes.letter(row, desk.zone), f"mail {id} to {row['recipient_address']} will not be sent")


def _find(tx: Reading, number: int) -> dict[str, Any]:
    from store.lists import mail as stored

    row = stored.letter(tx, number) if abs(number) < 2**63 else None  # no database has more
    if row is None:
        raise NoSuch(f"there is no mail {number} in the outbox")
    return dict(row)
