"""A `Mail` as plain tuples and back: how the reading worker hands its result to the process that asked.

Plain values go through `marshal`, which is quick and, unlike pickle, can call nothing in the process that reads them.
"""

from __future__ import annotations

import marshal
from datetime import datetime
from typing import Any

from rules.facts.mail import Failed, Forwarded, Mail, Part, Report
from rules.facts.terms import Address

_VERSION = 4


def pack(mail: Mail) -> bytes:
    """The bytes of a mail. Verdicts on signatures are not part of it: they are found elsewhere."""
    report, attached = mail.report, mail.attached_mail
    return marshal.dumps(
        (
            mail.subject,
            _address(mail.sender),
            mail.identity,
            mail.identity_fault,
            tuple(map(_address, mail.to)),
            tuple(map(_address, mail.cc)),
            tuple(map(_address, mail.reply_to)),
            mail.date.isoformat() if mail.date else None,
            mail.message_id,
            mail.in_reply_to,
            mail.references,
            mail.headers,
            mail.text,
            mail.html_only,
            tuple((part.path, part.name, part.type, part.bytes, part.sha256, part.inline, part.content_id) for part in mail.parts),
            None
            if report is None
            else (report.kind, tuple((one.address, one.action, one.status, one.diagnostic) for one in report.failed), report.original_id),
            None if attached is None else (_address(attached.sender), attached.subject, attached.text, attached.above),
            mail.content_digest,
            mail.flaws,
            mail.pictured,
        ),
        _VERSION,
    )


def unpack(data: bytes) -> Mail:
    """The mail that was packed into these bytes."""
    values: tuple[Any, ...] = marshal.loads(data)  # noqa: S302 - plain values from our own worker
    report, attached, date = values[15], values[16], values[7]
    return Mail(
        subject=values[0],
        sender=_person(values[1]),
        identity=values[2],
        identity_fault=values[3],
        to=tuple(map(_person, values[4])),
        cc=tuple(map(_person, values[5])),
        reply_to=tuple(map(_person, values[6])),
        date=datetime.fromisoformat(date) if date else None,
        message_id=values[8],
        in_reply_to=values[9],
        references=values[10],
        headers=values[11],
        text=values[12],
        html_only=values[13],
        parts=tuple(
            Part(path=path, name=name, type=type_, bytes=size, sha256=sha256, inline=inline, content_id=content_id)
            for path, name, type_, size, sha256, inline, content_id in values[14]
        ),
        report=None
        if report is None
        else Report(
            kind=report[0],
            failed=tuple(
                Failed(address=address, action=action, status=status, diagnostic=diagnostic)
                for address, action, status, diagnostic in report[1]
            ),
            original_id=report[2],
        ),
        attached_mail=None
        if attached is None
        else Forwarded(sender=_person(attached[0]), subject=attached[1], text=attached[2], above=attached[3]),
        content_digest=values[17],
        flaws=values[18],
        pictured=values[19],
    )


def _address(address: Address) -> tuple[str, str]:
    return address.name, address.address


def _person(pair: tuple[str, str]) -> Address:
    return Address(name=pair[0], address=pair[1])
