"""Invites to meetings, each bound to one e-mail address."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub_core.accounts.tables import UserRow
from hub_core.adapters.tables import Table, Ulid, enum_column
from hub_core.kernel.roles import Role
from hub_core.meetings.tables import ROLE, MeetingRow, ParticipantRow


class InviteStatus(StrEnum):
    """What the invited person has answered."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class InviteRow(Table):
    """One address, asked into one meeting; asking again replaces the row."""

    __tablename__ = "invites"
    id: Mapped[Ulid] = mapped_column(primary_key=True)
    meeting_id: Mapped[Ulid] = mapped_column(ForeignKey(MeetingRow.id, ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(Text)
    email_canonical: Mapped[str] = mapped_column(Text(collation="C"))
    role: Mapped[Role] = mapped_column(ROLE)
    status: Mapped[InviteStatus] = mapped_column(enum_column(InviteStatus, "invite_status"))
    invited_by: Mapped[Ulid | None] = mapped_column(ForeignKey(UserRow.id, ondelete="SET NULL"))
    participant_id: Mapped[Ulid | None] = mapped_column(
        ForeignKey(ParticipantRow.id, ondelete="SET NULL")
    )
    """Who came of it, once accepted."""
    created_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("meeting_id", "email_canonical"),
        CheckConstraint("role <> 'host'", name="no_second_host"),
    )
