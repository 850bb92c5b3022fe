"""Who there is: agents, groups, persons, parties, and the `Actor` behind one mail or command.

The whole `Directory` of staff is small (2-200 people) and handed to decisions at once; of customers only those a mail is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from rules.facts.terms import Address, Level, address_key, domain_of
from rules.frozen import dataclass

FREEMAIL = frozenset(
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com icloud.com me.com mac.com aol.com gmx.de gmx.net gmx.at gmx.ch"
    " web.de t-online.de freenet.de mail.com proton.me protonmail.com pm.me seznam.cz email.cz centrum.cz post.cz volny.cz luukku.com kolumbus.fi"
    " suomi24.fi elisanet.fi pp.inet.fi hotmail.de hotmail.fr hotmail.it yahoo.de yahoo.fr yahoo.co.uk live.de outlook.de mail.ru yandex.ru zoho.com fastmail.com tutanota.com".split()
)
"""Domains where sharing a domain says nothing about belonging together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A member of staff. `name` is the key that commands use: `#assign anna`."""

    name: str
    addresses: tuple[str, ...]
    """First one is where mail goes; all of them identify."""
    full_name: str = ""
    groups: tuple[str, ...] = ()
    role: str = ""
    manager_of: tuple[str, ...] = ()
    language: str = ""
    signature: str = ""
    hours: str = ""
    away_until: str = ""
    deputy: str = ""

    @property
    def address(self) -> Address:
        """Where mail for this agent goes."""
        return Address(name=self.full_name or self.name, address=self.addresses[0] if self.addresses else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A team that can hold tickets."""

    key: str
    title: str = ""
    parent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """An organisation: customer, partner or our own."""

    key: str
    name: str = ""
    domains: tuple[str, ...] = ()
    kind: str = "external"
    class_: str = ""
    quiet: bool = False
    named_only: bool = False
    """Whether only people who were entered or given access may ask for anything."""
    approvals: int = 0
    """How many of its approvers have to agree to access; 0 for all of them."""
    approvers: tuple[str, ...] = ()
    """Who decides on access beside its own people with the right `approve`: agents' names or addresses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A customer or contact with all addresses that are known to be his."""

    id: int = 0
    name: str = ""
    addresses: tuple[str, ...] = ()
    party: str = ""
    language: str = ""
    class_: str = ""
    known: bool = False
    """True when staff entered the person or the party's domain; first-time writers are False."""
    may: tuple[str, ...] = ()
    """Verbs beyond the usual; of a limited person also all functions that he was given."""
    limited: bool = False
    """Whether access was given by an agreed process: he may then only what `may` says."""
    categories: tuple[str, ...] = ()
    """Categories that a limited person is confined to; empty for all."""
    role: str = ""
    confirmed_at: datetime | None = None
    """When he proved, by a token, that the address is his."""

    @property
    def address(self) -> Address:
        """Where mail for this person goes."""
        return Address(name=self.name, address=self.addresses[0] if self.addresses else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A key on file: what it has signed is its owner's word."""

    kind: str
    """`pgp` or `smime`."""
    fingerprint: str
    """Of the OpenPGP certificate, or the SHA-256 digest of the X.509 certificate; hexadecimal, capitals."""
    text: str
    """The armored certificate (RFC 9580), or the X.509 certificate as PEM."""
    label: str = ""
    """Whose it says it is, for people."""
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    """When it ends to be valid, None for never."""


class Role(StrEnum):
    """In which capacity somebody acts."""

    agent = "agent"
    customer = "customer"
    system = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts, by which door, and how surely it is them."""

    role: Role
    name: str
    """Agent's key, customer's address key, or `rule`, `timer`, `admin`, `desk` for the system."""
    address: Address = Address()
    level: Level = Level.claimed
    person: Person | None = None
    door: str = ""

    @property
    def is_agent(self) -> bool:
        """Staff acts: an agent, or the administrator on the command line."""
        return self.role is Role.agent


ADMIN = Actor(role=Role.agent, name="admin", level=Level.both, door="cli")
"""The administrator at the terminal without `--as`: believed, but nobody's assignee."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """All staff, as of one moment. Lookups are exact on keys; `near` belongs to whoever asks."""

    agents: Mapping[str, Agent] = field(default_factory=lambda: MappingProxyType({}))
    groups: Mapping[str, Group] = field(default_factory=lambda: MappingProxyType({}))
    parties: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Names of the organisations that have one, by key."""

    def party_name(self, key: str) -> str:
        """What an organisation is called; its key where it has no name."""
        return self.parties.get(key, key)

    def agent_of(self, address: str) -> Agent | None:
        """The agent with that address, in any spelling that `address_key` equates."""
        key = address_key(address)
        for agent in self.agents.values():
            for each in agent.addresses:
                if address_key(each) == key:
                    return agent
        return None

    def members(self, group: str) -> tuple[Agent, ...]:
        """The agents of a group and of the groups below it, by name, each once."""
        keys = {group} | self.below(group)
        return tuple(a for _, a in sorted(self.agents.items()) if keys & set(a.groups))

    def leaders(self, group: str) -> tuple[Agent, ...]:
        """The agents that lead a group or one above it, by name."""
        above = {group} | {g.key for g in self.groups.values() if group in self.below(g.key)}
        return tuple(a for _, a in sorted(self.agents.items()) if group and above & set(a.manager_of))

    def under(self, groups: Iterable[str]) -> frozenset[str]:
        """These groups and all below them."""
        return frozenset(g for each in groups for g in {each, *self.below(each)})

    def below(self, group: str) -> frozenset[str]:
        """All groups under one group, at any depth; a parent loop ends the walk."""
        found: set[str] = set()
        todo = [group]
        while todo:
            parent = todo.pop()
            for g in self.groups.values():
                if g.parent == parent and g.key not in found and g.key != group:
                    found.add(g.key)
                    todo.append(g.key)
        return frozenset(found)


def same_party(a: str, b: str) -> bool:
    """Whether two addresses share an organisation's domain; a freemail domain never counts."""
    one, two = domain_of(a), domain_of(b)
    return bool(one) and one == two and one not in FREEMAIL
