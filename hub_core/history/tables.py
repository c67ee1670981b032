"""What happened in meetings: conferences, and one append-only journal of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import CHAR, BigInteger, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub_core.adapters.tables import Table, Ulid


class ConferenceRow(Table):
    """One stay of people in a meeting's room; its id is the `epoch` of the wire."""

    __tablename__ = "conferences"
    id: Mapped[Ulid] = mapped_column(primary_key=True)
    meeting_id: Mapped[Ulid] = mapped_column(
        ForeignKey("meetings.id", ondelete="CASCADE"), index=True
    )
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class JournalRow(Table):
    """One change of a room, or one private message (which has no `seq`: it is no room event).

    Written by the socket path (`hub_core.live.journal`) before a command is acknowledged, and never
    changed. Written again after a crash it conflicts with itself and is left as it is.
    """

    __tablename__ = "journal"
    id: Mapped[Ulid] = mapped_column(primary_key=True)
    meeting_id: Mapped[Ulid] = mapped_column(ForeignKey("meetings.id", ondelete="CASCADE"))
    epoch: Mapped[Ulid] = mapped_column(ForeignKey("conferences.id", ondelete="CASCADE"))
    seq: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime]
    type: Mapped[str] = mapped_column(Text)
    by: Mapped[Ulid | None]
    """The participant who did it; NULL: the server."""
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """As it stood in the frame."""
    visible_to: Mapped[list[str] | None] = mapped_column(ARRAY(CHAR(26, collation="C")))
    """The participants who may see a private message; NULL: everyone in the meeting."""

    __table_args__ = (
        Index(
            "uq_journal_epoch_seq",
            "epoch",
            "seq",
            unique=True,
            postgresql_where=text("seq IS NOT NULL"),
        ),
        Index(
            "ix_journal_chat", "meeting_id", "id", postgresql_where=text("type = 'chat.message'")
        ),
    )
