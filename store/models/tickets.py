"""Tables of tickets: the state, the posts, the append-only history, wake-ups and links."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, Text, UniqueConstraint, and_
from sqlmodel import Field, SQLModel

_TIMED = Column("check_at").is_not(None)
_LISTED = and_(Column("closed_at").is_not(None), Column("archived_at").is_(None), Column("deleted_at").is_(None))
_KEPT = and_(Column("archived_at").is_not(None), Column("deleted_at").is_(None))


class Ticket(SQLModel, table=True):
    """The state of one ticket; written by the ledger alone."""

    __tablename__ = "ticket"
    __table_args__ = (
        Index("ix_ticket_status", "status", "id"),
        Index("ix_ticket_requester", "requester_key"),
        Index("ix_ticket_assignee", "assignee", "status"),
        Index("ix_ticket_group", "group", "status"),
        Index("ix_ticket_party", "party"),
        Index("ix_ticket_check", "check_at", sqlite_where=_TIMED, postgresql_where=_TIMED),
        Index("ix_ticket_to_archive", "closed_at", sqlite_where=_LISTED, postgresql_where=_LISTED),
        Index("ix_ticket_to_purge", "closed_at", sqlite_where=_KEPT, postgresql_where=_KEPT),
    )

    id: int | None = Field(default=None, primary_key=True)
    ref: str = Field(sa_type=Text, unique=True)
    subject: str = Field(sa_type=Text, default="")
    status: str = Field(sa_type=Text, default="new")
    priority: str = Field(sa_type=Text, default="normal")
    severity: str = Field(sa_type=Text, default="")
    type: str = Field(sa_type=Text, default="")
    category: str = Field(sa_type=Text, default="")
    visibility: str = Field(sa_type=Text, default="public")
    origin: str = Field(sa_type=Text, default="customer")
    channel: str = Field(sa_type=Text, default="mail")
    group: str = Field(sa_type=Text, default="")
    assignee: str = Field(sa_type=Text, default="")
    level: int = 1
    first_group: str = Field(sa_type=Text, default="")
    first_assignee: str = Field(sa_type=Text, default="")
    level_at: datetime | None = None
    resolved_at: datetime | None = None
    requester_name: str = Field(sa_type=Text, default="")
    requester_address: str = Field(sa_type=Text, default="")
    requester_key: str = Field(sa_type=Text, default="")
    party: str = Field(sa_type=Text, default="")
    partner_ref: str = Field(sa_type=Text, default="")
    watchers: list[str] = Field(sa_type=JSON, default_factory=list)
    waiting_room: list[str] = Field(sa_type=JSON, default_factory=list)
    contract: str = Field(sa_type=Text, default="")
    project: str = Field(sa_type=Text, default="")
    device: str = Field(sa_type=Text, default="")
    fields: dict[str, str] = Field(sa_type=JSON, default_factory=dict)
    tags: list[str] = Field(sa_type=JSON, default_factory=list)
    language: str = Field(sa_type=Text, default="")
    desk_address: str = Field(sa_type=Text, default="")
    quiet: bool = False
    muted: list[str] = Field(sa_type=JSON, default_factory=list)
    veiled: bool = False
    opened_at: datetime
    read_at: datetime | None = None
    taken_at: datetime | None = None
    answered_at: datetime | None = None
    waiting_until: datetime | None = None
    closed_at: datetime | None = None
    archived_at: datetime | None = None
    deleted_at: datetime | None = None
    merged_into: str = Field(sa_type=Text, default="")
    due_by: datetime | None = None
    minutes: int = 0
    endcustomer: dict[str, str] = Field(sa_type=JSON, default_factory=dict)
    due: dict[str, str] = Field(sa_type=JSON, default_factory=dict)
    light: str = Field(sa_type=Text, default="green")
    check_at: datetime | None = None
    """When time alone changes something next."""
    rating_stars: int = 0
    rating_comment: str = Field(sa_type=Text, default="")
    version: int = 0
    sealed: str = Field(sa_type=Text, default="")
    """Digest of the last entry of its history."""


class OldRef(SQLModel, table=True):
    """A number that leads to a ticket besides its own: of a ticket merged into it."""

    __tablename__ = "old_ref"

    ref: str = Field(sa_type=Text, primary_key=True)
    ticket_id: int = Field(foreign_key="ticket.id", index=True)


class Post(SQLModel, table=True):
    """One entry of a ticket's conversation. `undone_at` marks one taken back by undo."""

    __tablename__ = "post"
    __table_args__ = (Index("ix_post_ticket", "ticket_id", "id"), Index("ix_post_received", "received_id"))

    id: int | None = Field(default=None, primary_key=True)
    ticket_id: int = Field(foreign_key="ticket.id")
    at: datetime
    author_name: str = Field(sa_type=Text, default="")
    author_address: str = Field(sa_type=Text, default="")
    agent: str = Field(sa_type=Text, default="")
    kind: str = Field(sa_type=Text)
    direction: str = Field(sa_type=Text, default="in")
    subject: str = Field(sa_type=Text, default="")
    text: str = Field(sa_type=Text, default="")
    quoted: str = Field(sa_type=Text, default="")
    parts: list[Any] = Field(sa_type=JSON, default_factory=list)
    received_id: int | None = Field(default=None, foreign_key="received.id")
    to: list[str] = Field(sa_type=JSON, default_factory=list)
    """Whom it is for: agents, `@groups`, addresses; empty where the kind says so."""
    about: int | None = None
    """The post that it answers, where that isn't the whole ticket."""
    cause: str = Field(sa_type=Text, default="")
    undone_at: datetime | None = None


