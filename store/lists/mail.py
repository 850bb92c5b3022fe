"""Mail that came in and mail that goes out as lists show it, and the account of all fates. Next: `store.queries.mail` for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from rules.facts.terms import Fate, address_key
from rules.frozen import dataclass
from store import plain
from store.lists import words

if TYPE_CHECKING:
    from store.plain import Reading, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which received mails; empty means any."""

    words: str = ""
    sender: str = ""
    """Part of the From address or name."""
    fates: tuple[str, ...] = ()
    """Also `waiting` for none yet, and `skipped` for what the IMAP door left alone."""
    since: datetime | None = None
    ticket_id: int | None = None
    put_away: bool = True
    limit: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whether every received mail has exactly one fate."""

    received: int
    fates: Mapping[str, int]
    waiting: int
    stale: int

    @property
    def adds_up(self) -> bool:
        """All received mails are accounted for and none waits too long."""
        return self.received == sum(self.fates.values()) + self.waiting and not self.stale


def account(tx: Reading, at: datetime, stale_after: timedelta) -> Account:
    """The sum of all fates; `stale` counts mails older than `stale_after` without one."""
    (received,) = plain.rows(tx, "received", "SELECT count(*) AS n FROM received")
    counted = {row["fate"]: row["n"] for row in plain.rows(tx, "received", "SELECT fate, count(*) AS n FROM received GROUP BY fate")}
    (stale,) = plain.rows(
        tx, "received", "SELECT count(*) AS n FROM received WHERE fate IS NULL AND received_at < :oldest", {"oldest": at - stale_after}
    )
    fates = {fate.value: counted.get(fate.value, 0) for fate in Fate}
    return Account(received=received["n"], fates=fates, waiting=counted.get(None, 0), stale=stale["n"])


_RECEIVED = "SELECT received.*, ticket.ref FROM received LEFT JOIN ticket ON ticket.id = received.ticket_id"
_LETTERS = "SELECT outbox.*, ticket.ref FROM outbox LEFT JOIN ticket ON ticket.id = outbox.ticket_id"


def received(tx: Reading, wanted: Filter) -> list[Row]:
    """Received mails that fit, newest first, each with the `ref` of its ticket."""
    values: dict[str, Any] = {}
    said = ["1 = 1"]
    if wanted.fates:
        fates = [fate for fate in wanted.fates if fate not in {"waiting", "skipped"}]
        either = [plain.any_of("received.fate", fates, values)] + (["received.fate IS NULL"] if "waiting" in wanted.fates else [])
        said.append(f"({' OR '.join(either)})")
    if wanted.sender:
        said.append(_any_has(("lower(received.from_address)", "lower(received.from_name)"), wanted.sender.lower(), values))
    if wanted.since is not None:
        values["since"] = wanted.since
        said.append("received.received_at >= :since")
    if wanted.ticket_id is not None:
        values["ticket_id"] = wanted.ticket_id
        said.append("received.ticket_id = :ticket_id")
    if not wanted.put_away:
        values["put_away"] = False
        said.append("received.put_away = :put_away")
    said += [_has(tx, word, values) for word in wanted.words.split()]
    return plain.rows(
        tx, "received", _ended(f"{_RECEIVED} WHERE {' AND '.join(said)} ORDER BY received.id DESC", wanted.limit, values), values
    )


def one(tx: Reading, received_id: int) -> Row | None:
    """A received mail with the `ref` of its ticket, None if there is none of that id."""
    return next(iter(plain.rows(tx, "received", f"{_RECEIVED} WHERE received.id = :id", {"id": received_id})), None)


def by_message_id(tx: Reading, message_id: str) -> Row | None:
    """The latest received mail of a Message-ID, None if there is none."""
    values = {"id": message_id if message_id.startswith("<") else f"<{message_id}>"}
    found = plain.rows(tx, "received", f"{_RECEIVED} WHERE received.message_id = :id ORDER BY received.id DESC LIMIT 1", values)
    return next(iter(found), None)


def all_of(tx: Reading, message_id: str) -> list[Row]:
    """Every received mail of a Message-ID, oldest first; one that waits has none yet."""
    return plain.rows(tx, "received", f"{_RECEIVED} WHERE received.message_id = :id ORDER BY received.id", {"id": message_id})


def raw(tx: Reading, received_id: int) -> bytes | None:
    """The bytes as received, None if there is no such mail."""
    found = plain.rows(tx, "raw", "SELECT data FROM raw WHERE received_id = :id", {"id": received_id})
    return bytes(found[0]["data"]) if found and found[0]["data"] is not None else None


def raws_of_ticket(tx: Reading, ticket_id: int) -> list[tuple[datetime, str, bytes]]:
    """Every mail of a ticket, received and sent, in the order of time: when, from whom, the bytes."""
    values = {"id": ticket_id}
    came = "SELECT received_at, mail_from, data FROM received JOIN raw ON raw.received_id = received.id WHERE ticket_id = :id"
    left = "SELECT sent_at, raw FROM outbox WHERE ticket_id = :id AND state = 'sent' AND raw IS NOT NULL AND sent_at IS NOT NULL"
    mails = [(row["received_at"], row["mail_from"], bytes(row["data"])) for row in plain.rows(tx, "received", came, values)]
    mails += [(row["sent_at"], "", bytes(row["raw"])) for row in plain.rows(tx, "outbox", left, values)]
    return sorted(mails, key=lambda mail: mail[0])


def skipped(tx: Reading, wanted: Filter) -> list[Row]:
    """What the IMAP door saw and left alone, newest first."""
    values: dict[str, Any] = {}
    said = ["1 = 1"]
    if wanted.since is not None:
        values["since"] = wanted.since
        said.append("seen_at >= :since")
    if wanted.sender:
        said.append(plain.contains("lower(from_address)", wanted.sender.lower(), values))
    said += [_any_has(("lower(subject)", "lower(from_address)"), word.lower(), values) for word in wanted.words.split()]
    order = "ORDER BY seen_at DESC, uid DESC"
    return plain.rows(tx, "skipped", _ended(f"SELECT * FROM skipped WHERE {' AND '.join(said)} {order}", wanted.limit, values), values)  # noqa: S608 - words of ours


def letters(
    tx: Reading,
    *,
    states: tuple[str, ...] = (),
    ticket_id: int | None = None,
    to: str = "",
    cause: str = "",
    received_id: int | None = None,
    limit: int = 0,
) -> list[Row]:
    """Rows of the outbox that fit, those to be sent first in the order in which they leave, then the latest; each with the `ref` of its ticket."""
    values: dict[str, Any] = {}
    said = ["1 = 1"]
    if states:
        said.append(plain.any_of("outbox.state", states, values))
    for name, value in (("ticket_id", ticket_id), ("received_id", received_id), ("cause", cause or None)):
        if value is not None:
            values[name] = value
            said.append(f"outbox.{name} = :{name}")
    if to:
        said.append(plain.contains("outbox.recipient_key", address_key(to), values))
    order = "ORDER BY CASE outbox.state WHEN 'due' THEN 0 ELSE 1 END, outbox.id DESC"
    return plain.rows(tx, "outbox", _ended(f"{_LETTERS} WHERE {' AND '.join(said)} {order}", limit, values), values)


def letter(tx: Reading, outbox_id: int) -> Row | None:
    """One row of the outbox with the `ref` of its ticket, None if there is none of that id."""
    return next(iter(plain.rows(tx, "outbox", f"{_LETTERS} WHERE outbox.id = :id", {"id": outbox_id})), None)


def _has(tx: Reading, word: str, values: dict[str, Any]) -> str:
    columns = ("lower(received.subject)", "lower(received.from_address)", "lower(received.from_name)", "lower(received.message_id)")
    said = _any_has(columns, word.lower(), values)
    in_posts = [plain.among(tx, "received.id", ids, values) for ids in words.mails_with(tx, word)]
    return f"({said} OR ({' AND '.join(in_posts)}))" if in_posts else said


def _any_has(columns: tuple[str, ...], part: str, values: dict[str, Any]) -> str:
    return f"({' OR '.join(plain.contains(column, part, values) for column in columns)})"


def _ended(said: str, limit: int, values: dict[str, Any]) -> str:
    if not limit:
        return said
    values["most"] = limit
    return f"{said} LIMIT :most"
