"""Past mail run against the rules: what would become of it, and what another config would change. Sends and stores nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailgate.desk import call, screen
from mailgate.desk.call import Call
from rules.frozen import replace

if TYPE_CHECKING:
    from mailgate.office import Office
    from store.inbox import Waiting

BATCH = 32
"""Mails that are read together."""
SHOWN = ("fate", "category", "type", "priority", "group", "assignee")
"""What of an outcome stands in the table where nothing is compared."""


def rehearse(
    context: typer.Context,
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH…]", help="Files, folders, mbox, Maildir; without any, the mails that came in.", show_default=False),
    ] = None,
    *,
    against: Annotated[
        Path | None, typer.Option("--against", metavar="CONFIG", help="Another config, on the same store.", show_default=False)
    ] = None,
    since: Annotated[str, typer.Option("--since", metavar="TIME|SPAN", help="Only mails that came in since.", show_default=False)] = "",
    all_: Annotated[bool, typer.Option("--all", help="Also mails of which nothing would differ.")] = False,
    to: Annotated[list[str] | None, typer.Option("--to", metavar="ADDR", help="Envelope recipient, for files.", show_default=False)] = None,
) -> None:
    """What past mail would become: under --against compared with this config, mails that came in compared with what became of them."""
    from mailgate.handling import rehearsal
    from mailgate.settings import load

    desk = call.of(context)
    other = load(against, desk.environment) if against is not None else None
    out: list[dict[str, Any]] = []
    seen = broken = 0
    with desk.office(dns=True) as office, screen.progress("mails") as step:
        offices = [office]
        if other is not None:
            offices.append(replace(office, policy=other.policy, site=other.texts))
        for label, received_id, was, outcomes in _rehearsed(desk, offices, paths, tuple(to or ()), since):
            seen += 1
            step(seen)
            if not outcomes:
                broken += 1
                out.append({"file": label, "id": received_id, "subject": None, "error": was["error"], "differs": {}})
                continue
            before = outcomes[0] if other is not None else {"fate": was["fate"]} if was["fate"] else None
            after = outcomes[-1]
            differs = rehearsal.differing(before, after) if before is not None else {}
            if differs or all_ or before is None:
                who = {"from": was["from"], "subject": was["subject"]}
                out.append({"file": label, "id": received_id} | who | {"before": before, "after": after, "differs": differs})
    if desk.as_json:
        screen.document(desk, out)
        return
    _print(out, is_compared=other is not None or not paths)
    differing = sum(bool(each["differs"]) for each in out)
    screen.say(
        f"{seen} mails"
        + (f", {differing} would differ" if other is not None or not paths else "")
        + (f", {broken} unreadable" if broken else "")
    )


def _rehearsed(
    desk: Call, offices: list[Office], paths: list[str] | None, recipients: tuple[str, ...], since: str
) -> Iterator[tuple[str | None, int | None, dict[str, Any], list[dict[str, Any]]]]:
    """(file, id, the mail itself, what it would become under each config); no outcomes for one that can't be read."""
    from mailgate.handling import gathering, rehearsal
    from mailgate.roster import Roster
    from rules.facts.mail import Mail
    from store import engine

    first = offices[0]
    source = _files(desk, paths, recipients, since) if paths else _kept(desk, first, since)
    for batch in _batches(source):
        mails = first.reader.read([waiting.raw for _, _, waiting in batch])
        checked = [
            gathering.verified(first, waiting, mail) if isinstance(mail, Mail) else mail
            for (_, _, waiting), mail in zip(batch, mails, strict=True)
        ]
        with engine.reading(first.store) as tx:
            staff = Roster.load(tx)
            found = [
                [rehearsal.rehearsed(tx, office, staff, waiting, mail) if isinstance(mail, Mail) else None for office in offices]
                for (_, _, waiting), mail in zip(batch, checked, strict=True)
            ]
        for (label, fate, waiting), mail, outcomes in zip(batch, checked, found, strict=True):
            if isinstance(mail, Mail):
                was = {"fate": fate, "from": mail.sender.address or None, "subject": mail.subject}
                yield label, waiting.id or None, was, [each for each in outcomes if each is not None]
            else:
                yield label, waiting.id or None, {"error": str(mail)}, []


def _files(desk: Call, paths: list[str], recipients: tuple[str, ...], since: str) -> Iterator[tuple[str | None, str | None, Waiting]]:
    from mailgate.doors import sources
    from rules.facts.mail import Envelope
    from store import inbox

    earliest = _since(desk, since)
    for label, raw in sources.raw_mails(paths):
        at = _dated(raw, desk.at)
        if earliest is None or at >= earliest:
            envelope = Envelope(door="file", recipients=tuple(address.strip("<>") for address in recipients))
            yield label, None, inbox.Waiting(id=0, envelope=envelope, received_at=at, attempts=0, silent=True, raw=raw)


def _kept(desk: Call, office: Office, since: str) -> Iterator[tuple[str | None, str | None, Waiting]]:
    """The mails that came in, the oldest first."""
    from store import engine, inbox
    from store.queries import mail as stored

    with engine.reading(office.store) as tx:
        rows = [(row["id"], row["fate"]) for row in stored.received(tx, stored.Filter(since=_since(desk, since)))]
    for received_id, fate in reversed(rows):
        with engine.reading(office.store) as tx:
            waiting = inbox.one(tx, received_id)
        if waiting is not None:
            yield None, fate, waiting


def _since(desk: Call, said: str) -> datetime | None:
    from mailgate.desk import mail_views

    return mail_views.since_when(desk, said) if said else None


def _dated(raw: bytes, otherwise: datetime) -> datetime:
    """When a mail in a file says that it was written; a wish for calendars and contracts, not a fact."""
    import email
    from email.policy import compat32
    from email.utils import parsedate_to_datetime

    try:
        said = parsedate_to_datetime(str(email.message_from_bytes(raw[:65536], policy=compat32)["Date"]))
    except (TypeError, ValueError):
        return otherwise
    at = said if said.tzinfo is not None else said.replace(tzinfo=UTC)
    return min(at.astimezone(UTC), otherwise)


def _batches(source: Iterator[tuple[str | None, str | None, Waiting]]) -> Iterator[list[tuple[str | None, str | None, Waiting]]]:
    batch: list[tuple[str | None, str | None, Waiting]] = []
    for each in source:
        batch.append(each)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _print(out: list[dict[str, Any]], *, is_compared: bool) -> None:
    if not out:
        return
    rows = []
    for each in out:
        name = each["file"] or each["id"]
        if "error" in each:
            rows.append((name, "", each["error"]))
        elif is_compared:
            said = "; ".join(f"{key}: {_word(was)} → {_word(now)}" for key, (was, now) in each["differs"].items())
            rows.append((name, each["subject"], said or "the same"))
        else:
            said = ", ".join(f"{key} {each['after'][key]}" for key in SHOWN if each["after"][key])
            rows.append((name, each["subject"], said))
    screen.table(("mail", "subject", "what would differ" if is_compared else "what it would become"), rows, wide=("mail", "subject"))


def _word(value: Any) -> str:  # noqa: ANN401 - any JSON
    if value in (None, "", [], {}):
        return "–"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return ", ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
