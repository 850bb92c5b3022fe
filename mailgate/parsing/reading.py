"""How a mail is understood, storing nothing: what `mailgate mail read` prints and what `mail show` knows without the store.

Puts parsing and the pure readers of `rules.reading` together. Next: `sources.py` for where raw mail lies, `reader.py` for the worker.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any

from rules.facts.mail import Envelope, Mail
from rules.facts.terms import Address
from rules.reading import machine, quoting


def understood(raw: bytes, envelope: Envelope | None = None, own: Collection[str] = ()) -> dict[str, Any]:
    """The JSON keys of `mail show`; those that need a store are null. Raises `mailgate.parsing.parse.Unreadable`."""
    from mailgate.parsing import parse  # noqa: PLC0415 - the commands that need no parser shall not load it

    return described(parse.parse(raw), raw, envelope, own)


def described(mail: Mail, raw: bytes, envelope: Envelope | None = None, own: Collection[str] = ()) -> dict[str, Any]:
    """The same for a mail that is already parsed."""
    verdict = machine.classify(mail, envelope, own)
    words = quoting.written(mail.text)
    return {
        "id": None,
        "received_at": None,
        "door": envelope.door if envelope else None,
        "envelope": {"from": envelope.sender, "to": list(envelope.recipients)} if envelope else {"from": None, "to": []},
        "message_id": mail.message_id or None,
        "from": _person(mail.sender),
        "identity": mail.identity or None,
        "identity_fault": mail.identity_fault or None,
        "to": [_person(address) for address in mail.to],
        "cc": [_person(address) for address in mail.cc],
        "reply_to": [_person(address) for address in mail.reply_to],
        "date": mail.date.isoformat() if mail.date else None,
        "in_reply_to": list(mail.in_reply_to),
        "references": list(mail.references),
        "subject": mail.subject,
        "bytes": len(raw),
        "sha256": hashlib.sha256(raw).hexdigest(),
        "text": words.text,
        "quoted": words.quoted,
        "full_text": mail.text,
        "attachments": [
            {"name": part.name, "type": part.type, "bytes": part.bytes, "sha256": part.sha256, "inline": part.inline, "path": part.path}
            for part in mail.parts
        ],
        "machine": {
            "kind": verdict.kind.value,
            "may_answer": verdict.may_answer,
            "failed": [failed.address for failed in verdict.failed],
            "why": verdict.why,
            "generated": verdict.generated,
            "original_id": verdict.original_id or None,
        },
        "flaws": list(mail.flaws),
        "fate": None,
        "ticket": None,
        "why": None,
        "trust": None,
        "trace": [],
    }


def _person(address: Address) -> dict[str, str | None]:
    return {"name": address.name or None, "address": address.address or None}
