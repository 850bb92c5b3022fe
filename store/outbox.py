"""Mail to be sent: put down in the transaction of its cause, claimed with a lease, recorded as sent, later or never.

One row is one mail to one recipient. Rendering and sending are `mailgate.sending.postman`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, text, update

from rules import tokens
from rules.facts.sent import RecipientKind, Sent
from rules.facts.terms import Address, address_key
from rules.frozen import dataclass
from store import facts, tables
from store.columns import unindexed
from store.prepared import Prepared, PreparedFor

OUTBOX, PRESSED = tables.Outbox, tables.Pressed

_INSERT = Prepared(
    insert(OUTBOX),
    takes=(
        "id created_at template cause recipient_name recipient_address recipient_key recipient_kind subject ticket_id reply automatic language card buttons"
        " about until_closed press_until state due_at received_id post_id text attempts fence last_answer message_id"
    ).split(),
)
_LAST_ID = Prepared(select(func.max(OUTBOX.c.id)))
_NEXT_IDS = text("SELECT nextval(pg_get_serial_sequence('outbox', 'id')) FROM generate_series(1, :count)")
_FIX = Prepared(
    update(OUTBOX)
    .where(OUTBOX.c.id == bindparam("row_id"), OUTBOX.c.fence == bindparam("row_fence"))
    .values(raw=bindparam("raw"), text=bindparam("text"), subject=bindparam("subject"))
)
_SENT = Prepared(
    update(OUTBOX)
    .where(OUTBOX.c.id == bindparam("row_id"), OUTBOX.c.fence == bindparam("row_fence"))
    .values(state="sent", sent_at=bindparam("at"), last_answer=bindparam("answer"), lease_until=None)
)
_DUE = Prepared(
    select(OUTBOX)
    .where(
        OUTBOX.c.state == "due",
        OUTBOX.c.due_at <= bindparam("at"),
        or_(OUTBOX.c.lease_until.is_(None), OUTBOX.c.lease_until <= bindparam("at")),
    )
    .order_by(OUTBOX.c.due_at, OUTBOX.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_LEASE = PreparedFor(
    lambda ids: (
        update(OUTBOX)
        .where(OUTBOX.c.id.in_(ids))
        .values(lease_until=bindparam("until"), fence=OUTBOX.c.fence + 1, attempts=OUTBOX.c.attempts + 1)
    )
)
_SINCE = select(func.count()).select_from(OUTBOX).where(OUTBOX.c.created_at > bindparam("since"))
_ANSWERED = Prepared(_SINCE.where(OUTBOX.c.automatic == "replied", OUTBOX.c.recipient_kind != RecipientKind.agent.value))
_ANSWERED_TO = Prepared(_SINCE.where(unindexed(OUTBOX.c.automatic) == "replied", OUTBOX.c.recipient_key == bindparam("recipient_key")))

LEASE = timedelta(minutes=10)
"""How long a claimed row belongs to whoever claimed it; renewed by sending again after a crash only when it has run out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail to one recipient, before it has a row."""

    template: str
    to: Address
    kind: RecipientKind
    subject: str
    card: Mapping[str, Any]
    language: str
    due_at: datetime
    ticket_id: int | None = None
    ticket_ref: str = ""
    reply: str = ""
    automatic: str = "generated"
    buttons: Mapping[str, str] = field(default_factory=dict)
    """Token key -> command line."""
    about: str = ""
    until_closed: bool = False
    """Whether it is dropped if its ticket is closed before it has left."""
    press_until: datetime | None = None
    received_id: int | None = None
    post_id: int | None = None
    newest_post: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A claimed row: everything the postman needs, and the fence that proves the claim."""

    id: int
    fence: int
    row: Mapping[str, Any] = field(repr=False)
    sent: Sent = field(repr=False)


