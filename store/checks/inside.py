"""What staff writes among itself, and whom it reached: notes and opinions are for staff, private words for those they were written to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from rules.facts.sent import RecipientKind
from rules.facts.terms import PostKind, address_key
from rules.frozen import dataclass
from store import tables
from store.checks.asked import Asked

OUTBOX, TICKET, POST, MAILBOX, AGENT = tables.Outbox, tables.Ticket, tables.Post, tables.Mailbox, tables.Agent

INSIDE = (PostKind.note.value, PostKind.private.value, PostKind.opinion.value, PostKind.third_party.value)
RUN = 24
"""So many letters in a row, at least, are told from words that anybody may say."""
BLOCK = RUN // 2
"""Whatever has a run of that length in common has one of the blocks in common into which one of them is cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inner:
    """One post that isn't for everybody."""

    id: int
    at: datetime
    is_private: bool
    circle: frozenset[str]
    """Names of agents, `@groups` and addresses that it is from or for."""
    words: str


def inside(asked: Asked) -> Iterator[str]:
    """No mail holds a run of what staff wrote among itself, unless it goes to staff or to whoever it was written to."""
    inner = _inner(asked)
    if not inner:
        return
    said = _said(asked, inner)
    names = _names(asked)
    shown: dict[tuple[int, str], str] = defaultdict(str)
    query = select(
        OUTBOX.c.id,
        OUTBOX.c.ticket_id,
        OUTBOX.c.created_at,
        OUTBOX.c.recipient_kind,
        OUTBOX.c.recipient_key,
        OUTBOX.c.subject,
        OUTBOX.c.text,
    ).where(OUTBOX.c.ticket_id.in_(list(inner)), OUTBOX.c.recipient_address != "")
    for row in asked.tx.execute(query.order_by(OUTBOX.c.id)):
        is_staff = row.recipient_kind == RecipientKind.agent.value
        if is_staff and not any(post.is_private for post in inner[row.ticket_id]):
            continue
        words = folded(f"{row.subject} {row.text}")
        reader = (row.ticket_id, row.recipient_key)
        for post in inner[row.ticket_id]:
            if row.created_at < post.at or (is_staff and not post.is_private) or not post.circle.isdisjoint(names(row.recipient_key)):
                continue
            for run in runs(post.words, words):
                if run not in said[row.ticket_id] and run not in shown[reader] and not (is_staff and _is_noted(run, inner[row.ticket_id])):
                    yield f"outbox {row.id} tells {row.recipient_key} of post {post.id}, which isn't for him: {run[:60]!r}"
                    break
        shown[reader] += " " + words


def _is_noted(run: str, posts: list[_Inner]) -> bool:
    """Whether staff reads it elsewhere."""
    return any(run in post.words for post in posts if not post.is_private)


def runs(secret: str, words: str) -> Iterator[str]:
    """Each longest piece of `secret`, of RUN letters or more, that stands in `words`; both folded. It may come more than once."""
    for start in range(0, len(secret) - BLOCK + 1, BLOCK):
        block = secret[start : start + BLOCK]
        at = words.find(block)
        while at >= 0:
            first, before = start, at
            while first and before and secret[first - 1] == words[before - 1]:
                first, before = first - 1, before - 1
            last, after = start + BLOCK, at + BLOCK
            while last < len(secret) and after < len(words) and secret[last] == words[after]:
                last, after = last + 1, after + 1
            if last - first >= RUN:
                yield secret[first:last]
            at = words.find(block, at + 1)


def folded(text: str) -> str:
    """A text without what layout and transport change: white space and case."""
    return " ".join(text.split()).casefold()


def _inner(asked: Asked) -> Mapping[int, list[_Inner]]:
    """What isn't for everybody, by ticket; what was written to a circle takes the circle of what it answers with it."""
    out: dict[int, list[_Inner]] = defaultdict(list)
    circles: dict[int, frozenset[str]] = {}
    columns = (
        POST.c.id,
        POST.c.ticket_id,
        POST.c.at,
        POST.c.kind,
        POST.c.agent,
        POST.c.author_address,
        POST.c.to,
        POST.c.about,
        POST.c.text,
    )
    for row in asked.tx.execute(select(*columns).where(POST.c.kind.in_(INSIDE)).order_by(POST.c.id)):
        own = {row.agent, address_key(row.author_address), *(address_key(each) if "@" in each[1:] else each for each in row.to)}
        circles[row.id] = frozenset(own - {""})
        words = folded(row.text)
        if len(words) >= RUN:
            is_private = row.kind == PostKind.private.value
            out[row.ticket_id].append(_Inner(id=row.id, at=row.at, is_private=is_private, circle=circles[row.id], words=words))
    return out


def _said(asked: Asked, inner: Mapping[int, Any]) -> Mapping[int, str]:
    """What everybody may know of each ticket: its subject, its people, and what was written for all to read."""
    said: dict[int, str] = defaultdict(str)
    for row in asked.tx.execute(
        select(TICKET.c.id, TICKET.c.subject, TICKET.c.requester_name, TICKET.c.requester_address).where(TICKET.c.id.in_(list(inner)))
    ):
        said[row.id] += folded(f" {row.subject} {row.requester_name} {row.requester_address}") + " "
    query = select(POST.c.ticket_id, POST.c.subject, POST.c.text, POST.c.quoted).where(
        POST.c.kind.not_in(INSIDE), POST.c.ticket_id.in_(list(inner))
    )
    for post in asked.tx.execute(query):
        said[post.ticket_id] += folded(f"{post.subject} {post.text} {post.quoted}") + " "
    signed = folded(" ".join(row.signature for row in asked.tx.execute(select(AGENT.c.signature))))
    return defaultdict(lambda: signed, {ticket: words + signed for ticket, words in said.items()})


def _names(asked: Asked) -> Callable[[str], frozenset[str]]:
    """By which words of a circle an address is meant: itself, the agent whose it is, his groups."""
    groups = {row.name: [f"@{key}" for key in row.groups] for row in asked.tx.execute(select(AGENT.c.name, AGENT.c.groups))}
    agents = {row.key: row.agent for row in asked.tx.execute(select(MAILBOX.c.key, MAILBOX.c.agent).where(MAILBOX.c.agent.is_not(None)))}

    def names(key: str) -> frozenset[str]:
        agent = agents.get(key, "")
        return frozenset({key, agent, *groups.get(agent, ())} - {""})

    return names
