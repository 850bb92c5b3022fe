"""Received mail: kept raw, handed out for handling, settled with exactly one fate, accounted for.

`keep` is the only place where mail enters. Nothing here parses or decides. Next: `mailgate.intake`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, insert, or_, select, update

from rules.facts.mail import Envelope, Mail
from rules.facts.terms import Fate, Level
from rules.frozen import dataclass
from store import facts, tables
from store.prepared import Prepared, PreparedFor, Row, at_most

RECEIVED, RAW = tables.Received, tables.Raw

RETRY_WINDOW = timedelta(days=5)
"""How long the same bytes by the same door and envelope are one reception; relays retry for five days (RFC 5321 section 4.5.4.1)."""
RETRY_WINDOW_WITHOUT_ID = timedelta(hours=1)
"""The same for mail without Message-ID, where two equal mails may well be two."""
MOST_ATTEMPTS = 3
"""After so many failed attempts a mail is parked."""
COPY_WINDOW = timedelta(days=7)
"""How long the same mail by another path counts as a duplicate."""

_CLAIM = PreparedFor(
    lambda ids: select(RECEIVED.c.id).where(RECEIVED.c.id.in_(ids), RECEIVED.c.fate.is_(None)).with_for_update(skip_locked=True)
)
_FATE = "fate settled_at why ticket_id trust trace hold".split()
_SETTLE = Prepared(update(RECEIVED).where(RECEIVED.c.id == bindparam("row_id")), takes=_FATE)
_SETTLE_READ = Prepared(
    update(RECEIVED).where(RECEIVED.c.id == bindparam("row_id")),
    takes=[*_FATE, *"message_id from_address from_name subject to_list cc_list content_digest".split()],
)
_COUNT_FROM = Prepared(
    select(func.count())
    .select_from(RECEIVED)
    .where(RECEIVED.c.from_address == bindparam("address"), RECEIVED.c.received_at > bindparam("since"))
)
_COPY = Prepared(
    select(RECEIVED.c.id)
    .where(
        RECEIVED.c.message_id == bindparam("message_id"),
        RECEIVED.c.content_digest == bindparam("digest"),
        RECEIVED.c.id != bindparam("row_id"),
        RECEIVED.c.fate.is_not(None),
        *(RECEIVED.c.fate != fate.value for fate in (Fate.duplicate, Fate.parked, Fate.refused)),
        RECEIVED.c.received_at >= bindparam("since"),
    )
    .order_by(RECEIVED.c.id)
    .limit(at_most(1))
)

_EARLIER = PreparedFor(
    lambda keys: select(RECEIVED.c.retry_key, RECEIVED.c.id, RECEIVED.c.received_at).where(RECEIVED.c.retry_key.in_(keys))
)
_LATEST = Prepared(
    select(RECEIVED.c.id, RECEIVED.c.received_at)
    .where(RECEIVED.c.retry_key.between(bindparam("key"), bindparam("end")))
    .order_by(RECEIVED.c.received_at.desc(), RECEIVED.c.id.desc())
    .limit(at_most(1))
)
_UNREAD: Mapping[str, Any] = MappingProxyType(
    dict.fromkeys("why message_id from_address from_name subject content_digest".split(), "")
    | {name: [] for name in "trace to_list cc_list".split()}
    | {"attempts": 0, "put_away": False}
)
"""What is known of a mail only when it was read, handled or decided about."""
_INSERT = Prepared(
    insert(RECEIVED).values(_UNREAD), takes="retry_key received_at door mail_from rcpt_to peer helo login silent size sha256".split()
)
_INSERT_RAW = Prepared(insert(RAW), takes=("received_id", "data"))
_WAITING = [RECEIVED.c[name] for name in "id received_at attempts silent door mail_from rcpt_to peer helo login".split()]
_WITH_RAW = PreparedFor(
    lambda ids: (
        select(*_WAITING, RAW.c.data).join(RAW, RAW.c.received_id == RECEIVED.c.id).where(RECEIVED.c.id.in_(ids)).order_by(RECEIVED.c.id)
    )
)
_ATTEMPT = PreparedFor(
    lambda ids: update(RECEIVED).where(RECEIVED.c.id.in_(ids), RECEIVED.c.fate.is_(None)).values(attempts=RECEIVED.c.attempts + 1)
)


def _waiting_first(*, is_begun: bool, limit: int) -> Select[Any]:
    return (
        select(RECEIVED.c.id, RECEIVED.c.size)
        .where(RECEIVED.c.fate.is_(None), RECEIVED.c.attempts > 0 if is_begun else RECEIVED.c.attempts == 0)
        .order_by(RECEIVED.c.attempts, RECEIVED.c.id)
        .limit(at_most(limit))
    )


@lru_cache(maxsize=8)
def _first(*, is_begun: bool, limit: int) -> Prepared:
    return Prepared(_waiting_first(is_begun=is_begun, limit=limit))


_HAS_ID = re.compile(rb"^message-id:[ \t]*\S", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A kept mail without a fate."""

    id: int
    envelope: Envelope
    received_at: datetime
    attempts: int
    silent: bool
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What became of a mail, and why."""

    fate: Fate
    why: str = ""
    ticket_id: int | None = None
    trust: Level | None = None
    trace: tuple[Any, ...] = ()
    hold: Mapping[str, Any] | None = None


def retry_key(envelope: Envelope, sha256: str) -> str:
    """What identical receptions have in common: door, sender, recipients in any order, and the bytes, by their digest."""
    digest = hashlib.sha256()
    for word in (envelope.door, envelope.sender, *sorted(envelope.recipients), sha256):
        octets = word.encode("utf-8", "surrogateescape")
        digest.update(len(octets).to_bytes(4, "big") + octets)
    return digest.hexdigest()


def keep(tx: Connection, mails: Sequence[tuple[Envelope, bytes]], at: datetime, *, silent: bool = False) -> list[int]:
    """Keep mails raw; gives the row id of each, that of the earlier reception where it is a retry of one.

    To be committed before anybody is told that the mail is ours.
    """
    digests = [hashlib.sha256(raw).hexdigest() for _, raw in mails]
    keys = [retry_key(envelope, digest) for (envelope, _), digest in zip(mails, digests, strict=True)]
    earlier = {row["retry_key"]: row for row in _EARLIER.all(tx, keys)}
    ids: dict[str, int] = {}
    rows: list[dict[str, Any]] = []
    raws: list[bytes] = []
    for key, digest, (envelope, raw) in zip(keys, digests, mails, strict=True):
        if key in ids:
            continue
        known = earlier.get(key)
        stored_key = key
        if known is not None:
            window = RETRY_WINDOW if _HAS_ID.search(raw[:65536]) else RETRY_WINDOW_WITHOUT_ID
            latest = _latest(tx, key) or known
            if at - latest["received_at"] <= window:
                ids[key] = latest["id"]
                continue
            stored_key = f"{key}:{at.isoformat()}"
        ids[key] = -1
        rows.append(
            {
                "retry_key": stored_key,
                "received_at": at,
                "door": envelope.door,
                "mail_from": _clean(envelope.sender),
                "rcpt_to": [_clean(r) for r in envelope.recipients],
                "peer": envelope.peer,
                "helo": _clean(envelope.helo),
                "login": _clean(envelope.login),
                "silent": silent,
                "size": len(raw),
                "sha256": digest,
            }
        )
        raws.append(raw)
    if rows:
        new_ids = [_INSERT.new_id(tx, row) for row in rows]
        _INSERT_RAW.run_many(tx, [{"received_id": i, "data": raw} for i, raw in zip(new_ids, raws, strict=True)])
        for i, row in zip(new_ids, rows, strict=True):
            ids[row["retry_key"].partition(":")[0]] = i
    return [ids[key] for key in keys]


def waiting(tx: Connection, limit: int, *, ids: Sequence[int] | None = None, most_bytes: int = 8_000_000) -> list[list[Waiting]]:
    """Groups of mails without a fate, each to be handled together; empty if nothing waits. `ids` narrows to these.

    First those that nobody has begun to handle, oldest first, at most so many and so many bytes (but always one). Then, alone, one whose
    handling was begun and never ended: if it takes its handler with it, it takes no neighbour along.
    """
    groups = [
        _chosen(tx, is_begun=False, limit=limit, ids=ids, most_bytes=most_bytes),
        _chosen(tx, is_begun=True, limit=1, ids=ids, most_bytes=most_bytes),
    ]
    return [group for group in groups if group]


def _chosen(tx: Connection, *, is_begun: bool, limit: int, ids: Sequence[int] | None, most_bytes: int) -> list[Waiting]:
    found = (
        _first(is_begun=is_begun, limit=limit).all(tx, {})
        if ids is None
        else tx.execute(_waiting_first(is_begun=is_begun, limit=limit).where(RECEIVED.c.id.in_(ids))).mappings()
    )
    chosen: list[int] = []
    total = 0
    for row in found:
        total += row["size"]
        if chosen and total > most_bytes:
            break
        chosen.append(row["id"])
    return [_waiting(row) for row in _WITH_RAW.all(tx, chosen)]


def one(tx: Connection, received_id: int) -> Waiting | None:
    """A kept mail whatever its fate, None if there is none of that id."""
    row = (
        tx.execute(select(*_WAITING, RAW.c.data).join(RAW, RAW.c.received_id == RECEIVED.c.id).where(RECEIVED.c.id == received_id))
        .mappings()
        .first()
    )
    return _waiting(row) if row else None


def count_attempt(tx: Connection, ids: Sequence[int]) -> None:
    """Note that work on these mails begins; committed before it does, so that a mail that kills its handler is seen."""
    _ATTEMPT.run(tx, ids)


def uncount_attempt(tx: Connection, ids: Sequence[int]) -> None:
    """Take an attempt back that failed through no fault of these mails."""
    tx.execute(
        update(RECEIVED)
        .where(RECEIVED.c.id.in_(ids), RECEIVED.c.fate.is_(None), RECEIVED.c.attempts > 0)
        .values(attempts=RECEIVED.c.attempts - 1)
    )


def claim(tx: Connection, ids: Sequence[int]) -> frozenset[int]:
    """Lock waiting mails for this transaction; those that no other process has or has settled."""
    return frozenset(row["id"] for row in _CLAIM.all(tx, ids))


def settle(tx: Connection, received_id: int, settlement: Settlement, at: datetime, mail: Mail | None = None) -> None:
    """Write the one fate of a mail, and what lists show of it."""
    values: dict[str, Any] = {
        "fate": settlement.fate.value,
        "settled_at": at,
        "why": settlement.why,
        "ticket_id": settlement.ticket_id,
        "trust": None if settlement.trust is None else int(settlement.trust),
        "trace": list(settlement.trace),
        "hold": dict(settlement.hold) if settlement.hold is not None else None,
    }
    if mail is not None:
        values |= {
            "message_id": mail.message_id,
            "from_address": mail.sender.address,
            "from_name": mail.sender.name,
            "subject": mail.subject,
            "to_list": [{"name": a.name, "address": a.address} for a in mail.to],
            "cc_list": [{"name": a.name, "address": a.address} for a in mail.cc],
            "content_digest": mail.content_digest,
        }
    (_SETTLE if mail is None else _SETTLE_READ).run(tx, values | {"row_id": received_id})


def reopen(tx: Connection, received_id: int) -> None:
    """Take the fate from a parked or held mail, so that it is handled again."""
    tx.execute(
        update(RECEIVED)
        .where(RECEIVED.c.id == received_id)
        .values(fate=None, attempts=0, settled_at=None, hold=None, announced_at=None, put_away=False)
    )


def take_up(tx: Connection, received_id: int) -> None:
    """Let a mail that was put away count again."""
    tx.execute(update(RECEIVED).where(RECEIVED.c.id == received_id).values(put_away=False))


def put_away(tx: Connection, received_id: int, why: str, at: datetime) -> None:
    """Mark a held or parked mail as decided against: kept, listed on request, announced no more."""
    tx.execute(update(RECEIVED).where(RECEIVED.c.id == received_id).values(put_away=True, why=why, settled_at=at))


def unannounced(tx: Connection, *, before: datetime, again_before: datetime, limit: int) -> list[Mapping[Any, Any]]:
    """Held and parked mail settled by `before` that nobody decided about and that was last announced by `again_before`, if ever."""
    query = (
        select(RECEIVED)
        .where(
            RECEIVED.c.fate.in_((Fate.held.value, Fate.parked.value)),
            RECEIVED.c.put_away.is_(False),
            RECEIVED.c.settled_at <= before,
            or_(RECEIVED.c.announced_at.is_(None), RECEIVED.c.announced_at <= again_before),
        )
        .order_by(RECEIVED.c.id)
        .limit(limit)
    )
    return list(tx.execute(query.with_for_update(skip_locked=True)).mappings())


def undecided(tx: Connection, groups: Collection[str], agent: str) -> int:
    """How many held mails wait for a decision of an agent or of his groups."""
    query = select(RECEIVED.c.hold).where(RECEIVED.c.fate == Fate.held.value, RECEIVED.c.put_away.is_(False), RECEIVED.c.hold.is_not(None))
    held = tx.execute(query.limit(1000)).scalars()
    return sum(1 for hold in held if hold and (hold.get("agent") == agent or (hold.get("group") and hold["group"] in groups)))


def announced(tx: Connection, received_id: int, at: datetime) -> None:
    """Note that whoever may decide was told of a mail."""
    tx.execute(update(RECEIVED).where(RECEIVED.c.id == received_id).values(announced_at=at))


def copy_of(tx: Connection, received_id: int, mail: Mail, at: datetime) -> int | None:
    """An earlier reception of the same mail by another path: same Message-ID, sender and content within the window; None if there is none."""
    if not mail.message_id or not mail.content_digest:
        return None
    wanted = {"message_id": mail.message_id, "digest": mail.content_digest, "row_id": received_id, "since": at - COPY_WINDOW}
    found: int | None = _COPY.scalar(tx, wanted)
    return found


def count_from(tx: Connection, address: str, since: datetime) -> int:
    """How many settled mails showed this sender since then."""
    return int(_COUNT_FROM.scalar(tx, {"address": address, "since": since}))


def _latest(tx: Connection, key: str) -> Row | None:
    return _LATEST.first(tx, {"key": key, "end": key + ":~"})


def _waiting(row: facts.Row) -> Waiting:
    return Waiting(
        id=row["id"],
        envelope=facts.envelope(row),
        received_at=row["received_at"],
        attempts=row["attempts"],
        silent=row["silent"],
        raw=bytes(row["data"]),
    )


def _clean(word: str) -> str:
    """Protocol text as any database takes it: no NUL, no lone surrogates."""
    return word.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")


def announced_with(tx: Connection, sender: str, at: datetime, *, again_before: datetime) -> int | None:
    """Note that all mails of a sender that are held for their number are told of together; how many, None if it was said since `again_before`."""
    mine = (
        RECEIVED.c.from_address == sender,
        RECEIVED.c.fate == Fate.held.value,
        RECEIVED.c.put_away.is_(False),
        RECEIVED.c.why.like("rate:%"),
    )
    said = tx.execute(select(func.max(RECEIVED.c.announced_at)).where(*mine)).scalar()
    done = tx.execute(update(RECEIVED).where(*mine).values(announced_at=at if said is None or said <= again_before else said))
    return done.rowcount if said is None or said <= again_before else None
