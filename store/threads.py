"""Candidates for a mail's clues: which tickets its message-ids, tokens and references lead to; and what was said in a thread so far."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, func, select

from rules.facts.sent import RecipientKind, Sent
from rules.facts.ticket import Post, Ticket
from rules.reading.quoting import Written
from store import facts, lookup, tables
from store.columns import unindexed
from store.prepared import Prepared, PreparedFor, Row, at_most

KNOWN, OUTBOX, TICKET, PRESSED = tables.KnownId, tables.Outbox, tables.Ticket, tables.Pressed
POST, RECEIVED = tables.Post, tables.Received

_OF_IDS = PreparedFor(
    lambda ids: (
        select(KNOWN.c.message_id, TICKET)
        .join(TICKET, TICKET.c.id == KNOWN.c.ticket_id)
        .where(KNOWN.c.message_id.in_(ids))
        .order_by(KNOWN.c.ticket_id)
    )
)
_SENT = PreparedFor(lambda ids: select(OUTBOX).where(OUTBOX.c.id.in_(ids)))
_PRESSED = Prepared(select(PRESSED.c.key).where(PRESSED.c.outbox_id == bindparam("outbox_id")))
_TEXTS = (
    select(OUTBOX.c.text)
    .where(OUTBOX.c.ticket_id == bindparam("ticket_id"), OUTBOX.c.created_at <= bindparam("before"), OUTBOX.c.text != "")
    .order_by(OUTBOX.c.id.desc())
    .limit(at_most(20))
)
_TEXTS_OUTSIDE = Prepared(_TEXTS.where(OUTBOX.c.recipient_kind != RecipientKind.agent.value))
_TEXTS_TO = Prepared(
    _TEXTS.where(
        unindexed(OUTBOX.c.recipient_key) == bindparam("recipient_key"),
        # These repeat a mail of his own to him; who sends it once more, mended, quotes nobody.
        *(OUTBOX.c.template != template for template in ("held", "crossing", "report")),
    )
)
_POSTS = Prepared(
    select(POST)
    .where(POST.c.ticket_id == bindparam("ticket_id"), POST.c.undone_at.is_(None))
    .order_by(POST.c.id.desc())
    .limit(at_most(100))
)
_THEIRS = PreparedFor(
    lambda ticket_ids: (
        select(POST.c.ticket_id, POST.c.at, POST.c.agent, POST.c.author_address, RECEIVED.c.from_address, RECEIVED.c.message_id)
        .join(RECEIVED, RECEIVED.c.id == POST.c.received_id)
        .where(POST.c.ticket_id.in_(ticket_ids), POST.c.kind == "public", RECEIVED.c.message_id != "")
        .order_by(POST.c.ticket_id, POST.c.id)
    )
)
_NEXT = OUTBOX.alias("next")
_OURS = PreparedFor(
    lambda outbox_ids: (
        select(_NEXT.c.id.label("before"), OUTBOX.c.created_at, OUTBOX.c.message_id)
        .join(
            _NEXT, and_(OUTBOX.c.ticket_id == _NEXT.c.ticket_id, OUTBOX.c.recipient_key == _NEXT.c.recipient_key, OUTBOX.c.id < _NEXT.c.id)
        )
        .where(_NEXT.c.id.in_(outbox_ids), OUTBOX.c.state != "dropped")
        .order_by(_NEXT.c.id, OUTBOX.c.id)
    )
)
_ANSWERED = Prepared(
    select(OUTBOX.c.text)
    .where(
        OUTBOX.c.recipient_key == bindparam("recipient_key"),
        OUTBOX.c.created_at > bindparam("since"),
        unindexed(OUTBOX.c.automatic) == "replied",
        OUTBOX.c.text != "",
        # These repeat a mail of his own to him: whoever confirms it, or sends it again, quotes nobody.
        *(OUTBOX.c.template != template for template in ("held", "access-answer")),
    )
    # As the index has them: by the id alone all of his rows would be read and sorted, for whoever writes often.
    .order_by(OUTBOX.c.created_at.desc(), OUTBOX.c.id.desc())
    .limit(at_most(5))
)
_OPENED = Prepared(
    select(func.count()).select_from(TICKET).where(TICKET.c.requester_key == bindparam("key"), TICKET.c.opened_at > bindparam("since"))
)


def tickets_of_ids(tx: Connection, message_ids: Sequence[str]) -> dict[str, Ticket]:
    """Message-ID -> ticket for those of stored mails; merged tickets are followed."""
    found: dict[str, Ticket] = {}
    for row in _OF_IDS.all(tx, message_ids):
        if row["message_id"] in found:
            continue
        ticket = facts.ticket(row)
        merged = lookup.find(tx, ticket.merged_into) if ticket.merged_into else ticket
        if merged is not None:
            found[row["message_id"]] = merged
    return found


def sent_of(tx: Connection, outbox_ids: Sequence[int]) -> dict[int, Sent]:
    """Outbox id -> what that mail of ours means."""
    return {row["id"]: facts.sent(row, "") for row in _SENT.all(tx, outbox_ids)}


def sent_since(tx: Connection, since: datetime, most: int = 100) -> list[Sent]:
    """What the first and the last mails of ours since then mean, `most` of each; those to people who were erased are left out."""
    wanted = select(OUTBOX).where(OUTBOX.c.created_at >= since, OUTBOX.c.recipient_address.contains("@"))
    rows = [row for order in (OUTBOX.c.id, OUTBOX.c.id.desc()) for row in tx.execute(wanted.order_by(order).limit(most)).mappings()]
    return [facts.sent(row, "") for row in {row["id"]: row for row in rows}.values()]


def pressed(tx: Connection, outbox_id: int) -> frozenset[str]:
    """Keys of the buttons of a mail that were used already."""
    return frozenset(row["key"] for row in _PRESSED.all(tx, {"outbox_id": outbox_id}))


def texts_sent(tx: Connection, ticket_id: int, before: datetime, to: Collection[str] = ()) -> tuple[str, ...]:
    """Plain texts of the 20 latest mails of ours about a ticket that somebody may be quoting, newest first.

    `before` is when his mail came. `to` are the keys of an agent's addresses: what others got he doesn't have, and may well have written
    himself. Without it, what anybody outside got.
    """
    values = {"ticket_id": ticket_id, "before": before}
    if to:
        return tuple(row["text"] for key in to for row in _TEXTS_TO.all(tx, values | {"recipient_key": key}))
    return tuple(row["text"] for row in _TEXTS_OUTSIDE.all(tx, values))


def texts_answered(tx: Connection, recipient_key: str, since: datetime) -> tuple[str, ...]:
    """Plain texts of the five latest automatic answers that one recipient got since then, newest first."""
    return tuple(row["text"] for row in _ANSWERED.all(tx, {"recipient_key": recipient_key, "since": since}))


def latest_posts(tx: Connection, ticket_id: int) -> list[Post]:
    """The 100 latest posts of a ticket, oldest first, without what was undone."""
    return [facts.post(row) for row in reversed(_POSTS.all(tx, {"ticket_id": ticket_id}))]


LATELY = 3000
"""Posts of the whole desk among which an agent's earlier mails are looked for."""