def put(tx: Connection, letters: Sequence[Letter], *, cause: str, at: datetime, keys: Mapping[int, bytes], domain: str) -> list[int]:
    """Write letters down, one of a kind for each recipient and cause; gives their row ids."""
    ids = _next_ids(tx, len(letters))
    rows: list[dict[str, Any]] = []
    for new_id, letter in zip(ids, letters, strict=True):
        row = {
            "id": new_id,
            "created_at": at,
            "template": letter.template,
            "cause": cause,
            "recipient_name": letter.to.name,
            "recipient_address": letter.to.address,
            "recipient_key": address_key(letter.to.address),
            "recipient_kind": letter.kind.value,
            "subject": letter.subject,
            "ticket_id": letter.ticket_id,
            "reply": letter.reply,
            "automatic": letter.automatic,
            "language": letter.language,
            "card": dict(letter.card)
            | {"token_ref": letter.ticket_ref, "newest_post": letter.newest_post, "first_due": letter.due_at.isoformat()},
            "buttons": dict(letter.buttons),
            "about": letter.about,
            "until_closed": letter.until_closed,
            "press_until": letter.press_until,
            "state": "due",
            "due_at": letter.due_at,
            "received_id": letter.received_id,
            "post_id": letter.post_id,
            "text": "",
            "attempts": 0,
            "fence": 0,
            "last_answer": "",
            "message_id": "",
        }
        row["message_id"] = tokens.message_id(tokens.make(facts.sent(row, letter.ticket_ref), tokens.ID, keys), domain)
        rows.append(row)
    _INSERT.run_many(tx, rows)
    return ids


def overtake(tx: Connection, letters: Sequence[Letter], cause: str) -> None:
    """Take back what this cause wrote a moment ago and now says anew: of two lines in one mail the later one is what is true."""
    for letter in letters:
        if letter.ticket_id is None:
            continue  # answers to different questions, which may all be called the same
        tx.execute(
            delete(OUTBOX).where(
                OUTBOX.c.cause == cause,
                OUTBOX.c.template == letter.template,
                OUTBOX.c.recipient_key == address_key(letter.to.address),
                OUTBOX.c.ticket_id == letter.ticket_id,
                OUTBOX.c.about == letter.about,
                OUTBOX.c.state == "due",
                OUTBOX.c.attempts == 0,
                OUTBOX.c.raw.is_(None),
            )
        )


def _next_ids(tx: Connection, count: int) -> list[int]:
    """Row ids for new letters: a Message-ID holds its row's id, so that it has to be known before the row is written."""
    if not count:
        return []
    if tx.dialect.name == "sqlite":
        # nobody else writes until this transaction ends
        last = int(_LAST_ID.scalar(tx, {}) or 0)
        return list(range(last + 1, last + 1 + count))
    return [int(i) for i in tx.execute(_NEXT_IDS, {"count": count}).scalars()]


def claim(tx: Connection, at: datetime, limit: int) -> list[Due]:
    """Rows that are due, leased to the caller; oldest first."""
    rows = _DUE.all(tx, {"at": at, "most": limit})
    _LEASE.run(tx, [row["id"] for row in rows], {"until": at + LEASE})
    return [
        Due(id=row["id"], fence=row["fence"] + 1, row=row | {"attempts": row["attempts"] + 1}, sent=facts.sent(row, "")) for row in rows
    ]


def fix(tx: Connection, made: Sequence[Due]) -> None:
    """Keep the bytes of the first rendering, which stand in the rows: every later attempt sends the same."""
    rows = [
        {"row_id": due.id, "row_fence": due.fence, "raw": due.row["raw"], "text": due.row["text"], "subject": due.row["subject"]}
        for due in made
    ]
    _FIX.run_many(tx, rows)


def sent(tx: Connection, taken: Sequence[tuple[Due, str]], at: datetime) -> None:
    """Note that the relay took these, and what it answered; rows that somebody else holds by now are left alone."""
    _SENT.run_many(tx, [{"row_id": due.id, "row_fence": due.fence, "at": at, "answer": answer[:500]} for due, answer in taken])


