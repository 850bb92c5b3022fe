"""Taking over an existing shared mailbox: first a look, then the tickets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailgate.desk import call, edits, screen, shapes
from mailgate.desk.call import Call
from mailgate.desk.ends import Failed
from mailgate.desk.mail_views import span
from rules.frozen import replace

if TYPE_CHECKING:
    from mailgate.boxes.adoption import Conversation
    from mailgate.boxes.mailboxes import ImapSettings
    from mailgate.office import Office

TOGETHER = 25
"""Conversations whose mails are fetched at a time."""


def adopt(
    context: typer.Context,
    *,
    open_since: Annotated[str, typer.Option("--open-since", metavar="SPAN", help="How far back to look.")] = "14d",
    account: Annotated[
        str, typer.Option("--account", metavar="NAME", help="Which [[imap]], if there are several.", show_default=False)
    ] = "",
    sent: Annotated[
        str, typer.Option("--sent", metavar="FOLDER", help="Where answers were kept; else what the server says.", show_default=False)
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, only look.")] = False,
) -> None:
    """One ticket for each conversation of a mailbox, silently; open only where the customer wrote last. Looks first, does it with --yes."""
    from mailgate import building
    from mailgate.boxes import adoption, errands
    from store import adopting, engine, people

    desk = call.of(context)
    name, settings = _mailbox(building.imap_settings(desk.settings), desk, account)
    since = (desk.at - span(open_since)).astimezone(desk.zone).date()
    found = errands.survey(settings, since, sent_folder=sent or None)
    with desk.office() as office:
        with engine.reading(office.store) as tx:
            ours = adoption.is_ours(office, people.directory(tx))
            talks = adoption.conversations(found, ours)
            known = [adopting.known(tx, [m.head.message_id for m in talk.mails if m.head.message_id]) for talk in talks]
        rows = [_row(desk, talk, is_known=is_known) for talk, is_known in zip(talks, known, strict=True)]
        if yes:
            fresh = [(row, talk) for row, talk, is_known in zip(rows, talks, known, strict=True) if not is_known]
            _take_over(desk, office, name, settings, fresh)
    if desk.as_json:
        screen.document(desk, rows)
        return
    shown = [
        (
            row["ticket"] or ("known" if row["known"] else ""),
            row["customer"]["name"] or row["customer"]["address"],
            row["subject"],
            row["mails"],
            row["last_at"] or "",
            "open" if row["open"] else "closed",
        )
        for row in rows
    ]
    screen.table(
        ("ticket", "customer", "subject", "mails", "last", "will be" if not yes else "is"),
        shown,
        wide=("subject", "customer"),
        right=("mails",),
    )
    opens = sum(row["open"] and not row["known"] for row in rows)
    screen.say(
        f"{len(rows)} conversations since {since}, {opens} of them open"
        + ("" if yes else "; with --yes they become tickets, and nobody is told")
    )


def _mailbox(boxes: list[ImapSettings], desk: Call, account: str) -> tuple[str, ImapSettings]:
    from mailgate.boxes.mailboxes import Role

    inboxes = {said.name: box for said, box in zip(desk.settings.imap, boxes, strict=True) if box.role is Role.inbox}
    if not inboxes:
        raise Failed("there is no [[imap]] in the config to take over")
    if account:
        return account, edits.found(inboxes, account, "[[imap]]")
    if len(inboxes) > 1:
        raise Failed(f"say which by --account: {', '.join(inboxes)}")
    return next(iter(inboxes.items()))


def _row(desk: Call, talk: Conversation, *, is_known: bool) -> dict[str, Any]:
    return {
        "customer": shapes.mailbox(talk.customer),
        "subject": talk.subject,
        "mails": len(talk.mails),
        "last_at": shapes.moment(talk.last_at, desk.zone),
        "open": talk.is_open,
        "known": is_known,
        "ticket": None,
    }


def _take_over(desk: Call, office: Office, name: str, settings: ImapSettings, fresh: list[tuple[dict[str, Any], Conversation]]) -> None:
    from mailgate.boxes import adoption

    for start in range(0, len(fresh), TOGETHER):
        some = fresh[start : start + TOGETHER]
        raws = dict(_fetched(settings, [talk for _, talk in some]))
        for row, talk in some:
            ticket = adoption.take_over(office, name, talk, raws, desk.at)
            row["ticket"] = ticket.ref if ticket else None
        screen.say(f"{min(start + TOGETHER, len(fresh))} of {len(fresh)} conversations taken over")


def _fetched(settings: ImapSettings, talks: list[Conversation]) -> Iterator[tuple[tuple[str, int], bytes]]:
    """The bytes of all mails of some conversations, by folder and UID."""
    from mailgate.boxes import errands

    mails = [mail for talk in talks for mail in talk.mails]
    for folder, role, validity in sorted({(m.folder, m.role, m.uidvalidity) for m in mails}):
        uids = [m.uid for m in mails if m.folder == folder and m.uidvalidity == validity]
        for uid, raw in errands.fetch_uids(replace(settings, folder=folder, role=role), uids, uidvalidity=validity):
            yield (folder, uid), raw
