"""What people of a customer may do: functions, requests for access, and all that a mail about them may know of both.

A person whose access was given by an agreed process is `limited`: he may what he was given, and ask for help. Everybody else is as
free as the desk lets customers be. Next: `rules.actions.access` for the verbs, `rules.rights` for who may.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, fields
from datetime import datetime
from types import MappingProxyType
from typing import Any

from rules.facts.people import Party, Person
from rules.facts.terms import Address, address_key
from rules.frozen import dataclass

FUNCTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"create": (), "follow": ("status?", "history", "list", "cc"), "close": ("close",), "reopen": ("reopen",), "take": ("take",)}
)
"""Functions that are given with access, and the verbs in each; `create` opens requests. What isn't here everybody may."""
OFFICES = ("adduser", "grant", "approve")
"""Verbs of those who speak for their organisation."""
INSIGHTS = ("report", "history")
"""What staff may let somebody see of his whole organisation: its figures, and its past requests."""
PRESETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "reader": ("follow",),
        "reporter": ("create", "follow", "close"),
        "user": ("create", "follow", "close", "reopen"),
        "technician": ("create", "follow", "close", "reopen", "take"),
        "representative": (*FUNCTIONS, *OFFICES),
        "approver": ("follow", "approve"),
    }
)
"""Functions by the role that a representative names; `reporter` where he names none."""
ALIASES: Mapping[str, str] = MappingProxyType(
    {"name-users": "adduser", "open": "create", "read": "follow", "list": "follow", "status": "follow"}
)
"""Other words for functions."""


def function_of(verb: str) -> str:
    """The function that a verb belongs to; empty for verbs that need none."""
    return _FUNCTION.get(verb, "")


_FUNCTION: Mapping[str, str] = MappingProxyType({verb: name for name, verbs in reversed([*FUNCTIONS.items()]) for verb in verbs})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Access that somebody asked for: for whom, to what, and who has said what to it."""

    ref: str
    party: str = ""
    asker: str = ""
    """Address."""
    person: str = ""
    """Address of whom it is for."""
    name: str = ""
    role: str = ""
    functions: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    """Empty for all."""
    language: str = ""
    note: str = ""
    approvers: tuple[str, ...] = ()
    """Addresses of those who were asked."""
    needed: int = 1
    approved: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    state: str = "asked"
    """`asked`, `granted` or `denied`."""
    by: str = ""
    """Who decided where that was the desk itself."""
    created_at: datetime | None = None
    decided_at: datetime | None = None

    @property
    def may_still_be(self) -> bool:
        """Whether enough of those who were asked can still agree."""
        return len(self.approvers) - len(self.denied) >= self.needed

    def concerns(self, keys: Iterable[str]) -> str:
        """The address among the approvers that is one of these (compared forms); empty if none is."""
        wanted = set(keys)
        return next((a for a in self.approvers if address_key(a) in wanted), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What was looked up for a mail that may be about access."""

    party: Party | None = None
    approvers: tuple[str, ...] = ()
    """Addresses of those who decide for the party."""
    requests: Mapping[str, Request] = field(default_factory=lambda: MappingProxyType({}))
    """Those that the mail names or answers, by reference."""
    answered: str = ""
    """Reference of the request that the mail answers."""
    people: Mapping[str, Person] = field(default_factory=lambda: MappingProxyType({}))
    """Persons whose addresses the mail names, by compared form."""
    last: int = 0
    """Number of the latest request of all."""
    confirms: str = ""
    """The address whose registration the mail confirms; empty for none."""

    @property
    def next_ref(self) -> str:
        """Reference of the next request."""
        return f"A{max([self.last, *(int(ref[1:]) for ref in self.requests)]) + 1}"


def values(request: Request) -> dict[str, Any]:
    """A request as JSON values, without its reference."""
    out: dict[str, Any] = {}
    for f in fields(request):
        value = getattr(request, f.name)
        out[f.name] = list(value) if isinstance(value, tuple) else value.isoformat() if isinstance(value, datetime) else value
    del out["ref"]
    return out


def request(ref: str, said: Mapping[str, Any]) -> Request:
    """A request from its JSON values."""
    made: dict[str, Any] = {}
    for name, value in said.items():
        is_time = name.endswith("_at") and isinstance(value, str)
        made[name] = datetime.fromisoformat(value) if is_time else tuple(value) if isinstance(value, list) else value
    return Request(ref=ref, **made)


def agreed(address: str, said: Iterable[str]) -> bool:
    """Whether somebody is among those who said so."""
    return address_key(address) in {address_key(a) for a in said}


__all__ = ["FUNCTIONS", "INSIGHTS", "OFFICES", "PRESETS", "Address", "Admission", "Request", "agreed", "function_of", "request", "values"]
