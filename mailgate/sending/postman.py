"""Sends what is due: claims rows, renders and composes once, gives them to the courier, records the answer.

No transaction is open while the courier works. The bytes of the first rendering are kept, so that every attempt says the same under
the same Message-ID. Next: `mailgate.sending.compose`, `mailgate.sending.courier`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection

from mailgate import maillog
from mailgate.letters import documents, events, letters, mailto, troubles
from mailgate.office import Office
from mailgate.sending import compose, fields
from mailgate.sending.courier import Answer, Courier, Later, Never, Ready, Sent
from rules import steps, tokens
from rules.actions.base import Scene
from rules.actions.posts import Note
from rules.backoff import next_attempt
from rules.facts.people import Actor, Role
from rules.facts.sent import RecipientKind
from rules.facts.terms import Address, address_key
from rules.frozen import dataclass
from rules.steps import Steps
from store import engine, ledger, lookup, outbox, people, sending, settled, threads
from store.journal import Cause
from store.lists import mail as received
from templates import render

BATCH = 64
GROUP = 16
"""So many mails are made together: the more, the more memory for what is half made, and more than these gain no time."""
LOGO = "logo@desk"
"""Content id of the desk's logo within a mail."""
log = logging.getLogger("mailgate.postman")


@dataclass(slots=True)
class Postman:
    """One desk's postman. `envelope` is the config's word for the envelope sender."""

    office: Office
    courier: Courier
    envelope: str = "auto"
    signer: Any = None
    """`mailgate.trust.signing.Signer` or None."""
    copy: Any = None
    """Called with the bytes of every mail that left, to put a copy into a mailbox; None for none."""
    max_size_bytes: int = 25_000_000
    down_until: datetime | None = None
    """The relay itself is in trouble: nothing is tried before."""
    last_trouble: str = ""
    ending: bool = False
    """Nothing more is claimed."""

    async def deliver(self, at: datetime) -> int:
        """Try every mail that is due at `at`, once; gives how many were tried."""
        if self.down_until is not None and at < self.down_until:
            return 0
        tried = 0
        while not self.ending and (room := min(BATCH, self.courier.room())):
            claimed = await asyncio.to_thread(self._claim, at, room)
            if not claimed:
                break
            tried += len(claimed)
            answers = await asyncio.gather(*(self._one(due, at) for due in claimed))
            await asyncio.to_thread(self._record, [(d, a) for d, a in zip(claimed, answers, strict=True)], at)
            if self.down_until is not None and at < self.down_until:
                break
        return tried

    def _claim(self, at: datetime, room: int) -> list[outbox.Due]:
        """Rows to send, each with its bytes; those that can't be made are recorded as failed."""
        with engine.transaction(self.office.store) as tx:
            if sending.off_since(tx) is not None:
                return []
            claimed = outbox.claim(tx, at, room)
        fresh = [due for due in claimed if due.row["raw"] is None]
        if not fresh:
            return claimed
        with engine.reading(self.office.store) as tx:
            material = _material(tx, self.office, fresh)
        made: dict[int, outbox.Due] = {}
        broken: list[tuple[outbox.Due, str]] = []
        for group in _groups(fresh, material):
            for due, result in zip(group, steps.together([self._making(due, material[due.id]) for due in group]), strict=True):
                if isinstance(result, str):
                    broken.append((due, result))
                else:
                    made[due.id] = result
        with engine.transaction(self.office.store) as tx:
            outbox.fix(tx, list(made.values()))
            for due, why in broken:
                outbox.never(tx, due, why)
                _tell_staff(tx, self.office, due, why, at)
        return [made.get(due.id, due) for due in claimed if due.row["raw"] is not None or due.id in made]

    def _making(self, due: outbox.Due, material: Material) -> Steps[outbox.Due | str]:
        """The row with its bytes, or why it can't be made."""
        try:
            raw, text, subject = yield from making(self.office, due, material)
        except compose.Unsendable as fault:
            log.warning("outbox=%d can't be made: %s", due.id, fault)
            return f"can't be made: {fault}"
        except Exception as fault:
            log.exception("outbox=%d can't be made", due.id)
            return f"can't be made: {fault}"
        if self.signer is not None:
            raw = self.signer.sign(raw)
        return outbox.Due(id=due.id, fence=due.fence, row={**due.row, "raw": raw, "text": text, "subject": subject}, sent=due.sent)

    async def _one(self, due: outbox.Due, at: datetime) -> tuple[Answer, float]:
        began = time.monotonic()
        row = due.row
        if len(row["raw"]) > self.max_size_bytes:
            return Never(why=f"{len(row['raw'])} bytes are more than [relay] max_size"), 0.0
        ready = Ready(
            envelope_from=self._envelope_from(due), recipient=row["recipient_address"], raw=bytes(row["raw"]), message_id=row["message_id"]
        )
        answer = await self.courier.deliver(ready)
        if isinstance(answer, Later) and answer.relay_down:
            self.down_until = at + timedelta(seconds=20)
            self.last_trouble = answer.why
        elif isinstance(answer, Sent):
            self.last_trouble = ""
            if self.copy is not None:
                await asyncio.to_thread(self.copy, bytes(row["raw"]))
        return answer, time.monotonic() - began

    def _envelope_from(self, due: outbox.Due) -> str:
        policy = self.office.policy
        match self.envelope:
            case "null":
                return ""
            case "desk":
                return policy.desk.address
            case "verp":
                return tokens.address(policy.desk.address, tokens.make(due.sent, tokens.REPLY, self.office.keys), policy.desk.subaddress)
            case _:
                automatic = bool(due.row["automatic"]) and due.row["recipient_kind"] != RecipientKind.agent.value
                return "" if automatic else policy.desk.address

    def _record(self, results: Sequence[tuple[outbox.Due, tuple[Answer, float]]], at: datetime) -> None:
        taken = [(due, answer.reply, seconds) for due, (answer, seconds) in results if isinstance(answer, Sent)]
        told: list[Callable[[], None]] = []
        try:
            with engine.transaction(self.office.store) as tx:
                for due, (answer, _) in results:
                    match answer:
                        case Later():
                            told += self._later(tx, due, answer, at)
                        case Never():
                            told += self._never(tx, due, answer.why, answer.why, at)
                outbox.sent(tx, [(due, reply) for due, reply, _ in taken], at)
        finally:
            for due, reply, seconds in taken:  # these have left, whether that could be recorded or not
                maillog.sent(due.id, due.row["message_id"], due.row["recipient_address"], due.row["template"], reply, seconds)
        for say in told:
            say()

    def _later(self, tx: Connection, due: outbox.Due, answer: Later, at: datetime) -> list[Callable[[], None]]:
        """Gives what the log hears of it when it counts."""
        row = due.row
        if answer.not_before is not None:
            outbox.later(tx, due, at + answer.not_before, answer.why)
            return []
        first_due = datetime.fromisoformat(row["card"]["first_due"])
        again = next_attempt(template=row["template"], due_at=first_due, attempts=row["attempts"], at=at, random=self.office.random)
        if again is None:
            return self._never(tx, due, f"given up: {answer.why}", answer.why, at)
        outbox.later(tx, due, again, answer.why)
        return [partial(maillog.delayed, due.id, row["message_id"], row["recipient_address"], answer.why, row["attempts"])]

    def _never(self, tx: Connection, due: outbox.Due, noted: str, why: str, at: datetime) -> list[Callable[[], None]]:
        """`noted` is what the outbox shows, `why` what the relay said. Gives what the log hears of it when it counts."""
        outbox.never(tx, due, noted)
        _tell_staff(tx, self.office, due, why, at)
        return [partial(maillog.undeliverable, due.id, due.row["message_id"], due.row["recipient_address"], why)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What composing needs beside the row: ids to refer to, and the bytes of files."""

    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    ref: str = ""
    opened_at: datetime | None = None
    files: tuple[tuple[Mapping[str, Any], bytes], ...] = ()


def _material(tx: Connection, office: Office, fresh: Sequence[outbox.Due]) -> dict[int, Material]:
    """What each mail needs, by the id of its row."""
    about = {due.row["ticket_id"] for due in fresh if due.row["ticket_id"] is not None}
    headlines, said = lookup.headlines(tx, about), threads.mails_said(tx, about)
    sent = threads.mails_sent(tx, [due.id for due in fresh])
    found: dict[int, Material] = {}
    for due in fresh:
        row, ticket_id = due.row, due.row["ticket_id"]
        ids: list[str] = []
        ref, opened = row["card"].get("token_ref", ""), row["created_at"]
        in_reply_to = ""
        if ticket_id is not None:
            ref, opened_at = headlines.get(ticket_id, (ref, None))
            opened = opened_at or opened
            ids, in_reply_to = _references(row, said.get(ticket_id, ()), sent.get(due.id, ()))
            ids = [f"<{ref.lower()}.root@{office.policy.desk.domain}>", *ids]
        elif row["received_id"] is not None:
            cause = settled.message_id(tx, row["received_id"])
            ids, in_reply_to = ([cause], cause) if cause else ([], "")
        files = tuple((f, _file(tx, office, f)) for f in row["card"].get("files", ()))
        found[due.id] = Material(in_reply_to=in_reply_to, references=tuple(ids), ref=ref, opened_at=opened, files=files)
    return found


def _references(row: Mapping[str, Any], said: Sequence[Mapping[str, Any]], sent: Sequence[Mapping[str, Any]]) -> tuple[list[str], str]:
    """Ids that this recipient may see, oldest first, and the one that is answered.

    Those of participants' public mails, and of our mails to him; never of staff's, not even of a forward of his own words, nor of mails
    to others, whose ids hold their tokens. Somebody outside learns of no customer's mail: its id tells from where it came.
    """
    kind = row["recipient_kind"]
    theirs = [
        (r["at"], r["message_id"])
        for r in said
        if kind == RecipientKind.agent.value or (_is_his(r) and (kind == RecipientKind.customer.value or _key(r) == row["recipient_key"]))
    ]
    ours = [(r["created_at"], r["message_id"]) for r in sent]
    ids = list(dict.fromkeys(message_id for _, message_id in sorted([*theirs, *ours], key=lambda pair: pair[0])))
    parent = theirs[-1][1] if theirs else (ids[-1] if ids else "")
    return ids, parent


def _is_his(row: Mapping[Any, Any]) -> bool:
    """Whether a post came by its author's own mail."""
    return not row["agent"] and address_key(row["author_address"]) == _key(row)


def _key(row: Mapping[Any, Any]) -> str:
    return address_key(row["from_address"])


def _file(tx: Connection, office: Office, wanted: Mapping[str, Any]) -> bytes:
    if "text" in wanted:
        return str(wanted["text"]).encode("utf-8")
    if "sheet" in wanted:
        return documents.produce(documents.Sheet(**wanted["sheet"]), str(wanted["kind"]))
    from mailgate.parsing.parse import part_bytes  # noqa: PLC0415 - only mails with files load the parser here

    raw = received.raw(tx, int(wanted["mail"]))
    return part_bytes(raw, str(wanted["path"])) if raw is not None else b""


def _groups(fresh: Sequence[outbox.Due], material: Mapping[int, Material]) -> list[list[outbox.Due]]:
    """Mails that are made together, step by step; one with files alone, for it may be large."""
    small = [due for due in fresh if not material[due.id].files]
    groups = [small[begin : begin + GROUP] for begin in range(0, len(small), GROUP)]
    return groups + [[due] for due in fresh if material[due.id].files]


def making(office: Office, due: outbox.Due, material: Material) -> Steps[tuple[bytes, str, str]]:
    """The bytes of a mail, its plain text and its subject; raises `templates.render.Unrenderable` or `compose.Unsendable`."""
    row, policy = due.row, office.policy
    stored_card = row["card"]
    card: dict[str, Any] = stored_card["card"]
    staff = row["recipient_kind"] == RecipientKind.agent.value
    base = card["desk"]["address"]
    sign = policy.desk.subaddress

    def button_address(key: str) -> tuple[str, str | None]:
        token = tokens.make(due.sent, stored_card["links"][key], office.keys)
        return tokens.address(base, token, sign), None if sign else token

    logo = None if staff else policy.desk.logo
    if logo is not None:
        card = {**card, "desk": {**card["desk"], "logo": {"content_id": LOGO, "width": logo.width, "height": logo.height}}}
    links = mailto.links(card, row["language"], button_address)
    yield
    rendered = yield from _rendering(office, row["template"], row["language"], card, links)
    reply_to = tokens.address(base, tokens.make(due.sent, tokens.REPLY, office.keys), sign)
    ticket = card["ticket"]
    opened = material.opened_at or row["created_at"]
    headers = fields.standard(
        template=row["template"],
        automatic=row["automatic"] or None,
        to_staff=staff,
        ref=material.ref if ticket else "",
        status=ticket["status"] if ticket else "",
        colour=ticket["colour"] if ticket else "",
        light=ticket["light"] if ticket else "",
        reply=row["reply"],
        reason=stored_card.get("reason", ""),
        list_spec=base.replace("@", "."),
        list_title=policy.desk.name,
        topic=card["subject"] if not card["unknown"] else "",
        opened_at=opened,
    )
    outgoing = compose.Outgoing(
        message_id=row["message_id"],
        sender=Address(name=card["desk"]["name"], address=base),
        to=Address(name=row["recipient_name"], address=row["recipient_address"]),
        reply_to=reply_to,
        date=row["created_at"],
        in_reply_to=material.in_reply_to,
        references=material.references,
        headers=headers,
        attachments=tuple(
            compose.Attachment(
                name=str(f["name"]), type=str(f["type"]), content=content, content_id=str(f["content_id"]) if f["inline"] else ""
            )
            for f, content in material.files
        )
        + (
            ()
            if logo is None
            else (compose.Attachment(name=f"logo.{logo.type[6:]}", type=logo.type, content=logo.content, content_id=LOGO),)
        ),
    )
    yield
    raw = yield from compose.composing(outgoing, rendered)
    return raw, rendered.text, rendered.subject


def _rendering(office: Office, template: str, language: str, card: Mapping[str, Any], links: Mapping[str, str]) -> Steps[render.Rendered]:
    """The site's text, or ours where the site's is at fault."""
    try:
        return (yield from render.rendering(template, language, card, links=links, site=office.site))
    except render.Unrenderable as fault:
        if office.site is None:
            raise
        log.warning("the site's text %s is at fault, ours is sent: %s", template, fault)
        return (yield from render.rendering(template, language, card, links=links))


def _tell_staff(tx: Connection, office: Office, due: outbox.Due, why: str, at: datetime) -> None:
    """A mail to a customer can't be delivered: a note in the ticket, and a mail to its owner."""
    row = due.row
    if row["recipient_kind"] == RecipientKind.agent.value or row["ticket_id"] is None:
        return
    directory = people.directory(tx)
    actor = Actor(role=Role.system, name="desk", address=Address(name=office.policy.desk.name, address=office.policy.desk.address))
    scene = Scene(who=actor, at=at, policy=office.policy, directory=directory)
    cause = Cause(name=f"outbox:{due.id}")
    note = Note(text=f"Not delivered to {row['recipient_address']}: {why}")
    written = ledger.apply(tx, row["ticket_id"], (note,), scene, cause)
    event = events.Event(at=at, policy=office.policy, directory=directory, actor=actor)
    batch = troubles.undelivered(directory, row["recipient_address"], why, written.ticket, event)
    outbox.put(tx, letters.sendable(batch, office.policy), cause=cause.name, at=at, keys=office.keys, domain=office.policy.desk.domain)
