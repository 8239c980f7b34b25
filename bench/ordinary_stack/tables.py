"""The tables, as the tutorials of the ORM would have them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """All tables."""


class Organization(Base):
    """A tenant."""

    __tablename__ = "organizations"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str]
    time_zone: Mapped[str]
    widgets: Mapped[list[Widget]] = relationship(back_populates="organization", order_by="Widget.position")


class ApiToken(Base):
    """A token, as its SHA-256."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    revoked: Mapped[bool] = mapped_column(default=False)


class CallTarget(Base):
    """A queue, open from ``opens`` to ``closes`` o'clock every day."""

    __tablename__ = "call_targets"

    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"))
    name: Mapped[str]
    opens: Mapped[int]
    closes: Mapped[int]
    slot_minutes: Mapped[int]
    slot_capacity: Mapped[int]
    days_ahead: Mapped[int]
    lead_seconds: Mapped[int]
    agents: Mapped[int]
    handle_seconds: Mapped[int]


class Widget(Base):
    """A public way to ask for a callback."""

    __tablename__ = "widgets"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    organization_id: Mapped[str] = mapped_column(ForeignKey("organizations.id"), index=True)
    call_target_id: Mapped[int] = mapped_column(ForeignKey("call_targets.id"))
    position: Mapped[int]
    name: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    message: Mapped[str]
    organization: Mapped[Organization] = relationship(back_populates="widgets")
    call_target: Mapped[CallTarget] = relationship()


class Timeslot(Base):
    """How many have booked a time."""

    __tablename__ = "timeslots"
    __table_args__ = (UniqueConstraint("call_target_id", "starts_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    call_target_id: Mapped[int] = mapped_column(ForeignKey("call_targets.id"))
    starts_at: Mapped[int]
    taken: Mapped[int]


class Callback(Base):
    """A customer's request."""

    __tablename__ = "callbacks"
    __table_args__ = (
        Index("ix_callbacks_waiting", "call_target_id", "state"),
        Index(
            "ux_callbacks_waiting",
            "call_target_id",
            "number",
            unique=True,
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    call_target_id: Mapped[int] = mapped_column(ForeignKey("call_targets.id"))
    widget_id: Mapped[str] = mapped_column(ForeignKey("widgets.id"))
    number: Mapped[str]
    name: Mapped[str | None]
    channel: Mapped[str]
    state: Mapped[str]
    promised_seconds: Mapped[int]
    created_at: Mapped[datetime]
