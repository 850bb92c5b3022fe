"""Data protection: everything of one person out of everything that is stored."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mailgate.desk import call, screen
from mailgate.desk.call import Call
from mailgate.desk.ends import Failed, Misused, NoSuch


def erase(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Any address of the person.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, only what would go is shown.")] = False,
) -> None:
    """Take a person out of tickets, mails, letters and history for good. Shows what would go; --yes does it, and there is no way back."""
    from mailgate import erasing
    from store import engine, people
    from store import erasing as stored

    desk = call.of(context)
    if not address.strip():
        # Callers who gave no address have an empty one: all of them would be this person.
        raise Misused("say whose: an address of the person")
    with desk.store() as store:
        with engine.reading(store) as tx:
            if people.directory(tx).agent_of(address) is not None:
                raise Failed(f"{address} is an agent's address: remove the agent first")
            who = stored.somebody(tx, address)
            names = erasing.namer(who)
            found = stored.traces(tx, who, names)
            elsewhere = _refs(tx, found.tickets)
        sent = _sent(desk, names)
        if not (who.found or found.rows or found.mails or found.letters or sent):
            raise NoSuch(f"nothing is stored of {address}")
        if yes:
            with engine.transaction(store) as tx:
                stored.erase(tx, who, names, desk.at, by="admin")
            for path in sent:
                path.unlink(missing_ok=True)
            stored.compact(store)
    shape: dict[str, Any] = {
        "addresses": list(who.addresses),
        "names": list(who.names),
        "tickets": list(who.own.values()),
        "named_in": elsewhere,
        "mails": found.mails,
        "letters": found.letters,
        "sent_files": len(sent),
        "rows": found.rows,
        "done": yes,
    }
    if desk.as_json:
        screen.document(desk, shape)
        return
    screen.pairs(
        (
            ("addresses", ", ".join(who.addresses)),
            ("names", ", ".join(who.names)),
            ("requests that are emptied", ", ".join(who.own.values())),
            ("requests of others that name them", ", ".join(elsewhere)),
            ("received mails that lose their bytes", found.mails),
            ("sent mails that lose theirs", found.letters),
            ("files of sent mails that are removed", len(sent)),
        )
    )
    screen.say(
        "it is done; backups and mailboxes elsewhere are not ours to change" if yes else "nothing was done yet: --yes does it, for good"
    )


def _refs(tx: Any, ids: set[int]) -> list[str]:  # noqa: ANN401 - a connection
    from store import lookup

    found = lookup.headlines(tx, ids)
    return [found[ticket_id][0] for ticket_id in sorted(found)]


def _sent(desk: Call, names: Any) -> list[Path]:  # noqa: ANN401 - a function
    """Where the relay is a Maildir of ours, the mails in it are stored files, too."""
    from mailgate import erasing

    relay = desk.settings.relay
    return erasing.copies(Path(relay.path), names) if relay.kind == "maildir" else []
