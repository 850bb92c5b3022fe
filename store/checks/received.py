"""What came in: bytes as they were received, one fate each, and effects that fit the fate."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Text, cast, func, literal, select

from rules.facts.terms import Fate
from store import tables
from store.checks.asked import Asked
from store.purging import ERASED, PURGED

RECEIVED, RAW, POST, HISTORY, USED = tables.Received, tables.Raw, tables.Post, tables.History, tables.UsedSignature

ACTING = (Fate.opened.value, Fate.appended.value, Fate.executed.value)
"""Fates of mail that did something."""
SILENT = (Fate.held.value, Fate.parked.value, Fate.duplicate.value)
"""Fates of mail that did nothing."""
WAITS = timedelta(minutes=15)
OVERTAKEN = timedelta(hours=3)
SAME = timedelta(days=7)


def mail(asked: Asked) -> Iterator[str]:
    """Every received mail has its bytes, unchanged."""
    columns = select(RECEIVED.c.id, RECEIVED.c.sha256, RECEIVED.c.size, RAW.c.data)
    query = columns.join(RAW, RAW.c.received_id == RECEIVED.c.id, isouter=True).where(RECEIVED.c.why.not_in((PURGED, ERASED)))
    for row in asked.tx.execute(query.execution_options(yield_per=50)):
        if row.data is None:
            yield f"mail {row.id} has lost its bytes"
        elif len(row.data) != row.size or hashlib.sha256(bytes(row.data)).hexdigest() != row.sha256:
            yield f"the bytes of mail {row.id} are not those that were received"


def ended(asked: Asked) -> Iterator[str]:
    """Mail that came by SMTP or LMTP ends with its last line: what was kept before its final dot came would mostly end within one."""
    by_wire = RECEIVED.c.door.startswith("smtp") | RECEIVED.c.door.startswith("lmtp") | RECEIVED.c.door.startswith("submission")
    query = select(RECEIVED.c.id, RECEIVED.c.door, RAW.c.data).join(RAW, RAW.c.received_id == RECEIVED.c.id).where(by_wire)
    for row in asked.tx.execute(query.where(RECEIVED.c.why.not_in((PURGED, ERASED))).execution_options(yield_per=50)):
        if row.data and bytes(row.data[-2:]) != b"\r\n":
            yield f"mail {row.id} came by {row.door} and ends within a line"


def named(asked: Asked) -> Iterator[str]:
    """Every received mail of which something tells is there: in the histories, among the signatures that were used."""
    there = select(RECEIVED.c.id)
    for used in asked.tx.execute(select(USED.c.proof, USED.c.received_id).where(USED.c.received_id.not_in(there))):
        yield f"a signature was used by mail {used.received_id}, which isn't there"
    told = select(HISTORY.c.ticket_id, HISTORY.c.seq, HISTORY.c.cause).where(HISTORY.c.cause.startswith("mail:"))
    causes = select(literal("mail:") + cast(RECEIVED.c.id, Text))
    for row in asked.tx.execute(told.where(HISTORY.c.cause.not_in(causes))):
        if row.cause.removeprefix("mail:").isdigit():
            yield f"entry {row.seq} of ticket {row.ticket_id} was made by {row.cause}, which isn't there"


def announced(asked: Asked) -> Iterator[str]:
    """Mail that waits for a decision was announced, if others that came to wait hours later were."""
    waits = RECEIVED.c.fate.in_((Fate.held.value, Fate.parked.value)) & RECEIVED.c.put_away.is_(False) & RECEIVED.c.silent.is_(False)
    last = asked.tx.execute(select(func.max(RECEIVED.c.settled_at)).where(waits, RECEIVED.c.announced_at.is_not(None))).scalar()
    if last is None:
        return
    passed = select(RECEIVED.c.id, RECEIVED.c.settled_at).where(waits, RECEIVED.c.announced_at.is_(None))
    for row in asked.tx.execute(passed.where(RECEIVED.c.settled_at < last - OVERTAKEN)):
        yield f"mail {row.id} waits since {row.settled_at:%Y-%m-%d %H:%M} UTC, and nobody was told"


def fates(asked: Asked) -> Iterator[str]:
    """Every settled mail has one of the fates there are, and none waits for long."""
    known = [fate.value for fate in Fate]
    query = select(RECEIVED.c.id, RECEIVED.c.fate, RECEIVED.c.settled_at, RECEIVED.c.received_at)
    for row in asked.tx.execute(query.where(RECEIVED.c.fate.is_(None) | RECEIVED.c.settled_at.is_(None) | RECEIVED.c.fate.not_in(known))):
        if row.fate is None and row.settled_at is not None:
            yield f"mail {row.id} was settled without a fate"
        elif row.fate is None:
            if asked.at is not None and row.received_at < asked.at - WAITS:
                yield f"mail {row.id} has waited for its fate since {row.received_at:%Y-%m-%d %H:%M} UTC"
        elif row.fate not in known:
            yield f"mail {row.id} has the fate {row.fate!r}, which there isn't"
        else:
            yield f"mail {row.id} is {row.fate} and was settled at no time"


def once(asked: Asked) -> Iterator[str]:
    """The same mail acted once: same Message-ID, same sender and same content within seven days."""
    seen: dict[tuple[str, str, str], tuple[int, datetime]] = {}
    key = (RECEIVED.c.message_id, RECEIVED.c.from_address, RECEIVED.c.content_digest)
    doubled = (
        select(*key)
        .where(RECEIVED.c.fate.in_(ACTING), RECEIVED.c.message_id != "", RECEIVED.c.content_digest != "")
        .group_by(*key)
        .having(func.count() > 1)
    )
    for same in asked.tx.execute(doubled).all():
        rows = select(RECEIVED.c.id, RECEIVED.c.received_at).where(
            *(column == value for column, value in zip(key, same, strict=True)), RECEIVED.c.fate.in_(ACTING)
        )
        for row in asked.tx.execute(rows.order_by(RECEIVED.c.received_at)):
            before = seen.get(tuple(same))
            if before is not None and row.received_at - before[1] < SAME:
                yield f"mail {row.id} did again what mail {before[0]} had done"
            seen[tuple(same)] = (row.id, row.received_at)


def effects(asked: Asked) -> Iterator[str]:
    """Mail that opened a request has a post, mail that was added to one that or an entry; mail that is held, parked or a duplicate left no trace."""
    posts = select(POST.c.received_id).where(POST.c.received_id.is_not(None))
    entries = select(HISTORY.c.received_id).where(HISTORY.c.received_id.is_not(None))
    for fate, without in ((Fate.opened.value, posts), (Fate.appended.value, posts.union(entries))):
        for row in asked.tx.execute(select(RECEIVED.c.id).where(RECEIVED.c.fate == fate, RECEIVED.c.id.not_in(without))):
            yield f"mail {row.id} was {fate}, and nothing came of it"
    for row in asked.tx.execute(select(RECEIVED.c.id).where(RECEIVED.c.fate == ACTING[0], RECEIVED.c.ticket_id.is_(None))):
        yield f"mail {row.id} opened a ticket, and names none"
    for table, what in ((POST, "post"), (HISTORY, "entry of a history")):
        query = select(RECEIVED.c.id, RECEIVED.c.fate, table.c.id.label("other")).join(table, table.c.received_id == RECEIVED.c.id)
        for trace in asked.tx.execute(query.where(RECEIVED.c.fate.in_(SILENT))):
            yield f"mail {trace.id} is {trace.fate}, and {what} {trace.other} came of it"


def files(asked: Asked) -> Iterator[str]:
    """Files of posts lie in a mail that is there, at their place, as they were."""
    for row in asked.tx.execute(select(POST.c.id, POST.c.parts).where(POST.c.received_id.is_(None))):
        if row.parts:
            yield f"post {row.id} lists files, but no mail that holds them"
    if asked.file_of is None:
        return
    query = select(POST.c.id, POST.c.parts, RAW.c.data).join(RAW, RAW.c.received_id == POST.c.received_id)
    for post in asked.tx.execute(query.execution_options(yield_per=20)):
        for part in post.parts:
            try:
                content = asked.file_of(bytes(post.data), part["path"])
            except KeyError:
                yield f"post {post.id} lists a file at {part['path']} that its mail hasn't"
                continue
            if hashlib.sha256(content).hexdigest() != part["sha256"]:
                yield f"the file at {part['path']} of post {post.id} is not the one that came"
