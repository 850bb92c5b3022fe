"""Looking at mail that came in: list, show, raw, and the account of all fates."""

from __future__ import annotations

import base64
import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailgate.desk import call, edits, screen, shapes
from mailgate.desk.call import Call
from mailgate.desk.ends import Failed, Misused, NoSuch
from rules.facts.terms import Fate

if TYPE_CHECKING:
    from store.plain import Reading

MailId = Annotated[str, typer.Argument(metavar="ID", help="The number that mail list shows, or a Message-ID.", show_default=False)]

FATES = (*(fate.value for fate in Fate), "waiting", "skipped")


def list_(
    context: typer.Context,
    *,
    search: Annotated[
        str, typer.Option("--search", metavar="WORDS", help="All these words in subject, text, sender or Message-ID.", show_default=False)
    ] = "",
    from_: Annotated[str, typer.Option("--from", help="Part of the sender's name or address.", show_default=False)] = "",
    fate: Annotated[list[str] | None, typer.Option("--fate", help=f"{', '.join(FATES)}.", show_default=False)] = None,
    since: Annotated[str, typer.Option("--since", help="A time, or a span such as 2d.", show_default=False)] = "",
    ticket: Annotated[str, typer.Option("--ticket", metavar="REF", help="Mails of this ticket.", show_default=False)] = "",
    limit: Annotated[int | None, typer.Option("--limit", help="At most so many.", min=1, show_default=False)] = None,
) -> None:
    """What came in, newest first, with its one fate and why; also what the IMAP door left alone."""
    from mailgate.desk import tickets
    from store.lists import mail as stored

    desk = call.of(context)
    fates = tuple(word.strip() for each in fate or () for word in each.split(",") if word.strip())
    for word in fates:
        if word not in FATES:
            raise Misused(f"there is no fate {word!r}", edits.near(word, FATES) or FATES)
    with desk.reading() as tx:
        ticket_id = tickets.find(tx, ticket).id if ticket else None
        wanted = stored.Filter(
            words=search, sender=from_, fates=fates, since=since_when(desk, since), ticket_id=ticket_id, limit=limit or 0
        )
        rows = [] if fates == ("skipped",) else stored.received(tx, wanted)
        skipped = stored.skipped(tx, wanted) if ticket_id is None and (not fates or "skipped" in fates) else []
    zone = desk.zone
    shown = sorted(
        [(row["received_at"], shapes.mail(row, zone)) for row in rows] + [(row["seen_at"], shapes.skipped(row, zone)) for row in skipped],
        key=lambda pair: pair[0],
        reverse=True,
    )[: limit or None]
    if desk.as_json:
        screen.document(desk, [mail for _, mail in shown])
        return
    if not shown:
        screen.say("no such mails")
        return
    table = [
        (
            mail["id"] or "",
            screen.local(desk, at),
            mail["from"]["name"] or mail["from"]["address"] or mail["envelope"]["from"] or "?",
            mail["subject"],
            _fate(mail),
            mail["ticket"] or "",
            mail["why"] or "",
        )
        for at, mail in shown
    ]
    screen.table(("id", "received", "from", "subject", "fate", "ticket", "why"), table, wide=("subject", "why", "from"), right=("id",))


def show(context: typer.Context, id: MailId) -> None:
    """One mail: how it came, how it was understood, what became of it and why."""
    desk = call.of(context)
    with desk.reading() as tx:
        shape = shape_of(tx, desk, find(tx, id))
    if desk.as_json:
        screen.document(desk, shape)
        return
    sender = " ".join(filter(None, (shape["from"]["name"], f"<{shape['from']['address']}>" if shape["from"]["address"] else "")))
    screen.pairs(
        (
            ("mail", shape["id"]),
            ("received", f"{shape['received_at']} by {shape['door']}, {shape['bytes']:,} bytes"),
            ("envelope", f"{shape['envelope']['from'] or '<>'} → {', '.join(shape['envelope']['to']) or '–'}"),
            ("from", sender),
            ("to", ", ".join(a["address"] for a in shape["to"])),
            ("cc", ", ".join(a["address"] for a in shape["cc"])),
            ("subject", shape["subject"]),
            ("message-id", shape["message_id"]),
            ("kind", shape["machine"]["kind"] if shape["machine"] else ""),
            ("trust", "" if shape["trust"] is None else str(shape["trust"])),
            ("fate", _fate(shape)),
            ("ticket", shape["ticket"]),
            ("why", shape["why"]),
            ("files", ", ".join(f"{a['name']} ({a['bytes']:,} bytes)" for a in shape["attachments"])),
            ("unreadable", shape.get("error", "")),
        )
    )
    print()
    print(screen.block(shape["text"] or ""))


