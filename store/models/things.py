"""Tables of what tickets belong to beside people: contracts, projects, devices."""

from datetime import date

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel


class Contract(SQLModel, table=True):
    """An agreement with a party. Limits are kept as written: how long a day is depends on the calendar."""

    __tablename__ = "contract"
    __table_args__ = (Index("ix_contract_party", "party"),)

    key: str = Field(sa_type=Text, primary_key=True)
    party: str = Field(sa_type=Text, default="")
    starts: date | None = None
    ends: date | None = None
    take: str = Field(sa_type=Text, default="")
    answer: str = Field(sa_type=Text, default="")
    idle: str = Field(sa_type=Text, default="")
    solve: str = Field(sa_type=Text, default="")
    hours: str = Field(sa_type=Text, default="")
    oncall: str = Field(sa_type=Text, default="")


class Project(SQLModel, table=True):
    """A project of a party."""

    __tablename__ = "project"
    __table_args__ = (Index("ix_project_party", "party"),)

    key: str = Field(sa_type=Text, primary_key=True)
    party: str = Field(sa_type=Text, default="")
    title: str = Field(sa_type=Text, default="")
    active: bool = True


class Device(SQLModel, table=True):
    """A device. `key` is the compared form of its serial number: people write it in any case."""

    __tablename__ = "device"
    __table_args__ = (Index("ix_device_party", "party"),)

    key: str = Field(sa_type=Text, primary_key=True)
    serial: str = Field(sa_type=Text)
    """As written."""
    party: str = Field(sa_type=Text, default="")
    model: str = Field(sa_type=Text, default="")
    fleet: str = Field(sa_type=Text, default="")
