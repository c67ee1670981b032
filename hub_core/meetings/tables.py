"""Meetings, and who belongs to them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, false
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub_core.accounts.tables import UserRow
from hub_core.adapters.tables import Table, Ulid, enum_column
from hub_core.kernel.roles import Role
from hub_core.rooms.policy import Admission

ROLE = enum_column(Role, "role")
"""The PostgreSQL enum `role`; invites have it too."""


class MeetingRow(Table):
    """A meeting: held once or many times, until its host ends it."""

    __tablename__ = "meetings"
    id: Mapped[Ulid] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(Text(collation="C"), unique=True)
    """`abc-defg-hij`."""
    title: Mapped[str] = mapped_column(Text)
    host_id: Mapped[Ulid] = mapped_column(ForeignKey(UserRow.id))
    scheduled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """`MeetingSettings` in snake_case, without its version."""
    settings_version: Mapped[int]

    __table_args__ = (Index("ix_meetings_host_id_id", "host_id", "id"),)


class ParticipantRow(Table):
    """Someone in one meeting. An account has one row per meeting, whatever happens.

    Everything that grants or denies entry is here, and not in Redis, which may lose it.
    """

    __tablename__ = "participants"
    id: Mapped[Ulid] = mapped_column(primary_key=True)
    meeting_id: Mapped[Ulid] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"))
    user_id: Mapped[Ulid | None] = mapped_column(ForeignKey(UserRow.id, ondelete="SET NULL"))
    """NULL: came without an account."""
    display_name: Mapped[str] = mapped_column(Text)
    role: Mapped[Role] = mapped_column(ROLE)
    invited: Mapped[bool] = mapped_column(server_default=false())
    """Has accepted an invite."""
    admission: Mapped[Admission] = mapped_column(enum_column(Admission, "admission"))
    decided_at: Mapped[datetime | None]
    """When `admission` last changed."""
    generation: Mapped[int] = mapped_column(server_default="0")
    """Raised by a removal: room tokens of an older generation are void."""
    removed_at: Mapped[datetime | None]
    banned_at: Mapped[datetime | None]
    banned_by: Mapped[Ulid | None] = mapped_column(
        ForeignKey("participants.id", ondelete="SET NULL")
    )
    created_at: Mapped[datetime]

    # Two NULLs are not equal: guests without an account are as many as come.
    __table_args__ = (
        UniqueConstraint("meeting_id", "user_id"),
        Index("ix_participants_user_id_meeting_id", "user_id", "meeting_id"),
    )
