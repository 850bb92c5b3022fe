"""Short visits to a mailbox that keep nothing by themselves: for `adopt`, `doctor`, `db restore`, and copies for the sent folder.

Each opens a connection of its own and closes it again. Watching a folder is `mailgate.boxes.collector`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

from mailgate.boxes import imap, mailheads
from mailgate.boxes.mailboxes import Done, ImapSettings, Mark, Role, batches
from mailgate.boxes.mailheads import Head
from rules.frozen import dataclass

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """A mail seen in a mailbox and not fetched."""

    folder: str
    role: Role
    """Whether it came in or was sent."""
    uidvalidity: int
    uid: int
    size: int
    internal_at: datetime | None
    head: Head


def survey(settings: ImapSettings, since: date, *, sent_folder: str | None = None) -> list[Surveyed]:
    """Heads of all mails that came since that day, and of those sent from the mailbox since then, oldest first; changes nothing.

    Sent mail is looked for in `sent_folder`, else where the server says it keeps it. Raises `imap.ImapTrouble`.
    """
    found: list[Surveyed] = []
    with imap.connect(settings) as session:
        folders = {settings.folder: settings.role}
        if settings.role is Role.inbox and (sent := sent_folder or session.sent_folder()) is not None:
            folders.setdefault(sent, Role.sent)
        for folder, role in folders.items():
            opened = session.open(folder)
            found += _surveyed(session, opened, folder, role, session.uids("SINCE", since))
    return sorted(found, key=lambda mail: (mail.internal_at or _LONG_AGO, mail.role, mail.uid))


def pending(settings: ImapSettings, mark: Mark) -> list[Surveyed]:
    """What the next visit would look at, by UID: mails above the mark, or all where the server has renumbered the folder.

    For a restored desk, which may have forgotten mails and answers that the mailbox still holds. Raises `imap.ImapTrouble`.
    """
    with imap.connect(settings) as session:
        opened = session.open(settings.folder)
        low = mark.uid + 1 if opened.uidvalidity == mark.uidvalidity else 1
        uids = [uid for uid in session.uids("UID", f"{low}:*") if uid >= low]
        return _surveyed(session, opened, settings.folder, settings.role, uids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """What a try-out of the settings found."""

    exists: int
    """Mails in the folder."""
    can_idle: bool
    can_move: bool
    folders: tuple[str, ...]
    missing: tuple[str, ...]
    """Folders that the settings name and the server doesn't have; only that of `done = "move:…"` would be made."""


def probe(settings: ImapSettings) -> Probed:
    """Connect, log in and open the folder as a visit would, for `doctor`. Raises `imap.ImapTrouble`, whose text names the fault."""
    with imap.connect(settings) as session:
        opened = session.open(settings.folder, changing=settings.doing is not Done.leave)
        folders = session.folders()
        named = [settings.done_folder, settings.junk if settings.role is Role.inbox else ""]
        return Probed(
            exists=opened.exists,
            can_idle=session.can_idle,
            can_move="MOVE" in session.capabilities,
            folders=tuple(sorted(folders)),
            missing=tuple(name for name in named if name and name not in folders),
        )


def _surveyed(session: imap.Session, opened: imap.Opened, folder: str, role: Role, uids: Sequence[int]) -> list[Surveyed]:
    mails = session.listed(uids)
    heads = session.heads([mail.uid for mail in mails])
    return [
        Surveyed(
            folder=folder,
            role=role,
            uidvalidity=opened.uidvalidity,
            uid=mail.uid,
            size=mail.size,
            internal_at=mail.internal_at,
            head=heads[mail.uid],
        )
        for mail in mails
        if mail.uid in heads
    ]


def fetch_uids(settings: ImapSettings, uids: Sequence[int], *, uidvalidity: int | None = None) -> Iterator[tuple[int, bytes]]:
    """Whole mails of the settings' folder by UID, ascending, fetched as they are asked for; those that have gone are left out.

    For mails that `survey` found in the sent folder give settings with that folder. Raises `imap.ImapTrouble`, also if the folder no
    longer has the UIDVALIDITY that is given: the UIDs would be other mails.
    """
    with imap.connect(settings) as session:
        opened = session.open(settings.folder)
        if uidvalidity is not None and opened.uidvalidity != uidvalidity:
            raise imap.ServerRefused(f"the server has renumbered the mails of {settings.folder!r}: look again")
        for batch in batches(session.listed(sorted(set(uids)))):
            bodies = session.bodies([mail.uid for mail in batch])
            yield from sorted(bodies.items())


def append(settings: ImapSettings, folder: str, raw: bytes) -> bool:
    """Put a mail into a folder of the account, marked as read; the folder is made if there is none.

    False if a mail of the same Message-ID is there already: an earlier try whose answer was lost. Raises `imap.ImapTrouble`.
    """
    message_id = mailheads.read(raw).message_id
    with imap.connect(settings) as session:
        if message_id.isascii() and message_id and folder in session.folders():
            session.open(folder)
            if session.uids("HEADER", "Message-ID", message_id):
                return False
        session.append(folder, raw)
    return True
