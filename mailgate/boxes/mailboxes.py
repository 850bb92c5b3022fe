"""What the IMAP door is told, remembers and decides: settings, the watermark, which mails are new. Pure: no socket, no clock.

The connection is `mailgate.boxes.imap`, the life of one watched folder `mailgate.boxes.collector`, the reading of header blocks `mailgate.boxes.mailheads`.

How a mail is known to be new (RFC 9051 section 2.3.1.1): UIDs of a folder only grow while its UIDVALIDITY stays, so everything above the
`Mark` is new, whatever its flags say. When UIDVALIDITY changes the UIDs say nothing, and mails are recognised by Message-ID, size and digest.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from mailgate.doors.receiving import Received
from rules.frozen import dataclass, replace

SLACK = timedelta(days=2)
"""How far INTERNALDATEs may run backwards: another server's clock, a mail that waited in a queue, a client that moved it."""

BATCH_MAILS = 50
BATCH_BYTES = 16 * 1024 * 1024
"""Bounds of one FETCH of bodies: what is held in memory and what is fetched again after a cut."""

TIES = 100
"""How many mails at most are told from new ones by their identity alone."""

DELETE_AFTER = timedelta(days=30)
UNDONE = 500
"""How many mails at most still wait for what `done` asks."""


class Security(StrEnum):
    """How the connection is protected; there is no falling back from one to another (RFC 8314)."""

    tls = "tls"
    starttls = "starttls"
    none = "none"


class Role(StrEnum):
    """What a folder holds: mail to the desk, or answers that people sent from the shared mailbox."""

    inbox = "inbox"
    sent = "sent"