class Task(SQLModel, table=True):
    """A piece of work within a ticket."""

    __tablename__ = "task"
    __table_args__ = (Index("ix_task_ticket", "ticket_id", "id"), Index("ix_task_assignee", "assignee", "state"))

    id: int | None = Field(default=None, primary_key=True)
    ticket_id: int = Field(foreign_key="ticket.id")
    ref: str = Field(sa_type=Text, unique=True)
    """`T42.1`; stays the same when its ticket is merged into another."""
    text: str = Field(sa_type=Text)
    assignee: str = Field(sa_type=Text, default="")
    state: str = Field(sa_type=Text, default="open")
    due_at: datetime | None = None
    by: str = Field(sa_type=Text, default="")
    created_at: datetime | None = None
    done_at: datetime | None = None


class ServiceOrder(SQLModel, table=True):
    """Work at the customer's, ordered from a ticket, with what was reported back."""

    __tablename__ = "service_order"
    __table_args__ = (Index("ix_service_order_ticket", "ticket_id", "id"), Index("ix_service_order_technician", "technician", "state"))

    id: int | None = Field(default=None, primary_key=True)
    ticket_id: int = Field(foreign_key="ticket.id")
    ref: str = Field(sa_type=Text, unique=True)
    """`T42-1`."""
    technician: str = Field(sa_type=Text, default="")
    text: str = Field(sa_type=Text, default="")
    when_at: datetime | None = None
    state: str = Field(sa_type=Text, default="open")
    hours: list[Any] = Field(sa_type=JSON, default_factory=list)
    parts: list[Any] = Field(sa_type=JSON, default_factory=list)
    by: str = Field(sa_type=Text, default="")
    created_at: datetime | None = None


class History(SQLModel, table=True):
    """One action on one ticket; append-only. `cause` groups all that one mail or command did."""

    __tablename__ = "history"
    __table_args__ = (UniqueConstraint("ticket_id", "seq"), Index("ix_history_cause", "cause"), Index("ix_history_actor", "actor", "id"))

    id: int | None = Field(default=None, primary_key=True)
    ticket_id: int = Field(foreign_key="ticket.id")
    seq: int
    at: datetime
    actor: str = Field(sa_type=Text)
    action: str = Field(sa_type=Text)
    cause: str = Field(sa_type=Text, default="")
    received_id: int | None = Field(default=None, foreign_key="received.id")
    changed: dict[str, Any] = Field(sa_type=JSON, default_factory=dict)
    digest: str = Field(sa_type=Text, default="")
    """Covers the entry and the digest of the one before it: see `rules.chain`."""


class Wake(SQLModel, table=True):
    """Something a ticket asked to happen later; a firing is `fired_at`, set once in the transaction of its effects."""

    __tablename__ = "wake"
    __table_args__ = (Index("ix_wake_due", "fired_at", "due_at"), UniqueConstraint("ticket_id", "kind", "due_at", "line"))

    id: int | None = Field(default=None, primary_key=True)
    ticket_id: int = Field(foreign_key="ticket.id")
    kind: str = Field(sa_type=Text)
    line: str = Field(sa_type=Text, default="")
    by: str = Field(sa_type=Text, default="")
    cause: str = Field(sa_type=Text, default="")
    due_at: datetime
    fired_at: datetime | None = None


class Link(SQLModel, table=True):
    """Two tickets that have to do with each other: `merged`, `claims`, `follow-up`, `related`."""

    __tablename__ = "link"

    ticket_id: int = Field(foreign_key="ticket.id", primary_key=True)
    other_id: int = Field(foreign_key="ticket.id", primary_key=True)
    kind: str = Field(sa_type=Text, primary_key=True)
