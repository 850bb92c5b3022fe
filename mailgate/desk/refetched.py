"""What the watched mailboxes would give again to a desk that was restored: mails above the marks that it remembers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mailgate.desk import screen, shapes
from mailgate.desk.call import Call

MOST = 200
"""Mails of one mailbox that are listed one by one."""


def all_of(desk: Call) -> list[dict[str, Any]]:
    """One entry for each mailbox: the mails that its next visit would look at, or why that can't be said."""
    if not desk.settings.imap:
        return []
    from mailgate import building
    from mailgate.boxes import errands, imap
    from mailgate.boxes.mailboxes import Mark
    from store import engine, marks

    out: list[dict[str, Any]] = []
    with desk.store() as store:
        for settings in building.imap_settings(desk.settings):
            with engine.reading(store) as tx:
                state = marks.get(tx, settings.account, settings.folder)
            entry: dict[str, Any] = {"mailbox": settings.account, "mails": [], "count": None, "why": None}
            out.append(entry)
            if state is None:
                entry["why"] = "never visited before the backup: it is read as for the first time"
                continue
            try:
                found = errands.pending(settings, Mark.load(state))
            except imap.ImapTrouble as why:
                entry["why"] = str(why)
                continue
            entry["count"] = len(found)
            entry["mails"] = [
                {
                    "uid": each.uid,
                    "at": shapes.moment(each.internal_at, desk.zone),
                    "from": each.head.sender.address,
                    "subject": each.head.subject,
                }
                for each in found[:MOST]
            ]
    return out


def show(desk: Call, boxes: Sequence[dict[str, Any]]) -> None:
    """Print them for people."""
    for box in boxes:
        if box["why"]:
            screen.say(f"{box['mailbox']}: {box['why']}")
            continue
        print(screen.plain(f"{box['mailbox']}: {box['count']} mails would be fetched again"))
        if box["mails"]:
            rows = [(each["uid"], each["at"] or "", each["from"] or "", each["subject"]) for each in box["mails"]]
            screen.table(("uid", "came", "from", "subject"), rows, wide=("from", "subject"), right=("uid",))
