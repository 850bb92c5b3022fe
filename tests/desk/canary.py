"""What every story is asked when it is over: did anything leave that its reader was not meant to see?

The invariants of `mailgate db check` look at the store's rows. This looks at the bytes that left, at every part of them, and knows of
the desk only who wrote what for whom, and which departments see what.
"""

from __future__ import annotations

import email
import email.policy
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from pathlib import Path

from sqlalchemy import Connection, select

from rules import rights
from rules.actions.base import Scene
from rules.facts.people import ADMIN, Directory
from rules.facts.policy import Policy
from rules.facts.ticket import Ticket
from store import facts, lookup, people, tables

RUN = 24
"""So many letters in a row are told from words that anybody may say."""
OUTBOX, POST, TICKET, MAILBOX, HISTORY = tables.Outbox, tables.Post, tables.Ticket, tables.Mailbox, tables.History
HEADS = BytesHeaderParser()
INSIDE = ("note", "private", "opinion")


@dataclass(frozen=True)
class Secret:
    """Words that not everybody may read."""

    post: int
    whose: frozenset[str]
    """Agents, `@groups` and addresses that it is from or for."""
    of_staff: bool
    """Any agent may read it."""
    at: datetime
    shingles: frozenset[str]
    noted: frozenset[str]
    """What staff reads elsewhere."""


def strays(tx: Connection, sent: Path, policy: Policy) -> Iterator[str]:
    """Every mail in a folder that somebody got who was not to; the reader, and what he should not have seen."""
    directory = people.directory(tx)
    agents = {row.key: row.agent for row in tx.execute(select(MAILBOX.c.key, MAILBOX.c.agent).where(MAILBOX.c.agent.is_not(None)))}
    rows = {row.message_id: row for row in tx.execute(select(OUTBOX))}
    secrets = list(_secrets(tx))
    concerned: set[tuple[str, int]] = set()
    for path in sorted((sent / "new").glob("*")):  # as they left
        raw = path.read_bytes()
        head = HEADS.parsebytes(raw)
        named = getaddresses(head.get_all("To", []) + head.get_all("Cc", []) + head.get_all("Bcc", []))
        row = rows.get(str(head["Message-ID"]).strip())
        if row is not None and not row.recipient_address:
            continue  # the site had its contents removed since
        if row is None or [facts.key(address) for _, address in named] != [row.recipient_key]:
            yield f"{head['X-Mailgate-Template']} reached {named}, for whom it was not made"
            continue
        reader = row.recipient_key
        agent = agents.get(reader, "") if row.recipient_kind == "agent" else ""
        names = {reader, agent, *(f"@{g}" for a in [directory.agents.get(agent)] if a for g in a.groups)} - {""}
        hidden = [s for s in secrets if row.created_at >= s.at and not (agent and s.of_staff) and s.whose.isdisjoint(names)]
        if hidden:
            seen = shingles(words_of(email.message_from_bytes(raw, policy=email.policy.default)))
            for secret in hidden:
                if told := (secret.shingles - secret.noted if agent else secret.shingles) & seen:
                    yield f"{row.template} tells {reader} of post {secret.post}: {min(told)!r}"
        if (agent, row.ticket_id) in concerned:
            continue
        concerned.add((agent, row.ticket_id))
        if agent and row.ticket_id and not _concerns(tx, agent, row.ticket_id, directory, policy, row.created_at):
            yield f"{row.template} tells {agent} of a ticket that is no business of his department: {row.ticket_id}"


def words_of(mail: EmailMessage) -> str:
    """All that is in a mail: headers, bodies, files, decoded, as text."""
    said = [str(value) for value in mail.values()]
    for part in mail.walk():
        if not part.is_multipart():
            said.append(str(part.get_filename() or ""))
            data = part.get_payload(decode=True)
            text = data.decode("utf-8", "replace") if isinstance(data, bytes) else ""
            said.append(html.unescape(re.sub(r"<[^>]+>", " ", text)) if part.get_content_subtype() == "html" else text)
    return "\n".join(said)


def shingles(text: str) -> frozenset[str]:
    """Every run of RUN letters, white space and case aside."""
    words = " ".join(text.split()).casefold()
    return frozenset(words[n : n + RUN] for n in range(len(words) - RUN + 1))


def _secrets(tx: Connection) -> Iterator[Secret]:
    """What was written inside, without what was also said for all to read."""
    said = [f"{row.subject} {row.requester_name} <{row.requester_address}>" for row in tx.execute(select(TICKET))]
    said += [agent.signature for agent in people.directory(tx).agents.values()]
    inner = []
    for row in tx.execute(select(POST).order_by(POST.c.id)):
        if row.kind in INSIDE:
            inner.append(row)
        else:
            said += [row.subject, row.text, row.quoted]
    known = shingles("\n".join(said)) if inner else frozenset[str]()
    noted = shingles("\n".join(row.text for row in inner if row.kind != "private"))
    for row in inner:
        whose = {row.agent, facts.key(row.author_address), *(facts.key(w) if "@" in w[1:] else w for w in row.to)} - {""}
        yield Secret(
            post=row.id, whose=frozenset(whose), of_staff=row.kind != "private", at=row.at, shingles=shingles(row.text) - known, noted=noted
        )


def _concerns(tx: Connection, agent: str, ticket_id: int, directory: Directory, policy: Policy, at: datetime) -> bool:
    """Whether an agent may know of a ticket: by his role and department as it stood then or before, or because somebody named him or them."""
    me = directory.agents.get(agent)
    ticket = lookup.get(tx, ticket_id)
    if me is None or ticket is None:
        return True
    scene = Scene(who=ADMIN, at=at, policy=policy, directory=directory)
    blank = Ticket()
    held: dict[str, str] = {name: getattr(blank, name) for name in ("assignee", "group", "category")}
    named = "".join(json.dumps(row.to) for row in tx.execute(select(POST.c.to).where(POST.c.ticket_id == ticket_id)))
    steps = select(HISTORY.c.action, HISTORY.c.changed).where(HISTORY.c.ticket_id == ticket_id, HISTORY.c.at <= at)
    for step in tx.execute(steps.order_by(HISTORY.c.seq)):
        named += f" {step.action}"
        held |= {name: step.changed[name][1] for name in held if name in step.changed}
        if rights.may_see(replace(ticket, **held), scene, agent):  # type: ignore[arg-type]
            return True
    return any(re.search(rf"\b{re.escape(name)}\b", named) for name in (agent, *me.groups, *me.manager_of))
