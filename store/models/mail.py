"""Tables of what came in: the received mail, its raw bytes, message-ids that thread, signatures that were used, and how far each mailbox has been read."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

_SETTLED = Column("ticket_id").is_not(None)


class Received(SQLModel, table=True):
    """One reception. `fate IS NULL` is the work list and the alarm."""

    __tablename__ = "received"
    __table_args__ = (
        Index("ix_received_fate", "fate", "id"),
        Index("ix_received_message_id", "message_id", "content_digest"),
        Index("ix_received_ticket", "ticket_id", sqlite_where=_SETTLED, postgresql_where=_SETTLED),
        Index("ix_received_from", "from_address", "received_at"),
        Index("ix_received_sha256", "sha256"),
    )

    id: int | None = Field(default=None, primary_key=True)
    retry_key: str = Field(sa_type=Text, unique=True)
    """sha256 over door, envelope and `sha256`, with the epoch of the retry window: identical receptions collide here."""
    received_at: datetime
    door: str = Field(sa_type=Text)
    mail_from: str = Field(sa_type=Text)
    rcpt_to: list[str] = Field(sa_type=JSON)
    peer: str = Field(sa_type=Text, default="")
    helo: str = Field(sa_type=Text, default="")
    login: str = Field(sa_type=Text, default="")
    silent: bool = False
    """Taken in without answering anybody (`mail in --silent`, adoption)."""
    size: int = 0
    sha256: str = Field(sa_type=Text)
    attempts: int = 0
    fate: str | None = Field(sa_type=Text, default=None, nullable=True)
    settled_at: datetime | None = None
    ticket_id: int | None = Field(default=None, foreign_key="ticket.id")
    why: str = Field(sa_type=Text, default="")
    trust: int | None = None
    trace: list[Any] = Field(sa_type=JSON, default_factory=list)
    message_id: str = Field(sa_type=Text, default="")
    from_address: str = Field(sa_type=Text, default="")
    from_name: str = Field(sa_type=Text, default="")
    subject: str = Field(sa_type=Text, default="")
    to_list: list[Any] = Field(sa_type=JSON, default_factory=list)
    cc_list: list[Any] = Field(sa_type=JSON, default_factory=list)
    content_digest: str = Field(sa_type=Text, default="")
    hold: dict[str, Any] | None = Field(sa_type=JSON, default=None, nullable=True)
    """Why it is held and what may be done about it, as values."""
    announced_at: datetime | None = None
    put_away: bool = False


class Raw(SQLModel, table=True):
    """The bytes as received. A table of its own, so that settling a fate doesn't rewrite them."""

    __tablename__ = "raw"

    received_id: int = Field(sa_column=Column("received_id", BigInteger, ForeignKey("received.id", ondelete="CASCADE"), primary_key=True))
    data: bytes = Field(sa_type=LargeBinary)


class KnownId(SQLModel, table=True):
    """A Message-ID that belongs to a ticket: of a stored mail, or of one we sent. Threading never expires."""

    __tablename__ = "known_id"
    __table_args__ = (Index("ix_known_id_ticket", "ticket_id"),)

    message_id: str = Field(sa_type=Text, primary_key=True)
    ticket_id: int = Field(foreign_key="ticket.id", primary_key=True)
    received_id: int | None = Field(default=None, foreign_key="received.id")


class UsedSignature(SQLModel, table=True):
    """A signature by a key on file, which belongs for ever to the mail that brought it first."""

    __tablename__ = "used_signature"

    proof: str = Field(sa_type=Text, primary_key=True)
    """Digest over key, time and signed bytes: what can't be altered without the key."""
    received_id: int
    at: datetime | None = None


class Mark(SQLModel, table=True):
    """How far a mailbox folder has been dealt with (UID watermark per UIDVALIDITY, RFC 9051 section 2.3.1.1)."""

    __tablename__ = "mark"

    account: str = Field(sa_type=Text, primary_key=True)
    folder: str = Field(sa_type=Text, primary_key=True)
    uidvalidity: int = Field(sa_type=BigInteger)
    uid: int = Field(sa_type=BigInteger)
    state: str = Field(sa_type=Text)
    """All of it, as the door writes it down."""


class Skipped(SQLModel, table=True):
    """A mail that the IMAP door saw and left alone, and why."""

    __tablename__ = "skipped"

    account: str = Field(sa_type=Text, primary_key=True)
    folder: str = Field(sa_type=Text, primary_key=True)
    uidvalidity: int = Field(sa_type=BigInteger, primary_key=True)
    uid: int = Field(sa_type=BigInteger, primary_key=True)
    seen_at: datetime
    why: str = Field(sa_type=Text)
    count: int = 1
    """More than one where mails were not looked at one by one."""
    message_id: str = Field(sa_type=Text, default="")
    from_address: str = Field(sa_type=Text, default="")
    subject: str = Field(sa_type=Text, default="")
