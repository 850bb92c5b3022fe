"""Tables of people: agents, groups, parties, persons, and whose each address is."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, Index, Text
from sqlmodel import Field, SQLModel


class Agent(SQLModel, table=True):
    """A member of staff."""

    __tablename__ = "agent"

    name: str = Field(sa_type=Text, primary_key=True)
    full_name: str = Field(sa_type=Text, default="")
    addresses: list[str] = Field(sa_type=JSON, default_factory=list)
    groups: list[str] = Field(sa_type=JSON, default_factory=list)
    role: str = Field(sa_type=Text, default="")
    manager_of: list[str] = Field(sa_type=JSON, default_factory=list)
    language: str = Field(sa_type=Text, default="")
    signature: str = Field(sa_type=Text, default="")
    hours: str = Field(sa_type=Text, default="")
    password: str = Field(sa_type=Text, default="")
    """scrypt record for submission, empty if none is set."""
    away_until: str = Field(sa_type=Text, default="")
    deputy: str = Field(sa_type=Text, default="")
    created_at: datetime | None = None


class Group(SQLModel, table=True):
    """A team; groups form a tree by `parent`."""

    __tablename__ = "team"

    key: str = Field(sa_type=Text, primary_key=True)
    title: str = Field(sa_type=Text, default="")
    parent: str = Field(sa_type=Text, default="")


class Party(SQLModel, table=True):
    """An organisation with its mail domains."""

    __tablename__ = "party"

    key: str = Field(sa_type=Text, primary_key=True)
    name: str = Field(sa_type=Text, default="")
    domains: list[str] = Field(sa_type=JSON, default_factory=list)
    kind: str = Field(sa_type=Text, default="external")
    class_: str = Field(sa_type=Text, default="")
    quiet: bool = False
    named_only: bool = False
    approvals: int = 0
    approvers: list[str] = Field(sa_type=JSON, default_factory=list)


class Person(SQLModel, table=True):
    """A customer or contact."""

    __tablename__ = "person"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(sa_type=Text, default="")
    party: str = Field(sa_type=Text, default="")
    phone: str = Field(sa_type=Text, default="")
    language: str = Field(sa_type=Text, default="")
    class_: str = Field(sa_type=Text, default="")
    known: bool = False
    may: list[str] = Field(sa_type=JSON, default_factory=list)
    limited: bool = False
    categories: list[str] = Field(sa_type=JSON, default_factory=list)
    role: str = Field(sa_type=Text, default="")
    confirmed_at: datetime | None = None
    created_at: datetime | None = None


class Mailbox(SQLModel, table=True):
    """Whose an address is: an agent's or a person's, never both. Key is the compared form of the address."""

    __tablename__ = "mailbox"
    __table_args__ = (
        CheckConstraint("(agent IS NULL) <> (person_id IS NULL)", name="one_owner"),
        Index("ix_mailbox_person", "person_id"),
        Index("ix_mailbox_agent", "agent"),
    )

    key: str = Field(sa_type=Text, primary_key=True)
    address: str = Field(sa_type=Text)
    """As written."""
    position: int = 0
    """Order among the owner's addresses; 0 is where mail goes."""
    agent: str | None = Field(sa_type=Text, default=None, foreign_key="agent.name", nullable=True)
    person_id: int | None = Field(default=None, foreign_key="person.id")


class SigningKey(SQLModel, table=True):
    """A key whose signatures are believed to be its owner's: an agent's or a person's, never of two."""

    __tablename__ = "signing_key"
    __table_args__ = (
        CheckConstraint("(agent IS NULL) <> (person_id IS NULL)", name="one_key_owner"),
        Index("ix_signing_key_person", "person_id"),
        Index("ix_signing_key_agent", "agent"),
    )

    fingerprint: str = Field(sa_type=Text, primary_key=True)
    kind: str = Field(sa_type=Text)
    """`pgp` or `smime`."""
    text: str = Field(sa_type=Text)
    """The armored certificate (RFC 9580), or the X.509 certificate as PEM."""
    label: str = Field(sa_type=Text, default="")
    """Whose it says it is."""
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    added_at: datetime | None = None
    agent: str | None = Field(sa_type=Text, default=None, foreign_key="agent.name", nullable=True)
    person_id: int | None = Field(default=None, foreign_key="person.id")


class Blocked(SQLModel, table=True):
    """An address whose mail staff has called spam: what comes from it is held."""

    __tablename__ = "blocked"

    key: str = Field(sa_type=Text, primary_key=True)
    """The compared form of the address."""
    by: str = Field(sa_type=Text, default="")
    at: datetime | None = None


class AccessRequest(SQLModel, table=True):
    """Access that somebody asked for, and what was said to it."""

    __tablename__ = "access_request"
    __table_args__ = (Index("ix_access_request_party", "party", "id"), Index("ix_access_request_state", "state", "id"))

    id: int | None = Field(default=None, primary_key=True)
    party: str = Field(sa_type=Text, default="")
    asker: str = Field(sa_type=Text, default="")
    person: str = Field(sa_type=Text, default="")
    name: str = Field(sa_type=Text, default="")
    role: str = Field(sa_type=Text, default="")
    functions: list[str] = Field(sa_type=JSON, default_factory=list)
    categories: list[str] = Field(sa_type=JSON, default_factory=list)
    language: str = Field(sa_type=Text, default="")
    note: str = Field(sa_type=Text, default="")
    approvers: list[str] = Field(sa_type=JSON, default_factory=list)
    needed: int = 1
    approved: list[str] = Field(sa_type=JSON, default_factory=list)
    denied: list[str] = Field(sa_type=JSON, default_factory=list)
    state: str = Field(sa_type=Text, default="asked")
    by: str = Field(sa_type=Text, default="")
    created_at: datetime | None = None
    decided_at: datetime | None = None
