"""Mail that a website's own form wrote: who the customer is and what he chose, from X-Mailgate-* fields.

They count only in a mail that was piped in on this machine and has never travelled: no server has put a Received field on it, as every
server must (RFC 5321 section 4.4). The same fields in any other mail are nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from rules.facts.mail import Envelope, Mail
from rules.facts.terms import Address, address_key
from rules.frozen import dataclass, replace

DOOR = "pipe"
_PREFIX = "x-mailgate-"
_FIELD = "x-mailgate-field-"
_TAGS = ("category", "type", "project", "device", "form")
_MAILBOX = re.compile(r"\s*(?:\"?(?P<name>[^\"<>]{0,100}?)\"?\s*<)?(?P<address>[^\s<>@,;]{1,64}@[^\s<>@,;]{1,255})>?\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a form says of the request."""

    channel: str = "web"
    language: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    """As tags of a subject: `(category, hardware)`."""
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def read(mail: Mail, envelope: Envelope) -> Form | None:
    """The form that wrote a mail, None for every other mail."""
    if envelope.door != DOOR or envelope.login or mail.header_all("received"):
        return None
    said = {name.lower(): value.strip() for name, value in reversed(mail.headers) if name.lower().startswith(_PREFIX)}
    if not {"x-mailgate-channel", "x-mailgate-customer"} & set(said):
        return None
    return Form(
        channel=said.get("x-mailgate-channel", "").lower() or "web",
        language=said.get("x-mailgate-language", "")[:2].lower(),
        tags=tuple((name, said[_PREFIX + name]) for name in _TAGS if said.get(_PREFIX + name)),
        fields=MappingProxyType({name.removeprefix(_FIELD): value for name, value in said.items() if name.startswith(_FIELD) and value}),
    )


def written_by(mail: Mail) -> Mail:
    """The mail as its customer's: by X-Mailgate-Customer, else by Reply-To, else by From. Nothing vouches for the address that he typed."""
    named = _MAILBOX.fullmatch(mail.header("X-Mailgate-Customer"))
    if named is not None:
        customer = Address(name=(named["name"] or "").strip(), address=named["address"])
    elif mail.reply_to:
        customer = mail.reply_to[0]
    else:
        return replace(mail, verified=())
    return replace(mail, sender=customer, identity=address_key(customer.address), identity_fault="", verified=())
