"""Mails that are laid out for customers: a `mailto:` link with address, tags and fields to fill in. Whoever uses one needs no account.

What the tags and lines mean when such a mail comes in is `rules.routing`'s and `rules.flows`'.
"""

from __future__ import annotations

from urllib.parse import quote

from mailgate.letters import mailto, particulars
from rules import flows
from rules.facts.policy import Policy
from rules.facts.service import Category, Field, Flow, Type
from rules.facts.things import Device
from rules.frozen import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A mail that is laid out."""

    address: str
    subject: str
    fields: tuple[Field, ...] = ()
    href: str


def made(
    policy: Policy,
    language: str,
    *,
    category: Category | None = None,
    kind: Type | None = None,
    device: Device | None = None,
    form: Flow | None = None,
    subject: str = "",
) -> Link:
    """A link for these. What the address can't carry stands in tags of the subject; `subject` are the words behind them."""
    address, tags = _addressed(policy, category, device)
    if form is not None:
        named = flows.flow(f"{device.model}/{form.key}" if device is not None else form.key, policy)
        tags.append(f"[form:{named[0] if named is not None else form.key}]")
    if kind is not None:
        tags.append(f"[type:{kind.key}]")
    words = subject or next((each.title for each in (form, category, kind) if each is not None), "")
    of_form = policy.types.get(form.type) if form is not None else None
    every = (*(kind.fields if kind else ()), *(of_form.fields if of_form else ()), *(form.fields if form else ()))
    fields = tuple({each.name: each for each in every}.values())
    line = " ".join((*tags, words)).strip()
    body = "".join(f"{particulars.field_title(each, language)}: \r\n" for each in fields)
    href = mailto.href(address, line) + (f"&body={quote(body, safe='')}" if body else "")
    return Link(address=address, subject=line, fields=fields, href=href)


def _addressed(policy: Policy, category: Category | None, device: Device | None) -> tuple[str, list[str]]:
    """Where the mail goes, and the tags for what its address can't carry."""
    tags: list[str] = []
    address = category.address if category is not None else ""
    if device is not None:
        address = policy.device_address(device.serial) or address
        tags += [] if policy.device_address(device.serial) else [f"[dev:{device.serial}]"]
    if category is not None and (not category.address or address != category.address):
        tags.append(f"[cat:{category.key}]")
    return address or policy.desk.address, tags