def written_by(tx: Connection, agent: str) -> tuple[Written, ...]:
    """What an agent's 12 latest mails said, newest first."""
    newest = tx.execute(select(func.max(POST.c.id))).scalar() or 0
    mine = (POST.c.agent == agent, POST.c.received_id.is_not(None), POST.c.id > newest - LATELY)
    found = tx.execute(select(POST.c.text, POST.c.quoted).where(*mine).order_by(POST.c.id.desc()).limit(12))
    return tuple(Written(text=row.text, quoted=row.quoted) for row in found)


def pictures_of(tx: Connection, agent: str) -> frozenset[str]:
    """sha256 of the pictures within an agent's 50 latest posts."""
    newest = tx.execute(select(func.max(POST.c.id))).scalar() or 0
    query = select(POST.c.parts).where(POST.c.agent == agent, POST.c.id > newest - LATELY).order_by(POST.c.id.desc()).limit(50)
    return frozenset(part["sha256"] for parts in tx.execute(query).scalars() for part in parts if part["inline"] and part["content_id"])


def mails_said(tx: Connection, ticket_ids: Collection[int]) -> dict[int, list[Row]]:
    """Mails that became public posts of each ticket, in order: `at agent author_address from_address message_id`."""
    return _by("ticket_id", _THEIRS.all(tx, ticket_ids))


def mails_sent(tx: Connection, outbox_ids: Collection[int]) -> dict[int, list[Row]]:
    """Mails of ours before each of these, about the same ticket to the same recipient, in order: `created_at message_id`."""
    return _by("before", _OURS.all(tx, outbox_ids))


def _by(column: str, rows: Iterable[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row[column], []).append(row)
    return found


def count_opened(tx: Connection, requester_key: str, since: datetime) -> int:
    """How many tickets a requester has opened since then."""
    return int(_OPENED.scalar(tx, {"key": requester_key, "since": since}))
