"""Tables of the machinery: mail to send, buttons that were pressed, counters, keys."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel


class Outbox(SQLModel, table=True):
    """One mail to one recipient, made in the transaction of its cause. `raw` holds the bytes once they are rendered."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "state", "due_at"),
        Index("ix_outbox_ticket", "ticket_id", "id"),
        Index("ix_outbox_recipient", "recipient_key", "created_at"),
        Index("ix_outbox_automatic", "automatic", "created_at"),
        UniqueConstraint("cause", "template", "recipient_key", "ticket_id", "about"),
    )

    id: int | None = Field(default=None, primary_key=True)
    created_at: datetime
    template: str = Field(sa_type=Text)
    cause: str = Field(sa_type=Text)
    recipient_name: str = Field(sa_type=Text, default="")
    recipient_address: str = Field(sa_type=Text)
    recipient_key: str = Field(sa_type=Text)
    recipient_kind: str = Field(sa_type=Text)
    """`customer`, `agent` or `other`."""
    subject: str = Field(sa_type=Text, default="")
    message_id: str = Field(sa_type=Text, default="")
    ticket_id: int | None = Field(default=None, foreign_key="ticket.id")
    reply: str = Field(sa_type=Text, default="")
    """What a reply means: `public`, `note`, `commands`; empty towards customers."""
    automatic: str = Field(sa_type=Text, default="")
    """`generated`, `replied`, or empty for a person's own words."""
    language: str = Field(sa_type=Text, default="en")
    card: dict[str, Any] = Field(sa_type=JSON, default_factory=dict)
    buttons: dict[str, str] = Field(sa_type=JSON, default_factory=dict)
    """Button key -> command line it stands for."""
    about: str = Field(sa_type=Text, default="")
    """What an answer to it is about where that isn't the whole ticket: `post:17`, `task:T42.1`, `order:T42-1`."""
    until_closed: bool = False
    """Whether it is dropped if its ticket is closed before it has left."""
    press_until: datetime | None = None
    """When the buttons end, if not after the usual time."""
    text: str = Field(sa_type=Text, default="")
    """The plain part as sent, kept to recognise it when it comes back quoted."""
    raw: bytes | None = Field(sa_type=LargeBinary, default=None, nullable=True)
    state: str = Field(sa_type=Text, default="due")
    attempts: int = 0
    due_at: datetime
    lease_until: datetime | None = None
    fence: int = 0
    sent_at: datetime | None = None
    last_answer: str = Field(sa_type=Text, default="")
    received_id: int | None = Field(default=None, foreign_key="received.id")
    post_id: int | None = Field(default=None, foreign_key="post.id")


class Pressed(SQLModel, table=True):
    """A button that was used: each works once."""

    __tablename__ = "pressed"

    outbox_id: int = Field(foreign_key="outbox.id", primary_key=True)
    key: str = Field(sa_type=Text, primary_key=True)
    pressed_at: datetime
    received_id: int | None = Field(default=None, foreign_key="received.id")


class Firing(SQLModel, table=True):
    """A step of one run of a ticket's clock that was reached and told: once for ever, whatever the clock on the wall does."""

    __tablename__ = "firing"

    ticket_id: int = Field(foreign_key="ticket.id", primary_key=True)
    clock: str = Field(sa_type=Text, primary_key=True)
    step: int = Field(primary_key=True)
    started_at: datetime = Field(primary_key=True)
    fired_at: datetime


class Counter(SQLModel, table=True):
    """A number that only grows, such as the last ticket number."""

    __tablename__ = "counter"

    name: str = Field(sa_type=Text, primary_key=True)
    value: int = 0


class Setting(SQLModel, table=True):
    """A fact about the store itself: token keys, whether sending is off after a restore."""

    __tablename__ = "setting"

    name: str = Field(sa_type=Text, primary_key=True)
    value: str = Field(sa_type=Text, default="")
