"""One named function per thing worth a log line. Never bodies, tokens or subjects; "where is my mail?" is one grep."""

from __future__ import annotations

import logging

from rules.facts.mail import Envelope

log = logging.getLogger("mailgate")


def kept(envelope: Envelope, received_id: int, size: int, seconds: float) -> None:
    """A mail became ours."""
    log.info(
        "mail kept id=%d door=%s from=%s to=%s bytes=%d ms=%.0f",
        received_id,
        envelope.door,
        _word(envelope.sender) or "<>",
        ",".join(_word(r) for r in envelope.recipients[:5]),
        size,
        seconds * 1000,
    )


def settled(received_id: int, message_id: str, fate: str, ticket: str, why: str, seconds: float) -> None:
    """A mail has its fate."""
    log.info(
        "mail settled id=%d message-id=%s fate=%s ticket=%s why=%s ms=%.0f",
        received_id,
        _word(message_id),
        fate,
        ticket or "-",
        _quoted(why),
        seconds * 1000,
    )


def failed(received_id: int, why: str, trace: str) -> None:
    """Handling a mail broke; it will be tried again, then parked."""
    log.error("mail failed id=%d why=%s\n%s", received_id, _quoted(why), trace)


def sent(outbox_id: int, message_id: str, to: str, template: str, answer: str, seconds: float) -> None:
    """A mail left."""
    log.info(
        "mail sent outbox=%d message-id=%s to=%s template=%s answer=%s ms=%.0f",
        outbox_id,
        _word(message_id),
        _word(to),
        template,
        _quoted(answer),
        seconds * 1000,
    )


def delayed(outbox_id: int, message_id: str, to: str, why: str, attempts: int) -> None:
    """A mail could not leave now."""
    log.warning(
        "mail delayed outbox=%d message-id=%s to=%s attempts=%d why=%s", outbox_id, _word(message_id), _word(to), attempts, _quoted(why)
    )


def undeliverable(outbox_id: int, message_id: str, to: str, why: str) -> None:
    """A mail will not leave."""
    log.error("mail undeliverable outbox=%d message-id=%s to=%s why=%s", outbox_id, _word(message_id), _word(to), _quoted(why))


def left_out(timer: str, ref: str, why: str) -> None:
    """The lines of a timer could not be carried out on a ticket."""
    log.warning("timer refused name=%s ticket=%s why=%s", _word(timer), _word(ref), _quoted(why))


def _word(text: str) -> str:
    """Foreign text as one word of a log line."""
    text = text[:200]
    if text.isprintable():
        return text.replace(" ", "?")
    return "".join(c if c.isprintable() and c != " " else "?" for c in text)


def _quoted(text: str) -> str:
    text = text[:300]
    clean = text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)
    return '"' + clean.replace('"', "'") + '"'
