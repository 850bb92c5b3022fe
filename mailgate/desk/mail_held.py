"""Deciding about mail that is held or parked: again, again without the guard that is named, or away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailgate.desk import call, screen
from mailgate.desk.call import Call
from mailgate.desk.ends import Failed
from mailgate.desk.mail_views import MailId, find, shape_of
from rules.facts.terms import Fate

if TYPE_CHECKING:
    from rules.verdict import Allowance

UNSETTLED = frozenset({Fate.held.value, Fate.parked.value})


def retry(context: typer.Context, id: MailId) -> None:
    """Handle a parked or held mail again, as it is."""
    from mailgate import intake
    from rules.verdict import Allowance
    from store import engine, inbox

    desk = call.of(context)
    with desk.office(dns=True) as office:
        with engine.transaction(office.store) as tx:
            row = _unsettled(find(tx, id))
            if row["fate"] == Fate.parked.value:
                inbox.reopen(tx, row["id"])
            else:
                inbox.take_up(tx, row["id"])
                intake.again(tx, office, row["id"], Allowance(), desk.at)
        while intake.handle(office, desk.at, ids=(row["id"],)):
            pass
        _tell(desk, office.store, row["id"])


def release(context: typer.Context, id: MailId) -> None:
    """Run a held mail again without the guard that holds it. A missing proof of who wrote is never lifted here."""
    from mailgate import intake
    from store import engine, inbox

    desk = call.of(context)
    with desk.office(dns=True) as office:
        with engine.transaction(office.store) as tx:
            row = _unsettled(find(tx, id))
            lifted = allowance(row)
            inbox.take_up(tx, row["id"])
            intake.again(tx, office, row["id"], lifted, desk.at)
        _tell(desk, office.store, row["id"])


def drop(
    context: typer.Context,
    id: MailId,
    why: Annotated[str, typer.Option("--why", help="The reason, kept with it.", prompt=False, show_default=False)],
) -> None:
    """Put a held or parked mail away: kept, marked, announced no more."""
    from store import engine, inbox

    desk = call.of(context)
    with desk.store() as store:
        with engine.transaction(store) as tx:
            row = _unsettled(find(tx, id))
            inbox.put_away(tx, row["id"], why, desk.at)
        _tell(desk, store, row["id"])


def allowance(row: dict[str, Any]) -> Allowance:
    """What releasing a held mail lifts: the guard that holds it, no other, and never a level of trust. Raises Failed."""
    from rules.verdict import Allowance

    reason = str((row["hold"] or {}).get("reason", ""))
    match reason:
        case "proof":
            raise Failed(
                f"mail {row['id']} is held because nothing proves who wrote it: only its owner can confirm that, by the mail that he was sent"
                " (if you know, take it in again with mail in --as AGENT)"
            )
        case "unknown-command" | "refused":
            return Allowance(anyway=True)
        case "crossing":
            return Allowance(crossing=True)
        case _:
            return Allowance(guards=frozenset({reason}) if reason else frozenset())


def _unsettled(row: dict[str, Any]) -> dict[str, Any]:
    if row["fate"] not in UNSETTLED:
        raise Failed(f"mail {row['id']} is not held or parked: it is {row['fate'] or 'waiting to be handled'}")
    return row


def _tell(desk: Call, store: Any, received_id: int) -> None:  # noqa: ANN401 - a Store
    """What became of it; still held is a failure to whoever released it."""
    from store import engine

    with engine.reading(store) as tx:
        shape = shape_of(tx, desk, find(tx, str(received_id)))
    said = (
        f"mail {shape['id']}: {shape['fate']}{' (put away)' if shape['put_away'] else ''}{' ' + shape['ticket'] if shape['ticket'] else ''}"
    )
    screen.result(desk, shape, said + (f", {shape['why']}" if shape["why"] else ""))
    if shape["fate"] in UNSETTLED and not shape["put_away"]:
        raise typer.Exit(1)