class Done(StrEnum):
    """What happens on the server to a mail that is safely kept."""

    leave = "leave"
    seen = "seen"
    move = "move"
    delete = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapSettings:
    """One `[[imap]]` block. Raises ValueError where a value can't be; `mailgate.settings` gives it its place in the file."""

    host: str
    port: int = 993
    security: Security = Security.tls
    user: str
    password: Callable[[], str] | None = None
    """Read anew at each login, so that a changed secret file counts at once."""
    oauth2: Callable[[], str] | None = None
    """Gives a fresh access token; used instead of a password (XOAUTH2, or OAUTHBEARER of RFC 7628)."""
    folder: str = "INBOX"
    role: Role = Role.inbox
    junk: str = "Junk"
    since: str = "now"
    """`now`, `all`, or a day as `2026-11-22`: which mails count that were there before us."""
    done: str = "leave"
    """`leave`, `seen`, `delete` (after 30 days) or `move:Folder`."""
    idle: bool = True
    poll_seconds: float = 60.0
    """Between looks where the server has no IDLE, or `idle` is off."""
    timeout_seconds: float = 60.0
    """For each answer of the server; a silent server is a dead one after this."""
    max_bytes: int = 64 * 1024 * 1024
    """Larger mails are not fetched but listed as skipped."""
    ca_file: Path | None = None
    """Certificates to trust instead of the system's."""

    def __post_init__(self) -> None:
        """Refuse what could never work, or could smuggle a second command into the connection."""
        for name in ("host", "user", "folder", "junk", "done"):
            value = getattr(self, name)
            if any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
                msg = f"{name} must not hold control characters"
                raise ValueError(msg)
        if not self.host or not self.user or not self.folder:
            msg = "host, user and folder must not be empty"
            raise ValueError(msg)
        if (self.password is None) == (self.oauth2 is None):
            msg = "exactly one of password and oauth2 is needed"
            raise ValueError(msg)
        if self.since not in {"now", "all"}:
            date.fromisoformat(self.since)
        if self.doing is Done.move and not self.done_folder:
            msg = "done = move needs a folder: move:Folder"
            raise ValueError(msg)

    @property
    def server(self) -> str:
        """User and host: under this a folder's mark is kept."""
        return f"{self.user}@{self.host}"

    @property
    def account(self) -> str:
        """User, host and folder: what a door is called by."""
        return f"{self.server}/{self.folder}"

    @property
    def door(self) -> str:
        """Name of this door in envelopes."""
        return f"{'imap-sent' if self.role is Role.sent else 'imap'}:{self.account}"

    @property
    def doing(self) -> Done:
        """The first word of `done`."""
        return Done(self.done.partition(":")[0])

    @property
    def done_folder(self) -> str:
        """The folder of `move:Folder`, else empty."""
        return self.done.partition(":")[2]

    @property
    def first_day(self) -> date | None:
        """The day of `since`, None for `now` and `all`."""
        return None if self.since in {"now", "all"} else date.fromisoformat(self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far a folder is dealt with. One text column can hold it: `dump` and `load`."""

    uidvalidity: int
    uid: int
    """Everything up to this UID is dealt with."""
    first: int = 1
    """UIDs below were there before us: never touched on the server."""
    floor: datetime | None = None
    """Mails that the server received before this were there before us (`since = "now"`); None = there is no such bound."""
    ties: tuple[str, ...] = ()
    """Identities of those that this date can't tell from new ones, see `with_floor`."""
    horizon: datetime | None = None
    """INTERNALDATE of the latest mail that was dealt with."""
    undone: tuple[int, ...] = ()
    """Kept, but what `done` asks has not been done yet."""

    def dump(self) -> str:
        """The mark as one line of JSON."""
        return json.dumps(
            {
                "uidvalidity": self.uidvalidity,
                "uid": self.uid,
                "first": self.first,
                "floor": self.floor and self.floor.isoformat(),
                "ties": self.ties,
                "horizon": self.horizon and self.horizon.isoformat(),
                "undone": self.undone,
            }
        )

    @classmethod
    def load(cls, text: str) -> Mark:
        """The mark that `dump` wrote."""
        kept = json.loads(text)
        for name in ("floor", "horizon"):
            kept[name] = datetime.fromisoformat(kept[name]) if kept[name] else None
        for name in ("ties", "undone"):
            kept[name] = tuple(kept[name])
        return cls(**kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A mail in a folder before its body is fetched."""

    uid: int
    size: int
    """RFC822.SIZE in bytes; some servers estimate."""
    internal_at: datetime | None = None
    """When the server received it (INTERNALDATE), aware."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Mail that the door left alone, for `mail list`. Recording one twice is harmless: (account, folder, uidvalidity, uid) is its key."""

    account: str
    folder: str
    uidvalidity: int
    uid: int
    why: str
    count: int = 1
    """More than one: `uid` is the last of so many mails that were not looked at one by one, and the other fields are empty."""
    message_id: str = ""
    sender: str = ""
    subject: str = ""
    size: int = 0
    internal_at: datetime | None = None


Keep = Callable[[Received], None]
"""Keeps a mail, committed when it returns; the same bytes, envelope and door again change nothing. Raises `Busy`: try later."""

Skip = Callable[[Skipped], None]
"""Records what was left alone."""


class Known(Protocol):
    """When a mail was kept, None if it never was.

    Asked with `sha256` empty before the body is fetched: Message-ID and size must both fit. With `sha256` that alone decides.
    """

    def __call__(self, *, message_id: str, size: int, sha256: str) -> datetime | None: ...


class Watermarks(Protocol):
    """Where marks are kept. `account` is `ImapSettings.server`."""

    def get(self, account: str, folder: str) -> Mark | None:
        """The mark of a folder, None if it was never seen."""

    def put(self, account: str, folder: str, mark: Mark) -> None:
        """Keep a mark, committed when it returns. With the same UIDVALIDITY a lower `uid` must not replace a higher one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a mailbox asks and gives the desk that it belongs to."""

    keep: Keep
    watermarks: Watermarks
    known: Known
    skipped: Skip
    ours: Callable[[str], bool]
    """Whether an address is the desk's."""
    clock: Callable[[], datetime]
    """Aware UTC; only compared with the server's dates where those can't be right."""


def identity(message_id: str, size: int) -> str:
    """A short fingerprint by which a mail is recognised under another UID."""
    return hashlib.sha256(f"{message_id}\n{size}".encode()).hexdigest()[:16]


def too_old(settings: ImapSettings, mark: Mark, mail: Listed) -> bool:
    """Whether a mail with a new UID is older than `since`: somebody moved it here, and it is not for us to answer.

    A day of `since` is compared as SEARCH SINCE does, by the date as the server wrote it (RFC 9051 section 6.4.4).
    """
    if mail.internal_at is None:
        return False
    if settings.first_day is not None:
        return mail.internal_at.date() < settings.first_day
    return settings.since == "now" and mark.floor is not None and mail.internal_at < mark.floor - SLACK


def reason_to_skip(settings: ImapSettings, mark: Mark, mail: Listed) -> str:
    """Why a mail with a new UID is not fetched, empty if it is to be fetched."""
    if too_old(settings, mark, mail):
        return f"older than since = {settings.since}"
    if mail.size > settings.max_bytes:
        return f"too large: {mail.size} bytes, the limit is {settings.max_bytes}"
    return ""


def dated_back(recognised: Iterable[Listed], mark: Mark) -> bool:
    """Whether a renumbered folder has also lost its INTERNALDATEs: a mail dealt with long ago now looks newer than all we have seen."""
    return any(
        mail.internal_at is not None and mark.horizon is not None and mail.internal_at > mark.horizon + timedelta(seconds=1)
        for mail in recognised
    )


def before_us(settings: ImapSettings, mark: Mark, at: datetime | None) -> bool:
    """Whether an unknown mail in a renumbered folder is one that was left alone before. `at` is when it came, None if nobody knows."""
    if at is None:
        return False
    if settings.first_day is not None and at.date() < settings.first_day:
        return True
    if settings.since == "now" and mark.floor is not None and at < mark.floor:
        return True
    # Mail that was erased or purged here is unknown too, and must not come back.
    return mark.horizon is not None and at < mark.horizon - SLACK


def advanced(mark: Mark, uid: int, dealt_with: Iterable[Listed], at: datetime) -> Mark:
    """The mark after everything up to `uid` is dealt with. A date in the future says nothing and never moves the horizon past `at`."""
    times = [min(mail.internal_at, at) for mail in dealt_with if mail.internal_at is not None]
    if mark.horizon is not None:
        times.append(mark.horizon)
    return replace(mark, uid=max(uid, mark.uid), horizon=max(times, default=None))


def with_floor(mark: Mark, there: Sequence[Listed]) -> tuple[Mark, list[Listed]]:
    """The mark with everything that was there as its floor; and the mails whose `identity` has to tell them from new ones.

    These are the mails of the floor's very second, and those that claim to come from the future. Where that second holds too many, as
    after an import, the floor moves behind it instead.
    """
    later = [mail for mail in there if mail.internal_at is not None and mark.horizon is not None and mail.internal_at > mark.horizon]
    same = [mail for mail in there if mail.internal_at is not None and mail.internal_at == mark.horizon]
    floor = mark.horizon
    if floor is not None and len(same) > TIES:
        floor, same = floor + timedelta(seconds=1), []
    return replace(mark, floor=floor), (same + later)[-TIES:]


def batches(mails: Sequence[Listed], most_mails: int = BATCH_MAILS, most_bytes: int = BATCH_BYTES) -> Iterator[list[Listed]]:
    """The mails in order, cut into lists that are fetched in one go; a mail larger than `most_bytes` goes alone."""
    batch: list[Listed] = []
    total = 0
    for mail in mails:
        if batch and (len(batch) >= most_mails or total + mail.size > most_bytes):
            yield batch
            batch, total = [], 0
        batch.append(mail)
        total += mail.size
    if batch:
        yield batch


def pause(failures: int, randomness: random.Random, *, first: float = 1.0, most: float = 300.0) -> float:
    """Seconds to wait after so many failures in a row: doubling, with half of it left to chance so that many desks don't come as one."""
    longest = min(most, first * 2.0 ** min(max(failures - 1, 0), 30))
    return longest * (0.5 + randomness.random() / 2)


LOGIN_FIRST = 120.0
LOGIN_MOST = 900.0


def pause_after_refusal(failures: int, randomness: random.Random) -> float:
    """Seconds to wait after a refused login, 60 to 900: servers lock accounts that are tried too often."""
    return pause(failures, randomness, first=LOGIN_FIRST, most=LOGIN_MOST)


def deletable_before(at: datetime) -> date:
    """Only mails received before this day are looked at for `done = "delete"`."""
    return (at - DELETE_AFTER).astimezone(UTC).date()