def later(tx: Connection, due: Due, again_at: datetime, answer: str) -> None:
    """Note a failed attempt and when to try again."""
    values: dict[str, Any] = {"due_at": again_at, "last_answer": answer[:500], "lease_until": None}
    tx.execute(update(OUTBOX).where(OUTBOX.c.id == due.id, OUTBOX.c.fence == due.fence).values(**values))


def never(tx: Connection, due: Due, answer: str) -> None:
    """Note that it can't be delivered."""
    values: dict[str, Any] = {"state": "failed", "last_answer": answer[:500], "lease_until": None}
    tx.execute(update(OUTBOX).where(OUTBOX.c.id == due.id, OUTBOX.c.fence == due.fence).values(**values))


def bounced(tx: Connection, outbox_id: int, why: str) -> None:
    """Note that a mail we sent came back for good."""
    tx.execute(update(OUTBOX).where(OUTBOX.c.id == outbox_id).values(state="failed", last_answer=f"bounced: {why}"[:500]))


def withhold(tx: Connection, ticket_id: int, address: str, why: str) -> None:
    """Drop what has not left yet of a ticket's mail to one address."""
    waits = (OUTBOX.c.state == "due", OUTBOX.c.lease_until.is_(None))
    query = update(OUTBOX).where(OUTBOX.c.ticket_id == ticket_id, OUTBOX.c.recipient_key == address_key(address), *waits)
    tx.execute(query.values(state="dropped", last_answer=why))


def release_leases(tx: Connection) -> None:
    """Free what a daemon that is gone had claimed. Only for whoever is the one daemon on the store: see `store.presence`."""
    tx.execute(update(OUTBOX).where(OUTBOX.c.state == "due", OUTBOX.c.lease_until.is_not(None)).values(lease_until=None))


def press(tx: Connection, outbox_id: int, key: str, at: datetime, received_id: int | None) -> None:
    """Note that a button was used."""
    have = tx.execute(select(PRESSED.c.key).where(PRESSED.c.outbox_id == outbox_id, PRESSED.c.key == key)).first()
    if have is None:
        tx.execute(insert(PRESSED).values(outbox_id=outbox_id, key=key, pressed_at=at, received_id=received_id))


def answered_since(tx: Connection, since: datetime, recipient_key: str = "") -> int:
    """How many automatic answers were made since then, for one recipient or for anybody but staff."""
    if recipient_key:
        return int(_ANSWERED_TO.scalar(tx, {"since": since, "recipient_key": recipient_key}))
    return int(_ANSWERED.scalar(tx, {"since": since}))


def subjects_answered_since(tx: Connection, since: datetime, recipient_key: str) -> list[str]:
    """Subjects of the automatic answers made to one recipient since then, at most 500."""
    made = (OUTBOX.c.created_at > since, OUTBOX.c.automatic == "replied", OUTBOX.c.recipient_key == recipient_key)
    return list(tx.execute(select(OUTBOX.c.subject).where(*made).limit(500)).scalars())


def count_to(tx: Connection, address: str, template: str, since: datetime) -> int:
    """How many mails of one text were made for an address since then."""
    made = (OUTBOX.c.recipient_key == address_key(address), OUTBOX.c.template == template, OUTBOX.c.created_at > since)
    return int(tx.execute(select(func.count()).select_from(OUTBOX).where(*made)).scalar_one())


def has(tx: Connection, cause: str) -> bool:
    """Whether anything was ever written down for that cause."""
    return tx.execute(select(OUTBOX.c.id).where(OUTBOX.c.cause == cause).limit(1)).first() is not None


def waiting(tx: Connection) -> int:
    """How many mails are still to be sent, now or later."""
    return int(tx.execute(select(func.count()).select_from(OUTBOX).where(OUTBOX.c.state == "due")).scalar_one())