def raw(context: typer.Context, id: MailId) -> None:
    """The bytes as they were received, unchanged."""
    from store.lists import mail as stored

    desk = call.of(context)
    with desk.reading() as tx:
        row = find(tx, id)
        data = stored.raw(tx, row["id"])
    if data is None:
        raise Failed(f"the contents of mail {row['id']} were removed for good")
    if desk.as_json:
        screen.document(desk, {"id": row["id"], "sha256": row["sha256"], "base64": base64.b64encode(data).decode()})
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def fates(
    context: typer.Context,
    stale: Annotated[str, typer.Option("--stale", metavar="SPAN", help="A mail may be so long without a fate.")] = "15m",
) -> None:
    """The account: every received mail has exactly one fate. Exit 1 if it doesn't add up, or one waits too long."""
    from store.lists import mail as stored

    desk = call.of(context)
    with desk.reading() as tx:
        account = stored.account(tx, desk.at, span(stale))
    shape = {
        "received": account.received,
        "fates": dict(account.fates),
        "waiting": account.waiting,
        "stale": account.stale,
        "ok": account.adds_up,
    }
    if desk.as_json:
        screen.document(desk, shape)
    else:
        rows = [(name, count) for name, count in (*account.fates.items(), ("waiting", account.waiting)) if count]
        screen.table(("fate", "mails"), [*rows, ("received", account.received)], right=("mails",))
    if not account.adds_up:
        why = f"{account.stale} mails are without a fate for longer than {stale}" if account.stale else "the account doesn't add up"
        screen.say(f"mailgate: {why}; see mail list --fate waiting")
        raise typer.Exit(1)


def find(tx: Reading, word: str) -> dict[str, Any]:
    """The row of a received mail by number or Message-ID; raises NoSuch."""
    from store.lists import mail as stored

    number = word.strip().lstrip("#")
    row = stored.one(tx, int(number)) if number.isdigit() and len(number) < 19 else stored.by_message_id(tx, word.strip())
    if row is None:
        latest = stored.received(tx, stored.Filter(limit=1))
        said = f"; the latest is {latest[0]['id']}" if latest else ""
        raise NoSuch(f"there is no mail {word!r}{said}")
    return dict(row)


def shape_of(tx: Reading, desk: Call, row: dict[str, Any]) -> dict[str, Any]:
    """Everything of a received mail as JSON; what it says is read from its bytes."""
    from mailgate.parsing import reading
    from mailgate.parsing.reader import Reader
    from rules.facts.mail import Mail
    from store import facts
    from store.lists import mail as stored

    shape = shapes.mail(row, desk.zone)
    data = stored.raw(tx, row["id"])
    blank: dict[str, Any] = {"text": None, "quoted": None, "full_text": None, "attachments": [], "machine": None}
    if data is None:
        return shape | blank
    with Reader() as reader:
        mail = reader.read([data])[0]
    if not isinstance(mail, Mail):
        return shape | blank | {"error": str(mail)}
    seen = reading.described(mail, data, facts.envelope(row), desk.settings.policy.own)
    # A mail that waits has only been kept: what it says of itself is in its bytes alone.
    told = {name: seen[name] for name in ("message_id", "from", "to", "cc", "subject")} if row["fate"] is None else {}
    further = (
        "text",
        "quoted",
        "full_text",
        "attachments",
        "machine",
        "identity",
        "identity_fault",
        "date",
        "in_reply_to",
        "references",
        "flaws",
    )
    return shape | told | {name: seen[name] for name in further}


def span(written: str) -> timedelta:
    """A span of time such as 15m or 2d; raises Misused."""
    from rules.facts.amounts import read_duration

    try:
        return read_duration(written)
    except ValueError as why:
        raise Misused(str(why)) from None


def since_when(desk: Call, written: str) -> datetime | None:
    """A time, or one before now by a span such as `2d`; None for nothing written. Raises Misused."""
    if not written:
        return None
    if written[-1:].isalpha() and written[:1].isdigit() and "T" not in written:
        return desk.at - span(written)
    return desk.moment(written)


def _fate(mail: dict[str, Any]) -> str:
    return f"{mail['fate'] or 'waiting'}{' (put away)' if mail['put_away'] else ''}"
