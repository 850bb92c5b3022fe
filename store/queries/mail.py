"""Reading the mail that came in and the mail that goes out: lists by filter, one row, raw bytes of a ticket's mails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, or_, select, update

from rules.facts.terms import address_key
from store import search, tables

RECEIVED, RAW, SKIPPED, OUTBOX, TICKET, POST = (
    tables.Received,
    tables.Raw,
    tables.Skipped,
    tables.Outbox,
    tables.Ticket,
    tables.Post,
)

Row = Mapping[str, Any]


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


def received(tx: Connection, wanted: Filter) -> list[Row]:
    """Received mails that fit, newest first, each with the `ref` of its ticket."""
    conditions: list[Any] = []
    fates = [fate for fate in wanted.fates if fate not in {"waiting", "skipped"}]
    if wanted.fates:
        conditions.append(or_(RECEIVED.c.fate.in_(fates), RECEIVED.c.fate.is_(None) if "waiting" in wanted.fates else RECEIVED.c.id < 0))
    if wanted.sender:
        part = wanted.sender.lower()
        conditions.append(
            or_(
                func.lower(RECEIVED.c.from_address).contains(part, autoescape=True),
                func.lower(RECEIVED.c.from_name).contains(part, autoescape=True),
            )
        )
    if wanted.since is not None:
        conditions.append(RECEIVED.c.received_at >= wanted.since)
    if wanted.ticket_id is not None:
        conditions.append(RECEIVED.c.ticket_id == wanted.ticket_id)
    if not wanted.put_away:
        conditions.append(RECEIVED.c.put_away.is_(False))
    conditions += [_has(tx, word) for word in wanted.words.split()]
    query = _received().where(and_(True, *conditions)).order_by(RECEIVED.c.id.desc())
    if wanted.limit:
        query = query.limit(wanted.limit)
    return [dict(row) for row in tx.execute(query).mappings()]


def one(tx: Connection, received_id: int) -> Row | None:
    """A received mail with the `ref` of its ticket, None if there is none of that id."""
    row = tx.execute(_received().where(RECEIVED.c.id == received_id)).mappings().first()
    return dict(row) if row is not None else None


def by_message_id(tx: Connection, message_id: str) -> Row | None:
    """The latest received mail of a Message-ID, None if there is none."""
    wanted = message_id if message_id.startswith("<") else f"<{message_id}>"
    row = tx.execute(_received().where(RECEIVED.c.message_id == wanted).order_by(RECEIVED.c.id.desc()).limit(1)).mappings().first()
    return dict(row) if row is not None else None


def skipped(tx: Connection, wanted: Filter) -> list[Row]:
    """What the IMAP door saw and left alone, newest first."""
    conditions: list[Any] = []
    if wanted.since is not None:
        conditions.append(SKIPPED.c.seen_at >= wanted.since)
    if wanted.sender:
        conditions.append(func.lower(SKIPPED.c.from_address).contains(wanted.sender.lower(), autoescape=True))
    for word in wanted.words.split():
        part = word.lower()
        conditions.append(
            or_(
                func.lower(SKIPPED.c.subject).contains(part, autoescape=True),
                func.lower(SKIPPED.c.from_address).contains(part, autoescape=True),
            )
        )
    query = select(SKIPPED).where(and_(True, *conditions)).order_by(SKIPPED.c.seen_at.desc(), SKIPPED.c.uid.desc())
    if wanted.limit:
        query = query.limit(wanted.limit)
    return [dict(row) for row in tx.execute(query).mappings()]


def letters(
    tx: Connection,
    *,
    states: tuple[str, ...] = (),
    ticket_id: int | None = None,
    to: str = "",
    cause: str = "",
    received_id: int | None = None,
    limit: int = 0,
) -> list[Row]:
    """Rows of the outbox that fit, those to be sent first in the order in which they leave, then the latest; each with the `ref` of its ticket."""
    query = _letters()
    if states:
        query = query.where(OUTBOX.c.state.in_(states))
    if ticket_id is not None:
        query = query.where(OUTBOX.c.ticket_id == ticket_id)
    if to:
        query = query.where(OUTBOX.c.recipient_key.contains(address_key(to), autoescape=True))
    if cause:
        query = query.where(OUTBOX.c.cause == cause)
    if received_id is not None:
        query = query.where(OUTBOX.c.received_id == received_id)
    query = query.order_by(OUTBOX.c.state != "due", OUTBOX.c.id.desc())
    if limit:
        query = query.limit(limit)
    return [dict(row) for row in tx.execute(query).mappings()]


def letter(tx: Connection, outbox_id: int) -> Row | None:
    """One row of the outbox with the `ref` of its ticket, None if there is none of that id."""
    row = tx.execute(_letters().where(OUTBOX.c.id == outbox_id)).mappings().first()
    return dict(row) if row is not None else None


def again(tx: Connection, outbox_id: int, at: datetime) -> bool:
    """Let a mail that failed, or waits for its next try, leave now; False if it has left or was dropped."""
    values: dict[str, Any] = {"state": "due", "due_at": at, "lease_until": None}
    changed = tx.execute(update(OUTBOX).where(OUTBOX.c.id == outbox_id, OUTBOX.c.state.in_(("due", "failed", "unknown"))).values(**values))
    return bool(changed.rowcount)


def drop(tx: Connection, outbox_id: int, why: str) -> bool:
    """Keep a mail from leaving; False if it has left, or is leaving just now."""
    changed = tx.execute(
        update(OUTBOX)
        .where(OUTBOX.c.id == outbox_id, OUTBOX.c.state.in_(("due", "failed", "unknown")), OUTBOX.c.lease_until.is_(None))
        .values(state="dropped", last_answer=why[:500])
    )
    return bool(changed.rowcount)


def raws_of_ticket(tx: Connection, ticket_id: int) -> Iterator[tuple[datetime, str, bytes]]:
    """Every mail of a ticket, received and sent, in the order of time: when, from whom, the bytes."""
    came = select(RECEIVED.c.received_at.label("at"), RECEIVED.c.mail_from.label("sender"), RAW.c.data).join(
        RAW, RAW.c.received_id == RECEIVED.c.id
    )
    mails = [(row.at, row.sender, bytes(row.data)) for row in tx.execute(came.where(RECEIVED.c.ticket_id == ticket_id))]
    left = select(OUTBOX.c.sent_at.label("at"), OUTBOX.c.raw).where(
        OUTBOX.c.ticket_id == ticket_id, OUTBOX.c.state == "sent", OUTBOX.c.raw.is_not(None), OUTBOX.c.sent_at.is_not(None)
    )
    mails += [(row.at, "", bytes(row.raw)) for row in tx.execute(left)]
    yield from sorted(mails, key=lambda mail: mail[0])


def _received() -> Select[Any]:
    return select(RECEIVED, TICKET.c.ref).join(TICKET, TICKET.c.id == RECEIVED.c.ticket_id, isouter=True)


def _letters() -> Select[Any]:
    return select(OUTBOX, TICKET.c.ref).join(TICKET, TICKET.c.id == OUTBOX.c.ticket_id, isouter=True)


def _has(tx: Connection, word: str) -> Any:  # noqa: ANN401 - an SQL condition
    part = word.lower()
    in_posts = [RECEIVED.c.id.in_(found) for found in search.in_mails(tx, word)]
    return or_(
        func.lower(RECEIVED.c.subject).contains(part, autoescape=True),
        func.lower(RECEIVED.c.from_address).contains(part, autoescape=True),
        func.lower(RECEIVED.c.from_name).contains(part, autoescape=True),
        func.lower(RECEIVED.c.message_id).contains(part, autoescape=True),
        *([and_(*in_posts)] if in_posts else []),
    )
